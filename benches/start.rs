//! How long the dashboard takes to its first frame and to its first rows, in a real pseudo-terminal of 120x40: with
//! the demo, with a local database of 1,000 and of 100,000 keys, and with a million where `-- million` asks for it.
//!
//! The bars: rows of the demo and of 100,000 keys within 150 ms, of a million within 300 ms. Each start is a process of
//! its own; the starts alternate, and the figures are medians with the least and the most.

#[path = "fill.rs"]
mod fill;

use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use keydeck::store::sql::{Options, SqlStore, sqlite_url};
use keydeck::store::{By, Projects as _};
use keydeck::wire::time::{Timestamp, system_clock};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

const PROGRAM: &str = env!("CARGO_BIN_EXE_keydeck");
const PROJECTS: i64 = 50;
const COLUMNS: u16 = 120;
const ROWS: u16 = 40;
const STARTS: usize = 9;

/// What is started.
struct Case {
    name: String,
    args: Vec<&'static str>,
    home: tempfile::TempDir,
    /// Stands on the screen once the rows are there.
    row: &'static str,
    first: Vec<f64>,
    rows: Vec<f64>,
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut sizes = vec![1_000, 100_000];
    if std::env::args().any(|arg| arg == "million") {
        sizes.push(1_000_000);
    }
    let mut cases = vec![Case::new("--demo".into(), vec!["--demo"], "storefront")];
    for keys in sizes {
        let case = Case::new(format!("{keys} keys"), Vec::new(), "Project 3");
        runtime.block_on(filled(&case.database(), keys));
        cases.push(case);
    }
    for _ in 0..STARTS {
        for case in &mut cases {
            case.start();
        }
    }
    println!("| start | first frame, ms | rows, ms |");
    println!("|---|---|---|");
    for case in &mut cases {
        println!("| {} | {} | {} |", case.name, spread(&mut case.first), spread(&mut case.rows));
    }
}

impl Case {
    fn new(name: String, args: Vec<&'static str>, row: &'static str) -> Case {
        let home = tempfile::tempdir().expect("a folder");
        Case { name, args, home, row, first: Vec::new(), rows: Vec::new() }
    }

    fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    fn database(&self) -> PathBuf {
        self.data().join("keydeck.db")
    }

    /// Starts it once, reads until its rows are there, and ends it.
    fn start(&mut self) {
        let size = PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(PROGRAM);
        command.args(&self.args);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("HOME", self.home.path());
        command.env("KEYDECK_DATA", self.data());
        command.cwd(self.home.path());
        let mut output = pair.master.try_clone_reader().expect("its output");
        let mut input = pair.master.take_writer().expect("its input");
        let dimension = |n| NonZeroU16::new(n).expect("not zero");
        let mut screen = vt100::Parser::new(dimension(ROWS), dimension(COLUMNS), 0);
        let began = Instant::now();
        let mut child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let mut bytes = [0; 16 * 1024];
        let mut drawn = false;
        loop {
            let count = output.read(&mut bytes).expect("its output");
            let came = began.elapsed();
            assert!(
                count > 0 && came < Duration::from_mins(1),
                "no rows came: {}",
                screen.screen().contents()
            );
            screen.process(&bytes[..count]);
            let text = screen.screen().contents();
            if !drawn && text.contains("Keys") {
                drawn = true;
                self.first.push(came.as_secs_f64() * 1000.0);
            }
            if text.contains(self.row) {
                self.rows.push(came.as_secs_f64() * 1000.0);
                break;
            }
        }
        input.write_all(b"q").expect("it takes a key");
        while output.read(&mut bytes).is_ok_and(|count| count > 0) {}
        child.wait().expect("it ends");
    }
}

async fn filled(database: &Path, keys: i64) {
    keydeck::config::dirs::create_private(database.parent().expect("a folder"))
        .expect("the folder of the data");
    let url = sqlite_url(database);
    let store = SqlStore::open(&url, Options::default()).await.expect("a store");
    let now: Timestamp = system_clock()();
    let mut projects = Vec::new();
    for number in 0..PROJECTS {
        let by = By::new("local:bench", now);
        projects
            .push(store.create_project(&by, &format!("Project {number}")).await.expect("a project").value.id);
    }
    store.close().await;
    fill::keys(&url, &projects, keys, now).await;
}

/// The median, the least and the most.
fn spread(times: &mut [f64]) -> String {
    times.sort_by(f64::total_cmp);
    format!("{:.0} [{:.0}..{:.0}]", times[times.len() / 2], times[0], times[times.len() - 1])
}

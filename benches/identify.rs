//! `keydeck identify` beside `rg` for the same prefix, on 10,000 plain files of 8 KiB in one folder.
//!
//! Both run as processes of their own, in turn, on files that the operating system has in memory, each with as many
//! threads as it chooses. Where `rg` is not installed, only `identify` is measured.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use keydeck::secret::{Kind, Secret};

const PROGRAM: &str = env!("CARGO_BIN_EXE_keydeck");
const FILES: usize = 10_000;
const BYTES: usize = 8 * 1024;
/// How many of the files hold a key.
const PLANTED: usize = 20;
const RUNS: usize = 9;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    fill(&folder.path().join("tree"));
    let identify = || run(folder.path(), PROGRAM, &["identify", "--offline", "tree", "--output", "csv"]);
    let rg = || {
        let prefix = ["--no-ignore", "--hidden", "redir_(live|test|mgmt)_", "tree"];
        run(folder.path(), "rg", &prefix)
    };
    let has_rg = Command::new("rg").arg("--version").stdout(Stdio::null()).status().is_ok();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // The first turn reads the files into memory.
    for turn in 0..=RUNS {
        let (a, b) = (identify(), has_rg.then(rg));
        if turn > 0 {
            ours.push(a);
            theirs.extend(b);
        }
    }
    println!("| program | median ms | least | most |");
    println!("|---|---|---|---|");
    let mine = spread("identify", &mut ours);
    if has_rg {
        let other = spread("rg", &mut theirs);
        println!("identify takes {:.2} times as long", mine / other);
    } else {
        println!("SKIPPED: rg is not installed");
    }
}

/// Lines as of logs, without a key but for a few files.
fn fill(root: &Path) {
    for number in 0..FILES {
        let folder = root.join(format!("{:03}", number % 200));
        std::fs::create_dir_all(&folder).expect("a folder");
        let mut text = String::with_capacity(BYTES + 256);
        let mut line = 0_u64;
        while text.len() < BYTES {
            line += 1;
            let hash = line.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number as u64;
            writeln!(
                text,
                "2026-11-23T17:04:05Z INFO request id={hash:016x} method=GET path=/articles/{line} status=301"
            )
            .expect("memory");
        }
        if number % (FILES / PLANTED) == 0 {
            text.push_str(Secret::generate(Kind::Live).expect("random bytes").reveal());
            text.push('\n');
        }
        std::fs::write(folder.join(format!("{number}.log")), text).expect("written");
    }
}

/// Runs it to its end: the milliseconds. It must find a line for each planted key.
fn run(folder: &Path, program: &str, args: &[&str]) -> f64 {
    let began = Instant::now();
    let out = Command::new(program).args(args).current_dir(folder).output().expect("it runs");
    let took = began.elapsed().as_secs_f64() * 1000.0;
    let found = String::from_utf8_lossy(&out.stdout).lines().filter(|line| line.contains(".log")).count();
    assert_eq!(found, PLANTED, "{program}: {}", String::from_utf8_lossy(&out.stderr));
    took
}

fn spread(name: &str, times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    let median = times[times.len() / 2];
    println!("| {name} | {median:.0} | {:.0} | {:.0} |", times[0], times[times.len() - 1]);
    median
}

//! A real X server without a screen, and a real tmux with a socket of its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::home::Home;
use super::pty::Pty;
use super::skipped;

/// How long a clipboard may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whether a program is installed; says so when a test needs one that is not.
pub(crate) fn installed(programs: &[&str]) -> bool {
    let missing = programs.iter().find(|program| {
        let mut version = Command::new(program);
        version.arg("-V").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        version.status().is_err()
    });
    if let Some(missing) = missing {
        skipped(&format!("{missing} is not installed"));
    }
    missing.is_none()
}

/// An X server that ends with the test.
pub(crate) struct Display {
    server: Child,
    name: String,
}

impl Display {
    /// Starts one; none where Xvfb or xclip is missing.
    pub(crate) fn start() -> Option<Display> {
        if !installed(&["Xvfb", "xclip"]) {
            return None;
        }
        // The server finds a free number and says it.
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "64x64x8", "-nolisten", "tcp"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the X server starts");
        let mut number = String::new();
        let output = server.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut number).expect("the number of the display");
        Some(Display { server, name: format!(":{}", number.trim()) })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What the clipboard holds; empty when nothing.
    pub(crate) fn text(&self) -> String {
        let out = self.xclip(&["-o"]).stdin(Stdio::null()).output().expect("xclip runs");
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    /// Copies, as another program.
    pub(crate) fn copy(&self, text: &str) {
        let mut child =
            self.xclip(&["-i"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("xclip runs");
        child.stdin.take().expect("its input").write_all(text.as_bytes()).expect("it reads");
        child.wait().expect("it goes on in the background");
        let end = Instant::now() + PATIENCE;
        while self.text() != text {
            assert!(Instant::now() < end, "the clipboard never had {text:?}");
        }
    }

    fn xclip(&self, args: &[&str]) -> Command {
        let mut command = Command::new("xclip");
        command.args(["-selection", "clipboard"]).args(args).env("DISPLAY", &self.name).stderr(Stdio::null());
        command
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A tmux with a server of its own, which ends with the test.
pub(crate) struct Tmux {
    socket: PathBuf,
    /// The terminal that is attached to it.
    pub(crate) outer: Pty,
}

impl Tmux {
    /// Starts a program in it, as the user of a home; none where tmux is missing.
    pub(crate) fn start(home: &Home, program: &Path, env: &[(&str, &str)]) -> Option<Tmux> {
        Tmux::configured(home, &[program.to_str().expect("UTF-8")], env, "")
    }

    /// The same for a program with arguments, and with lines of a configuration.
    pub(crate) fn configured(
        home: &Home,
        program: &[&str],
        env: &[(&str, &str)],
        lines: &str,
    ) -> Option<Tmux> {
        if !installed(&["tmux"]) {
            return None;
        }
        let socket = home.path().join("tmux");
        let settings = home.path().join("tmux.conf");
        std::fs::write(&settings, lines).expect("a file");
        let (at, by) = (socket.to_str().expect("UTF-8"), settings.to_str().expect("UTF-8"));
        let mut args = vec!["-S", at, "-f", by, "new-session"];
        args.extend_from_slice(program);
        let known = home.env();
        let mut all: Vec<(&str, &str)> = known.iter().map(|(name, value)| (*name, value.as_str())).collect();
        all.extend_from_slice(env);
        let tmux = PathBuf::from("tmux");
        let outer = Pty::start(&tmux, &args, &all, 120, 30);
        Some(Tmux { socket, outer })
    }

    /// Runs a command of tmux and gives what it says.
    pub(crate) fn ask(&self, args: &[&str]) -> String {
        String::from_utf8_lossy(&self.run(args).stdout).into_owned()
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(&self.socket).args(args).stdin(Stdio::null());
        command.output().expect("tmux runs")
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

//! The program as a process of its own: fed, waited for by what it says, and killed when the test ends.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// How long a condition may take on a busy machine before the test gives up.
const PATIENCE: Duration = Duration::from_mins(1);

/// A process that runs; it is killed when this is dropped.
pub(crate) struct Running {
    child: Child,
    said: Arc<(Mutex<Said>, Condvar)>,
}

#[derive(Default)]
struct Said {
    text: String,
    ended: bool,
}

impl Running {
    /// Starts it. What it says on standard error is kept.
    pub(crate) fn start(mut command: Command) -> Running {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let errors = child.stderr.take().expect("its standard error");
        let said = Arc::new((Mutex::new(Said::default()), Condvar::new()));
        let theirs = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                let mut said = theirs.0.lock().expect("no panic while reading");
                said.text.push_str(&line);
                said.text.push('\n');
                theirs.1.notify_all();
            }
            theirs.0.lock().expect("no panic while reading").ended = true;
            theirs.1.notify_all();
        });
        Running { child, said }
    }

    /// Waits until it has said something, and gives the line.
    pub(crate) fn until_said(&self, what: &str) -> String {
        let (said, changed) = &*self.said;
        let until = Instant::now() + PATIENCE;
        let mut said = said.lock().expect("no panic while reading");
        loop {
            if let Some(line) = said.text.lines().find(|line| line.contains(what)) {
                return line.to_owned();
            }
            let left = until.saturating_duration_since(Instant::now());
            assert!(!said.ended && !left.is_zero(), "never said {what:?}:\n{}", said.text);
            said = changed.wait_timeout(said, left).expect("no panic while reading").0;
        }
    }

    /// All that it has said so far.
    pub(crate) fn said(&self) -> String {
        self.said.0.lock().expect("no panic while reading").text.clone()
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends SIGTERM and waits for its end, and for all that it said until then.
    #[cfg(unix)]
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
        self.wait()
    }

    /// Waits for its end, and for all that it said until then.
    #[cfg(unix)]
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let status = self.child.wait().expect("it ends");
        let (said, changed) = &*self.said;
        let until = Instant::now() + PATIENCE;
        let mut said = said.lock().expect("no panic while reading");
        while !said.ended && Instant::now() < until {
            said = changed.wait_timeout(said, PATIENCE).expect("no panic while reading").0;
        }
        status
    }

    /// Ends it without a word, as a power cut does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal by its name to a process by its number.
pub(crate) fn signal(pid: &str, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), pid]).status();
    assert!(sent.expect("kill runs").success());
}

/// The hundredths of a second that a process has worked; none when it has ended.
#[cfg(target_os = "linux")]
pub(crate) fn work(pid: &str) -> Option<u64> {
    let fields = stat(pid)?;
    let time = |at: usize| fields[at].parse::<u64>().expect("a number");
    // One that has ended and that nobody has noted yet runs no more.
    (fields[0] != "Z").then(|| time(11) + time(12))
}

/// The memory that a process has, where the system says so.
pub(crate) fn resident_kib(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// The process that a process was started by.
#[cfg(target_os = "linux")]
pub(crate) fn parent(pid: &str) -> Option<String> {
    stat(pid).map(|fields| fields[1].clone())
}

/// What Linux says of a process, from its state on.
#[cfg(target_os = "linux")]
fn stat(pid: &str) -> Option<Vec<String>> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may hold blanks; what follows it may not.
    Some(stat.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect())
}

/// Runs a command to its end with this on its standard input.
pub(crate) fn feed(mut command: Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("its standard input");
    // It may end before it has read everything, when it refuses the command.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

/// What a process said on standard error.
pub(crate) fn errors(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

/// Asserts the exit code, and that the error is one line that begins with the program's name.
pub(crate) fn assert_failed(out: &Output, code: i32, about: &str) {
    let said = errors(out);
    assert_eq!(out.status.code(), Some(code), "{said}");
    assert_eq!(said.lines().count(), 1, "one line: {said}");
    assert!(said.starts_with("keydeck: "), "{said}");
    assert!(said.contains(about), "no {about:?} in: {said}");
    assert!(out.stdout.is_empty(), "nothing on standard output: {}", String::from_utf8_lossy(&out.stdout));
}

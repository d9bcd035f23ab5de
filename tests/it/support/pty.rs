//! The dashboard in a real pseudo-terminal, read through an emulator.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How long a condition may take on a busy machine before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A shell with job control: when its program is stopped it says so, and Enter continues it.
const SHELL: &str = r#"set -m; "$0" "$@"; code=$?
while [ "$(kill -l $code 2>/dev/null)" = STOP ]; do echo stopped by its keys; read -r _; fg; code=$?; done
exit $code"#;

/// A program in a pseudo-terminal.
pub(crate) struct Pty {
    /// A shell stands between us and the program.
    job: bool,
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    input: Box<dyn Write + Send>,
    shared: Arc<(Mutex<Shared>, Condvar)>,
}

struct Shared {
    parser: vt100::Parser,
    /// Every byte the program ever wrote.
    raw: Vec<u8>,
    ended: bool,
    /// A frame has begun and has not come whole: what it replaces is half gone.
    in_frame: bool,
    /// When something came last.
    came: Instant,
}

/// How a program says that a frame begins and that it is whole.
const FRAME: [(&[u8], bool); 2] = [(b"\x1b[?2026h", true), (b"\x1b[?2026l", false)];
/// A frame that has stopped for so long comes no further: what stands there is what a person sees.
const STUCK: Duration = Duration::from_secs(1);

impl Shared {
    fn take(&mut self, bytes: &[u8]) {
        self.parser.process(bytes);
        let from = self.raw.len().saturating_sub(FRAME[0].0.len() - 1);
        self.raw.extend_from_slice(bytes);
        let last = |mark: &[u8]| self.raw[from..].windows(mark.len()).rposition(|part| part == mark);
        let marks = FRAME.iter().filter_map(|(mark, begins)| last(mark).map(|at| (at, *begins)));
        if let Some((_, begins)) = marks.max() {
            self.in_frame = begins;
        }
        self.came = Instant::now();
    }

    fn is_whole(&self) -> bool {
        !self.in_frame || self.ended || self.came.elapsed() > STUCK
    }
}

impl Pty {
    /// Starts a command with these environment variables and nothing else but PATH and TERM.
    pub(crate) fn start(program: &Path, args: &[&str], env: &[(&str, &str)], columns: u16, rows: u16) -> Pty {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").expect("a PATH"));
        command.env("TERM", "xterm-256color");
        for (name, value) in env {
            command.env(name, value);
        }
        let home = env.iter().find(|(name, _)| *name == "HOME").map(|(_, path)| path.into());
        command.cwd(home.unwrap_or_else(std::env::temp_dir));
        let child = pair.slave.spawn_command(command).expect("the program starts");
        // The end of output is seen only when nobody else holds the slave.
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().expect("its output");
        let input = pair.master.take_writer().expect("its input");
        let dimension = |n| NonZeroU16::new(n).expect("not zero");
        let parser = vt100::Parser::new(dimension(rows), dimension(columns), 1000);
        let shared = Arc::new((
            Mutex::new(Shared {
                parser,
                raw: Vec::new(),
                ended: false,
                in_frame: false,
                came: Instant::now(),
            }),
            Condvar::new(),
        ));
        let theirs = Arc::clone(&shared);
        std::thread::spawn(move || {
            let mut bytes = [0u8; 16 * 1024];
            loop {
                let count = output.read(&mut bytes).unwrap_or(0);
                let Ok(mut shared) = theirs.0.lock() else { return };
                if count == 0 {
                    shared.ended = true;
                } else {
                    shared.take(&bytes[..count]);
                }
                theirs.1.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        Pty { job: false, child, master: pair.master, input, shared }
    }

    /// The same as a job of a shell, which can be stopped.
    pub(crate) fn job(program: &Path, args: &[&str], env: &[(&str, &str)], columns: u16, rows: u16) -> Pty {
        let program = program.to_str().expect("a path of UTF-8");
        let args: Vec<&str> = ["-c", SHELL, program].into_iter().chain(args.iter().copied()).collect();
        let mut pty = Pty::start("/bin/sh".as_ref(), &args, env, columns, rows);
        pty.job = true;
        pty
    }

    /// Presses Ctrl-Z and waits until the shell has its terminal.
    pub(crate) fn stop(&mut self) {
        self.press("\x1a");
        self.sees("stopped by its keys");
        self.becomes_whole();
    }

    /// Has the shell continue the program.
    pub(crate) fn go_on(&mut self) {
        self.press("\r");
    }

    /// Types bytes as they are.
    pub(crate) fn press(&mut self, keys: &str) {
        self.input.write_all(keys.as_bytes()).expect("the terminal takes input");
        self.input.flush().expect("the terminal takes input");
    }

    /// Pastes as a terminal with bracketed paste does.
    pub(crate) fn paste(&mut self, text: &str) {
        self.press(&format!("\x1b[200~{text}\x1b[201~"));
    }

    /// Changes the size of the window.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.master
            .resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 })
            .expect("a new size");
        let dimension = |n| NonZeroU16::new(n).expect("not zero");
        self.shared
            .0
            .lock()
            .expect("a reader")
            .parser
            .screen_mut()
            .set_size(dimension(rows), dimension(columns));
    }

    /// Waits until the screen's text fulfils a condition; panics with the screen when it never does.
    pub(crate) fn until(&self, what: &str, mut condition: impl FnMut(&str) -> bool) -> String {
        self.until_screen(what, |screen| condition(&screen.contents()))
    }

    /// The same with the emulated screen.
    pub(crate) fn until_screen(
        &self,
        what: &str,
        mut condition: impl FnMut(&vt100::Screen) -> bool,
    ) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut shared = self.shared.0.lock().expect("a reader");
        loop {
            if shared.is_whole() && condition(shared.parser.screen()) {
                return shared.parser.screen().contents();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && !shared.ended,
                "never saw: {what} (program ended: {})\n{}",
                shared.ended,
                shared.parser.screen().contents()
            );
            shared = self.shared.1.wait_timeout(shared, left.min(STUCK)).expect("a reader").0;
        }
    }

    /// Waits until the screen holds a text.
    pub(crate) fn sees(&self, text: &str) -> String {
        self.until(text, |screen| screen.contains(text))
    }

    /// Waits until the screen holds a text no longer.
    pub(crate) fn sees_no_more(&self, text: &str) -> String {
        self.until(&format!("no {text}"), |screen| !screen.contains(text))
    }

    /// The screen's text now, of a whole frame.
    pub(crate) fn screen(&self) -> String {
        self.until("a whole frame", |_| true)
    }

    /// All bytes written so far.
    pub(crate) fn raw(&self) -> Vec<u8> {
        self.shared.0.lock().expect("a reader").raw.clone()
    }

    /// What has scrolled off and what is on the normal screen: all that stays after the program.
    pub(crate) fn scrollback(&self) -> String {
        let mut shared = self.shared.0.lock().expect("a reader");
        let screen = shared.parser.screen_mut();
        screen.set_scrollback(1000);
        let above = screen.contents();
        screen.set_scrollback(0);
        above + &screen.contents()
    }

    /// Lets nobody read what the program writes while this goes on; keys can be typed meanwhile.
    pub(crate) fn unread<T>(&mut self, act: impl FnOnce(&mut dyn Write) -> T) -> T {
        let _held = self.shared.0.lock().expect("a reader");
        act(&mut self.input)
    }

    /// The terminal takes nothing from now on, as where Ctrl-S was pressed in one that listens to it.
    #[cfg(unix)]
    pub(crate) fn hold(&mut self) {
        use rustix::fs::{Mode, OFlags};

        let terminal = self.master.tty_name().expect("it has a name");
        let set = std::process::Command::new("stty").arg("-F").arg(&terminal).arg("ixon").status();
        assert!(set.expect("stty runs").success());
        self.press("\x13");
        let flags = OFlags::WRONLY | OFlags::NOCTTY | OFlags::NONBLOCK;
        let beside = rustix::fs::open(&terminal, flags, Mode::empty()).expect("a second way in");
        // A terminal ignores this byte.
        super::until("the terminal takes nothing", || {
            std::fs::File::from(beside.try_clone().expect("a handle"))
                .write(b"\0")
                .is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
        });
    }

    /// The process that has the terminal.
    #[cfg(unix)]
    pub(crate) fn in_front(&self) -> String {
        self.foreground().expect("somebody has it").to_string()
    }

    /// The program's process.
    pub(crate) fn id(&self) -> u32 {
        self.child.process_id().expect("a running program")
    }

    #[cfg(unix)]
    fn foreground(&self) -> Option<u32> {
        self.master.process_group_leader().and_then(|id| u32::try_from(id).ok())
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        // Of a job, the process that has the terminal.
        let job = self.job.then(|| self.foreground()).flatten();
        let pid = job.unwrap_or_else(|| self.id()).to_string();
        assert!(
            std::process::Command::new("kill")
                .args([&format!("-{name}"), &pid])
                .status()
                .expect("kill")
                .success()
        );
    }

    /// Waits for the end and returns the exit code (128 + n after a signal of the shell's counting).
    pub(crate) fn ends(&mut self) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        let mut shared = self.shared.0.lock().expect("a reader");
        while !shared.ended {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "the program never ended\n{}", shared.parser.screen().contents());
            shared = self.shared.1.wait_timeout(shared, left).expect("a reader").0;
        }
        drop(shared);
        self.child.wait().expect("its exit code").exit_code()
    }

    /// Presses a key until the screen fulfils a condition: for its first 300 ms a confirmation swallows the
    /// keys that would confirm it, and says so.
    pub(crate) fn press_until(&mut self, key: &str, what: &str, condition: impl Fn(&str) -> bool) -> String {
        for _ in 0..20 {
            self.press(key);
            let screen =
                self.until(what, |screen| condition(screen) || screen.contains("pressed too quickly"));
            if condition(&screen) {
                return screen;
            }
            std::thread::park_timeout(Duration::from_millis(350));
            // The words of the press before may have stood there while this one was read.
            let screen = self.screen();
            if condition(&screen) {
                return screen;
            }
        }
        panic!("never saw: {what}\n{}", self.screen());
    }

    /// Waits until the terminal is as it was before the program.
    pub(crate) fn becomes_whole(&self) {
        let deadline = Instant::now() + PATIENCE;
        while !self.is_whole() {
            assert!(Instant::now() < deadline, "the terminal was not given back\n{}", self.screen());
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// Whether the terminal is as it was before the program: normal screen, cursor shown, no modes left on.
    pub(crate) fn is_whole(&self) -> bool {
        let shared = self.shared.0.lock().expect("a reader");
        let screen = shared.parser.screen();
        let modes = !screen.alternate_screen()
            && !screen.hide_cursor()
            && !screen.bracketed_paste()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None;
        modes && self.is_cooked()
    }

    /// Whether the terminal gives lines, and echoes what is typed.
    #[cfg(unix)]
    pub(crate) fn is_cooked(&self) -> bool {
        self.master.get_termios().is_none_or(|termios| {
            format!("{:?}", termios.local_flags).contains("ICANON")
                && format!("{:?}", termios.local_flags).contains("ECHO")
        })
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

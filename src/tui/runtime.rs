//! The loop: keys, replies and time come in by one channel; all that is queued is taken, then one frame is
//! drawn, and only when there is something new to show.
//!
//! The first frame comes before everything else: the async runtime, the database and the network start
//! after it. Keys come from a plain thread, which costs less than an async stream and drains by itself.

use std::ffi::OsString;
use std::io::{IsTerminal, Write as _};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::clipboard::{Clipboard, ClipboardSetting};
use super::columns_file;
use super::connect::{Close, Connect, SaveTheme};
use super::filters_file::{self, FilterWriter};
use super::incoming::Incoming;
use super::keyboard;
use super::model::{
    ClipboardOutcome, Contexts, Effect, Event, Keymap, Reply, Setup, State, Themes, Unsuspended, update,
};
use super::perform::Perform;
use super::signals::{self, HANGUP};
use super::terminal::{self, Terminal};
use super::unsaved::Unsaved;
use super::view::{self, Theme};
use crate::wire::text;
use crate::wire::time::{Clock, Timestamp, system_clock, uptime};
use crate::wire::zone::Zone;

/// What the dashboard needs to know.
pub struct Options {
    /// How to find the server.
    pub connect: Connect,
    /// Ends what `connect` began, in order: flushes and closes an embedded server.
    pub close: Close,
    /// The places one can go to, and which of them is first.
    pub contexts: Contexts,
    /// Whether nothing is to be changed anywhere.
    pub read_only: bool,
    /// Whether the data is made up, and nothing is to be written that nobody asked for.
    pub demo: bool,
    /// The zone of local times.
    pub zone: Zone,
    /// Whether a new key is copied when it is shown.
    pub copy_new_key: bool,
    /// How to copy.
    pub clipboard: ClipboardSetting,
    /// The command that runs [`super::clipboard::holder::hold`], in a process of its own.
    pub holder: Vec<OsString>,
    /// Where it is noted which new keys nobody has said to have stored.
    pub unsaved: PathBuf,
    /// Where the choice of columns is kept; none where it is not.
    pub columns: Option<PathBuf>,
    /// Where saved filters are kept; none where they are not.
    pub filters: Option<PathBuf>,
    /// Colours.
    pub theme: Theme,
    /// The name of the theme in the configuration, and whether no other can be chosen.
    pub theme_name: (String, bool),
    /// Keeps a theme for the next start; none where it is not kept.
    pub save_theme: Option<SaveTheme>,
    /// Whether to ask the terminal for its background colour, to choose `dark` or `light`.
    pub ask_background: bool,
    /// Which key does what.
    pub keymap: Keymap,
    /// Whether the mouse is taken from the start.
    pub mouse: bool,
    /// What others need this process for at the moment: it decides whether it may be suspended.
    pub needed_for: fn() -> NeededFor,
    /// What is wrong with the configuration and is done without.
    pub warnings: Vec<String>,
}

/// What others need this process for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NeededFor {
    /// It is a client of another one.
    Nothing,
    /// It has opened the database, so that other commands of this user ask it.
    Database,
    /// It serves an Edge API too.
    Edge,
}

/// Why the dashboard could not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Standard input or output is no terminal, or one that cannot draw.
    #[error("the dashboard needs a terminal ({0}); use `keydeck keys list` in scripts")]
    NoTerminal(&'static str),
    /// The terminal failed.
    #[error("terminal error: {0}")]
    Terminal(#[from] std::io::Error),
}

/// How long an answer about the background colour is accepted. Nothing waits for it but the exit.
const BACKGROUND: Duration = Duration::from_secs(1);
/// Closing may take this long; then the process ends all the same.
const CLOSING: Duration = Duration::from_secs(5);
/// So much of it belongs to requests of others that have begun; the rest is for what must not be lost.
const DRAINING: Duration = Duration::from_secs(3);
/// A key that is being made may keep the process so long: its answer is awaited, so that the next start can ask
/// about it. The terminal is given back before that.
const MAKING: Duration = Duration::from_secs(5);
/// So long the answers to changes are awaited after the end.
const LAST_ANSWERS: Duration = Duration::from_secs(1);
/// The same where the process was told to end, or its terminal is gone: nobody waits then. What is left of a key
/// that is being made is known to the next start without its answer.
const LAST_ANSWERS_TOLD: Duration = Duration::from_millis(100);
/// So long closing may take then.
const CLOSING_TOLD: Duration = Duration::from_millis(400);
/// And so much of it.
const DRAINING_TOLD: Duration = Duration::from_millis(150);
/// By so much a clock is set; less is a clock that is made to run faster or slower.
const CLOCK_WAS_SET_MS: i64 = 1000;
/// Printed while the process is suspended.
const HOLDS_DATABASE: &str = "keydeck: suspended while owning the database; other commands cannot revoke keys until you resume it with fg";
/// The theme that is the terminal's choice.
const AUTO: &str = "auto";
/// Exit code where the end leaves something to be looked at.
const FAILED: u8 = 1;

/// Runs the dashboard to its end and returns the exit code.
///
/// # Errors
/// When there is no terminal, or it fails.
pub fn run(options: Options) -> Result<u8, RunError> {
    check_terminal()?;
    let clock = system_clock();
    let mut terminal = Terminal::enter()?;
    let (columns, unread) = options.columns.as_deref().map(columns_file::read).unwrap_or_default();
    let (filters, damaged) = options.filters.as_deref().map(filters_file::read).unwrap_or_default();
    let mut state = State::new(setup(&options, &terminal, clock(), (columns, filters))?);
    let theme = options.theme;
    terminal.draw(|frame| view::draw(frame, frame.area(), &state, &theme))?;
    tracing::info!("first frame");

    let (sender, inbox) = mpsc::channel();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let closing: signals::Closing = Arc::new(Mutex::new(Some(options.close)));
    signals::listen(&runtime, &sender, &closing)?;
    keyboard::read_keys(sender.clone());
    // Nobody listened between the first frame and now.
    if terminal.size()? != state.setup.size {
        let _ = sender.send(Incoming::Resized);
    }
    let asked = options.ask_background && terminal.ask_background().is_ok();
    let background_until = asked.then(|| Instant::now() + BACKGROUND);
    let warnings = options.warnings.into_iter().chain(unread).chain(damaged).collect();
    let clipboard = Clipboard::new(options.clipboard, options.holder);
    let unsaved = Unsaved::new(options.unsaved);
    let context = state.setup.contexts.here().map(|context| context.name.clone()).unwrap_or_default();
    let mut perform = Perform::new(
        runtime.handle().clone(),
        sender,
        options.connect,
        context,
        clipboard,
        Arc::clone(&clock),
        unsaved,
    );
    perform.columns = options.columns;
    perform.save_theme = options.save_theme;
    let filters = options.filters.map(FilterWriter::new);
    perform.filters.clone_from(&filters);
    let needed_for = options.needed_for;
    let drawn = state.revision();
    let rows_seen = false;
    let mut session =
        Session { terminal, perform, clock, theme, background_until, needed_for, drawn, rows_seen };
    let code = session.run(&mut state, &inbox, warnings).or_else(|error| {
        // Whatever failed then failed because of that.
        if terminal::is_gone() { Ok(HANGUP) } else { Err(error) }
    });

    session.await_background(&inbox);
    let told = code.as_ref().is_ok_and(|code| *code != 0);
    let making = futures_util::future::join_all(session.perform.making());
    session.perform.close();
    drop(session);
    if let Some(filters) = filters {
        // What was saved a moment ago may not be on disk yet.
        let written = runtime.spawn_blocking(move || filters.write());
        let written = runtime.block_on(async { tokio::time::timeout(CLOSING_TOLD, written).await });
        if let Ok(Ok(Err(why))) = written {
            // The terminal may be gone.
            let _ = writeln!(std::io::stderr(), "keydeck: {}", text::plain(&why));
        }
    }
    if !told {
        runtime.block_on(async { tokio::time::timeout(MAKING, making).await }).ok();
    }
    let (answers, draining, patience) = if told {
        (LAST_ANSWERS_TOLD, DRAINING_TOLD, CLOSING_TOLD)
    } else {
        (LAST_ANSWERS, DRAINING, CLOSING)
    };
    let said = last_words(&mut state, &inbox, answers);
    let close = closing.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(close) = close else {
        // It took us so long that it is being done, and the process ends after it.
        loop {
            std::thread::park();
        }
    };
    runtime.block_on(async { tokio::time::timeout(patience, close(draining)).await }).ok();
    runtime.shutdown_background();
    let failed = said && code.as_ref().is_ok_and(|code| *code == 0);
    if failed { Ok(FAILED) } else { code }
}

/// Says on standard error what became of changes that were under way at the end; a moment is left for their
/// answers. False when there is nothing to say.
fn last_words(state: &mut State, inbox: &Receiver<Incoming>, patience: Duration) -> bool {
    let until = Instant::now() + patience;
    let mut lines = Vec::new();
    while state.requests.unanswered().is_some() {
        match inbox.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Incoming::Event(Event::Replied(id, result))) => {
                lines.extend(state.requests.answered_late(id, &result, &state.setup.contexts));
            }
            // Asked twice to end: there is nothing to wait for any more.
            Ok(Incoming::Signal(_)) | Err(_) => break,
            Ok(_) => {}
        }
    }
    lines.extend(state.requests.unconfirmed(&state.setup.contexts));
    for line in &lines {
        // The terminal may be gone.
        let _ = writeln!(std::io::stderr(), "keydeck: {line}");
    }
    !lines.is_empty()
}

/// Gives the terminal back, from wherever: a panic hook calls it before it prints. False where the dashboard
/// goes on, since another thread than its own is at fault: then nothing may be printed.
pub fn restore_terminal() -> bool {
    terminal::leave_on_panic()
}

struct Session {
    terminal: Terminal,
    perform: Perform,
    clock: Clock,
    theme: Theme,
    /// Until when the terminal may say how its background looks.
    background_until: Option<Instant>,
    needed_for: fn() -> NeededFor,
    /// The revision of the state that is on the screen.
    drawn: u64,
    rows_seen: bool,
}

/// What a step of the loop leads to.
enum Next {
    Go,
    End(u8),
}

impl Session {
    fn run(
        &mut self,
        state: &mut State,
        inbox: &Receiver<Incoming>,
        warnings: Vec<String>,
    ) -> Result<u8, RunError> {
        for event in [Event::Started, Event::Warned(warnings)] {
            if let Next::End(code) = self.take(state, Incoming::Event(event))? {
                return Ok(code);
            }
        }
        let mut apart = self.apart();
        loop {
            self.draw(state)?;
            let first = match state.next_wake() {
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => {
                    let wait = u64::try_from(at.millis() - (self.clock)().millis()).unwrap_or(0);
                    inbox.recv_timeout(Duration::from_millis(wait))
                }
            };
            let set = self.apart() - apart;
            if set.abs() > CLOCK_WAS_SET_MS {
                apart += set;
                update(state, Event::ClockSet(set))
                    .into_iter()
                    .try_for_each(|effect| self.perform_one(state, effect).map(|_| ()))?;
            }
            if let Next::End(code) = self.take(state, Incoming::Event(Event::Tick((self.clock)())))? {
                return Ok(code);
            }
            match first {
                Ok(incoming) => {
                    for incoming in std::iter::once(incoming).chain(inbox.try_iter()) {
                        if let Next::End(code) = self.take(state, incoming)? {
                            return Ok(code);
                        }
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(HANGUP),
            }
        }
    }

    /// Milliseconds between the clock and the uptime: they stay the same until the clock is set.
    fn apart(&self) -> i64 {
        (self.clock)().millis().saturating_sub(i64::try_from(uptime().as_millis()).unwrap_or(i64::MAX))
    }

    /// One thing that came in: the model first, then what it wants done.
    fn take(&mut self, state: &mut State, incoming: Incoming) -> Result<Next, RunError> {
        let event = match incoming {
            Incoming::Event(event) => event,
            Incoming::Input(events) => {
                for event in events {
                    if let Next::End(code) = self.take(state, Incoming::Event(event))? {
                        return Ok(Next::End(code));
                    }
                }
                return Ok(Next::Go);
            }
            Incoming::Resized => {
                let (columns, rows) = self.terminal.size()?;
                Event::Resize(columns, rows)
            }
            Incoming::Changes => Event::Changes(Box::new(self.perform.batch())),
            Incoming::Connected(context, connected) => {
                self.perform.connected(context, *connected);
                return Ok(Next::Go);
            }
            Incoming::Moved(context) => {
                self.perform.moved(&context);
                return Ok(Next::Go);
            }
            Incoming::In(context, event) if context == self.perform.context() => event,
            Incoming::In(..) => return Ok(Next::Go),
            Incoming::Osc52(kind, text) => {
                let outcome = match self.terminal.osc52(text.reveal()) {
                    Ok(()) => ClipboardOutcome::SentToTerminal,
                    Err(error) => ClipboardOutcome::Failed(text::plain(&error.to_string()).into_owned()),
                };
                Event::Clipboard(kind, outcome)
            }
            Incoming::Stop => return self.perform_one(state, Effect::Suspend),
            Incoming::Signal(code) => return Ok(Next::End(code)),
            Incoming::InputGone => return Ok(Next::End(HANGUP)),
        };
        if let Event::Background { light } = event {
            self.take_background(light);
        }
        let rows = matches!(
            &event,
            Event::Replied(_, Ok(Reply::Projects { .. } | Reply::Keys { .. } | Reply::AuditEvents { .. }))
        );
        for effect in update(state, event) {
            if let Next::End(code) = self.perform_one(state, effect)? {
                return Ok(Next::End(code));
            }
        }
        if rows && !self.rows_seen {
            self.rows_seen = true;
            self.draw(state)?;
            tracing::info!("first rows");
        }
        Ok(Next::Go)
    }

    fn perform_one(&mut self, state: &mut State, effect: Effect) -> Result<Next, RunError> {
        match effect {
            Effect::Quit => return Ok(Next::End(0)),
            Effect::Wipe => {
                self.terminal.wipe()?;
                self.drawn = 0;
            }
            Effect::CaptureMouse(on) => self.terminal.capture_mouse(on)?,
            Effect::SetTitle(title) => {
                self.terminal.set_title(&self.theme.symbols.text(&title, usize::MAX))?;
            }
            Effect::Redraw => {
                self.terminal.redraw()?;
                self.drawn = 0;
            }
            Effect::Suspend if !terminal::can_stop() => {
                self.perform_all(state, Event::NotSuspended(Unsuspended::NoShell))?;
            }
            // Lookups and revocations would wait for as long as the process is stopped.
            Effect::Suspend if (self.needed_for)() == NeededFor::Edge => {
                self.perform_all(state, Event::NotSuspended(Unsuspended::ServesEdge))?;
            }
            Effect::Suspend => {
                self.perform_all(state, Event::Suspended)?;
                let note = ((self.needed_for)() == NeededFor::Database).then_some(HOLDS_DATABASE);
                self.terminal.suspend(note)?;
                self.drawn = 0;
                self.perform_all(state, Event::Tick((self.clock)()))?;
                let (columns, rows) = self.terminal.size()?;
                self.perform_all(state, Event::Resize(columns, rows))?;
                self.perform_all(state, Event::Resumed)?;
            }
            outside => self.perform.start(outside),
        }
        Ok(Next::Go)
    }

    /// Applies `dark` or `light` when the terminal answers in time.
    fn take_background(&mut self, light: bool) {
        if self.background_until.take().is_some_and(|until| Instant::now() < until) {
            let theme = if light { Theme::LIGHT } else { Theme::DARK };
            self.theme = Theme { symbols: self.theme.symbols, ..theme };
        }
    }

    /// Call before restoring the terminal: a later answer would appear as input of the shell.
    fn await_background(&mut self, inbox: &Receiver<Incoming>) {
        while let Some(until) = self.background_until {
            let left = until.saturating_duration_since(Instant::now());
            match inbox.recv_timeout(left) {
                Ok(Incoming::Input(events)) => {
                    if events.iter().any(|event| matches!(event, Event::Background { .. })) {
                        return;
                    }
                }
                Ok(Incoming::Signal(_) | Incoming::InputGone) | Err(_) => return,
                Ok(_) => {}
            }
        }
    }

    fn perform_all(&mut self, state: &mut State, event: Event) -> Result<(), RunError> {
        for effect in update(state, event) {
            self.perform_one(state, effect)?;
        }
        Ok(())
    }

    fn draw(&mut self, state: &State) -> Result<(), RunError> {
        if self.drawn != state.revision() {
            self.terminal.draw(|frame| view::draw(frame, frame.area(), state, &self.theme))?;
            self.drawn = state.revision();
        }
        Ok(())
    }
}

fn check_terminal() -> Result<(), RunError> {
    if !std::io::stdin().is_terminal() {
        return Err(RunError::NoTerminal("standard input is not a terminal"));
    }
    if !std::io::stdout().is_terminal() {
        return Err(RunError::NoTerminal("standard output is not a terminal"));
    }
    if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
        return Err(RunError::NoTerminal("TERM=dumb cannot move the cursor"));
    }
    Ok(())
}

/// The themes to choose from: `auto` only where it is the present one, since only a start can follow it.
fn themes(options: &Options) -> Themes {
    let (current, fixed) = options.theme_name.clone();
    let mut names = Theme::ALL.map(|(name, _)| name).to_vec();
    if current == AUTO {
        names.push(AUTO);
    }
    Themes { names, current, chosen: false, fixed }
}

fn setup(
    options: &Options,
    terminal: &Terminal,
    now: Timestamp,
    (columns, filters): (String, String),
) -> std::io::Result<Setup> {
    let here = options.contexts.here();
    Ok(Setup {
        context: here.map(|here| here.title.clone()).unwrap_or_default(),
        prod: here.is_some_and(|here| here.prod),
        read_only: options.read_only,
        copy_new_key: options.copy_new_key,
        zone: options.zone.clone(),
        demo: options.demo,
        folder: std::env::current_dir().map(|folder| folder.display().to_string()).unwrap_or_default(),
        now,
        size: terminal.size()?,
        contexts: options.contexts.clone(),
        keymap: options.keymap.clone(),
        mouse: options.mouse,
        themes: themes(options),
        columns,
        filters,
    })
}

//! What ends or stops the dashboard from outside: signals, and a terminal that goes away.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};

use super::connect::Close;
use super::incoming::Incoming;

/// Exit code after SIGHUP: 128 + 1.
pub(super) const HANGUP: u8 = 129;

/// What closes what was begun, for whoever comes first: the loop's end, or the last moment of a loop that is stuck.
pub(super) type Closing = Arc<Mutex<Option<Close>>>;

/// Sends what comes to the loop, for as long as the process lives.
#[cfg(unix)]
pub(super) fn listen(
    runtime: &tokio::runtime::Runtime,
    sender: &Sender<Incoming>,
    closing: &Closing,
) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let _inside = runtime.enter();
    for raw in ending() {
        let kind = SignalKind::from_raw(raw);
        let mut signals = match signal(kind) {
            Ok(signals) => signals,
            // Not every system has all of them.
            Err(error) if kind == SignalKind::terminate() => return Err(error),
            Err(_) => continue,
        };
        let (sender, closing, handle) = (sender.clone(), Arc::clone(closing), runtime.handle().clone());
        let code = 128 + kind.as_raw_value() as u8;
        runtime.spawn(async move {
            while signals.recv().await.is_some() {
                let _ = sender.send(Incoming::Signal(code));
                end_soon(code, &handle, &closing);
            }
        });
    }
    wait_for_faults(sender.clone(), runtime.handle().clone(), Arc::clone(closing));
    let mut resized = signal(SignalKind::window_change())?;
    let sizes = sender.clone();
    runtime.spawn(async move {
        while resized.recv().await.is_some() {
            let _ = sizes.send(Incoming::Resized);
        }
    });
    let stop = SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw());
    let mut signals = signal(stop)?;
    let stopped = sender.clone();
    runtime.spawn(async move {
        while signals.recv().await.is_some() {
            let _ = stopped.send(Incoming::Stop);
        }
    });
    let (sender, closing, handle) = (sender.clone(), Arc::clone(closing), runtime.handle().clone());
    std::thread::spawn(move || {
        if super::terminal::wait_until_gone() {
            let _ = sender.send(Incoming::InputGone);
            end_soon(HANGUP, &handle, &closing);
        }
    });
    Ok(())
}

/// The signals by which the processor reports a fault; another process may send them too.
#[cfg(unix)]
fn faults() -> nix::sys::signal::SigSet {
    use nix::sys::signal::Signal;

    [Signal::SIGILL, Signal::SIGFPE, Signal::SIGBUS, Signal::SIGSEGV].into_iter().collect()
}

/// Holds back the signals of faults in this thread and in those that it starts, so that the dashboard can wait for
/// one that another process sends, and give the terminal back. To be called before any other thread starts. A real
/// fault still ends the process at once: the kernel does not hold those back.
pub fn hold_faults() {
    #[cfg(unix)]
    if let Err(error) = faults().thread_block() {
        tracing::debug!(%error, "cannot block fault signals");
    }
}

/// Waits for the signals of faults that others send. A handler would not do: after a real fault, the faulty
/// instruction would run again for ever.
#[cfg(unix)]
fn wait_for_faults(sender: Sender<Incoming>, handle: tokio::runtime::Handle, closing: Closing) {
    std::thread::spawn(move || {
        hold_faults();
        while let Ok(signal) = faults().wait() {
            let code = 128 + signal as u8;
            let _ = sender.send(Incoming::Signal(code));
            end_soon(code, &handle, &closing);
        }
    });
}

/// The signals that end a process and can be caught: each would leave the terminal in raw mode. Not those of faults,
/// which are waited for otherwise; and not SIGPIPE, which is ignored from the start.
#[cfg(unix)]
fn ending() -> impl Iterator<Item = i32> {
    use rustix::process::Signal;

    let known = [
        Signal::HUP,
        Signal::TERM,
        Signal::INT,
        Signal::QUIT,
        Signal::ABORT,
        Signal::USR1,
        Signal::USR2,
        Signal::ALARM,
        Signal::VTALARM,
        Signal::PROF,
        Signal::XCPU,
        Signal::XFSZ,
        Signal::TRAP,
        Signal::SYS,
    ];
    #[cfg(target_os = "linux")]
    let others = [Signal::IO, Signal::POWER, Signal::STKFLT].map(Signal::as_raw).into_iter().chain(REAL_TIME);
    #[cfg(not(target_os = "linux"))]
    let others = std::iter::empty();
    known.into_iter().map(Signal::as_raw).chain(others)
}

/// The real-time signals that no C library keeps for itself.
#[cfg(target_os = "linux")]
const REAL_TIME: std::ops::RangeInclusive<i32> = 35..=64;

/// Who was told to end has ended after a moment, whatever is under way: a terminal that takes nothing and a
/// server that does not answer hold nobody. What was begun is closed before, if the loop has not come to that.
#[cfg(unix)]
fn end_soon(code: u8, handle: &tokio::runtime::Handle, closing: &Closing) {
    use std::sync::PoisonError;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    const STUCK: Duration = Duration::from_millis(500);
    const AT_THE_LATEST: Duration = Duration::from_millis(700);
    const LOGGING: Duration = Duration::from_millis(20);
    static TOLD: AtomicBool = AtomicBool::new(false);

    if !TOLD.swap(true, Ordering::SeqCst) {
        let (handle, closing) = (handle.clone(), Arc::clone(closing));
        std::thread::spawn(move || {
            let told = Instant::now();
            std::thread::sleep(STUCK);
            let left = || AT_THE_LATEST.saturating_sub(told.elapsed());
            let close = closing.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(close) = close {
                let _ = handle.block_on(async { tokio::time::timeout(left(), close(Duration::ZERO)).await });
            }
            tracing::warn!(code, "shutdown took too long; pending requests were abandoned");
            // The log is written meanwhile.
            std::thread::sleep(left().max(LOGGING));
            super::terminal::leave_unsaid();
            std::process::exit(i32::from(code));
        });
    }
}

/// Sends Ctrl-C to the loop.
#[cfg(not(unix))]
pub(super) fn listen(
    runtime: &tokio::runtime::Runtime,
    sender: &Sender<Incoming>,
    _: &Closing,
) -> std::io::Result<()> {
    let sender = sender.clone();
    runtime.spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            let _ = sender.send(Incoming::Signal(130));
        }
    });
    Ok(())
}

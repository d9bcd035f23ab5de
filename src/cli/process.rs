//! The process itself: no core dumps, a panic that tells no secret, the user's name, and signals.

use std::panic::PanicHookInfo;

use tokio_util::sync::CancellationToken;

use crate::secret;

/// Turns core dumps off: memory may hold a key. To be called before anything else.
pub fn harden() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // Lowering a limit cannot fail for lack of rights; where it fails, the system has no such limit.
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
    // The limit does not hold for a core dump that goes to a program; this does, and debuggers of other
    // processes of the same user are kept out too.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

/// Writes a panic to the log, whole keys masked, and one line to standard error.
pub fn on_panic() {
    std::panic::set_hook(Box::new(|info: &PanicHookInfo<'_>| {
        let said = info.payload_as_str().unwrap_or("no message");
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, message = %secret::masked(said), "panic");
        eprintln!("keydeck: a fault in the program at {place}; what happened is in the log");
    }));
}

/// The name of the operating-system user, for `local:<user>`.
pub fn user() -> String {
    let named = ["USER", "LOGNAME", "USERNAME"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find_map(|name| crate::wire::text::name(&name).ok());
    named.unwrap_or_else(|| {
        #[cfg(unix)]
        {
            format!("uid-{}", rustix::process::getuid().as_raw())
        }
        #[cfg(not(unix))]
        {
            "unknown".to_owned()
        }
    })
}

/// A token that is cancelled by the first SIGTERM, SIGINT or SIGHUP; the second one ends the process at once.
pub fn until_told_to_end() -> std::io::Result<CancellationToken> {
    let end = CancellationToken::new();
    let told = end.clone();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hangup = signal(SignalKind::hangup())?;
        tokio::spawn(async move {
            for time in 0.. {
                let code = tokio::select! {
                    _ = terminate.recv() => 143,
                    _ = interrupt.recv() => 130,
                    _ = hangup.recv() => 129,
                };
                if time > 0 {
                    std::process::exit(code);
                }
                tracing::info!("told to end");
                told.cancel();
            }
        });
    }
    #[cfg(not(unix))]
    tokio::spawn(async move {
        for time in 0.. {
            if tokio::signal::ctrl_c().await.is_err() || time > 0 {
                std::process::exit(130);
            }
            told.cancel();
        }
    });
    Ok(end)
}

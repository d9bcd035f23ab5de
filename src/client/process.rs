//! What another process of this machine is doing, as far as the system tells.

/// The state of a process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// It is stopped, by Ctrl-Z or a signal, and does nothing until it is continued.
    Stopped,
    /// It computes, or waits for a disk.
    Working,
    /// It waits for something else, or nothing is known of it.
    Unknown,
}

/// The state of a process. 0 is a process whose number is unknown.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn state(pid: u32) -> State {
    let stat = match pid {
        0 => None,
        pid => std::fs::read_to_string(format!("/proc/{pid}/stat")).ok(),
    };
    // The name in brackets may hold anything, brackets too.
    let state = stat.as_deref().and_then(|stat| stat.rsplit_once(')')).map(|(_, rest)| rest.trim_start());
    match state.and_then(|state| state.chars().next()) {
        Some('T' | 't') => State::Stopped,
        Some('R' | 'D') => State::Working,
        _ => State::Unknown,
    }
}

/// The state of a process.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn state(_: u32) -> State {
    State::Unknown
}

/// Says which process does not answer, in which state it is, and what to do about it; `what` it has.
pub fn silent(what: &str, pid: u32) -> String {
    match (pid, state(pid)) {
        (0, _) => format!("{what} is in use by another process that does not respond"),
        (pid, State::Stopped) => format!(
            "{what} is in use by process {pid}, which is suspended; resume it with `kill -CONT {pid}`, or \
             with `fg` in its terminal"
        ),
        (pid, State::Working) => format!(
            "{what} is in use by process {pid}, which is busy and does not respond; try again, or stop it \
             with `kill {pid}`"
        ),
        (pid, State::Unknown) => format!(
            "{what} is in use by process {pid}, which does not respond; try again, or stop it with `kill \
             {pid}`"
        ),
    }
}

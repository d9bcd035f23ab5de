//! A real server that answers no more, or is gone: the header says so by itself.

use std::time::{Duration, Instant};

use super::leaving::desk;
use crate::support::home::Home;
use crate::support::process::signal;

/// A time may be missed on a busy machine; then it is taken again, so often.
const TRIES: u32 = 3;
/// A stopped server is noticed by itself within this time: its signs of life, and a question that it does not
/// answer.
const NOTICED: Duration = Duration::from_secs(6);

/// The first word of the header on a request without an answer: how many seconds it says.
fn waiting(screen: &str) -> Option<u64> {
    let (_, rest) = screen.lines().next()?.split_once("… no answer for ")?;
    rest.split_once(" s")?.0.parse().ok()
}

#[test]
fn a_stopped_server_is_said_to_be_waited_for_within_seconds_and_is_live_again_when_it_goes_on() {
    let home = Home::new();
    let (server, mut pty) = desk(&home);
    let server = server.id().to_string();
    // Who asks for something sees it after two seconds.
    let first = (0..TRIES).map(|_| {
        signal(&server, "STOP");
        pty.press("r");
        let screen = pty.until("the waiting", |screen| waiting(screen).is_some());
        signal(&server, "CONT");
        pty.until("an answer", |screen| screen.contains("● live"));
        waiting(&screen).expect("it was there")
    });
    let first = first.min_by_key(|seconds| seconds.abs_diff(2)).expect("some");
    assert!((2..=3).contains(&first), "said after {first} s only");
    // Who asks for nothing sees it too.
    let mut took = Vec::new();
    while took.len() < TRIES as usize {
        signal(&server, "STOP");
        let since = Instant::now();
        pty.until("the waiting", |screen| waiting(screen).is_some());
        took.push(since.elapsed());
        signal(&server, "CONT");
        pty.until("an answer", |screen| screen.contains("● live"));
        if took.last().is_some_and(|took| *took < NOTICED) {
            return;
        }
    }
    panic!("noticed after {took:?} only");
}

#[test]
fn a_server_that_is_gone_is_lost_without_a_question() {
    let home = Home::new();
    let (mut server, pty) = desk(&home);
    // Nothing is due by itself for a minute, while the stream of events is open.
    pty.sees("● live");
    pty.sees("> shop");
    server.kill();
    let screen = pty.sees("! disconnected (");
    assert!(screen.contains("shop"), "what was there stays\n{screen}");
}

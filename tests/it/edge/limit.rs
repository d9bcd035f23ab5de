//! Requests a minute.

use std::time::Duration;

use keydeck::edge::limit::{Grant, Window};
use keydeck::wire::time::Timestamp;

const START: Timestamp = Timestamp::from_millis(1_795_000_000_400);

#[test]
fn a_window_opens_with_the_first_request_and_lasts_sixty_seconds() {
    let window = Window::default();
    let at = |ms| START + Duration::from_millis(ms);
    let grant = |allowed, remaining, retry_after| Grant {
        allowed,
        limit: 2,
        remaining,
        resets_at: 1_795_000_061,
        retry_after,
    };
    assert_eq!(window.take(2, START), grant(true, 1, 60));
    assert_eq!(window.take(2, at(30_000)), grant(true, 0, 30));
    assert_eq!(window.take(2, at(30_001)), grant(false, 0, 30));
    assert_eq!(window.take(2, at(59_999)), grant(false, 0, 1), "the last millisecond");
    let next = window.take(2, at(60_000));
    assert_eq!((next.allowed, next.remaining, next.resets_at), (true, 1, 1_795_000_121));
}

#[test]
fn a_clock_that_was_set_back_blocks_nobody() {
    let window = Window::default();
    assert!(window.take(1, START).allowed);
    assert!(!window.take(1, START - Duration::from_millis(5)).allowed, "requests a little out of order");
    assert!(window.take(1, START - Duration::from_hours(1)).allowed, "an hour back");
}

#[test]
fn many_threads_get_exactly_the_limit() {
    let window = Window::default();
    let allowed: usize = std::thread::scope(|threads| {
        let threads: Vec<_> = (0..8)
            .map(|_| threads.spawn(|| (0..500).filter(|_| window.take(1000, START).allowed).count()))
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
    });
    assert_eq!(allowed, 1000);
}

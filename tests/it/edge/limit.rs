//! Requests a minute.

use std::time::Duration;

use keydeck::edge::limit::{Grant, Window};
use keydeck::wire::time::Timestamp;

const START: Timestamp = Timestamp::from_millis(1_795_000_000_400);

/// Since the machine started.
const UP: Duration = Duration::from_secs(5_000);

#[test]
fn a_window_opens_with_the_first_request_and_lasts_sixty_seconds() {
    let window = Window::default();
    let take = |ms| window.take(2, UP + Duration::from_millis(ms), START + Duration::from_millis(ms));
    let grant = |allowed, remaining, retry_after| Grant {
        allowed,
        limit: 2,
        remaining,
        resets_at: 1_795_000_061,
        retry_after,
    };
    assert_eq!(take(0), grant(true, 1, 60));
    assert_eq!(take(30_000), grant(true, 0, 30));
    assert_eq!(take(30_001), grant(false, 0, 30));
    assert_eq!(take(59_999), grant(false, 0, 1), "the last millisecond");
    let next = take(60_000);
    assert_eq!((next.allowed, next.remaining, next.resets_at), (true, 1, 1_795_000_121));
}

#[test]
fn a_clock_that_is_set_neither_opens_nor_prolongs_a_window() {
    let window = Window::default();
    let hour = Duration::from_hours(1);
    let up = |ms| UP + Duration::from_millis(ms);
    assert!(window.take(1, UP, START).allowed);
    let early = UP.saturating_sub(Duration::from_millis(5));
    assert!(!window.take(1, early, START).allowed, "requests a little out of order");
    for now in [START + hour, START - hour, START + hour * 24 * 365, Timestamp::from_millis(0)] {
        let refused = window.take(1, up(20_000), now);
        assert_eq!((refused.allowed, refused.retry_after), (false, 40), "{now}");
        // The answer tells the end as the clock will show it then.
        assert_eq!(refused.resets_at, (now.millis() + 40_000).unsigned_abs().div_ceil(1000), "{now}");
    }
    // A clock that is only made to run a little faster moves no end.
    let ends = window.take(1, up(30_000), START + Duration::from_secs(30)).resets_at;
    assert_eq!(window.take(1, up(40_000), START + Duration::from_millis(40_900)).resets_at, ends);
    assert!(!window.take(1, up(59_999), START - hour).allowed);
    assert!(window.take(1, up(60_000), START - hour).allowed, "a minute has passed, whatever the clock says");
}

#[test]
fn many_threads_get_exactly_the_limit() {
    let window = Window::default();
    let allowed: usize = std::thread::scope(|threads| {
        let threads: Vec<_> = (0..8)
            .map(|_| threads.spawn(|| (0..500).filter(|_| window.take(1000, UP, START).allowed).count()))
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
    });
    assert_eq!(allowed, 1000);
}

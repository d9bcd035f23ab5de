//! Times in words.

use std::time::Duration;

use keydeck::tui::model::ages::{Age, local, utc};

use crate::support::fixtures::NOW;

#[test]
fn ages_are_short_and_a_time_ahead_is_just_now() {
    let cases = [
        (0, "just now"),
        (9, "just now"),
        (12, "12s ago"),
        (300, "5m ago"),
        (3 * 3600, "3h ago"),
        (12 * 86_400, "12d ago"),
        (95 * 86_400, "3mo ago"),
        (2 * 365 * 86_400 + 86_400, "2y ago"),
    ];
    for (seconds, words) in cases {
        assert_eq!(Age { at: NOW - Duration::from_secs(seconds), now: NOW }.to_string(), words);
    }
    for ahead in [1, 60, 3600, 86_400 * 365 * 50] {
        // A clock that was ahead noted it; it may have been at any time until now.
        let ahead = Age { at: NOW + Duration::from_secs(ahead), now: NOW };
        assert_eq!(ahead.to_string(), "just now");
    }
    assert_eq!(local(NOW, &keydeck::wire::zone::Zone::fixed(3600)), "2026-11-23 18:04:05 +01:00");
    assert_eq!(utc(NOW), "2026-11-23 17:04:05 UTC");
}

//! Times in words.

use std::time::Duration;

use keydeck::tui::model::ages::{Age, Due, late_words, local, utc};

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

#[test]
fn what_is_due_says_so_in_one_style_and_never_that_it_is_no_time_overdue() {
    let at = |left: i64| {
        let at = keydeck::wire::time::Timestamp::from_millis(NOW.millis() + left * 1000);
        Due { at, now: NOW, absolute: false }.label().1
    };
    let cases = [
        (90 * 86_400 - 1, "in 90d"),
        (14 * 86_400 - 1, "in 14d"),
        (14 * 86_400 - 3601, "in 13d"),
        (75 * 3600, "in 3d"),
        (123 * 60, "in 2h"),
        (60, "in 1m"),
        (20, "in <1m"),
        (0, "▲ due now"),
        (-59, "▲ due now"),
        (-120, "▲ 2m overdue"),
    ];
    for (left, words) in cases {
        assert_eq!(at(left), words);
    }
}

#[test]
fn by_how_much_a_use_may_be_late_is_said_only_where_that_matters() {
    let late = |ago: u64, seconds: u32| {
        late_words(Some(NOW - Duration::from_secs(ago)), std::num::NonZeroU32::new(seconds), NOW)
    };
    for (ago, seconds, words) in [
        (60, 5, Some("(up to 5 s late)")),
        (499, 5, Some("(up to 5 s late)")),
        (501, 5, None),
        (2 * 365 * 86_400, 5, None),
        (86_400, 3600, Some("(up to 3600 s late)")),
    ] {
        assert_eq!(late(ago, seconds).as_deref(), words, "{ago} s ago");
    }
    assert_eq!(late_words(None, std::num::NonZeroU32::new(5), NOW), None);
}

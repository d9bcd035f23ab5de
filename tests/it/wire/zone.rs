//! Local times have the offset of their own instant.

use keydeck::wire::time::Timestamp;
use keydeck::wire::zone::Zone;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("RFC 3339")
}

#[test]
fn a_zone_has_another_offset_in_summer_than_in_winter() {
    let Some(berlin) = Zone::named("Europe/Berlin") else {
        eprintln!("SKIPPED: no zone data on this machine");
        return;
    };
    for (time, hours) in [
        ("2026-07-01T12:00:00Z", 2),
        ("2026-12-01T12:00:00Z", 1),
        // The hour of each change, and the second before it.
        ("2026-03-29T00:59:59Z", 1),
        ("2026-03-29T01:00:00Z", 2),
        ("2026-10-25T00:59:59Z", 2),
        ("2026-10-25T01:00:00Z", 1),
    ] {
        assert_eq!(berlin.offset_at(at(time)), hours * 3600, "{time}");
    }
    assert_eq!(Zone::UTC.offset_at(at("2026-07-01T12:00:00Z")), 0);
    assert_eq!(Zone::fixed(-12_600).offset_at(at("2026-07-01T12:00:00Z")), -12_600);
    assert_eq!(Zone::named("Europe/Nowhere"), None);
}

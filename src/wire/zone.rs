//! The zone that local times are shown in: its rules, since an offset holds for a part of the year only.

use jiff::tz::TimeZone;

use super::time::Timestamp;

/// A time zone's rules. A value: whoever has it needs neither a clock nor the system's files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Zone(TimeZone);

impl Zone {
    /// Coordinated Universal Time.
    pub const UTC: Zone = Zone(TimeZone::UTC);

    /// A zone that is always so many seconds east of UTC; UTC for more than a day.
    pub fn fixed(seconds: i32) -> Zone {
        jiff::tz::Offset::from_seconds(seconds).map_or(Zone::UTC, |offset| Zone(TimeZone::fixed(offset)))
    }

    /// The zone with this name in the system's zone data, such as `Europe/Berlin`.
    pub fn named(name: &str) -> Option<Zone> {
        TimeZone::get(name).ok().map(Zone)
    }

    /// The zone of `TZ`, else of the system. Where `TZ` names none, UTC and a warning that says so.
    pub fn of_system() -> (Zone, Option<String>) {
        if let Ok(zone) = TimeZone::try_system() {
            return (Zone(zone), None);
        }
        // Without TZ and without zone data nothing is wrong: a container knows UTC alone.
        let warning = std::env::var_os("TZ").map(|name| {
            format!("Unknown time zone {:?} in TZ. Times are shown in UTC.", name.to_string_lossy())
        });
        (Zone::UTC, warning)
    }

    /// Seconds east of UTC at a point in time.
    pub fn offset_at(&self, at: Timestamp) -> i32 {
        jiff::Timestamp::from_millisecond(at.millis())
            .map_or(0, |instant| self.0.to_offset(instant).seconds())
    }
}

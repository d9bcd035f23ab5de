//! Points in time, to the millisecond, as RFC 3339 in UTC; and spans of time as people write them.

use std::fmt;
use std::num::NonZeroU64;
use std::ops::{Add, Sub};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
///
/// Held as milliseconds since the first that there is, counted from 1: then "never" needs no room of its own,
/// which a list of 100,000 keys with four such times each would feel.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(NonZeroU64);

impl Default for Timestamp {
    fn default() -> Timestamp {
        Timestamp::from_millis(0)
    }
}

/// Where "now" comes from: passed in, so that tests hold it still.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The operating system's clock: the only place that reads it. In a debug build a test may have a whole process's clock
/// be wrong, by the milliseconds that the file says which `KEYDECK_TEST_CLOCK` names.
#[expect(clippy::disallowed_methods, reason = "this is the one clock that is passed to all others")]
pub fn system_clock() -> Clock {
    #[cfg(debug_assertions)]
    if let Some(file) = std::env::var_os("KEYDECK_TEST_CLOCK") {
        return Arc::new(move || {
            let wrong_by = std::fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok());
            Timestamp::from_millis(Utc::now().timestamp_millis() + wrong_by.unwrap_or(0_i64))
        });
    }
    // As `Utc::now`, without a calendar date: each lookup asks for the time.
    Arc::new(|| {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    })
}

/// Where spans of time come from: passed in, so that tests hold it still.
pub type Uptime = Arc<dyn Fn() -> Duration + Send + Sync>;

/// The operating system's [`uptime`].
pub fn system_uptime() -> Uptime {
    Arc::new(uptime)
}

/// Time since the machine started, sleep included: nobody can set it, and a lease must not outlive a suspended
/// laptop.
pub fn uptime() -> Duration {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let clock = rustix::time::ClockId::Boottime;
    // On macOS and the BSDs the monotonic clock goes on during sleep.
    #[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
    let clock = rustix::time::ClockId::Monotonic;
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(clock);
        Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
    }
    // The performance counter behind Instant goes on during sleep on Windows.
    #[cfg(not(unix))]
    {
        static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        START.get_or_init(std::time::Instant::now).elapsed()
    }
}

/// How far two clocks may differ before a time counts as wrong.
pub const CLOCK_SKEW: Duration = Duration::from_mins(1);

/// 2026-01-01T00:00:00Z: older than this program.
const PLAUSIBLE: i64 = 1_767_225_600_000;

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;

/// The earliest and latest times that RFC 3339 can write (years 0 to 9999).
const RANGE: (i64, i64) = (-62_167_219_200_000, 253_402_300_799_999);

impl Timestamp {
    /// From milliseconds since 1970; brought into the years 0 to 9999.
    pub const fn from_millis(millis: i64) -> Timestamp {
        let within = if millis < RANGE.0 {
            RANGE.0
        } else if millis > RANGE.1 {
            RANGE.1
        } else {
            millis
        };
        match NonZeroU64::new((within - RANGE.0) as u64 + 1) {
            Some(since) => Timestamp(since),
            // Counted from 1, so that this is never come to.
            None => Timestamp(NonZeroU64::MIN),
        }
    }

    /// Milliseconds since 1970.
    pub const fn millis(self) -> i64 {
        self.0.get() as i64 - 1 + RANGE.0
    }

    /// Days since 1970 in UTC.
    pub const fn day(self) -> i64 {
        self.millis().div_euclid(DAY_MS)
    }

    /// How long ago `self` was at `now`; zero when it lies ahead.
    pub fn age(self, now: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(now.millis() - self.millis()).unwrap_or(0))
    }

    /// Whether it lies in the future at `now`, by more than two clocks may differ.
    pub fn is_future(self, now: Timestamp) -> bool {
        self > now + CLOCK_SKEW
    }

    /// What can be true of something that has happened: a time in the future was noted by a clock that was ahead, and
    /// becomes `now`.
    pub fn at_most(self, now: Timestamp) -> Timestamp {
        if now.is_plausible() && self.is_future(now) { now } else { self }
    }

    /// Whether a clock that says so may be right. One that begins anew after a power cut says 1970 or the year in
    /// which the machine was built, and nothing may be corrected by it.
    pub fn is_plausible(self) -> bool {
        self >= Timestamp::from_millis(PLAUSIBLE)
    }

    /// As chrono's type, for calendars and local time.
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.millis()).unwrap_or_default()
    }

    /// Reads RFC 3339 with any offset.
    ///
    /// # Errors
    /// When the text is something else.
    pub fn parse(text: &str) -> Result<Timestamp, chrono::ParseError> {
        DateTime::parse_from_rfc3339(text).map(|time| Timestamp::from_millis(time.timestamp_millis()))
    }

    /// Reads a time as a person types it or the dashboard prints it: RFC 3339, `2026-11-23`,
    /// `2026-11-23 17:04`, `2026-11-23 17:04:05 UTC` or `… +01:00`. Without an offset it is UTC, as all output
    /// of the command line is.
    ///
    /// ```
    /// use keydeck::wire::time::Timestamp;
    ///
    /// let day = Timestamp::parse_loose("2026-11-01").expect("a date");
    /// assert_eq!(day, Timestamp::parse("2026-11-01T00:00:00Z").expect("a time"));
    /// ```
    pub fn parse_loose(text: &str) -> Option<Timestamp> {
        let text = text.trim();
        if let Ok(time) = Timestamp::parse(text) {
            return Some(time);
        }
        for format in ["%Y-%m-%d %H:%M:%S%.f %:z", "%Y-%m-%d %H:%M %:z", "%Y-%m-%dT%H:%M%:z"] {
            if let Ok(time) = DateTime::parse_from_str(text, format) {
                return Some(Timestamp::from_millis(time.timestamp_millis()));
            }
        }
        let plain = text.strip_suffix(" UTC").or(text.strip_suffix('Z')).unwrap_or(text);
        let times = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"];
        let time = times.iter().find_map(|format| NaiveDateTime::parse_from_str(plain, format).ok());
        let time = time.or_else(|| {
            NaiveDate::parse_from_str(plain, "%Y-%m-%d").ok().and_then(|date| date.and_hms_opt(0, 0, 0))
        })?;
        Some(Timestamp::from(time.and_utc()))
    }
}

/// Reads a time by which something is due, as people type it: as [`Timestamp::parse_loose`] does, but a date alone
/// is the end of that day in UTC. Who is given until Friday has all of Friday.
///
/// ```
/// use keydeck::wire::time::{Timestamp, date_alone, deadline};
///
/// let friday = deadline("2026-12-04").expect("a date");
/// assert_eq!(friday, Timestamp::parse("2026-12-04T23:59:59Z").expect("a time"));
/// assert_eq!(date_alone(friday).as_deref(), Some("2026-12-04"));
/// assert_eq!(deadline("2026-12-04 17:00"), Timestamp::parse_loose("2026-12-04 17:00"));
/// ```
pub fn deadline(text: &str) -> Option<Timestamp> {
    match NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d") {
        Ok(date) => Some(Timestamp::from(date.and_hms_opt(23, 59, 59)?.and_utc())),
        Err(_) => Timestamp::parse_loose(text),
    }
}

/// The date that [`deadline`] reads as this time; none for any other time.
pub fn date_alone(at: Timestamp) -> Option<String> {
    let date = at.utc().format("%Y-%m-%d").to_string();
    (deadline(&date) == Some(at)).then_some(date)
}

/// Why a text that begins as a date does is none; nothing where the calendar has the date, or none is written.
///
/// ```
/// use keydeck::wire::time::nonexistent_date;
///
/// let why = |text| nonexistent_date(text).unwrap_or_default();
/// assert_eq!(why("2026-11-31"), "2026-11-31 does not exist: the days of that month are 01 to 30");
/// assert_eq!(why("2026-02-29T17:00:00Z"), "2026-02-29 does not exist: the days of that month are 01 to 28");
/// assert_eq!(why("2026-13-01"), "2026-13-01 does not exist: the months are 01 to 12");
/// assert!(nonexistent_date("2028-02-29").is_none() && nonexistent_date("90d").is_none());
/// ```
pub fn nonexistent_date(text: &str) -> Option<String> {
    let date = text.trim().get(..10)?;
    let is_written = date.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    if !is_written || NaiveDate::parse_from_str(date, "%Y-%m-%d").is_ok() {
        return None;
    }
    let first = NaiveDate::parse_from_str(&format!("{}01", &date[..8]), "%Y-%m-%d").ok();
    let why = first.map_or_else(
        || "the months are 01 to 12".to_owned(),
        |first| format!("the days of that month are 01 to {}", first.num_days_in_month()),
    );
    Some(format!("{date} does not exist: {why}"))
}

/// What [`span`] takes, for error texts.
pub const SPAN_HELP: &str = "expected a duration such as 90d (s, m, h, d, w, mo, y)";

/// Reads a span of time as the dashboard prints it: `45s`, `12m`, `5h`, `90d`, `2w`, `3mo`, `1y`. A number alone
/// counts days.
///
/// # Errors
/// What was expected.
///
/// ```
/// use keydeck::wire::time::span;
///
/// assert_eq!(span("90"), span("90d"));
/// assert_eq!(span("12mo"), span("1y"));
/// ```
pub fn span(text: &str) -> Result<Duration, &'static str> {
    const DAY: u64 = 86_400;
    const MOST: u64 = 1000 * 365 * DAY;
    const LONG: &str = "that is longer than 1000 years";
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    // A month is a twelfth of a year, which is not a whole number of days.
    let (seconds, of) = match unit.strip_prefix(' ').unwrap_or(unit) {
        "s" | "sec" | "second" | "seconds" => (1, 1),
        "m" | "min" | "minute" | "minutes" => (60, 1),
        "h" | "hour" | "hours" => (3600, 1),
        "" | "d" | "day" | "days" => (DAY, 1),
        "w" | "week" | "weeks" => (7 * DAY, 1),
        "mo" | "month" | "months" => (365 * DAY, 12),
        "y" | "year" | "years" => (365 * DAY, 1),
        _ => return Err(SPAN_HELP),
    };
    if number.is_empty() || unit == " " {
        return Err(SPAN_HELP);
    }
    let count: u64 = number.parse().map_err(|_| LONG)?;
    match count.checked_mul(seconds).map(|total| total / of) {
        Some(total) if total <= MOST => Ok(Duration::from_secs(total)),
        _ => Err(LONG),
    }
}

/// A span in its largest whole unit: `12 s`, `3 h`, `1 day`, `7 days`.
pub fn span_words(span: Duration) -> String {
    let seconds = span.as_secs();
    let (count, unit) = match seconds {
        0..60 => (seconds, "s"),
        60..3_600 => (seconds / 60, "min"),
        3_600..86_400 => (seconds / 3_600, "h"),
        86_400..172_800 => (1, "day"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{count} {unit}")
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(time: DateTime<Utc>) -> Timestamp {
        Timestamp::from_millis(time.timestamp_millis())
    }
}

impl Add<Duration> for Timestamp {
    type Output = Timestamp;

    fn add(self, span: Duration) -> Timestamp {
        Timestamp::from_millis(
            self.millis().saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Timestamp;

    fn sub(self, span: Duration) -> Timestamp {
        Timestamp::from_millis(
            self.millis().saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialSchema for Timestamp {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("A time in RFC 3339 format. Answers use UTC with milliseconds."))
            .examples([serde_json::json!("2026-11-23T17:04:05.000Z")])
            .into()
    }
}

impl ToSchema for Timestamp {}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Timestamp::parse(&text).map_err(|_| D::Error::custom("expected a time such as 2026-11-23T17:04:05Z"))
    }
}

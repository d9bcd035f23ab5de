//! Stale thresholds as a person enters them: a number of days, or the name of a standard for audits.

/// DISA STIG, CIS Controls 5.3 and PCI DSS 8.2.6, with the days after which they call a credential inactive.
pub const STALE_PRESETS: [(&str, u32); 3] = [("stig", 35), ("cis", CIS_DAYS), ("pci", PCI_DAYS)];
/// The threshold of CIS Controls 5.3.
pub const CIS_DAYS: u32 = 45;
/// The threshold of PCI DSS 8.2.6.
pub const PCI_DAYS: u32 = 90;
/// The most days of a threshold.
pub const DAYS_MAX: u32 = 36_500;

/// The days of a standard.
pub fn preset(name: &str) -> Option<u32> {
    STALE_PRESETS.into_iter().find(|(preset, _)| preset.eq_ignore_ascii_case(name)).map(|(_, days)| days)
}

/// The presets in words: `stig (35), cis (45) or pci (90)`.
pub fn presets() -> String {
    let [others @ .., last] = STALE_PRESETS.map(|(name, days)| format!("{name} ({days})"));
    format!("{} or {last}", others.join(", "))
}

/// What [`stale_days`] reads, in words.
pub fn expected() -> String {
    format!("a number of days from 1 to {DAYS_MAX}, {}", presets())
}

/// A number of days, also as `90d`, or the name of a standard. None is something else.
pub fn stale_days(text: &str) -> Option<u32> {
    let text = text.trim();
    let number = text.strip_suffix('d').unwrap_or(text).parse().ok();
    preset(text).or(number.filter(|days| (1..=DAYS_MAX).contains(days)))
}

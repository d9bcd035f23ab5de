//! Who used which key when: counts by day, callers, and the last use.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::data::KeyLine;
use super::dice::Dice;
use super::{Ids, keys, life, then};
use crate::store::{CallerCount, DayCount, KeyUsage, MAX_CALLERS, OtherCallers, Refusals, Refused};
use crate::wire::time::{DAY_MS, Timestamp};

/// For so many days there are counts.
const DAYS: i64 = 90;

/// So long before its last use each key was used as well: none has woken up.
const EARLIER: Duration = Duration::from_hours(20 * 24);

/// The uses of all keys, for one batch; and for one before it, that they were used before.
pub(super) fn of(ids: &Ids, now: Timestamp) -> (Vec<KeyUsage>, Vec<KeyUsage>) {
    let (mut earlier, mut all) = (Vec::new(), Vec::new());
    for (project, at, line) in keys() {
        let (made, end) = life(now, project, at);
        let dice = &mut Dice::of(&[project, at, 12]);
        let used = line.used.map(|(month, before)| {
            let last = then(end.unwrap_or(now), before, dice);
            Period { first: made, last, month }
        });
        let paused = line.pause.map(|pause| then(now, pause.age, &mut Dice::of(&[project, at, 13])));
        let stopped = line.end.or(line.pause).and_then(|stopped| stopped.tried);
        let tried = stopped.zip(end.or(paused)).map(|((a_day, ago), end)| {
            let last = then(now, ago, dice);
            Period { first: end, last, month: a_day * 30 }
        });
        if used.is_none() && tried.is_none() {
            continue;
        }
        let addresses = addresses(line, dice);
        let mut usage = KeyUsage {
            key: ids[&(project, at)],
            last_used: used.map(|period| (period.last, addresses[0])),
            refusals: Vec::new(),
            days: Vec::new(),
            callers: Vec::new(),
            others: None,
        };
        if let Some(period) = used {
            let at = (period.last - EARLIER).max(made);
            earlier.push(KeyUsage {
                last_used: Some((at, addresses[0])),
                refusals: Vec::new(),
                ..usage.clone()
            });
            let counts = period.days(dice);
            usage.days.extend(counts.iter().map(|&(day, allowed)| DayCount {
                day,
                allowed,
                ..DayCount::default()
            }));
            period.callers(&addresses, &counts, dice, &mut usage);
        }
        if let Some(period) = tried {
            let counts = period.days(dice);
            usage.days.extend(counts.iter().map(|&(day, refused)| DayCount {
                day,
                refused,
                ..DayCount::default()
            }));
            let count = counts.iter().map(|(_, count)| count).sum();
            let during = if end.is_some() { Refused::Revoked } else { Refused::Paused };
            usage.refusals.push(Refusals { during, count, last: period.last });
            usage.callers.push(CallerCount {
                address: addresses[0],
                first_at: period.start(),
                last_at: period.last,
                allowed: 0,
                refused: count,
            });
        }
        all.push(usage);
    }
    (earlier, all)
}

/// A time in which a key was used, or tried.
#[derive(Clone, Copy)]
struct Period {
    first: Timestamp,
    last: Timestamp,
    /// Requests in 30 days.
    month: u32,
}

impl Period {
    /// From when on there are counts.
    fn start(self) -> Timestamp {
        self.first.max(Timestamp::from_millis((self.last.day() - DAYS + 1) * DAY_MS))
    }

    /// Requests of each day that had any: fewer at weekends, some chance, and a part of the first and the last.
    fn days(self, dice: &mut Dice) -> Vec<(i64, u64)> {
        let (start, end) = (self.start(), self.last);
        let mut counts = Vec::new();
        for day in start.day()..=end.day() {
            let from = start.millis().max(day * DAY_MS);
            let to = end.millis().min((day + 1) * DAY_MS - 1);
            let part = (to - from).max(0) as f64 / DAY_MS as f64;
            // 1970 began on a Thursday.
            let weekend = matches!((day + 4).rem_euclid(7), 0 | 6);
            let weight = if weekend { 0.62 } else { 1.0 } * (0.85 + dice.below(300) as f64 / 1000.0);
            let expected = f64::from(self.month) / 30.0 * weight * part;
            // Of a use every few days, most days have none.
            let rest = dice.below(1000) as f64 / 1000.0 < expected.fract();
            let count = expected as u64 + u64::from(rest);
            if count > 0 || day == end.day() {
                counts.push((day, count.max(1)));
            }
        }
        counts
    }

    /// Spreads the requests over the callers: the first of them is the last that came.
    fn callers(self, addresses: &[IpAddr], counts: &[(i64, u64)], dice: &mut Dice, usage: &mut KeyUsage) {
        let mut left: u64 = counts.iter().map(|(_, count)| count).sum();
        let span = (self.last.millis() - self.start().millis()).max(1) as u64;
        let mut last = self.last.millis();
        for (at, &address) in addresses.iter().enumerate() {
            let more = (addresses.len() - at - 1) as u64;
            // Each takes a good part of what is left, and leaves one to each of the others.
            let part = left / 3 + dice.below(left / 3 + 1);
            let allowed = if more == 0 { left } else { part.clamp(1, left.saturating_sub(more).max(1)) };
            if left == 0 {
                return;
            }
            left -= allowed;
            let first = last - dice.below(span / 2) as i64;
            let first_at = Timestamp::from_millis(first.max(self.start().millis()));
            let last_at = Timestamp::from_millis(last);
            if at < MAX_CALLERS {
                usage.callers.push(CallerCount { address, first_at, last_at, allowed, refused: 0 });
            } else {
                let others =
                    usage.others.get_or_insert(OtherCallers { first_at, last_at, allowed: 0, refused: 0 });
                others.first_at = others.first_at.min(first_at);
                others.allowed += allowed;
            }
            let step = dice.below(span / (addresses.len() as u64 * 8) + 1) as i64 + 400;
            last = (last - step).max(self.start().millis());
        }
    }
}

/// Addresses that belong to nobody: those set aside for documents.
fn addresses(line: &KeyLine, dice: &mut Dice) -> Vec<IpAddr> {
    const NETS: [[u8; 3]; 3] = [[203, 0, 113], [198, 51, 100], [192, 0, 2]];
    let net = NETS[dice.below(3) as usize];
    let host = dice.below(200) as u8;
    (0..line.callers)
        .map(|at| {
            if at % 4 == 3 {
                let part = |dice: &mut Dice| dice.below(0x1_0000) as u16;
                let (site, host) = (part(dice), part(dice));
                IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, site, 0, 0, 0, 0, host))
            } else {
                IpAddr::V4(Ipv4Addr::new(net[0], net[1], net[2], host.wrapping_add(at as u8 * 3) % 250 + 1))
            }
        })
        .collect()
}

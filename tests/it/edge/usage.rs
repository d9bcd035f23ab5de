//! Who used which key: noted in memory, taken out in batches.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use keydeck::edge::flush::Pace;
use keydeck::edge::keyring::{Keyring, Record};
use keydeck::edge::tally::Outcome;
use keydeck::edge::usage::UsageLog;
use keydeck::secret::Kind;
use keydeck::store::{DayCount, KeyUsage, MAX_CALLERS, OtherCallers, Refusals, Refused, Verifier};
use keydeck::wire::time::{DAY_MS, Timestamp, uptime};

use tokio::time::Instant;

use crate::support::key_text::{key_text, verifier};

const START: Timestamp = Timestamp::from_millis(20_000 * DAY_MS + 3_600_000);

fn record(number: u128) -> Arc<Record> {
    known(number).1
}

/// A keyring with one key.
fn known(number: u128) -> (Keyring, Arc<Record>) {
    let keyring = Keyring::default();
    let key = key_text(Kind::Live, "7kF2", 1);
    keyring.put(&verifier(&key, number, 1, true));
    let record = keyring.find(key.reveal()).expect("it was put");
    (keyring, record)
}

/// The first key is paused, or resumed.
fn pause(keyring: &Keyring, paused: bool) {
    let key = verifier(&key_text(Kind::Live, "7kF2", 1), 1, 1, true);
    keyring.put(&Verifier { active: !paused, paused, ..key });
}

fn address(number: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(0x0A00_0000 + number))
}

fn all(log: &UsageLog, whole: bool) -> Vec<KeyUsage> {
    log.round(whole).next(log, usize::MAX)
}

fn taken(log: &UsageLog) -> KeyUsage {
    let mut batch = all(log, true);
    assert_eq!(batch.len(), 1, "one key, however often it was used");
    batch.remove(0)
}

#[test]
fn batches_keep_to_a_rate_and_what_a_caller_needed_at_once_delays_them_a_little() {
    let (start, spent) = (Instant::now(), Duration::from_millis(500));
    let mut pace = Pace::new(start);
    for number in 1..=4 {
        let now = pace.next_at();
        pace.wrote(now, now + Duration::from_millis(10), spent);
        assert_eq!(pace.next_at(), start + spent * number, "a fast database makes the rate no faster");
    }
    // After a pause nothing is made up for.
    let late = start + Duration::from_mins(1);
    pace.wrote(late, late, spent);
    assert_eq!(pace.next_at(), late + spent);
    // A thousand batches at once, one after the other.
    for number in 1..=1000 {
        let now = late + Duration::from_millis(number);
        pace.wrote(now, now, spent);
    }
    let now = late + Duration::from_secs(1);
    assert!(pace.next_at() > now + Pace::LONGEST_DEBT && pace.next_at() <= now + spent + Pace::LONGEST_DEBT);
}

#[test]
fn writing_takes_a_tenth_of_the_time_at_most_and_less_than_that_delays_nothing() {
    let (every, ms) = (Duration::from_secs(4), Duration::from_millis);
    assert_eq!(Pace::pause(ms(5), every, false), every, "few keys are written as usual");
    assert_eq!(Pace::pause(ms(444), every, false), every, "and so are tens of thousands");
    assert_eq!(Pace::pause(ms(1500), every, false), ms(13_500), "more of them are later");
    assert_eq!(Pace::pause(Duration::from_mins(5), every, false), Duration::from_secs(30), "never for ever");
    // Where it delays nothing, writing takes a fiftieth of the time.
    let every = Duration::from_secs(1);
    assert_eq!(Pace::pause(ms(5), every, false), every);
    assert_eq!(Pace::pause(ms(50), every, false), ms(2450));
    assert_eq!(Pace::pause(ms(300), every, false), ms(3000));
    assert_eq!(Pace::pause(ms(400), every, false), ms(3600));
    // Nodes report how far they have written every two seconds.
    assert_eq!(Pace::pause(ms(1500), ms(500), true), ms(2000));
}

#[test]
fn last_times_only_move_forward_within_a_batch() {
    let (log, (keyring, record)) = (UsageLog::default(), known(1));
    let at = |seconds| START + Duration::from_secs(seconds);
    log.note(&record, Outcome::Allowed, at(5), address(5));
    log.note(&record, Outcome::Limited, at(9), address(9));
    log.note(&record, Outcome::Allowed, at(7), address(7));
    log.note(&record, Outcome::Refused, at(12), address(12));
    pause(&keyring, true);
    log.note(&record, Outcome::Refused, at(11), address(11));
    log.note(&record, Outcome::Refused, at(10), address(10));
    let usage = taken(&log);
    assert_eq!(usage.key, record.id());
    assert_eq!(
        usage.last_used,
        Some((at(9), address(9))),
        "a limited request is a use, a refused one is not"
    );
    let refused = Refusals { during: Refused::Paused, count: 2, last: at(11) };
    assert_eq!(usage.refusals, [refused], "while it was active, it was refused for another reason");
    assert_eq!(usage.days, [DayCount { day: 20_000, allowed: 2, limited: 1, refused: 3 }]);
    assert!(all(&log, true).is_empty(), "taken once");
}

#[test]
fn refusals_are_taken_by_the_state_that_the_key_had() {
    let (log, (keyring, record)) = (UsageLog::default(), known(1));
    let at = |seconds| START + Duration::from_secs(seconds);
    let refuse = |seconds| log.note(&record, Outcome::Refused, at(seconds), address(1));
    let refusals = |during, count, seconds| Refusals { during, count, last: at(seconds) };
    pause(&keyring, true);
    refuse(1);
    refuse(2);
    pause(&keyring, true);
    refuse(3);
    // Its last times go first, and what was counted with them is not counted again.
    assert_eq!(all(&log, false)[0].refusals, [refusals(Refused::Paused, 3, 3)]);
    refuse(4);
    pause(&keyring, false);
    pause(&keyring, true);
    refuse(5);
    keyring.put(&verifier(&key_text(Kind::Live, "7kF2", 1), 1, 1, false));
    refuse(6);
    refuse(7);
    let taken = taken(&log);
    assert_eq!(
        taken.refusals,
        [
            refusals(Refused::EarlierPause, 1, 4),
            refusals(Refused::Paused, 1, 5),
            refusals(Refused::Revoked, 2, 7),
        ]
    );
    assert_eq!(taken.days[0].refused, 7);
}

#[test]
fn uses_around_midnight_count_on_their_own_days() {
    let (log, record) = (UsageLog::default(), record(1));
    let midnight = Timestamp::from_millis(20_001 * DAY_MS);
    log.note(&record, Outcome::Allowed, midnight - Duration::from_millis(1), address(1));
    log.note(&record, Outcome::Allowed, midnight, address(1));
    log.note(&record, Outcome::Refused, midnight, address(1));
    assert_eq!(
        taken(&log).days,
        [
            DayCount { day: 20_000, allowed: 1, limited: 0, refused: 0 },
            DayCount { day: 20_001, allowed: 1, limited: 0, refused: 1 },
        ]
    );
}

#[test]
fn callers_beyond_the_limit_are_summed_not_lost() {
    let (log, record) = (UsageLog::default(), record(1));
    let callers = MAX_CALLERS as u32 + 10;
    for caller in 0..callers {
        let at = START + Duration::from_secs(u64::from(caller));
        log.note(&record, Outcome::Allowed, at, address(caller));
        log.note(&record, Outcome::Refused, at, address(caller));
        log.note(&record, Outcome::Limited, at, address(caller));
    }
    let usage = taken(&log);
    assert_eq!(usage.callers.len(), MAX_CALLERS);
    assert!(usage.callers.iter().all(|caller| (caller.allowed, caller.refused) == (1, 1)));
    assert_eq!(
        usage.others,
        Some(OtherCallers {
            first_at: START + Duration::from_secs(MAX_CALLERS as u64),
            last_at: START + Duration::from_secs(u64::from(callers) - 1),
            allowed: 10,
            refused: 10,
        })
    );
}

#[test]
fn last_uses_may_be_taken_before_the_counts() {
    let (log, record) = (UsageLog::default(), record(1));
    log.note(&record, Outcome::Allowed, START, address(1));
    let early = all(&log, false);
    assert_eq!(early.len(), 1);
    assert_eq!(early[0].last_used, Some((START, address(1))));
    assert!(early[0].days.is_empty() && early[0].callers.is_empty() && early[0].refusals.is_empty());
    assert!(all(&log, false).is_empty(), "nothing new");

    let later = START + Duration::from_secs(1);
    log.note(&record, Outcome::Allowed, later, address(1));
    log.note(&record, Outcome::Refused, later, address(1));
    assert_eq!(log.len(), 2, "the key waits for its last times, and for its counts");
    let usage = taken(&log);
    assert_eq!(usage.last_used, Some((later, address(1))));
    assert_eq!(usage.days, [DayCount { day: 20_000, allowed: 2, limited: 0, refused: 1 }]);
    assert_eq!((usage.callers[0].first_at, usage.callers[0].last_at), (START, later));
    assert!(log.is_empty());
}

#[test]
fn what_is_written_is_never_told_too_early() {
    let (log, records) = (UsageLog::default(), [record(1), record(2)]);
    let wait = || {
        let now = uptime();
        while uptime() <= now {
            std::thread::yield_now();
        }
    };
    let begun = uptime();
    assert!(log.settled(begun) <= begun, "nothing was noted");
    log.note(&records[0], Outcome::Allowed, START, address(1));
    let noted = uptime();
    wait();
    assert!(log.settled(uptime()) <= noted, "it is in memory alone");
    let mut round = log.round(false);
    assert_eq!(round.next(&log, 10).len(), 1);
    wait();
    assert!(log.settled(uptime()) <= noted, "it is being written");
    log.note(&records[1], Outcome::Allowed, START, address(1));
    let other = uptime();
    log.written();
    wait();
    let settled = log.settled(other + Duration::from_secs(1));
    assert!(
        settled > begun.saturating_sub(Duration::from_millis(100)) && settled <= other,
        "the first is, the other is not"
    );
    // Only counts are left of the first: they are not last uses.
    assert_eq!(log.round(false).next(&log, 10).len(), 1);
    log.written();
    let later = other + Duration::from_secs(1);
    assert!(log.settled(later) > other);
    // A refusal is a last time, too.
    log.note(&records[0], Outcome::Refused, START, address(1));
    assert!(log.settled(later) < later.saturating_sub(Duration::from_millis(500)));
}

#[test]
fn nothing_is_lost_or_counted_twice_while_batches_are_taken() {
    const THREADS: u32 = 6;
    const EACH: u32 = 2000;
    let log = UsageLog::default();
    let records = [record(1), record(2), record(3)];
    let done = AtomicBool::new(false);
    let batches = std::thread::scope(|threads| {
        let taker = threads.spawn(|| {
            let mut batches = Vec::new();
            while !done.load(Ordering::Acquire) {
                batches.extend(all(&log, false));
                batches.extend(all(&log, true));
            }
            batches.extend(all(&log, true));
            batches
        });
        let noters: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (log, records) = (&log, &records);
                threads.spawn(move || {
                    for count in 0..EACH {
                        let record = &records[(count % 3) as usize];
                        let at = START + Duration::from_millis(u64::from(count));
                        log.note(record, Outcome::Allowed, at, address(thread));
                    }
                })
            })
            .collect();
        for noter in noters {
            noter.join().expect("no panic");
        }
        done.store(true, Ordering::Release);
        taker.join().expect("no panic")
    });
    let total: u64 = batches.iter().flat_map(|usage| &usage.days).map(|day| day.allowed).sum();
    assert_eq!(total, u64::from(THREADS * EACH));
    for thread in 0..THREADS {
        let of_caller: u64 = batches
            .iter()
            .flat_map(|usage| &usage.callers)
            .filter(|caller| caller.address == address(thread))
            .map(|caller| caller.allowed)
            .sum();
        assert_eq!(of_caller, u64::from(EACH));
    }
}

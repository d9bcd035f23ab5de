//! The demo: made-up data in memory, the same each time, as old as if it had all happened.
//!
//! It goes through the store's own traits, each step with the time at which it would have been done: the
//! audit log tells the whole story, and its chain verifies. Nobody has the text of a key in it: what the
//! store keeps of each is random, and no text is known that fits.
//!
//! | module | what |
//! |---|---|
//! | `data` | who and what, in tables |
//! | `history` | the steps that lead there, in the order of time |
//! | `review` | a started access review |
//! | `uses` | who used which key when |
//! | `dice` | chance that falls the same way each time |

mod data;
mod dice;
mod history;
mod review;
mod uses;

use std::collections::HashMap;

use self::data::{D, KeyLine, PROJECTS, ProjectLine};
use self::dice::Dice;
use crate::secret::{Hash, Kind, MaskedKey};
use crate::store::{Result, SharedStore};
use crate::wire::id::KeyId;
use crate::wire::time::{DAY_MS, Timestamp};

/// Fills an empty store with what would be in it now.
///
/// # Errors
/// What the store refuses.
pub async fn seed(store: &SharedStore, now: Timestamp) -> Result<()> {
    let ids = history::replay(store, now).await?;
    let (earlier, all) = uses::of(&ids, now);
    store.record_usage(&earlier, now).await?;
    store.record_usage(&all, now).await?;
    review::begin(store, now).await
}

/// The ids that the keys of the tables got: by the places of project and key.
type Ids = HashMap<(usize, usize), KeyId>;

/// When something was done that was done so long before now. What is older than a day was done in the working
/// hours of its day, by chance.
fn then(now: Timestamp, age: u64, dice: &mut Dice) -> Timestamp {
    let before = age as i64 * 1000;
    if age < D {
        return Timestamp::from_millis(now.millis() - before);
    }
    let hours = 7 * 3_600_000 + dice.below(10 * 3_600_000) as i64;
    Timestamp::from_millis((now.day() - (age / D) as i64) * DAY_MS + hours)
}

/// When a key was made, and when it ended if it has.
fn life(now: Timestamp, project: usize, at: usize) -> (Timestamp, Option<Timestamp>) {
    let (line, key) = (&PROJECTS[project], &PROJECTS[project].keys[at]);
    let made = then(now, key.age, &mut Dice::of(&[project, at, 1]));
    let revoked = key.end.map(|end| then(now, end.age, &mut Dice::of(&[project, at, 2])));
    (made, revoked.or_else(|| archived(now, project, line)))
}

fn archived(now: Timestamp, project: usize, line: &ProjectLine) -> Option<Timestamp> {
    line.archived.map(|(age, _)| then(now, age, &mut Dice::of(&[project, 3])))
}

/// What a store keeps of a key: chance alone, so that no text fits.
fn keyless(kind: Kind, dice: &mut Dice) -> (MaskedKey, Hash) {
    let four = |dice: &mut Dice| (0..4).map(|_| dice.letter()).collect::<String>();
    let hint = MaskedKey::new(kind, &four(dice), &four(dice)).expect("letters and digits");
    (hint, Hash { salt: dice.bytes(), digest: dice.bytes() })
}

/// Each key of the tables with its places.
fn keys() -> impl Iterator<Item = (usize, usize, &'static KeyLine)> {
    PROJECTS
        .iter()
        .enumerate()
        .flat_map(|(project, line)| line.keys.iter().enumerate().map(move |(at, key)| (project, at, key)))
}

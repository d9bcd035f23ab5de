//! Is this text a key, and whose? Answered from memory.
//!
//! Keys lie in shards by their public handle. Each shard has a lock of its own that readers share for the
//! microsecond of one comparison: reading costs two atomic operations on a lock that hardly anybody else
//! holds, and an insert touches one shard, however many keys there are. (Swapping whole maps would read a
//! little faster, but an insert would copy the map.) A key's state is an atomic in its record.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::projects::{Project, Projects};
use super::tally::Tally;
use crate::secret::{self, HANDLE_LEN, Hash, Kind, PREFIX_LEN};
use crate::store::{Refused, Verifier};
use crate::wire::id::{KeyId, ProjectId};

/// A power of two, so that a shard is found by a shift.
const SHARDS: usize = 1024;

/// All keys of a store, revoked ones too: an old one that is still tried must show.
pub struct Keyring {
    shards: Box<[RwLock<Shard>]>,
    projects: Projects,
}

type Shard = HashMap<u32, Candidates>;

/// The keys of one handle: nearly always one, which then costs no list of its own.
enum Candidates {
    One(Arc<Record>),
    Many(Vec<Arc<Record>>),
}

impl Candidates {
    fn as_slice(&self) -> &[Arc<Record>] {
        match self {
            Candidates::One(record) => std::slice::from_ref(record),
            Candidates::Many(records) => records,
        }
    }

    fn push(&mut self, record: Arc<Record>) {
        match self {
            Candidates::One(first) => *self = Candidates::Many(vec![Arc::clone(first), record]),
            Candidates::Many(records) => records.push(record),
        }
    }
}

/// What a node knows of a key.
pub struct Record {
    id: KeyId,
    project: Arc<Project>,
    kind: Kind,
    hash: Hash,
    active: AtomicBool,
    paused: AtomicBool,
    /// Revoked is for ever; a status that this program does not know may end.
    revoked: AtomicBool,
    /// Its requests since the last batch was written.
    pub(super) tally: Tally,
}

impl Record {
    /// The key's id.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// Its project.
    pub fn project(&self) -> &Arc<Project> {
        &self.project
    }

    /// `live` or `test`.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether it is revoked, as far as this node knows. A paused key is neither active nor revoked.
    pub fn is_revoked(&self) -> bool {
        self.revoked.load(Ordering::Acquire)
    }

    /// In which of its states it refuses requests now, as far as this node knows; none if it does so for another reason.
    pub(super) fn refused(&self) -> Option<Refused> {
        if self.is_revoked() {
            Some(Refused::Revoked)
        } else {
            self.paused.load(Ordering::Acquire).then_some(Refused::Paused)
        }
    }

    /// Whether it works, as far as this node knows.
    pub fn is_active(&self) -> bool {
        self.active.load(Ordering::Acquire)
    }
}

impl Default for Keyring {
    fn default() -> Keyring {
        Keyring { shards: (0..SHARDS).map(|_| RwLock::default()).collect(), projects: Projects::default() }
    }
}

impl Keyring {
    /// The record whose key this text is; revoked ones too.
    ///
    /// Prefix, length, alphabet and checksum come first; then each key with this handle is compared in
    /// constant time. An unknown handle costs the same hash, so that time does not tell which handles exist.
    pub fn find(&self, text: &str) -> Option<Arc<Record>> {
        match secret::check(text) {
            Ok(Kind::Live | Kind::Test) => {}
            Ok(Kind::Management) | Err(_) => return None,
        }
        let handle = number(&text[PREFIX_LEN..PREFIX_LEN + HANDLE_LEN]);
        let shard = self.shard(handle).read().unwrap_or_else(PoisonError::into_inner);
        let Some(candidates) = shard.get(&handle) else {
            std::hint::black_box(Hash::DUMMY.matches(text));
            return None;
        };
        candidates.as_slice().iter().find(|record| record.hash.matches(text)).map(Arc::clone)
    }

    /// Takes what the store says of a key: a new one is known from now on, a revoked one is refused from
    /// now on, for ever.
    pub fn put(&self, verifier: &Verifier) {
        let handle = number(verifier.hint.handle());
        let mut shard = self.shard(handle).write().unwrap_or_else(PoisonError::into_inner);
        let known = shard.get(&handle).map_or(&[][..], Candidates::as_slice);
        if let Some(record) = known.iter().find(|record| record.id == verifier.id) {
            if verifier.paused && !record.paused.load(Ordering::Acquire) {
                record.tally.pause();
            }
            record.paused.store(verifier.paused, Ordering::Release);
            if verifier.revoked {
                record.revoked.store(true, Ordering::Release);
            }
            // A revoked key stays so, whatever else is said of it later.
            let active = verifier.active && !record.revoked.load(Ordering::Acquire);
            record.active.store(active, Ordering::Release);
            return;
        }
        let record = Arc::new(Record {
            id: verifier.id,
            project: self.projects.of(verifier.project),
            kind: verifier.hint.kind(),
            hash: verifier.hash.clone(),
            active: AtomicBool::new(verifier.active && !verifier.revoked),
            paused: AtomicBool::new(verifier.paused),
            revoked: AtomicBool::new(verifier.revoked),
            tally: Tally::default(),
        });
        match shard.entry(handle) {
            Entry::Occupied(mut candidates) => candidates.get_mut().push(record),
            Entry::Vacant(place) => {
                place.insert(Candidates::One(record));
            }
        }
    }

    /// Forgets everything: what was read is no part of the store any more. Only while nothing is served.
    pub fn clear(&self) {
        for shard in &self.shards {
            shard.write().unwrap_or_else(PoisonError::into_inner).clear();
        }
        self.projects.clear();
    }

    /// The project of this id.
    pub fn project(&self, id: ProjectId) -> Arc<Project> {
        self.projects.of(id)
    }

    fn shard(&self, handle: u32) -> &RwLock<Shard> {
        // Multiplied by 2^32 / golden ratio: neighbouring handles fall into different shards.
        let spread = handle.wrapping_mul(0x9E37_79B1) >> (32 - SHARDS.trailing_zeros());
        &self.shards[spread as usize]
    }
}

/// Four characters as a number.
fn number(handle: &str) -> u32 {
    handle.bytes().fold(0, |number, byte| (number << 8) | u32::from(byte))
}

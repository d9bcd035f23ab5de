//! Is this text a key, and whose? Answered from memory.
//!
//! Keys lie in shards by their public handle. Each shard has a lock of its own that readers share for the
//! microsecond of one comparison: reading costs two atomic operations on a lock that hardly anybody else
//! holds, and an insert touches one shard, however many keys there are. (Swapping whole maps would read a
//! little faster, but an insert would copy the map.) A key's state is an atomic in its record.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use hashbrown::HashTable;

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

/// By handle; a few keys may have the same one.
type Shard = HashTable<Arc<Record>>;

/// What a node knows of a key.
pub struct Record {
    handle: u32,
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
        let spread = spread(handle);
        let shard = self.shard(spread).read().unwrap_or_else(PoisonError::into_inner);
        let mut candidates = of_handle(&shard, handle, spread).peekable();
        if candidates.peek().is_none() {
            std::hint::black_box(Hash::DUMMY.matches(text));
            return None;
        }
        candidates.find(|record| record.hash.matches(text)).map(Arc::clone)
    }

    /// Takes what the store says of a key: a new one is known from now on, a revoked one is refused from
    /// now on, for ever.
    pub fn put(&self, verifier: &Verifier) {
        let handle = number(verifier.hint.handle());
        let spread = spread(handle);
        let mut shard = self.shard(spread).write().unwrap_or_else(PoisonError::into_inner);
        if let Some(record) = of_handle(&shard, handle, spread).find(|record| record.id == verifier.id) {
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
            handle,
            id: verifier.id,
            project: self.projects.of(verifier.project),
            kind: verifier.hint.kind(),
            hash: verifier.hash.clone(),
            active: AtomicBool::new(verifier.active && !verifier.revoked),
            paused: AtomicBool::new(verifier.paused),
            revoked: AtomicBool::new(verifier.revoked),
            tally: Tally::default(),
        });
        shard.insert_unique(spread, record, |record| self::spread(record.handle));
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

    fn shard(&self, spread: u64) -> &RwLock<Shard> {
        // A table takes the lowest and the highest bits.
        &self.shards[(spread >> 40) as usize % SHARDS]
    }
}

/// The keys of a handle: none, or one, and rarely more.
fn of_handle(shard: &Shard, handle: u32, spread: u64) -> impl Iterator<Item = &Arc<Record>> {
    shard.iter_hash(spread).filter(move |record| record.handle == handle)
}

/// A handle spread over all bits, by 2^64 / golden ratio: neighbouring handles fall into different places. Handles are
/// random: no caller can choose many that fall into one.
fn spread(handle: u32) -> u64 {
    let product = u64::from(handle).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    product ^ (product >> 32)
}

/// Four characters as a number.
fn number(handle: &str) -> u32 {
    handle.bytes().fold(0, |number, byte| (number << 8) | u32::from(byte))
}

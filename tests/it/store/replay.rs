//! The audit log alone gives every key as the store has it, whatever was done in whatever order.

use keydeck::store::{BulkRevoke, By, SharedStore};
use keydeck::wire::audit::{Event, GENESIS};
use keydeck::wire::id::{KeyId, ProjectId, ReviewId};
use keydeck::wire::keys::KeyEdit;
use keydeck::wire::replay::{Cells, Replay, proved_cells};
use keydeck::wire::reports::NewReport;
use keydeck::wire::reviews::{Decide, Decision, Execute, NewReview, Scope};
use keydeck::wire::session::Plan;
use proptest::prelude::*;

use super::support::{at, memory_store, record};

/// Something that is done; numbers choose among what there is.
#[derive(Clone, Copy, Debug)]
enum Do {
    Project,
    RenameProject(usize),
    DeleteProject(usize),
    Key(usize),
    Name(usize),
    Owner(usize, bool),
    Purpose(usize),
    Rotate(usize),
    Pause(usize),
    Resume(usize),
    Revoke(usize),
    RevokeMany(usize),
    Review,
    Decide(usize, usize),
    Undecide(usize),
    Execute,
}

fn step() -> impl Strategy<Value = Do> {
    let any = 0..40usize;
    prop_oneof![
        1 => Just(Do::Project),
        1 => any.clone().prop_map(Do::RenameProject),
        1 => any.clone().prop_map(Do::DeleteProject),
        8 => any.clone().prop_map(Do::Key),
        2 => any.clone().prop_map(Do::Name),
        2 => (any.clone(), 0..2u8).prop_map(|(key, some)| Do::Owner(key, some == 0)),
        2 => any.clone().prop_map(Do::Purpose),
        3 => any.clone().prop_map(Do::Rotate),
        4 => any.clone().prop_map(Do::Pause),
        3 => any.clone().prop_map(Do::Resume),
        3 => any.clone().prop_map(Do::Revoke),
        1 => any.clone().prop_map(Do::RevokeMany),
        2 => Just(Do::Review),
        10 => (any.clone(), 0..6usize).prop_map(|(key, decision)| Do::Decide(key, decision)),
        1 => any.prop_map(Do::Undecide),
        3 => Just(Do::Execute),
    ]
}

struct World {
    store: SharedStore,
    projects: Vec<ProjectId>,
    keys: Vec<KeyId>,
    review: Option<ReviewId>,
}

impl World {
    /// Does a step; one that is refused changes nothing, and the log says nothing of it.
    async fn take(&mut self, number: usize, step: Do) {
        let store = self.store.clone();
        let by = By::new(["local:ann", "token:ben"][number % 2], at(number as i64 * 7_919));
        let project = |at: usize| self.projects[at % self.projects.len()];
        let key = |at: usize| self.keys.get(at % self.keys.len().max(1)).copied();
        let edit = async |id: Option<KeyId>, edit: KeyEdit| {
            if let Some(id) = id {
                let _ = store.edit_key(&by, id, &edit).await;
            }
        };
        match step {
            Do::Project => {
                let name = format!("project {number}");
                self.projects.push(store.create_project(&by, &name).await.unwrap().value.id);
            }
            Do::RenameProject(at) => {
                let _ = store.rename_project(&by, project(at), &format!("renamed {number}")).await;
            }
            Do::DeleteProject(at) => {
                let _ = store.archive_project(&by, project(at), true).await;
            }
            Do::Key(at) => {
                let mut new = record(&format!("key {number}"));
                new.owner = (number.is_multiple_of(3)).then(|| "ann".to_owned());
                if let Ok(made) = store.create_key(&by, project(at), &new, Plan::Enterprise).await {
                    self.keys.push(made.value.id);
                }
            }
            Do::Name(at) => edit(key(at), KeyEdit::name(format!("name {number}"))).await,
            Do::Owner(at, some) => {
                let owner = Some(some.then(|| format!("owner {number}")));
                edit(key(at), KeyEdit { owner, ..KeyEdit::default() }).await;
            }
            Do::Purpose(at) => {
                let (name, purpose) =
                    (Some(format!("both {number}")), Some(Some(format!("purpose {number}"))));
                edit(key(at), KeyEdit { name, purpose, ..KeyEdit::default() }).await;
            }
            Do::Rotate(at) => {
                let Some(old) = key(at) else { return };
                let new = record("any");
                let made = store.rotate_key(&by, old, None, new.hint, &new.hash, Plan::Enterprise).await;
                self.keys.extend(made.ok().map(|made| made.value.id));
            }
            Do::Pause(at) => {
                let reason = number.is_multiple_of(2).then_some("is it used?");
                if let Some(id) = key(at) {
                    let _ = store.pause_key(&by, id, reason).await;
                }
            }
            Do::Resume(at) => {
                if let Some(id) = key(at) {
                    let _ = store.resume_key(&by, id).await;
                }
            }
            Do::Revoke(at) => {
                if let Some(id) = key(at) {
                    let _ = store.revoke_key(&by, id, Some("unused")).await;
                }
            }
            Do::RevokeMany(at) => {
                let ids: Vec<KeyId> = self.keys.iter().copied().skip(at).step_by(3).collect();
                store.revoke_keys(&by, &ids, &BulkRevoke::default()).await.unwrap();
            }
            Do::Review => {
                let new = NewReview { name: "review".into(), scope: Scope::default(), due_at: None };
                let started = store.start_review(&by, &new).await;
                self.review = started.ok().map(|review| review.value.id).or(self.review);
            }
            Do::Decide(at, decision) => {
                let (Some(review), Some(id)) = (self.review, key(at)) else { return };
                let decision = Decision::ALL[decision];
                let until = (decision == Decision::Keep && number.is_multiple_of(2))
                    .then(|| super::support::at(1 << 40));
                let decide = Decide { decision, until, reason: Some("because".into()), version: 0 };
                let _ = store.decide(&by, review, id, Some(&decide), None).await;
            }
            Do::Undecide(at) => {
                if let (Some(review), Some(id)) = (self.review, key(at)) {
                    let _ = store.decide(&by, review, id, None, None).await;
                }
            }
            Do::Execute => {
                let Some(review) = self.review else { return };
                let plan = Execute { dry_run: true, decisions: None };
                let planned = store.execute_review(&by, review, &plan).await.unwrap().value;
                let confirmed = Execute { dry_run: false, decisions: Some(planned.decisions) };
                store.execute_review(&by, review, &confirmed).await.unwrap();
            }
        }
    }

    /// Every key of the store, and every key of the replayed log.
    async fn both(&self) -> (Vec<Cells>, Vec<Cells>) {
        let mut state = self.store.report_state(&NewReport::default(), at(1 << 38)).await.unwrap();
        let (mut stored, mut after) = (Vec::new(), None);
        loop {
            let rows = state.keys_after(after).await.unwrap();
            let Some(last) = rows.last() else { break };
            after = Some(last.key.id);
            stored.extend(rows.iter().map(|row| proved_cells(&row.key)));
        }
        let (mut replay, mut seq, mut previous) = (Replay::default(), 0, GENESIS.to_owned());
        loop {
            let bodies = state.events_after(seq).await.unwrap();
            if bodies.is_empty() {
                break;
            }
            for body in bodies {
                seq += 1;
                previous = Event::hash_of(&previous, &body);
                let mut event: serde_json::Value = serde_json::from_str(&body).unwrap();
                event["hash"] = previous.clone().into();
                replay.take(&serde_json::from_value(event).unwrap()).unwrap();
            }
        }
        assert_eq!((seq, previous), (state.about().head.seq, state.about().head.hash.clone()));
        (stored, replay.keys().map(|(_, cells)| cells).collect())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, ..ProptestConfig::default() })]
    #[test]
    fn the_audit_log_replayed_gives_exactly_the_keys_of_the_store(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (stored, replayed) = runtime.block_on(async {
            let store = memory_store().await;
            let mut world = World { store, projects: Vec::new(), keys: Vec::new(), review: None };
            world.take(0, Do::Project).await;
            for (number, step) in steps.into_iter().enumerate() {
                world.take(number + 1, step).await;
            }
            world.both().await
        });
        prop_assert_eq!(stored, replayed);
    }
}

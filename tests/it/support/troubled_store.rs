//! A real store whose answers fail or hang when a test says so.

use std::sync::Arc;

use async_trait::async_trait;
use keydeck::secret::{Hash, MaskedKey};
use keydeck::store::changes::{Changes, Need};
use keydeck::store::report::ReportState;
use keydeck::store::{
    Audit, Awaited, BatchId, BulkRevoke, By, Change, Deployed, Follow, Idempotency, KeyUsage, Keys, Ledger,
    NewKeyRecord, Nodes, Projects, Reports, Result, Reviews, Rotations, Rules, SharedStore, Store,
    StoreError, TokenRecord, Tokens, Unsettled, Usage, Verifier, Written,
};
use keydeck::wire::audit::{Event, EventQuery, Head};
use keydeck::wire::findings::FindingCounts;
use keydeck::wire::id::{KeyId, NodeId, ProjectId, ReviewId, TokenId};
use keydeck::wire::idempotency::CreatedWith;
use keydeck::wire::key_groups::{KeyGroupQuery, KeyGroups};
use keydeck::wire::keys::{Caller, Key, KeyEdit, KeyQuery, Outcome, Receipt, UsageDay};
use keydeck::wire::nodes::Node;
use keydeck::wire::page::{Page, PageQuery};
use keydeck::wire::projects::{KeyCounts, Project, ProjectQuery};
use keydeck::wire::reports::{NewReport, Sign};
use keydeck::wire::reviews::{
    Decide, Execute, Executed, ItemQuery, NewReview, Review, ReviewEdit, ReviewItem,
};
use keydeck::wire::rotations::Rotation;
use keydeck::wire::rules::{Deployment, NewDeployment, Rule};
use keydeck::wire::session::Plan;
use keydeck::wire::time::Timestamp;
use keydeck::wire::tokens::{Role, Token};
use tokio::sync::watch;

/// What happens to calls of one kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Trouble {
    /// They reach the store.
    None,
    /// They answer that the database did not.
    Fails,
    /// They wait until the trouble is over.
    Hangs,
    /// They are done, and the connection breaks before the answer.
    Unheard,
}

/// The trouble with one kind of calls, and how many there were.
pub(crate) struct Switch {
    trouble: watch::Sender<Trouble>,
    calls: watch::Sender<u64>,
}

impl Switch {
    fn new() -> Switch {
        Switch { trouble: watch::Sender::new(Trouble::None), calls: watch::Sender::new(0) }
    }

    /// From now on this happens.
    pub(crate) fn set(&self, trouble: Trouble) {
        self.trouble.send_replace(trouble);
    }

    /// How many calls there were, whatever became of them.
    pub(crate) fn calls(&self) -> u64 {
        *self.calls.borrow()
    }

    /// Waits until there were more calls than so many.
    pub(crate) async fn called_after(&self, calls: u64) {
        self.calls.subscribe().wait_for(|now| *now > calls).await.expect("self holds the sender");
    }

    fn hear(&self) -> Result<()> {
        match *self.trouble.borrow() {
            Trouble::Unheard => Err(StoreError::OutcomeUnknown(sqlx::Error::WorkerCrashed)),
            Trouble::None | Trouble::Fails | Trouble::Hangs => Ok(()),
        }
    }

    async fn pass(&self) -> Result<()> {
        self.calls.send_modify(|calls| *calls += 1);
        let mut trouble = self.trouble.subscribe();
        loop {
            match *trouble.borrow_and_update() {
                Trouble::None | Trouble::Unheard => return Ok(()),
                Trouble::Fails => return Err(StoreError::Unavailable(sqlx::Error::PoolTimedOut)),
                Trouble::Hangs => {}
            }
            trouble.changed().await.expect("self holds the sender");
        }
    }
}

/// The store and its switches.
pub(crate) struct TroubledStore {
    inner: SharedStore,
    /// What nodes read: changes, verifiers, deployments.
    pub(crate) reads: Switch,
    /// Batches of uses.
    pub(crate) usage: Switch,
    /// The newest place of the audit log.
    pub(crate) heads: Switch,
}

impl TroubledStore {
    /// No trouble yet.
    pub(crate) fn new(inner: SharedStore) -> Arc<TroubledStore> {
        let (reads, usage, heads) = (Switch::new(), Switch::new(), Switch::new());
        Arc::new(TroubledStore { inner, reads, usage, heads })
    }
}

impl Store for TroubledStore {}

#[async_trait]
impl Follow for TroubledStore {
    async fn changes_after(&self, revision: u64, limit: u32) -> Result<Vec<Change>> {
        self.reads.pass().await?;
        self.inner.changes_after(revision, limit).await
    }
    async fn verifiers(&self, after: Option<KeyId>, limit: u32, at: &Head) -> Result<Vec<Verifier>> {
        self.reads.pass().await?;
        self.inner.verifiers(after, limit, at).await
    }
    async fn verifiers_of(&self, ids: &[KeyId], at: &Head) -> Result<Vec<Verifier>> {
        self.reads.pass().await?;
        self.inner.verifiers_of(ids, at).await
    }
    async fn live_versions(&self) -> Result<Vec<(ProjectId, u32)>> {
        self.reads.pass().await?;
        self.inner.live_versions().await
    }
    fn changes(&self) -> &Arc<Changes> {
        self.inner.changes()
    }
}

#[async_trait]
impl Nodes for TroubledStore {
    async fn confirm(&self, awaited: &Awaited) -> Receipt {
        self.inner.confirm(awaited).await
    }
    async fn write_receipts(&self) -> Result<()> {
        self.inner.write_receipts().await
    }
    async fn recover_receipts(&self, now: Timestamp) -> Result<()> {
        self.inner.recover_receipts(now).await
    }
    async fn newest_change(&self) -> Result<Awaited> {
        self.inner.newest_change().await
    }
    async fn nodes(&self) -> Result<Vec<Node>> {
        self.inner.nodes().await
    }
    async fn forget_node(&self, by: &By, id: NodeId) -> Result<Written<()>> {
        self.inner.forget_node(by, id).await
    }
    async fn accept_history(&self, by: &By, head: &Head) -> Result<Written<()>> {
        self.inner.accept_history(by, head).await
    }
    async fn settle_usage(&self, need: Need) -> std::result::Result<(), Unsettled> {
        self.inner.settle_usage(need).await
    }
    fn ledger(&self) -> Option<&dyn Ledger> {
        self.inner.ledger()
    }
    async fn listen(&self) {
        self.inner.listen().await;
    }
}

#[async_trait]
impl Usage for TroubledStore {
    async fn record_usage(&self, batch: &[KeyUsage], now: Timestamp) -> Result<()> {
        self.usage.pass().await?;
        self.inner.record_usage(batch, now).await
    }
    async fn record_batch(&self, id: BatchId, batch: &[KeyUsage], now: Timestamp, need: Need) -> Result<()> {
        self.usage.pass().await?;
        self.inner.record_batch(id, batch, now, need).await?;
        self.usage.hear()
    }
    async fn end_batches(&self, node: NodeId) -> Result<()> {
        self.inner.end_batches(node).await
    }
}

#[async_trait]
impl Rules for TroubledStore {
    async fn put_rules(&self, by: &By, project: ProjectId, rules: &[Rule]) -> Result<Written<Page<Rule>>> {
        self.inner.put_rules(by, project, rules).await
    }
    async fn rules(&self, project: ProjectId, query: &PageQuery) -> Result<Page<Rule>> {
        self.inner.rules(project, query).await
    }
    async fn deploy(&self, by: &By, project: ProjectId, strict: bool) -> Result<Written<NewDeployment>> {
        self.inner.deploy(by, project, strict).await
    }
    async fn deployments(&self, project: ProjectId, query: &PageQuery) -> Result<Page<Deployment>> {
        self.reads.pass().await?;
        self.inner.deployments(project, query).await
    }
    async fn deployed(&self, project: ProjectId, version: u32) -> Result<Deployed> {
        self.reads.pass().await?;
        self.inner.deployed(project, version).await
    }
}

#[async_trait]
impl Projects for TroubledStore {
    async fn create_project(&self, by: &By, name: &str) -> Result<Written<Project>> {
        self.inner.create_project(by, name).await
    }
    async fn rename_project(&self, by: &By, id: ProjectId, name: &str) -> Result<Written<Project>> {
        self.inner.rename_project(by, id, name).await
    }
    async fn archive_project(&self, by: &By, id: ProjectId, revoke_keys: bool) -> Result<Written<()>> {
        self.inner.archive_project(by, id, revoke_keys).await
    }
    async fn project(&self, id: ProjectId, now: Timestamp) -> Result<Project> {
        self.inner.project(id, now).await
    }
    async fn projects(&self, query: &ProjectQuery, now: Timestamp) -> Result<Page<Project>> {
        self.inner.projects(query, now).await
    }
}

#[async_trait]
impl Reviews for TroubledStore {
    async fn start_review(&self, by: &By, new: &NewReview) -> Result<Written<Review>> {
        self.inner.start_review(by, new).await
    }
    async fn reviews(&self, query: &PageQuery) -> Result<Page<Review>> {
        self.inner.reviews(query).await
    }
    async fn review(&self, id: ReviewId) -> Result<Review> {
        self.inner.review(id).await
    }
    async fn edit_review(&self, by: &By, id: ReviewId, edit: &ReviewEdit) -> Result<Written<Review>> {
        self.inner.edit_review(by, id, edit).await
    }
    async fn review_items(
        &self,
        id: ReviewId,
        query: &ItemQuery,
        asker: &str,
        now: Timestamp,
    ) -> Result<Page<ReviewItem>> {
        self.inner.review_items(id, query, asker, now).await
    }
    async fn decide(
        &self,
        by: &By,
        id: ReviewId,
        key: KeyId,
        decide: Option<&Decide>,
        version: Option<u64>,
    ) -> Result<Written<ReviewItem>> {
        self.inner.decide(by, id, key, decide, version).await
    }
    async fn execute_review(&self, by: &By, id: ReviewId, execute: &Execute) -> Result<Written<Executed>> {
        self.inner.execute_review(by, id, execute).await
    }
}

#[async_trait]
impl Rotations for TroubledStore {
    async fn start_rotation(
        &self,
        by: &By,
        id: KeyId,
        quiet_seconds: Option<u32>,
    ) -> Result<Written<Rotation>> {
        self.inner.start_rotation(by, id, quiet_seconds).await
    }
    async fn cancel_rotation(&self, by: &By, id: KeyId) -> Result<Written<Rotation>> {
        self.inner.cancel_rotation(by, id).await
    }
    async fn rotation(&self, id: KeyId, now: Timestamp) -> Result<Rotation> {
        self.inner.rotation(id, now).await
    }
}

#[async_trait]
impl Reports for TroubledStore {
    async fn report_state(&self, new: &NewReport, now: Timestamp) -> Result<Box<dyn ReportState>> {
        self.inner.report_state(new, now).await
    }
    async fn append_report(&self, by: &By, detail: serde_json::Value) -> Result<Written<()>> {
        self.inner.append_report(by, detail).await
    }
    async fn sign_review(&self, by: &By, id: ReviewId, sign: &Sign) -> Result<Written<Review>> {
        self.inner.sign_review(by, id, sign).await
    }
}

#[async_trait]
impl Keys for TroubledStore {
    async fn create_key(
        &self,
        by: &By,
        project: ProjectId,
        key: &NewKeyRecord,
        plan: Plan,
    ) -> Result<Written<Key>> {
        self.inner.create_key(by, project, key, plan).await
    }
    async fn edit_key(&self, by: &By, id: KeyId, edit: &KeyEdit) -> Result<Written<Key>> {
        self.inner.edit_key(by, id, edit).await
    }
    async fn pause_key(&self, by: &By, id: KeyId, reason: Option<&str>) -> Result<Written<Key>> {
        self.inner.pause_key(by, id, reason).await
    }
    async fn resume_key(&self, by: &By, id: KeyId) -> Result<Written<Key>> {
        self.inner.resume_key(by, id).await
    }
    async fn finding_counts(&self, now: Timestamp) -> Result<FindingCounts> {
        self.inner.finding_counts(now).await
    }
    async fn revoke_key(&self, by: &By, id: KeyId, reason: Option<&str>) -> Result<Written<Key>> {
        self.inner.revoke_key(by, id, reason).await
    }
    async fn rotate_key(
        &self,
        by: &By,
        id: KeyId,
        name: Option<&str>,
        hint: MaskedKey,
        hash: &Hash,
        plan: Plan,
    ) -> Result<Written<Key>> {
        self.inner.rotate_key(by, id, name, hint, hash, plan).await
    }
    async fn revoke_keys(&self, by: &By, ids: &[KeyId], how: &BulkRevoke) -> Result<Written<Vec<Outcome>>> {
        self.inner.revoke_keys(by, ids, how).await
    }
    async fn key(&self, id: KeyId, now: Timestamp, acknowledged: u64) -> Result<Key> {
        self.inner.key(id, now, acknowledged).await
    }
    async fn keys(&self, query: &KeyQuery, now: Timestamp, acknowledged: u64) -> Result<Page<Key>> {
        self.inner.keys(query, now, acknowledged).await
    }
    async fn key_groups(&self, query: &KeyGroupQuery, now: Timestamp) -> Result<KeyGroups> {
        self.inner.key_groups(query, now).await
    }
    async fn key_counts(&self, now: Timestamp) -> Result<KeyCounts> {
        self.inner.key_counts(now).await
    }
    async fn key_usage(&self, id: KeyId, days: u32, now: Timestamp) -> Result<Vec<UsageDay>> {
        self.inner.key_usage(id, days, now).await
    }
    async fn key_callers(&self, id: KeyId) -> Result<Vec<Caller>> {
        self.inner.key_callers(id).await
    }
}

#[async_trait]
impl Audit for TroubledStore {
    async fn audit_head(&self) -> Result<Head> {
        self.heads.pass().await?;
        self.inner.audit_head().await
    }
    async fn audit_events(&self, query: &EventQuery, now: Timestamp) -> Result<Page<Event>> {
        self.inner.audit_events(query, now).await
    }
    async fn audit_events_after(&self, after: u64, limit: u32) -> Result<Vec<Event>> {
        self.inner.audit_events_after(after, limit).await
    }
    async fn audit_chain(&self, after: u64, limit: u32) -> Result<Vec<(String, String)>> {
        self.inner.audit_chain(after, limit).await
    }
}

#[async_trait]
impl Idempotency for TroubledStore {
    async fn close_idempotency_key(
        &self,
        by: &By,
        scope: &str,
        key: &str,
    ) -> Result<Written<Option<CreatedWith>>> {
        self.inner.close_idempotency_key(by, scope, key).await
    }
}

#[async_trait]
impl Tokens for TroubledStore {
    async fn create_token(
        &self,
        by: &By,
        name: &str,
        role: Role,
        hint: MaskedKey,
        hash: &Hash,
    ) -> Result<Written<Token>> {
        self.inner.create_token(by, name, role, hint, hash).await
    }
    async fn revoke_token(&self, by: &By, id: TokenId) -> Result<Written<Token>> {
        self.inner.revoke_token(by, id).await
    }
    async fn tokens(&self, query: &PageQuery) -> Result<Page<Token>> {
        self.inner.tokens(query).await
    }
    async fn tokens_by_handle(&self, handle: &str) -> Result<Vec<TokenRecord>> {
        self.inner.tokens_by_handle(handle).await
    }
    async fn has_tokens(&self) -> Result<bool> {
        self.inner.has_tokens().await
    }
}

//! A dashboard on a desk: fixed data, a fixed clock, and a world that answers its requests from memory, so
//! that the whole of it is tested by comparing values and reading screens.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use keydeck::colour::Colour;
use keydeck::secret::{Kind, MaskedKey, Secret};
use keydeck::tui::model::list::Row;
use keydeck::tui::model::{
    ChangeBatch, Context, Contexts, Effect, Event, Failure, FailureKind, KeyCode, KeyPress, Keymap,
    PackCreated, Pasted, Place, Related, Reply, Request, RequestId, Setup, State, Themes, VerifiedPack,
    update,
};
use keydeck::tui::view::{Theme, draw};
use keydeck::wire::audit::{Action, Event as AuditEvent, GENESIS, Head};
use keydeck::wire::filter::{EventFilter, Filter, Names};
use keydeck::wire::findings::FindingCounts;
use keydeck::wire::id::{EventId, KeyId, NodeId, ProjectId};
use keydeck::wire::key_groups::{KeyGroupQuery, KeyGroups};
use keydeck::wire::keys::{BULK_MAX, Caller, CreatedKey, Key, KeyQuery, Mode, Outcome, Receipt, RevokeKeys};
use keydeck::wire::keys::{
    KeyReceipt, RevokeResult, RevokedKeys, Slowest, SortBy, Status, StatusQuery, UsageDay,
};
use keydeck::wire::nodes::Node as FleetNode;
use keydeck::wire::page::{EXACT_TOTAL, Page};
use keydeck::wire::problem::Code;
use keydeck::wire::projects::{KeyCounts, Project, ProjectSort};
use keydeck::wire::rotations::{Rotation, RotationState};
use keydeck::wire::session::{Node, Plan, Session, Thresholds};
use keydeck::wire::time::Timestamp;
use keydeck::wire::tokens::Role;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use super::reviews::Reviews;

/// A whole key with a right checksum.
pub(crate) const WHOLE_KEY: &str = "redir_live_7kf2Q9w3ErTy5UiOp1AsDf8GhJ2I1YZq";
/// 2026-11-23T17:04:05Z.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_795_453_445_000);

const DAY: u64 = 86_400;

pub(crate) fn ago(seconds: u64) -> Timestamp {
    NOW - Duration::from_secs(seconds)
}

pub(crate) fn project(number: u128, name: &str) -> Project {
    Project {
        id: ProjectId::from_number(number),
        name: name.into(),
        created_at: ago(400 * DAY),
        keys: KeyCounts { active: 4, paused: 0, revoked: 1, stale: 2 },
        last_used_at: Some(ago(5)),
        live_version: Some(3),
        rules: 1200,
    }
}

pub(crate) fn key(number: u128, name: &str, project: &Project, last_used: Option<u64>) -> Key {
    let handle = format!("{:04}", number % 10_000);
    Key {
        id: KeyId::from_number(number),
        project_id: project.id,
        project_name: project.name.as_str().into(),
        name: name.into(),
        mode: Mode::Live,
        hint: MaskedKey::new(Kind::Live, &handle, "x9m1").expect("eight letters and digits"),
        status: Status::Active,
        created_at: ago(200 * DAY + number as u64),
        created_by: "local:ann".into(),
        last_used_at: last_used.map(ago),
        last_used_from: last_used.map(|_| "203.0.113.7".into()),
        owner: None,
        last_used_precision: std::num::NonZeroU32::new(5),
        confirmed: true,
        requests30d: last_used.map_or(0, |_| 12_345),
        daily: None,
        findings: Box::default(),
        extra: keydeck::wire::keys::Extra::default(),
    }
}

/// More requests every day for 30 days, and one today that was refused.
fn usage() -> Vec<UsageDay> {
    let date = |day: u64| ago((29 - day) * DAY).utc().format("%Y-%m-%d").to_string();
    let of = |day: u64| UsageDay { date: date(day), allowed: day * 10, limited: 0, refused: day / 29 };
    (0..30).map(of).collect()
}

/// What a server would know.
pub(crate) struct World {
    pub(crate) projects: Vec<Project>,
    pub(crate) keys: Vec<Key>,
    pub(crate) events: Vec<AuditEvent>,
    pub(crate) role: Role,
    /// What is wrong with each pack that is created.
    pub(crate) pack_fault: Option<String>,
    pub(crate) down: Option<Failure>,
    /// How many addresses have used each key.
    pub(crate) callers: u8,
    /// How many requests of each were allowed, and how many refused.
    pub(crate) requests: (u64, u64),
    /// How many revoked and paused keys are still tried.
    pub(crate) still_tried: u64,
    /// How each key was used, by day.
    pub(crate) usage: Vec<UsageDay>,
    /// The guided rotation that is under way.
    pub(crate) rotation: Option<Rotation>,
    /// The nodes that serve the Edge API.
    pub(crate) nodes: Vec<Node>,
    /// The same as the view of nodes has them.
    pub(crate) fleet: Vec<FleetNode>,
    /// The access reviews.
    pub(crate) reviews: Reviews,
}

impl World {
    pub(crate) fn empty() -> World {
        World {
            projects: vec![],
            keys: vec![],
            events: vec![],
            role: Role::Admin,
            pack_fault: None,
            down: None,
            callers: 1,
            requests: (12_345, 0),
            still_tried: 0,
            usage: usage(),
            rotation: None,
            reviews: Reviews::default(),
            fleet: vec![node(1, "here")],
            nodes: vec![Node { name: "here".into(), edge: None, revision: 17, live: true }],
        }
    }

    /// Two projects and a key in each condition.
    pub(crate) fn small() -> World {
        let (shop, blog) = (project(1, "shop"), project(2, "blog"));
        let mut keys = vec![
            key(1, "web", &shop, Some(5)),
            key(2, "mobile", &shop, Some(40 * DAY)),
            key(3, "old-batch", &shop, Some(120 * DAY)),
            key(4, "forgotten", &blog, None),
            key(5, "leaked", &blog, Some(3 * 3600)),
            key(6, "new-ci", &blog, None),
        ];
        keys[4].status = Status::Revoked;
        keys[4].revoked_at = Some(ago(2 * 3600));
        keys[4].revoked_by = Some("local:ben".into());
        keys[4].revoke_reason = Some("was in a public repository".into());
        keys[4].refused_since_revoked = 17;
        keys[4].last_refused_at = Some(ago(60));
        keys[5].created_at = ago(3 * DAY);
        keys[5].mode = Mode::Test;
        let events = (1..=3).map(|seq| event(seq, shop.id, keys[0].id)).collect();
        World { projects: vec![blog, shop], keys, events, ..World::empty() }
    }

    /// So many keys in one project.
    pub(crate) fn large(count: u128) -> World {
        let shop = project(1, "shop");
        let keys = (0..count)
            .map(|at| key(at + 1, &format!("s-{at:06}"), &shop, Some(at as u64 * 7 % 9_000_000)))
            .collect();
        World { projects: vec![shop], keys, ..World::empty() }
    }

    pub(crate) fn session(&self) -> Session {
        Session {
            principal: "local:ann".into(),
            role: self.role,
            plan: Plan::Enterprise,
            limits: Plan::Enterprise.limits(),
            server_version: "0.1.0".into(),
            nodes: self.nodes.clone(),
            thresholds: Thresholds::default(),
            audit_head: Head::genesis(),
            now: NOW,
        }
    }

    fn list(&self, query: &KeyQuery) -> Page<Key> {
        let filter = Filter::parse(&query.filter).expect("the dashboard sends what can be read");
        let status = query.status.unwrap_or_default();
        let mut found: Vec<&Key> = self
            .keys
            .iter()
            .filter(|key| query.project.is_none_or(|project| key.project_id == project))
            .filter(|key| match status {
                StatusQuery::All => true,
                StatusQuery::Active => key.status == Status::Active,
                StatusQuery::Revoked => key.status == Status::Revoked,
            })
            .filter(|key| filter.is_empty() || filter.matches(key, NOW))
            .collect();
        let sort = query.sort.unwrap_or_default();
        found.sort_by(|a, b| a.order(b, sort));
        let mut page = cut(&found, query.cursor.as_deref(), query.limit);
        if query.daily {
            page.items.iter_mut().for_each(|key| key.daily = Some(self.daily(key)));
        }
        page
    }

    /// As the usage, of keys that were used in these days.
    fn daily(&self, key: &Key) -> Arc<Vec<u64>> {
        let used = key.last_used_at.is_some_and(|at| at > ago(30 * DAY));
        let usage = self.usage.iter().rev().take(30).rev();
        Arc::new(usage.map(|day| if used { day.allowed } else { 0 }).collect())
    }

    fn groups(&self, query: &KeyGroupQuery) -> KeyGroups {
        let KeyGroupQuery { by, filter, project, status, .. } = query.clone();
        let all = Some(u32::MAX);
        let listed = self.list(&KeyQuery { filter, project, status, limit: all, ..KeyQuery::default() });
        KeyGroups::of(&listed.items, by, NOW.into())
    }

    /// A guided rotation as it begins.
    fn started(&self, id: KeyId) -> Rotation {
        let replacement = self.keys.iter().find(|key| key.rotated_from == Some(id));
        Rotation {
            key: id,
            state: RotationState::Pending,
            replacement: replacement.map(|key| key.id),
            replacement_name: replacement.map(|key| key.name.clone()),
            replacement_used_at: None,
            quiet_since: Some(NOW),
            quiet_until: Some(NOW + Duration::from_hours(24)),
            quiet_seconds: 86_400,
            callers: vec![Caller {
                address: "203.0.113.7".into(),
                first_at: ago(30 * DAY),
                last_at: ago(5),
                allowed: 12_345,
                refused: 0,
            }],
            started_at: NOW,
            started_by: "local:ann".into(),
            ended_at: None,
            ended_by: None,
        }
    }

    fn revoke_many(&mut self, body: &RevokeKeys) -> RevokedKeys {
        assert!(body.ids.len() <= BULK_MAX, "the server takes no more at once");
        let by_id: HashMap<KeyId, usize> =
            self.keys.iter().enumerate().map(|(at, key)| (key.id, at)).collect();
        let mut judge = |id: &KeyId| {
            let Some(key) = by_id.get(id).map(|at| &mut self.keys[*at]) else { return Outcome::NotFound };
            if key.status == Status::Revoked {
                return Outcome::Already;
            }
            if body.unused_since.is_some_and(|since| key.last_used_at.is_some_and(|used| used > since)) {
                return Outcome::UsedSince;
            }
            (key.status, key.revoked_at) = (Status::Revoked, Some(NOW));
            key.revoke_reason = body.reason.clone().map(Into::into);
            Outcome::Revoked
        };
        let results: Vec<RevokeResult> =
            body.ids.iter().map(|id| RevokeResult { id: *id, outcome: judge(id) }).collect();
        let any = results.iter().any(|result| result.outcome == Outcome::Revoked);
        RevokedKeys { results, receipt: any.then(receipt) }
    }

    pub(crate) fn answer(&mut self, request: &Request) -> Result<Reply, Failure> {
        if let Some(down) = &self.down {
            return Err(down.clone());
        }
        if let Some(answer) = self.reviews.answer(request, &mut self.keys) {
            return answer;
        }
        Ok(match request {
            Request::Session => Reply::Session(self.session()),
            Request::Projects { query, etag } => {
                let mut projects = self.projects.clone();
                if let Some(ProjectSort(sort)) = query.sort {
                    projects.sort_by_key(|project| match sort.by {
                        SortBy::Created => project.created_at.millis() as u64,
                        SortBy::Keys => project.keys.active,
                        _ => project.last_used_at.map_or(0, |at| at.millis() as u64),
                    });
                    if sort.descending {
                        projects.reverse();
                    }
                }
                unless(etag.as_ref(), Page::whole(projects), |page, etag| Reply::Projects { page, etag })
            }
            Request::CreateProject { name } => {
                let mut made = project(self.projects.len() as u128 + 100, name);
                made.keys = KeyCounts::default();
                self.projects.push(made.clone());
                Reply::Project(made)
            }
            Request::RenameProject { id, name } => {
                let found = self.projects.iter_mut().find(|project| project.id == *id).expect("it is there");
                found.name.clone_from(name);
                Reply::Project(found.clone())
            }
            Request::Keys { query, etag } => {
                let page = self.list(query);
                unless(etag.as_ref(), page, |page, etag| Reply::Keys { page, etag })
            }
            Request::KeyGroups(query) => Reply::KeyGroups(self.groups(query)),
            Request::Key(id) => {
                Reply::Key(self.keys.iter().find(|key| key.id == *id).expect("it is there").clone())
            }
            Request::CreateKey { project, key: wanted } => {
                let project = self.projects.iter().find(|known| known.id == *project).expect("it is there");
                let mut made = key(self.keys.len() as u128 + 1000, &wanted.name, project, None);
                let secret = Secret::parse(WHOLE_KEY).expect("a right checksum");
                (made.mode, made.created_at, made.hint) = (wanted.mode, NOW, secret.hint());
                made.owner = wanted.owner.clone().map(Into::into);
                made.purpose = wanted.purpose.clone().map(Into::into);
                self.keys.push(made.clone());
                Reply::KeyMade { created: CreatedKey { key: made, secret }, notice: None }
            }
            Request::Project(id) => {
                let known = self.projects.iter().find(|project| project.id == *id).cloned();
                let Some(mut found) = known else {
                    return Err(failure(FailureKind::NotFound, "no such project"));
                };
                let active = |key: &&Key| key.project_id == *id && key.status == Status::Active;
                found.keys.active = self.keys.iter().filter(active).count() as u64;
                Reply::Project(found)
            }
            Request::DeleteProject { id, revoke_keys } => {
                let of_it = |key: &&mut Key| key.project_id == *id && key.status == Status::Active;
                if !revoke_keys && self.keys.iter_mut().filter(of_it).count() > 0 {
                    let text = "the project has active keys";
                    let code = Some(Code::ProjectHasActiveKeys);
                    return Err(Failure { code, ..failure(FailureKind::Conflict, text) });
                }
                self.keys.iter_mut().filter(of_it).for_each(|key| key.status = Status::Revoked);
                self.projects.retain(|project| project.id != *id);
                Reply::ProjectDeleted(*id, Some(receipt()))
            }
            Request::RotateKey { id, name } => {
                let old = self.keys.iter().find(|key| key.id == *id).expect("it is there").clone();
                let mut made = old.clone();
                let secret = Secret::parse(WHOLE_KEY).expect("a right checksum");
                made.id = KeyId::from_number(self.keys.len() as u128 + 1000);
                made.name = name.clone().unwrap_or_else(|| format!("{}-2", old.name));
                (made.created_at, made.hint, made.rotated_from) = (NOW, secret.hint(), Some(*id));
                (made.last_used_at, made.last_used_from, made.requests30d) = (None, None, 0);
                self.keys.push(made.clone());
                Reply::KeyMade { created: CreatedKey { key: made, secret }, notice: None }
            }
            Request::EditKey { id, edit } => {
                let found = self.keys.iter_mut().find(|key| key.id == *id).expect("it is there");
                edit.name.iter().for_each(|name| found.name.clone_from(name));
                edit.owner.iter().for_each(|owner| found.owner = owner.clone().map(Into::into));
                edit.purpose.iter().for_each(|purpose| found.purpose = purpose.clone().map(Into::into));
                Reply::Key(found.clone())
            }
            Request::PauseKey { id, reason } => {
                let found = self.keys.iter_mut().find(|key| key.id == *id).expect("it is there");
                (found.status, found.paused_at) = (Status::Paused, Some(NOW));
                found.pause_reason = reason.clone().map(Into::into);
                Reply::Paused(KeyReceipt { key: found.clone(), receipt: receipt() })
            }
            Request::ResumeKey(id) => {
                let found = self.keys.iter_mut().find(|key| key.id == *id).expect("it is there");
                (found.status, found.paused_at, found.pause_reason) = (Status::Active, None, None);
                Reply::Resumed(KeyReceipt { key: found.clone(), receipt: receipt() })
            }
            Request::Rotation(id) => {
                Reply::Rotation(self.rotation.clone().filter(|known| known.key == *id).map(Box::new))
            }
            Request::Related(to) => {
                let live = |key: &&Key| key.rotated_from == Some(to.id) && key.status != Status::Revoked;
                Reply::Related(Box::new(Related {
                    replaces: self.keys.iter().find(|key| Some(key.id) == to.rotated_from).cloned(),
                    replacement: self.keys.iter().rev().find(live).cloned(),
                }))
            }
            Request::StartRotation(id) => {
                let started = self.started(*id);
                Reply::Rotation(Some(Box::new(self.rotation.insert(started).clone())))
            }
            Request::CancelRotation(_) => {
                let rotation = self.rotation.as_mut().expect("it was started");
                (rotation.state, rotation.ended_by) = (RotationState::Cancelled, Some("local:ann".into()));
                Reply::Rotation(Some(Box::new(rotation.clone())))
            }
            Request::Findings => Reply::Findings(FindingCounts {
                counts: [("refused".to_owned(), self.still_tried)].into(),
                keys: self.still_tried,
            }),
            Request::RevokeKey { id, reason } => {
                let found = self.keys.iter_mut().find(|key| key.id == *id).expect("it is there");
                found.status = Status::Revoked;
                found.revoked_at = Some(NOW);
                found.revoke_reason = reason.clone().map(Into::into);
                Reply::Revoked(KeyReceipt { key: found.clone(), receipt: receipt() })
            }
            Request::RevokeKeys(body) => Reply::KeysRevoked(self.revoke_many(body)),
            Request::Usage { .. } => Reply::Usage(self.usage.clone()),
            Request::Callers(_) => Reply::Callers(
                (0..self.callers)
                    .map(|at| Caller {
                        address: format!("203.0.113.{}", 7 + at),
                        first_at: ago(30 * DAY),
                        last_at: ago(5 + u64::from(at) * 60),
                        allowed: self.requests.0,
                        refused: self.requests.1,
                    })
                    .collect(),
            ),
            Request::AuditEvents { query, etag } => {
                let filter = EventFilter::parse(&query.filter).expect("the dashboard sends what can be read");
                let mut names = Names::default();
                self.keys.iter().for_each(|key| names.key(key.id, &key.name));
                self.projects.iter().for_each(|project| names.project(project.id, &project.name));
                let newest_first: Vec<&AuditEvent> = self
                    .events
                    .iter()
                    .rev()
                    .filter(|event| query.key.is_none() || event.key == query.key)
                    .filter(|event| filter.matches(event, &names, NOW))
                    .collect();
                let page = cut(&newest_first, query.cursor.as_deref(), query.limit);
                unless(etag.as_ref(), page, |page, etag| Reply::AuditEvents { page, etag })
            }
            Request::FindKey { handle, last4 } => Reply::Found(
                self.keys
                    .iter()
                    .filter(|key| key.hint.handle() == handle && key.hint.last4() == last4)
                    .cloned()
                    .collect(),
            ),
            Request::Nodes => Reply::Nodes(self.fleet.clone()),
            Request::ForgetNode { id, .. } => {
                self.fleet.retain(|node| node.id != *id);
                Reply::NodeForgotten
            }
            Request::CreatePack { .. } => Reply::PackCreated(Box::new(PackCreated {
                path: "/work/q4.tar.gz".into(),
                verified: self.pack_fault.clone().map_or_else(
                    || {
                        let head = format!("18:{}", "ab".repeat(32)).parse().expect("a head");
                        Ok(VerifiedPack { head, keys: 6, in_scope: 5 })
                    },
                    Err,
                ),
            })),
            request => unreachable!("the reviews answer {request:?}"),
        })
    }
}

/// The page with its tag, unless that tag is the known one.
pub(super) fn unless<T: std::fmt::Debug>(
    known: Option<&String>,
    page: Page<T>,
    reply: impl FnOnce(Page<T>, Option<String>) -> Reply,
) -> Reply {
    let tag = format!("{:?}", page.items);
    if known == Some(&tag) { Reply::NotModified } else { reply(page, Some(tag)) }
}

/// A page of a list; its cursor is a number of rows.
pub(super) fn cut<T: Clone>(all: &[&T], cursor: Option<&str>, limit: Option<u32>) -> Page<T> {
    let from: usize = cursor.map_or(0, |cursor| cursor.parse().expect("a cursor of ours"));
    let end = (from + limit.unwrap_or(100) as usize).min(all.len());
    Page {
        total: (all.len() as u64).min(EXACT_TOTAL),
        more: all.len() as u64 > EXACT_TOTAL,
        items: all[from..end].iter().map(|row| (*row).clone()).collect(),
        next: (end < all.len()).then(|| end.to_string()),
    }
}

/// A node that has applied all changes.
pub(crate) fn node(number: u128, name: &str) -> FleetNode {
    FleetNode {
        id: NodeId::from_number(number),
        name: name.into(),
        region: Some("eu".into()),
        version: "0.1.0".into(),
        address: Some(format!("http://127.0.0.1:770{number}")),
        started_at: ago(3 * 3600),
        seen_at: ago(1),
        lease_until: Some(NOW + Duration::from_secs(8)),
        live: true,
        forgotten: false,
        revision: 17,
        lag: 0,
        requests_per_second: 12.5,
    }
}

pub(crate) fn event(seq: u64, project: ProjectId, key: KeyId) -> AuditEvent {
    AuditEvent {
        seq,
        id: EventId::from_number(u128::from(seq)),
        at: ago(seq * 3600),
        actor: "local:ann".into(),
        action: if seq == 1 { Action::ProjectCreated } else { Action::KeyCreated },
        project: Some(project),
        key: (seq > 1).then_some(key),
        detail: serde_json::json!({ "name": if seq == 1 { "shop" } else { "web" } }),
        previous_hash: GENESIS.into(),
        hash: String::new(),
        receipt: None,
    }
    .sealed()
}

pub(crate) fn receipt() -> Receipt {
    let slowest = Some(Slowest { node: "here".into(), ms: 3 });
    Receipt { revision: 17, confirmed_by: 1, nodes: 1, slowest, expired: vec![] }
}

pub(crate) fn failure(kind: FailureKind, text: &str) -> Failure {
    Failure { kind, text: text.into(), code: None::<Code> }
}

/// What a dashboard of this size is told at its start.
pub(crate) fn setup(size: (u16, u16)) -> Setup {
    Setup {
        context: "local".into(),
        prod: false,
        read_only: false,
        copy_new_key: true,
        zone: keydeck::wire::zone::Zone::fixed(3600),
        demo: false,
        folder: String::new(),
        now: NOW,
        size,
        keymap: Keymap::default(),
        contexts: contexts(),
        mouse: false,
        themes: themes(),
        columns: String::new(),
        filters: String::new(),
    }
}

/// All themes, of which the default one is configured.
pub(crate) fn themes() -> Themes {
    let names = Theme::ALL.map(|(name, _)| name).to_vec();
    Themes { names, current: "default".into(), ..Themes::default() }
}

fn context(name: &str, place: &str) -> Context {
    Context {
        name: name.into(),
        title: if name == "default" { "local".into() } else { name.into() },
        place: place.into(),
        colour: None,
        prod: false,
        read_only: false,
    }
}

/// The embedded server, a production that is locked, and a staging.
pub(crate) fn contexts() -> Contexts {
    let prod = Context {
        colour: Some(Colour::Magenta),
        prod: true,
        read_only: true,
        ..context("shop", "https://keys.example.com")
    };
    let all =
        vec![context("default", "local database"), prod, context("staging", "https://staging.example.com")];
    Contexts { all, at: 0 }
}

/// A dashboard, its world, and everything it wanted done outside.
pub(crate) struct Desk {
    pub(crate) state: State,
    pub(crate) world: World,
    pub(crate) now: Timestamp,
    /// Requests that were asked and not answered.
    pub(crate) open: Vec<(RequestId, Request)>,
    /// All requests so far.
    pub(crate) asked: Vec<Request>,
    /// All other effects so far.
    pub(crate) effects: Vec<Effect>,
    started: Setup,
    /// The world as the stream of events told it last; none while there is no stream.
    told: Option<(Vec<Project>, Vec<Key>, Vec<AuditEvent>)>,
    /// Something between the two cuts streams off.
    no_streams: bool,
}

impl Desk {
    /// What it was started with, for another one.
    pub(crate) fn setup(&self) -> Setup {
        self.started.clone()
    }

    /// Before anything happened.
    pub(crate) fn cold(world: World, size: (u16, u16)) -> Desk {
        Desk::with(world, setup(size))
    }

    pub(crate) fn with(world: World, setup: Setup) -> Desk {
        let (state, started) = (State::new(setup.clone()), setup);
        let mut desk = Desk {
            state,
            world,
            now: NOW,
            open: vec![],
            asked: vec![],
            effects: vec![],
            started,
            told: None,
            no_streams: false,
        };
        desk.happen(Event::Started);
        desk
    }

    /// Connected, with the first rows on the screen.
    pub(crate) fn new(world: World, size: (u16, u16)) -> Desk {
        let mut desk = Desk::cold(world, size);
        desk.connect();
        desk
    }

    /// The same where a proxy cuts streams of events: the page is asked for again and again.
    pub(crate) fn polling(world: World, size: (u16, u16)) -> Desk {
        let mut desk = Desk::cold(world, size);
        desk.no_streams = true;
        desk.connect();
        desk
    }

    /// The stream of events is cut off, or comes about again, as far as it can.
    pub(crate) fn stream(&mut self, open: bool) {
        self.told = (open && !self.no_streams && self.world.down.is_none())
            .then(|| (self.world.projects.clone(), self.world.keys.clone(), self.world.events.clone()));
        let news = if self.told.is_some() { ChangeBatch::opened() } else { ChangeBatch::lost() };
        self.happen(Event::Changes(Box::new(news)));
    }

    /// Tells what is new in the world, as a server does.
    pub(crate) fn tell(&mut self) {
        if self.told.is_some() && self.world.down.is_some() {
            self.stream(false);
        }
        let Some((projects, keys, events)) = &mut self.told else { return };
        let world = &self.world;
        if (&world.projects, &world.keys, &world.events) == (projects, keys, events) {
            return;
        }
        let mut news = ChangeBatch::default();
        let known: HashMap<KeyId, &Key> = keys.iter().map(|key| (key.id, key)).collect();
        for key in world.keys.iter().filter(|key| known.get(&key.id) != Some(key)) {
            if !known.contains_key(&key.id) {
                news.made.insert(key.id);
            }
            news.keys.insert(key.id, key.clone());
        }
        for project in world.projects.iter().filter(|project| !projects.contains(project)) {
            news.projects.insert(project.id, Some(project.clone()));
        }
        news.events.extend(world.events.iter().filter(|event| !events.contains(event)).cloned());
        // An event comes with what it is about, changed or not.
        let about: BTreeSet<KeyId> = news.events.iter().filter_map(|event| event.key).collect();
        let keys_now = world.keys.iter().filter(|key| about.contains(&key.id));
        news.keys.extend(keys_now.map(|key| (key.id, key.clone())));
        news.changes = news.keys.len().max(news.events.len()) as u64;
        (*projects, *keys, *events) = (world.projects.clone(), world.keys.clone(), world.events.clone());
        self.happen(Event::Changes(Box::new(news)));
    }

    pub(crate) fn connect(&mut self) {
        let place = Place {
            server: "local database".into(),
            edge: Some("http://127.0.0.1:7475".into()),
            by_socket: false,
        };
        let session = self.world.session();
        self.happen(Event::Connected { session, place });
        self.answer();
    }

    pub(crate) fn happen(&mut self, event: Event) {
        let mut follows = false;
        for effect in update(&mut self.state, event) {
            match effect {
                Effect::Request(id, request) => {
                    self.asked.push(request.clone());
                    self.open.push((id, request));
                }
                Effect::Cancel(id) => self.open.retain(|(other, _)| *other != id),
                Effect::Follow(_) => follows = true,
                other => self.effects.push(other),
            }
        }
        if follows {
            self.stream(true);
        }
    }

    /// Answers what is asked, until nothing is.
    pub(crate) fn answer(&mut self) {
        while !self.open.is_empty() {
            let (id, request) = self.open.remove(0);
            let reply = self.world.answer(&request);
            self.happen(Event::Replied(id, reply));
        }
    }

    /// Lets time pass, and everything that is due in it happen and be answered.
    pub(crate) fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        self.tell();
        while let Some(due) = self.state.next_wake().filter(|due| *due <= end) {
            self.now = due.max(self.now);
            self.happen(Event::Tick(self.now));
            self.answer();
        }
        self.now = end;
        self.happen(Event::Tick(end));
        self.answer();
    }

    /// Presses a key without any answer coming.
    pub(crate) fn tap(&mut self, code: KeyCode) {
        self.happen(Event::Key(KeyPress::plain(code)));
    }

    /// Presses a key, answers what follows, and lets a human moment pass.
    pub(crate) fn press(&mut self, code: KeyCode) {
        self.tap(code);
        self.answer();
        self.wait(Duration::from_millis(400));
    }

    /// Types a text.
    pub(crate) fn keys(&mut self, text: &str) {
        text.chars().for_each(|c| self.press(KeyCode::Char(c)));
    }

    /// The key that was made last: it is the one that is shown.
    pub(crate) fn shown(&self) -> KeyId {
        self.world.keys.last().expect("a key was made").id
    }

    pub(crate) fn paste(&mut self, text: &str) {
        self.happen(Event::Paste(Pasted::new(text.into())));
        self.answer();
    }

    pub(crate) fn buffer(&self, size: (u16, u16)) -> (Buffer, (u16, u16)) {
        self.buffer_in(&Theme::DEFAULT, size)
    }

    /// The same in another theme.
    pub(crate) fn buffer_in(&self, theme: &Theme, size: (u16, u16)) -> (Buffer, (u16, u16)) {
        let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).expect("it is there");
        terminal.draw(|frame| draw(frame, frame.area(), &self.state, theme)).expect("it is there");
        let cursor = terminal.get_cursor_position().expect("it is there");
        (terminal.backend().buffer().clone(), (cursor.x, cursor.y))
    }

    /// The screen as text, without blanks at the ends of lines.
    pub(crate) fn screen(&self, size: (u16, u16)) -> String {
        let (buffer, _) = self.buffer(size);
        let lines: Vec<String> = (0..size.1)
            .map(|y| {
                let line: String = (0..size.0).map(|x| buffer[(x, y)].symbol()).collect();
                line.trim_end().to_owned()
            })
            .collect();
        lines.join("\n")
    }
}

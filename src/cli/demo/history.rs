//! The steps that lead to today, in the order of time.

use std::collections::HashMap;

use super::data::{KeyLine, PROJECTS, ProjectLine, TOKENS};
use super::dice::Dice;
use super::{Ids, archived, keyless, keys, life, then};
use crate::secret::Kind;
use crate::store::{By, NewKeyRecord, Result, SharedStore, StoreError};
use crate::wire::id::{ProjectId, TokenId};
use crate::wire::keys::Mode;
use crate::wire::rules::{Match, Rule};
use crate::wire::session::Plan;
use crate::wire::time::Timestamp;
use crate::wire::tokens::Role;

/// Something that was done. Numbers are places in the tables.
#[derive(Clone, Copy)]
enum Step {
    Token(usize),
    TokenRevoked(usize),
    Project(usize),
    /// The draft was replaced by so much of the rules: a part of so many.
    Rules(usize, usize),
    Deployed(usize),
    Archived(usize),
    Key(usize, usize),
    Renamed(usize, usize),
    Paused(usize, usize),
    Revoked(usize, usize),
}

/// Does all of it again, each step as of its time.
pub(super) async fn replay(store: &SharedStore, now: Timestamp) -> Result<Ids> {
    let mut world = World { store, projects: HashMap::new(), keys: Ids::new(), tokens: HashMap::new() };
    for (at, by, step) in steps(now) {
        world.take(&By::new(by, at), step).await?;
    }
    Ok(world.keys)
}

fn steps(now: Timestamp) -> Vec<(Timestamp, &'static str, Step)> {
    let mut steps = Vec::new();
    for (at, &(.., age, by, revoked)) in TOKENS.iter().enumerate() {
        steps.push((then(now, age, &mut Dice::of(&[4, at])), by, Step::Token(at)));
        if let Some(age) = revoked {
            steps.push((then(now, age, &mut Dice::of(&[5, at])), by, Step::TokenRevoked(at)));
        }
    }
    for (project, line) in PROJECTS.iter().enumerate() {
        let made = then(now, line.age, &mut Dice::of(&[project, 6]));
        steps.push((made, line.by, Step::Project(project)));
        for (part, &(age, by)) in line.deployed.iter().enumerate() {
            let deployed = then(now, age, &mut Dice::of(&[project, 7, part]));
            let minutes = 2 + Dice::of(&[project, 8, part]).below(40) as i64;
            let replaced = Timestamp::from_millis(deployed.millis() - minutes * 60_000);
            steps.push((replaced, by, Step::Rules(project, part)));
            steps.push((deployed, by, Step::Deployed(project)));
        }
        if let (Some(at), Some((_, by))) = (archived(now, project, line), line.archived) {
            steps.push((at, by, Step::Archived(project)));
        }
    }
    for (project, at, key) in keys() {
        let (made, _) = life(now, project, at);
        steps.push((made, key.by, Step::Key(project, at)));
        if let Some((_, age)) = key.was {
            steps.push((
                then(now, age, &mut Dice::of(&[project, at, 9])),
                key.by,
                Step::Renamed(project, at),
            ));
        }
        if let Some(pause) = key.pause {
            let paused = then(now, pause.age, &mut Dice::of(&[project, at, 13]));
            steps.push((paused, pause.by, Step::Paused(project, at)));
        }
        if let Some(end) = key.end {
            let revoked = then(now, end.age, &mut Dice::of(&[project, at, 2]));
            steps.push((revoked, end.by, Step::Revoked(project, at)));
        }
    }
    steps.sort_by_key(|(at, ..)| *at);
    steps
}

/// What there is so far.
struct World<'a> {
    store: &'a SharedStore,
    projects: HashMap<usize, ProjectId>,
    keys: Ids,
    tokens: HashMap<usize, TokenId>,
}

impl World<'_> {
    async fn take(&mut self, by: &By, step: Step) -> Result<()> {
        let store = self.store;
        match step {
            Step::Token(at) => {
                let (name, role, ..) = TOKENS[at];
                let (hint, hash) = keyless(Kind::Management, &mut Dice::of(&[10, at]));
                let made = store.create_token(by, name, role_of(role), hint, &hash).await?;
                self.tokens.insert(at, made.value.id);
            }
            Step::TokenRevoked(at) => {
                store.revoke_token(by, self.tokens[&at]).await?;
            }
            Step::Project(project) => {
                let made = store.create_project(by, PROJECTS[project].name).await?;
                self.projects.insert(project, made.value.id);
            }
            Step::Rules(project, part) => {
                let line = &PROJECTS[project];
                let rules = rules(line);
                let so_far = rules.len() * (part + 1) / line.deployed.len();
                store.put_rules(by, self.projects[&project], &rules[..so_far]).await?;
            }
            Step::Deployed(project) => {
                store.deploy(by, self.projects[&project], false).await?;
            }
            Step::Archived(project) => {
                store.archive_project(by, self.projects[&project], true).await?;
            }
            Step::Key(project, at) => self.make_key(by, project, at).await?,
            Step::Renamed(project, at) => {
                store.rename_key(by, self.keys[&(project, at)], PROJECTS[project].keys[at].name).await?;
            }
            Step::Paused(project, at) => {
                let reason = PROJECTS[project].keys[at].pause.map(|pause| pause.reason);
                store.pause_key(by, self.keys[&(project, at)], reason).await?;
            }
            Step::Revoked(project, at) => {
                let reason = PROJECTS[project].keys[at].end.map(|end| end.reason);
                store.revoke_key(by, self.keys[&(project, at)], reason).await?;
            }
        }
        Ok(())
    }

    async fn make_key(&mut self, by: &By, project: usize, at: usize) -> Result<()> {
        let line = &PROJECTS[project].keys[at];
        let mode = if line.test { Mode::Test } else { Mode::Live };
        let (hint, hash) = keyless(mode.kind(), &mut Dice::of(&[project, at, 11]));
        let name = line.was.map_or(line.name, |(was, _)| was);
        let made = if let Some(old) = line.succeeds {
            let old = self.keys[&(project, place(&PROJECTS[project], old)?)];
            self.store.rotate_key(by, old, Some(name), hint, &hash, Plan::Enterprise).await?
        } else {
            let record = NewKeyRecord {
                owner: line.owner(&PROJECTS[project]).map(str::to_owned),
                purpose: line.purpose.map(str::to_owned),
                ..NewKeyRecord::new(name, mode, hint, hash)
            };
            self.store.create_key(by, self.projects[&project], &record, Plan::Enterprise).await?
        };
        self.keys.insert((project, at), made.value.id);
        Ok(())
    }
}

fn place(project: &ProjectLine, name: &str) -> Result<usize> {
    let named = |key: &KeyLine| key.name == name;
    project.keys.iter().position(named).ok_or(StoreError::NotFound("key"))
}

fn role_of(name: &str) -> Role {
    [Role::Admin, Role::Member].into_iter().find(|role| role.as_str() == name).unwrap_or(Role::Auditor)
}

/// All rules that a project has today: those by hand, and the pages that moved.
fn rules(line: &ProjectLine) -> Vec<Rule> {
    let by_hand = line.rules.iter().map(|&(source, destination, status)| {
        let (source, matching) = match source.strip_suffix('*') {
            Some(beginning) => (beginning, Match::StartsWith),
            None => (source, Match::Exact),
        };
        Rule { source: source.into(), destination: destination.into(), status, matching, priority: 0 }
    });
    let (from, to, count) = line.moved;
    let moved = (0..count).map(|page| {
        let number = 1000 + page * 7;
        Rule {
            source: format!("{from}{number}"),
            destination: format!("{to}{number}"),
            status: 301,
            matching: Match::Exact,
            priority: 0,
        }
    });
    by_hand.chain(moved).collect()
}

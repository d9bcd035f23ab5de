//! The protocol of leases and acknowledgements, checked exhaustively: every order in which nodes start, renew,
//! catch up, acknowledge, lose an answer, leave, and are forgotten while keys are revoked, within the bounds below. A node that
//! crashes or stands still is one that takes no further step.
//!
//! The model decides nothing by itself: [`lease::grant`], [`lease::waiting`] and [`lease::falls_out`] are the functions
//! that the server calls. To show that the checker would find a fault, each rule is broken once.

use std::time::Duration;

use keydeck::store::lease::{self, GRACE, Grant, Renewing, Waiting};
use stateright::{Checker as _, Model, Property};

/// The most nodes of a run.
const NODES: usize = 2;
/// One lease is two ticks; a tick is the grace, so a wait takes more than three.
const LEASE: u8 = 2;
const TICK: Duration = GRACE;

/// What is wrong with the protocol, to see that it is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Broken {
    Nothing,
    /// The head is read without the lock, and the row is written later.
    BareRead,
    /// A node gets its first lease before it has caught up.
    EarlyLease,
    /// A node acknowledges what it has not applied.
    EarlyAcknowledgement,
    /// A forgotten node is removed at once.
    HastyForget,
    /// One node has leases of three times the length.
    TwoLengths,
    /// The lease counts from when the commit of the renewal is known, not from before it was sent.
    LateCount,
    /// A node whose row is not live may be extended by its previous renewal.
    LapsedExtension,
    /// Rows stop being live as soon as a change is late, before their lease has ended.
    HastyFallOut,
    /// A node removes its row before it has stopped serving.
    HastyLeave,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct World {
    now: u8,
    /// The newest revision that is committed.
    head: u64,
    /// Which renewal has the lock.
    lock: Option<usize>,
    rows: [Option<Row>; NODES],
    nodes: [Node; NODES],
    changes: Vec<Change>,
}

/// The row of a node in the tables.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
struct Row {
    live: bool,
    /// When it was barred.
    forgotten: Option<u8>,
    applied: u64,
}

/// A node as it knows itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Node {
    started: bool,
    left: bool,
    applied: u64,
    lease_until: u8,
    /// The head that the previous committed renewal read, and when it was sent.
    previous: Option<(u64, u8)>,
    renewal: Renewal,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Renewal {
    None,
    Sent { at: u8 },
    Read { at: u8, head: u64 },
    Committed { from: Option<u8>, at: u8, head: u64 },
}

/// A revocation.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Change {
    awaited: [bool; NODES],
    /// When it was committed: the earliest that its server can know it, so that it waits no longer than it must.
    at: u8,
    answered: bool,
    /// Rows that did not confirm are to be marked.
    to_mark: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    Tick,
    Start(usize),
    Send(usize),
    Lock(usize),
    CatchUp(usize),
    Acknowledge(usize),
    Finish(usize),
    Learn(usize),
    LoseAnswer(usize),
    Revoke,
    Answer(usize),
    Mark(usize),
    Forget(usize),
    Remove(usize),
    /// The node ends in order: it serves nothing from now on.
    Leave(usize),
    /// The node that has left removes its row.
    RemoveItself(usize),
}

/// What is explored: so many nodes and revocations, in so much time.
#[derive(Clone, Copy)]
struct Protocol {
    broken: Broken,
    nodes: usize,
    revisions: u64,
    last_tick: u8,
}

impl Protocol {
    fn lease(&self, node: usize) -> u8 {
        if self.broken == Broken::TwoLengths && node == 0 { LEASE * 3 } else { LEASE }
    }

    /// What is known of each node that a change waits for.
    fn waiting(world: &World, at: usize) -> Vec<Waiting> {
        let change = &world.changes[at];
        let since = TICK * u32::from(world.now - change.at);
        let of = |node: usize| {
            let applied = world.rows[node].map(|row| row.applied);
            lease::waiting(applied, at as u64 + 1, since, TICK * u32::from(LEASE))
        };
        (0..NODES).filter(|node| change.awaited[*node]).map(of).collect()
    }

    fn grant(&self, world: &World, node: usize, head: u64) -> Grant {
        let row = world.rows[node];
        if self.broken == Broken::EarlyLease && row.is_none() {
            return Grant::Whole;
        }
        lease::grant(Renewing {
            head: &head,
            applied: &world.nodes[node].applied,
            previous: world.nodes[node].previous.as_ref().map(|(head, _)| head),
            live: row.is_some_and(|row| row.live) || self.broken == Broken::LapsedExtension,
            forgotten: row.is_some_and(|row| row.forgotten.is_some()),
        })
    }
}

impl Model for Protocol {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        let node = Node {
            started: false,
            left: false,
            applied: 0,
            lease_until: 0,
            previous: None,
            renewal: Renewal::None,
        };
        vec![World {
            now: 0,
            head: 0,
            lock: None,
            rows: [None; NODES],
            nodes: [node; NODES],
            changes: Vec::new(),
        }]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        if world.now < self.last_tick {
            steps.push(Step::Tick);
        }
        let free = world.lock.is_none();
        for (at, node) in world.nodes.iter().enumerate().take(self.nodes) {
            if !node.started {
                steps.push(Step::Start(at));
                continue;
            }
            if let Some(row) = world.rows[at] {
                match row.forgotten {
                    None if free && at == 0 => steps.push(Step::Forget(at)),
                    Some(barred)
                        if self.broken == Broken::HastyForget
                            || TICK * u32::from(world.now - barred) > TICK * u32::from(LEASE) + GRACE =>
                    {
                        steps.push(Step::Remove(at));
                    }
                    _ => {}
                }
            }
            if node.left {
                if world.rows[at].is_some() {
                    steps.push(Step::RemoveItself(at));
                }
                // What it has sent may still arrive.
                match node.renewal {
                    Renewal::Sent { .. } if free => steps.push(Step::Lock(at)),
                    Renewal::Read { .. } => steps.push(Step::Finish(at)),
                    _ => {}
                }
                continue;
            }
            // One may leave, and another be forgotten: both need not be the same.
            if at + 1 == self.nodes && world.rows[at].is_some() {
                steps.push(Step::Leave(at));
                if self.broken == Broken::HastyLeave {
                    steps.push(Step::RemoveItself(at));
                }
            }
            if node.applied < world.head {
                steps.push(Step::CatchUp(at));
            }
            let shows = if self.broken == Broken::EarlyAcknowledgement { world.head } else { node.applied };
            if world.rows[at].is_some_and(|row| row.applied < shows) {
                steps.push(Step::Acknowledge(at));
            }
            match node.renewal {
                Renewal::None => steps.push(Step::Send(at)),
                Renewal::Sent { .. } if free || self.broken == Broken::BareRead => steps.push(Step::Lock(at)),
                Renewal::Sent { .. } => {}
                Renewal::Read { .. } => steps.push(Step::Finish(at)),
                Renewal::Committed { .. } => steps.extend([Step::Learn(at), Step::LoseAnswer(at)]),
            }
        }
        if free && world.head < self.revisions {
            steps.push(Step::Revoke);
        }
        for (at, change) in world.changes.iter().enumerate() {
            if !change.answered {
                let waiting = Protocol::waiting(world, at);
                if waiting.iter().all(|node| *node != Waiting::Pending) {
                    steps.push(Step::Answer(at));
                } else if free && self.broken == Broken::HastyFallOut {
                    steps.push(Step::Mark(at));
                }
            }
            if change.to_mark && free {
                steps.push(Step::Mark(at));
            }
        }
    }

    fn next_state(&self, before: &World, step: Step) -> Option<World> {
        let mut world = before.clone();
        match step {
            Step::Tick => world.now += 1,
            Step::Start(at) => {
                // It reads everything there is, and then takes part.
                world.nodes[at].started = true;
                world.nodes[at].applied = world.head;
            }
            Step::Send(at) => world.nodes[at].renewal = Renewal::Sent { at: world.now },
            Step::Lock(at) => {
                let Renewal::Sent { at: sent } = world.nodes[at].renewal else { return None };
                if self.broken != Broken::BareRead {
                    world.lock = Some(at);
                }
                world.nodes[at].renewal = Renewal::Read { at: sent, head: world.head };
            }
            Step::CatchUp(at) => world.nodes[at].applied = world.head,
            Step::Acknowledge(at) => {
                let early = self.broken == Broken::EarlyAcknowledgement;
                let shows = if early { world.head } else { world.nodes[at].applied };
                world.rows[at].as_mut()?.applied = shows;
            }
            Step::Finish(at) => {
                let Renewal::Read { at: sent, head } = world.nodes[at].renewal else { return None };
                let grant = self.grant(&world, at, head);
                let node = &mut world.nodes[at];
                let from = match grant {
                    Grant::Whole => Some(sent),
                    Grant::Previous => node.previous.map(|(_, sent)| sent),
                    Grant::None => None,
                };
                node.renewal = Renewal::Committed { from, at: sent, head };
                let row = world.rows[at].get_or_insert_default();
                row.live |= grant == Grant::Whole;
                row.applied = row.applied.max(node.applied);
                if world.lock == Some(at) {
                    world.lock = None;
                }
            }
            Step::Learn(at) => {
                let Renewal::Committed { from, at: sent, head } = world.nodes[at].renewal else {
                    return None;
                };
                let lease = self.lease(at);
                let from = if self.broken == Broken::LateCount { from.map(|_| world.now) } else { from };
                let node = &mut world.nodes[at];
                if let Some(from) = from {
                    node.lease_until = node.lease_until.max(from + lease);
                }
                node.previous = Some((head, sent));
                node.renewal = Renewal::None;
            }
            Step::LoseAnswer(at) => world.nodes[at].renewal = Renewal::None,
            Step::Revoke => {
                world.head += 1;
                let awaited = world.rows.map(|row| row.is_some_and(|row| row.live));
                world.changes.push(Change { awaited, at: world.now, answered: false, to_mark: false });
            }
            Step::Answer(at) => {
                let expired = Protocol::waiting(&world, at).contains(&Waiting::Expired);
                world.changes[at].answered = true;
                world.changes[at].to_mark = expired;
            }
            Step::Mark(at) => {
                world.changes[at].to_mark = false;
                for row in world.rows.iter_mut().flatten() {
                    row.live &= !lease::falls_out(row.applied, at as u64 + 1);
                }
            }
            Step::Forget(at) => world.rows[at].as_mut()?.forgotten = Some(world.now),
            Step::Remove(at) | Step::RemoveItself(at) => world.rows[at] = None,
            Step::Leave(at) => {
                world.nodes[at].left = true;
                world.nodes[at].lease_until = 0;
            }
        }
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Protocol>> {
        fn serves(world: &World, node: &Node) -> bool {
            node.started && world.now < node.lease_until
        }
        vec![
            Property::always(TRUE_WHEN_ANSWERED, |_, world: &World| {
                let newest =
                    world.changes.iter().rposition(|change| change.answered).map_or(0, |at| at as u64 + 1);
                world.nodes.iter().all(|node| !serves(world, node) || node.applied >= newest)
            }),
            Property::sometimes("all nodes serve at once", |protocol: &Protocol, world: &World| {
                world.nodes.iter().filter(|node| serves(world, node)).count() == protocol.nodes
            }),
            Property::sometimes(
                "a node that has not applied the newest change serves",
                |_, world: &World| {
                    world.nodes.iter().any(|node| serves(world, node) && node.applied < world.head)
                },
            ),
            Property::sometimes("a change is answered without a node that was live", |_, world: &World| {
                world.changes.iter().any(|change| change.answered && change.to_mark)
            }),
            Property::sometimes("a change is answered after a node has left", |_, world: &World| {
                let left = |at: &usize| world.nodes[*at].left && world.rows[*at].is_none();
                let waited = |change: &Change| (0..NODES).filter(left).any(|at| change.awaited[at]);
                world.changes.iter().any(|change| change.answered && !change.to_mark && waited(change))
            }),
            Property::sometimes(
                "a node that was forgotten is removed, and its lease has ended",
                |_, world: &World| {
                    world.nodes.iter().zip(world.rows).any(|(node, row)| {
                        row.is_none() && node.previous.is_some() && world.now >= node.lease_until
                    })
                },
            ),
        ]
    }
}

const TRUE_WHEN_ANSWERED: &str = "no node serves without a change that was answered";

fn explore(
    broken: Broken,
    nodes: usize,
    revisions: u64,
    last_tick: u8,
) -> impl stateright::Checker<Protocol> {
    let protocol = Protocol { broken, nodes, revisions, last_tick };
    let checker = protocol.checker().threads(2).spawn_bfs().join();
    println!(
        "{nodes} nodes, {revisions} revocations, {last_tick} ticks: {} states, {} steps deep",
        checker.unique_state_count(),
        checker.max_depth()
    );
    checker
}

#[test]
fn a_revocation_is_true_when_it_is_answered_whatever_happens() {
    // What one node may do does not hang on another but for the lock; so one is explored further than two.
    explore(Broken::Nothing, 1, 2, 4).assert_properties();
    explore(Broken::Nothing, 2, 1, 1).assert_no_discovery(TRUE_WHEN_ANSWERED);
}

#[test]
fn the_checker_finds_each_broken_rule() {
    for broken in [
        Broken::BareRead,
        Broken::EarlyLease,
        Broken::EarlyAcknowledgement,
        Broken::HastyForget,
        Broken::TwoLengths,
        Broken::LateCount,
        Broken::LapsedExtension,
        Broken::HastyFallOut,
        Broken::HastyLeave,
    ] {
        let found = explore(broken, 1, 2, 4).discovery(TRUE_WHEN_ANSWERED).is_some();
        assert!(found, "{broken:?} was not found");
    }
}

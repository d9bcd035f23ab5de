//! The nodes that serve the Edge API, by name: how each is, and how far it has applied the changes.

use std::cmp::Ordering;
use std::time::Duration;

use super::super::action::Action;
use super::super::change_batch::ChangeBatch;
use super::super::columns::{Cell, Column, Drawn, TakeCell, draw_row, shapes, shown};
use super::super::detail_text::{DetailWriter, STATE, Side};
use super::super::dialogs::OpenDialog;
use super::super::dialogs::interaction::{ActFacts, Facts, Step};
use super::super::effect::Request;
use super::super::event::Reply;
use super::super::export_rows::Rows;
use super::super::fit::{Placed, SPARE, Shape};
use super::super::fleet::Fleet;
use super::super::list::filter::Words;
use super::super::list::{Entry, Filtered, List, ListChange, Row, Slot, Window};
use super::super::messages::{Level, number};
use super::super::timers::{CONFIRMING, NODES, ONE_NODE};
use super::super::tone::Tone;
use super::{ViewLogic, does_anywhere, no_match};
use crate::wire::audit;
use crate::wire::filter::AsOf;
use crate::wire::id::NodeId;
use crate::wire::keys::Sort;
use crate::wire::nodes::{Node, NodeState};
use crate::wire::page::Page;
use crate::wire::text::fold_search_into;
use crate::wire::time::Timestamp;
use crate::wire::tokens::Role;

/// The nodes.
#[derive(Clone, PartialEq, Debug)]
pub struct NodesView {
    /// The nodes. Their filter is plain words.
    pub list: Filtered<Node>,
    /// All of them, whatever the filter hides.
    pub fleet: Fleet,
}

impl Row for Node {
    type Id = NodeId;

    fn id(&self) -> NodeId {
        self.id
    }

    fn order(&self, other: &Node, _: Sort) -> Ordering {
        let by_start = || (self.started_at, self.id).cmp(&(other.started_at, other.id));
        self.name.cmp(&other.name).then_with(by_start)
    }
}

impl Entry for Node {
    type Query = Words;
    type Names = ();
    const FILTERED_BY_SERVER: bool = false;

    fn push_text(&self, texts: &mut String) {
        let (region, address) = (self.region.as_deref(), self.address.as_deref());
        let words = [&*self.name, &*self.version, self.state().as_str()];
        for text in words.into_iter().chain(region).chain(address) {
            fold_search_into(texts, text);
            texts.push('\n');
        }
        texts.push_str(&self.id.to_string());
    }

    fn names(_: &[Node]) {}

    fn passes(&self, query: &Words, text: &str, (): &(), _: AsOf) -> bool {
        query.are_in(text)
    }
}

impl Default for NodesView {
    fn default() -> NodesView {
        NodesView { list: Filtered::new(Sort::default()), fleet: Fleet::default() }
    }
}

impl List for NodesView {
    fn window(&self) -> &dyn Window {
        &self.list
    }

    fn window_mut(&mut self) -> &mut dyn Window {
        &mut self.list
    }

    fn request(&mut self, slot: Slot) -> Request {
        if slot == Slot::First {
            self.list.ask(slot);
        }
        Request::Nodes
    }

    fn take(&mut self, slot: Slot, reply: Reply, now: Timestamp) -> bool {
        let Reply::Nodes(mut nodes) = reply else { return false };
        nodes.sort_by(|a, b| a.order(b, Sort::default()));
        let before = self.fleet.words(now);
        self.fleet.take(&nodes, now);
        self.list.take(slot, Page::whole(nodes), None, now) || self.fleet.words(now) != before
    }

    fn refilter(&mut self, now: Timestamp, answers: bool) -> bool {
        self.list.refilter(now, answers)
    }

    /// Few events tell of nodes, and none of a node that has gone silent.
    fn apply(&mut self, batch: &ChangeBatch, _: Timestamp, _: bool) -> ListChange {
        let about = |action| matches!(action, audit::Action::NodeForgotten | audit::Action::HistoryAccepted);
        ListChange { now: batch.events.iter().any(|event| about(event.action)), ..ListChange::default() }
    }
}

/// How a node is; none while this dashboard is disconnected and hears of no lease.
fn state(facts: Facts<'_>, node: &Node) -> Option<NodeState> {
    facts.connection.is_up().then(|| facts.fleet.state(node, facts.server_now))
}

/// The same as a sign and a word.
fn label(state: Option<NodeState>) -> (Tone, &'static str) {
    match state {
        Some(NodeState::Live) => (Tone::Good, "● live"),
        Some(NodeState::Behind) => (Tone::Warn, "◐ behind"),
        Some(NodeState::Silent) => (Tone::Bad, "▲ silent"),
        Some(NodeState::Forgotten) => (Tone::Warn, "– being forgotten"),
        None => (Tone::Dim, "unknown"),
    }
}

/// How long the lease of a node lasts, in whole seconds; none once it has ended.
fn lease_left(node: &Node, now: Timestamp) -> Option<i64> {
    let left = node.lease_until?.millis() - now.millis();
    (left > 0).then_some((left + 999) / 1000)
}

/// Requests per second, with a decimal as long as that says something.
fn rate(node: &Node) -> String {
    let rate = node.requests_per_second.max(0.0);
    if rate >= 100.0 { number(rate.round() as u64) } else { format!("{rate:.1}") }
}

static COLUMNS: [Column<Node>; 12] = [
    Column::text("name", "NAME", (10, 20, 40), |node, cell| cell.text(Tone::Text, &node.name)),
    Column::text("state", "STATE", (8, 8, 17), |node, cell| {
        let (tone, label) = label(state(cell.facts, node));
        cell.text(tone, label)
    }),
    Column::text("region", "REGION", (6, 8, 16), |node, cell| match &node.region {
        Some(region) => cell.text(Tone::Text, region),
        None => cell.none(),
    }),
    Column::number("lag", "LAG", |node, cell| cell.number(Tone::Text, node.lag)),
    Column::number("requests", "REQ/S", |node, cell| cell.print(Tone::Text, rate(node))),
    Column::age("seen", "SEEN", |node, cell| cell.age(Tone::Text, node.seen_at)),
    Column::number("lease", "LEASE", |node, cell| match lease_left(node, cell.facts.server_now) {
        _ if !cell.facts.connection.is_up() => cell.none(),
        Some(left) => cell.print(Tone::Text, format_args!("{left} s")),
        None => cell.text(Tone::Text, "ended"),
    }),
    Column::text("address", "ADDRESS", (14, 21, 40), |node, cell| match &node.address {
        Some(address) => cell.text(Tone::Text, address),
        None => cell.none(),
    }),
    Column::text("version", "VERSION", (7, 7, 16), |node, cell| cell.text(Tone::Text, &node.version)),
    Column::number("revision", "REVISION", |node, cell| cell.number(Tone::Text, node.revision)),
    Column::age("started", "STARTED", |node, cell| cell.age(Tone::Text, node.started_at)),
    Column::fixed("id", "ID", 31, |node, cell| cell.print(Tone::Text, node.id)),
];

/// The usual columns, each with its rank.
const USUAL: [(usize, u8); 10] =
    [(0, 0), (1, 0), (2, 3), (3, 1), (4, 1), (5, 2), (6, 2), (7, SPARE), (8, SPARE + 1), (9, SPARE + 2)];

impl ViewLogic for NodesView {
    fn noun(&self) -> &'static str {
        "nodes"
    }

    fn about(&self) -> String {
        "nodes".into()
    }

    fn filter_examples(&self) -> &'static str {
        "part of a name, a region, a state, a version or an address"
    }

    /// The header tells of a node that needs a look.
    fn can_be_spared(&self) -> bool {
        true
    }

    fn order_words(&self) -> &'static str {
        "by name"
    }

    fn columns(&self) -> Vec<(&'static str, &'static str)> {
        COLUMNS.iter().map(|column| (column.name, column.shape.title)).collect()
    }

    fn usual_columns(&self) -> Vec<usize> {
        USUAL.iter().map(|(at, _)| *at).collect()
    }

    fn shapes(&self, chosen: Option<&[usize]>, _: bool) -> Vec<Shape> {
        shapes(&COLUMNS, shown(&USUAL, chosen), &self.list.widths, Some((0, false)))
    }

    fn row(&self, line: usize, placed: &[Placed], cell: &mut Cell<'_>, take: TakeCell<'_>) -> Drawn {
        draw_row(&self.list, line, placed, &COLUMNS, |_| false, cell, take)
    }

    fn empty(&self, facts: Facts<'_>) -> Vec<(Tone, String)> {
        if !self.list.filter.applied.is_empty() {
            return no_match("No nodes", &self.list.filter.applied, facts);
        }
        vec![
            (Tone::Text, "No nodes.".into()),
            (Tone::Text, "A node is a process that serves the Edge API: `keydeck serve` starts one.".into()),
        ]
    }

    fn copied(&self) -> Vec<(&'static str, String)> {
        let of = |node: &Node| {
            let mut items = vec![("name", node.name.clone()), ("id", node.id.to_string())];
            items.extend(node.address.clone().map(|address| ("address", address)));
            items
        };
        self.list.rows.selected().map(of).unwrap_or_default()
    }

    fn hints(&self, facts: Facts<'_>) -> Vec<(Action, &'static str)> {
        let Some(node) = self.list.rows.selected() else { return Vec::new() };
        let mut hints = vec![(Action::Open, "details")];
        let silent = state(facts, node) == Some(NodeState::Silent);
        let may = facts.read_only.is_none() && facts.connection.refused_to(Role::Admin).is_none();
        if silent && may {
            hints.push((Action::Revoke, "forget"));
        }
        hints
    }

    fn does(&self, action: Action) -> Option<&'static str> {
        Some(match action {
            Action::Open => "open details",
            Action::New => "new key",
            Action::Revoke => "forget this node",
            Action::CopyMask => "copy the name",
            Action::CopyMenu => "copy… (name, id, address)",
            _ => return does_anywhere(action),
        })
    }

    fn label(&self) -> &'static str {
        "node"
    }

    fn page(&self, facts: Facts<'_>, page: &mut DetailWriter) -> Option<String> {
        let node = self.list.rows.selected()?;
        let state = state(facts, node);
        let (tone, label) = label(state);
        page.section(STATE, Side::Left);
        page.fact("state", label, tone);
        let about = match state {
            Some(NodeState::Live) => "It has applied all changes.",
            Some(NodeState::Behind) => "It has changes to apply. Changes wait for it until its lease ends.",
            Some(NodeState::Silent) => "Its lease has ended: it refuses all requests until it reports again.",
            Some(NodeState::Forgotten) => {
                "It gets no further lease, and is removed when its lease has ended."
            }
            None => "Keydeck is disconnected. The node may be serving requests.",
        };
        page.fact("", about, Tone::Text);
        let left = match lease_left(node, facts.server_now) {
            _ if state.is_none() => "unknown".to_owned(),
            Some(left) => format!("{left} s left"),
            None => "ended".to_owned(),
        };
        page.fact("lease", &left, Tone::Text);
        page.fact("requests", &format!("{} per second", rate(node)), Tone::Text);
        page.fact("revision", &number(node.revision), Tone::Text);
        page.fact("lag", &number(node.lag), if node.lag > 0 { tone } else { Tone::Text });
        page.section("Node", Side::Right);
        page.fact("region", node.region.as_deref().unwrap_or("none"), Tone::Text);
        page.fact("address", node.address.as_deref().unwrap_or("none"), Tone::Text);
        page.fact("version", &node.version, Tone::Text);
        page.fact("id", &node.id.to_string(), Tone::Dim);
        page.section("History", Side::Left);
        page.time("seen", Some(node.seen_at), None);
        page.time("started", Some(node.started_at), None);
        Some(node.name.clone())
    }

    fn rows(&self) -> Option<Rows> {
        self.list.rows.all_shown().map(Rows::Nodes)
    }

    fn no_rows(&self) -> Rows {
        Rows::Nodes(Vec::new())
    }

    fn export(&self, _: Option<String>) -> Request {
        Request::Nodes
    }

    fn has_log(&self) -> bool {
        false
    }

    fn poll_every(&self, seen: bool) -> Option<Duration> {
        Some(if seen || self.fleet.is_many() { NODES } else { ONE_NODE })
    }

    fn poll_while_waiting(&self) -> Option<Duration> {
        self.fleet.is_many().then_some(CONFIRMING)
    }

    fn sort(&self) -> Result<Sort, &'static str> {
        Err("Nodes are always sorted by name.")
    }

    fn act(&mut self, facts: ActFacts<'_>, action: Action) -> Option<Vec<Step>> {
        if action != Action::Revoke {
            return None;
        }
        Some(vec![match self.list.rows.selected() {
            None => Step::NothingSelected("Select a node first."),
            Some(_) if !facts.connection.is_up() => {
                Step::Say(Level::Info, "Disconnected: the state of the nodes is unknown.".to_owned())
            }
            Some(node) if node.forgotten => {
                Step::Say(Level::Info, format!("{} is already being forgotten.", node.name))
            }
            Some(node) if !self.fleet.is_many() && node.live => {
                Step::Say(Level::Info, format!("{} is the only node; stop its server instead.", node.name))
            }
            Some(node) => Step::Open(OpenDialog::ForgetNode(node.clone())),
        }])
    }
}

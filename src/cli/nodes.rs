//! `keydeck nodes`.

use super::args::{ListArgs, NodesArgs, NodesCommand, Output};
use super::exit::{Exit, Failure};
use super::output::{self, Cell, Table};
use super::run::Run;
use super::{log, repeated};
use crate::wire::audit::Action;
use crate::wire::id::NodeId;
use crate::wire::nodes::{Node, Nodes};
use crate::wire::time::system_clock;
use crate::wire::tokens::Role;

/// The columns of a table.
const USUAL: [&str; 8] =
    ["name", "region", "version", "address", "state", "lag", "requestsPerSecond", "seenAt"];

/// Runs it.
///
/// # Errors
/// What went wrong, with its exit code.
pub async fn run(run: &Run, args: &NodesArgs) -> Result<(), Failure> {
    match &args.command {
        None => list_nodes(run, &args.list).await,
        Some(NodesCommand::List { list }) => list_nodes(run, list).await,
        Some(NodesCommand::Forget { node }) => {
            let by_id = node.parse::<NodeId>().is_ok();
            let node = resolve(run, node).await?;
            if !by_id {
                check_name(run, &node).await?;
            }
            if run.client.session().await?.role == Role::Admin {
                log::say(&format!("forgetting {}: waiting until its lease has ended", node.name));
            }
            run.client.forget_node(node.id).await?;
            log::say(&format!("forgot node {} ({})", node.name, node.id));
            match run.output {
                Output::Json => output::print(run.output, &node, &table(&USUAL, std::slice::from_ref(&node))),
                Output::Table | Output::Csv => Ok(()),
            }
        }
        Some(NodesCommand::AcceptHistory { head }) => {
            let accepted = run.client.accept_history(head).await?;
            log::say(&format!(
                "accepted the history that ends at {}; nodes read all keys again",
                accepted.head
            ));
            let mut table = Table::of_fields();
            table.row([Cell::from("head"), Cell::from(&accepted.head)]);
            match run.output {
                Output::Json => output::print(run.output, &accepted, &table),
                Output::Table | Output::Csv => Ok(()),
            }
        }
    }
}

/// Refuses a name if another node of that name was forgotten a moment ago: a repeated command must not forget the node
/// that was started in its place.
async fn check_name(run: &Run, node: &Node) -> Result<(), Failure> {
    let before = repeated::of_name(run, Action::NodeForgotten, &node.name).await?;
    let Some(before) = before.filter(|event| event.at < node.started_at) else { return Ok(()) };
    let what = format!(
        "node {} was forgotten at {} by {}; the node that has this name now is {} (started {})",
        node.name, before.at, before.actor, node.id, node.started_at
    );
    let instead = format!("nothing was changed; to forget the newer one: keydeck nodes forget {}", node.id);
    repeated::refuse(false, &what, &instead)
}

async fn list_nodes(run: &Run, list: &ListArgs) -> Result<(), Failure> {
    let columns = output::choose(list, run.output, &output::columns::<Node>(), &USUAL)?;
    let nodes = Nodes { items: run.client.nodes().await? };
    if nodes.items.is_empty() {
        run.advise("no node is serving keys; start one with: keydeck serve");
    }
    output::print_list(run.output, list, &nodes, &table(&columns, &nodes.items))
}

/// A node by its id, or by a name that it alone has.
async fn resolve(run: &Run, text: &str) -> Result<Node, Failure> {
    let nodes = run.client.nodes().await?;
    let id: Option<NodeId> = text.parse().ok();
    let mut found: Vec<Node> =
        nodes.into_iter().filter(|node| Some(node.id) == id || node.name == text).collect();
    if found.len() > 1 {
        let now = (system_clock())();
        let each = |node: &Node| format!("{} ({})", node.id, node.state_at(now).as_str());
        let ids: Vec<String> = found.iter().map(each).collect();
        return Err(Failure::new(
            Exit::Conflict,
            format!("{} nodes are named {text:?}; pass the id of one: {}", ids.len(), ids.join(", ")),
        ));
    }
    match found.pop() {
        Some(node) => Ok(node),
        None => Err(Failure::new(Exit::NotFound, format!("no node {text:?}; see `keydeck nodes list`"))),
    }
}

fn table(columns: &[&'static str], nodes: &[Node]) -> Table {
    Table::of(columns, nodes, |node, name| match name {
        "leaseUntil" => Some(Cell::or_dash(node.lease_until)),
        "state" => Some(Cell::or_dash(Some(node.state_at((system_clock())()).as_str()))),
        "region" => Some(Cell::or_dash(node.region.as_deref())),
        "address" => Some(Cell::or_dash(node.address.as_deref())),
        _ => None,
    })
}

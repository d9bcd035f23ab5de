//! The connection as the dashboard sees it: who answers, since when nobody does, and when to try again.

use std::time::Duration;

use super::event::{Failure, Place};
use crate::wire::session::{Node, Session, Thresholds};
use crate::wire::text::sentence;
use crate::wire::time::Timestamp;
use crate::wire::tokens::Role;

/// How things stand with the server.
#[derive(Clone, PartialEq, Debug)]
pub enum Status {
    /// The first answer is awaited.
    Connecting {
        /// Since then.
        since: Timestamp,
    },
    /// It answers.
    Up,
    /// It does not; the last rows are kept and it is tried again.
    Lost {
        /// Since then.
        since: Timestamp,
        /// What happened.
        failure: Failure,
        /// How many times it was tried since.
        tries: u32,
        /// When it is tried next; none while it is being tried.
        retry_at: Option<Timestamp>,
    },
    /// It refuses us: trying again would not help.
    Refused(Failure),
}

/// Who answers after the connection was lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// Who answered before, as far as can be told.
    Same,
    /// This process: the one that had the database has ended.
    Ourselves,
    /// A database with another history.
    OtherHistory,
}

impl Next {
    /// What is said once the rows have come.
    pub const fn words(self) -> &'static str {
        match self {
            Next::Same => "Reconnected",
            Next::Ourselves => "Reconnected. This process now owns the database.",
            Next::OtherHistory => {
                "Reconnected, but the database was replaced: its history differs. Check its contents."
            }
        }
    }
}

/// The connection.
#[derive(Clone, PartialEq, Debug)]
pub struct Connection {
    /// How things stand.
    pub status: Status,
    /// What the server said of itself and us.
    pub session: Option<Session>,
    /// Where it is.
    pub place: Place,
    /// When something came from it last.
    pub heard: Timestamp,
    /// Who answers now, where that may not be who answered before.
    pub next: Next,
    /// Where the Edge API of who answered before was.
    pub edge_before: Option<String>,
    /// It answers again after a loss: what failed meanwhile is to be asked for again.
    pub back: bool,
    /// What to add to our clock, in milliseconds, to have the server's.
    pub skew_ms: i64,
    /// How many revoked and paused keys are still tried.
    pub still_tried: u64,
}

impl Place {
    /// What the context is called on the screen, and the server where that says more: the server in this process is
    /// called by more words than its context, and a context without a name by the address of its server. Another process
    /// that has the data open makes no difference to which data it is.
    pub(in crate::tui) fn names<'a>(&'a self, context: &'a str) -> (&'a str, Option<&'a str>) {
        let server = self.server.as_str();
        if self.by_socket {
            return (if context == "local" { "local database" } else { context }, None);
        }
        if server.is_empty() || context.trim_end_matches('/') == server.trim_end_matches('/') {
            (context, None)
        } else if server.split(' ').next() == Some(context) {
            (server, None)
        } else {
            (context, Some(server))
        }
    }
}

impl Connection {
    /// Before the first answer.
    pub fn new(now: Timestamp) -> Connection {
        Connection {
            status: Status::Connecting { since: now },
            session: None,
            place: Place::default(),
            heard: now,
            next: Next::Same,
            edge_before: None,
            back: false,
            skew_ms: 0,
            still_tried: 0,
        }
    }

    /// From how much idle time a key counts as idle and as stale.
    pub fn thresholds(&self) -> Thresholds {
        self.session.as_ref().map(|session| session.thresholds).unwrap_or_default()
    }

    /// Whether an Edge API has read nothing yet, and none serves: lookups are refused until it has.
    pub fn edge_starts(&self) -> bool {
        let nodes = self.session.as_ref().map_or(&[][..], |session| &session.nodes);
        let starts = |node: &Node| !node.live && node.revision == 0 && node.edge.is_some();
        nodes.iter().any(starts) && !nodes.iter().any(|node| node.live)
    }

    /// Whether the server answers, as far as is known.
    pub fn is_up(&self) -> bool {
        self.status == Status::Up
    }

    /// Whether the server lets us only look.
    pub fn auditor(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.role == Role::Auditor)
    }

    /// Why our role is not enough for what takes this one, and what to do. The rights of a role that is not known here
    /// are for the server to say.
    pub fn refused_to(&self, needed: Role) -> Option<String> {
        let role = self.session.as_ref()?.role;
        let lacks = role < needed && !matches!(role, Role::Other(_));
        lacks.then(|| sentence(&role.refused(needed)))
    }

    /// Takes what the server says of itself.
    pub fn greet(&mut self, session: Session, now: Timestamp) {
        let skew = session.now.millis() - now.millis();
        // Clocks within two seconds are alike: the answer was under way for a while too.
        self.skew_ms = if skew.abs() < 2000 { 0 } else { skew };
        self.session = Some(session);
    }

    /// Notes that the server did not answer, and when to try again: after 1, 2, 4 … 30 s, and a little apart
    /// from others who lost it at the same moment.
    pub fn lose(&mut self, failure: Failure, now: Timestamp) {
        let (since, tries) = match &self.status {
            Status::Lost { since, tries, .. } => (*since, tries + 1),
            // Since nobody answers, not since it was noticed.
            _ => (self.heard.min(now), 0),
        };
        let seconds = (1u64 << tries.min(5)).min(25);
        let jitter = now.millis().unsigned_abs().wrapping_mul(2_654_435_761) % (seconds * 200);
        let retry_at = Some(now + Duration::from_millis(seconds * 1000 + jitter));
        self.status = Status::Lost { since, failure, tries, retry_at };
    }

    /// When to try again.
    pub fn retry_at(&self) -> Option<Timestamp> {
        match &self.status {
            Status::Lost { retry_at, .. } => *retry_at,
            _ => None,
        }
    }
}

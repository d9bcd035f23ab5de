//! The requests that are in flight: who asked, for what, since when, and in which context. What is said of changes
//! without an answer, when somebody leaves or the connection is lost, is read from them.

use super::dialogs::stack::DialogId;
use super::effect::{Effect, Request, RequestId};
use super::event::{Failure, FailureKind, Reply};
use super::list::Slot;
use super::setup::Contexts;
use super::tabs::View;
use super::wording::words;
use crate::secret;
use crate::wire::text::inert;
use crate::wire::time::Timestamp;

/// Who asked, and is given the answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Asker {
    /// The dashboard itself.
    Dashboard,
    /// The list of a view, for this part of it.
    List(View, Slot),
    /// A view that marks rows that are not loaded.
    Gather(View),
    /// The detail of the selected key.
    Detail,
    /// The summary of a view.
    Summary(View),
    /// The header, for the number of keys with findings.
    Findings,
    /// A dialog.
    Dialog(DialogId),
}

/// A request without an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct InFlight {
    id: RequestId,
    pub(super) asker: Asker,
    pub(super) request: Request,
    pub(super) since: Timestamp,
    /// The name of the context that it was sent to.
    pub(super) context: String,
    /// What the key or project that it changes was called then, where the request itself does not say it.
    subject: String,
}

/// The requests in flight, those of contexts that were left included: of these only changes.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::tui) struct Requests {
    in_flight: Vec<InFlight>,
    next: u64,
    /// The name of the context that one is in.
    context: String,
}

impl Requests {
    /// None is in flight yet.
    pub(super) fn new(contexts: &Contexts) -> Requests {
        let context = contexts.here().map(|here| here.name.clone()).unwrap_or_default();
        Requests { in_flight: Vec::new(), next: 1, context }
    }

    /// Sends a request, to the server of another context if one is named.
    pub(super) fn send(
        &mut self,
        effects: &mut Vec<Effect>,
        (asker, request): (Asker, Request),
        since: Timestamp,
        subject: String,
        elsewhere: Option<String>,
    ) {
        let id = RequestId(self.next);
        self.next += 1;
        let context = elsewhere.unwrap_or_else(|| self.context.clone());
        effects.push(if context == self.context {
            Effect::Request(id, request.clone())
        } else {
            Effect::RequestIn(context.clone(), id, request.clone())
        });
        self.in_flight.push(InFlight { id, asker, request, since, context, subject });
    }

    /// Removes the request that was answered.
    pub(super) fn answered(&mut self, id: RequestId) -> Option<InFlight> {
        let at = self.in_flight.iter().position(|asked| asked.id == id)?;
        Some(self.in_flight.remove(at))
    }

    /// Whether a request was sent to the context that one is in.
    pub(super) fn is_here(&self, asked: &InFlight) -> bool {
        asked.context == self.context
    }

    /// The requests to the context that one is in.
    pub(super) fn here(&self) -> impl Iterator<Item = &InFlight> {
        self.in_flight.iter().filter(|asked| self.is_here(asked))
    }

    /// Whether one with such an asker is in flight.
    pub(super) fn awaits(&self, wanted: impl Fn(Asker) -> bool) -> bool {
        self.here().any(|asked| wanted(asked.asker))
    }

    /// Whether the first page of a view's list is awaited.
    pub(super) fn awaits_first(&self, view: View) -> bool {
        self.awaits(|asker| asker == Asker::List(view, Slot::First))
    }

    /// Since when the oldest one waits. What waits for a lease to end by its nature is left out; where nodes are asked
    /// for meanwhile, so is what waits for them.
    pub(super) fn oldest(&self, many_nodes: bool) -> Option<Timestamp> {
        let slow = |request: &Request| {
            matches!(request, Request::ForgetNode { .. }) || (many_nodes && request.waits_for_nodes())
        };
        self.here().filter(|asked| !slow(&asked.request)).map(|asked| asked.since).min()
    }

    /// Cancels those that are no longer wanted. Changes are never cancelled.
    pub(super) fn cancel(&mut self, effects: &mut Vec<Effect>, unwanted: impl Fn(Asker) -> bool) {
        self.in_flight.retain(|asked| {
            let gone = unwanted(asked.asker) && !asked.request.writes();
            if gone {
                effects.push(Effect::Cancel(asked.id));
            }
            !gone
        });
    }

    /// Whether a part of a view's list is to be asked for. Requests whose answers would come too late then are
    /// cancelled.
    pub(super) fn make_way(&mut self, effects: &mut Vec<Effect>, view: View, slot: Slot) -> bool {
        let same_list = |asker| matches!(asker, Asker::List(other, _) if other == view);
        let again = |asker| matches!(asker, Asker::List(other, Slot::Again(_)) if other == view);
        match slot {
            Slot::First => self.cancel(effects, same_list),
            // What is asked for beside the first page would not fit to it.
            _ if self.awaits_first(view) => return false,
            Slot::Again(_) if self.awaits(same_list) => return false,
            _ if self.awaits(|asker| asker == Asker::List(view, slot)) => return false,
            // A page that is merely refreshed must not delay one that somebody waits for.
            _ => self.cancel(effects, again),
        }
        true
    }

    /// Goes to another context: only changes are still awaited. Says whether any is, of the context that is left.
    pub(super) fn leave(&mut self, effects: &mut Vec<Effect>, to: &Contexts) -> bool {
        self.cancel(effects, |_| true);
        let continues = self.here().next().is_some();
        self.context = Requests::new(to).context;
        continues
    }

    /// The clock was set: changes since when each waits.
    pub(super) fn shift(&mut self, shift: impl Fn(&mut Timestamp)) {
        self.in_flight.iter_mut().for_each(|asked| shift(&mut asked.since));
    }

    /// The last change without an answer, such as `revoking web`.
    pub(in crate::tui) fn unanswered(&self) -> Option<String> {
        self.in_flight.iter().rev().find_map(InFlight::change)
    }

    /// Takes an answer that came after the end, while there was still time. Gives what has to be said of it: a key
    /// that nobody saw, or a change that failed.
    pub(in crate::tui) fn answered_late(
        &mut self,
        id: RequestId,
        result: &Result<Reply, Failure>,
        contexts: &Contexts,
    ) -> Option<String> {
        if matches!(result, Err(failure) if failure.kind == FailureKind::OutcomeUnknown) {
            // Nothing is known that was not known before.
            return None;
        }
        let asked = self.answered(id)?;
        match result {
            Ok(Reply::KeyMade { created, .. }) => {
                let (name, id) = (inert(&created.key.name), created.key.id);
                let place = contexts.flags(&asked.context);
                Some(format!(
                    "key {name} was created while you were quitting and its secret was never shown; revoke it with `keydeck keys revoke {id}{place}`"
                ))
            }
            Ok(_) => None,
            Err(failure) => asked
                .change()
                .map(|change| format!("{change} failed while you were quitting: {}", inert(&words(failure)))),
        }
    }

    /// What has to be said after the end: changes that nobody has confirmed.
    pub(in crate::tui) fn unconfirmed(&self, contexts: &Contexts) -> Vec<String> {
        let words = |asked: &InFlight| {
            let (change, check) = (asked.change()?, asked.check());
            let place = contexts.flags(&asked.context);
            Some(format!("{change} was not confirmed before you quit; check with `keydeck {check}{place}`"))
        };
        self.in_flight.iter().filter_map(words).collect()
    }
}

impl InFlight {
    /// What it changes, in words; none when it only reads.
    pub(super) fn change(&self) -> Option<String> {
        let subject = &self.subject;
        let change = match &self.request {
            Request::CreateProject { name } => format!("creating project {name}"),
            Request::RenameProject { name, .. } => format!("renaming a project to {name}"),
            Request::DeleteProject { .. } => format!("deleting project {subject}"),
            Request::CreateKey { key, .. } => format!("creating key {}", key.name),
            Request::EditKey { edit, .. } => match &edit.name {
                Some(name) => format!("renaming a key to {name}"),
                None => format!("changing {subject}"),
            },
            Request::PauseKey { .. } => format!("pausing {subject}"),
            Request::ResumeKey(_) => format!("resuming {subject}"),
            Request::RotateKey { .. } => format!("rotating {subject}"),
            Request::StartRotation(_) => format!("starting the guided rotation of {subject}"),
            Request::CancelRotation(_) => format!("ending the guided rotation of {subject}"),
            Request::RevokeKey { .. } => format!("revoking {subject}"),
            Request::RevokeKeys(body) => format!("revoking {} keys", body.ids.len()),
            Request::StartReview(new) => format!("starting review {}", new.name),
            Request::EditReview { .. } => "changing a review".to_owned(),
            Request::SignReview { .. } => "signing a review".to_owned(),
            Request::Decide { decide, .. } => {
                format!("the decision to {} {subject}", decide.decision.as_str())
            }
            Request::Undecide { .. } => format!("undoing the decision on {subject}"),
            Request::ForgetNode { name, .. } => format!("forgetting node {name}"),
            Request::CreatePack { .. } => "creating an evidence pack".to_owned(),
            request @ Request::ExecuteReview { .. } if request.writes() => "executing a review".to_owned(),
            _ => return None,
        };
        Some(secret::masked(&inert(&change)).into_owned())
    }

    /// The command that shows whether it was made, without the program's name.
    fn check(&self) -> String {
        match &self.request {
            Request::EditKey { id, .. }
            | Request::RevokeKey { id, .. }
            | Request::PauseKey { id, .. }
            | Request::ResumeKey(id) => format!("keys show {id}"),
            Request::StartRotation(id) | Request::CancelRotation(id) => format!("keys rotation {id}"),
            Request::CreateKey { .. } | Request::RotateKey { .. } | Request::RevokeKeys(_) => {
                "keys list".into()
            }
            Request::StartReview(_) | Request::EditReview { .. } | Request::SignReview { .. } => {
                "audit review list".into()
            }
            Request::Decide { review, .. } | Request::Undecide { review, .. } => {
                format!("audit review items {review}")
            }
            Request::ExecuteReview { id, .. } => format!("audit review show {id}"),
            Request::ForgetNode { .. } => "nodes list".into(),
            Request::CreatePack { .. } => "audit events --action report.created".into(),
            _ => "projects list".into(),
        }
    }
}

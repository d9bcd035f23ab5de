//! News as they come: into the lists at once, held while a decision is being made, kept while they are frozen.

use std::collections::HashSet;

use super::effect::Effect;
use super::link::Status;
use super::list::Slot;
use super::lists;
use super::messages::Level;
use super::news::News;
use super::requests::Asker;
use super::state::State;
use super::tabs::View;
use super::timers::{REFRESH, REFRESH_LIVE};
use crate::wire::id::KeyId;
use crate::wire::keys::Key;
use crate::wire::session::Session;

/// More changes than these are not caught up with one by one: the lists are asked for anew.
const FAR_BEHIND: u64 = 2000;
/// A list that grew by so many rows by itself is asked for anew, so that it does not grow for ever.
const GROWN: usize = 1000;

/// How news reach the lists.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Live {
    /// The stream of events is open: nobody has to ask whether something changed.
    pub open: bool,
    /// The user wants to see nothing change.
    pub frozen: bool,
    /// What was told and is not applied yet.
    pub waiting: News,
    /// The place after the last change that was told, and of which server.
    seq: Option<(String, u64)>,
    /// The stream was cut off since it was open.
    cut: bool,
    /// Something was not told one by one: an open confirmation has to ask for its key.
    pub(super) left_out: bool,
    /// Pages that are not to be seen may be old; and which one was asked for last.
    old: bool,
    looked: Option<(View, Slot)>,
}

impl Live {
    /// The last change that is known of a server.
    pub(super) fn known_seq(&self, server: &str) -> Option<u64> {
        self.seq.as_ref().filter(|(known, _)| known == server).map(|(_, seq)| *seq)
    }
}

impl State {
    /// A decision is being made: nothing may move under it.
    pub(super) fn deciding(&self) -> bool {
        self.dialogs.iter().any(|dialog| dialog.logic().decides())
    }

    /// Follows what happens at a server that has just answered, from where the last news ended.
    pub(super) fn follow(&mut self, fx: &mut Vec<Effect>, session: &Session) {
        let head = session.audit_head.seq;
        let known = self.live.seq.as_ref().filter(|(server, _)| *server == self.link.place.server);
        if known.is_none() {
            // Nothing of another server is told here.
            self.live.waiting = News::default();
        }
        let after = match known {
            None => head,
            Some((_, seq)) if head.checked_sub(*seq).is_some_and(|behind| behind <= FAR_BEHIND) => *seq,
            Some(_) => {
                self.live.waiting.reload = true;
                self.live.left_out = true;
                head
            }
        };
        self.live.seq = Some((self.link.place.server.clone(), after));
        fx.push(Effect::Follow(after));
    }

    pub(super) fn told(&mut self, mut news: News) {
        if let (Some(seq), Some((_, known))) = (news.seq, &mut self.live.seq) {
            *known = seq;
        }
        self.live.cut |= std::mem::take(&mut news.cut);
        if std::mem::take(&mut news.quiet) {
            // Whoever asks for the page finds out whether anybody is there.
            self.timers.refresh = self.now;
        } else if news.open != Some(false) {
            self.link.heard = self.now;
        }
        match news.open.take() {
            Some(true) => {
                // Uses are told once, and not again to who was cut off.
                news.again |= std::mem::take(&mut self.live.cut);
                self.stream_is(true);
            }
            Some(false) => self.stream_is(false),
            None => {}
        }
        let before = self.live.waiting.waiting();
        let again = news.again;
        self.live.waiting.merge(news);
        self.live.left_out |= again || self.live.waiting.reload;
        if self.live.frozen && self.live.waiting.waiting() != before {
            self.dirty();
        }
    }

    fn stream_is(&mut self, open: bool) {
        if self.live.open != open {
            self.live.open = open;
            self.dirty();
        }
        if !open {
            // It may be the stream alone, or the server: who asks for the page finds out.
            self.timers.refresh = self.now;
            return;
        }
        self.timers.refresh = self.now + REFRESH_LIVE;
        if let Status::Lost { retry_at: Some(at), .. } = &mut self.link.status {
            *at = self.now;
        }
    }

    /// Applies what was told, unless something holds it.
    pub(super) fn apply_news(&mut self, fx: &mut Vec<Effect>) {
        self.tell_dialogs(fx);
        if self.live.waiting.is_empty() || self.live.frozen || self.deciding() {
            return;
        }
        let news = std::mem::take(&mut self.live.waiting);
        let now = self.server_now();
        let beside = self.beside();
        for view in View::ALL {
            let awaited =
                self.requests.awaits(|asker| matches!(asker, Asker::List(other, _) if other == view));
            let told = self.views.of_mut(view).apply(&news, now, awaited);
            let seen = view == self.view;
            if told.changed && (seen || beside == Some(view)) {
                self.dirty();
            }
            if news.reload || told.reload || self.window(view).seen().grown > GROWN {
                self.anew(fx, view);
            } else if told.again || news.again {
                self.live.old = true;
                if seen {
                    self.ask_again();
                }
            }
        }
        if let Some((id, name)) = &mut self.views.keys.project
            && let Some(Some(project)) = news.projects.get(id)
            && project.name != *name
        {
            name.clone_from(&project.name);
            self.dirty();
        }
        lists::settle(self);
    }

    /// Where pages may be old, one that comes to be seen is asked for again.
    pub(super) fn look(&mut self) {
        if !self.live.old || !self.live.open {
            return;
        }
        let looked = Some((self.view, lists::visible(self, self.view)));
        if self.live.looked != looked {
            self.live.looked = looked;
            self.ask_again();
        }
    }

    /// The visible page is asked for again soon, but not more often than without a stream.
    pub(super) fn ask_again(&mut self) {
        let soon = self.timers.refreshed + REFRESH;
        self.timers.refresh = self.timers.refresh.min(soon.max(self.now));
    }

    /// A page that came may be older than what was told while it was under way.
    pub(super) fn overtaken(&mut self, view: View) {
        self.live.old = true;
        if view == self.view {
            self.ask_again();
        }
    }

    /// Stops what changes by itself, or goes on with all that waited.
    pub(super) fn freeze(&mut self) {
        self.live.frozen = !self.live.frozen;
        if self.live.frozen {
            let key = self.setup.keymap.hint(super::Action::Freeze);
            self.say(Level::Info, format!("frozen: nothing changes by itself until {key} is pressed again"));
        } else {
            let waited = self.news_waiting();
            self.say(Level::Info, format!("live again; {waited} waited"));
        }
    }

    /// How many things wait while nothing changes by itself: not those that the lists show already, as what was
    /// changed here.
    pub fn news_waiting(&self) -> u64 {
        let news = &self.live.waiting;
        if news.events.is_empty() {
            return news.waiting();
        }
        let shown = |known: &&Key| {
            let told = news.keys.get(&known.id);
            told.is_some_and(|told| told.name == known.name && told.status == known.status)
        };
        let rows = self.views.keys.list.rows.all().iter().chain(self.views.stale.list.rows.all());
        let keys: HashSet<KeyId> = rows.filter(shown).map(|known| known.id).collect();
        let projects = &self.views.projects.list.rows;
        let seen = news.events.iter().filter(|event| match (event.key, event.project) {
            (Some(id), _) => keys.contains(&id),
            (None, Some(id)) => match (news.projects.get(&id), projects.get(id)) {
                (Some(Some(told)), Some(known)) => told.name == known.name,
                (Some(None), None) => projects.is_complete(),
                _ => false,
            },
            (None, None) => false,
        });
        news.waiting().saturating_sub(seen.count() as u64)
    }

    /// How many rows all lists hold.
    pub fn loaded_rows(&self) -> usize {
        View::ALL.into_iter().map(|view| self.window(view).seen().rows).sum()
    }

    /// A list is asked for from its beginning: now if it is to be seen, else when it is.
    fn anew(&mut self, fx: &mut Vec<Effect>, view: View) {
        if view == self.view && self.link.session.is_some() {
            lists::load(self, fx, view, Slot::First);
            return;
        }
        self.views.of_mut(view).unload();
    }
}

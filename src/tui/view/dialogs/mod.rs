//! The dialogs: one file each, and the box that they stand in.

mod border;
pub(super) mod boxes;
mod bulk;
mod columns;
pub(super) mod contexts;
mod copy_menu;
mod delete;
mod edit;
mod export;
mod filters;
mod finder;
mod forget_node;
mod groups;
mod guide;
pub(super) mod keys;
mod messages;
mod names;
mod new_key;
mod offer;
mod pack;
mod pause;
mod review_cancel;
mod review_execute;
mod review_form;
mod review_queue;
mod review_sign;
mod reviews;
mod revoke;
mod rotate;
mod shown_once;
mod sort;
mod successor;
mod theme;
mod unlock;
mod unsaved;

use super::canvas::{Canvas, Cursor};
use super::theme::Theme;
use crate::tui::model::State;
use crate::tui::model::dialogs::{Deed, Dialog};

/// Draws a dialog; gives the place of the text cursor.
pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, top: &Dialog, theme: &Theme) -> Cursor {
    let facts = state.facts();
    match top {
        Dialog::Help(open) | Dialog::Palette(open) => Some(finder::draw(canvas, facts, open, theme)),
        Dialog::Sort(menu) => Some(sort::draw(canvas, facts, menu, theme)),
        Dialog::Theme(open) => Some(self::theme::draw(canvas, facts, open, theme)),
        Dialog::Columns(open) => Some(columns::draw(canvas, facts, open, theme)),
        Dialog::Filters(open) => filters::draw(canvas, facts, open, theme),
        Dialog::Groups(open) => Some(groups::draw(canvas, facts, open, theme)),
        Dialog::Messages(open) => {
            messages::draw(canvas, facts, **open, theme);
            None
        }
        Dialog::Contexts(open) => Some(contexts::draw(canvas, facts, open, theme)),
        Dialog::Unlock(open) => unlock::draw(canvas, facts, open, theme),
        Dialog::Offer(offer) => offer::draw(canvas, facts, offer, theme),
        Dialog::Name(form) => names::draw(canvas, facts, form, theme),
        Dialog::Edit(form) => edit::draw(canvas, facts, form, theme),
        Dialog::NewKey(form) => new_key::draw(canvas, facts, form, theme),
        Dialog::Confirm(open) => match open.deed {
            Deed::Revoke => revoke::draw(canvas, facts, open, theme),
            Deed::Pause | Deed::Resume => pause::draw(canvas, facts, open, theme),
        },
        Dialog::Unsaved(open) => unsaved::draw(canvas, facts, open, theme),
        Dialog::CopyMenu(menu) => copy_menu::draw(canvas, facts, menu, theme),
        Dialog::Export(open) => export::draw(canvas, facts, open, theme),
        Dialog::Pack(open) => pack::draw(canvas, facts, open, theme),
        Dialog::Rotate(form) => rotate::draw(canvas, facts, form, theme),
        Dialog::Successor(open) => successor::draw(canvas, facts, open, theme),
        Dialog::Guide(open) => guide::draw(canvas, facts, open, theme),
        Dialog::Reviews(open) => reviews::draw(canvas, facts, open, theme),
        Dialog::ReviewForm(open) => review_form::draw(canvas, facts, open, theme),
        Dialog::Queue(open) => review_queue::draw(canvas, facts, open, theme),
        Dialog::ExecuteReview(open) => review_execute::draw(canvas, facts, open, theme),
        Dialog::CancelReview(open) => review_cancel::draw(canvas, facts, open, theme),
        Dialog::SignReview(open) => review_sign::draw(canvas, facts, open, theme),
        Dialog::ForgetNode(open) => forget_node::draw(canvas, facts, open, theme),
        Dialog::Delete(open) => delete::draw(canvas, facts, open, theme),
        Dialog::Bulk(open) => bulk::draw(canvas, facts, open, theme),
        Dialog::ShownOnce(open) => shown_once::draw(canvas, facts, open, theme),
    }
}

//! One list for all views: the same is asked of projects, keys and events.

use std::fmt::Debug;

use keydeck::tui::model::list::{Entry, Filtered, Line, Motion, Slot, Window as _};
use keydeck::wire::audit::Event;
use keydeck::wire::id::{KeyId, ProjectId};
use keydeck::wire::keys::{Key, Sort, SortBy};
use keydeck::wire::page::Page;
use keydeck::wire::projects::Project;

use crate::support::fixtures::{NOW, event, key, project};

const HEIGHT: usize = 5;
/// The order in which all three are made below.
const SORT: Sort = Sort { by: SortBy::Name, descending: false };

fn name(number: u128) -> String {
    format!("row-{number:02}")
}

fn projects(count: u128) -> Vec<Project> {
    (0..count).map(|number| project(number, &name(number))).collect()
}

fn keys(count: u128) -> Vec<Key> {
    let shop = project(1, "shop");
    (0..count).map(|number| key(number, &name(number), &shop, None)).collect()
}

fn events(count: u128) -> Vec<Event> {
    let named = |number: u128| Event {
        detail: serde_json::json!({ "name": name(number) }),
        ..event((count - number) as u64, ProjectId::from_number(1), KeyId::from_number(number))
    };
    (0..count).map(named).collect()
}

fn page<T: Clone>(rows: &[T], more: bool, total: usize) -> Page<T> {
    let next = more.then(|| "next".to_owned());
    Page { items: rows.to_vec(), next, total: total as u64, more: false }
}

fn back<T: Clone>(rows: &[T]) -> Vec<T> {
    rows.iter().rev().cloned().collect()
}

/// The rows that are to be seen, and none for those that are not loaded.
fn lines<T: Entry>(list: &Filtered<T>) -> Vec<Option<T>> {
    let line = |at| match list.rows.line(at).expect("a line") {
        Line::Row(row) => Some(row.clone()),
        Line::Gap => None,
    };
    (0..list.rows.lines()).map(line).collect()
}

fn some<T: Clone>(rows: &[T]) -> Vec<Option<T>> {
    rows.iter().cloned().map(Some).collect()
}

fn whole<T: Entry>(all: &[T]) -> Filtered<T> {
    let mut list = Filtered::new(SORT);
    list.take(Slot::First, page(all, false, all.len()), None, NOW);
    list
}

fn begun<T: Entry>(all: &[T]) -> Filtered<T> {
    let mut list = Filtered::new(SORT);
    list.take(Slot::First, page(&all[..3], true, all.len()), None, NOW);
    list
}

fn type_filter<T: Entry>(list: &mut Filtered<T>, text: &str, answers: bool) -> bool {
    list.filter.set(text);
    assert!(list.read(), "{text}");
    list.refilter(NOW, answers)
}

/// Does the same with all three.
macro_rules! of_each {
    ($check:ident) => {
        $check(&projects(10));
        $check(&keys(10));
        $check(&events(10));
    };
}

#[test]
fn a_list_grows_from_its_beginning_and_from_its_end_until_nothing_is_between() {
    fn check<T: Entry + Debug>(all: &[T]) {
        let mut list = begun(all);
        let mut seen = some(&all[..3]);
        seen.push(None);
        assert_eq!(lines(&list), seen, "a gap behind the beginning");
        list.take(Slot::End, page(&back(&all[8..]), true, 10), None, NOW);
        seen.extend(some(&all[8..]));
        assert_eq!(lines(&list), seen, "the end behind the gap");
        list.take(Slot::Tail, page(&back(&all[6..8]), true, 10), None, NOW);
        list.take(Slot::Head, page(&all[3..5], true, 10), None, NOW);
        assert_eq!(list.rows.gap(), Some(5));
        assert!(!list.rows.is_complete());
        // The next page of the beginning reaches into the end.
        list.take(Slot::Head, page(&all[5..7], true, 10), None, NOW);
        assert_eq!(lines(&list), some(all));
        assert!(list.rows.is_complete());
    }
    of_each!(check);
}

#[test]
fn a_page_that_reaches_the_other_end_leaves_nothing_of_what_was_known_there() {
    fn check<T: Entry + Debug>(all: &[T]) {
        let mut head = begun(all);
        head.take(Slot::End, page(&back(&all[9..]), true, 10), None, NOW);
        // What the end showed is gone from the server by now.
        head.take(Slot::Head, page(&all[3..8], false, 8), None, NOW);
        assert_eq!(lines(&head), some(&all[..8]));
        let mut tail = begun(all);
        tail.take(Slot::End, page(&back(&all[6..]), true, 10), None, NOW);
        tail.take(Slot::Tail, page(&back(&all[2..6]), false, 8), None, NOW);
        assert_eq!(lines(&tail), some(&all[2..]));
        assert!(head.rows.is_complete() && tail.rows.is_complete());
        // The whole list once more: nothing of the one before stays.
        tail.take(Slot::First, page(&all[..2], true, 10), None, NOW);
        assert_eq!(lines(&tail).len(), 3);
        assert_eq!(tail.rows.gap(), Some(2));
    }
    of_each!(check);
}

#[test]
fn steps_stop_at_what_is_not_loaded_and_the_selection_stays_when_it_comes() {
    fn check<T: Entry + Debug>(all: &[T]) {
        let mut list = begun(all);
        list.arrived(Slot::First, HEIGHT);
        list.step(Motion::By(9), HEIGHT);
        assert_eq!(list.rows.selected(), Some(&all[2]), "not over the gap");
        assert_eq!(list.wanted(3), Some(Slot::Head));
        list.take(Slot::Head, page(&all[3..], false, 10), None, NOW);
        list.arrived(Slot::Head, HEIGHT);
        assert_eq!(list.rows.selected(), Some(&all[2]));
        assert_eq!(list.wanted(3), None);
        list.unload();
        assert!(!list.seen().loaded && list.rows.selected().is_none());
        list.take(Slot::First, page(all, false, 10), None, NOW);
        list.arrived(Slot::First, HEIGHT);
        assert_eq!(list.rows.selected(), Some(&all[2]), "the same row as before");
    }
    of_each!(check);
}

#[test]
fn a_row_that_is_aimed_at_is_selected_once_it_comes_unless_somebody_moves() {
    fn check<T: Entry + Debug>(all: &[T]) {
        let mut list = whole(all);
        list.arrived(Slot::First, HEIGHT);
        list.rows.aim(all[7].id());
        list.arrived(Slot::First, HEIGHT);
        assert_eq!(list.rows.selected(), Some(&all[7]));
        list.rows.aim(all[1].id());
        list.step(Motion::By(1), HEIGHT);
        list.arrived(Slot::First, HEIGHT);
        assert_eq!(list.rows.selected(), Some(&all[8]));
    }
    of_each!(check);
}

#[test]
fn a_filter_is_applied_here_where_all_rows_are_loaded() {
    fn check<T: Entry + Debug>(all: &[T]) {
        let mut list = whole(all);
        list.filter.editing = true;
        assert!(type_filter(&mut list, "row", true), "the loaded rows suffice");
        assert_eq!(lines(&list), some(all));
        assert!(type_filter(&mut list, "row-07", true));
        assert_eq!(lines(&list), some(&all[7..8]));
        assert_eq!(list.seen().shown, 1);
        assert!(type_filter(&mut list, "nothing-like-it", true));
        assert!(lines(&list).is_empty());
        assert!(type_filter(&mut list, "", true));
        assert_eq!(lines(&list), some(all));
    }
    of_each!(check);
}

#[test]
fn the_server_filters_what_is_not_loaded_but_for_projects() {
    fn check<T: Entry + Debug>(all: &[T], by_server: bool) {
        let mut list = begun(all);
        assert_eq!(type_filter(&mut list, "row-01", true), !by_server);
        if by_server {
            assert_eq!(list.ask(Slot::First), "row-01");
            assert!(list.ask(Slot::Head).is_empty(), "the loaded rows were asked for without it");
            // Taken back before it came: the loaded rows are the right ones again.
            assert!(type_filter(&mut list, "", true) && list.filter.supersede());
            assert_eq!(list.rows.gap(), Some(3));
            type_filter(&mut list, "row-01", true);
            list.ask(Slot::First);
            list.take(Slot::First, page(&all[1..2], false, 1), None, NOW);
            assert_eq!(lines(&list), some(&all[1..2]));
            assert!(list.filter.suffices() && list.refilter(NOW, true));
        } else {
            assert_eq!(lines(&list), some(&all[1..2]));
        }
    }
    check(&projects(10), false);
    check(&keys(10), true);
    check(&events(10), true);
}

#[test]
fn without_a_server_the_loaded_events_are_searched_and_that_is_known() {
    fn check<T: Entry + Debug>(all: &[T], offline: bool) {
        let mut list = begun(all);
        assert_eq!(type_filter(&mut list, "row", false), offline);
        assert_eq!(list.filter.loaded_only, offline);
        assert_eq!(list.failed(Slot::First, NOW), offline);
        assert!(!list.refilter(NOW, true), "once it answers, it is asked");
        assert!(!list.filter.loaded_only);
    }
    check(&keys(10), false);
    check(&events(10), true);
}

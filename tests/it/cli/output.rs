//! Tables, JSON and CSV.

use keydeck::cli::args::Output;
use keydeck::cli::key_tables::receipt_words;
use keydeck::cli::output::{Cell, Table};
use keydeck::wire::keys::Receipt;

use super::keys::{json, with_key};
use crate::support::home::Home;

#[test]
fn csv_has_a_header_and_defuses_formulas() {
    let home = Home::new();
    home.ok(&["projects", "create", "=1+1"]);
    home.ok(&["projects", "create", "@SUM(A1)"]);
    home.ok(&["projects", "create", "a,\"b\""]);
    let csv = home.ok(&["projects", "list", "--output", "csv"]);
    assert!(
        csv.starts_with("id,name,active,paused,stale,revoked,rules,liveVersion,createdAt,lastUsedAt\n"),
        "{csv}"
    );
    assert!(csv.contains(",'=1+1,"), "{csv}");
    assert!(csv.contains(",'@SUM(A1),"), "{csv}");
    assert!(csv.contains(",\"a,\"\"b\"\"\","), "{csv}");
    let page = json(&home.ok(&["projects", "list", "--output", "json"]));
    assert_eq!(page["items"][0]["name"], "=1+1", "JSON is exact");
}

#[test]
fn what_is_missing_is_a_word_for_people_and_empty_for_programs() {
    let (home, _) = with_key();
    assert!(home.ok(&["keys", "list"]).contains("never"));
    let csv = home.ok(&["keys", "list", "--output", "csv"]);
    let (heads, row) = csv.split_once('\n').expect("heads and a row");
    let at = |name| heads.split(',').position(|head| head == name).expect("a column");
    let cells: Vec<&str> = row.trim_end().split(',').collect();
    assert_eq!((cells[at("lastUsedAt")], cells[at("requests30d")]), ("", "0"), "{csv}");
}

#[test]
fn text_from_a_server_cannot_move_the_cursor() {
    let mut table = Table::new(&["name", "lastUsedAt"]);
    table.row([Cell::from("\u{1b}[2Jred\u{202e}"), Cell::or_never(None)]);
    let text = String::from_utf8(table.bytes(Output::Table, &())).expect("UTF-8");
    assert_eq!(text, "NAME      LAST USED AT\n\u{fffd}[2Jred\u{fffd}  never\n");
}

#[test]
fn columns_line_up_under_wide_characters() {
    let mut table = Table::new(&["name", "id"]);
    table.row([Cell::from("日本"), Cell::from(1)]);
    table.row([Cell::from("abc"), Cell::from(2)]);
    let text = String::from_utf8(table.bytes(Output::Table, &())).expect("UTF-8");
    assert_eq!(text, "NAME  ID\n日本  1\nabc   2\n");
}

#[test]
fn a_receipt_that_no_node_confirmed_is_told_in_words() {
    let receipt = |confirmed_by, nodes, expired: &[&str]| Receipt {
        revision: 7,
        confirmed_by,
        nodes,
        slowest: None,
        expired: expired.iter().map(|name| (*name).to_owned()).collect(),
    };
    for (receipt, words) in [
        (receipt(1, 1, &[]), "confirmed by 1 of 1 node (revision 7)"),
        (
            receipt(1, 2, &["eu-2"]),
            "confirmed by 1 of 2 nodes; no answer from eu-2; its lease has expired (revision 7)",
        ),
        (
            receipt(0, 2, &["eu-1", "eu-2"]),
            "none of 2 nodes has confirmed; no answer from eu-1, eu-2; their leases have expired (revision 7)",
        ),
        (
            receipt(0, 1, &["eu-1"]),
            "the only node has not confirmed; no answer from eu-1; its lease has expired (revision 7)",
        ),
        (receipt(0, 0, &[]), "no node is serving keys (revision 7)"),
    ] {
        assert_eq!(receipt_words(&receipt), words);
    }
}

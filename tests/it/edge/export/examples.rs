//! What each format looks like, and what becomes of rules that a target cannot hold.

use keydeck::edge::export::{Format, text};
use keydeck::wire::rules::{self, Rule};

use crate::edge::fixture::{exact, prefix};

fn some_rules() -> Vec<Rule> {
    vec![
        exact("/old", "/new"),
        Rule { status: 302, ..exact("/caf%C3%A9?x=1", "/menu") },
        exact("/with blank", "https://shop.example/?a=1&b=\"2\"#top"),
        prefix("/docs/", "https://docs.example/"),
        Rule { status: 308, ..prefix("/docs/api/", "https://api.example/") },
        prefix("/", "/home"),
    ]
}

/// Compares with the snapshot of this name.
fn shown(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn csv_is_what_import_reads() {
    let rules = some_rules();
    assert_eq!(rules::from_csv(text(Format::Csv, &rules).as_bytes()), Ok(rules));
    assert_eq!(text(Format::Csv, &[]), "source,destination,status,match,priority\n");
}

#[test]
fn nginx_gets_locations() {
    shown("export_nginx", &text(Format::Nginx, &some_rules()));
}

#[test]
fn nginx_gets_maps() {
    shown("export_nginx_map_exact", &text(Format::NginxMapExact, &some_rules()));
    shown("export_nginx_map_prefix", &text(Format::NginxMapPrefix, &some_rules()));
}

#[test]
fn haproxy_gets_rules() {
    shown("export_haproxy", &text(Format::Haproxy, &some_rules()));
}

#[test]
fn haproxy_gets_maps() {
    shown("export_haproxy_map_exact", &text(Format::HaproxyMapExact, &some_rules()));
    shown("export_haproxy_map_prefix", &text(Format::HaproxyMapPrefix, &some_rules()));
}

#[test]
fn what_a_target_cannot_hold_is_a_comment_that_says_why() {
    let long = "x".repeat(300);
    let rules = [
        exact("/a%2fb", "/1"),
        exact("/a//b", "/2"),
        exact("/a/.", "/3"),
        prefix("/a/../", "/4"),
        exact("/price", "/5$"),
        exact("/line", "/6\n}"),
        exact(&format!("/{}", "\"".repeat(2047)), "/7"),
        exact("/blanks", " /8 "),
        exact(&format!("/{}", "\u{1f511}".repeat(2047)), &"\u{1f511}".repeat(2048)),
        exact(&format!("/{long}"), &format!("/{long}")),
    ];
    let left_out = |format| {
        let text = text(format, &rules);
        let lines = text.lines().filter(|line| line.trim_start().starts_with("# Left out"));
        lines.map(|line| line.trim_start().to_owned()).collect::<Vec<_>>().join("\n")
    };
    shown("export_left_out_of_nginx", &left_out(Format::Nginx));
    assert_eq!(left_out(Format::NginxMapExact).lines().count(), 7);
    shown("export_left_out_of_haproxy", &left_out(Format::Haproxy));
    shown("export_left_out_of_haproxy_map", &left_out(Format::HaproxyMapExact));
    assert_eq!(left_out(Format::Csv), "");
}

#[test]
fn sources_that_differ_only_in_case_are_patterns_for_nginx() {
    let rules = [exact("/Old", "/1"), exact("/old", "/2"), exact("/other", "/3")];
    shown("export_differ_in_case", &text(Format::NginxMapExact, &rules));
}

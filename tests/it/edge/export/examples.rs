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
    let read = rules::from_csv(text(Format::Csv, &rules).as_bytes()).expect("rules");
    let mut expected = rules;
    // As they are in force, and as a Location header can hold them.
    expected[1].source = "/caf%C3%A9".into();
    expected[2].destination = "https://shop.example/?a=1&b=%222%22#top".into();
    assert_eq!(read, expected);
    assert_eq!(rules::from_csv(text(Format::Csv, &read).as_bytes()), Ok(read), "once");
    assert_eq!(text(Format::Csv, &[]), "source,destination,status,match,priority\n");
}

#[test]
fn destinations_are_encoded_once_in_every_format() {
    let rules = [
        exact("/1", "/é b/%C3%A9"),
        exact("/2", "https://bücher.example:8443/ü?q=ß&r=%20#ö"),
        exact("/3", "/100%"),
        exact("/4", "https://b%C3%BCcher.example"),
        prefix("/1", "/é b/%C3%A9"),
        prefix("/2", "https://bücher.example:8443/ü?q=ß&r=%20#ö"),
        prefix("/3", "/100%"),
        prefix("/4", "https://b%C3%BCcher.example"),
    ];
    for format in Format::ALL {
        let text = text(format, &rules);
        assert!(text.is_ascii(), "{text}");
        for encoded in [
            "/%C3%A9%20b/%C3%A9",
            "https://xn--bcher-kva.example:8443/%C3%BC?q=%C3%9F&r=%20#%C3%B6",
            "/100%25",
            "https://xn--bcher-kva.example",
        ] {
            let escaped =
                if format == Format::Haproxy { encoded.replace('%', "%%") } else { encoded.to_owned() };
            assert!(text.contains(&escaped), "{escaped} in {text}");
        }
        assert!(!text.contains("Left out"), "{text}");
    }
}

#[test]
fn of_two_rules_of_one_path_the_later_is_left_out() {
    // As deployments from before paths were compared in NFC may have them.
    let rules = [exact("/é", "/1"), exact("/e\u{301}", "/2"), prefix("/é", "/3"), prefix("/e%CC%81", "/4")];
    for format in Format::ALL.into_iter().filter(|format| *format != Format::Csv) {
        let text = text(format, &rules);
        let left_out = text.lines().filter(|line| line.contains("an earlier rule has the same path")).count();
        assert_eq!(
            left_out,
            if text.contains("map") && format != Format::Nginx && format != Format::Haproxy { 1 } else { 2 },
            "{text}"
        );
        assert!(
            !text
                .lines()
                .any(|line| !line.trim_start().starts_with('#')
                    && (line.contains("\"/2") || line.contains("/4"))),
            "{text}"
        );
    }
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
        let lines = text.lines().filter(|line| line.trim_start().starts_with("# Skipped"));
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

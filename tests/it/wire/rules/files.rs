//! Files of rules: the forms that are read, what is passed over, and the errors with their lines.

use keydeck::wire::rules::{BadRules, Draft, Form, Match, Rule, Unreadable, from_csv, read, to_csv};
use proptest::prelude::*;

use super::rule;

fn draft(text: impl AsRef<[u8]>) -> Draft {
    let text = text.as_ref();
    read(text, Form::Any).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(text)))
}

fn bad(text: impl AsRef<[u8]>) -> BadRules {
    match read(text.as_ref(), Form::Any) {
        Err(Unreadable::Rules(bad)) => bad,
        other => panic!("{other:?}"),
    }
}

fn skipped(draft: &Draft) -> Vec<&str> {
    draft.skipped.iter().map(|skipped| skipped.text.as_str()).collect()
}

#[test]
fn csv_is_read_and_written_alike() {
    let text =
        b"\xef\xbb\xbfsource,destination,status,match,priority\n/a,\"/b,c\",302,starts_with,-5\n/d,/e,,,\n";
    let rules = draft(text).rules;
    assert_eq!(
        rules[0],
        Rule {
            source: "/a".into(),
            destination: "/b,c".into(),
            status: 302,
            matching: Match::StartsWith,
            priority: -5
        }
    );
    assert_eq!(rules[1], Rule { destination: "/e".into(), ..rule("/d") });
    assert_eq!(from_csv(to_csv(&rules).as_bytes()), Ok(rules));
    assert_eq!(draft("destination,source\n/y,/x\n").rules[0].source, "/x");
    // What a server of an older version holds is shown, whatever it is.
    let old = [Rule { destination: "javascript:x".into(), ..rule("/a?b") }];
    assert_eq!(from_csv(to_csv(&old).as_bytes()).expect("rules")[0].destination, "javascript:x");
}

#[test]
fn separators_names_and_a_missing_header_are_understood() {
    let expected = [
        Rule { destination: "/b".into(), status: 302, matching: Match::StartsWith, ..rule("/a") },
        Rule { destination: "/d".into(), ..rule("/c") },
    ];
    for text in [
        "source,destination,status,match\n/a,/b,302,starts_with\n/c,/d,,\n",
        "source;destination;status;match\n/a;/b;302;starts_with\n/c;/d;;\n",
        "source\tdestination\tstatus\tmatch\n/a\t/b\t302\tstarts_with\n/c\t/d\t\t\n",
        "source|destination|status|match\n/a|/b|302|starts_with\n/c|/d||\n",
        "from,to,status,match\n/a,/b,302,starts_with\n/c,/d\n",
        "source,destination,statusCode,matchType\n/a,/b,302,starts_with\n/c,/d,301,exact\n",
        "Source;Destination;Status Code;Match_Type\r\n/a;/b;302;starts_with\r\n/c;/d;301;exact\r\n",
        "\u{feff}sep=;\nfrom;to;status;match\n/a;/b;302;starts_with\n/c;/d;;\n",
        "sep=,\r\n\"source\",\"destination\",\"status\",\"match\"\r\n/a,/b,302,starts_with\r\n/c,/d,,\r\n",
        "\"sep=|\"\n/a|/b|302|starts_with\n/c|/d\n",
        "sep=\t\n/a\t/b\t302\tstarts_with\n/c\t/d\n",
        "/a,/b,302,starts_with,0\n/c,/d,301,exact,0\n",
        "/a;/b;302;starts_with\n/c;/d\n",
        "/a,/b,starts_with,302\n/c,/d,exact,301",
        "status,match,source,destination\r302,starts_with,/a,/b\r,,/c,/d\r",
    ] {
        assert_eq!(draft(text).rules, expected, "{text:?}");
    }
    // A separator within a destination is none.
    let text = "/a,https://example.com/?x=1;y=2|z\n/b,/c;d\n";
    let destinations: Vec<_> = draft(text).rules.into_iter().map(|rule| rule.destination).collect();
    assert_eq!(destinations, ["https://example.com/?x=1;y=2|z", "/c;d"]);
}

#[test]
fn what_is_no_rule_is_passed_over_and_counted_and_lines_are_those_of_the_file() {
    let text = "sep=,\n# Old pages, \"quoted\n\nsource,destination,,status,\n  # and more\n/a,/b,,302,\n,,,,\n\
                \"/c\",\"/d\nx\",,,\n#end\n\n   \n/e,/f,,,\n# last";
    assert_eq!(
        bad(text).to_string(),
        "line 8, row 2, destination: contains the invisible or control character U+000A"
    );
    let text = text.replace("/d\nx", "/d");
    let first = draft(&text);
    assert_eq!(first.lines, [6, 8, 12]);
    assert_eq!(
        skipped(&first),
        [
            "4 comment lines skipped",
            "3 blank lines skipped",
            "1 empty row skipped",
            "2 empty columns skipped",
            "1 separator line skipped"
        ]
    );
    for ending in ["\r\n", "\r"] {
        let same = draft(text.replace('\n', ending));
        assert_eq!((&same.rules, &same.lines), (&first.rules, &first.lines), "{ending:?}");
        assert_eq!(skipped(&same), skipped(&first), "{ending:?}");
    }
    assert_eq!(skipped(&draft("source,destination\n/a,/b\n")), [""; 0]);
}

#[test]
fn a_record_of_several_lines_counts_them() {
    let text = "source,destination,status\n\"/a\n\n\",/b,301\n/c,/d,999\n";
    let lines: Vec<_> = bad(text).errors.iter().map(|bad| (bad.line, bad.row)).collect();
    assert_eq!(lines.last(), Some(&(Some(5), 2)));
}

#[test]
fn every_error_is_told_in_order_with_line_row_and_column() {
    let text = "# rules\nsource,destination,status,match\n/a,/b,999,exact\n\n/c,/d,301,foo\nx,javascript:y,,\n/a,/b,,\n";
    let told: Vec<_> = bad(text).errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "line 3, row 1, status: is 999; expected 301, 302, 307 or 308",
            "line 5, row 2, match: is neither exact nor starts_with",
            "line 6, row 3, source: does not start with /",
            "line 6, row 3, destination: is neither a path that begins with / nor an http or https URL",
            "line 7, row 4, source: has the same path as row 1 (line 3)",
        ]
    );
    let json = "[\n  {\"source\": \"/a\", \"destination\": \"/b\", \"status\": 999},\n  {\"source\": \"x\",\n   \
                \"match\": \"foo\", \"more\": 1},\n  7, {\"from\": \"/e\", \"to\": \"/f\"}\n]";
    let told: Vec<_> = bad(json).errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "line 2, row 1, status: is 999; expected 301, 302, 307 or 308",
            "line 3, row 2, source: does not start with /",
            "line 3, row 2, destination: is missing",
            "line 3, row 2, match: has an invalid value; expected exact or starts_with",
            "line 3, row 2, more: unknown field; expected source, destination, status, match or priority",
            "line 5, row 3, the row: has an invalid value; expected an object",
        ]
    );
    let many = bad(format!("source,destination\n{}", "x,/b\n".repeat(50)));
    assert_eq!((many.errors.len(), many.total), (20, 50));
}

#[test]
fn broken_csv_names_what_was_found_and_what_to_do() {
    for (text, words) in [
        (&b"source\n/a\n"[..], "line 1: missing column destination in the header: found \"source\""),
        (
            b"#\n\nsource,destination,colour\n",
            "line 3: unknown column 3 \"colour\" in the header; expected source",
        ),
        (b"source,from,destination\n", "line 1: duplicate column source in the header"),
        (
            b"a b c\n/x\n",
            "line 1: the first line is neither a header nor a rule: found \"a b c\"; start with the line \
             source,",
        ),
        (b"source,destination\n/a,/b\n/c\n", "line 3, row 2, destination: is empty"),
        (
            b"source,destination\n/a,/b,c\n",
            "line 2, row 1, source: has 3 fields, but there are 2 columns; quote",
        ),
        (b"source,,destination\n/a,x,/b\n", "line 2, row 1, source: column 2 has a value but no name"),
        (b"source,destination,status\n/a,/b,moved\n", "line 2, row 1, status: is not 301"),
        (b"source,destination,match\n/a,/b,regex\n", "line 2, row 1, match: is neither"),
        (b"source,destination,priority\n/a,/b,1.5\n", "line 2, row 1, priority: is not an integer"),
        (
            b"source,destination\n/a,\xff\n",
            "line 2, row 1, destination: is not UTF-8; save the file as UTF-8",
        ),
        (b"# nothing\n", "line 1: no rows found"),
    ] {
        let error = bad(text).to_string();
        assert!(error.starts_with(words), "{error} / {words}");
    }
}

#[test]
fn json_is_a_list_or_an_object_that_holds_one() {
    let row = r#"{"source":"/a","destination":"/b","status":302,"match":"starts_with","priority":7}"#;
    let edge = r#"{"from":"/a","to":"/b","statusCode":302,"matchType":"starts_with","priority":7}"#;
    let expected = draft(format!("[{row}]"));
    for text in [
        format!("\u{feff}[{row}]"),
        format!(" \n[{edge}]"),
        format!("{{\"items\":[{row}]}}"),
        format!("\u{feff}{{\"rules\":[{row}]}}"),
        format!("{{\"items\":[{row}],\"next\":null,\"total\":1,\"more\":false}}"),
        format!(
            "{{\"version\":3,\"createdAt\":\"x\",\"createdBy\":\"y\",\"rules\":1,\"shadowed\":[],\"items\":[{row}]}}"
        ),
    ] {
        assert_eq!(draft(&text).rules, expected.rules, "{text}");
        assert_eq!(read(text.as_bytes(), Form::Json).expect("JSON").rules, expected.rules, "{text}");
    }
    assert_eq!(draft("\u{feff}[]").rules, []);
    for (text, words) in [
        ("", "contains no list of rules"),
        ("\u{feff} \n", "contains no list of rules"),
        ("{}", "contains no list of rules"),
        ("{\"rules\":7}", "contains no list of rules"),
        ("[", "is not valid JSON: error at line 1, column 1"),
        ("[{\n\"a\":]", "is not valid JSON: error at line 2, column 5"),
        ("[] x", "is not valid JSON"),
        ("{\"items\":[],\"rules\":[]}", "rules and items are the same"),
        ("{\"items\":{}}", "items has an invalid value; expected a list"),
        ("{\"itmes\":[]}", "itmes is an unknown field"),
        ("{\"items\":[],\"next\":\"abc\"}", "next is set: this is only one page"),
    ] {
        let error = read(text.as_bytes(), Form::Any).expect_err(text).to_string();
        assert!(error.starts_with(words), "{text:?}: {error}");
    }
}

#[test]
fn a_quote_that_is_not_closed_is_told_with_the_line_where_it_opens() {
    for (text, line) in [
        ("source,destination\n/a,/b\n/c,\"/d\n/e,/f\n", "line 3, row 2, source: unclosed quote (\")"),
        ("source,destination\n\"/a\n/c,/d\n", "line 2, row 1, source: unclosed quote"),
        ("source,destination\n/a,\"/b\"\n\n# x\n/c,\"/d\"\"\n/e,/f", "line 5, row 2, source: unclosed quote"),
    ] {
        let error = read(text.as_bytes(), Form::Any).expect_err(text).to_string();
        assert!(error.contains(line), "{text:?}: {error}");
        assert!(error.contains("close or remove it"), "{error}");
    }
    let closed = "source,destination\n/a,\"/b\"\n/c,\"/d,e\"";
    assert_eq!(draft(closed).rules.len(), 2);
}

#[test]
fn a_file_in_another_encoding_is_named() {
    let text = "source,destination\n/a,/b\n";
    let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let utf32 =
        |bytes: fn(u32) -> [u8; 4]| text.chars().flat_map(|c| bytes(u32::from(c))).collect::<Vec<u8>>();
    for (bytes, name) in [
        (utf16(u16::to_le_bytes), "UTF-16"),
        (utf16(u16::to_be_bytes), "UTF-16"),
        ([&b"\xff\xfe"[..], &utf16(u16::to_le_bytes)].concat(), "UTF-16"),
        ([&b"\xfe\xff"[..], &utf16(u16::to_be_bytes)].concat(), "UTF-16"),
        (utf32(u32::to_le_bytes), "UTF-32"),
        (utf32(u32::to_be_bytes), "UTF-32"),
        ([&b"\xff\xfe\0\0"[..], &utf32(u32::to_le_bytes)].concat(), "UTF-32"),
    ] {
        for form in [Form::Any, Form::Csv, Form::Json] {
            let error = read(&bytes, form).expect_err("another encoding").to_string();
            assert_eq!(error, format!("is {name}; save it as UTF-8"));
        }
    }
    assert!(
        read(b"PK\x03\x04xl/", Form::Any).expect_err("a spreadsheet").to_string().contains("save it as CSV")
    );
    assert!(read(b"[\"\xff\"]", Form::Any).expect_err("Latin-1").to_string().contains("UTF-8"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_in_words(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        for form in [Form::Any, Form::Csv, Form::Json] {
            if let Err(error) = read(&bytes, form) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }

    #[test]
    fn texts_of_csv_are_read_or_refused_in_words(text in "(source|destination|from|to|/a|/b|301|exact|x|,|;|\t|\\||\"|\n|\r|#| |sep=|=){0,30}") {
        let _ = read(text.as_bytes(), Form::Csv);
    }

    #[test]
    fn what_is_written_is_read_again(
        rows in prop::collection::vec(("/[a-z,;|\"'# é]{0,6}[a-z]", "/[a-z,;|\"'# é?=]{0,6}[a-z]", 0..4usize, any::<bool>(), any::<i32>()), 0..9),
    ) {
        let rules: Vec<Rule> = rows
            .into_iter()
            .map(|(source, destination, status, exact, priority)| Rule {
                source: source.replace('#', "%23"),
                destination,
                status: Rule::STATUSES[status],
                matching: if exact { Match::Exact } else { Match::StartsWith },
                priority,
            })
            .collect();
        prop_assert_eq!(from_csv(to_csv(&rules).as_bytes()), Ok(rules));
    }
}

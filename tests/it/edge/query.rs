//! The query string, decoded as forms are.

use keydeck::edge::query::{Query, decode};

#[test]
fn forms_are_decoded() {
    for (written, meant) in [
        ("", Some("")),
        ("/old-post", Some("/old-post")),
        ("%2Fold%2fpost", Some("/old/post")),
        ("/a+b", Some("/a b")),
        ("/a%2Bb", Some("/a+b")),
        ("/a%20b", Some("/a b")),
        ("/caf%C3%A9", Some("/café")),
        ("/café", Some("/café")),
        ("/100%25", Some("/100%")),
        ("/a%2520b", Some("/a%20b")),
        ("/%00", Some("/\0")),
        ("/%", None),
        ("/%4", None),
        ("/%zz", None),
        ("/%é1", None),
        ("/%+1", None),
        ("/%FF", None),
        ("/%C3+", None),
    ] {
        assert_eq!(decode(written).as_deref(), meant, "{written}");
    }
}

#[test]
fn parameters_are_found_by_their_decoded_names() {
    let query = Query::of_lookup("p%61th=/a=b&project=p&&x=1&x=2&version=&projectId");
    assert_eq!(query.path, Some("/a=b"));
    assert_eq!(query.project, Some("p"));
    assert_eq!(query.version, Some(""));
    assert_eq!(query.project_id, Some(""));
    assert_eq!(query.duplicate, None, "unknown parameters do no harm");
    assert_eq!(Query::of_lookup(""), Query::default());
}

#[test]
fn a_parameter_that_comes_twice_is_named() {
    for (raw, name) in [
        ("path=/a&path=/a", "path"),
        ("path=/a&p%61th=", "path"),
        ("version=1&project=a&project=b&version=2", "project"),
        ("projectId=&projectId", "projectId"),
    ] {
        assert_eq!(Query::of_lookup(raw).duplicate, Some(name), "{raw}");
    }
    assert_eq!(Query::of_lookup("project=a&projectId=a").duplicate, None, "two names are no duplicate");
}

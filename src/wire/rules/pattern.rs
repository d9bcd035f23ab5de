//! Wildcards and patterns of other programs, which Keydeck takes literally.

use super::Rule;
use super::check::short;
use super::path::without_query;

/// A warning for a rule that looks like a pattern, with what to write instead.
pub(super) fn literal(rule: &Rule) -> Option<String> {
    let source = without_query(&rule.source);
    let in_source = in_source(source);
    let in_destination = in_destination(&rule.destination);
    let replaced = |sign: &str| format!("`{}` in the destination is used literally", short(sign));
    match (in_source, in_destination) {
        (None, None) => None,
        (None, Some(sign)) => Some(replaced(sign)),
        (Some(sign), other) => {
            let end = sign.at + sign.text.len();
            // What may follow a wildcard at the end and says no more than the wildcard.
            let at_end = source[end..].trim_start_matches(['*', '$', '/', '?']).is_empty();
            let hint = if sign.any && at_end {
                format!("use starts_with `{}`", short(&source[..sign.at]))
            } else {
                "patterns are not supported: use starts_with, or one rule per path".to_owned()
            };
            let other = other.map(|sign| format!("; {}", replaced(sign))).unwrap_or_default();
            Some(format!("`{}` is matched literally; {hint}{other}", short(sign.text)))
        }
    }
}

struct Sign<'a> {
    at: usize,
    text: &'a str,
    /// Whether it stands for any text, as far as it goes.
    any: bool,
}

/// The first sign of a pattern in a source.
fn in_source(source: &str) -> Option<Sign<'_>> {
    source.char_indices().find_map(|(at, c)| {
        let rest = &source[at..];
        let sign = |length: usize, any: bool| Some(Sign { at, text: &rest[..length], any });
        match c {
            '*' => sign(rest.len() - rest.trim_start_matches('*').len(), true),
            ':' if source[..at].ends_with('/') => match name(&rest[1..]) {
                0 => None,
                length => sign(1 + length, true),
            },
            '.' if rest[1..].starts_with(['*', '+']) => sign(2, true),
            '(' => {
                let length = rest.find(')')? + 1;
                let inner = &rest[1..length - 1];
                let any = matches!(inner, ".*" | ".+" | ".*?" | ".+?" | "[^/]*" | "[^/]+");
                if any || inner.contains(['*', '+', '|', '[', '\\', '^', '$', '?']) {
                    sign(length, any)
                } else {
                    None
                }
            }
            '[' => sign(rest.find(']')? + 1, rest.starts_with("[...")),
            '{' => sign(rest.find('}')? + 1, true),
            '<' => sign(rest.find('>')? + 1, true),
            '\\' => sign(1 + rest[1..].chars().next()?.len_utf8(), false),
            '^' => sign(1, false),
            '$' if rest.len() == 1 || rest[1..].starts_with(|c: char| c.is_ascii_digit()) => {
                sign(rest.len().min(2), false)
            }
            _ => None,
        }
    })
}

/// The first sign in a destination of something that other programs would replace.
fn in_destination(destination: &str) -> Option<&str> {
    let path = without_query(destination).len();
    destination.char_indices().find_map(|(at, c)| {
        let rest = &destination[at..];
        match c {
            '*' if at < path => Some("*"),
            ':' if at < path && destination[..at].ends_with('/') => match name(&rest[1..]) {
                0 => None,
                length => Some(&rest[..=length]),
            },
            '$' => {
                let after = &rest[1..];
                let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
                match name(after) {
                    _ if digits > 0 => Some(&rest[..=digits]),
                    _ if after.starts_with('{') => Some(&rest[..=rest.find('}')?]),
                    length => {
                        let variable = [
                            "request_uri",
                            "uri",
                            "args",
                            "query_string",
                            "host",
                            "http_host",
                            "scheme",
                            "splat",
                        ];
                        variable.contains(&&after[..length]).then(|| &rest[..=length])
                    }
                }
            }
            '\\' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => Some(&rest[..2]),
            '{' if at < path => Some(&rest[..=rest.find('}')?]),
            '%' if rest[1..].starts_with('{') => Some(&rest[..=rest.find('}')?]),
            _ => None,
        }
    })
}

/// The length of a name of letters, digits and `_` that does not begin with a digit.
fn name(text: &str) -> usize {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    text.len() - text.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').len()
}

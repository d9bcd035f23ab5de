//! The words and signs of Rust code.

/// Names, `::` and single signs; comments, texts and characters are left out.
pub(super) fn tokens(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let rest = &text[at..];
        let end = |sign: &str| rest.find(sign).map_or(text.len(), |end| at + end + sign.len());
        match byte {
            b'/' if rest.starts_with("//") => at = end("\n"),
            b'/' if rest.starts_with("/*") => at = end("*/"),
            b'"' => at = end_of_text(bytes, at + 1),
            b'r' | b'b' if raw(rest).is_some() => {
                let (open, close) = raw(rest).expect("just seen");
                at += open;
                at += text[at..].find(&close).map_or(text.len() - at, |end| end + close.len());
            }
            b'\'' => {
                let mut chars = rest.char_indices().skip(1);
                at += match (chars.next(), chars.next()) {
                    (Some((_, '\\')), Some((next, c))) => {
                        // The escaped sign itself may be a quote.
                        let after = next + c.len_utf8();
                        rest[after..].find('\'').map_or(1, |end| after + end + 1)
                    }
                    (Some(_), Some((next, '\''))) => next + 1,
                    _ => 1,
                };
            }
            b':' if rest.starts_with("::") => {
                found.push(&text[at..at + 2]);
                at += 2;
            }
            byte if byte.is_ascii_alphanumeric() || *byte == b'_' => {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                found.push(&rest[..end]);
                at += end;
            }
            byte if byte.is_ascii_whitespace() => at += 1,
            _ => {
                let length = rest.chars().next().map_or(1, char::len_utf8);
                found.push(&rest[..length]);
                at += length;
            }
        }
    }
    found
}

/// How long the beginning of a raw text is, and its end.
fn raw(rest: &str) -> Option<(usize, String)> {
    let start = rest.strip_prefix('b').unwrap_or(rest).strip_prefix('r')?;
    let signs = start.bytes().take_while(|byte| *byte == b'#').count();
    start[signs..]
        .starts_with('"')
        .then(|| (rest.len() - start.len() + signs + 1, format!("\"{}", "#".repeat(signs))))
}

fn end_of_text(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    at
}

//! Entity tags: whether an answer is still what the caller has.

use sha2::{Digest, Sha256};

/// The tag of a body: its hash, quoted.
pub fn of(body: &[u8]) -> String {
    let digest: [u8; 32] = Sha256::digest(body).into();
    let mut tag = String::with_capacity(34);
    tag.push('"');
    for byte in &digest[..16] {
        use std::fmt::Write as _;
        write!(tag, "{byte:02x}").expect("memory takes all bytes");
    }
    tag.push('"');
    tag
}

/// Whether an `If-None-Match` names the tag: in its list, as a weak tag too, or as `*`.
pub fn matches(if_none_match: &str, tag: &str) -> bool {
    if_none_match
        .split(',')
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

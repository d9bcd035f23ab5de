//! The one form in which paths are compared.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization as _, is_nfc};

/// A source or a looked-up path brought to the one form in which they are compared.
///
/// It is cut at its first `?` or `#`; percent sequences of valid UTF-8 are decoded, except those for
/// `/`, `?`, `#` and `%`, which keep a meaning of their own (their hex digits are brought to upper case).
/// Letters with marks are composed (NFC), since some systems send `é` as `e` and an accent.
///
/// # Errors
/// When it does not start with `/`, or holds a broken percent sequence or one that is not UTF-8.
pub fn canonical_path(path: &str) -> Result<String, BadPath> {
    if !path.starts_with('/') {
        return Err(BadPath::Slash);
    }
    let path = without_query(path);
    if !path.contains('%') {
        return Ok(composed(Cow::Borrowed(path)));
    }
    let bytes = path.as_bytes();
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'%' {
            out.push(bytes[at]);
            at += 1;
            continue;
        }
        let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(at + 1), digit(at + 2)) else {
            return Err(BadPath::Percent);
        };
        let byte = (high * 16 + low) as u8;
        if matches!(byte, b'/' | b'?' | b'#' | b'%') {
            out.extend(format!("%{byte:02X}").bytes());
        } else {
            out.push(byte);
        }
        at += 3;
    }
    String::from_utf8(out).map(|path| composed(Cow::Owned(path))).map_err(|_| BadPath::Utf8)
}

/// A path up to its first `?` or `#`: what is compared.
pub fn without_query(path: &str) -> &str {
    &path[..path.find(['?', '#']).unwrap_or(path.len())]
}

/// In NFC. Nearly every path is ASCII, which costs one look.
fn composed(path: Cow<'_, str>) -> String {
    if path.is_ascii() || is_nfc(&path) { path.into_owned() } else { path.nfc().collect() }
}

/// Why a path cannot be compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadPath {
    /// No leading slash.
    #[error("does not start with /")]
    Slash,
    /// A `%` without two hex digits.
    #[error("has a % without two hex digits after it")]
    Percent,
    /// Percent sequences that decode to no UTF-8.
    #[error("has percent-encoded bytes that are not UTF-8")]
    Utf8,
}

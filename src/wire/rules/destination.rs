//! Destinations: which are safe to send a browser to, and how they are written into a `Location` header.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use url::Url;

use super::path::{canonical_path, without_query};
use crate::wire::text::is_hostile;

/// The most characters of a destination, and of a source.
pub const URL_MAX: usize = 2048;

/// Why a destination is refused. Browsers read a `Location` generously: they take `\` for `/`, and drop tabs
/// and line breaks. So what may lead elsewhere than it seems to is refused, in either spelling of a character.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadDestination {
    /// Nothing.
    #[error("is empty")]
    Empty,
    /// More characters than allowed.
    #[error("is longer than {URL_MAX} characters")]
    Long,
    /// A control, bidirectional or invisible character.
    #[error("contains the invisible or control character U+{0:04X}")]
    Invisible(u32),
    /// Browsers would cut the blanks away.
    #[error("has leading or trailing blanks; remove them")]
    Blanks,
    /// `//host`, or a spelling of it.
    #[error(
        "points to another host without http or https; use https://host/path, or a path that begins with a \
         single /"
    )]
    Host,
    /// `http:///path`, `https://`.
    #[error("is a URL without a host; use https://host/path")]
    NoHost,
    /// `https://user@host`.
    #[error("contains a user name; remove everything up to the @")]
    User,
    /// `https://host\@other`, which programs read in different ways.
    #[error("contains a \\ in its host; use /")]
    Backslash,
    /// The host or port is none.
    #[error("has an invalid host or port ({0})")]
    BadHost(url::ParseError),
    /// Another scheme, a bare word, a relative path.
    #[error("is neither a path that begins with / nor an http or https URL")]
    Neither,
}

/// Whether a browser may be sent there.
///
/// # Errors
/// Why not.
pub fn check(text: &str) -> Result<(), BadDestination> {
    if text.is_empty() {
        return Err(BadDestination::Empty);
    }
    let (head, tail) = text.split_at(without_query(text).len());
    let (plain_head, plain_tail) = (decoded(head), decoded(tail));
    // A percent sequence counts as the character that it stands for, so that both spellings are alike.
    if plain_head.chars().count() + plain_tail.chars().count() > URL_MAX {
        return Err(BadDestination::Long);
    }
    // Links that share a text carry encoded line breaks in their query; no browser acts on them there.
    let in_query = |c: &char| is_refused(*c) && !matches!(c, '\n' | '\r' | '\t');
    if let Some(c) = text
        .chars()
        .find(|c| is_refused(*c))
        .or_else(|| plain_head.chars().find(|c| is_refused(*c)))
        .or_else(|| plain_tail.chars().find(in_query))
    {
        return Err(BadDestination::Invisible(u32::from(c)));
    }
    if text.trim_matches(' ').len() != text.len() {
        return Err(BadDestination::Blanks);
    }
    if plain_head.starts_with(['/', '\\']) {
        return match plain_head[1..].starts_with(['/', '\\']) {
            true => Err(BadDestination::Host),
            false if text.starts_with('/') => Ok(()),
            false => Err(BadDestination::Neither),
        };
    }
    let authority = authority(text).ok_or(BadDestination::Neither)?;
    if authority.is_empty() || authority.starts_with(['\\', ':']) {
        return Err(BadDestination::NoHost);
    }
    let plain = decoded(authority);
    if plain.contains('\\') {
        return Err(BadDestination::Backslash);
    }
    if plain.contains('@') {
        return Err(BadDestination::User);
    }
    let url = Url::parse(text).map_err(BadDestination::BadHost)?;
    match url.host_str() {
        Some(host) if !host.trim_matches('.').is_empty() => Ok(()),
        _ => Err(BadDestination::NoHost),
    }
}

/// A destination as a `Location` header can hold it: what may not stand in a URL is percent-encoded, and an
/// international host name is in its ASCII form. What is encoded already stays as it is, so that encoding
/// twice is the same as encoding once.
pub fn encoded(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    if let Some(authority) = authority(text)
        && (!authority.is_ascii() || authority.contains('%'))
        && let Ok(url) = Url::parse(text)
        && let Some(host) = url.host_str()
    {
        let before = text.len() - text.trim_start_matches(|c| c != ':').len() + "://".len();
        out.push_str(&text[..before]);
        out.push_str(host);
        if let Some(port) = url.port() {
            write!(out, ":{port}").expect("memory takes all bytes");
        }
        rest = &text[before + authority.len()..];
    }
    let bytes = rest.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        if may_stand(*byte) || (*byte == b'%' && is_sequence(&bytes[at..])) {
            out.push(char::from(*byte));
        } else {
            write!(out, "%{byte:02X}").expect("memory takes all bytes");
        }
    }
    Cow::Owned(out)
}

/// The path that a browser asks this server for when it is sent there, in the form that lookups compare; none
/// when it is sent to another host, or for a path that no lookup can be made for.
pub(super) fn asked_for(text: &str) -> Option<String> {
    static ANY_HOST: LazyLock<Url> = LazyLock::new(|| Url::parse("http://host.invalid/").expect("a URL"));
    if !text.starts_with('/') || text[1..].starts_with(['/', '\\']) {
        return None;
    }
    let path = encoded(without_query(text));
    let dots = path.contains("/.") || path.to_ascii_lowercase().contains("%2e");
    if dots && let Ok(url) = ANY_HOST.join(&path) {
        // Browsers resolve `/./` and `/../` before they ask.
        return canonical_path(url.path()).ok();
    }
    canonical_path(&path).ok()
}

/// What stands between `http://` and the path.
fn authority(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    let http = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    http.then(|| &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())])
}

fn decoded(text: &str) -> Cow<'_, str> {
    if text.contains('%') { percent_decode_str(text).decode_utf8_lossy() } else { Cow::Borrowed(text) }
}

/// Hostile characters, but for those that words of some languages and emoji are spelled with.
fn is_refused(c: char) -> bool {
    is_hostile(c)
        && !matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0020}'..='\u{e007f}')
}

fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes
        .iter()
        .enumerate()
        .all(|(at, byte)| may_stand(*byte) || (*byte == b'%' && is_sequence(&bytes[at..])))
        && !authority(text).is_some_and(|authority| authority.contains('%'))
}

/// What RFC 3986 lets stand in a URL as it is.
fn may_stand(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(&byte)
}

fn is_sequence(bytes: &[u8]) -> bool {
    bytes.len() > 2 && bytes[1].is_ascii_hexdigit() && bytes[2].is_ascii_hexdigit()
}

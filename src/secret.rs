//! The key format: generate, parse, mask, hash and compare, in memory that is wiped.
//!
//! A key is a literal prefix (11 characters), then 32 characters of `[0-9A-Za-z]`: 4 of handle, 22 of
//! secret, 6 of checksum. Handle and the last four characters are public; 107 bits stay unknown to who
//! holds both.
//!
//! ```
//! use keydeck::secret::{Kind, Secret};
//!
//! let key = Secret::parse("redir_live_7kf2Q9w3ErTy5UiOp1AsDf8GhJ2I1YZq").expect("a right checksum");
//! assert_eq!(key.kind(), Kind::Live);
//! assert_eq!(key.hint().to_string(), "redir_live_7kf2****...****1YZq");
//! assert_eq!(format!("{key:?}"), "Secret(..)");
//! ```

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use rand::TryRng;
use rand::rngs::SysRng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Characters of every prefix.
pub const PREFIX_LEN: usize = 11;
/// Characters after the prefix.
pub const BODY_LEN: usize = 32;
/// Characters of a whole key.
pub const KEY_LEN: usize = PREFIX_LEN + BODY_LEN;
/// Characters of the public handle.
pub const HANDLE_LEN: usize = 4;
/// Bytes of the random salt of each stored key.
pub const SALT_LEN: usize = 16;
/// The stored name of SHA-256(salt ‖ full key), so that the scheme can change one day.
pub const ALGORITHM_SHA256: i64 = 1;

const CHECKSUM_LEN: usize = 6;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// What a key is for; the literal prefix says it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Kind {
    /// `redir_live_`: an API key for production.
    Live,
    /// `redir_test_`: an API key for tests.
    Test,
    /// `redir_mgmt_`: a management token.
    Management,
}

impl Kind {
    /// All kinds there are.
    pub const ALL: [Kind; 3] = [Kind::Live, Kind::Test, Kind::Management];

    /// The literal prefix.
    pub const fn prefix(self) -> &'static str {
        match self {
            Kind::Live => "redir_live_",
            Kind::Test => "redir_test_",
            Kind::Management => "redir_mgmt_",
        }
    }

    fn of(text: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| text.starts_with(kind.prefix()))
    }
}

/// Why a text is not a key. It never repeats the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Malformed {
    /// No known prefix.
    #[error("it does not start with redir_live_, redir_test_ or redir_mgmt_")]
    Prefix,
    /// Not 32 characters after the prefix.
    #[error("expected 32 characters after the prefix, found {0}")]
    Length(usize),
    /// A character outside `[0-9A-Za-z]`.
    #[error("character {0} is not a letter or a digit")]
    Alphabet(usize),
    /// The checksum differs: most likely a typing error.
    #[error("wrong checksum: a character is missing or mistyped")]
    Checksum,
}

/// The full text of a key or token: one shared value in memory that is wiped with its last handle.
///
/// Comparison takes the same time wherever the texts differ; `Debug` prints no byte; there is no
/// `Display` and no `Serialize`: who needs the text says [`Secret::reveal`].
#[derive(Clone)]
pub struct Secret(Arc<Text>);

#[derive(Zeroize, ZeroizeOnDrop)]
struct Text(Box<str>);

impl Secret {
    /// Makes a new key from the operating system's generator.
    ///
    /// # Errors
    /// When the operating system has no random bytes to give.
    pub fn generate(kind: Kind) -> Result<Secret, GeneratorFailed> {
        let mut text = Zeroizing::new(String::with_capacity(KEY_LEN));
        text.push_str(kind.prefix());
        let mut pool = Zeroizing::new([0u8; 64]);
        while text.len() < KEY_LEN - CHECKSUM_LEN {
            SysRng.try_fill_bytes(&mut pool[..]).map_err(|_| GeneratorFailed)?;
            // 248 = 4 * 62: bytes above it would make the first digits likelier than the others.
            for byte in pool.iter().filter(|byte| **byte < 248) {
                if text.len() < KEY_LEN - CHECKSUM_LEN {
                    text.push(char::from(ALPHABET[usize::from(byte % 62)]));
                }
            }
        }
        let sum = checksum(text.as_bytes());
        text.push_str(std::str::from_utf8(&sum).expect("the alphabet is ASCII"));
        Ok(Secret::wrap(&text))
    }

    /// Reads a key: prefix, length, alphabet and checksum, in this order.
    ///
    /// # Errors
    /// What is wrong with the text; never the text itself.
    pub fn parse(text: &str) -> Result<Secret, Malformed> {
        check(text).map(|_| Secret::wrap(text))
    }

    fn wrap(text: &str) -> Secret {
        Secret(Arc::new(Text(text.into())))
    }

    /// The whole text, for the one answer, the one dialog or the one header that carries it.
    pub fn reveal(&self) -> &str {
        &self.0.0
    }

    /// Live, test or management.
    pub fn kind(&self) -> Kind {
        Kind::of(self.reveal()).expect("checked when it was made")
    }

    /// The four public characters that index the record.
    pub fn handle(&self) -> &str {
        &self.reveal()[PREFIX_LEN..PREFIX_LEN + HANDLE_LEN]
    }

    /// The last four characters, public too.
    pub fn last4(&self) -> &str {
        &self.reveal()[KEY_LEN - 4..]
    }

    /// What may be shown of it for ever.
    pub fn hint(&self) -> MaskedKey {
        MaskedKey { kind: self.kind(), handle: four(self.handle()), last4: four(self.last4()) }
    }

    /// Hashes it with a fresh salt, for the store.
    ///
    /// # Errors
    /// When the operating system has no random bytes to give.
    pub fn hash(&self) -> Result<Hash, GeneratorFailed> {
        Hash::of(self.reveal())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Secret) -> bool {
        self.reveal().as_bytes().ct_eq(other.reveal().as_bytes()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The operating system gave no random bytes; nothing was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the system's random number generator failed; nothing was created, try again")]
pub struct GeneratorFailed;

/// What the store keeps of a key beside its hint: a salt and SHA-256(salt ‖ full key).
#[derive(Clone, PartialEq, Eq)]
pub struct Hash {
    /// Random, of this key alone.
    pub salt: [u8; SALT_LEN],
    /// SHA-256 over salt and full key.
    pub digest: [u8; 32],
}

impl Hash {
    /// A hash that no text has, to spend the same time on an unknown handle.
    pub const DUMMY: Hash = Hash { salt: [0; SALT_LEN], digest: [0; 32] };

    /// Hashes a text with a fresh salt.
    ///
    /// # Errors
    /// When the operating system has no random bytes to give.
    pub fn of(text: &str) -> Result<Hash, GeneratorFailed> {
        let mut salt = [0u8; SALT_LEN];
        SysRng.try_fill_bytes(&mut salt).map_err(|_| GeneratorFailed)?;
        Ok(Hash { salt, digest: digest(&salt, text) })
    }

    /// Whether `text` is the key that was hashed; in constant time.
    pub fn matches(&self, text: &str) -> bool {
        digest(&self.salt, text).ct_eq(&self.digest).into()
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hash(..)")
    }
}

/// The mask of a key, `redir_live_7kf2****...****x9m1`: prefix, handle and last four characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct MaskedKey {
    kind: Kind,
    handle: [u8; 4],
    last4: [u8; 4],
}

impl MaskedKey {
    const MIDDLE: &'static str = "****...****";

    /// A hint from its parts.
    ///
    /// # Errors
    /// When handle or last four are not four letters or digits.
    pub fn new(kind: Kind, handle: &str, last4: &str) -> Result<MaskedKey, Malformed> {
        let part = |text: &str| {
            if text.len() != 4 {
                return Err(Malformed::Length(text.len()));
            }
            match text.bytes().position(|byte| !byte.is_ascii_alphanumeric()) {
                Some(at) => Err(Malformed::Alphabet(at + 1)),
                None => Ok(four(text)),
            }
        };
        Ok(MaskedKey { kind, handle: part(handle)?, last4: part(last4)? })
    }

    /// Live, test or management.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The public handle.
    pub fn handle(&self) -> &str {
        std::str::from_utf8(&self.handle).expect("checked when it was made")
    }

    /// The last four characters.
    pub fn last4(&self) -> &str {
        std::str::from_utf8(&self.last4).expect("checked when it was made")
    }
}

impl MaskedKey {
    /// Writes it behind a text, without the detour of formatting: a filter does so for 100,000 keys.
    pub fn push_to(&self, text: &mut String) {
        for part in [self.kind.prefix(), self.handle(), MaskedKey::MIDDLE, self.last4()] {
            text.push_str(part);
        }
    }
}

impl fmt::Display for MaskedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}{}", self.kind.prefix(), self.handle(), MaskedKey::MIDDLE, self.last4())
    }
}

impl FromStr for MaskedKey {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<MaskedKey, Malformed> {
        let kind = Kind::of(text).ok_or(Malformed::Prefix)?;
        let rest = &text[PREFIX_LEN..];
        let (handle, last4) =
            rest.split_once(MaskedKey::MIDDLE).ok_or(Malformed::Length(rest.chars().count()))?;
        MaskedKey::new(kind, handle, last4)
    }
}

/// Checks prefix, length, alphabet and checksum of a text, without touching a store.
///
/// # Errors
/// The first rule that it breaks.
pub fn check(text: &str) -> Result<Kind, Malformed> {
    let kind = Kind::of(text).ok_or(Malformed::Prefix)?;
    let body = &text[PREFIX_LEN..];
    if body.len() != BODY_LEN {
        return Err(Malformed::Length(body.chars().count()));
    }
    if let Some(at) = body.bytes().position(|byte| !byte.is_ascii_alphanumeric()) {
        return Err(Malformed::Alphabet(PREFIX_LEN + at + 1));
    }
    let (before, sum) = text.as_bytes().split_at(KEY_LEN - CHECKSUM_LEN);
    if checksum(before) == sum { Ok(kind) } else { Err(Malformed::Checksum) }
}

/// The public start of a text that looks like an API key and is none, cut or mistyped: `live_7kf2`, which the masked
/// key has, too.
pub fn start_of_damaged(text: &str) -> Option<&str> {
    let text = text.trim();
    let api = matches!(Kind::of(text)?, Kind::Live | Kind::Test);
    let start = text.get("redir_".len()..PREFIX_LEN + HANDLE_LEN)?;
    let handle = &text.as_bytes()[PREFIX_LEN..PREFIX_LEN + HANDLE_LEN];
    let plain = handle.iter().all(u8::is_ascii_alphanumeric) && !text.contains(char::is_whitespace);
    (api && plain && check(text).is_err()).then_some(start)
}

/// The text in which `*` stands for each character of a whole or a cut key behind its public start: for a line in
/// which one may be typed. Its length stays the same.
///
/// ```
/// assert_eq!(keydeck::secret::covered("key redir_live_7kf2Q9w is cut"), "key redir_live_7kf2*** is cut");
/// assert_eq!(keydeck::secret::covered("redir_live_7kf2****...****x9m1"), "redir_live_7kf2****...****x9m1");
/// ```
pub fn covered(text: &str) -> Cow<'_, str> {
    replace_bodies(text, |length| "*".repeat(length))
}

/// The text with the public start alone of each whole or cut key in it.
///
/// ```
/// assert_eq!(keydeck::secret::public_starts("redir_live_7kf2Q9w status:idle"), "redir_live_7kf2 status:idle");
/// ```
pub fn public_starts(text: &str) -> Cow<'_, str> {
    replace_bodies(text, |_| String::new())
}

/// Whether the text holds a whole or a cut key: more of it than its public start. A masked key is none.
///
/// What follows the prefix of a key is found without it, too, by its length and checksum. Of random words of 32 letters
/// and digits, one in 19 billion passes for that; a shorter part is not told from other text.
///
/// ```
/// assert!(keydeck::secret::holds_part("use redir_live_7kf2Q9w3Er"));
/// assert!(keydeck::secret::holds_part("000000000000000000000000004fWfYi leaked"));
/// assert!(!keydeck::secret::holds_part("redir_live_7kf2****...****x9m1, redir_live_7kf2…x9m1, redir_live_7kf2"));
/// ```
pub fn holds_part(text: &str) -> bool {
    matches!(public_starts(text), Cow::Owned(_))
        || text.split(|c: char| !c.is_ascii_alphanumeric()).any(is_body)
}

/// Whether this is all of a key but its prefix.
fn is_body(word: &str) -> bool {
    let whole = |kind: Kind| Zeroizing::new([kind.prefix(), word].concat());
    word.len() == BODY_LEN && Kind::ALL.into_iter().any(|kind| check(&whole(kind)).is_ok())
}

/// Replaces what stands behind the public start of each whole or cut key.
fn replace_bodies(text: &str, with: impl Fn(usize) -> String) -> Cow<'_, str> {
    let (mut out, mut done) = (String::new(), 0);
    for (at, _) in text.match_indices("redir_") {
        let start = at + PREFIX_LEN + HANDLE_LEN;
        let Some(body) = text.get(at + PREFIX_LEN..).filter(|_| Kind::of(&text[at..]).is_some()) else {
            continue;
        };
        let letters = body.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let end = at + PREFIX_LEN + letters;
        if end > start {
            out.push_str(&text[done..start]);
            out.push_str(&with(end - start));
            done = end;
        }
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// Where the first whole key stands in a text (prefix, 32 characters, right checksum), if there is one.
///
/// All layers use this one function: such a text is never stored, sent as text, logged or shown.
pub fn find(text: &str) -> Option<Range<usize>> {
    find_from(text, 0)
}

/// Whether a text holds a whole key, as it stands or percent-encoded (once or twice): for addresses and what
/// becomes a part of them.
///
/// ```
/// let key = "redir_test_000000000000000000000000004fWfYi";
/// assert!(keydeck::secret::holds(&format!("/a/%2572{}?b", &key[1..])));
/// assert!(!keydeck::secret::holds("/a/%72edir_test_"));
/// ```
pub fn holds(text: &str) -> bool {
    let mut text = Cow::Borrowed(text);
    for _ in 0..3 {
        if find(&text).is_some() {
            return true;
        }
        if !text.contains('%') {
            return false;
        }
        text = Cow::Owned(percent_decode_str(&text).decode_utf8_lossy().into_owned());
    }
    false
}

/// The text with each whole key in it replaced by its mask; borrowed when there is none.
///
/// ```
/// let line = "revoke redir_test_000000000000000000000000004fWfYi now";
/// assert_eq!(keydeck::secret::masked(line), "revoke redir_test_0000****...****WfYi now");
/// ```
pub fn masked(text: &str) -> Cow<'_, str> {
    let Some(mut at) = find(text) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    loop {
        out.push_str(&text[done..at.start]);
        let key = &text[at.clone()];
        let kind = Kind::of(key).expect("found by its prefix");
        let hint = MaskedKey { kind, handle: four(&key[PREFIX_LEN..]), last4: four(&key[KEY_LEN - 4..]) };
        out.push_str(&hint.to_string());
        done = at.end;
        match find_from(text, done) {
            Some(next) => at = next,
            None => break,
        }
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

fn find_from(text: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    text[from..].match_indices("redir_").map(|(at, _)| from + at).find_map(|at| {
        let candidate = bytes.get(at..at + KEY_LEN)?;
        check(std::str::from_utf8(candidate).ok()?).ok().map(|_| at..at + KEY_LEN)
    })
}

fn checksum(before: &[u8]) -> [u8; CHECKSUM_LEN] {
    let mut rest = crc32fast::hash(before);
    let mut digits = [b'0'; CHECKSUM_LEN];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    digits
}

fn digest(salt: &[u8; SALT_LEN], text: &str) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(salt);
    hasher.update(text.as_bytes());
    hasher.finalize().into()
}

fn four(text: &str) -> [u8; 4] {
    let bytes = text.as_bytes();
    [bytes[0], bytes[1], bytes[2], bytes[3]]
}

//! URLs of the settings: a password in one is for databases alone, and is not repeated.

use std::borrow::Cow;

/// Why a server's URL is refused.
pub const USER_REFUSED: &str = "the URL contains a user name or password; pass only the address, such as \
     https://keys.example.com, and save the token with `keydeck login`";

/// Whether the URL of a server holds a user name or password. A password may hold slashes and more, so any @
/// counts; what an address that is good holds of them can be written as %40.
pub fn has_user(server: &str) -> bool {
    server.contains('@')
}

/// The text with what may be a user and a password in a URL left out: what stands between `://` and the last @.
pub fn without_user(text: &str) -> Cow<'_, str> {
    let Some((before, rest)) = text.split_once("://") else { return Cow::Borrowed(text) };
    match rest.rsplit_once('@') {
        Some((_, host)) => Cow::Owned(format!("{before}://…@{host}")),
        None => Cow::Borrowed(text),
    }
}

//! The command that creates the pack of a review, for the person who signs.

use crate::tui::model::dialogs::interaction::Facts;
use crate::wire::reviews::Review;

/// The command that creates the pack to sign, as it works wherever the server or database can be reached.
pub(in crate::tui) fn pack_command(review: &Review, facts: Facts<'_>) -> String {
    let place = match data_place(facts) {
        DataPlace::Server(url) => format!(" --server {}", shell_word(url)),
        DataPlace::Database(url) => format!(" --database {}", shell_word(url)),
        DataPlace::Here | DataPlace::Demo => String::new(),
    };
    format!("keydeck audit report --review {}{place}", review.id)
}

/// What is needed for that command, or why it does not work. True for every reader, whether or not a server runs.
pub(in crate::tui) fn pack_needs(facts: Facts<'_>) -> &'static str {
    match data_place(facts) {
        DataPlace::Server(_) => "Anyone who runs it needs a token of their own (`keydeck login URL`).",
        DataPlace::Database(_) => "Anyone who runs it needs access to this database.",
        DataPlace::Here => "It works on this machine only. Others need `keydeck serve` and a token.",
        DataPlace::Demo => "The demo cannot create packs: its data exists in this window only.",
    }
}

/// Where the data is, for a command that another person runs.
enum DataPlace<'a> {
    /// A server with this URL.
    Server(&'a str),
    /// A database with this URL.
    Database(&'a str),
    /// The usual database of this user.
    Here,
    /// In the memory of this process.
    Demo,
}

fn data_place(facts: Facts<'_>) -> DataPlace<'_> {
    let here = facts.setup.contexts.here();
    match here.map_or(&*facts.connection.place.server, |context| &context.place) {
        _ if facts.setup.demo => DataPlace::Demo,
        url if url.starts_with("http") => DataPlace::Server(url),
        url if url.contains(':') => DataPlace::Database(url),
        _ => DataPlace::Here,
    }
}

/// A word of a command, quoted where the shell would read something else.
fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,=~".contains(c);
    // The shell expands `~` at the beginning to a home directory, and zsh expands `=` to the path of a program.
    if word.chars().all(plain) && !word.starts_with(['~', '=']) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

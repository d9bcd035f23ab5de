//! `keydeck completions` and `keydeck man`: written from the same description as `--help`.

use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_complete::env::Shells;

use super::args::Cli;
use super::exit::{Exit, Failure};
use super::{complete, log, manual, output};
use crate::manual::{CHAPTERS, Chapter};

/// Prints the script that lets a shell complete commands, options and names by running this program.
///
/// # Errors
/// When standard output cannot be written.
pub fn completions(shell: Shell) -> Result<(), Failure> {
    let shells = Shells::builtins();
    let completer = shells.completer(&shell.to_string()).ok_or_else(Failure::fault)?;
    let mut script = Vec::new();
    // Writing to memory does not fail.
    let _ = completer.write_registration(complete::VARIABLE, "keydeck", "keydeck", "keydeck", &mut script);
    if shell == Shell::Zsh {
        // As a function on zsh's fpath, the file is run by the first completion and must answer it.
        script.extend_from_slice(
            b"if [[ \"${funcstack[1]-}\" = _keydeck ]]; then _clap_dynamic_completer_keydeck; fi\n",
        );
    }
    output::write(&script)
}

/// Writes the manual: the page of the program, or a chapter as plain text, to standard output; or all man pages into
/// a directory, which must exist. The name of a chapter is never a directory. `is_text` is whether text was asked for.
///
/// # Errors
/// When it cannot be written.
pub fn man(place: Option<&Path>, is_text: bool) -> Result<(), Failure> {
    let Some(place) = place else {
        // Who pipes it wants the source of the page; who reads it does not.
        if is_text || io::stdout().is_terminal() {
            return output::write(readable().as_bytes());
        }
        // `keydeck man | less` is meant to be read.
        if io::stderr().is_terminal() {
            log::say("note: this is the source of the man page; to read it: keydeck man --text");
        }
        return output::write(manual::page_of_program(Cli::command()).as_bytes());
    };
    if let Some(chapter) = place.to_str().and_then(Chapter::named) {
        return output::write(manual::plain(chapter).as_bytes());
    }
    if is_text && place.is_dir() {
        return Err(Failure::usage("--text prints to standard output; omit the directory"));
    }
    if !place.is_dir() {
        let text = format!("no topic and no directory {}; topics: {}", place.display(), topics());
        return Err(Failure::new(Exit::Failed, text));
    }
    let written = clap_mangen::generate_to(Cli::command(), place)
        .and_then(|()| fs::write(place.join("keydeck.1"), manual::page_of_program(Cli::command())))
        .and_then(|()| manual::write_pages(place));
    written.map_err(|error| {
        Failure::new(Exit::Failed, format!("cannot write the manual to {}: {error}", place.display()))
    })
}

/// The page of the program as plain text.
fn readable() -> String {
    let help = Cli::command().term_width(80).render_long_help().to_string();
    let topic = |chapter: &Chapter| format!("  keydeck man {:<18}  {}\n", chapter.name, chapter.about);
    let topics: String = CHAPTERS.iter().map(topic).collect();
    format!(
        "{}\n\nManual:\n{topics}  {:<30}  write all man pages to a directory\n",
        help.trim_end(),
        "keydeck man DIR"
    )
}

fn topics() -> String {
    CHAPTERS.iter().map(|chapter| chapter.name).collect::<Vec<_>>().join(", ")
}

//! `keydeck completions` and `keydeck man`: written from the same description as `--help`.

use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::args::Cli;
use super::exit::{Exit, Failure};
use super::output;

/// Writes the completions of a shell to standard output.
///
/// # Errors
/// When standard output cannot be written.
pub fn completions(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "keydeck", &mut script);
    output::write(&script)
}

/// Writes the manual: the page of the program to standard output, or a page for each command into a
/// directory, which must be there.
///
/// # Errors
/// When it cannot be written.
pub fn man(directory: Option<&Path>) -> Result<(), Failure> {
    let Some(directory) = directory else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page).expect("memory takes all bytes");
        return output::write(&page);
    };
    clap_mangen::generate_to(Cli::command(), directory).map_err(|error| {
        Failure::new(Exit::Failed, format!("cannot write the manual into {}: {error}", directory.display()))
    })
}

//! Parse, run, one-line error, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    keydeck::cli::run()
}

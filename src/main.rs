//! Parse, run, one-line error, exit code.

fn main() {}

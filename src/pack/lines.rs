//! Lines of a file, each of a bounded length.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;

/// The longest line.
const LONGEST: u64 = 16 << 20;

/// The lines of a file.
pub(super) struct Lines {
    input: BufReader<File>,
    line: Vec<u8>,
    number: u64,
}

impl Lines {
    pub(super) fn open(path: &Path) -> io::Result<Lines> {
        Ok(Lines {
            input: BufReader::with_capacity(64 * 1024, File::open(path)?),
            line: Vec::new(),
            number: 0,
        })
    }

    /// The number of the line that was read last, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The next line without its line break; none at the end.
    ///
    /// # Errors
    /// What is wrong with the line, as the end of a sentence.
    pub(super) fn next(&mut self) -> Result<Option<&str>, String> {
        self.line.clear();
        self.number += 1;
        let mut part = (&mut self.input).take(LONGEST + 1);
        part.read_until(b'\n', &mut self.line).map_err(|error| format!("cannot be read: {error}"))?;
        if self.line.is_empty() {
            return Ok(None);
        }
        if self.line.len() as u64 > LONGEST {
            return Err("is longer than 16 MiB".to_owned());
        }
        if self.line.pop() != Some(b'\n') {
            return Err("has no line break at its end: the file is cut short".to_owned());
        }
        std::str::from_utf8(&self.line).map(Some).map_err(|_| "is not UTF-8 text".to_owned())
    }
}

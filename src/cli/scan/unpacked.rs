//! What comes out of a decompressor, up to a limit.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// So much is unpacked of one file,
const UNPACKED: u64 = 4 << 30;
/// and of one that unpacks to more than so many times its size only so much: no text does.
const RATIO: u64 = 100;
const SUSPICIOUS: u64 = 16 << 20;

/// An error is kept and looks like the end, so that what came before it is searched.
pub(in crate::cli) struct Unpacked<R> {
    input: R,
    pub(in crate::cli) read: u64,
    limit: Limit,
    failed: Option<io::Error>,
}

/// How much is unpacked.
pub(in crate::cli) enum Limit {
    /// So many bytes.
    Bytes(u64),
    /// As much as is usual for so many compressed bytes; the count grows while they are read.
    Of(Rc<Cell<u64>>),
}

impl Limit {
    /// As much as is usual for a file of this size.
    pub(in crate::cli) fn of(packed: u64) -> Limit {
        Limit::Bytes(packed.saturating_mul(RATIO).clamp(SUSPICIOUS, UNPACKED))
    }

    fn bytes(&self) -> u64 {
        match self {
            Limit::Bytes(bytes) => *bytes,
            Limit::Of(packed) => packed.get().saturating_mul(RATIO).clamp(SUSPICIOUS, UNPACKED),
        }
    }
}

impl<R: Read> Unpacked<R> {
    /// At most as much as the limit says.
    pub(in crate::cli) fn new(input: R, limit: Limit) -> Unpacked<R> {
        Unpacked { input, read: 0, limit, failed: None }
    }

    /// The decompressor, and why it did not come to its end.
    pub(in crate::cli) fn end(self) -> (R, Option<io::Error>) {
        (self.input, self.failed)
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.failed.is_some() {
            return Ok(0);
        }
        let most = self.limit.bytes();
        if self.read >= most {
            // Whether that was all tells one more byte.
            let mut more = [0];
            self.failed = match self.input.read(&mut more) {
                Ok(0) => None,
                Ok(_) => {
                    let text = match most >> 20 {
                        0 => "expands to too much data".to_owned(),
                        mib => format!("only the first {mib} MiB were searched"),
                    };
                    Some(io::Error::new(io::ErrorKind::FileTooLarge, text))
                }
                Err(error) => Some(error),
            };
            return Ok(0);
        }
        let room = buffer.len().min(usize::try_from(most - self.read).unwrap_or(usize::MAX));
        match self.input.read(&mut buffer[..room]) {
            Ok(read) => {
                self.read += read as u64;
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                self.failed = Some(error);
                Ok(0)
            }
        }
    }
}

/// Counts what is read.
pub(in crate::cli) struct Counted<R> {
    pub(in crate::cli) input: R,
    pub(in crate::cli) count: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.count.set(self.count.get() + read as u64);
        Ok(read)
    }
}

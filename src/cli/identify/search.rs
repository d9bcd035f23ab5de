//! Goes through files, folders, pipes and archives, and says what could not be searched.
//!
//! Nothing is skipped in silence: what is not searched is named with the reason, so that "no key" means that there
//! is none.

use std::fs::{self, File, Metadata};
use std::io::{self, BufReader, Cursor, IsTerminal as _, Read, Seek as _, SeekFrom};
use std::path::Path;

use flate2::bufread::{MultiGzDecoder, ZlibDecoder};
use ignore::WalkBuilder;
use zip::ZipArchive;
use zip::result::ZipError;

use super::scan::{self, Hit};
use crate::cli::prompt;
use crate::files;
use crate::secret;

/// What a search tells, as it goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    /// A whole key is in a file.
    Found(String, Hit),
    /// A file was not searched, or not to its end.
    NotSearched(String, String),
}

/// Compressed files in compressed files are opened so deep.
const DEPTH: usize = 4;
/// A compressed file in memory, as one of a pipe or of another archive must be, has at most so many bytes.
const IN_MEMORY: u64 = 64 << 20;
/// So much is unpacked of one file named,
const UNPACKED: u64 = 4 << 30;
/// and of one that unpacks to more than so many times its size only so much.
const RATIO: u64 = 200;
const SUSPICIOUS: u64 = 64 << 20;

/// A search, and who hears of it.
pub struct Search<'a> {
    /// Hears what is found.
    pub tell: &'a mut dyn FnMut(Told),
    /// Whether what `.gitignore`, `.ignore` and the like name is left out of folders.
    pub respect_ignore: bool,
}

impl Search<'_> {
    /// Searches what was named: a file, pipe or folder; `-` is standard input.
    pub fn named(&mut self, path: &Path) {
        if path == Path::new("-") {
            return self.standard_input();
        }
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => self.folder(path),
            Ok(_) => self.file(path),
            Err(error) => self.not_searched(&name(path), &plain(&error)),
        }
    }

    fn standard_input(&mut self) {
        let searched = if io::stdin().is_terminal() {
            match prompt::ask("Text to look through (one line; not shown):") {
                Ok(text) => self.stream("-", &mut text.as_bytes(), 0),
                Err(failure) => return self.not_searched("-", &failure.message),
            }
        } else {
            self.stream("-", &mut io::stdin().lock(), 0)
        };
        if let Err(error) = searched {
            self.not_searched("-", &plain(&error));
        }
    }

    fn folder(&mut self, folder: &Path) {
        let mut walk = WalkBuilder::new(folder);
        walk.standard_filters(self.respect_ignore)
            .hidden(false)
            .require_git(false)
            .follow_links(false)
            .sort_by_file_name(Ord::cmp);
        if self.respect_ignore {
            walk.filter_entry(|entry| entry.file_name() != ".git");
        }
        let root = fs::canonicalize(folder).ok();
        for entry in walk.build() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let error = error.to_string();
                    self.not_searched(&name(folder), &error);
                    continue;
                }
            };
            let path = entry.path();
            let Some(kind) = entry.file_type() else { continue };
            if kind.is_symlink() && entry.depth() > 0 {
                // What it leads to within the folder is searched there; where it leads nowhere there is nothing.
                let target = fs::canonicalize(path).ok();
                if target.is_some_and(|target| root.as_ref().is_none_or(|root| !target.starts_with(root))) {
                    self.not_searched(&name(path), "a symbolic link that leads out of the folder");
                }
            } else if kind.is_file() {
                self.file(path);
            } else if !kind.is_dir() && !kind.is_symlink() {
                self.not_searched(
                    &name(path),
                    fs::symlink_metadata(path).map_or("", |found| special(&found)),
                );
            }
        }
    }

    fn file(&mut self, path: &Path) {
        let name = name(path);
        let searched = files::open(path).and_then(|file| {
            if file.metadata()?.is_file() {
                self.regular(&name, file)
            } else {
                self.stream(&name, &mut BufReader::new(file), 0)
            }
        });
        if let Err(error) = searched {
            self.not_searched(&name, &plain(&error));
        }
    }

    /// A file that can be read twice.
    fn regular(&mut self, name: &str, mut file: File) -> io::Result<()> {
        let head = head(&mut file)?;
        let again = |file: &mut File| file.seek(SeekFrom::Start(0)).map(drop);
        again(&mut file)?;
        match Packed::of(&head) {
            Some(Packed::Gzip) => {
                let reader = BufReader::new(file.try_clone()?);
                if let Err(error) = self.gzip(name, reader, 0) {
                    self.not_searched(name, &format!("compressed (gzip): {}", plain(&error)));
                    // It may be something else, which only begins like one.
                    again(&mut file)?;
                    scan::keys_in(&mut file, &mut |hit| (self.tell)(Told::Found(name.to_owned(), hit)))?;
                }
                Ok(())
            }
            Some(Packed::Zip) => {
                let size = file.metadata()?.len();
                let reader = BufReader::new(file.try_clone()?);
                if let Err(error) = self.zip(name, reader, size, 0) {
                    self.not_searched(name, &format!("compressed (zip): {error}"));
                    again(&mut file)?;
                    scan::keys_in(&mut file, &mut |hit| (self.tell)(Told::Found(name.to_owned(), hit)))?;
                }
                Ok(())
            }
            Some(Packed::Zlib) => {
                let size = file.metadata()?.len();
                let unpacked = Unpacked::of(ZlibDecoder::new(BufReader::new(file.try_clone()?)), size);
                if let Err(error) = self.unpacked(name, unpacked, 0) {
                    // Text may begin with the same two bytes.
                    if std::str::from_utf8(&head).is_err() {
                        self.not_searched(name, &format!("compressed (zlib): {}", plain(&error)));
                    }
                    again(&mut file)?;
                    scan::keys_in(&mut file, &mut |hit| (self.tell)(Told::Found(name.to_owned(), hit)))?;
                }
                Ok(())
            }
            other => self.rest(name, &mut file, other),
        }
    }

    /// What can be read only once: a pipe, or a file in an archive.
    fn stream(&mut self, name: &str, input: &mut dyn Read, depth: usize) -> io::Result<()> {
        let head = head(&mut *input)?;
        let packed = Packed::of(&head);
        let mut input = Cursor::new(head.clone()).chain(input);
        match packed {
            Some(Packed::Gzip | Packed::Zip) if depth >= DEPTH => {
                self.not_searched(name, &format!("compressed {DEPTH} times over"));
                Ok(())
            }
            Some(Packed::Gzip) => {
                if let Err(error) = self.gzip(name, BufReader::new(input), depth) {
                    self.not_searched(name, &format!("compressed (gzip): {}", plain(&error)));
                }
                Ok(())
            }
            Some(Packed::Zip) => {
                match files::read_all(&mut input, IN_MEMORY) {
                    Ok(bytes) => {
                        let size = bytes.len() as u64;
                        if let Err(error) = self.zip(name, Cursor::new(&**bytes), size, depth) {
                            self.not_searched(name, &format!("compressed (zip): {error}"));
                        }
                    }
                    Err(error) => {
                        self.not_searched(name, &format!("compressed (zip) in a stream: {}", plain(&error)));
                    }
                }
                Ok(())
            }
            // Without its end it cannot be told from a text that begins alike.
            Some(Packed::Zlib) if std::str::from_utf8(&head).is_ok() => self.rest(name, &mut input, None),
            other => self.rest(name, &mut input, other),
        }
    }

    /// Bytes as they are; `packed` says what they hold besides that cannot be read.
    fn rest(&mut self, name: &str, input: &mut dyn Read, packed: Option<Packed>) -> io::Result<()> {
        if let Some(packed) = packed {
            self.not_searched(name, packed.reason());
        }
        scan::keys_in(input, &mut |hit| (self.tell)(Told::Found(name.to_owned(), hit)))
    }

    fn gzip(&mut self, name: &str, input: impl io::BufRead, depth: usize) -> io::Result<()> {
        // Of a stream the size is not known before its end.
        self.unpacked(name, Unpacked::of(MultiGzDecoder::new(input), SUSPICIOUS / RATIO), depth)
    }

    fn unpacked<R: Read>(&mut self, name: &str, mut unpacked: Unpacked<R>, depth: usize) -> io::Result<()> {
        self.stream(name, &mut unpacked, depth + 1)?;
        // Errors within are told already; of what was unpacked only this is left to say.
        match unpacked.failed.take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn zip(
        &mut self,
        name: &str,
        input: impl Read + io::Seek,
        size: u64,
        depth: usize,
    ) -> Result<(), ZipError> {
        let mut archive = ZipArchive::new(input)?;
        let mut left = UNPACKED;
        for at in 0..archive.len() {
            let inner = {
                let entry = archive.by_index_raw(at)?;
                if entry.is_dir() {
                    continue;
                }
                let inner = String::from_utf8_lossy(entry.name_raw()).into_owned();
                secret::masked(&format!("{name}!{inner}")).into_owned()
            };
            match archive.by_index(at) {
                Ok(entry) => {
                    let most = size.saturating_mul(RATIO).max(SUSPICIOUS).min(left);
                    let mut unpacked = Unpacked { input: entry, read: 0, most, failed: None };
                    let searched = self.stream(&inner, &mut unpacked, depth + 1);
                    let error = unpacked.failed.take().or(searched.err());
                    left = left.saturating_sub(unpacked.read);
                    if let Some(error) = error {
                        self.not_searched(&inner, &format!("compressed (zip): {}", plain(&error)));
                    }
                }
                Err(error) => self.not_searched(&inner, &format!("compressed (zip): {error}")),
            }
        }
        Ok(())
    }

    fn not_searched(&mut self, name: &str, why: &str) {
        (self.tell)(Told::NotSearched(name.to_owned(), secret::masked(why).into_owned()));
    }
}

/// What comes out of a decompressor, up to a limit. An error is kept and looks like the end, so that what came before
/// it is searched.
struct Unpacked<R> {
    input: R,
    read: u64,
    most: u64,
    failed: Option<io::Error>,
}

impl<R: Read> Unpacked<R> {
    fn of(input: R, packed: u64) -> Unpacked<R> {
        let most = packed.saturating_mul(RATIO).clamp(SUSPICIOUS, UNPACKED);
        Unpacked { input, read: 0, most, failed: None }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.failed.is_some() {
            return Ok(0);
        }
        if self.read >= self.most {
            // Whether that was all tells one more byte.
            let mut more = [0];
            self.failed = match self.input.read(&mut more) {
                Ok(0) => None,
                Ok(_) => {
                    let text = format!("only its first {} MiB were searched", self.most >> 20);
                    Some(io::Error::new(io::ErrorKind::FileTooLarge, text))
                }
                Err(error) => Some(error),
            };
            return Ok(0);
        }
        let room = buffer.len().min(usize::try_from(self.most - self.read).unwrap_or(usize::MAX));
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

/// What is not text because it is packed, by its first bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Packed {
    Gzip,
    Zip,
    Zlib,
    /// It cannot be read here; why.
    Other(&'static str),
}

const OTHERS: [(&[u8], &str); 13] = [
    (b"\xfd7zXZ\0", "compressed (xz)"),
    (b"\x28\xb5\x2f\xfd", "compressed (zstd)"),
    (b"7z\xbc\xaf\x27\x1c", "compressed (7z)"),
    (b"\x04\x22\x4d\x18", "compressed (lz4)"),
    (b"Rar!\x1a\x07", "compressed (rar)"),
    (b"LZIP\x01", "compressed (lzip)"),
    (b"\x1f\x9d", "compressed (compress)"),
    (b"\x1f\xa0", "compressed (compress)"),
    (b"MSCF\0\0\0\0", "compressed (cab)"),
    (b"\xff\x06\0\0sNaPpY", "compressed (snappy)"),
    (b"PACK\0\0\0\x02", "compressed (git pack); search `git log -p --all` as well"),
    (b"\x89LZO\0\r\n\x1a", "compressed (lzop)"),
    (b"%PDF-", "compressed parts of a PDF"),
];

impl Packed {
    fn of(head: &[u8]) -> Option<Packed> {
        match head {
            [0x1f, 0x8b, 8, ..] => return Some(Packed::Gzip),
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => return Some(Packed::Zip),
            [b'B', b'Z', b'h', b'1'..=b'9', b'1', b'A', b'Y', b'&', ..] => {
                return Some(Packed::Other("compressed (bzip2)"));
            }
            [first @ 0x78, second, ..] if (u16::from(*first) << 8 | u16::from(*second)) % 31 == 0 => {
                return Some(Packed::Zlib);
            }
            _ => {}
        }
        OTHERS.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, reason)| Packed::Other(reason))
    }

    fn reason(self) -> &'static str {
        match self {
            Packed::Gzip => "compressed (gzip)",
            Packed::Zip => "compressed (zip)",
            Packed::Zlib => "compressed (zlib)",
            Packed::Other(reason) => reason,
        }
    }
}

/// The first bytes, or all where there are fewer.
fn head(input: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    input.take(16).read_to_end(&mut head)?;
    Ok(head)
}

fn name(path: &Path) -> String {
    secret::masked(&path.display().to_string()).into_owned()
}

/// Without the number that the operating system gives it.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split_once(" (os error").map_or(text.as_str(), |(words, _)| words).to_owned()
}

fn special(found: &Metadata) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        let kind = found.file_type();
        if kind.is_fifo() {
            return "a pipe; name it to search it";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_char_device() || kind.is_block_device() {
            return "a device";
        }
    }
    let _ = found;
    "not a file"
}

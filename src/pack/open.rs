//! Opens a pack: a folder as it is, an archive into a folder of its own.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use flate2::bufread::GzDecoder;
use tar::EntryType;
use tempfile::TempDir;

use super::Differences;
use crate::wire::reports::{ALL, MANIFEST, RECEIPTS};

/// The most bytes of a pack, unpacked.
const MOST: u64 = 4 << 30;
/// Text shrinks to a tenth or so. Beyond the first bytes, what grows by more is no pack but a trap.
const GROWTH: u64 = 200;
const GROWTH_FROM: u64 = 64 << 20;
/// How many bytes of a file are unpacked at once.
const PART: usize = 64 << 10;
/// The most names of a folder that are looked at.
const NAMES: usize = 100;

/// What to do with a pack of which only a part can be read.
const COPY_AGAIN: &str = "copy the pack again, or create another one with `keydeck audit report`";

/// A pack that can be read.
pub struct Opened {
    folder: PathBuf,
    _unpacked: Option<TempDir>,
}

impl Opened {
    /// The folder with its files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Opens a pack: a folder, or a `.tar.gz`.
///
/// # Errors
/// Why it is none, as a sentence.
pub fn open(path: &Path) -> Result<Opened, String> {
    let shown = path.display();
    let found = std::fs::metadata(path).map_err(|error| format!("cannot open {shown}: {error}"))?;
    if found.is_dir() {
        must_have_manifest(path, path)?;
        return Ok(Opened { folder: path.to_owned(), _unpacked: None });
    }
    if !found.is_file() {
        return Err(format!("{shown} is neither a directory nor a file"));
    }
    let file = File::open(path).map_err(|error| format!("cannot open {shown}: {error}"))?;
    let folder = tempfile::Builder::new().prefix("keydeck-pack-").tempdir();
    let folder = folder.map_err(|error| format!("cannot create a temporary directory: {error}"))?;
    unpack(file, folder.path()).map_err(|error| format!("{shown}: {error}"))?;
    must_have_manifest(folder.path(), path)?;
    Ok(Opened { folder: folder.path().to_owned(), _unpacked: Some(folder) })
}

/// What has no manifest is no pack, or not enough of one for a list of its differences.
fn must_have_manifest(folder: &Path, shown: &Path) -> Result<(), String> {
    match folder.join(MANIFEST).symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(format!("{} is not an evidence pack: it has no {MANIFEST}", shown.display()))
        }
        _ => Ok(()),
    }
}

/// Unpacks the `.tar.gz` of a pack into an empty folder. Nothing but the files of a pack is written, and nothing
/// outside of the folder.
///
/// # Errors
/// Why it is no pack, as the end of a sentence.
pub fn unpack(input: impl Read, into: &Path) -> Result<(), String> {
    let packed = Rc::new(Cell::new(0));
    let counted = Counted { input, count: Rc::clone(&packed) };
    let mut input = BufReader::new(counted);
    {
        let head = input.fill_buf().map_err(|error| error.to_string())?;
        if !head.starts_with(&[0x1f, 0x8b]) {
            return Err("it is not a .tar.gz archive".to_owned());
        }
    }
    let unpacked = Bounded { input: GzDecoder::new(input), packed, count: 0 };
    let mut archive = tar::Archive::new(unpacked);
    let mut names = BTreeSet::new();
    // The files that were unpacked, and the one that is being unpacked.
    let mut whole: Vec<&str> = Vec::new();
    let mut folder: Option<Vec<u8>> = None;
    for entry in archive.entries().map_err(|error| damaged(&error, &whole, None))?.raw(true) {
        let mut entry = entry.map_err(|error| damaged(&error, &whole, None))?;
        let kind = entry.header().entry_type();
        let path = entry.path_bytes().into_owned();
        let shown = String::from_utf8_lossy(&path).into_owned();
        let (outer, name) = split(&path).ok_or_else(|| format!("it contains the path {shown:?}"))?;
        if outer.is_some_and(|outer| *folder.get_or_insert_with(|| outer.to_vec()) != *outer) {
            return Err(format!("it contains several directories: {shown:?}"));
        }
        match (kind, name) {
            (EntryType::Directory, None) => {}
            (EntryType::Regular, Some(name)) => {
                let Some(known) = ALL.iter().find(|known| known.as_bytes() == name) else {
                    return Err(format!("it contains an unexpected file: {shown:?}"));
                };
                if !names.insert(*known) {
                    return Err(format!("it contains {known} twice"));
                }
                if entry.size() > MOST {
                    return Err(format!("{known} is larger than 4 GiB"));
                }
                let size = entry.size();
                let mut options = File::options();
                options.write(true).create_new(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                let unwritten =
                    |error: io::Error| format!("cannot write {}: {error}", into.join(known).display());
                let mut file = options.open(into.join(known)).map_err(unwritten)?;
                let (mut part, mut count) = (vec![0; PART], 0);
                loop {
                    let read = entry.read(&mut part).map_err(|error| damaged(&error, &whole, Some(known)))?;
                    if read == 0 {
                        break;
                    }
                    file.write_all(&part[..read]).map_err(unwritten)?;
                    count += read as u64;
                }
                if count != size {
                    return Err(damaged(&io::ErrorKind::UnexpectedEof.into(), &whole, Some(known)));
                }
                whole.push(known);
            }
            (kind, _) => {
                return Err(format!("it contains {shown:?}, which is not a regular file ({})", word(kind)));
            }
        }
    }
    let mut rest = archive.into_inner();
    let mut part = [0; 8192];
    loop {
        match rest.read(&mut part).map_err(|error| damaged(&error, &whole, None))? {
            0 => break,
            read if part[..read].iter().any(|byte| *byte != 0) => {
                return Err("it contains something behind the end of the archive".to_owned());
            }
            _ => {}
        }
    }
    let mut input = rest.input.into_inner();
    if !input.fill_buf().map_err(|error| damaged(&error, &whole, None))?.is_empty() {
        return Err("it contains something behind the end of the archive".to_owned());
    }
    Ok(())
}

/// What is wrong with an archive, and how far it could be read. The words of the libraries are for programmers.
fn damaged(error: &io::Error, whole: &[&str], file: Option<&str>) -> String {
    // The system's own error: the disk failed, not the archive.
    if error.raw_os_error().is_some() {
        return format!("cannot be read: {error}");
    }
    let what = match error.kind() {
        io::ErrorKind::FileTooLarge => return format!("the archive is damaged: {error}"),
        io::ErrorKind::UnexpectedEof => "the archive is damaged: it is cut short",
        _ => "the archive is damaged: it is corrupted",
    };
    let place = file.map(|file| format!(" in {file}")).unwrap_or_default();
    match whole {
        [] => format!("{what}{place}; none of its files can be read; {COPY_AGAIN}"),
        whole => format!("{what}{place}; only {} can be read; {COPY_AGAIN}", whole.join(", ")),
    }
}

fn word(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Symlink | EntryType::Link => "a link",
        EntryType::Char | EntryType::Block | EntryType::Fifo => "a device",
        EntryType::Directory => "a directory",
        _ => "an extension of the tar format",
    }
}

/// The folder and the name of a path.
type Split<'a> = (Option<&'a [u8]>, Option<&'a [u8]>);

/// `folder/name`, `folder/` or `name`; none for any other path.
fn split(path: &[u8]) -> Option<Split<'_>> {
    let path = path.strip_prefix(b"./").unwrap_or(path);
    let plain = |part: &[u8]| !part.is_empty() && part != b"." && part != b".." && !part.contains(&b'\\');
    let mut parts = path.split(|byte| *byte == b'/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(name), None, _) if plain(name) => Some((None, Some(name))),
        (Some(b""), None, _) => Some((None, None)),
        (Some(folder), Some(b""), None) if plain(folder) => Some((Some(folder), None)),
        (Some(folder), Some(name), None) if plain(folder) && plain(name) => Some((Some(folder), Some(name))),
        _ => None,
    }
}

/// The folder holds the files of a pack and nothing else. Gives those that are missing or must not be opened.
pub(super) fn check_names(folder: &Path, differences: &mut Differences) -> BTreeSet<&'static str> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            differences.add(&folder.display().to_string(), None, format!("cannot be read: {error}"));
            return BTreeSet::from(ALL);
        }
    };
    for entry in entries.take(NAMES) {
        let Ok(entry) = entry else { continue };
        let name = entry.file_name().to_string_lossy().into_owned();
        if !ALL.contains(&name.as_str()) {
            differences.add(&name, None, "unexpected file");
        }
    }
    let mut unusable = BTreeSet::new();
    for name in ALL {
        let wrong = match std::fs::symlink_metadata(folder.join(name)) {
            Ok(found) if !found.is_file() => "not a regular file".to_owned(),
            Ok(found) if found.len() > MOST => "is larger than 4 GiB".to_owned(),
            Ok(_) => continue,
            // Whether the pack must have it is said by its manifest and its event.
            Err(error) if error.kind() == io::ErrorKind::NotFound && name == RECEIPTS => continue,
            Err(error) if error.kind() == io::ErrorKind::NotFound => "is missing".to_owned(),
            Err(error) => format!("cannot be read: {error}"),
        };
        differences.add(name, None, wrong);
        unusable.insert(name);
    }
    unusable
}

/// Counts what is read.
struct Counted<R> {
    input: R,
    count: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, part: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(part)?;
        self.count.set(self.count.get() + read as u64);
        Ok(read)
    }
}

/// Unpacks no more than a pack can hold.
struct Bounded<R> {
    input: GzDecoder<R>,
    packed: Rc<Cell<u64>>,
    count: u64,
}

impl<R: io::BufRead> Read for Bounded<R> {
    fn read(&mut self, part: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(part)?;
        self.count += read as u64;
        let refused = |text: &str| Err(io::Error::new(io::ErrorKind::FileTooLarge, text.to_owned()));
        if self.count > MOST {
            return refused("it unpacks to more than 4 GiB");
        }
        if self.count > GROWTH_FROM && self.count / GROWTH > self.packed.get() {
            return refused("it unpacks to more than 200 times its size");
        }
        Ok(read)
    }
}

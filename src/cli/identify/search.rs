//! Goes through files, folders, pipes and archives, and says what could not be searched.
//!
//! Nothing is skipped in silence: what is not searched is named with the reason, so that "no key" means that there
//! is none.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, BufReader, Cursor, IsTerminal as _, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use flate2::bufread::{MultiGzDecoder, ZlibDecoder};
use ignore::WalkBuilder;
use memchr::memmem;
use zeroize::Zeroizing;
use zip::ZipArchive;
use zip::result::ZipError;

use super::damaged::{self, DamagedKey};
use crate::cli::prompt;
use crate::cli::scan::packed::{HEAD, Packed, ZIP_END as ZIP_SIGN};
use crate::cli::scan::unpacked::{Counted, Limit, Unpacked};
use crate::cli::scan::{self, Hit};
use crate::files;
use crate::secret;
use crate::wire::text;

/// An event of a search.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SearchEvent {
    /// The next file is searched: what is told of it may wait until its end, or its end may never come.
    Next {
        /// Whether it ends by itself, as a pipe may not.
        ends: bool,
        /// How many have begun since the last event, this one included.
        files: u64,
    },
    /// A whole key is in a file.
    Found(String, Hit),
    /// A file holds text that looks like a key but is not valid.
    Damaged(String, DamagedKey),
    /// A file was not searched, or not to its end.
    NotSearched(String, String),
}

/// Events of a part of a folder's files, and whether they are the last ones.
type PartEvents = (Vec<SearchEvent>, bool);

/// What one read of a file shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum FirstLook {
    /// It is small and holds nothing, as most files do.
    Plain,
    /// It is small, or cannot be read, and needs a closer look.
    Small,
    /// It has [`SMALL`] bytes or more.
    Large,
}

/// Compressed files in compressed files are opened so deep.
const DEPTH: usize = 4;
/// A compressed file in memory, as one of a pipe or of another archive must be, has at most so many bytes.
const IN_MEMORY: u64 = 64 << 20;
/// A file of fewer bytes is read at once.
const SMALL: usize = 128 << 10;
/// So many files of a folder one thread takes: the others hear of it once.
const PART: usize = 16;
/// So many parts may wait for an earlier one.
const WAITING_MAX: usize = 64;
/// More threads than this do not help: they wait for the disk.
const THREADS_MAX: usize = 8;
/// After so many files that hold nothing their number is told.
const SAID_EVERY: u64 = 64;
/// Standard input of so many bytes may be a text that someone has pasted.
const SHORT: usize = 4096;
/// The end of a zip archive is looked for in so many last bytes of a file.
const ZIP_END: u64 = 22 + 65_536;

/// A search, and who hears of it.
pub struct Search<'a> {
    /// Hears what is found.
    pub report: &'a mut dyn FnMut(SearchEvent),
    /// Whether what `.gitignore`, `.ignore` and the like name is left out of folders.
    pub respect_ignore: bool,
    /// Whether what is searched is a pipe or the like.
    pub(super) is_live: bool,
    /// Whether it was named itself, and not a folder that holds it: then keys that were cut are told of. Words that begin
    /// like a key are in many files.
    pub(super) is_named: bool,
    /// Files that hold nothing, of which nothing was said.
    plain: u64,
    /// A whole file.
    buffer: Zeroizing<Vec<u8>>,
}

impl<'a> Search<'a> {
    /// A search of files.
    pub fn new(report: &'a mut dyn FnMut(SearchEvent), respect_ignore: bool) -> Search<'a> {
        Search {
            report,
            respect_ignore,
            is_live: false,
            is_named: false,
            plain: 0,
            buffer: Zeroizing::default(),
        }
    }
}

impl Search<'_> {
    /// Searches what was named: a file, pipe or folder; `-` is standard input.
    pub fn named(&mut self, path: &Path) {
        if path == Path::new("-") {
            return self.standard_input();
        }
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => self.folder(path),
            Ok(found) => {
                self.is_named = true;
                self.file(path, found.is_file());
                self.is_named = false;
            }
            Err(error) => {
                let text = path.to_string_lossy();
                match damaged::with_other_prefix(text.as_bytes()).as_slice() {
                    [] => self.not_searched(&name(path), &plain(&error)),
                    [key, ..] => {
                        let name = key.shown.clone();
                        (self.report)(SearchEvent::Damaged("argument".to_owned(), key.clone()));
                        self.not_searched(&name, &plain(&error));
                    }
                }
            }
        }
    }

    fn standard_input(&mut self) {
        (self.report)(SearchEvent::Next { ends: false, files: 1 });
        (self.is_live, self.is_named) = (true, true);
        let searched = if io::stdin().is_terminal() {
            match prompt::ask("Text to search (one line, hidden):") {
                Ok(text) => self.live("-", text.as_bytes()),
                Err(failure) => return self.not_searched("-", &failure.message),
            }
        } else {
            self.live("-", io::stdin().lock())
        };
        self.is_named = false;
        if let Err(error) = searched {
            self.not_searched("-", &plain(&error));
        }
    }

    /// Searches standard input. If it is short, it may be a key with a mistyped prefix.
    fn live(&mut self, name: &str, input: impl Read) -> io::Result<()> {
        let mut beginning =
            Beginning { input, kept: Zeroizing::new(Vec::with_capacity(SHORT)), is_short: true };
        self.stream(name, &mut beginning, 0)?;
        if beginning.is_short {
            for key in damaged::with_other_prefix(&beginning.kept) {
                (self.report)(SearchEvent::Damaged(name.to_owned(), key));
            }
        }
        Ok(())
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
        let threads = thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX);
        let (jobs, parts) = mpsc::channel();
        let (sender, events) = mpsc::channel();
        let (parts, respect_ignore) = (Mutex::new(parts), self.respect_ignore);
        thread::scope(|scope| {
            for _ in 0..threads {
                let (sender, parts) = (sender.clone(), &parts);
                scope.spawn(move || search_parts(parts, &sender, respect_ignore));
            }
            drop(sender);
            let mut ordered = Ordered { jobs, events, waiting: BTreeMap::new(), begun: 0, told: 0 };
            let mut part = Vec::with_capacity(PART);
            for entry in walk.build() {
                let skipped = match entry {
                    Ok(entry) => match unsearched(&entry, root.as_deref()) {
                        None if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                            part.push(entry.into_path());
                            None
                        }
                        skipped => skipped,
                    },
                    Err(error) => Some((name(folder), error.to_string())),
                };
                if part.len() == PART || (skipped.is_some() && !part.is_empty()) {
                    ordered.search(std::mem::replace(&mut part, Vec::with_capacity(PART)), self.report);
                }
                if let Some((name, why)) = skipped {
                    let event = SearchEvent::NotSearched(name, secret::masked(&why).into_owned());
                    ordered.add(event, self.report);
                }
            }
            ordered.search(part, self.report);
            ordered.end(self.report);
        });
    }

    /// Another file holds nothing.
    fn count_plain(&mut self) {
        self.plain += 1;
        if self.plain == SAID_EVERY {
            self.tell_plain();
        }
    }

    fn tell_plain(&mut self) {
        if self.plain > 0 {
            (self.report)(SearchEvent::Next { ends: true, files: std::mem::take(&mut self.plain) });
        }
    }

    /// `ends` is whether it is a regular file: a pipe may wait for its writer as soon as it is opened.
    fn file(&mut self, path: &Path, ends: bool) {
        if ends && self.first_look(path) == FirstLook::Plain {
            return self.count_plain();
        }
        self.look_closer(path, ends);
    }

    fn look_closer(&mut self, path: &Path, ends: bool) {
        let name = name(path);
        let files = std::mem::take(&mut self.plain) + 1;
        (self.report)(SearchEvent::Next { ends, files });
        self.is_live = false;
        let searched = files::open(path).and_then(|file| {
            if file.metadata()?.is_file() {
                self.regular(&name, file)
            } else {
                self.is_live = true;
                self.stream(&name, &mut BufReader::new(file), 0)
            }
        });
        if let Err(error) = searched {
            self.not_searched(&name, &plain(&error));
        }
    }

    fn first_look(&mut self, path: &Path) -> FirstLook {
        let Ok(mut file) = files::open_listed(path) else { return FirstLook::Small };
        if self.buffer.is_empty() {
            self.buffer = Zeroizing::new(vec![0; SMALL]);
        }
        match fill(&mut file, &mut self.buffer, SMALL) {
            Ok(SMALL) => FirstLook::Large,
            Ok(read) if is_plain(&self.buffer[..read], self.is_named) => FirstLook::Plain,
            _ => FirstLook::Small,
        }
    }

    /// A file that can be read twice.
    fn regular(&mut self, name: &str, mut file: File) -> io::Result<()> {
        let head = head(&mut file, 1)?;
        let size = file.metadata()?.len();
        let again = |file: &mut File| file.seek(SeekFrom::Start(0)).map(drop);
        again(&mut file)?;
        let packed = Packed::of(&head);
        if packed == Some(Packed::Tar) {
            return self.tar(name, &mut BufReader::new(file), 0);
        }
        let (mut found, mut damaged) = (Vec::new(), Vec::new());
        let mut report = |event: SearchEvent| {
            match &event {
                SearchEvent::Found(_, hit) => found.push(hit.key.clone()),
                SearchEvent::Damaged(_, key) => damaged.push(key.shown.clone()),
                _ => {}
            }
            (self.report)(event);
        };
        let is_named = self.is_named;
        let mut noting = Search { is_named, ..Search::new(&mut report, self.respect_ignore) };
        let input = BufReader::new(file.try_clone()?);
        let opened = match packed {
            Some(Packed::Gzip) => noting.gzip(name, input, 0).map_err(|error| plain(&error)),
            Some(Packed::Zip) => noting.zip(name, input, size, 0).map_err(|error| error.to_string()),
            Some(Packed::Zlib) => {
                let unpacked = Unpacked::new(ZlibDecoder::new(input), Limit::of(size));
                noting.unpacked(name, unpacked, 0).map_err(|error| plain(&error))
            }
            // A program or script that unpacks itself: the archive begins later.
            None if ends_as_zip(&mut file, size)? && noting.zip(name, input, size, 0).is_ok() => {
                return Ok(());
            }
            other => {
                again(&mut file)?;
                return self.rest(name, &mut file, other, 0);
            }
        };
        let Err(error) = opened else { return Ok(()) };
        // Text may begin with the same two bytes.
        let is_text = packed == Some(Packed::Zlib) && std::str::from_utf8(&head).is_ok();
        if let (Some(packed), false) = (packed, is_text) {
            self.not_searched(name, &format!("{}: {error}", packed.reason()));
        }
        // It may be something else, which only begins like one. What was found in it is not reported again.
        again(&mut file)?;
        let mut report = |event: SearchEvent| match &event {
            SearchEvent::Found(_, hit) if found.contains(&hit.key) => {}
            SearchEvent::Damaged(_, key) if damaged.contains(&key.shown) => {}
            _ => (self.report)(event),
        };
        let mut search = Search { is_named, ..Search::new(&mut report, self.respect_ignore) };
        search.raw(name, &mut file, 0, true)
    }

    /// What can be read only once: a pipe, or a file in an archive.
    pub(super) fn stream(&mut self, name: &str, input: &mut dyn Read, depth: usize) -> io::Result<()> {
        let head = head(&mut *input, depth)?;
        let packed = Packed::of(&head);
        let mut input = Cursor::new(head.clone()).chain(input);
        match packed {
            Some(Packed::Gzip | Packed::Zip | Packed::Tar) if depth >= DEPTH => {
                self.not_searched(name, &format!("compressed {DEPTH} times"));
                Ok(())
            }
            Some(Packed::Gzip) => {
                if let Err(error) = self.gzip(name, BufReader::new(input), depth) {
                    self.not_searched(name, &format!("compressed (gzip): {}", plain(&error)));
                }
                Ok(())
            }
            Some(Packed::Tar) => self.tar(name, &mut input, depth),
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
            Some(Packed::Zlib) => self.raw(name, &mut input, depth, false),
            other => self.rest(name, &mut input, other, depth),
        }
    }

    /// Bytes as they are; `packed` says what they hold besides that cannot be read.
    fn rest(
        &mut self,
        name: &str,
        input: &mut dyn Read,
        packed: Option<Packed>,
        depth: usize,
    ) -> io::Result<()> {
        if let Some(packed) = packed {
            self.not_searched(name, packed.reason());
        }
        self.raw(name, input, depth, packed.is_some())
    }

    fn gzip(&mut self, name: &str, mut input: impl io::BufRead, depth: usize) -> io::Result<()> {
        for key in scan::keys_in_text(gzip_names(input.fill_buf()?)) {
            let hit = Hit { line: 1, column: 1, mask: key.hint(), key: Some(key) };
            (self.report)(SearchEvent::Found(name.to_owned(), hit));
        }
        let count = Rc::default();
        let input = BufReader::new(Counted { input, count: Rc::clone(&count) });
        self.unpacked(name, Unpacked::new(MultiGzDecoder::new(input), Limit::Of(count)), depth)
    }

    fn unpacked<R: Read>(&mut self, name: &str, mut unpacked: Unpacked<R>, depth: usize) -> io::Result<()> {
        self.stream(name, &mut unpacked, depth + 1)?;
        // Errors within are told already; of what was unpacked only this is left to say.
        match unpacked.end().1 {
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
        let (begin, directory) = (archive.offset(), archive.central_directory_start());
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
                    let mut unpacked = Unpacked::new(entry, Limit::of(size));
                    let searched = self.stream(&inner, &mut unpacked, depth + 1);
                    let error = unpacked.end().1.or(searched.err());
                    if let Some(error) = error {
                        self.not_searched(&inner, &format!("compressed (zip): {}", plain(&error)));
                    }
                }
                Err(error) => self.not_searched(&inner, &format!("compressed (zip): {error}")),
            }
        }
        // What stands before the files, and their names and comments behind them.
        let mut input = archive.into_inner();
        if begin > 0 {
            input.seek(SeekFrom::Start(0))?;
            self.raw(name, &mut (&mut input).take(begin), depth, true)?;
        }
        input.seek(SeekFrom::Start(directory))?;
        self.raw(name, &mut input, depth, true)?;
        Ok(())
    }

    pub(super) fn not_searched(&mut self, name: &str, why: &str) {
        (self.report)(SearchEvent::NotSearched(name.to_owned(), secret::masked(why).into_owned()));
    }
}

/// What is not searched in a folder: its name, and why.
fn unsearched(entry: &ignore::DirEntry, root: Option<&Path>) -> Option<(String, String)> {
    let (path, kind) = (entry.path(), entry.file_type()?);
    if kind.is_symlink() && entry.depth() > 0 {
        // What it leads to within the folder is searched there; where it leads nowhere there is nothing.
        let target = fs::canonicalize(path).ok()?;
        let is_out = root.is_none_or(|root| !target.starts_with(root));
        return is_out.then(|| (name(path), "a symbolic link out of the folder".to_owned()));
    }
    if kind.is_file() || kind.is_dir() || kind.is_symlink() {
        return None;
    }
    let why = fs::symlink_metadata(path).map_or("", |found| special(&found));
    Some((name(path), why.to_owned()))
}

/// Searches parts of a folder's files until there are no more, and sends what is found in each.
fn search_parts(
    parts: &Mutex<mpsc::Receiver<(usize, Vec<PathBuf>)>>,
    sender: &mpsc::Sender<(usize, PartEvents)>,
    respect_ignore: bool,
) {
    let mut buffer = Zeroizing::default();
    loop {
        let next = parts.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((at, paths)) = next else { return };
        let mut events = Vec::new();
        let is_large = Cell::new(false);
        // The receiver stays open until all threads have ended.
        let mut report = |event| {
            events.push(event);
            if is_large.get() {
                let _ = sender.send((at, (std::mem::take(&mut events), false)));
            }
        };
        let mut search = Search { buffer, ..Search::new(&mut report, respect_ignore) };
        for path in &paths {
            match search.first_look(path) {
                FirstLook::Plain => search.plain += 1,
                look => {
                    // The findings of a large file appear as they are found.
                    is_large.set(look == FirstLook::Large);
                    search.look_closer(path, true);
                    is_large.set(false);
                }
            }
        }
        search.tell_plain();
        buffer = search.buffer;
        let _ = sender.send((at, (events, true)));
    }
}

/// Events of a folder's parts, which are told in the order of the files.
struct Ordered {
    jobs: mpsc::Sender<(usize, Vec<PathBuf>)>,
    events: mpsc::Receiver<(usize, PartEvents)>,
    /// Those of parts behind the one that is told of.
    waiting: BTreeMap<usize, PartEvents>,
    /// How many parts there are so far.
    begun: usize,
    /// How many of them have been told of.
    told: usize,
}

impl Ordered {
    /// Has the files of a part searched.
    fn search(&mut self, part: Vec<PathBuf>, report: &mut dyn FnMut(SearchEvent)) {
        // The threads end when this does.
        let _ = self.jobs.send((self.begun, part));
        self.begun += 1;
        while let Ok((at, events)) = self.events.try_recv() {
            self.take(at, events, report);
        }
        self.wait(WAITING_MAX, report);
    }

    /// Adds an event that stands between two parts.
    fn add(&mut self, event: SearchEvent, report: &mut dyn FnMut(SearchEvent)) {
        self.begun += 1;
        self.take(self.begun - 1, (vec![event], true), report);
    }

    fn end(mut self, report: &mut dyn FnMut(SearchEvent)) {
        self.wait(0, report);
    }

    /// Waits until at most so many parts are not told of.
    fn wait(&mut self, most: usize, report: &mut dyn FnMut(SearchEvent)) {
        while self.begun - self.told > most {
            let Ok((at, events)) = self.events.recv() else { return };
            self.take(at, events, report);
        }
    }

    fn take(&mut self, at: usize, (events, is_last): PartEvents, report: &mut dyn FnMut(SearchEvent)) {
        let waiting = self.waiting.entry(at).or_default();
        waiting.0.extend(events);
        waiting.1 |= is_last;
        while let Some(first) = self.waiting.first_entry().filter(|first| *first.key() == self.told) {
            let (events, is_last) = first.remove();
            events.into_iter().for_each(&mut *report);
            if !is_last {
                return;
            }
            self.told += 1;
        }
    }
}

/// Keeps the first bytes that pass.
struct Beginning<R> {
    input: R,
    /// Never grows beyond its capacity, so that it is wiped whole.
    kept: Zeroizing<Vec<u8>>,
    is_short: bool,
}

impl<R: Read> Read for Beginning<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.is_short &= self.kept.len() + read <= SHORT;
        if self.is_short {
            self.kept.extend_from_slice(&buffer[..read]);
        }
        Ok(read)
    }
}

/// The first bytes, or all where there are fewer. A pipe that has given enough for a name is not waited for.
fn head(input: &mut dyn Read, depth: usize) -> io::Result<Vec<u8>> {
    let least = if depth > 0 { HEAD } else { 16 };
    let mut head = vec![0; HEAD];
    let filled = fill(input, &mut head, least)?;
    head.truncate(filled);
    Ok(head)
}

/// Reads at least so many bytes, or fewer at the end; how many.
pub(super) fn fill(input: &mut dyn Read, into: &mut [u8], least: usize) -> io::Result<usize> {
    let mut filled = 0;
    while filled < least {
        match input.read(&mut into[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// A file's name and a comment, which the header of gzip may hold.
fn gzip_names(header: &[u8]) -> &[u8] {
    let flags = header.get(3).copied().unwrap_or(0);
    let count = usize::from(flags & 0x08 != 0) + usize::from(flags & 0x10 != 0);
    let extra = match header.get(10..12) {
        Some(&[low, high]) if flags & 0x04 != 0 => 2 + usize::from(u16::from_le_bytes([low, high])),
        _ => 0,
    };
    let texts = header.get(10 + extra..).unwrap_or_default();
    let ends = texts.iter().enumerate().filter(|(_, byte)| **byte == 0).map(|(at, _)| at);
    &texts[..if count == 0 { 0 } else { ends.take(count).last().unwrap_or(texts.len()) }]
}

/// Whether a file ends with the last record of a zip archive.
fn ends_as_zip(file: &mut File, size: u64) -> io::Result<bool> {
    file.seek(SeekFrom::Start(size.saturating_sub(ZIP_END)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(memmem::rfind(&end, ZIP_SIGN).is_some())
}

pub(super) fn name(path: &Path) -> String {
    secret::masked(&path.display().to_string()).into_owned()
}

/// Whether the bytes of a whole file hold nothing of which something is told.
fn is_plain(file: &[u8], is_named: bool) -> bool {
    scan::is_plain(file) && !damaged::may_hold(file, is_named)
}

fn plain(error: &io::Error) -> String {
    text::plain(&error.to_string()).into_owned()
}

fn special(found: &Metadata) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        let kind = found.file_type();
        if kind.is_fifo() {
            return "a pipe; pass it by name to search it";
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

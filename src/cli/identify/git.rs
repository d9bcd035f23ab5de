//! The history of a git repository: what any commit has ever added, and the messages of commits and tags.

use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::damaged::DamagedKey;
use super::search::{Search, SearchEvent};
use crate::cli::scan::Hit;

/// So much of a file that was added at once is kept to be searched as a whole.
const KEPT: usize = 16 << 20;
/// Characters of a commit's id that are shown.
const SHORT: usize = 10;

/// All commits that a branch, a tag, a stash or the reflog leads to, with all that each of them adds: of a merge what is
/// in none of its parents. Nothing that the repository's configuration names is run, and nothing is fetched.
const LOG: &[&str] = &[
    "-c",
    "core.quotePath=false",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "log.showRoot=true",
    "--no-pager",
    "log",
    "--all",
    "--reflog",
    "--format=%x00%H%x00%an <%ae>%n%B%x00",
    "-p",
    "-c",
    "-a",
    "-U0",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-renames",
    "--no-relative",
    "--inter-hunk-context=0",
    "--encoding=UTF-8",
    "--no-show-signature",
    "--submodule=short",
    "--src-prefix=a/",
    "--dst-prefix=b/",
];

/// The tags with their messages.
const TAGS: &[&str] = &["for-each-ref", "refs/tags", "--format=%(refname)%0a%(contents)"];

impl Search<'_> {
    /// Searches the history of the repository in a folder.
    pub fn history(&mut self, folder: &Path) {
        let name = super::search::name(folder);
        if let Err(why) = self.git(folder, TAGS, |search, input| {
            (search.report)(SearchEvent::Next { ends: true, files: 1 });
            search.stream("tags", input, 0)
        }) {
            return self.not_searched(&name, &why);
        }
        let mut shallow = String::new();
        let asked = self.git(folder, &["rev-parse", "--is-shallow-repository"], |_, input| {
            input.read_to_string(&mut shallow).map(drop)
        });
        if asked.is_ok() && shallow.trim() == "true" {
            self.not_searched(&name, "a shallow clone: its older history is missing (git fetch --unshallow)");
        }
        if let Err(why) = self.git(folder, LOG, |search, input| search.commits(input)) {
            self.not_searched(&name, &why);
        }
    }

    /// Runs git and reads what it prints. Why that failed, in words.
    fn git(
        &mut self,
        folder: &Path,
        args: &[&str],
        read: impl FnOnce(&mut Self, &mut dyn Read) -> io::Result<()>,
    ) -> Result<(), String> {
        let mut command = Command::new("git");
        command.arg("-C").arg(folder).args(args);
        for (name, value) in [("NO_LAZY_FETCH", "1"), ("OPTIONAL_LOCKS", "0"), ("NO_REPLACE_OBJECTS", "1")] {
            command.env(format!("GIT_{name}"), value);
        }
        // Hooks set these: the folder that was named is searched, and no other repository.
        for name in ["DIR", "WORK_TREE", "COMMON_DIR", "OBJECT_DIRECTORY", "INDEX_FILE", "NAMESPACE"] {
            command.env_remove(format!("GIT_{name}"));
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => "git is not installed".to_owned(),
            _ => format!("cannot run git: {error}"),
        })?;
        let mut child = Running(child);
        let errors = child.0.stderr.take().map(|mut stderr| {
            std::thread::spawn(move || {
                let mut text = String::new();
                // What git says is a few lines; what is no text is not shown.
                let _ = (&mut stderr).take(4096).read_to_string(&mut text);
                let _ = io::copy(&mut stderr, &mut io::sink());
                text
            })
        });
        if let Some(mut output) = child.0.stdout.take() {
            read(self, &mut output).map_err(|error| format!("cannot read what git prints: {error}"))?;
        }
        let ended = child.0.wait().map_err(|error| format!("cannot wait for git: {error}"))?;
        let message = errors.and_then(|errors| errors.join().ok()).unwrap_or_default();
        if ended.success() {
            return Ok(());
        }
        match message.lines().next() {
            Some(first) => Err(format!("git: {}", first.strip_prefix("fatal: ").unwrap_or(first))),
            None => Err("git failed without a message".to_owned()),
        }
    }

    /// Searches a log: of each commit its message, then each of its files.
    fn commits(&mut self, input: &mut dyn Read) -> io::Result<()> {
        let mut input = BufReader::with_capacity(1 << 16, input);
        let mut added = Added::default();
        let mut line = Vec::new();
        let mut commit = String::new();
        loop {
            line.clear();
            // A line that is longer is searched in parts.
            let read = (&mut input).take(KEPT as u64).read_until(b'\n', &mut line)?;
            let next = read > 0 && !added.open && line[0] == 0;
            if read == 0 || next {
                self.added(&mut added)?;
            }
            if read == 0 {
                return Ok(());
            }
            if next {
                commit = self.message(&mut input, &line)?;
                continue;
            }
            added.take(&line, &commit);
            if added.content.len() >= KEPT || added.ended {
                self.added(&mut added)?;
            }
        }
    }

    /// Searches the message of a commit, whose head begins with this line; gives its short id.
    fn message(&mut self, input: &mut dyn io::BufRead, line: &[u8]) -> io::Result<String> {
        let mut head = line[1..].to_vec();
        while memchr::memchr_iter(0, &head).count() < 2 {
            if input.read_until(0, &mut head)? == 0 {
                break;
            }
        }
        let mut parts = head.splitn(2, |byte| *byte == 0);
        let id = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
        let short = id.chars().take(SHORT).collect::<String>();
        let message = parts.next().unwrap_or_default();
        (self.report)(SearchEvent::Next { ends: true, files: 1 });
        self.stream(&short, &mut &message[..], 0)?;
        Ok(short)
    }

    /// Searches what a commit adds to a file; its lines have the numbers that they have there.
    fn added(&mut self, added: &mut Added) -> io::Result<()> {
        let (content, numbers) = (std::mem::take(&mut added.content), std::mem::take(&mut added.numbers));
        added.ended = false;
        if content.is_empty() {
            return Ok(());
        }
        (self.report)(SearchEvent::Next { ends: true, files: 1 });
        let number = |line: u64| {
            let at = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
            numbers.get(at).copied().unwrap_or(line)
        };
        let mut report = |event: SearchEvent| {
            (self.report)(match event {
                SearchEvent::Found(name, hit) => {
                    SearchEvent::Found(name, Hit { line: number(hit.line), ..hit })
                }
                SearchEvent::Damaged(name, key) => {
                    SearchEvent::Damaged(name, DamagedKey { line: number(key.line), ..key })
                }
                event => event,
            });
        };
        Search::new(&mut report, self.respect_ignore).stream(&added.name, &mut &content[..], 0)
    }
}

/// What a commit adds to one file.
#[derive(Default)]
struct Added {
    name: String,
    content: Vec<u8>,
    /// The number of each line in the file.
    numbers: Vec<u64>,
    next: u64,
    /// The commit says no more of this file.
    ended: bool,
    /// How many signs stand before each line: one for each parent; 0 before the lines begin.
    parents: usize,
    /// The last line goes on.
    open: bool,
}

impl Added {
    /// Takes a line of a diff in.
    fn take(&mut self, line: &[u8], commit: &str) {
        if self.open {
            self.content.extend_from_slice(line);
            self.open = !line.ends_with(b"\n");
        } else if line.starts_with(b"diff --") {
            self.parents = 0;
            self.ended = !self.content.is_empty();
        } else if line.starts_with(b"@@") {
            self.parents = line.iter().take_while(|byte| **byte == b'@').count() - 1;
            self.next = first_number(line).unwrap_or(1);
        } else if let (0, Some(path)) = (self.parents, line.strip_prefix(b"+++ ")) {
            let path = path.strip_prefix(b"b/").unwrap_or(path);
            let path = String::from_utf8_lossy(path.strip_suffix(b"\n").unwrap_or(path)).into_owned();
            self.name =
                crate::secret::masked(&format!("{commit}:{}", path.trim_end_matches('\t'))).into_owned();
        } else if self.parents > 0 && line.starts_with(b"\\ ") {
            // The file does not end with a line break.
            if self.content.last() == Some(&b'\n') {
                self.content.pop();
            }
        } else if let Some(true) = line.get(..self.parents).map(|signs| signs.contains(&b'+')) {
            if line[..self.parents].iter().all(|sign| *sign == b'+') {
                let content = &line[self.parents..];
                self.content.extend_from_slice(content);
                self.open = !content.ends_with(b"\n");
                self.numbers.push(self.next);
            }
            self.next += 1;
        }
    }
}

/// The first line of what is added: `@@ -a,b +c,d @@`, with one more sign and range for each further parent.
fn first_number(line: &[u8]) -> Option<u64> {
    let text = String::from_utf8_lossy(line.get(..line.len().min(256))?).into_owned();
    let added = text.split(' ').find_map(|range| range.strip_prefix('+'))?;
    added.split(',').next()?.parse().ok()
}

/// A process that does not outlive the search.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

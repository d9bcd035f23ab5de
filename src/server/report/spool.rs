//! The files of a pack on the disk: in a folder that only this user may open and that goes when the pack is made.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Seek as _, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use crate::wire::reports::{ALL, FileHash, PackFile};
use crate::wire::time::Timestamp;

/// A list of the reports, whose rows are written as the keys pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// The decisions.
    Decisions,
    /// The keys in scope.
    InScope,
    /// The other keys.
    Others,
}

/// The files so far.
pub(super) struct Spool {
    folder: TempDir,
    done: HashMap<&'static str, PackFile>,
    rows: [Rows; 3],
    /// The first error of a row.
    failed: Option<io::Error>,
}

/// The rows of a list in both forms.
struct Rows {
    html: BufWriter<File>,
    markdown: BufWriter<File>,
    count: u64,
}

/// A file that is being written.
pub(super) struct Spooled {
    name: &'static str,
    file: BufWriter<File>,
    hash: FileHash,
}

impl Write for Spooled {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Spool {
    pub(super) fn new() -> io::Result<Spool> {
        let rows = || -> io::Result<Rows> {
            let file = || tempfile::tempfile().map(BufWriter::new);
            Ok(Rows { html: file()?, markdown: file()?, count: 0 })
        };
        let folder = tempfile::Builder::new().prefix("keydeck-report-").tempdir()?;
        Ok(Spool { folder, done: HashMap::new(), rows: [rows()?, rows()?, rows()?], failed: None })
    }

    /// Begins a file.
    pub(super) fn file(&self, name: &'static str) -> io::Result<Spooled> {
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = BufWriter::new(options.open(self.folder.path().join(name))?);
        Ok(Spooled { name, file, hash: FileHash::default() })
    }

    /// Ends a file.
    pub(super) fn keep(&mut self, mut file: Spooled) -> io::Result<()> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        file.flush()?;
        let (name, bytes) = (file.name, file.hash.bytes());
        self.done.insert(name, PackFile { name: name.to_owned(), bytes, sha256: file.hash.hex() });
        Ok(())
    }

    /// A file as the manifest lists it.
    pub(super) fn listed(&self, name: &str) -> PackFile {
        self.done.get(name).cloned().expect("the file was kept")
    }

    /// Adds a row to a list; an error shows when the next file is kept.
    pub(super) fn row(&mut self, part: Part, html: &str, markdown: &str) {
        let rows = &mut self.rows[part as usize];
        rows.count += 1;
        let written = rows.html.write_all(html.as_bytes());
        let written = written.and_then(|()| rows.markdown.write_all(markdown.as_bytes()));
        if let Err(error) = written {
            self.failed.get_or_insert(error);
        }
    }

    /// How many rows a list has.
    pub(super) fn count(&self, part: Part) -> u64 {
        self.rows[part as usize].count
    }

    /// Copies the rows of a list, with a text between each so many of them.
    pub(super) fn copy_html(
        &self,
        part: Part,
        every: usize,
        between: &str,
        output: &mut impl Write,
    ) -> io::Result<()> {
        let rows = &self.rows[part as usize].html;
        let mut file = rows.get_ref();
        file.rewind()?;
        // What the buffer still holds comes behind what is in the file. A row is a line.
        let mut input = BufReader::new(file.chain(rows.buffer()));
        let (mut line, mut count) = (Vec::new(), 0);
        while input.read_until(b'\n', &mut line)? > 0 {
            if count > 0 && count % every == 0 {
                output.write_all(between.as_bytes())?;
            }
            output.write_all(&line)?;
            line.clear();
            count += 1;
        }
        Ok(())
    }

    /// Copies the rows of a list.
    pub(super) fn copy_markdown(&self, part: Part, output: &mut impl Write) -> io::Result<()> {
        let rows = &self.rows[part as usize].markdown;
        let mut file = rows.get_ref();
        file.rewind()?;
        io::copy(&mut file.chain(rows.buffer()), output).map(|_| ())
    }

    /// All files in one compressed archive, under a folder.
    pub(super) fn packed(self, folder: &str, at: Timestamp) -> io::Result<File> {
        let output = GzEncoder::new(BufWriter::new(tempfile::tempfile()?), Compression::default());
        let mut archive = tar::Builder::new(output);
        for name in ALL {
            let mut file = File::open(self.folder.path().join(name))?;
            let mut header = tar::Header::new_ustar();
            header.set_size(file.metadata()?.len());
            header.set_mode(0o600);
            header.set_mtime(u64::try_from(at.millis() / 1000).unwrap_or(0));
            archive.append_data(&mut header, format!("{folder}/{name}"), &mut file)?;
        }
        let output = archive.into_inner()?.finish()?;
        output.into_inner().map_err(io::IntoInnerError::into_error)
    }
}

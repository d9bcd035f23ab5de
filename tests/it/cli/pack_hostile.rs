//! Packs that want to do harm: paths, links, devices, bombs, and texts that are none.

use std::io::{self, Read, Write as _};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use keydeck::pack;
use keydeck::wire::reports::ALL;
use tar::{EntryType, Header};

use crate::support::packs::differences;

/// An archive of these: path as written into the header, kind, content.
fn archive(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
    let mut output = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, kind, content) in entries {
        let mut header = Header::new_ustar();
        let old = header.as_old_mut();
        old.name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        if matches!(kind, EntryType::Symlink | EntryType::Link) {
            header.set_link_name("/etc/passwd").expect("a name");
        }
        header.set_cksum();
        output.append(&header, *content).expect("an entry");
    }
    output.into_inner().and_then(GzEncoder::finish).expect("an archive")
}

/// What is said of an archive; and that nothing was written but files of a pack.
fn refused(bytes: &[u8]) -> String {
    refused_from(bytes)
}

fn refused_from(input: impl Read) -> String {
    let around = tempfile::tempdir().expect("a folder");
    let folder = around.path().join("pack");
    std::fs::create_dir(&folder).expect("a folder");
    let error = pack::unpack(input, &folder).expect_err("it is refused");
    let outside: Vec<_> = std::fs::read_dir(around.path()).expect("a folder").collect();
    assert_eq!(outside.len(), 1, "nothing beside the folder");
    for entry in std::fs::read_dir(&folder).expect("a folder") {
        let entry = entry.expect("an entry");
        assert!(ALL.contains(&&*entry.file_name().to_string_lossy()), "{}", entry.file_name().display());
        assert!(entry.file_type().expect("a type").is_file());
    }
    error
}

#[test]
fn paths_that_lead_elsewhere_links_and_devices_are_refused() {
    use EntryType as E;
    for (path, kind, told) in [
        ("../keys.csv", E::Regular, "it contains"),
        ("pack/../../keys.csv", E::Regular, "it contains the path"),
        ("/etc/keys.csv", E::Regular, "it contains the path"),
        ("pack/more/keys.csv", E::Regular, "it contains the path"),
        ("pack/..\\keys.csv", E::Regular, "it contains the path"),
        ("pack/notes.txt", E::Regular, "an unexpected file"),
        ("pack/KEYS.CSV", E::Regular, "an unexpected file"),
        ("pack/keys.csv", E::Symlink, "(a link)"),
        ("pack/keys.csv", E::Link, "(a link)"),
        ("pack/keys.csv", E::Char, "(a device)"),
        ("pack/keys.csv", E::Block, "(a device)"),
        ("pack/keys.csv", E::Fifo, "(a device)"),
        ("pack/keys.csv", E::Directory, "(a directory)"),
        ("pack/keys.csv", E::XHeader, "(an extension of the tar format)"),
        ("pack/keys.csv", E::GNULongName, "(an extension of the tar format)"),
        ("pack/keys.csv", E::GNUSparse, "(an extension of the tar format)"),
    ] {
        let error = refused(&archive(&[(path, kind, b"")]));
        assert!(error.contains(told), "{path} {kind:?}: {error}");
    }
    let twice = [("pack/keys.csv", E::Regular, &b"a"[..]), ("pack/keys.csv", E::Regular, b"b")];
    assert_eq!(refused(&archive(&twice)), "it contains keys.csv twice");
    let two = [("a/keys.csv", E::Regular, &b"a"[..]), ("b/report.md", E::Regular, b"b")];
    assert!(refused(&archive(&two)).starts_with("it contains several directories"));
}

#[test]
fn what_is_no_archive_or_more_than_one_is_refused() {
    assert_eq!(refused(b""), "it is not a .tar.gz archive");
    assert_eq!(refused(b"PK\x03\x04 a zip file"), "it is not a .tar.gz archive");
    let good = archive(&[("pack/keys.csv", EntryType::Regular, &[b'a'; 5_000])]);
    for cut in [good.len() - 1, good.len() - 9, good.len() / 2, 12] {
        let error = refused(&good[..cut]);
        assert!(error.starts_with("the archive is damaged"), "{cut}: {error}");
    }
    // The words of libraries say nothing to people: which file, what can be read, and what was done to it.
    let two = [
        ("pack/manifest.json", EntryType::Regular, &b"{}"[..]),
        ("pack/keys.csv", EntryType::Regular, b"id"),
    ];
    let plain = |bytes: &[u8]| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::none());
        packed.write_all(bytes).expect("bytes");
        packed.finish().expect("an archive")
    };
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(&*archive(&two)).read_to_end(&mut bytes).expect("bytes");
    let again = "copy the pack again, or create another one with `keydeck audit report`";
    let mut garbled = bytes.clone();
    garbled[1024..1536].fill(b'z');
    let damaged = "the archive is damaged: it is";
    let only = "only manifest.json can be read";
    assert_eq!(refused(&plain(&garbled)), format!("{damaged} corrupted; {only}; {again}"));
    // Those of gzip and of the only block.
    const HEADS: usize = 10 + 5;
    let cut = |until: usize| refused(&plain(&bytes)[..until + HEADS]);
    assert_eq!(cut(1537), format!("{damaged} cut short in keys.csv; {only}; {again}"));
    assert_eq!(cut(1100), format!("{damaged} cut short; {only}; {again}"));
    assert_eq!(cut(100), format!("{damaged} cut short; none of its files can be read; {again}"));
    let mut longer = good.clone();
    longer.extend_from_slice(&good);
    assert_eq!(refused(&longer), "it contains something behind the end of the archive");
    let mut hidden = GzEncoder::new(Vec::new(), Compression::fast());
    hidden.write_all(&[0; 1024]).expect("bytes");
    hidden.write_all(b"something").expect("bytes");
    let error = refused(&hidden.finish().expect("an archive"));
    assert_eq!(error, "it contains something behind the end of the archive");
}

/// A disk that fails after these bytes.
struct Failing<'a>(&'a [u8]);

impl Read for Failing<'_> {
    fn read(&mut self, part: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() { Err(io::Error::from_raw_os_error(5)) } else { self.0.read(part) }
    }
}

#[test]
fn a_disk_that_fails_is_not_called_a_damaged_archive() {
    let good = archive(&[("pack/keys.csv", EntryType::Regular, &[b'a'; 5_000])]);
    let error = refused_from(Failing(&good[..good.len() / 2]));
    assert!(error.starts_with("cannot be read: ") && !error.contains("damaged"), "{error}");
}

/// Ten gigabytes of zeros, compressed as they are read.
struct Zeros {
    left: u64,
    packed: GzEncoder<Vec<u8>>,
    at: usize,
    is_done: bool,
}

impl Read for Zeros {
    fn read(&mut self, part: &mut [u8]) -> io::Result<usize> {
        while self.packed.get_ref().len() == self.at && !self.is_done {
            let zeros = vec![0; 1 << 16];
            let next = self.left.min(zeros.len() as u64);
            self.packed.write_all(&zeros[..next as usize])?;
            self.left -= next;
            if self.left == 0 {
                self.packed.try_finish()?;
                self.is_done = true;
            }
        }
        let read = (&self.packed.get_ref()[self.at..]).read(part)?;
        self.at += read;
        Ok(read)
    }
}

#[test]
fn ten_gigabytes_of_zeros_are_refused_before_they_fill_the_disk() {
    let zeros = |head: Option<Header>| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        if let Some(header) = head {
            packed.write_all(header.as_bytes()).expect("bytes");
        }
        Zeros { left: 10 << 30, packed, at: 0, is_done: false }
    };
    assert_eq!(
        refused_from(zeros(None)),
        "the archive is damaged: it unpacks to more than 200 times its size"
    );
    let header = |size: u64| {
        let mut header = Header::new_ustar();
        header.set_path("pack/keys.csv").expect("a path");
        header.set_entry_type(EntryType::Regular);
        header.set_size(size);
        header.set_cksum();
        header
    };
    assert_eq!(refused_from(zeros(Some(header(7 << 30)))), "keys.csv is larger than 4 GiB");
    let error = refused_from(zeros(Some(header(3 << 30))));
    assert_eq!(error, "the archive is damaged: it unpacks to more than 200 times its size");
}

#[test]
fn folders_with_links_odd_texts_and_huge_lines_are_named_and_not_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("written");
    for name in ALL {
        write(name, b"");
    }
    assert_eq!(differences(folder.path(), None), ["events.jsonl line 1: no audit events"]);
    write("events.jsonl", b"\xff\xfe\n");
    assert_eq!(differences(folder.path(), None), ["events.jsonl line 1: is not UTF-8 text"]);
    write("events.jsonl", b"{}");
    let cut = "events.jsonl line 1: has no line break at its end: the file is cut short";
    assert_eq!(differences(folder.path(), None), [cut]);
    let mut huge = vec![b'['; 17 << 20];
    huge.push(b'\n');
    write("events.jsonl", &huge);
    assert_eq!(differences(folder.path(), None), ["events.jsonl line 1: is longer than 16 MiB"]);
    // Nesting that would overflow a stack.
    let mut deep = vec![b'['; 1 << 20];
    deep.push(b'\n');
    write("events.jsonl", &deep);
    assert_eq!(differences(folder.path(), None), ["events.jsonl line 1: not an audit event"]);
    write("manifest.json", &vec![b'['; 17 << 20]);
    assert_eq!(differences(folder.path(), None), ["manifest.json: is larger than 16 MiB"]);
    #[cfg(unix)]
    {
        write("manifest.json", b"");
        std::fs::remove_file(folder.path().join("keys.csv")).expect("removed");
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("keys.csv")).expect("a link");
        std::fs::write(folder.path().join("a\u{1b}[2Jb"), b"").expect("written");
        let found = differences(folder.path(), None);
        assert_eq!(
            found,
            [
                "a\u{fffd}[2Jb: unexpected file",
                "keys.csv: not a regular file",
                "events.jsonl line 1: not an audit event"
            ]
        );
    }
    assert!(
        pack::open(Path::new("/dev/null"))
            .err()
            .expect("refused")
            .ends_with("neither a directory nor a file")
    );
    assert!(pack::open(&folder.path().join("nowhere")).err().expect("refused").starts_with("cannot open "));
}

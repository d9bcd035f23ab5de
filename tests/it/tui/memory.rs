//! After its dialog has closed, no copy of a key is left in the memory of the process that showed it.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::story::{make_project, show_key, start_with};
use crate::support::home::Home;
use crate::support::pty::Pty;
use crate::support::skipped;

/// How far apart the characters of a text may stand: cells of a screen are structs of their own.
const STRIDES: std::ops::RangeInclusive<usize> = 1..=64;
/// How long the last users of a text may take to drop it.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a process has in its writable memory.
struct Memory {
    /// Where each part begins, what it is, and its bytes.
    parts: Vec<(u64, String, Vec<u8>)>,
}

impl Memory {
    /// Reads all of it; none where this user may not.
    fn of(pid: u32) -> Option<Memory> {
        let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).ok()?;
        let memory = File::open(format!("/proc/{pid}/mem")).ok()?;
        let mut parts = Vec::new();
        for line in maps.lines() {
            let mut fields = line.split_whitespace();
            let (range, rights) = (fields.next().expect("a range"), fields.next().expect("rights"));
            if !rights.starts_with("rw") {
                continue;
            }
            let (from, to) = range.split_once('-').expect("a range");
            let address = |text| u64::from_str_radix(text, 16).expect("an address");
            let (from, to) = (address(from), address(to));
            let mut bytes = vec![0; (to - from) as usize];
            // What the process gives back at this moment cannot be read.
            if memory.read_exact_at(&mut bytes, from).is_ok() {
                parts.push((from, fields.nth(3).unwrap_or("memory").to_owned(), bytes));
            }
        }
        (!parts.is_empty()).then_some(Memory { parts })
    }

    /// Where a text stands, with any of the strides.
    fn find(&self, text: &str) -> Vec<String> {
        let text = text.as_bytes();
        let mut found = Vec::new();
        for (from, what, bytes) in &self.parts {
            let mut at = 0;
            while let Some(next) = bytes[at..].iter().position(|byte| *byte == text[0]) {
                at += next;
                for stride in STRIDES {
                    let matches = |(i, c): (usize, &u8)| bytes.get(at + i * stride) == Some(c);
                    if text.iter().enumerate().skip(1).all(matches) {
                        let before = String::from_utf8_lossy(&bytes[at.saturating_sub(48)..at]).into_owned();
                        found.push(format!(
                            "{:#x} in {what}, stride {stride}, after {before:?}",
                            from + at as u64
                        ));
                    }
                }
                at += 1;
            }
        }
        found
    }
}

/// Asserts that the process holds none of these texts, or will not in a moment.
fn forgets(pty: &Pty, texts: &[&str]) {
    let end = Instant::now() + PATIENCE;
    loop {
        let memory = Memory::of(pty.id()).expect("it was read before");
        let found: Vec<String> = texts.iter().flat_map(|text| memory.find(text)).collect();
        if found.is_empty() {
            return;
        }
        assert!(Instant::now() < end, "copies of the key are left:\n{}\n{}", found.join("\n"), pty.screen());
        std::thread::park_timeout(Duration::from_millis(200));
    }
}

#[test]
fn no_copy_of_a_key_is_left_in_memory_after_its_dialog_has_closed() {
    let home = Home::new();
    let mut pty = start_with(&home, &[], &[]);
    pty.sees("live");
    make_project(&mut pty, "shop");
    let key = show_key(&mut pty, "web");
    pty.sees("Sent to your terminal's clipboard");
    // The part that nobody may know, and how the terminal was told of it.
    let secret = &key[17..33];
    let encoded = &BASE64_STANDARD.encode(&key)[24..44];
    let Some(memory) = Memory::of(pty.id()) else {
        return skipped("this user may not read another process's memory");
    };
    let shown = memory.find(secret);
    assert!(
        shown.iter().any(|found| found.contains("stride 1,")),
        "the scan finds the key itself: {shown:?}"
    );
    let cells = shown.iter().any(|found| !found.contains("stride 1,"));
    assert!(cells, "the scan finds the cells of the screen: {shown:?}");
    // Everything that may be done with it while it is shown.
    pty.press("y");
    pty.press("w");
    pty.sees("Saved to");
    pty.press("Y2");
    pty.sees("Sent to your terminal's clipboard");
    pty.resize(40, 14);
    pty.sees("Wrapped: copy it with y");
    pty.resize(100, 30);
    pty.press("\x1b");
    pty.sees("Keep or revoke?");
    pty.press("\x1b");
    pty.sees_no_more("Keep or revoke?");
    // The emulated screen may break the key's own line after its size has changed: only the title tells for sure.
    pty.press_until("\r", "the table", |screen| !screen.contains("Copy your new key now"));
    pty.sees("web");
    forgets(&pty, &[secret, encoded]);
}

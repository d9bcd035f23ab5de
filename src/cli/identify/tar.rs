//! Reads tar archives file by file, so that compressed files in them are opened.

use std::io::{self, Read};

use super::damaged::{Damage, DamagedKeys};
use super::search::{Search, SearchEvent, fill};
use crate::cli::scan::{self, packed};
use crate::secret;

const BLOCK: usize = 512;
/// A longer name is read to its end and shown cut.
const NAME_MAX: u64 = 64 << 10;

/// A file in an archive, as its header says.
struct Member {
    kind: u8,
    size: u64,
    name: String,
}

impl Member {
    fn of(header: &[u8]) -> Option<Member> {
        if !packed::is_tar(header) {
            return None;
        }
        let text = |from: usize, to: usize| {
            let field = &header[from..to];
            let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
            String::from_utf8_lossy(&field[..end]).into_owned()
        };
        let prefix = if header[257..].starts_with(b"ustar\0") { text(345, 500) } else { String::new() };
        let name = if prefix.is_empty() { text(0, 100) } else { format!("{prefix}/{}", text(0, 100)) };
        let kind = header[156];
        // Links, devices and folders hold nothing, whatever their header says.
        let size = if matches!(kind, b'1'..=b'6') { 0 } else { packed::octal(&header[124..136])? };
        Some(Member { kind, size, name })
    }
}

impl Search<'_> {
    /// Searches an archive, from the first byte on.
    pub(super) fn tar(&mut self, name: &str, input: &mut dyn Read, depth: usize) -> io::Result<()> {
        let mut block = [0; BLOCK];
        let mut long_name: Option<String> = None;
        let mut long_size: Option<u64> = None;
        loop {
            match fill(input, &mut block, BLOCK)? {
                0 => return Ok(()),
                BLOCK => {}
                _ => {
                    self.not_searched(name, "an incomplete archive (tar)");
                    return Ok(());
                }
            }
            let Some(mut member) = Member::of(&block) else {
                if block.iter().any(|byte| *byte != 0) {
                    self.not_searched(name, "a damaged archive (tar)");
                }
                // What stands behind the end is no file of the archive.
                return self.raw(name, &mut block.chain(input), depth, true);
            };
            // The beginning of a long name, which was searched as a whole, is not searched again.
            let is_known = long_name.as_ref().is_some_and(|long| long.starts_with(&member.name));
            let mut names = if is_known { Vec::new() } else { format!("{}\n", member.name).into_bytes() };
            names.extend_from_slice(&without_name(block));
            self.raw(name, &mut &*names, depth, true)?;
            match member.kind {
                b'L' | b'K' | b'x' | b'g' => {
                    let mut text = Vec::new();
                    (&mut *input).take(member.size.min(NAME_MAX)).read_to_end(&mut text)?;
                    self.raw(name, &mut &*text, depth, true)?;
                    if member.kind == b'L' {
                        let text = text.strip_suffix(b"\0").unwrap_or(&text);
                        long_name = Some(String::from_utf8_lossy(text).into_owned());
                    } else if member.kind == b'x' {
                        for (key, value) in records(&text) {
                            match key {
                                "path" | "GNU.sparse.name" => long_name = Some(value.to_owned()),
                                "size" => long_size = value.parse().ok(),
                                _ => {}
                            }
                        }
                    }
                    let mut rest = (&mut *input).take(member.size.saturating_sub(text.len() as u64));
                    self.raw(name, &mut rest, depth, true)?;
                }
                kind => {
                    // The old form of a file with holes lists more of them in blocks of their own.
                    let mut goes_on = kind == b'S' && block[482] != 0;
                    while goes_on && fill(input, &mut block, BLOCK)? == BLOCK {
                        goes_on = block[504] != 0;
                    }
                    member.size = long_size.take().unwrap_or(member.size);
                    let inner = long_name.take().unwrap_or(std::mem::take(&mut member.name));
                    let inner = secret::masked(&format!("{name}!{inner}")).into_owned();
                    let mut content = (&mut *input).take(member.size);
                    if member.size > 0
                        && let Err(error) = self.stream(&inner, &mut content, depth + 1)
                    {
                        self.not_searched(&inner, &error.to_string());
                    }
                    io::copy(&mut content, &mut io::sink())?;
                    if content.limit() > 0 {
                        self.not_searched(&inner, "missing from the archive (tar)");
                        return Ok(());
                    }
                }
            }
            let padding = (BLOCK as u64 - member.size % BLOCK as u64) % BLOCK as u64;
            io::copy(&mut (&mut *input).take(padding), &mut io::sink())?;
        }
    }

    /// Searches bytes as they are; `is_known` says that what they begin with is named already.
    pub(super) fn raw(
        &mut self,
        name: &str,
        input: &mut dyn Read,
        depth: usize,
        is_known: bool,
    ) -> io::Result<()> {
        let source = match depth {
            0 if self.is_live => scan::Source::Live,
            0 => scan::Source::File,
            depth => scan::Source::Within(depth),
        };
        let mut input = DamagedKeys::new(input);
        let searched = scan::keys_in(&mut input, source, is_known, &mut |seen| {
            (self.report)(match seen {
                scan::Seen::Key(hit) => SearchEvent::Found(name.to_owned(), hit),
                scan::Seen::NotSearched(reason) => SearchEvent::NotSearched(name.to_owned(), reason),
            });
        });
        for key in input.found().into_iter().filter(|key| self.is_named || key.damage == Damage::Mistyped) {
            (self.report)(SearchEvent::Damaged(name.to_owned(), key));
        }
        searched
    }
}

/// A header without the name, which is searched by itself. What stands behind the end of its text stays.
fn without_name(mut header: [u8; BLOCK]) -> [u8; BLOCK] {
    let has_prefix = header[257..].starts_with(b"ustar\0");
    let blank = |field: &mut [u8]| field.iter_mut().take_while(|byte| **byte != 0).for_each(|byte| *byte = 0);
    blank(&mut header[..100]);
    if has_prefix {
        blank(&mut header[345..500]);
    }
    header
}

/// The records of a pax header: `LENGTH KEY=VALUE`, each with a line break.
fn records(text: &[u8]) -> Vec<(&str, &str)> {
    let mut records = Vec::new();
    let mut rest = text;
    while let Some(blank) = rest.iter().position(|byte| *byte == b' ') {
        let length = std::str::from_utf8(&rest[..blank]).ok().and_then(|text| text.parse::<usize>().ok());
        let Some(record) = length.and_then(|length| rest.get(blank + 1..length)) else { break };
        let record = std::str::from_utf8(record).unwrap_or_default();
        records.extend(record.trim_end_matches('\n').split_once('='));
        rest = &rest[blank + 1 + record.len()..];
        if record.is_empty() {
            break;
        }
    }
    records
}

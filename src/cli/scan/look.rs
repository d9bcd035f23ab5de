//! Looks through a window of bytes in every way in which a key may be written, one inside another.

use std::io::Read as _;

use zeroize::Zeroizing;

use super::decode::{DEPTH, is_text, is_worth};
use super::packed::{self, Inside};
use super::unpacked::{Limit, Unpacked};
use super::views::{self, View};
use super::{Seen, Source, decode, dump, keys_in, quick};
use crate::secret::{KEY_LEN, Secret};

/// The most bytes that decoding and unpacking may make of one window.
const MADE: u64 = 16 << 20;

/// What is in a window.
#[derive(Default)]
pub(super) struct Look {
    /// Each key, and where it begins, in this order.
    pub(super) keys: Vec<(usize, Secret)>,
    /// Why something was not searched, and where that begins.
    pub(super) missed: Vec<(usize, String)>,
    /// Where something compressed begins that goes on behind the window.
    pub(super) open: Option<usize>,
    made: u64,
    /// Whether nothing comes behind the window.
    last: bool,
}

impl Look {
    /// Looks through a window; `last` says that nothing comes behind it.
    pub(super) fn through(window: &[u8], depth: usize, last: bool) -> Look {
        let mut look = Look { last, ..Look::default() };
        if !quick::may_hold(window) {
            return look;
        }
        look.view(&View::window(window), depth, true);
        look.keys.sort_by_key(|(at, key)| (*at, key.hint()));
        // One key may be seen in several views, each of which has its beginning a little elsewhere.
        let mut each: Vec<(usize, Secret)> = Vec::with_capacity(look.keys.len());
        for (at, key) in look.keys.drain(..) {
            if !each.iter().rev().any(|(before, other)| at - before < KEY_LEN && *other == key) {
                each.push((at, key));
            }
        }
        look.keys = each;
        look
    }

    fn view(&mut self, view: &View<'_>, depth: usize, outermost: bool) {
        views::plain(view, &mut self.keys);
        // What is undone in a text may have been a part of base64 that looked like an escape.
        views::wrapped(&views::dense(view), &mut self.keys);
        self.packed(view, depth);
        if !outermost && !is_text(view.bytes()) {
            self.deflated(view, depth);
            return;
        }
        let mut loose: Option<View<'static>> = None;
        for next in views::undone(view) {
            views::plain(&next, &mut self.keys);
            loose = Some(next);
        }
        let last = loose.as_ref().unwrap_or(view);
        views::plain(&views::bare(last), &mut self.keys);
        let mut children = Vec::new();
        decode::decoded(view, is_worth, &mut children);
        dump::decoded(view, &mut children, &mut self.keys);
        if let Some(loose) = &loose {
            views::wrapped(&views::dense(loose), &mut self.keys);
            decode::decoded(loose, is_worth, &mut children);
            dump::decoded(loose, &mut children, &mut self.keys);
        }
        for child in children {
            let bytes = child.bytes();
            self.made += bytes.len() as u64;
            if self.made > MADE || depth >= DEPTH {
                if is_worth(bytes) && bytes.len() >= KEY_LEN {
                    self.miss(child.origin(0), "encoded too many times".to_owned());
                }
                continue;
            }
            self.view(&child, depth + 1, false);
        }
    }

    /// Opens what is compressed within, and names what cannot be opened.
    fn packed(&mut self, view: &View<'_>, depth: usize) {
        let bytes = view.bytes();
        let mut end = 0;
        for (at, inside) in packed::inside(bytes) {
            // A part of what was opened already.
            if at < end {
                continue;
            }
            let origin = view.origin(at);
            let rest = &bytes[at..];
            match inside {
                Inside::Named(reason) => self.miss(origin, reason.to_owned()),
                _ if depth >= DEPTH => self.miss(origin, "compressed too many times".to_owned()),
                Inside::Gzip => {
                    let input = flate2::bufread::GzDecoder::new(rest);
                    end = at
                        + self
                            .unpack(origin, "gzip", input, depth, |input| rest.len() - input.get_ref().len());
                }
                Inside::Zlib => {
                    let input = flate2::bufread::ZlibDecoder::new(rest);
                    end = at
                        + self
                            .unpack(origin, "zlib", input, depth, |input| rest.len() - input.get_ref().len());
                }
                Inside::Zip => match packed::zip_end(rest) {
                    Some(length) => end = at + self.zip(origin, &rest[..length], depth),
                    None if self.last => self.miss(origin, "compressed (zip): incomplete".to_owned()),
                    None => self.open_from(origin),
                },
            }
        }
    }

    /// Searches what comes out of a decompressor, and says how much went in.
    fn unpack<R: std::io::Read>(
        &mut self,
        origin: usize,
        format: &str,
        input: R,
        depth: usize,
        consumed: impl Fn(&R) -> usize,
    ) -> usize {
        /// A checksum is at the end only: what gives less before an error is nothing compressed.
        const SURE: u64 = 2048;
        let mut unpacked = Unpacked::new(input, Limit::Bytes(MADE.saturating_sub(self.made)));
        self.within(origin, &mut unpacked, depth);
        self.made += unpacked.read;
        let read = unpacked.read;
        let (input, failed) = unpacked.end();
        let went_in = consumed(&input);
        let Some(error) = failed else { return went_in };
        let sure = format == "gzip" || read >= SURE;
        match error.kind() {
            std::io::ErrorKind::UnexpectedEof if !self.last && sure => self.open_from(origin),
            std::io::ErrorKind::FileTooLarge => self.miss(origin, format!("compressed ({format}): {error}")),
            _ if read >= SURE => self.miss(origin, format!("compressed ({format}): damaged")),
            _ => return 0,
        }
        went_in
    }

    /// Decoded bytes that are compressed without a header, as single sign-on sends them.
    fn deflated(&mut self, view: &View<'_>, depth: usize) {
        let input = flate2::bufread::DeflateDecoder::new(view.bytes());
        let mut text = Zeroizing::new(Vec::new());
        let limit = Limit::Bytes(MADE.saturating_sub(self.made));
        let mut unpacked = Unpacked::new(input, limit);
        let read = unpacked.read_to_end(&mut text);
        self.made += unpacked.read;
        if read.is_ok() && unpacked.end().1.is_none() && text.len() >= KEY_LEN && depth < DEPTH {
            let mut unpacked = Unpacked::new(&**text, Limit::Bytes(MADE));
            self.within(view.origin(0), &mut unpacked, depth);
        }
    }

    /// Searches the files of an archive, and says how long it is.
    fn zip(&mut self, origin: usize, bytes: &[u8], depth: usize) -> usize {
        let mut archive = match zip::ZipArchive::new(std::io::Cursor::new(bytes)) {
            Ok(archive) => archive,
            Err(error) => {
                self.miss(origin, format!("compressed (zip): {error}"));
                return 0;
            }
        };
        for at in 0..archive.len() {
            let failed = match archive.by_index(at) {
                Ok(entry) => {
                    let mut unpacked = Unpacked::new(entry, Limit::Bytes(MADE.saturating_sub(self.made)));
                    self.within(origin, &mut unpacked, depth);
                    self.made += unpacked.read;
                    unpacked.end().1.map(|error| error.to_string())
                }
                Err(error) => Some(error.to_string()),
            };
            if let Some(error) = failed {
                self.miss(origin, format!("compressed (zip): {error}"));
            }
        }
        bytes.len()
    }

    fn within<R: std::io::Read>(&mut self, origin: usize, unpacked: &mut Unpacked<R>, depth: usize) {
        let searched =
            keys_in(&mut unpacked.by_ref(), Source::Within(depth + 1), false, &mut |seen| match seen {
                Seen::Key(hit) => self.keys.extend(hit.key.map(|key| (origin, key))),
                Seen::NotSearched(reason) => self.missed.push((origin, reason)),
            });
        // Errors are kept by `unpacked`.
        let _ = searched;
    }

    fn miss(&mut self, at: usize, reason: String) {
        if !self.missed.iter().any(|(_, other)| *other == reason) {
            self.missed.push((at, reason));
        }
    }

    fn open_from(&mut self, at: usize) {
        self.open = Some(self.open.map_or(at, |other| other.min(at)));
    }
}

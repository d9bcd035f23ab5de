//! Bytes of a terminal to keys, pastes and clicks. A sequence is never taken apart: its bytes are no keys, however
//! late the rest of it comes.

use std::time::Duration;

use super::codes;
use super::paste::{Paste, STALL};
use crate::tui::model::{Event, KeyCode, KeyPress};

/// How long a lone ESC waits for the rest of a sequence before it is the key Esc, and a line break behind text for
/// more text.
pub const WAIT: Duration = Duration::from_millis(50);
/// How long a reply of the terminal may take from its beginning. It ends earlier only by its terminator.
const REPLY: Duration = Duration::from_secs(1);
/// A reply that still comes is not over then.
const FLOW: Duration = Duration::from_millis(100);
/// The most bytes of a sequence's parameters; a longer one is read to its end and ignored.
const PARAMETERS: usize = 64;
/// The most line breaks that wait for text.
const BREAKS: usize = 256;

/// What was read so far and is no whole key yet. It reads no clock: `now` is the time since any fixed moment.
#[derive(Debug, Default)]
pub struct Decoder {
    state: State,
    /// Line breaks behind text. More text right behind them makes them part of a paste; otherwise they are keys.
    breaks: Vec<KeyPress>,
    breaks_until: Duration,
    /// When the last key came, if it was a character.
    typed_at: Option<Duration>,
    /// When something was read last.
    read_at: Duration,
    out: Vec<Event>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Ground,
    /// Behind ESC, or behind two of them.
    Escape {
        doubled: bool,
        until: Duration,
    },
    /// Behind ESC and `[`, or ESC and `O`.
    Sequence(Sequence),
    /// In a string that the terminal sends as a reply (OSC, DCS, SOS, PM, APC).
    Reply {
        since: Duration,
        until: Duration,
        escaped: bool,
        /// Its beginning, if it is an OSC.
        text: Option<Vec<u8>>,
    },
    /// In a character of several bytes.
    Character {
        alt: bool,
        bytes: Vec<u8>,
        length: usize,
    },
    Paste(Paste),
}

#[derive(Debug)]
struct Sequence {
    /// Whether `[` opened it, and not `O`.
    csi: bool,
    /// A second ESC stood before it, as some terminals write Alt.
    alt: bool,
    parameters: Vec<u8>,
}

impl Decoder {
    /// Takes what one read gave, and gives what it completed. Call [`Decoder::expire`] before, where its time came
    /// and nothing was there to read.
    pub fn take(&mut self, bytes: &[u8], now: Duration) -> Vec<Event> {
        if let State::Paste(paste) = &mut self.state {
            let flows = now.saturating_sub(self.read_at) < FLOW;
            if !paste.goes_on(is_one_key(bytes), flows, now) {
                self.state = State::Ground;
            }
        }
        self.read_at = now;
        for byte in bytes {
            self.byte(*byte, now);
        }
        std::mem::take(&mut self.out)
    }

    /// When to call [`Decoder::expire`], if nothing was read before.
    pub fn deadline(&self) -> Option<Duration> {
        let state = match &self.state {
            State::Escape { until, .. } | State::Reply { until, .. } => Some(*until),
            State::Paste(paste) => paste.deadline(),
            State::Ground | State::Sequence(_) | State::Character { .. } => None,
        };
        let breaks = (!self.breaks.is_empty()).then_some(self.breaks_until);
        state.into_iter().chain(breaks).min()
    }

    /// Decides about what has waited long enough.
    pub fn expire(&mut self, now: Duration) -> Vec<Event> {
        if !self.breaks.is_empty() && self.breaks_until <= now {
            self.settle_breaks(false);
        }
        match std::mem::take(&mut self.state) {
            State::Escape { doubled, until } if until <= now => {
                for _ in 0..=u8::from(doubled) {
                    self.emit(Event::Key(KeyPress::plain(KeyCode::Esc)), now);
                }
            }
            State::Reply { until, .. } if until <= now => {}
            State::Paste(mut paste) if paste.deadline().is_some_and(|until| until <= now) => {
                if let Some(text) = paste.interrupt() {
                    self.emit(Event::Paste(text), now);
                }
                self.state = State::Paste(paste);
            }
            state => self.state = state,
        }
        std::mem::take(&mut self.out)
    }

    fn byte(&mut self, byte: u8, now: Duration) {
        match std::mem::take(&mut self.state) {
            State::Ground => self.ground(byte, false, now),
            State::Escape { doubled, .. } => self.escaped(byte, doubled, now),
            State::Sequence(sequence) => self.sequence(sequence, byte, now),
            State::Reply { since, escaped, text, .. } => self.reply(byte, since, (escaped, text), now),
            State::Character { alt, bytes, length } => self.character(alt, bytes, length, byte, now),
            State::Paste(mut paste) => {
                if !paste.push(byte) {
                    self.state = State::Paste(paste);
                } else if let Some(text) = paste.text() {
                    self.emit(Event::Paste(text), now);
                }
            }
        }
    }

    fn ground(&mut self, byte: u8, alt: bool, now: Duration) {
        if alt || !matches!(byte, b'\r' | b'\n' | 0x20..=0x7e | 0xc2..=0xf4) {
            // No text, so that what stands before it is not in the middle of some.
            self.settle_breaks(false);
            self.typed_at = None;
        }
        match byte {
            0x1b => self.state = State::Escape { doubled: false, until: now + WAIT },
            b'\r' | b'\n' if !alt => self.line_break(byte, now),
            0x00..=0x7f => self.emit(Event::Key(KeyPress { alt, ..codes::ascii(byte) }), now),
            // The same as ESC and a character, in one byte. No character of UTF-8 begins with it.
            0x9b => self.state = open(true, alt),
            0x8f => self.state = open(false, alt),
            0x90 | 0x98 | 0x9d..=0x9f => self.open_reply(byte == 0x9d, now),
            0xc2..=0xdf => self.state = State::Character { alt, bytes: vec![byte], length: 2 },
            0xe0..=0xef => self.state = State::Character { alt, bytes: vec![byte], length: 3 },
            0xf0..=0xf4 => self.state = State::Character { alt, bytes: vec![byte], length: 4 },
            // No character, and nothing that a key sends.
            _ => {}
        }
    }

    fn escaped(&mut self, byte: u8, doubled: bool, now: Duration) {
        match byte {
            b'[' => self.state = open(true, doubled),
            b'O' => self.state = open(false, doubled),
            _ => {
                // Only a sequence of its own takes two of them.
                if doubled {
                    self.emit(Event::Key(KeyPress::plain(KeyCode::Esc)), now);
                }
                match byte {
                    0x1b => self.state = State::Escape { doubled: true, until: now + WAIT },
                    b']' | b'P' | b'X' | b'^' | b'_' => self.open_reply(byte == b']', now),
                    byte => self.ground(byte, true, now),
                }
            }
        }
    }

    fn open_reply(&mut self, osc: bool, now: Duration) {
        let text = osc.then(Vec::new);
        self.state = State::Reply { since: now, until: now + REPLY, escaped: false, text };
    }

    fn sequence(&mut self, mut sequence: Sequence, byte: u8, now: Duration) {
        let Sequence { csi, parameters, .. } = &mut sequence;
        let whole = match byte {
            // The coordinates of an old mouse report may be any byte.
            0x20..=0xff if *csi && parameters.first() == Some(&b'M') => {
                parameters.push(byte);
                parameters.len() == 4
            }
            // Broken off: this byte begins something else.
            0x00..=0x1f | 0x7f..=0xff => return self.ground(byte, false, now),
            // What the Linux console sends for F1 to F5.
            _ if *csi && parameters.as_slice() == b"[" => true,
            b'[' | b'M' if *csi && parameters.is_empty() => {
                parameters.push(byte);
                false
            }
            // rxvt ends a key with Shift so; in a report this byte comes behind more than one number.
            b'$' if *csi && !parameters.is_empty() && parameters.iter().all(u8::is_ascii_digit) => true,
            0x20..=0x3f => {
                if parameters.len() < PARAMETERS {
                    parameters.push(byte);
                }
                false
            }
            0x40..=0x7e => true,
        };
        if !whole {
            self.state = State::Sequence(sequence);
            return;
        }
        if sequence.csi && byte == b'~' && sequence.parameters == b"200" {
            self.state = State::Paste(Paste::new(now + STALL));
            return;
        }
        if sequence.parameters.len() == PARAMETERS {
            return;
        }
        let decode = if sequence.csi { codes::csi } else { codes::ss3 };
        if let Some(mut event) = decode(&sequence.parameters, byte) {
            if let Event::Key(key) = &mut event {
                key.alt |= sequence.alt;
            }
            self.emit(event, now);
        }
    }

    /// Replies of the terminal are not keys: all are dropped except the background colour.
    fn reply(&mut self, byte: u8, since: Duration, (escaped, text): (bool, Option<Vec<u8>>), now: Duration) {
        let end = |decoder: &mut Decoder, text: Option<Vec<u8>>| {
            decoder.out.extend(text.and_then(|text| codes::background(&text)));
        };
        match byte {
            b'\\' if escaped => end(self, text),
            _ if escaped => self.escaped(byte, false, now),
            0x07 => end(self, text),
            0x18 | 0x1a => {}
            // Someone wants to leave, and the rest of the reply never came.
            0x03 => self.ground(byte, false, now),
            _ => {
                let until = (since + REPLY).max(now + FLOW);
                let mut text = text;
                if let Some(text) = text.as_mut().filter(|text| text.len() < PARAMETERS && byte != 0x1b) {
                    text.push(byte);
                }
                self.state = State::Reply { since, until, escaped: byte == 0x1b, text };
            }
        }
    }

    fn character(&mut self, alt: bool, mut bytes: Vec<u8>, length: usize, byte: u8, now: Duration) {
        if byte & 0xc0 != 0x80 {
            return self.ground(byte, false, now);
        }
        bytes.push(byte);
        if bytes.len() < length {
            self.state = State::Character { alt, bytes, length };
        } else if let Some(c) = std::str::from_utf8(&bytes).ok().and_then(|text| text.chars().next()) {
            self.emit(Event::Key(KeyPress { alt, ..codes::character(c) }), now);
        }
    }

    fn line_break(&mut self, byte: u8, now: Duration) {
        let key = codes::ascii(byte);
        let behind_text = self.typed_at.is_some_and(|at| now.saturating_sub(at) <= WAIT);
        if (behind_text || !self.breaks.is_empty()) && self.breaks.len() < BREAKS {
            self.breaks.push(key);
            self.breaks_until = now + WAIT;
        } else {
            self.emit(Event::Key(key), now);
        }
    }

    fn emit(&mut self, event: Event, now: Duration) {
        let is_text =
            matches!(event, Event::Key(KeyPress { code: KeyCode::Char(_), ctrl: false, alt: false, .. }));
        self.settle_breaks(is_text);
        self.typed_at = is_text.then_some(now);
        self.out.push(event);
    }

    fn settle_breaks(&mut self, in_text: bool) {
        if self.breaks.is_empty() {
            return;
        }
        let to_event = if in_text { Event::LineBreak } else { Event::Key };
        self.out.extend(self.breaks.drain(..).map(to_event));
        self.typed_at = None;
    }
}

fn open(csi: bool, alt: bool) -> State {
    State::Sequence(Sequence { csi, alt, parameters: Vec::new() })
}

/// Whether these bytes may be a single key that somebody presses.
fn is_one_key(bytes: &[u8]) -> bool {
    const LONGEST: usize = 16;
    if bytes.len() <= 1 {
        return true;
    }
    if bytes.len() > LONGEST {
        return false;
    }
    let mut decoder = Decoder::default();
    let events = decoder.take(bytes, Duration::ZERO);
    matches!(decoder.state, State::Ground)
        && decoder.breaks.is_empty()
        && matches!(events.as_slice(), [Event::Key(_)])
}

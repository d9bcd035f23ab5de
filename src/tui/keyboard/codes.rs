//! Decodes a complete sequence into a key, or a reply into a colour. Other sequences give no event.

use crate::tui::model::{Event, KeyCode, KeyPress, Mouse, MouseKind, PressKind};

/// A character as it is typed.
pub(super) fn character(c: char) -> KeyPress {
    KeyPress { shift: c.is_uppercase(), ..KeyPress::char(c) }
}

/// A byte of ASCII. In raw mode Enter sends CR; LF is Ctrl-J.
pub(super) fn ascii(byte: u8) -> KeyPress {
    match byte {
        b'\r' => KeyPress::plain(KeyCode::Enter),
        b'\t' => KeyPress::plain(KeyCode::Tab),
        0x1b => KeyPress::plain(KeyCode::Esc),
        0x7f => KeyPress::plain(KeyCode::Backspace),
        0x00 => KeyPress::ctrl(' '),
        0x01..=0x1a => KeyPress::ctrl(char::from(byte - 1 + b'a')),
        0x1c..=0x1f => KeyPress::ctrl(char::from(byte - 0x1c + b'4')),
        _ => character(char::from(byte)),
    }
}

/// A sequence behind ESC and `O`.
pub(super) fn ss3(parameters: &[u8], last: u8) -> Option<Event> {
    let code = match last {
        b'A'..=b'D' | b'F' | b'H' | b'P'..=b'S' => return letter(parameters, last),
        b'M' => KeyCode::Enter,
        b'X' => KeyCode::Char('='),
        // The keypad in application mode.
        b'j'..=b'y' => KeyCode::Char(char::from(last - b'j' + b'*')),
        _ => return None,
    };
    Some(Event::Key(KeyPress::plain(code)))
}

/// A sequence behind ESC and `[`.
pub(super) fn csi(parameters: &[u8], last: u8) -> Option<Event> {
    match parameters.first() {
        Some(b'<') => return mouse(numbers(&parameters[1..])?, last == b'm', 0),
        Some(b'M') => return old_mouse(&parameters[1..]),
        Some(b'[') => {
            let code = matches!(last, b'A'..=b'E').then(|| KeyCode::F(last - b'A' + 1))?;
            return Some(Event::Key(KeyPress::plain(code)));
        }
        _ => {}
    }
    let plain = parameters.is_empty();
    match last {
        b'I' if plain => Some(Event::FocusGained),
        b'O' if plain => Some(Event::FocusLost),
        b'Z' => Some(Event::Key(KeyPress { shift: true, ..KeyPress::plain(KeyCode::BackTab) })),
        // rxvt, with Shift.
        b'a'..=b'd' if plain => with(letter(&[], last.to_ascii_uppercase())?, true, false),
        b'A'..=b'D' | b'F' | b'H' | b'P' | b'Q' | b'S' => letter(parameters, last),
        // With numbers it says where the cursor is.
        b'R' if plain => letter(parameters, last),
        b'M' => mouse(numbers(parameters)?, false, 32),
        b'u' => {
            let numbers = numbers(parameters)?;
            pressed(unicode(numbers.first()?.0)?, numbers.get(1))
        }
        b'~' => {
            let numbers = numbers(parameters)?;
            match numbers.as_slice() {
                // xterm's modifyOtherKeys.
                [(27, _), held, (code, _)] => pressed(unicode(*code)?, Some(held)),
                [(number, _), rest @ ..] => pressed(numbered(*number)?, rest.first()),
                [] => None,
            }
        }
        // rxvt, with Shift, Ctrl and both.
        b'$' | b'^' | b'@' => {
            let key = pressed(numbered(numbers(parameters)?.first()?.0)?, None)?;
            with(key, last != b'^', last != b'$')
        }
        _ => None,
    }
}

fn with(event: Event, shift: bool, ctrl: bool) -> Option<Event> {
    let Event::Key(key) = event else { return None };
    Some(Event::Key(KeyPress { ctrl, shift, ..key }))
}

/// A key that is told by a letter, with what is held in the second number.
fn letter(parameters: &[u8], last: u8) -> Option<Event> {
    let code = match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P'..=b'S' => KeyCode::F(last - b'P' + 1),
        _ => return None,
    };
    let numbers = numbers(parameters)?;
    // Some terminals leave the first number out.
    pressed(code, numbers.get(1).or(numbers.first()))
}

/// A key that is told by a number.
fn numbered(number: u32) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Other,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => KeyCode::F(number as u8 - 10),
        17..=21 => KeyCode::F(number as u8 - 11),
        23..=26 => KeyCode::F(number as u8 - 12),
        28 | 29 => KeyCode::F(number as u8 - 15),
        31..=34 => KeyCode::F(number as u8 - 17),
        _ => return None,
    })
}

/// A key that is told by its character.
fn unicode(number: u32) -> Option<KeyCode> {
    Some(match number {
        9 => KeyCode::Tab,
        13 => KeyCode::Enter,
        27 => KeyCode::Esc,
        8 | 127 => KeyCode::Backspace,
        // Keys without a character have numbers there.
        0..=31 | 57_344..=63_743 => return None,
        _ => KeyCode::Char(char::from_u32(number)?),
    })
}

/// The key with what is held and whether it repeats; nothing for its release.
fn pressed(code: KeyCode, held: Option<&(u32, Option<u32>)>) -> Option<Event> {
    let (mask, kind) = held.copied().unwrap_or((1, None));
    let mask = mask.saturating_sub(1);
    let kind = match kind {
        Some(3) => return None,
        Some(2) => PressKind::Repeat,
        _ => PressKind::Press,
    };
    let shift = mask & 1 != 0;
    let code = if code == KeyCode::Tab && shift { KeyCode::BackTab } else { code };
    Some(Event::Key(KeyPress { code, shift, alt: mask & 2 != 0, ctrl: mask & 4 != 0, kind }))
}

/// Numbers between `;`, each with the one behind its `:`. None where something else stands there, as in replies.
fn numbers(parameters: &[u8]) -> Option<Vec<(u32, Option<u32>)>> {
    if parameters.is_empty() {
        return Some(Vec::new());
    }
    let text = std::str::from_utf8(parameters).ok()?;
    let number = |text: &str| if text.is_empty() { Some(1) } else { text.parse().ok() };
    text.split(';')
        .map(|part| {
            let mut parts = part.split(':');
            let first = number(parts.next()?)?;
            Some((first, parts.next().and_then(|text| text.parse().ok())))
        })
        .collect()
}

fn old_mouse(bytes: &[u8]) -> Option<Event> {
    let [button, x, y] = *bytes else { return None };
    let at = |byte: u8| (u32::from(byte.saturating_sub(32)), None);
    mouse(vec![(u32::from(button), None), at(x), at(y)], false, 32)
}

/// A click or the wheel; the left upper corner is 1, 1.
fn mouse(numbers: Vec<(u32, Option<u32>)>, released: bool, offset: u32) -> Option<Event> {
    let [(button, _), (x, _), (y, _), ..] = *numbers.as_slice() else { return None };
    let button = button.checked_sub(offset)?;
    let moved = button & 32 != 0;
    // Shift, Alt and Ctrl are told in between.
    let kind = match button & !0b1_1100 {
        0 if !released && !moved => MouseKind::Click,
        64 => MouseKind::WheelUp,
        65 => MouseKind::WheelDown,
        _ => return None,
    };
    let place = |at: u32| u16::try_from(at).ok()?.checked_sub(1);
    Some(Event::Mouse(Mouse { kind, x: place(x)?, y: place(y)? }))
}

/// The colour of the terminal's background, as it answers OSC 11: `11;rgb:1e1e/1e1e/2e2e`.
pub(super) fn background(reply: &[u8]) -> Option<Event> {
    let colour = std::str::from_utf8(reply.strip_prefix(b"11;")?).ok()?;
    let digits = colour.strip_prefix("rgb:").or_else(|| colour.strip_prefix("rgba:"))?;
    let mut parts = digits.split('/').map(|part| {
        let most = 16_u32.checked_pow(u32::try_from(part.len()).ok()?)?.checked_sub(1)?;
        let value = u32::from_str_radix(part, 16).ok()?;
        // Scaled to 0–255, whatever the number of digits.
        (most > 0).then(|| value * 255 / most)
    });
    let (red, green, blue) = (parts.next()??, parts.next()??, parts.next()??);
    Some(Event::Background { light: 299 * red + 587 * green + 114 * blue > 127 * 1000 })
}

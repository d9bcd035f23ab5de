//! Bytes of a terminal become keys and pastes, however they are cut on their way.

use std::time::Duration;

use keydeck::tui::keyboard::{Decoder, LIMIT, STALL, WAIT};
use keydeck::tui::model::{Event, KeyCode, KeyPress, Mouse, MouseKind, Pasted};
use proptest::prelude::*;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// What a terminal sends in parts, each after a pause, and what it means once nothing more comes.
fn decode(parts: &[(u64, &[u8])]) -> Vec<Event> {
    let mut decoder = Decoder::default();
    let mut now = Duration::ZERO;
    let mut events = Vec::new();
    for (pause, bytes) in parts {
        now += ms(*pause);
        wait(&mut decoder, now, &mut events);
        events.extend(decoder.take(bytes, now));
    }
    wait(&mut decoder, now + ms(60_000), &mut events);
    events
}

/// Nothing to read until then.
fn wait(decoder: &mut Decoder, until: Duration, events: &mut Vec<Event>) {
    while let Some(at) = decoder.deadline().filter(|at| *at <= until) {
        events.extend(decoder.expire(at));
        assert!(decoder.deadline().is_none_or(|next| next > at), "it waits for the same moment again");
    }
}

fn whole(bytes: &[u8]) -> Vec<Event> {
    decode(&[(0, bytes)])
}

fn key(code: KeyCode) -> Event {
    Event::Key(KeyPress::plain(code))
}

fn paste(text: &str) -> Event {
    Event::Paste(Pasted::new(text.to_owned()))
}

/// Each key of common terminals, with what it is.
fn keys() -> Vec<(&'static [u8], Event)> {
    use KeyCode::{
        BackTab, Backspace, Char, Delete, Down, End, Enter, Esc, F, Home, Left, PageDown, PageUp, Right, Tab,
        Up,
    };
    let held = |code, shift, alt, ctrl| Event::Key(KeyPress { shift, alt, ctrl, ..KeyPress::plain(code) });
    vec![
        (b"a", key(Char('a'))),
        (b"D", held(Char('D'), true, false, false)),
        (b" ", key(Char(' '))),
        ("é".as_bytes(), key(Char('é'))),
        ("鍵".as_bytes(), key(Char('鍵'))),
        ("🔑".as_bytes(), key(Char('🔑'))),
        (b"\r", key(Enter)),
        (b"\t", key(Tab)),
        (b"\x7f", key(Backspace)),
        (b"\x1b", key(Esc)),
        (b"\0", held(Char(' '), false, false, true)),
        (b"\x03", held(Char('c'), false, false, true)),
        (b"\x08", held(Char('h'), false, false, true)),
        (b"\n", held(Char('j'), false, false, true)),
        (b"\x1f", held(Char('7'), false, false, true)),
        (b"\x1bx", held(Char('x'), false, true, false)),
        ("\x1bé".as_bytes(), held(Char('é'), false, true, false)),
        (b"\x1b\r", held(Enter, false, true, false)),
        (b"\x1b\x7f", held(Backspace, false, true, false)),
        (b"\x1b[A", key(Up)),
        (b"\x1b[B", key(Down)),
        (b"\x1b[C", key(Right)),
        (b"\x1b[D", key(Left)),
        (b"\x1bOA", key(Up)),
        (b"\x1bOD", key(Left)),
        (b"\x9bD", key(Left)),
        (b"\x1b[H", key(Home)),
        (b"\x1b[F", key(End)),
        (b"\x1b[1~", key(Home)),
        (b"\x1b[8~", key(End)),
        (b"\x1b[3~", key(Delete)),
        (b"\x1b[5~", key(PageUp)),
        (b"\x1b[6~", key(PageDown)),
        (b"\x1b[2~", key(KeyCode::Other)),
        (b"\x1b[Z", held(BackTab, true, false, false)),
        (b"\x1bOP", key(F(1))),
        (b"\x1bOR", key(F(3))),
        (b"\x1b[[A", key(F(1))),
        (b"\x1b[[E", key(F(5))),
        (b"\x1b[11~", key(F(1))),
        (b"\x1b[15~", key(F(5))),
        (b"\x1b[24~", key(F(12))),
        (b"\x1b[1;2P", held(F(1), true, false, false)),
        (b"\x1b[1;5C", held(Right, false, false, true)),
        (b"\x1b[1;3D", held(Left, false, true, false)),
        (b"\x1b\x1b[D", held(Left, false, true, false)),
        (b"\x1b[3;5~", held(Delete, false, false, true)),
        (b"\x1b[d", held(Left, true, false, false)),
        (b"\x1b[3$", held(Delete, true, false, false)),
        (b"\x1b[3^", held(Delete, false, false, true)),
        (b"\x1b[97;5u", held(Char('a'), false, false, true)),
        (b"\x1b[13u", key(Enter)),
        (b"\x1b[27;5;9~", held(Tab, false, false, true)),
        (b"\x1bOM", key(Enter)),
        (b"\x1bOk", key(Char('+'))),
        (b"\x1b[I", Event::FocusGained),
        (b"\x1b[O", Event::FocusLost),
        (b"\x1b[<0;5;7M", Event::Mouse(Mouse { kind: MouseKind::Click, x: 4, y: 6 })),
        (b"\x1b[<65;5;7M", Event::Mouse(Mouse { kind: MouseKind::WheelDown, x: 4, y: 6 })),
        (b"\x1b[M DD", Event::Mouse(Mouse { kind: MouseKind::Click, x: 35, y: 35 })),
        (b"\x1b[32;5;7M", Event::Mouse(Mouse { kind: MouseKind::Click, x: 4, y: 6 })),
        (b"\x1b[200~DxEy\r\x1b[B\x03\x1b[201~", paste("DxEy\r\x1b[B\x03")),
        (b"\x1b[200~\x1b[200~\x1b\x1b[201\x1b[201~", paste("\x1b[200~\x1b\x1b[201")),
        ("\x1b[200~鍵\x1b[201~".as_bytes(), paste("鍵")),
    ]
}

/// What is no key at all.
const REPLIES: [&[u8]; 17] = [
    b"\x1b[?64;1;2;6c",
    b"\x1b[>41;354;0c",
    b"\x1b[12;40R",
    b"\x1b[1;2R",
    b"\x1b[0n",
    b"\x1b[?2026;2$y",
    b"\x1b[4;2$y",
    b"\x1b[8;24;80t",
    b"\x1b[?1u",
    b"\x1b]11;rgb:dddd/DDDD/eeee\x1b\\",
    b"\x1b]52;c;RERE\x07",
    b"\x1bP>|xterm(370)\x1b\\",
    b"\x1bP1+r544e=787465726d\x1b\\",
    b"\x1b_Gi=31;OK\x1b\\",
    b"\x1b[<0;5;7m",
    b"\x1b[<35;5;7M",
    b"\x1b[200~\x1b[201~",
];

#[test]
fn each_key_of_common_terminals_is_what_it_says() {
    for (bytes, event) in keys() {
        assert_eq!(whole(bytes), [event], "{:?}", bytes.escape_ascii().to_string());
    }
}

#[test]
fn replies_of_the_terminal_are_no_keys_wherever_they_are_cut() {
    for reply in REPLIES {
        for at in 0..=reply.len() {
            for pause in [0, 40, 300] {
                // A lone ESC is a key after a while, as a person presses it.
                if at == 1 && pause > 40 {
                    continue;
                }
                let (first, second) = reply.split_at(at);
                let shown = reply.escape_ascii().to_string();
                let events = decode(&[(0, first), (pause, second)]);
                let is_background = |event: &Event| matches!(event, Event::Background { .. });
                assert!(events.iter().all(is_background), "{shown} cut at {at}, {pause} ms: {events:?}");
            }
        }
    }
}

#[test]
fn a_lone_esc_acts_after_a_moment_and_what_comes_later_is_another_key() {
    let mut decoder = Decoder::default();
    assert_eq!(decoder.take(b"\x1b", ms(1000)), []);
    assert_eq!(decoder.deadline(), Some(ms(1000) + WAIT));
    assert_eq!(decoder.expire(ms(1049)), []);
    assert_eq!(decoder.expire(ms(1050)), [key(KeyCode::Esc)]);
    assert_eq!(decoder.deadline(), None, "nothing wakes up any more");
    assert_eq!(decode(&[(0, b"\x1b"), (60, b"j")]), [key(KeyCode::Esc), key(KeyCode::Char('j'))]);
    // A held Esc repeats faster than that.
    assert_eq!(
        decode(&[(0, b"\x1b"), (33, b"\x1b"), (33, b"\x1b")]),
        [key(KeyCode::Esc), key(KeyCode::Esc), key(KeyCode::Esc)]
    );
}

#[test]
fn the_rest_of_a_sequence_is_no_command_however_late_it_comes() {
    for (sequence, event) in keys() {
        for at in 2..sequence.len() {
            // Whole characters, as a person could type them in the same time.
            if sequence[0] != 0x1b || sequence[1] & 0x80 != 0 {
                continue;
            }
            let (first, second) = sequence.split_at(at);
            // Two ESC are keys after a while too.
            if first == b"\x1b\x1b" {
                continue;
            }
            let events = decode(&[(0, first), (900, second)]);
            assert_eq!(events, std::slice::from_ref(&event), "{}", sequence.escape_ascii());
        }
    }
}

#[test]
fn a_sequence_that_never_ends_takes_no_key_but_the_next_one() {
    // Ctrl-C and Enter are never parts of one.
    for begun in [&b"\x1b["[..], b"\x1b[1;", b"\x1bO", b"\x1b]11;", b"\x1bPq"] {
        let events = decode(&[(0, begun), (5_000, b"\x03"), (100, b"j")]);
        assert_eq!(events, [Event::Key(KeyPress::ctrl('c')), key(KeyCode::Char('j'))]);
    }
    let long = [&b"\x1b["[..], &[b'1'; 500], b"~j"].concat();
    assert_eq!(whole(&long), [key(KeyCode::Char('j'))]);
}

#[test]
fn a_paste_that_stands_still_is_taken_and_its_late_rest_is_no_command() {
    for late in [1_500, 30_000] {
        let events = decode(&[(0, b"\x1b[200~Dx"), (late, b"Ey\r\x1b[201~"), (10, b"j")]);
        assert_eq!(events, [paste("Dx"), paste("Ey\r"), key(KeyCode::Char('j'))]);
        let events = decode(&[(0, b"\x1b[200~Dx\x1b[20"), (late, b"1~"), (10, b"j")]);
        assert_eq!(events, [paste("Dx"), key(KeyCode::Char('j'))]);
    }
}

#[test]
fn a_paste_whose_end_never_comes_gives_the_keyboard_back() {
    let events = decode(&[(0, b"\x1b[200~Dx"), (1_500, b"j"), (200, b"\x1b[B"), (200, b"\x03")]);
    let keys = [key(KeyCode::Char('j')), key(KeyCode::Down), Event::Key(KeyPress::ctrl('c'))];
    assert_eq!(events, [&[paste("Dx")][..], &keys].concat());
    // Also where somebody presses keys all the time.
    let mut parts: Vec<(u64, &[u8])> = vec![(0, b"\x1b[200~Dx")];
    parts.extend([(350, &b"\x03"[..]); 5]);
    let events = decode(&parts);
    assert_eq!(events[0], paste("Dx\x03\x03"));
    assert_eq!(events[1..], [const { Event::Key(KeyPress::ctrl('c')) }; 3]);
    assert_eq!(STALL, ms(1_000));
}

#[test]
fn a_paste_of_any_size_is_read_to_its_end() {
    let text = "D".repeat(2 * LIMIT);
    let mut decoder = Decoder::default();
    let mut events = Vec::new();
    let bytes = format!("\x1b[200~{text}\x1b[201~j");
    for part in bytes.as_bytes().chunks(4096) {
        events.extend(decoder.take(part, Duration::ZERO));
    }
    assert_eq!(events, [paste(&text[..LIMIT]), key(KeyCode::Char('j'))]);
}

#[test]
fn a_line_break_behind_text_is_a_key_and_within_text_is_none() {
    let enter = KeyPress::plain(KeyCode::Enter);
    let c = |c| key(KeyCode::Char(c));
    assert_eq!(whole(b"a\r"), [c('a'), Event::Key(enter)]);
    assert_eq!(whole(b"a\r\r"), [c('a'), Event::Key(enter), Event::Key(enter)]);
    assert_eq!(whole(b"a\r\x1b[B"), [c('a'), Event::Key(enter), key(KeyCode::Down)]);
    assert_eq!(whole(b"a\rb"), [c('a'), Event::LineBreak(enter), c('b')]);
    assert_eq!(whole(b"a\nb"), [c('a'), Event::LineBreak(KeyPress::ctrl('j')), c('b')]);
    assert_eq!(decode(&[(0, b"a"), (200, b"\r"), (10, b"b")]), [c('a'), Event::Key(enter), c('b')]);
    assert_eq!(decode(&[(0, b"a\r"), (60, b"b")]), [c('a'), Event::Key(enter), c('b')]);
    // Enter alone waits for nothing.
    let mut decoder = Decoder::default();
    assert_eq!(decoder.take(b"a", ms(0)), [c('a')]);
    assert_eq!(decoder.take(b"\r", ms(100)), [Event::Key(enter)]);
}

#[test]
fn what_is_no_character_is_dropped_and_hides_no_key_behind_it() {
    assert_eq!(whole(b"\xff\xc3j\xe9\x80\x1b[B"), [key(KeyCode::Char('j')), key(KeyCode::Down)]);
    assert_eq!(whole(b"\x1b[200~\xff\xe9a\x1b[201~"), [paste("\u{fffd}\u{fffd}a")]);
}

/// Keys and pastes one after another, and what they are.
fn streams() -> impl Strategy<Value = Vec<u8>> {
    let all: Vec<Vec<u8>> = keys()
        .into_iter()
        .map(|(bytes, _)| bytes.to_vec())
        .chain(REPLIES.into_iter().map(<[u8]>::to_vec))
        .collect();
    prop::collection::vec(prop::sample::select(all), 1..8).prop_map(|parts| parts.concat())
}

/// The same with anything at all between them.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let bytes = prop::collection::vec(any::<u8>(), 0..12);
    let signs = prop::collection::vec(prop::sample::select(b"\x1b[]O201~;MPD\r\n\\\x07".to_vec()), 0..24);
    (bytes, streams(), signs).prop_map(|parts| [parts.0, parts.1, parts.2].concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cut_anywhere_with_a_pause_below_the_wait_all_keys_and_pastes_are_the_same(
        stream in streams(), pause in 0..=40u64
    ) {
        let uncut = whole(&stream);
        for at in 0..=stream.len() {
            let (first, second) = stream.split_at(at);
            prop_assert_eq!(&decode(&[(0, first), (pause, second)]), &uncut, "cut at {}", at);
        }
    }

    #[test]
    fn cut_anywhere_any_bytes_at_all_mean_the_same(stream in noise(), pause in 0..=40u64) {
        let uncut = whole(&stream);
        for at in 0..=stream.len() {
            let (first, second) = stream.split_at(at);
            prop_assert_eq!(&decode(&[(0, first), (pause, second)]), &uncut, "cut at {}", at);
        }
    }

    #[test]
    fn cut_into_single_bytes_they_are_the_same(stream in streams(), pause in 0..=9u64) {
        let parts: Vec<(u64, &[u8])> = stream.chunks(1).map(|byte| (pause, byte)).collect();
        prop_assert_eq!(decode(&parts), whole(&stream));
    }

    #[test]
    fn nothing_of_a_paste_is_a_key_however_its_parts_come(
        text in prop::collection::vec(any::<u8>(), 0..60),
        cuts in prop::collection::vec((2..10usize, 0..3_000u64), 0..8),
    ) {
        prop_assume!(!text.windows(6).any(|part| part == b"\x1b[201~"));
        let stream = [b"\x1b[200~", text.as_slice(), b"\x1b[201~"].concat();
        let mut parts: Vec<(u64, &[u8])> = vec![(0, &stream[..6])];
        let mut rest = &stream[6..];
        for (size, pause) in &cuts {
            // A rest of one byte after a long pause is a key that somebody presses.
            if rest.len() > size + 1 {
                let (part, behind) = rest.split_at(*size);
                if part.len() > 1 && !matches!(whole(part).as_slice(), [Event::Key(_)]) {
                    parts.push((*pause, part));
                    rest = behind;
                }
            }
        }
        parts.push((20, rest));
        let events = decode(&parts);
        prop_assert!(events.iter().all(|event| matches!(event, Event::Paste(_))), "{:?}", events);
    }
}

//! `keydeck identify` and the ways in which a key may be written.

use std::fmt::Write as _;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use keydeck::secret::{Kind, Secret};

use super::keys::json;
use crate::support::home::Home;
use crate::support::process::{errors, feed};

fn wide(text: &str, width: usize, big: bool, mark: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    for c in mark.then_some('\u{feff}').into_iter().chain(text.chars()) {
        let mut push = |unit: u32| {
            let unit = unit.to_be_bytes();
            let unit = &unit[4 - width..];
            if big { bytes.extend(unit) } else { bytes.extend(unit.iter().rev()) }
        };
        if width == 4 {
            push(u32::from(c));
        } else {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| push(u32::from(*unit)));
        }
    }
    bytes
}

/// Each byte in other words.
fn each(text: &str, write: impl Fn(&mut String, char)) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        write(&mut out, c);
        out
    })
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(bytes).expect("it works");
    out.finish().expect("it works")
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        out.start_file(*name, zip::write::SimpleFileOptions::default()).expect("it works");
        out.write_all(bytes).expect("it works");
    }
    out.finish().expect("it works").into_inner()
}

/// A text with the key in its third line, in every form; and the line in which it stands then.
fn forms(key: &str) -> Vec<(&'static str, Vec<u8>, u64)> {
    let text = format!("# Ça, Ċ and ਅ\nuser=ann\nKEY = \"{key}\" # 😀\nlast\n");
    let in_line = |key: &str| {
        text.replace("# Ça, Ċ and ਅ", "#").replace(&text[text.find("redir_").expect("it works")..][..43], key)
    };
    let mut forms = Vec::new();
    for (name, width, big, mark) in [
        ("utf16le", 2, false, false),
        ("utf16be", 2, true, false),
        ("utf32le", 4, false, false),
        ("utf32be", 4, true, false),
        ("utf16le-bom", 2, false, true),
        ("utf16be-bom", 2, true, true),
        ("utf32le-bom", 4, false, true),
        ("utf32be-bom", 4, true, true),
    ] {
        forms.push((name, wide(&text, width, big, mark), 3));
    }
    // At an odd place of something else, where lines are counted by bytes.
    forms.push(("odd.bin", [&[0xff; 777][..], &wide(&text, 2, false, false)].concat(), 5));
    let mut text_form = |name, key: &str| forms.push((name, in_line(key).into_bytes(), 3));
    text_form("percent", &key.replace('_', "%5F"));
    text_form("percent-small", &key.replace('_', "%5f"));
    text_form("percent-twice", &key.replace('_', "%255F"));
    text_form("percent-all", &each(key, |out, c| write!(out, "%{:02X}", u32::from(c)).expect("it works")));
    text_form("json", &key.replace('_', "\\u005f"));
    text_form("json-in-json", &key.replace('_', "\\\\u005F"));
    text_form("json-all", &each(key, |out, c| write!(out, "\\u{:04x}", u32::from(c)).expect("it works")));
    text_form("rust", &key.replace('_', "\\u{5f}"));
    text_form("hex-escape", &key.replace('_', "\\x5f"));
    text_form("octal", &key.replace('_', "\\137"));
    text_form("markdown", &key.replace('_', "\\_"));
    text_form("html", &key.replace('_', "&#95;"));
    text_form("html-open", &each(key, |out, c| write!(out, "&#x{:02x}", u32::from(c)).expect("it works")));
    text_form("html-tags", &format!("<b>{}</b><wbr><span class=\"x\">{}</span>", &key[..9], &key[9..]));
    text_form("in-parts", &format!("{}\" + \"{}", &key[..20], &key[20..]));
    text_form("full-width", &each(key, |out, c| out.extend(char::from_u32(u32::from(c) + 0xfee0))));
    text_form("html-hex", &key.replace('_', "&#x5F;"));
    text_form(
        "quoted",
        &format!("{}=\n{}", key.replace('_', "=5F").split_at(20).0, key.replace('_', "=5F").split_at(20).1),
    );
    text_form("quoted-dos", &format!("{}=\r\n{}", &key[..15], &key[15..]));
    text_form(
        "ansi",
        &each(key, |out, c| write!(out, "\x1b[1;3{}m{c}\x1b[0m", u32::from(c) % 8).expect("it works")),
    );
    text_form(
        "ansi-true",
        &each(key, |out, c| write!(out, "\x1b[38;2;255;100;255m{c}\x1b(B\x1b[m").expect("it works")),
    );
    text_form("ansi-link", &format!("{}\x1b]8;;http://x\x1b\\{}", &key[..7], &key[7..]));
    text_form("overstruck", &each(key, |out, c| write!(out, "{c}\u{8}{c}").expect("it works")));
    text_form("zero-width", &format!("{}\u{200b}{}\u{ad}{}", &key[..8], &key[8..20], &key[20..]));
    text_form("wrapped", &format!("{}\n    {}", &key[..17], &key[17..]));
    for before in ["", "x", "ann:"] {
        let name = match before.len() {
            0 => "base64-0",
            1 => "base64-1",
            _ => "base64-4",
        };
        text_form(name, &STANDARD.encode(format!("{before}{key}\n")));
    }
    text_form("base64-url", &URL_SAFE_NO_PAD.encode(format!("k={key}")));
    text_form("base64-powershell", &STANDARD.encode(wide(&format!("x {key}"), 2, false, false)));
    let long = STANDARD.encode(format!("{{\"some\": \"thing before\", \"the\": \"{key}\"}}"));
    text_form("base64-lines", &format!("{}\n{}\n{}", &long[..40], &long[40..76], &long[76..]));
    text_form("base64-json", &format!("{}\\n{}", &long[..70], &long[70..]));
    text_form("hex", &each(key, |out, c| write!(out, "{:02x}", u32::from(c)).expect("it works")));
    text_form("hex-spaced", &each(key, |out, c| write!(out, "{:02X} ", u32::from(c)).expect("it works")));
    // The key begins in the second of these lines.
    forms.iter_mut().filter(|(name, ..)| *name == "base64-lines").for_each(|(.., line)| *line = 4);
    let plain = in_line(key).into_bytes();
    forms.push(("a.gz", gzip(&plain), 3));
    forms.push(("two.gz", [gzip(b"one\n"), gzip(&plain)].concat(), 4));
    forms.push(("gz.gz", gzip(&gzip(&wide(&text, 2, false, true))), 3));
    forms.push(("a.zip", zip(&[("x/empty", b""), ("x/in.txt", &plain)]), 3));
    forms.push(("zip.zip", zip(&[("inner.zip", &zip(&[("in.gz", &gzip(&plain))]))]), 3));
    forms.push(("object", zlib(&[b"blob 9\0", &plain[..]].concat()), 3));
    forms.extend(nested_forms(&plain));
    forms.extend(dumps(&plain));
    forms
}

fn base64_lines(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let lines: Vec<_> = text.as_bytes().chunks(76).map(String::from_utf8_lossy).collect();
    lines.join("\n") + "\n"
}

fn uuencode(bytes: &[u8]) -> Vec<u8> {
    let mut out = b"begin 644 in.txt\n".to_vec();
    for line in bytes.chunks(45) {
        out.push(0x20 + line.len() as u8);
        for group in line.chunks(3) {
            let mut three = [0; 3];
            three[..group.len()].copy_from_slice(group);
            let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
            for shift in [18, 12, 6, 0] {
                let value = (bits >> shift & 0x3f) as u8;
                out.push(if value == 0 { b'`' } else { value + 0x20 });
            }
        }
        out.push(b'\n');
    }
    out.extend_from_slice(b"`\nend\n");
    out
}

/// A file in a tar archive; `kind` is the letter of its header.
fn member(name: &str, kind: u8, content: &[u8]) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[100..107].copy_from_slice(b"0000644");
    header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    header[156] = kind;
    header[257..263].copy_from_slice(b"ustar\0");
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    header.extend_from_slice(content);
    header.resize(header.len().next_multiple_of(512), 0);
    header
}

/// The text in something that is encoded or compressed again. A line is that in which the outermost form begins.
fn nested_forms(plain: &[u8]) -> Vec<(&'static str, Vec<u8>, u64)> {
    let once = STANDARD.encode(plain);
    let script = [&b"#!/bin/sh\nexec unzip -p $0\n"[..], &b"# more of it\n".repeat(40)].concat();
    let archive = zip(&[("in.txt", plain)]);
    let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    deflate.write_all(plain).expect("it works");
    let mut deep = plain.to_vec();
    for _ in 0..4 {
        deep = base64_lines(&deep).into_bytes();
    }
    let key = String::from_utf8_lossy(plain).split('"').nth(1).unwrap_or_default().to_owned();
    let mut named =
        flate2::GzBuilder::new().filename(key.clone()).write(Vec::new(), flate2::Compression::fast());
    named.write_all(b"nothing").expect("it works");
    let mut described = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    described.set_comment(key.clone()).expect("it is short");
    let end = [0; 1024];
    vec![
        ("script.zip", [&script[..], &archive].concat(), 3),
        ("program", [&b"MZ\x90\0"[..], &[0xcc; 5000], &archive].concat(), 3),
        ("program.gz", [&b"\x7fELF"[..], &[0; 3000], &gzip(plain), b"tail"].concat(), 1),
        ("picture", [&b"\x89PNG\r\n\x1a\n\0\0\0\x20zTXtkey\0\0"[..], &zlib(plain)].concat(), 3),
        ("base64-gzip", format!("data:\n  it: {}\n", STANDARD.encode(gzip(plain))).into_bytes(), 2),
        ("base64-zip", STANDARD.encode(&archive).into_bytes(), 1),
        ("base64-zlib", STANDARD.encode(zlib(plain)).into_bytes(), 1),
        ("base64-deflate", STANDARD.encode(deflate.finish().expect("it works")).into_bytes(), 1),
        (
            "base64-base64-gzip",
            format!("x: {}\n", STANDARD.encode(STANDARD.encode(gzip(plain)))).into_bytes(),
            1,
        ),
        ("base64-base64", STANDARD.encode(&once).into_bytes(), 1),
        ("base64-base64-lines", base64_lines(base64_lines(plain).as_bytes()).into_bytes(), 1),
        ("base64-four-times", deep, 1),
        (
            "base64-escaped",
            STANDARD.encode(format!("{{\"k\":\"{}\"}}", key.replace('_', "\\u005f"))).into_bytes(),
            1,
        ),
        (
            "hex-base64",
            each(&once, |out, c| write!(out, "{:02x}", u32::from(c)).expect("it works")).into_bytes(),
            1,
        ),
        ("tar-gzip", [member("dir/in.gz", b'0', &gzip(plain)), end.into()].concat(), 3),
        ("tar.gz", gzip(&[member("in.txt", b'0', plain), end.into()].concat()), 3),
        ("tar-name", [member("long", b'L', format!("{key}/x\0").as_bytes()), end.into()].concat(), 1),
        ("name.gz", named.finish().expect("it works"), 1),
        ("comment.zip", described.finish().expect("it works").into_inner(), 1),
        ("uuencode", uuencode(plain), 2),
        ("uuencode-gzip", uuencode(&gzip(plain)), 2),
    ]
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(bytes).expect("it works");
    out.finish().expect("it works")
}

/// The text as tools for looking at bytes write it, and as programs hold it.
fn dumps(plain: &[u8]) -> Vec<(&'static str, Vec<u8>, u64)> {
    let rows = |width: usize, row: &dyn Fn(usize, &[u8]) -> String| {
        plain.chunks(width).enumerate().map(|(at, bytes)| row(at * width, bytes) + "\n").collect::<String>()
    };
    let shown = |bytes: &[u8]| -> String {
        bytes
            .iter()
            .map(|byte| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' })
            .collect()
    };
    let hex = |bytes: &[u8], between: &str| {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(between)
    };
    let list = |bytes: &[u8]| bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
    let pair = |bytes: &[u8]| u16::from_le_bytes([bytes[0], bytes.get(1).copied().unwrap_or(0)]);
    let words = |bytes: &[u8]| bytes.chunks(2).map(|two| hex(two, "")).collect::<Vec<_>>().join(" ");
    let forms = [
        ("xxd", rows(16, &|at, bytes| format!("{at:08x}: {:<39}  {}", words(bytes), shown(bytes)))),
        (
            "hexdump-C",
            rows(16, &|at, bytes| {
                let (left, right) = bytes.split_at(bytes.len().min(8));
                format!("{at:08x}  {:<23}  {:<23}  |{}|", hex(left, " "), hex(right, " "), shown(bytes))
            }),
        ),
        (
            "hexdump",
            rows(16, &|at, bytes| {
                let words: Vec<_> = bytes.chunks(2).map(|two| format!("{:04x}", pair(two))).collect();
                format!("{at:07x} {}", words.join(" "))
            }),
        ),
        (
            "od",
            rows(16, &|at, bytes| {
                let words: Vec<_> = bytes.chunks(2).map(|two| format!("{:06o}", pair(two))).collect();
                format!("{at:07o} {}", words.join(" "))
            }),
        ),
        (
            "od-c",
            rows(16, &|at, bytes| {
                let letters = bytes.iter().map(|byte| match byte {
                    b'\n' => "  \\n".to_owned(),
                    byte => format!("{:>4}", char::from(*byte)),
                });
                format!("{at:07o}{}", letters.collect::<String>())
            }),
        ),
        ("tcpdump", rows(16, &|at, bytes| format!("\t0x{at:04x}:  {:<39}  {}", words(bytes), shown(bytes)))),
        ("array", format!("[{}]", list(plain))),
        ("xxd-i", format!("0x{}", hex(plain, ", 0x"))),
        ("colons", hex(plain, ":")),
    ];
    forms.map(|(name, text)| (name, text.into_bytes(), 0)).into()
}

#[test]
fn a_key_is_found_in_whatever_way_it_is_written() {
    let home = Home::new();
    let key = Secret::generate(Kind::Live).expect("random bytes");
    let forms = forms(key.reveal());
    let mut args = vec!["identify", "--offline", "--output", "json"];
    for (name, bytes, _) in &forms {
        std::fs::write(home.path().join(name), bytes).unwrap();
        args.push(name);
    }
    let out = home.run(&args);
    let found = json(&String::from_utf8(out.stdout.clone()).unwrap());
    for (name, _, line) in &forms {
        let of = |item: &&serde_json::Value| {
            item["file"].as_str().is_some_and(|file| file == *name || file.starts_with(&format!("{name}!")))
        };
        let items: Vec<_> = found["items"].as_array().unwrap().iter().filter(of).collect();
        assert_eq!(items.len(), 1, "{name}: {items:?}");
        assert_eq!(items[0]["hint"], key.hint().to_string(), "{name}");
        // In a dump it is the row that holds the first letter.
        assert!(*line == 0 || items[0]["line"] == *line, "{name}: {}", items[0]["line"]);
    }
    assert_eq!(out.status.code(), Some(0), "{}", errors(&out));
    assert_eq!(found["notSearched"], serde_json::json!([]));
    assert_eq!(found["total"], forms.len());
    assert!(!found.to_string().contains(key.reveal()));
    // The same through a pipe.
    for (name, bytes, _) in forms.iter().filter(|(name, ..)| *name != "object") {
        let mut child = home.command(&["identify", "--offline"]);
        child.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut child = child.spawn().unwrap();
        child.stdin.take().unwrap().write_all(bytes).unwrap();
        let out = child.wait_with_output().unwrap();
        assert!(String::from_utf8_lossy(&out.stdout).contains(&key.hint().to_string()), "{name}");
    }
}

#[test]
fn each_of_many_keys_is_found_in_every_form_in_the_order_of_the_files() {
    let home = Home::new();
    let mut planted = Vec::new();
    for number in 0..40 {
        let key = Secret::generate([Kind::Live, Kind::Test, Kind::Management][number % 3]).expect("random");
        let folder = home.path().join(format!("many/{number:02}"));
        std::fs::create_dir_all(&folder).unwrap();
        for (name, bytes, _) in forms(key.reveal()) {
            std::fs::write(folder.join(name), bytes).unwrap();
            planted.push((format!("many/{number:02}/{name}"), key.hint().to_string()));
        }
    }
    planted.sort();
    let found = json(&home.ok(&["identify", "--offline", "many", "--output", "json"]));
    let items = found["items"].as_array().unwrap();
    let items: Vec<_> = items
        .iter()
        .map(|item| {
            let file = item["file"].as_str().unwrap();
            (
                file.split_once('!').map_or(file, |(file, _)| file).to_owned(),
                item["hint"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    assert_eq!(items, planted);
    assert_eq!(found["notSearched"], serde_json::json!([]));
}

/// A text as a part of another one: of JSON, of a mail, of a program, of a patch, of a URL.
fn parts_of_others(text: &str) -> Vec<(&'static str, String)> {
    let lines = |before: &str, after: &str| -> String {
        text.lines().fold(String::new(), |lines, line| lines + before + line + after + "\n")
    };
    let json = |text: &str| serde_json::to_string(&serde_json::json!({ "body": text })).expect("JSON");
    let mail = text.replace('=', "=3D");
    let wrapped: Vec<String> = mail
        .lines()
        .map(|line| line.chars().collect::<Vec<_>>())
        .map(|line| {
            line.chunks(73).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>().join("=\n")
        })
        .collect();
    vec![
        ("json", json(text)),
        ("json-crlf", json(&lines("", "\r"))),
        ("json-indented", json(&lines("    ", ""))),
        ("json-in-json", json(&json(text))),
        ("mail", wrapped.join("\n")),
        ("mail-crlf", wrapped.join("\r\n")),
        ("mail-binary", mail.replace('\n', "=0A")),
        ("program", lines("\"", "\" +")),
        ("patch", lines("+  ", "")),
        ("list", lines("- ", "")),
        ("escaped", format!("value\\n{text}\\tconfig")),
        ("words", format!("a config {text} config of it")),
        ("value", format!("decoded={text};cafe")),
        ("log", lines("2026-11-30 18:41 GET /a-b_c ", "\r")),
        ("url", format!("https://x.example/?q={}", text.replace('%', "%25").replace('\n', "%0A"))),
    ]
}

/// The quick look at a file may only save time: a file that it passes over holds nothing. The end of the other files
/// has each of them looked at in every way.
#[test]
fn a_quick_look_hides_nothing_that_a_closer_one_finds() {
    let home = Home::new();
    let key = Secret::generate(Kind::Live).expect("random bytes");
    let encoded = STANDARD.encode(STANDARD.encode(format!("{{\"token\": \"{}\"}}", key.reveal())));
    let pieces: Vec<&str> =
        encoded.as_bytes().chunks(32).map(|piece| std::str::from_utf8(piece).unwrap()).collect();
    let hex = each(key.reveal(), |out, c| write!(out, "0x{:02x}, ", u32::from(c)).expect("it works"));
    let numbers: Vec<&str> =
        hex.as_bytes().chunks(72).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let colored =
        format!("\u{1b}[01;31m\u{1b}[K{}\u{1b}[m\u{1b}[K{}", &key.reveal()[..5], &key.reveal()[5..]);
    let mut texts: Vec<(String, String)> = forms(key.reveal())
        .into_iter()
        .filter_map(|(name, bytes, _)| Some((name.to_owned(), String::from_utf8(bytes).ok()?)))
        .collect();
    texts.push(("pieces".into(), pieces.join("\n")));
    texts.push(("numbers".into(), numbers.join("\n")));
    texts.push(("colored-mail".into(), colored.replace('\u{1b}', "=1B")));
    texts.push(("colored-url".into(), colored.replace('\u{1b}', "%1B")));
    texts.push(("entity-mail".into(), key.reveal().replacen('_', "&=2395;", 1)));
    texts.push(("entity-url".into(), key.reveal().replacen('_', "=26lowbar;", 1)));
    let (first, rest) = key.reveal().split_once('_').expect("a prefix");
    let markdown = key.reveal().replace('_', "\\_");
    for (name, text) in [
        ("escaped-markdown-url", markdown.replace('\\', "%5C")),
        ("escaped-markdown-json", markdown.replace('\\', "\\u005c")),
        ("tags-json", format!("\\u003cem\\u003e{first}\\u003c/em\\u003e_{rest}")),
        ("tag-url", format!("{first}%3Cwbr%3E_{rest}")),
        ("break-url", format!("{first}%0D%0A_{rest}")),
        ("break-json", format!("{first}\\u000a_{rest}")),
        ("numbers-url", each(key.reveal(), |out, c| write!(out, "{}%2C", u32::from(c)).expect("it works"))),
        ("numbers-json", format!("{{\"type\":\"Buffer\",\"data\":{:?}}}", key.reveal().as_bytes())),
        ("numbers-before", format!("{{\"token\":{:?},\"active\":true}}", key.reveal().as_bytes())),
        ("base64-title", STANDARD.encode(format!("\u{1b}]0;KEY={}\u{7}", key.reveal()))),
    ] {
        texts.push((name.into(), text));
    }
    for folder in ["quick", "close"] {
        let end = if folder == "close" { "\nredir_live_\n" } else { "" };
        std::fs::create_dir(home.path().join(folder)).unwrap();
        for (name, text) in &texts {
            let parts = parts_of_others(text);
            for (part, text) in parts.iter().map(|(part, text)| (*part, text)).chain([("itself", text)]) {
                std::fs::write(home.path().join(format!("{folder}/{name}.{part}")), format!("{text}{end}"))
                    .unwrap();
            }
        }
    }
    let found = |folder: &str| -> std::collections::BTreeSet<String> {
        let found = json(&home.ok(&["identify", "--offline", folder, "--output", "json"]));
        let files = found["items"].as_array().unwrap().iter().map(|item| item["file"].as_str().unwrap());
        files.map(|file| file.split_once('/').unwrap().1.to_owned()).collect()
    };
    let (quick, close) = (found("quick"), found("close"));
    let missed: Vec<&String> = close.difference(&quick).collect();
    assert!(missed.is_empty(), "{missed:?}");
    assert!(close.len() > texts.len() * 8, "{} of {} are found", close.len(), texts.len() * 16);
}

#[test]
fn a_key_with_a_wrong_checksum_is_named_once_in_an_archive_and_in_what_is_compressed() {
    let home = Home::new();
    let key = Secret::generate(Kind::Live).expect("random bytes");
    let text = format!("first\n  {}\n", super::identify::mistyped(key.reveal()));
    let folder = home.path().join("f");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("a.gz"), gzip(text.as_bytes())).unwrap();
    std::fs::write(folder.join("a.tar"), [member("in.txt", b'0', text.as_bytes()), vec![0; 1024]].concat())
        .unwrap();
    std::fs::write(folder.join("a.zip"), zip(&[("in.txt", text.as_bytes())])).unwrap();
    for args in [&["f"][..], &["f/a.gz", "f/a.tar", "f/a.zip"]] {
        let out = home.run(&[&["identify", "--offline"], args].concat());
        for name in ["f/a.gz", "f/a.tar!in.txt", "f/a.zip!in.txt"] {
            let words =
                format!("{name}, line 2, column 3: possible key with a wrong checksum: {}", key.hint());
            assert_eq!(errors(&out).matches(&words).count(), 1, "{name}: {}", errors(&out));
        }
        assert!(errors(&out).ends_with("; 3 possible keys have a wrong checksum\n"), "{}", errors(&out));
    }
}

#[test]
fn a_key_with_a_wrong_checksum_in_a_name_in_an_archive_is_named_once() {
    let home = Home::new();
    let key = Secret::generate(Kind::Live).expect("random bytes");
    let wrong = super::identify::mistyped(key.reveal());
    let mut in_prefix = member("in.txt", b'0', b"text");
    in_prefix[345..][..wrong.len()].copy_from_slice(wrong.as_bytes());
    let long = format!("{wrong}/{}", "x".repeat(100));
    let behind_end = member(&format!("in.txt\0{wrong}"), b'0', b"text");
    for (case, mut archive) in [
        ("name", member(&wrong, b'0', b"text")),
        ("prefix", in_prefix),
        ("long", [member("long", b'L', long.as_bytes()), member(&long[..100], b'0', b"text")].concat()),
        ("behind the end of the name", behind_end),
    ] {
        archive.extend_from_slice(&[0; 1024]);
        std::fs::write(home.path().join("a.tar"), archive).unwrap();
        let out = home.run(&["identify", "--offline", "a.tar"]);
        let words = format!("possible key with a wrong checksum: {}", key.hint());
        assert_eq!(errors(&out).matches(&words).count(), 1, "{case}: {}", errors(&out));
    }
}

#[test]
fn a_key_that_is_none_is_found_in_no_form() {
    let home = Home::new();
    let key = Secret::generate(Kind::Live).expect("random bytes");
    let mut wrong = key.reveal().to_owned();
    let last = if wrong.pop() == Some('x') { 'y' } else { 'x' };
    wrong.push(last);
    for (name, bytes, _) in forms(&wrong) {
        std::fs::write(home.path().join(name), bytes).unwrap();
        let out = home.run(&["identify", "--offline", name]);
        assert_eq!(out.status.code(), Some(4), "{name}: {}", errors(&out));
    }
}

#[test]
fn what_is_compressed_in_another_way_is_said_to_be_not_searched() {
    let home = Home::new();
    let broken = &gzip(&vec![7; 100_000])[..50];
    let mut random = vec![0; 20_000];
    let mut state = 1_u64;
    for byte in &mut random {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *byte = (state >> 56) as u8;
    }
    for (name, bytes, reason) in [
        ("a.xz", &b"\xfd7zXZ\0\0\x04rest"[..], "compressed (xz)"),
        ("a.zst", b"\x28\xb5\x2f\xfdrest", "compressed (zstd)"),
        ("a.bz2", b"BZh91AY&SYrest", "compressed (bzip2)"),
        ("a.7z", b"7z\xbc\xaf\x27\x1crest", "compressed (7z)"),
        ("a.pack", b"PACK\0\0\0\x02rest", "compressed (git pack)"),
        ("script.xz", b"#!/bin/sh\n\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46rest", "compressed (xz)"),
        ("program.7z", b"MZ\0\x017z\xbc\xaf\x27\x1c\0\x04rest", "compressed (7z)"),
        ("text", b"x: QlpoOTFBWSZTWQAAAAAAAAAAAAAA", "compressed (bzip2)"),
        ("mail", b"hello\n-----BEGIN PGP MESSAGE-----\n", "encrypted (PGP)"),
        ("vault", b"$ANSIBLE_VAULT;1.1;AES256\n6162", "encrypted (Ansible Vault)"),
        ("random", &random, "looks compressed or encrypted"),
        ("broken.gz", broken, "compressed (gzip)"),
        ("broken.zip", b"PK\x03\x04rest", "compressed (zip)"),
    ] {
        std::fs::write(home.path().join(name), bytes).unwrap();
        let out = home.run(&["identify", "--offline", name]);
        assert_eq!(out.status.code(), Some(1), "{name}");
        assert!(errors(&out).contains(&format!("{name}: skipped: {reason}")), "{}", errors(&out));
    }
    // A file is named once, with the reason that says more than what its inside looks like.
    let packed = gzip(&random);
    std::fs::write(home.path().join("cut.gz"), &packed[..packed.len() - 100]).unwrap();
    let out = home.run(&["identify", "--offline", "cut.gz"]);
    let said = errors(&out);
    assert!(said.matches("cut.gz: skipped: ").count() == 1 && said.contains("compressed (gzip): "), "{said}");
    // Words that begin as something compressed does.
    for (name, text) in [("power", "x^2 + y^2 = z^2"), ("words", "PACK your bags"), ("more", "BZh9")] {
        std::fs::write(home.path().join(name), text).unwrap();
        assert_eq!(home.run(&["identify", "--offline", name]).status.code(), Some(4), "{name}");
    }
}

#[test]
fn a_file_that_unpacks_without_end_is_searched_up_to_a_limit() {
    let home = Home::new();
    let key = Secret::generate(Kind::Live).expect("random bytes");
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writeln!(bomb, "{}", key.reveal()).unwrap();
    for _ in 0..80 {
        bomb.write_all(&vec![b'\n'; 1 << 20]).unwrap();
    }
    std::fs::write(home.path().join("bomb.gz"), bomb.finish().unwrap()).unwrap();
    let out = home.run(&["identify", "--offline", "bomb.gz"]);
    assert!(String::from_utf8_lossy(&out.stdout).contains("bomb.gz:1"), "{}", errors(&out));
    assert!(errors(&out).contains("only the first 16 MiB were searched"), "{}", errors(&out));
}

#[test]
fn keys_are_found_over_every_border_of_what_is_read_at_once_and_each_once() {
    let home = Home::new();
    let mut bytes = Vec::new();
    let mut expected = Vec::new();
    for at in 0..60_u64 {
        let key = Secret::generate(Kind::Live).expect("random bytes");
        let escaped = key.reveal().replace('_', "\\u005f");
        // Steps that are a little less than what is read at once, so that the borders fall everywhere.
        while bytes.len() < 16_380 * (at as usize + 1) - at as usize * 5 {
            bytes.extend_from_slice(b"some text of a line\n");
        }
        bytes.extend_from_slice(if at % 2 == 0 { key.reveal() } else { &escaped }.as_bytes());
        expected.push(bytes.split(|byte| *byte == b'\n').count() as u64);
        bytes.push(b'\n');
    }
    std::fs::write(home.path().join("long"), &bytes).unwrap();
    let found = json(&home.ok(&["identify", "--offline", "long", "--output", "json"]));
    let lines: Vec<u64> =
        found["items"].as_array().unwrap().iter().map(|item| item["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, expected);
    assert!(found["items"].as_array().unwrap().iter().all(|item| item["count"] == 1 && item["column"] == 1));
    let out = feed(home.command(&["identify", "--offline"]), &String::from_utf8(bytes).unwrap());
    assert_eq!(String::from_utf8_lossy(&out.stdout).lines().count(), 61);
}

/// Letters and digits that are random enough, and the same each time.
fn random_letters() -> impl FnMut(usize) -> Vec<u8> {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    move |count| {
        let mut letter = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            LETTERS[(state % 62) as usize]
        };
        std::iter::repeat_with(&mut letter).take(count).collect()
    }
}

#[test]
fn none_is_invented_in_ten_megabytes_of_letters_and_digits() {
    let home = Home::new();
    let mut random = random_letters();
    for (name, width) in [("one-line", usize::MAX), ("lines", 76), ("long-lines", 4_096)] {
        let mut bytes = Vec::new();
        while bytes.len() < 10_000_000 / 3 {
            bytes.extend(random(1_000.min(width)));
            // All of a key but its checksum, too.
            bytes.extend_from_slice([b"redir_live_", b"redir_test_", b"redir_mgmt_"][bytes.len() % 3]);
            bytes.extend(random(32));
            if width != usize::MAX && bytes.len() % width < 1_000 {
                bytes.push(b'\n');
            }
        }
        std::fs::write(home.path().join(name), bytes).unwrap();
    }
    let out = home.run(&["identify", "--offline", "--output", "json", "one-line", "lines", "long-lines"]);
    assert_eq!(out.status.code(), Some(4), "{}", errors(&out));
    let found = json(&String::from_utf8(out.stdout).unwrap());
    assert_eq!((&found["items"], &found["notSearched"]), (&serde_json::json!([]), &serde_json::json!([])));
}

#[test]
fn in_ten_thousand_files_each_planted_key_is_found_and_none_is_invented() {
    let home = Home::new();
    let root = home.path().join("tree");
    let mut random = random_letters();
    let mut planted = std::collections::BTreeMap::new();
    for number in 0..10_000_usize {
        let folder =
            root.join(format!("{:02}", number % 100)).join(if number % 7 == 0 { ".hidden" } else { "src" });
        std::fs::create_dir_all(&folder).unwrap();
        let mut bytes = random(60);
        bytes.push(b'\n');
        if number % 167 == 0 {
            let key = Secret::generate(Kind::Live).expect("random bytes");
            let mut forms = forms(key.reveal());
            let (_, form, _) = forms.swap_remove(number / 167 % 12);
            bytes = form;
            planted.insert(
                format!("tree/{}", folder.strip_prefix(&root).unwrap().join(number.to_string()).display()),
                key,
            );
        }
        std::fs::write(folder.join(number.to_string()), bytes).unwrap();
    }
    assert_eq!(planted.len(), 60);
    let found = json(&home.ok(&["identify", "--offline", "tree", "--output", "json"]));
    let items = found["items"].as_array().unwrap();
    for (file, key) in &planted {
        let hint = key.hint().to_string();
        let of =
            |item: &&serde_json::Value| item["file"].as_str().is_some_and(|name| name.starts_with(&**file));
        assert!(items.iter().filter(of).any(|item| item["hint"] == hint), "{file}");
    }
    assert_eq!(items.len(), planted.len(), "none is invented in the other files");
    assert_eq!(found["notSearched"], serde_json::json!([]));
}

//! Evidence packs verified without a server: what was changed is found, and named with file and line.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use keydeck::client::Via;
use keydeck::pack;
use keydeck::wire::audit::{Event, GENESIS, Head};
use keydeck::wire::replay::PROVED;
use keydeck::wire::reports::{
    BOUND, DECISIONS, EVENTS, FileHash, HTML, KEYS, LISTED, MANIFEST, NewReport, canonical,
};
use keydeck::wire::reviews::{Decision, NewReview, Scope};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::api::Api;
use crate::support::packs::{self, differences};
use crate::support::skipped;

/// How many bytes are changed, one at a time.
const POSITIONS: usize = 10_000;

/// A pack of a review with every decision.
async fn reviewed() -> TempDir {
    let api = Api::start().await;
    let review = packs::world(&api).await;
    let new = NewReport { review: Some(review.id), ..NewReport::default() };
    packs::create(&api.client(Via::Embedded), &new).await
}

fn copy(from: &Path) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for file in std::fs::read_dir(from).expect("a folder") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), folder.path().join(file.file_name())).expect("copied");
    }
    folder
}

fn hash(bytes: &[u8]) -> String {
    let mut hash = FileHash::default();
    hash.update(bytes);
    hash.hex()
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).expect("a text")
}

fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) {
    std::fs::write(folder.join(name), text).expect("written");
}

/// Numbers by chance, the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_changed_byte_anywhere_is_found_with_its_file_and_line() {
    let pack = reviewed().await;
    let head = packs::head(pack.path());
    assert_eq!(differences(pack.path(), Some(&head)), Vec::<String>::new());
    let files: BTreeMap<&str, Vec<u8>> = LISTED
        .iter()
        .chain([&MANIFEST])
        .map(|name| (*name, std::fs::read(pack.path().join(name)).expect("a file")))
        .collect();
    let total: usize = files.values().map(Vec::len).sum();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (pack, files, head) = (copy(pack.path()), &files, &head);
            scope.spawn(move || {
                let mut chance = Chance(thread as u64);
                for _ in 0..POSITIONS.div_ceil(threads) {
                    let mut at = chance.below(total);
                    let (name, bytes) = files
                        .iter()
                        .find(|(_, bytes)| {
                            let is_here = at < bytes.len();
                            at -= if is_here { 0 } else { bytes.len() };
                            is_here
                        })
                        .expect("a file");
                    let mut changed = bytes.clone();
                    changed[at] ^= 1 + chance.below(255) as u8;
                    write(pack.path(), name, &changed);
                    let found = pack::verify(pack.path(), Some(head)).err().unwrap_or_default();
                    write(pack.path(), name, bytes);
                    let line = bytes[..at].split(|byte| *byte == b'\n').count() as u64;
                    let what = format!("{name} byte {at} (line {line}): {found:?}");
                    assert!(found.iter().any(|one| one.file == **name), "{what}");
                    // Of what the audit log proves, the line is named, too.
                    let has_line = match *name {
                        EVENTS | MANIFEST | DECISIONS => true,
                        KEYS => column(bytes, at) < PROVED.len(),
                        _ => false,
                    };
                    let is_named = found.iter().any(|one| one.file == **name && one.line == Some(line));
                    assert!(is_named || !has_line, "{what}");
                }
            });
        }
    });
}

/// The column of a byte of a CSV file.
fn column(bytes: &[u8], at: usize) -> usize {
    let start = bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&bytes[start..=at]);
    let mut record = csv::ByteRecord::new();
    reader.read_byte_record(&mut record).expect("a row");
    record.len().saturating_sub(1)
}

/// A reason may have several lines.
#[tokio::test]
async fn line_breaks_in_reasons_are_proved_as_all_else() {
    let api = Api::start().await;
    let client = api.client(Via::Embedded);
    let shop = api.project("shop").await;
    let (gone, kept) = (api.key(shop, "gone").await.0, api.key(shop, "kept").await.0);
    let left = api.key(shop, "left").await.0;
    client.revoke_key(gone.id, Some("left,\n\n\"for good\"\n\tsince spring")).await.expect("revoked");
    client.pause_key(left.id, Some("is it\nused?")).await.expect("paused");
    let scope = Scope::default();
    let review = NewReview { name: "Q4".into(), scope, due_at: None };
    let review = client.start_review(&review).await.expect("a review");
    let keep = packs::to(Decision::Keep, Some("yearly\n\n| job\n"));
    client.decide(review.id, kept.id, &keep).await.expect("decided");
    packs::execute(&client, &review).await;
    let new = NewReport { review: Some(review.id), ..NewReport::default() };
    let good = packs::create(&client, &new).await;
    let head = packs::head(good.path());
    assert_eq!(differences(good.path(), Some(&head)), Vec::<String>::new());

    let keys = read(good.path(), KEYS);
    let row = 2 + keys.lines().position(|line| line.contains(",kept,")).expect("a row");
    let found = |text: String| {
        let pack = copy(good.path());
        write(pack.path(), KEYS, text);
        differences(pack.path(), Some(&head)).join("\n")
    };
    // A line counts however many lines the rows above it have.
    let (from, to) = (",kept,", ",lost,");
    let said = found(keys.replacen(from, to, 1));
    assert!(said.contains(&format!("keys.csv line {}: name is \"lost\"", row - 1)), "{said}");
    let said = found(keys.replacen("since spring", "since winter", 1));
    assert!(said.contains("keys.csv line 2: revokeReason is"), "{said}");
    // A row of four lines without its last quote.
    let said = found(keys.replacen("since spring\"", "since spring", 1));
    assert!(said.contains("keys.csv line"), "{said}");
    let said = found(keys.trim_end().to_owned() + "\"\n");
    assert!(said.contains("has a quote that is not closed"), "{said}");
    let html = read(good.path(), HTML);
    assert!(html.contains("left,  &quot;for good&quot;  since spring</small>"), "{html}");
    assert!(html.contains("<td>yearly  | job</td>"), "{html}");
}

#[tokio::test]
async fn a_removed_added_or_swapped_row_file_or_event_is_found() {
    let good = reviewed().await;
    let head = packs::head(good.path());
    let lines = |name: &str| read(good.path(), name).lines().map(str::to_owned).collect::<Vec<_>>();
    let text = |lines: &[String]| lines.join("\n") + "\n";
    let found = |change: &dyn Fn(&Path)| {
        let pack = copy(good.path());
        change(pack.path());
        differences(pack.path(), Some(&head))
    };
    let with = |name: &'static str, lines: Vec<String>| found(&|pack: &Path| write(pack, name, text(&lines)));
    let names = |found: &[String], told: &str| {
        assert!(found.iter().any(|line| line.starts_with(told)), "{told}: {found:#?}");
    };

    for name in [KEYS, DECISIONS] {
        let mut removed = lines(name);
        let row = removed.remove(2);
        let id = row.split(',').find(|cell| cell.starts_with("key_")).expect("an id").to_owned();
        let gone = with(name, removed);
        assert!(gone.iter().any(|line| line.starts_with(name) && line.contains(&id)), "{gone:#?}");
        let mut twice = lines(name);
        twice.insert(3, twice[2].clone());
        names(&with(name, twice), &format!("{name} line 4: "));
        let mut swapped = lines(name);
        swapped.swap(2, 3);
        names(&with(name, swapped), &format!("{name} line 4: key_"));
    }
    let mut other = lines(KEYS);
    other[1] = other[1].replacen("active", "revoked", 1);
    names(&with(KEYS, other), "keys.csv line 2: status is \"revoked\", but the audit log says \"active\"");

    let count = lines(EVENTS).len();
    let mut removed = lines(EVENTS);
    removed.remove(4);
    names(&with(EVENTS, removed), "events.jsonl line 5: event 5 is missing: this is event 6");
    let mut twice = lines(EVENTS);
    twice.insert(5, twice[4].clone());
    names(&with(EVENTS, twice), "events.jsonl line 6: event 6 is out of order: this is event 5");
    let mut swapped = lines(EVENTS);
    swapped.swap(4, 5);
    names(&with(EVENTS, swapped), "events.jsonl line 5: event 5 is missing");
    let mut last = lines(EVENTS);
    last.pop();
    names(&with(EVENTS, last), &format!("events.jsonl line {}: is the last event", count - 1));

    for name in LISTED.iter().chain([&MANIFEST]) {
        let missing = found(&|pack: &Path| std::fs::remove_file(pack.join(name)).expect("removed"));
        assert_eq!(missing, [format!("{name}: is missing")]);
        let cut = found(&|pack: &Path| {
            let text = read(pack, name);
            write(pack, name, &text.as_bytes()[..text.len() * 2 / 3]);
        });
        names(&cut, name);
        let empty = found(&|pack: &Path| write(pack, name, ""));
        names(&empty, name);
    }
    // What is left is checked all the same.
    for (gone, stated) in [
        (
            KEYS,
            "was changed: its SHA-256 is not the one in the event report.created, which does not tell the line",
        ),
        (EVENTS, "was changed: its SHA-256 is not the one in manifest.json"),
    ] {
        let both = found(&|pack: &Path| {
            std::fs::remove_file(pack.join(gone)).expect("removed");
            write(pack, "report.md", read(pack, "report.md") + "\n");
        });
        assert_eq!(both, [format!("{gone}: is missing"), format!("report.md: {stated}")]);
    }
    assert_eq!(found(&|pack: &Path| write(pack, "notes.txt", "hello")), ["notes.txt: unexpected file"]);
    let exchanged = found(&|pack: &Path| {
        let (html, markdown) = (read(pack, "report.html"), read(pack, "report.md"));
        write(pack, "report.html", markdown);
        write(pack, "report.md", html);
    });
    names(&exchanged, "report.html: was changed");
    names(&exchanged, "report.md: was changed");
    // Nobody can know which line it was.
    for name in ["report.html", "report.md", "receipts.csv"] {
        let changed = found(&|pack: &Path| {
            let mut bytes = std::fs::read(pack.join(name)).expect("a file");
            let at = bytes.len() / 2;
            bytes[at] ^= 1;
            write(pack, name, bytes);
        });
        let why = "was changed: its SHA-256 is not the one in the event report.created, which does not tell the line";
        names(&changed, &format!("{name}: {why}"));
    }
    let newer = found(&|pack: &Path| {
        write(pack, MANIFEST, read(pack, MANIFEST).replace("\"format\": 1", "\"format\": 2"));
    });
    assert_eq!(newer, ["manifest.json: format 2 is not supported; update Keydeck"]);
}

/// Changes events and the rest of a pack so that all of it agrees again. The new head.
fn rebuild(folder: &Path, change: impl Fn(&mut Vec<Value>)) -> Head {
    let mut events: Vec<Value> =
        read(folder, EVENTS).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    change(&mut events);
    let hashes: BTreeMap<&str, String> =
        BOUND.iter().map(|name| (*name, hash(read(folder, name).as_bytes()))).collect();
    let (mut text, mut previous, mut manifest) = (String::new(), GENESIS.to_owned(), json!({}));
    let count = events.len();
    for (at, mut event) in events.into_iter().enumerate() {
        event["seq"] = json!(at + 1);
        event["previousHash"] = json!(previous);
        if at + 1 == count {
            event["detail"]["asOf"] = json!({ "seq": at, "hash": previous });
            event["detail"]["sha256"] = json!(hashes);
            manifest = event["detail"].clone();
        }
        let body = event.to_string();
        previous = Event::hash_of(&previous, &body);
        text.push_str(&body);
        text.push('\n');
        if at == 0 {
            assert!(!previous.is_empty());
        }
    }
    write(folder, EVENTS, &text);
    let head = Head { seq: count as u64, hash: previous };
    let members = manifest.as_object_mut().expect("an object");
    members.remove("sha256");
    members.remove("by");
    members.insert("head".into(), json!(head));
    let files = LISTED.iter().map(|name| {
        let text = read(folder, name);
        json!({ "name": name, "bytes": text.len(), "sha256": hash(text.as_bytes()) })
    });
    members.insert("files".into(), files.collect());
    write(folder, MANIFEST, canonical(&manifest));
    head
}

#[tokio::test]
async fn a_history_rebuilt_as_a_whole_is_found_by_the_head_that_was_noted() {
    let good = reviewed().await;
    let noted = packs::head(good.path());
    let forged = copy(good.path());
    // Nobody ever heard of the reason.
    let head = rebuild(forged.path(), |events| {
        let edited = events.iter_mut().find(|event| event["action"] == "key.updated").expect("an edit");
        edited["actor"] = json!("local:nobody");
    });
    assert_eq!(differences(forged.path(), None), Vec::<String>::new(), "all of it agrees");
    assert!(!pack::verify(forged.path(), None).expect("it agrees").is_authenticated());
    assert_ne!(head, noted);
    let found = differences(forged.path(), Some(&noted));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(
        found[0].starts_with(&format!("events.jsonl line {}: the hash of this event is", noted.seq)),
        "{found:?}"
    );
    // A pack that ends before the head lacks what came after.
    let beyond = Head { seq: noted.seq + 1, hash: noted.hash.clone() };
    assert!(differences(good.path(), Some(&beyond))[0].ends_with("events are missing"));

    // An earlier head proves the events up to it.
    let line = read(good.path(), EVENTS).lines().nth(6).expect("an event").to_owned();
    let event: Value = serde_json::from_str(&line).expect("JSON");
    let earlier = Head { seq: 6, hash: event["previousHash"].as_str().expect("a hash").to_owned() };
    let proof = pack::verify(good.path(), Some(&earlier)).expect("it is in it");
    assert_eq!((proof.contains.as_ref(), proof.is_authenticated()), (Some(&earlier), false));
}

#[tokio::test]
async fn a_forged_list_is_found_though_the_hashes_fit() {
    let good = reviewed().await;
    let forge = |change: &dyn Fn(&Path)| {
        let pack = copy(good.path());
        change(pack.path());
        rebuild(pack.path(), |_| {});
        differences(pack.path(), None)
    };
    let edit = |name: &'static str, from: &'static str, to: &'static str| {
        forge(&|pack: &Path| {
            let text = read(pack, name);
            assert!(text.contains(from), "{from}: {text}");
            write(pack, name, text.replacen(from, to, 1));
        })
    };
    let hidden = forge(&|pack: &Path| {
        let text: Vec<String> = read(pack, KEYS).lines().map(str::to_owned).collect();
        let rest: Vec<String> = text.into_iter().filter(|line| !line.contains(",cron,")).collect();
        write(pack, KEYS, rest.join("\n") + "\n");
    });
    assert!(hidden.iter().any(|line| line.contains("(\"cron\") is missing")), "{hidden:#?}");
    let owner = edit(KEYS, "Team <b>Web</b>", "Somebody");
    assert!(
        owner[0].contains("owner is \"Somebody\", but the audit log says \"Team <b>Web</b>\""),
        "{owner:#?}"
    );
    let reason = edit(DECISIONS, "used by the checkout", "approved by the board");
    assert!(reason[0].starts_with("decisions.csv line 2: reason is"), "{reason:#?}");
    let outcome = edit(DECISIONS, ",done,", ",usedSince,");
    assert!(outcome[0].contains("outcome is \"usedSince\", but event"), "{outcome:#?}");
    let skipped = edit(DECISIONS, ",skip,", ",keep,");
    assert!(skipped.iter().any(|line| line.contains("but the audit log says \"skip\"")), "{skipped:#?}");
    // The file whose rows give other counts, and those counts alone.
    let counts = skipped.iter().filter(|line| line.contains("the rows give")).collect::<Vec<_>>();
    assert_eq!(
        counts,
        ["decisions.csv: the rows give keep 2, skip 0, but the event report.created says keep 1, skip 1"]
    );
    // A count that nobody can find in the rows.
    let counted = {
        let pack = copy(good.path());
        rebuild(pack.path(), |events| {
            let last = events.last_mut().expect("an event");
            last["detail"]["counts"]["withOwner"] = json!(6);
        });
        differences(pack.path(), None)
    };
    assert_eq!(counted, ["keys.csv: the rows give withOwner 1, but the event report.created says 6"]);
    // A decision that was carried out and never made.
    let unmade = {
        let pack = copy(good.path());
        rebuild(pack.path(), |events| {
            let revoked = events
                .iter_mut()
                .find(|event| event["action"] == "key.revoked" && event["detail"]["review"].is_string());
            revoked.expect("a revocation")["detail"]["decidedBy"] = json!("local:nobody");
        });
        differences(pack.path(), None)
    };
    assert!(unmade[0].contains("executes a decision other than the one that was made"), "{unmade:#?}");
}

#[test]
fn a_pack_made_by_hand_from_the_manual_verifies() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/cli/pack_by_hand.py");
    let folder = tempfile::tempdir().expect("a folder");
    for form in [&[][..], &["--older"]] {
        let made = folder.path().join(format!("pack{}", form.concat()));
        let Ok(output) = Command::new("python3").arg(&script).args(form).arg(&made).output() else {
            return skipped("python3 is not installed");
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let head: Head = String::from_utf8_lossy(&output.stdout).trim().parse().expect("a head");
        let opened = pack::open(&made).expect("a pack");
        assert_eq!(differences(opened.folder(), Some(&head)), Vec::<String>::new());
        let proof = pack::verify(opened.folder(), Some(&head)).expect("a good pack");
        assert_eq!((proof.report.counts.keys, proof.decisions), (3, 2));
        assert!(proof.is_authenticated());
        // The same script finds out whether a pack is whole.
        let checked =
            Command::new("python3").arg(&script).arg("--check").arg(&made).output().expect("python3");
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    }
}

//! Evidence packs over the management API.

use std::collections::HashMap;
use std::net::IpAddr;

use keydeck::client::Via;
use keydeck::pack;
use keydeck::store::{CallerCount, KeyUsage};
use keydeck::wire::id::KeyId;
use keydeck::wire::keys::KeyEdit;
use keydeck::wire::reports::{NewReport, Sign};
use keydeck::wire::reviews::{Decision, NewReview, Scope};
use keydeck::wire::time::Timestamp;
use serde_json::{Value, json};

use crate::support::api::{Api, on_each_transport};
use crate::support::packs;

#[tokio::test]
async fn a_pack_of_a_review_verifies_and_tells_who_decided_what() {
    let api = Api::start().await;
    let review = packs::world(&api).await;
    let new = NewReport { review: Some(review.id), ..NewReport::default() };
    let before = api.seq().await;
    let pack = packs::create(&api.client(Via::Embedded), &new).await;
    assert_eq!(api.seq().await, before + 1, "report.created alone");
    let head = api.store.audit_head().await.expect("a head");
    assert_eq!(packs::head(pack.path()), head);
    let proof = pack::verify(pack.path(), Some(&head)).unwrap_or_else(|wrong| panic!("{wrong:#?}"));
    assert!(proof.is_authenticated());
    assert_eq!(proof.decisions, 6);
    let counts = &proof.report.counts;
    assert_eq!((counts.keys, counts.in_scope), (8, 6), "the replacement came later, the old one was revoked");
    assert_eq!((counts.active, counts.paused, counts.revoked), (3, 2, 1));
    let left: Vec<_> = proof.report.exclusions.iter().map(|left| (left.reason.as_str(), left.keys)).collect();
    assert_eq!(left, [("createdSince", 1), ("reviewScope", 1)]);

    let decisions = std::fs::read_to_string(pack.path().join("decisions.csv")).expect("a file");
    let outcome = |name: &str| {
        let row = decisions.lines().find(|row| row.contains(name)).expect("a row");
        let mut reader = csv_of(row);
        let row = reader.remove(0);
        (row[4].clone(), row[13].clone(), row[16].clone())
    };
    let told =
        |decision: &str, outcome: &str, by: &str| (decision.to_owned(), outcome.to_owned(), by.to_owned());
    assert_eq!(outcome(",web,"), told("keep", "done", "local:ann"));
    assert_eq!(outcome("cmd|"), told("revoke", "done", "local:ann"));
    assert_eq!(outcome(",feed,"), told("rotate", "done", "local:ann"));
    assert_eq!(outcome("Überweisung"), told("pause", "done", "local:ann"));
    assert_eq!(outcome(",cron,"), told("skip", "", ""));
    assert_eq!(outcome(",left,"), told("", "", ""));
    assert!(decisions.contains(",'=cmd|"), "no spreadsheet runs it: {decisions}");
    assert!(decisions.contains(",'+unused,"), "{decisions}");

    for file in ["report.html", "report.md"] {
        let text = std::fs::read_to_string(pack.path().join(file)).expect("a file");
        for told in [
            "Without a decision, and unchanged: Shop",
            "From decision to effect",
            "not signed when this report",
        ] {
            assert!(text.contains(told), "{file} does not say {told:?}");
        }
        assert!(!text.contains("<b>") && !text.contains("<i>"), "{file}: {text}");
        assert!(file == "report.html" || text.contains(r"the \*checkout\*"), "{file}: {text}");
    }
}

fn csv_of(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
}

#[tokio::test]
async fn a_pack_comes_whole_over_each_transport() {
    on_each_transport(async |api, client| {
        let shop = api.project("shop").await;
        api.key(shop, "web").await;
        let new = NewReport { filter: "name:web".into(), ..NewReport::default() };
        let pack = packs::create(&client, &new).await;
        let proof = pack::verify(pack.path(), None).unwrap_or_else(|wrong| panic!("{wrong:#?}"));
        assert_eq!((proof.report.counts.in_scope, proof.report.scope.filter.as_str()), (1, "name:web"));
        assert!(!proof.is_authenticated());
        assert_eq!(client.audit_head(), Some(proof.head));
    })
    .await;
}

#[tokio::test]
async fn a_pack_tells_the_role_of_who_asked_and_later_packs_the_signature() {
    let api = Api::start().await;
    let review = packs::world(&api).await;
    let review_id = review.id.to_string();
    let body = json!({ "review": review_id }).to_string();
    let answer = api.ask_as(Some(&api.auditor), "POST /v1/reports", &body).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/gzip"));
    let name = answer.header("content-disposition");
    assert!(
        name.starts_with("attachment; filename=\"keydeck-report-2026-") && name.ends_with(".tar.gz\""),
        "{name}"
    );
    let head = answer.header("keydeck-audit-head").to_owned();
    let seq = head.split(':').next().expect("a number");
    assert!(
        name.ends_with(&format!("-{seq}.tar.gz\"")),
        "two packs of a day differ in their folders: {name}"
    );
    let event = &api.ask("GET /v1/audit-events?action=report.created", "").await.json()["items"][0];
    assert_eq!(
        json!([event["actor"], event["detail"]["role"], event["detail"]["scope"]["review"]["id"]]),
        json!(["token:reader", "auditor", review_id])
    );
    assert_eq!(head, format!("{}:{}", event["seq"], event["hash"].as_str().expect("a hash")));

    let sign = format!("POST /v1/reviews/{review_id}/sign");
    let signed = api.ask_as(Some(&api.auditor), &sign, &json!({ "head": head }).to_string()).await.json();
    assert_eq!(json!([signed["status"], signed["signedBy"]]), json!(["signed", "token:reader"]));
    let again = api.ask_as(Some(&api.auditor), &sign, &json!({ "head": head }).to_string()).await;
    assert_eq!((again.status, again.json()), (200, signed));
    let new = NewReport { review: Some(review.id), ..NewReport::default() };
    let pack = packs::create(&api.client(Via::Embedded), &new).await;
    let told = pack::verify(pack.path(), None).expect("a good pack").report.scope.review.expect("a review");
    assert_eq!(
        (told.signed_head.map(|head| head.to_string()), told.same_person),
        (Some(head.clone()), Some(false))
    );
    let html = std::fs::read_to_string(pack.path().join("report.html")).expect("a file");
    assert!(html.contains(&head));
}

#[tokio::test]
async fn what_has_changed_since_an_earlier_pack_is_told() {
    let api = Api::start().await;
    let client = api.client(Via::Embedded);
    let shop = api.project("shop").await;
    let (web, _) = api.key(shop, "web").await;
    let (app, _) = api.key(shop, "app").await;
    let first = packs::create(&client, &NewReport::default()).await;
    api.advance(1_000);
    api.key(shop, "late").await;
    client.revoke_key(web.id, None).await.expect("revoked");
    let edit = keydeck::wire::keys::KeyEdit { owner: Some(Some("ann".into())), ..Default::default() };
    client.edit_key(app.id, &edit).await.expect("edited");
    let head = packs::head(first.path());
    let new = NewReport { previous_pack: Some(head.clone()), ..NewReport::default() };
    let second = packs::create(&client, &new).await;
    let proof = pack::verify(second.path(), None).expect("a good pack");
    assert_eq!(proof.report.previous_pack.map(|previous| previous.head), Some(head));
    let text = std::fs::read_to_string(second.path().join("report.md")).expect("a file");
    for line in [
        "| New | shop/late | created by local:ann |",
        "| Gone | shop/web | revoked by local:ann |",
        "| Owner changed | shop/app | none → ann |",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let third = NewReport { previous_pack: Some(packs::head(second.path())), ..NewReport::default() };
    let third = packs::create(&client, &third).await;
    let text = std::fs::read_to_string(third.path().join("report.md")).expect("a file");
    assert!(text.contains("No key has changed."), "{text}");
}

const DAY: i64 = 86_400_000;

/// A request with this key, noted now.
async fn used(api: &Api, key: KeyId) {
    let address: IpAddr = "192.0.2.7".parse().expect("an address");
    let caller = CallerCount { address, first_at: api.now(), last_at: api.now(), allowed: 1, refused: 0 };
    let usage = KeyUsage {
        key,
        last_used: Some((api.now(), address)),
        refusals: Vec::new(),
        days: Vec::new(),
        callers: vec![caller],
        others: None,
    };
    api.store.record_usage(&[usage], api.now()).await.expect("noted");
}

#[tokio::test]
async fn what_woke_up_and_what_was_paused_since_an_earlier_pack_is_told() {
    let api = Api::start().await;
    let client = api.client(Via::Embedded);
    let shop = api.project("shop").await;
    let mut keys = Vec::new();
    for name in ["woken", "woken before", "busy", "paused", "resumed", "paused, then revoked"] {
        let id = api.key(shop, name).await.0.id;
        used(&api, id).await;
        keys.push(id);
    }
    api.advance(34 * DAY);
    for key in &keys[1..=2] {
        used(&api, *key).await;
    }
    api.advance(1_000);
    let first = packs::create(&client, &NewReport::default()).await;
    api.advance(2 * DAY);
    for key in [keys[0], keys[2]] {
        used(&api, key).await;
    }
    for key in &keys[3..] {
        client.pause_key(*key, Some("a trial")).await.expect("paused");
    }
    client.resume_key(keys[4]).await.expect("resumed");
    client.revoke_key(keys[5], None).await.expect("revoked");
    // For longer than a key that woke up is a finding.
    api.advance(9 * DAY);
    let since =
        |pack: &std::path::Path| NewReport { previous_pack: Some(packs::head(pack)), ..NewReport::default() };
    let second = packs::create(&client, &since(first.path())).await;
    pack::verify(second.path(), None).unwrap_or_else(|wrong| panic!("{wrong:#?}"));
    let changes = |pack: &std::path::Path| {
        let text = std::fs::read_to_string(pack.join("report.md")).expect("a file");
        let (_, part) = text.split_once("## Changes since the previous pack").expect("the part");
        let part = part.split("\n## ").next().unwrap_or_default().to_owned();
        let mut rows: Vec<String> =
            part.lines().filter(|line| line.starts_with("| ")).map(str::to_owned).collect();
        rows.retain(|row| !row.starts_with("| Change |") && !row.starts_with("| ---"));
        rows.sort();
        rows
    };
    assert_eq!(
        changes(second.path()),
        [
            "| Gone | shop/paused, then revoked | revoked by local:ann |",
            "| Paused | shop/paused | paused by local:ann |",
            // One that woke up before the earlier pack was in that one's findings.
            "| Used again | shop/woken | after at least 30 idle days |",
        ]
    );
    let third = packs::create(&client, &since(second.path())).await;
    assert_eq!(changes(third.path()), [""; 0]);
}

/// The cells of a row, by the names of their columns.
type Cells<'a> = &'a dyn Fn(&str) -> String;

/// The names of the keys in `keys.csv` of whose rows this holds.
fn names_where(pack: &std::path::Path, holds: &dyn Fn(Cells<'_>) -> bool) -> Vec<String> {
    let mut reader = csv::Reader::from_path(pack.join("keys.csv")).expect("a file");
    let heads = reader.headers().expect("a head").clone();
    let place = |name: &str| heads.iter().position(|head| head == name).unwrap_or_else(|| panic!("{name}"));
    let rows = reader.records().map(|row| row.expect("a row"));
    let mut names: Vec<String> = rows
        .filter(|row| holds(&|name: &str| row[place(name)].to_owned()))
        .map(|row| row[place("name")].to_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn the_figures_for_the_standards_are_right_and_can_be_recomputed_from_the_rows() {
    let api = Api::start().await;
    let client = api.client(Via::Embedded);
    let (shop, other) = (api.project("shop").await, api.project("other").await);
    let mut keys = HashMap::new();
    for name in ["busy", "unused", "50 days", "paused", "revoked", "45 days"] {
        keys.insert(name, api.key(shop, name).await.0.id);
    }
    api.key(other, "elsewhere").await;
    for (name, purpose) in [("busy", Some("shop window")), ("unused", None), ("paused", Some("nightly job"))]
    {
        let purpose = purpose.map(|purpose| Some(purpose.to_owned()));
        let edit = KeyEdit { owner: Some(Some("ann".into())), purpose, ..KeyEdit::default() };
        client.edit_key(keys[name], &edit).await.expect("edited");
    }
    client.revoke_key(keys["revoked"], None).await.expect("revoked");
    // Each is kept in a review of its own; what was reviewed 95 days ago counts no more.
    let reviewed = async |name: &str| {
        let scope = Scope { filter: format!("name=\"{name}\""), ..Scope::default() };
        let new = NewReview { name: format!("of {name}"), scope, due_at: None };
        let review = client.start_review(&new).await.expect("a review");
        let keep = packs::to(Decision::Keep, Some("needed"));
        client.decide(review.id, keys[name], &keep).await.expect("a decision");
        packs::execute(&client, &review).await
    };
    let mut today = 0;
    let mut until = |day: i64| {
        api.advance((day - today) * DAY);
        today = day;
    };
    until(5);
    reviewed("50 days").await;
    until(10);
    api.key(shop, "90 days").await;
    until(40);
    used(&api, keys["paused"]).await;
    client.pause_key(keys["paused"], None).await.expect("paused");
    until(50);
    used(&api, keys["50 days"]).await;
    until(55);
    used(&api, keys["45 days"]).await;
    until(56);
    api.key(shop, "44 days").await;
    until(90);
    reviewed("busy").await;
    let last = reviewed("unused").await;
    until(99);
    used(&api, keys["busy"]).await;
    until(100);
    let new = NewReport { filter: "project:shop status:active,revoked".into(), ..NewReport::default() };
    let pack = packs::create(&client, &new).await;
    let proof = pack::verify(pack.path(), None).unwrap_or_else(|wrong| panic!("{wrong:#?}"));
    let text = std::fs::read_to_string(pack.path().join("report.md")).expect("a file");
    for sentence in [
        "4 of 8 keys in scope (50.0%) are dormant and active. 4 of 6 dormant keys (66.7%) are active.",
        "Of 7 active and paused keys in scope: 42.9% have an owner, 28.6% a purpose, 28.6% were reviewed in the last \
         90 days.",
        "2 active keys in scope have not been used for 90 days.",
        "This report is not about a review.",
    ] {
        assert!(text.contains(sentence), "{sentence}: {text}");
    }

    // By the words of the report, from the rows alone.
    let created = proof.report.created_at.millis();
    let time = |text: String| serde_json::from_value::<Timestamp>(json!(text)).expect("a time").millis();
    let idle = |cell: Cells<'_>, days: i64| {
        let since = Some(cell("lastUsedAt")).filter(|at| !at.is_empty()).unwrap_or_else(|| cell("createdAt"));
        cell("inScope") == "true" && created - time(since) >= days * DAY
    };
    let active = |cell: Cells<'_>| cell("status") == "active";
    let enabled = |cell: Cells<'_>| cell("inScope") == "true" && cell("status") != "revoked";
    let rows = |holds: &dyn Fn(Cells<'_>) -> bool| names_where(pack.path(), holds);
    assert_eq!(rows(&|cell| idle(cell, 45) && active(cell)), ["45 days", "50 days", "90 days", "unused"]);
    assert_eq!(
        rows(&|cell| idle(cell, 45)),
        ["45 days", "50 days", "90 days", "paused", "revoked", "unused"]
    );
    assert_eq!(rows(&|cell| idle(cell, 90) && active(cell)), ["90 days", "unused"]);
    assert_eq!(rows(&|cell| enabled(cell)).len(), 7);
    assert_eq!(rows(&|cell| enabled(cell) && !cell("owner").is_empty()), ["busy", "paused", "unused"]);
    assert_eq!(rows(&|cell| enabled(cell) && !cell("purpose").is_empty()), ["busy", "paused"]);
    let reviewed = |cell: Cells<'_>| {
        let at = cell("reviewedAt");
        !at.is_empty() && created - time(at) <= 90 * DAY
    };
    assert_eq!(rows(&|cell| enabled(cell) && reviewed(cell)), ["busy", "unused"]);

    // One key, and none.
    for (filter, sentence) in [
        ("name:unused", "1 active key in scope has not been used for 90 days."),
        ("name:busy", "No active key in scope has been unused for 90 days."),
    ] {
        let new = NewReport { filter: filter.into(), ..NewReport::default() };
        let pack = packs::create(&client, &new).await;
        let text = std::fs::read_to_string(pack.path().join("report.md")).expect("a file");
        assert!(text.contains(sentence), "{sentence}: {text}");
    }
    // PCI DSS 7.2.5.1: as far as the review is, and who signed.
    let scope = Scope { filter: "project:shop".into(), ..Scope::default() };
    let review =
        client.start_review(&NewReview { name: "Q2".into(), scope, due_at: None }).await.expect("a review");
    for name in ["busy", "paused"] {
        let keep = packs::to(Decision::Keep, Some("needed"));
        client.decide(review.id, keys[name], &keep).await.expect("a decision");
    }
    let of_review = NewReport { review: Some(review.id), ..NewReport::default() };
    let told = async |new: &NewReport, sentence: &str| {
        let pack = packs::create(&client, new).await;
        let text = std::fs::read_to_string(pack.path().join("report.md")).expect("a file");
        assert!(text.contains(sentence), "{sentence}: {text}");
        pack
    };
    let decided = "2 of 7 keys have a decision in the review Q2.";
    told(&of_review, &format!("{decided} It is not executed yet.")).await;
    packs::execute(&client, &review).await;
    let executed = format!("{decided} It was executed; management has not signed yet.");
    let pack = told(&of_review, &executed).await;
    let decisions = std::fs::read_to_string(pack.path().join("decisions.csv")).expect("a file");
    assert_eq!(csv_of(&decisions).iter().skip(1).filter(|row| row[4] == "keep").count(), 2);
    let sign = Sign { head: packs::head(pack.path()), same_person: true };
    client.sign_review(review.id, &sign).await.expect("signed");
    told(&of_review, &format!("{decided} It was executed and signed.")).await;
    let of_one = NewReport { review: Some(last.id), ..NewReport::default() };
    told(&of_one, "1 of 1 key has a decision in the review of unused.").await;
}

#[tokio::test]
async fn wrong_reports_are_refused_and_change_nothing() {
    let api = Api::start().await;
    let shop = api.project("shop").await;
    api.key(shop, "web").await;
    let new = NewReview { name: "Q1".into(), scope: Scope::default(), due_at: None };
    let review = api.client(Via::Embedded).start_review(&new).await.expect("a review").id;
    let seq = api.seq().await;
    let none = "0".repeat(64);
    for (body, status, code, field) in [
        (json!({ "filter": "used:often" }), 400, "INVALID_FILTER", json!("filter")),
        (json!({ "filter": "name:web", "review": review }), 400, "INVALID_FIELD", json!("filter")),
        (json!({ "review": "rev_1" }), 400, "INVALID_FIELD", json!("review")),
        (json!({ "review": "rev_00000000000000000000000009" }), 404, "NOT_FOUND", Value::Null),
        (json!({ "previousPack": "1" }), 400, "INVALID_FIELD", json!("previousPack")),
        (json!({ "previousPack": format!("1:{none}") }), 409, "UNKNOWN_PACK", Value::Null),
    ] {
        let refused = api.ask("POST /v1/reports", &body.to_string()).await;
        let told = (refused.status, refused.code(), refused.json()["field"].clone());
        assert_eq!(told, (status, code.to_owned(), field), "{body}: {}", refused.text);
    }
    let sign = format!("POST /v1/reviews/{review}/sign");
    let open = api.ask(&sign, &json!({ "head": format!("1:{none}") }).to_string()).await;
    assert_eq!((open.status, open.code().as_str()), (409, "UNKNOWN_PACK"));
    assert_eq!(api.seq().await, seq, "nothing was changed");
    api.ask(&format!("PATCH /v1/reviews/{review}"), r#"{"status":"cancelled"}"#).await;
    let closed = api.ask(&sign, &json!({ "head": format!("1:{none}") }).to_string()).await;
    assert_eq!((closed.status, closed.code().as_str()), (409, "REVIEW_CLOSED"));
}

#[tokio::test]
async fn the_report_is_one_file_that_asks_nobody_and_lists_each_key_once() {
    let api = Api::start().await;
    let shop = api.project("shop").await;
    let mut ids = Vec::new();
    for number in 0..450 {
        ids.push(api.key(shop, &format!("key {number}")).await.0.id.to_string());
    }
    let pack = packs::create(&api.client(Via::Embedded), &NewReport::default()).await;
    let html = std::fs::read_to_string(pack.path().join("report.html")).expect("a file");
    for outside in ["<script", "http:", "https:", "//", "src=", "url(", "@import", "<link", "<iframe"] {
        assert!(!html.contains(outside), "{outside}");
    }
    let markdown = std::fs::read_to_string(pack.path().join("report.md")).expect("a file");
    for id in &ids {
        assert_eq!(html.matches(id.as_str()).count(), 1, "{id}");
        assert_eq!(markdown.matches(&id.replace('_', "\\_")).count(), 1, "{id}");
    }
    let count = |what: &str| html.matches(what).count();
    assert_eq!(count("<div class=\"part\">"), 3, "200 rows in each table");
    for element in ["div", "table", "thead", "tbody", "tr", "td"] {
        assert_eq!(count(&format!("<{element}")), count(&format!("</{element}>")), "{element}");
    }
}

#[tokio::test]
async fn a_project_deleted_during_a_review_leaves_its_keys_in_it_as_revoked() {
    let api = Api::start().await;
    let client = api.client(Via::Embedded);
    let (shop, blog) = (api.project("shop").await, api.project("blog").await);
    let kept = api.key(shop, "kept").await.0.id;
    let mut keys = Vec::new();
    for name in ["keep", "revoke", "pause", "rotate", "ask", "left", "later"] {
        keys.push(api.key(blog, name).await.0.id);
    }
    let new = NewReview { name: "Q4".into(), scope: Scope::default(), due_at: None };
    let review = client.start_review(&new).await.expect("a review");
    let path = format!("/v1/reviews/{}", review.id);
    let decide = async |key, decision| {
        let body = json!({ "decision": decision, "reason": "as talked about", "version": 0 }).to_string();
        let item = format!("PUT {path}/items/{key}");
        api.ask_as(Some(&api.member), &item, &body).await
    };
    decide(kept, "keep").await;
    for (key, decision) in keys.iter().zip(["keep", "revoke", "pause", "rotate", "ask"]) {
        assert_eq!(decide(*key, decision).await.status, 200, "{decision}");
    }
    api.advance(60_000);
    assert_eq!(api.ask(&format!("DELETE /v1/projects/{blog}?revokeKeys=true"), "").await.status, 204);
    api.advance(60_000);

    // The queue has them all, and says of which project they were and who revoked them.
    let items = api.ask(&format!("GET {path}/items?filter=project:blog"), "").await.json();
    assert_eq!(items["total"], 7);
    for item in items["items"].as_array().expect("a list") {
        let key = &item["key"];
        assert_eq!(
            json!([key["status"], key["revokedBy"], key["revokeReason"], key["projectName"]]),
            json!(["revoked", "token:root", "the project was deleted", "blog"])
        );
        // What the reviewer saw stays; who has not decided yet sees nothing to decide.
        assert_eq!(item["findings"].as_array().expect("a list").is_empty(), item["decision"].is_null());
    }
    // Who decides later may: nothing comes of it.
    let late = decide(keys[6], "revoke").await;
    assert_eq!((late.status, &late.json()["decision"]), (200, &json!("revoke")), "{}", late.text);
    let shown = api.ask(&format!("GET {path}"), "").await.json();
    assert_eq!(json!([shown["status"], shown["decisions"]["undecided"]]), json!(["open", 1]));

    // The summary and the execution say the same.
    let execute = format!("POST {path}/execute");
    let planned = api.ask(&execute, r#"{"dryRun":true}"#).await.json();
    let mut expected = vec![json!({ "id": kept, "decision": "keep", "outcome": "done" })];
    for (key, decision) in [(0, "keep"), (1, "revoke"), (2, "pause"), (3, "rotate"), (6, "revoke")] {
        expected.push(json!({ "id": keys[key], "decision": decision, "outcome": "alreadyRevoked" }));
    }
    assert_eq!(planned["results"], json!(expected));
    let seq = api.seq().await;
    let done = api.ask(&execute, &json!({ "decisions": planned["decisions"] }).to_string()).await.json();
    assert_eq!((&done["results"], &done["review"]["status"]), (&planned["results"], &json!("executed")));
    assert_eq!(api.seq().await, seq + 2, "one key is kept, and the review executed");
    let gone = api.ask(&format!("GET /v1/keys/{}", keys[0]), "").await.json();
    assert_eq!(json!([gone["status"], gone["reviewedAt"]]), json!(["revoked", null]));
    let item = api.ask(&format!("GET {path}/items?filter=name:pause"), "").await.json();
    assert_eq!(item["items"][0]["outcome"], "alreadyRevoked");

    // The pack proves it, the report says it, and a second person signs.
    let new = NewReport { review: Some(review.id), ..NewReport::default() };
    let pack = packs::create(&client, &new).await;
    let proof = pack::verify(pack.path(), None).unwrap_or_else(|wrong| panic!("{wrong:#?}"));
    let counts = &proof.report.counts;
    assert_eq!((counts.keys, counts.in_scope, counts.active, counts.revoked), (8, 8, 1, 7));
    let rows = std::fs::read_to_string(pack.path().join("decisions.csv")).expect("a file");
    let outcome = |name: &str| {
        let row = rows.lines().find(|row| row.contains(&format!(",blog,{name},"))).expect("its row");
        csv_of(row).remove(0)[13].clone()
    };
    for name in ["keep", "revoke", "pause", "rotate", "later"] {
        assert_eq!(outcome(name), "alreadyRevoked", "{name}: {rows}");
    }
    assert_eq!(["ask", "left"].map(outcome), ["", ""]);
    let told = std::fs::read_to_string(pack.path().join("report.md")).expect("a file");
    assert!(told.contains("already revoked"), "{told}");
    let head = json!({ "head": packs::head(pack.path()).to_string() }).to_string();
    let signed = api.ask_as(Some(&api.auditor), &format!("POST {path}/sign"), &head).await;
    assert_eq!((signed.status, &signed.json()["signedBy"]), (200, &json!("token:reader")), "{}", signed.text);

    // Of a deleted project alone there is nothing to review.
    let scope = json!({ "name": "late", "scope": { "projects": [blog] } }).to_string();
    let refused = api.ask("POST /v1/reviews", &scope).await;
    assert_eq!((refused.status, &refused.json()["field"]), (400, &json!("scope")), "{}", refused.text);
}

#[tokio::test]
async fn a_review_of_a_deleted_project_alone_is_finished_all_the_same() {
    let api = Api::start().await;
    let client = api.client(Via::Embedded);
    let blog = api.project("blog").await;
    api.key(blog, "web").await;
    let scope = Scope { projects: vec![blog], ..Scope::default() };
    let review = client.start_review(&NewReview { name: "Q4".into(), scope, due_at: None }).await.unwrap();
    assert_eq!(api.ask(&format!("DELETE /v1/projects/{blog}?revokeKeys=true"), "").await.status, 204);
    let renamed = api.ask(&format!("PATCH /v1/reviews/{}", review.id), r#"{"name":"Q4 blog"}"#).await;
    assert_eq!((renamed.status, &renamed.json()["name"]), (200, &json!("Q4 blog")));
    packs::execute(&client, &review).await;
    let new = NewReport { review: Some(review.id), ..NewReport::default() };
    let pack = packs::create(&client, &new).await;
    let proof = pack::verify(pack.path(), None).unwrap_or_else(|wrong| panic!("{wrong:#?}"));
    assert_eq!((proof.report.counts.in_scope, proof.report.counts.revoked), (1, 1));
    let told = std::fs::read_to_string(pack.path().join("report.md")).expect("a file");
    assert!(told.contains("blog"), "its project is named: {told}");
}

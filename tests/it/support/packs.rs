//! Evidence packs of a server in the test's own process.

use std::path::Path;

use keydeck::client::{Client, Via};
use keydeck::pack;
use keydeck::wire::audit::Head;
use keydeck::wire::reports::NewReport;
use keydeck::wire::reviews::{Decide, Decision, Execute, NewReview, Review, Scope};
use tempfile::TempDir;

use super::api::Api;

/// A decision without a time.
pub(crate) fn to(decision: Decision, reason: Option<&str>) -> Decide {
    Decide { decision, until: None, reason: reason.map(str::to_owned), version: 0 }
}

/// The bytes of a pack.
pub(crate) async fn archive(client: &Client, new: &NewReport) -> Vec<u8> {
    let mut parts = client.create_report(new).await.expect("a pack");
    let mut bytes = Vec::new();
    while let Some(part) = parts.part().await.expect("a part") {
        bytes.extend_from_slice(&part);
    }
    bytes
}

/// A pack in a folder of its own.
pub(crate) async fn create(client: &Client, new: &NewReport) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    pack::unpack(&*archive(client, new).await, folder.path()).expect("a pack");
    folder
}

/// The head that a pack tells.
pub(crate) fn head(folder: &Path) -> Head {
    let manifest = std::fs::read(folder.join("manifest.json")).expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).expect("JSON");
    manifest["head"].as_str().expect("a head").parse().expect("a head")
}

/// What is wrong with a pack, a line each.
pub(crate) fn differences(folder: &Path, noted: Option<&Head>) -> Vec<String> {
    match pack::verify(folder, noted) {
        Ok(_) => Vec::new(),
        Err(differences) => differences.iter().map(ToString::to_string).collect(),
    }
}

/// A review without decisions, executed by the person at this machine; with the head of a pack of it.
pub(crate) async fn executed(api: &Api, filter: &str) -> (Review, Head) {
    let client = api.client(Via::Embedded);
    let scope = Scope { filter: filter.to_owned(), ..Scope::default() };
    let new = NewReview { name: "quarter".into(), scope, due_at: None };
    let review = client.start_review(&new).await.expect("a review");
    execute(&client, &review).await;
    let new = NewReport { review: Some(review.id), ..NewReport::default() };
    let pack = create(&client, &new).await;
    (review, head(pack.path()))
}

/// Executes what was decided.
pub(crate) async fn execute(client: &Client, review: &Review) -> Review {
    let plan = Execute { dry_run: true, decisions: None };
    let planned = client.execute_review(review.id, &plan).await.expect("a plan");
    let confirmed = Execute { dry_run: false, decisions: Some(planned.decisions) };
    client.execute_review(review.id, &confirmed).await.expect("executed").review
}

/// A server with keys of every kind, a review with every decision, executed, and what came later.
pub(crate) async fn world(api: &Api) -> Review {
    let client = api.client(Via::Embedded);
    let shop = api.project("shop").await;
    let mut keys = Vec::new();
    for name in ["web", "=cmd|' /C calc'!A0", "feed", "Überweisung \"7\", neu", "cron", "old", "left"] {
        keys.push(api.key(shop, name).await.0);
        api.advance(1_000);
    }
    let edit = keydeck::wire::keys::KeyEdit {
        owner: Some(Some("Team <b>Web</b>".into())),
        purpose: Some(Some("-1 & | the *checkout*".into())),
        ..Default::default()
    };
    client.edit_key(keys[0].id, &edit).await.expect("edited");
    client.pause_key(keys[4].id, Some("is it used?")).await.expect("paused");
    client.revoke_key(keys[5].id, Some("left")).await.expect("revoked");
    api.advance(100 * 86_400_000);
    let new = NewReview { name: "Q4 <i>".into(), scope: Scope::default(), due_at: None };
    let review = client.start_review(&new).await.expect("a review");
    for (key, decide) in [
        (0, to(Decision::Keep, Some("used by the checkout"))),
        (1, to(Decision::Revoke, Some("+unused"))),
        (2, to(Decision::Rotate, None)),
        (3, to(Decision::Pause, None)),
        (4, to(Decision::Skip, None)),
    ] {
        api.advance(1_000);
        client.decide(review.id, keys[key].id, &decide).await.expect("a decision");
    }
    api.advance(60_000);
    let review = execute(&client, &review).await;
    client.rotate_key(keys[2].id, None).await.expect("rotated");
    client.rename_project(shop, "Shop & Co").await.expect("renamed");
    api.advance(1_000);
    review
}

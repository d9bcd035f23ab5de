//! Names can be used again: what was deleted, revoked or replaced is found, or all that it may be are named.

use serde_json::Value;

use super::keys::{json, with_key};
use super::serve::address;
use crate::support::home::Home;
use crate::support::process::{assert_failed, errors};

fn items(text: &str) -> Vec<Value> {
    json(text)["items"].as_array().expect("items").clone()
}

fn id(home: &Home, args: &[&str]) -> String {
    let shown = json(&home.ok(&[args, &["--output", "json"]].concat()));
    let shown = shown.get("items").map_or(&shown, |items| &items[0]);
    shown["id"].as_str().expect("an id").to_owned()
}

fn actions(home: &Home, args: &[&str]) -> Vec<String> {
    let events = items(&home.ok(&[&["audit", "events", "--output", "json"], args].concat()));
    events.iter().map(|event| event["action"].as_str().expect("an action").to_owned()).collect()
}

#[test]
fn events_of_a_deleted_project_and_its_keys_are_found_by_name_and_by_id() {
    let (home, _) = with_key();
    let (project, key) = (id(&home, &["projects", "list"]), id(&home, &["keys", "show", "shop/web"]));
    home.ok(&["projects", "delete", "shop", "--revoke-keys", "--yes"]);
    let all = ["project.archived", "key.revoked", "key.created", "project.created"];
    for named in [project.as_str(), "shop", " SHOP "] {
        assert_eq!(actions(&home, &["--project", named]), all, "{named}");
    }
    for named in [key.as_str(), "shop/web", &format!("{project}/web")] {
        assert_eq!(actions(&home, &["--key", named]), ["key.revoked", "key.created"], "{named}");
        assert_eq!(id(&home, &["keys", "show", named]), key);
    }
    let listed = home.run(&["keys", "list", "--project", "shop", "--status", "all", "--output", "json"]);
    assert!(listed.status.success() && errors(&listed).contains(&project), "{}", errors(&listed));
    assert_eq!(items(&String::from_utf8(listed.stdout).expect("UTF-8")).len(), 1);
    // What writes needs one that is there, and says what became of this one.
    for args in [
        &["keys", "create", "new", "--project", "shop"][..],
        &["projects", "rename", "shop", "store"],
        &["projects", "delete", "shop", "--yes"],
        &["rules", "deploy", "--project", "shop"],
    ] {
        assert_failed(&home.run(args), 4, &format!("{project} (deleted 20"));
    }
    assert_failed(&home.run(&["audit", "events", "--project", "shops"]), 4, "project not found");
    assert_failed(&home.run(&["audit", "events", "--key", "shop/app"]), 4, "key not found");
}

#[test]
fn events_of_a_renamed_project_are_found_by_its_old_name() {
    let (home, _) = with_key();
    let project = id(&home, &["projects", "list"]);
    home.ok(&["projects", "rename", "shop", "store"]);
    let all = ["project.renamed", "key.created", "project.created"];
    for named in ["shop", "SHOP", "store", &project] {
        assert_eq!(actions(&home, &["--project", named]), all, "{named}");
    }
    let out = home.run(&["audit", "events", "--project", "shop"]);
    assert!(errors(&out).contains(&format!("project shop is {project} (renamed 20")), "{}", errors(&out));
    assert!(errors(&out).contains(" to store)"), "{}", errors(&out));
    // Another one has the name now.
    home.ok(&["projects", "create", "shop"]);
    let out = home.run(&["audit", "events", "--project", "shop"]);
    assert_failed(&out, 5, "2 projects match shop");
    assert!(errors(&out).contains(&project), "{}", errors(&out));
    // What writes means the one that has it.
    home.ok(&["keys", "create", "app", "--project", "shop"]);
}

#[test]
fn a_taken_name_is_refused_with_the_name_in_the_way() {
    let home = Home::new();
    home.ok(&["projects", "create", "Ma\u{df}e"]);
    let out = home.run(&["projects", "create", "MASSE"]);
    assert_failed(
        &out,
        5,
        "another project is named \"Ma\u{df}e\" (names are compared without case: \"MASSE\")",
    );
    home.ok(&["keys", "create", "web", "--project", "MASSE"]);
    let out = home.run(&["keys", "create", "web", "--project", "MASSE"]);
    assert_failed(&out, 5, "another key is named \"web\"; choose another name");
    let out = home.run(&["keys", "create", "WEB", "--project", "MASSE"]);
    assert_failed(&out, 5, "another key is named \"web\" (names are compared without case: \"WEB\")");
}

#[test]
fn a_name_of_two_projects_or_two_keys_is_refused_with_the_ids_of_both() {
    let (home, _) = with_key();
    let first = id(&home, &["projects", "list"]);
    let first_key = id(&home, &["keys", "show", "shop/web"]);
    home.ok(&["projects", "delete", "shop", "--revoke-keys", "--yes"]);
    home.ok(&["projects", "create", "Shop"]);
    let second = id(&home, &["projects", "list"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    let second_key = id(&home, &["keys", "show", "shop/web"]);
    assert_ne!(first_key, second_key, "the active one is preferred where one key is meant");

    let refused = home.run(&["audit", "events", "--project", "shop"]);
    assert_failed(&refused, 5, &format!("{second} (active), {first} (deleted 20"));
    let refused = home.run(&["audit", "events", "--key", "shop/web"]);
    assert_failed(&refused, 5, &second_key);
    assert!(errors(&refused).contains(&format!("{first_key} (revoked 20")), "{}", errors(&refused));
    assert_eq!(actions(&home, &["--project", &second]), ["key.created", "project.created"]);
    assert_eq!(actions(&home, &["--key", &first_key]), ["key.revoked", "key.created"]);

    // Replaced under its own name.
    home.ok(&["keys", "revoke", &second_key, "--yes"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    let third_key = id(&home, &["keys", "show", "shop/web"]);
    let refused = errors(&home.run(&["audit", "events", "--key", "shop/web"]));
    for key in [&first_key, &second_key, &third_key] {
        assert!(refused.contains(key.as_str()), "{refused}");
    }
    // What writes goes to the active ones.
    home.ok(&["keys", "rename", "shop/web", "app"]);
    assert_eq!(id(&home, &["keys", "show", "shop/app"]), third_key);
    assert_eq!(id(&home, &["keys", "show", "shop/web"]), second_key, "of the active project");
}

#[test]
fn two_tokens_of_one_name_are_told_apart_in_the_audit_log() {
    let home = Home::new();
    let owner = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    owner.until_said("keydeck: ready");
    let url = format!("http://{}", address(&owner, "management API"));
    let mut tokens = Vec::new();
    for project in ["one", "two"] {
        let made = json(&home.ok(&["tokens", "create", "ci", "--role", "member", "--output", "json"]));
        let token = |name: &str| made["token"][name].as_str().expect("a text").to_owned();
        let mut command = home.command(&["--server", &url, "projects", "create", project]);
        let secret = made["secret"].as_str().expect("a secret");
        let out = command.env("KEYDECK_TOKEN", secret).output().expect("it runs");
        assert!(out.status.success(), "{}", errors(&out));
        tokens.push((token("id"), token("hint"), project));
        if project == "one" {
            home.ok(&["tokens", "revoke", &token("id")]);
        }
    }
    let table = home.ok(&["audit", "events", "--action", "project.created"]);
    for (id, hint, project) in &tokens {
        let line = table.lines().find(|line| line.contains(project)).expect("its event");
        assert!(line.contains(&format!("token:ci ({hint})")), "{line}");
        for named in [id, hint] {
            let found = items(&home.ok(&["audit", "events", "--actor", named, "--output", "json"]));
            assert_eq!(found.len(), 1, "{named}");
            assert_eq!(found[0]["detail"]["name"], *project);
            assert_eq!(
                (&found[0]["detail"]["by"]["id"], &found[0]["actor"]),
                (&Value::from(id.as_str()), &"token:ci".into())
            );
        }
        let csv = home.ok(&["audit", "events", "--actor", id, "--output", "csv"]);
        assert!(csv.contains(",token:ci,") && csv.contains(hint), "programs read the actor as it is: {csv}");
    }
    let both = home.run(&["audit", "events", "--actor", "token:ci", "--output", "json"]);
    assert_eq!(items(&String::from_utf8(both.stdout.clone()).expect("UTF-8")).len(), 2);
    for (id, hint, _) in &tokens {
        assert!(errors(&both).contains(id) && errors(&both).contains(hint), "{}", errors(&both));
    }
    assert_failed(&home.run(&["audit", "events", "--actor", "ci"]), 2, "token:NAME");
    assert_failed(
        &home.run(&["audit", "events", "--actor", "tok_00000000000000000000000000"]),
        4,
        "token not found",
    );
    home.ok(&["audit", "verify"]);
}

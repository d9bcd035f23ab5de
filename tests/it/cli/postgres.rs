//! Commands and a server on PostgreSQL.

use keydeck::secret::{Kind, Secret};

use super::keys::json;
use crate::support::home::Home;
use crate::support::postgres;
use crate::support::process::{Running, assert_failed, errors};

#[test]
fn one_process_serves_a_database_and_nobody_acts_behind_its_back() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let Some(database) = runtime.block_on(postgres::database("cli on PostgreSQL")) else { return };
    let home = Home::new();
    let url = database.url.clone();
    let any = ["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0", "--database", &url];

    // There is no file beside which a first token could be written.
    let out = home.run(&any);
    assert_eq!(out.status.code(), Some(2), "{}", errors(&out));
    assert!(errors(&out).contains("KEYDECK_ADMIN_TOKEN"), "{}", errors(&out));

    let token = Secret::generate(Kind::Management).expect("random bytes");
    let mut command = home.command(&any);
    command.env("KEYDECK_ADMIN_TOKEN", token.reveal());
    let mut owner = Running::start(command);
    owner.until_said("ready");
    assert_failed(&home.run(&any), 5, "in use by another Keydeck process");

    let on = |args: &[&str]| home.run(&[args, &["--database", &url, "--output", "json"]].concat());
    let ok = |args: &[&str]| {
        let out = on(args);
        assert!(out.status.success(), "{args:?}: {}", errors(&out));
        String::from_utf8(out.stdout).expect("UTF-8")
    };
    ok(&["projects", "create", "shop"]);
    // Who lost the last token helps himself, though the database is served.
    let made = json(&ok(&["tokens", "create", "lost", "--role", "admin"]));
    let revoked = json(&ok(&["tokens", "revoke", made["token"]["id"].as_str().expect("an id")]));
    assert_eq!((&revoked["receipt"]["confirmedBy"], &revoked["receipt"]["nodes"]), (&1.into(), &1.into()));
    for args in [
        &["keys", "create", "web", "--project", "shop"][..],
        &["keys", "revoke", "shop/web", "--yes"],
        &["rules", "deploy", "--project", "shop"],
    ] {
        assert_failed(&on(args), 5, "in use by another Keydeck process");
    }
    assert_eq!(owner.terminate().code(), Some(0));

    ok(&["keys", "create", "web", "--project", "shop"]);
    let revoked = json(&ok(&["keys", "revoke", "shop/web", "--yes"]));
    assert_eq!((&revoked["receipt"]["confirmedBy"], &revoked["receipt"]["nodes"]), (&1.into(), &1.into()));
    ok(&["audit", "verify"]);
    let password = url.split_once(':').and_then(|(_, rest)| rest.split_once(':')).expect("a password").1;
    let password = password.split('@').next().expect("a host");
    assert!(!owner.said().contains(password), "{}", owner.said());
    assert_eq!(home.files_holding(token.reveal()), Vec::<std::path::PathBuf>::new());
    runtime.block_on(database.remove());
}

//! Access reviews on the command line, as far as they ask on a terminal.

use super::terminal::start;
use crate::support::home::Home;

#[test]
fn what_a_filter_excludes_lets_no_revoked_key_in() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    for name in ["web", "app", "old"] {
        home.ok(&["keys", "create", name, "--project", "shop"]);
    }
    home.ok(&["keys", "pause", "shop/app"]);
    home.ok(&["keys", "revoke", "shop/old", "--yes"]);
    let list = ["keys", "list", "--filter", "!status:paused", "--columns", "name", "--output", "csv"];
    assert_eq!(home.ok(&list), "name\nweb\n");
    home.ok(&["audit", "review", "start", "Q4", "--filter", "!status:paused"]);
    let items = home.ok(&["audit", "review", "items", "Q4", "--output", "csv"]);
    assert!(items.contains("web") && !items.contains("app") && !items.contains("old"), "{items}");
}

#[test]
fn executing_a_review_asks_for_the_number_of_keys_that_are_stopped() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    for name in ["web", "app", "feed"] {
        home.ok(&["keys", "create", name, "--project", "shop"]);
    }
    home.ok(&["audit", "review", "start", "Q4"]);
    home.ok(&["audit", "review", "decide", "Q4", "shop/web", "revoke"]);
    home.ok(&["audit", "review", "decide", "Q4", "shop/app", "pause"]);
    home.ok(&["audit", "review", "decide", "Q4", "shop/feed", "keep"]);
    let named = |filter: &str| {
        let list = ["keys", "list", "--filter", filter, "--columns", "name", "--output", "csv"];
        home.ok(&list).lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    for wrong in ["\r", "y\r", "3\r"] {
        let mut terminal = start(&home, &["audit", "review", "execute", "Q4"]);
        let screen = terminal.sees("Type 2 to revoke or pause 2 keys on local database:");
        assert!(screen.contains("keep 1, revoke 1, rotate 0, pause 1"), "{screen}");
        terminal.press(wrong);
        assert_eq!(terminal.ends(), 1);
    }
    assert_eq!((named("status:revoked").len(), named("status:paused").len()), (0, 0), "nothing was changed");

    // Changed since the decision: the next summary says so, and it is left.
    home.ok(&["keys", "edit", "shop/app", "--owner", "ann"]);
    let mut terminal = start(&home, &["audit", "review", "execute", "Q4"]);
    let screen = terminal.sees("Type 1 to revoke or pause 1 key on local database:");
    assert!(screen.contains("changed since: 1"), "{screen}");
    terminal.press("1\r");
    terminal.sees("1 key was not revoked or paused, because it was used or changed since the decision");
    terminal.sees("confirmed by 1 of 1 node (");
    assert_eq!(terminal.ends(), 0);
    assert_eq!(named("status:revoked"), ["web"]);
    assert_eq!(named("status:paused").len(), 0);
    // What stops no key asks all the same.
    home.ok(&["audit", "review", "start", "Q1"]);
    let mut terminal = start(&home, &["audit", "review", "execute", "Q1"]);
    terminal.sees("Execute the review on local database? No key is revoked or paused.");
    terminal.press("n\r");
    assert_eq!(terminal.ends(), 1);
}

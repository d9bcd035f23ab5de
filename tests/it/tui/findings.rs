//! What a reviewer should look at: in the detail, in the Stale view, and in the orders.

use keydeck::tui::model::KeyCode;

use crate::support::stage::Stage;

/// The line of column heads.
fn heads(screen: &str) -> String {
    screen.lines().find(|line| line.contains("NAME")).expect("column heads").to_owned()
}

#[test]
fn the_detail_lists_findings_with_their_severity_the_worst_first_and_none_where_there_is_none() {
    let mut stage = Stage::new((120, 40));
    stage.keys("2/sftp-bridge");
    stage.press(KeyCode::Enter);
    let screen = stage.screen();
    let line = |words: &str| screen.lines().position(|line| line.contains(words));
    let (title, high, low) =
        (line("Findings ─"), line("high      Not used for"), line("low       No owner."));
    assert!(title.is_some() && title < high && high < low, "{screen}");
    assert!(line("State ─") < title && title < line("Usage ─"), "{screen}");
    assert!(!screen.contains("(up to 5 s late)"), "that is nothing in months: {screen}");
    stage.press(KeyCode::Esc);
    stage.keys("/community-forum");
    stage.press(KeyCode::Enter);
    assert!(!stage.screen().contains("Findings ─"), "{}", stage.screen());
}

#[test]
fn the_stale_view_shows_severity_owner_and_findings_where_there_is_room() {
    let at = |size| {
        let mut stage = Stage::new(size);
        stage.keys("3");
        heads(&stage.screen())
    };
    let wide = at((200, 50));
    for head in ["IDLE", "LAST USED", "SEVERITY", "OWNER", "FINDINGS", "CREATED BY"] {
        assert!(wide.contains(head), "{head}: {wide}");
    }
    let middle = at((120, 40));
    assert!(middle.contains("SEVERITY") && middle.contains("OWNER"), "{middle}");
    let narrow = at((80, 24));
    for head in ["NAME", "PROJECT", "IDLE", "LAST USED", "CREATED BY"] {
        assert!(narrow.contains(head), "{head}: {narrow}");
    }
}

#[test]
fn keys_are_put_in_order_by_their_worst_finding() {
    let mut stage = Stage::new((200, 50));
    stage.keys("2s");
    assert!(stage.screen().contains("Findings, worst first"), "{}", stage.screen());
    while !stage.screen().lines().any(|line| line.contains("> Findings, worst first")) {
        stage.keys("s");
    }
    stage.press(KeyCode::Enter);
    let screen = stage.screen();
    assert!(screen.contains("SEVERITY"), "what they are sorted by is shown: {screen}");
    let row = |name: &str| screen.lines().position(|line| line.contains(name)).expect("a row");
    // Both are stale, and nobody has used the second one for longer.
    assert!(row("fax-gateway") < row("sftp-bridge"), "{screen}");
    assert!(!screen.contains("web-frontend-canary"), "keys without a finding come last: {screen}");
}

#[test]
fn the_saved_filters_offer_keys_without_an_owner_and_keys_with_findings() {
    let mut stage = Stage::new((120, 40));
    stage.keys("2F");
    let screen = stage.screen();
    assert!(screen.contains("no owner") && screen.contains("with findings"), "{screen}");
    while !stage.screen().lines().any(|line| line.contains('>') && line.contains("no owner")) {
        stage.press(KeyCode::Down);
    }
    stage.press(KeyCode::Enter);
    let screen = stage.screen();
    assert!(screen.contains("owner:none") && screen.contains("iis-rewrite"), "{screen}");
    assert!(!screen.contains("docs-site"), "{screen}");
}

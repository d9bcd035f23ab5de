//! What is copied, and as what.

use keydeck::secret::Secret;
use keydeck::tui::model::{ClipboardOutcome, CopyKind, CopyText, Effect, Event, KeyCode, KeyPress};

use crate::support::fixtures::{Desk, WHOLE_KEY, World};

const SIZE: (u16, u16) = (100, 30);

fn copied(desk: &Desk) -> Vec<String> {
    let text = |effect: &Effect| match effect {
        Effect::Copy(CopyText::Public(_, text)) => Some(text.clone()),
        Effect::Copy(CopyText::Secret(_, secret)) => Some(secret.reveal().to_owned()),
        Effect::Copy(CopyText::Around { before, secret, after, .. }) => {
            Some(format!("{before}{}{after}", secret.reveal()))
        }
        _ => None,
    };
    desk.effects.iter().filter_map(text).collect()
}

#[test]
fn the_menu_of_a_row_copies_its_mask_id_name_or_path() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/web");
    desk.press(KeyCode::Enter);
    let id = desk.world.keys[0].id.to_string();
    for (keys, text) in
        [("Y1", "redir_live_0001****...****x9m1"), ("Y2", &id), ("Y3", "web"), ("Y4", "shop/web")]
    {
        desk.effects.clear();
        desk.keys(keys);
        assert_eq!(copied(&desk), [text], "{keys}");
        let Some(Effect::Copy(CopyText::Public(name, _))) = desk.effects.last() else { panic!("{keys}") };
        assert_eq!(*name, ["masked key", "id", "name", "path"][usize::from(keys.as_bytes()[1] - b'1')]);
        let name = *name;
        for (outcome, words) in [
            (ClipboardOutcome::SentToTerminal, format!("Sent the {name} to your terminal's clipboard")),
            (ClipboardOutcome::Copied { clears_in: None }, format!("Copied the {name}")),
        ] {
            desk.happen(Event::Clipboard(CopyKind::Public(name), outcome));
            assert!(desk.screen(SIZE).contains(&words), "{words}: {}", desk.screen(SIZE));
        }
    }
    desk.effects.clear();
    desk.keys("Y");
    assert!(
        desk.screen(SIZE).contains("> 1  masked key  redir_live_0001****...****x9m1"),
        "{}",
        desk.screen(SIZE)
    );
    desk.keys("jj");
    desk.press(KeyCode::Enter);
    assert_eq!(copied(&desk), ["web"]);
    desk.keys("Yq");
    assert_eq!(copied(&desk), ["web"], "q closes the menu");
    assert!(!desk.effects.contains(&Effect::Quit));
}

#[test]
fn a_new_key_is_copied_alone_for_a_shell_for_a_file_or_as_a_call() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2n1. my key (EU)");
    desk.press(KeyCode::Enter);
    let project = desk.world.keys.last().expect("the new key").project_id;
    let call = format!(
        "curl -H \"X-API-Key: {WHOLE_KEY}\" \"http://127.0.0.1:7475/v1/lookup?project={project}&path=/\""
    );
    let forms = [
        WHOLE_KEY.to_owned(),
        format!("export KEY_1_MY_KEY_EU={WHOLE_KEY}"),
        format!("KEY_1_MY_KEY_EU={WHOLE_KEY}"),
        call,
    ];
    for (at, form) in forms.iter().enumerate() {
        desk.effects.clear();
        desk.keys("Y");
        let screen = desk.screen(SIZE);
        assert_eq!(screen.matches(WHOLE_KEY).count(), 1, "the menu does not show it once more: {screen}");
        desk.keys(&(at + 1).to_string());
        assert_eq!(copied(&desk), [form.as_str()]);
        assert!(desk.screen(SIZE).contains("Copying"));
    }
    let shown = format!("{:?}{:?}", desk.state, desk.effects);
    assert!(!shown.contains("9w3ErTy5UiOp1AsDf8GhJ2"), "no text of it is kept");
}

#[test]
fn the_menu_of_a_new_key_closes_nothing_but_itself() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2nci");
    desk.press(KeyCode::Enter);
    desk.keys("Y");
    desk.press(KeyCode::Esc);
    assert!(desk.screen(SIZE).contains("done, I saved it"));
    desk.effects.clear();
    desk.keys("Y");
    desk.tap(KeyCode::Enter);
    let secret = Secret::parse(WHOLE_KEY).expect("a key");
    assert_eq!(desk.effects, [Effect::Copy(CopyText::Secret(desk.shown(), secret))]);
    desk.tap(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains(WHOLE_KEY), "a second Enter does not say that it is stored");
    desk.keys("Y");
    desk.happen(Event::Key(KeyPress::ctrl('c')));
    assert!(desk.screen(SIZE).contains("Not saved yet"), "Ctrl-C asks from the menu as well");
}

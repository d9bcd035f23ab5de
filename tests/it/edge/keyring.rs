//! Is this text a key, and whose?

use keydeck::edge::keyring::Keyring;
use keydeck::secret::Kind;
use keydeck::wire::id::{KeyId, ProjectId};

use crate::support::key_text::{key_text, verifier};

#[test]
fn keys_that_share_a_handle_are_told_apart() {
    let keyring = Keyring::default();
    let keys = [
        key_text(Kind::Live, "7kF2", 1),
        key_text(Kind::Live, "7kF2", 2),
        key_text(Kind::Test, "7kF2", 1),
        key_text(Kind::Live, "2Fk7", 1),
    ];
    for (key, number) in keys.iter().zip(1..) {
        keyring.put(&verifier(key, number, 10 + number % 2, number != 2));
    }
    for (key, number) in keys.iter().zip(1..) {
        let record = keyring.find(key.reveal()).expect("it was put");
        assert_eq!(record.id(), KeyId::from_number(number));
        assert_eq!(record.project().id(), ProjectId::from_number(10 + number % 2));
        assert_eq!(record.kind(), key.kind());
        assert_eq!(record.is_active(), number != 2);
    }
    let stranger = key_text(Kind::Live, "7kF2", 3);
    assert!(keyring.find(stranger.reveal()).is_none(), "a known handle is no known key");
    let unknown = key_text(Kind::Live, "0000", 1);
    assert!(keyring.find(unknown.reveal()).is_none(), "an unknown handle");
}

#[test]
fn a_text_that_is_no_api_key_is_not_found() {
    let keyring = Keyring::default();
    let key = key_text(Kind::Live, "7kF2", 1);
    keyring.put(&verifier(&key, 1, 1, true));
    let text = key.reveal();
    for wrong in [
        String::new(),
        text[..42].to_owned(),
        format!("{text}0"),
        format!(" {text}"),
        text.replace("live", "test"),
        text.replace("live", "LIVE"),
        text.to_uppercase(),
        text.replacen('0', "1", 1),
        text.replacen('0', "é", 1),
        format!("{}é", &text[..42]),
        "redir_live_".to_owned(),
        "redir_live_é".to_owned(),
    ] {
        assert!(keyring.find(&wrong).is_none(), "{wrong:?}");
    }
    // Even if a store handed one out as a verifier, a management token opens nothing here.
    let token = key_text(Kind::Management, "7kF2", 1);
    keyring.put(&verifier(&token, 2, 1, true));
    assert!(keyring.find(token.reveal()).is_none());
}

#[test]
fn a_revoked_key_stays_known_and_never_works_again() {
    let keyring = Keyring::default();
    let key = key_text(Kind::Live, "7kF2", 1);
    let made = verifier(&key, 1, 1, true);
    keyring.put(&made);
    let before = keyring.find(key.reveal()).expect("it was put");
    assert!(before.is_active());

    keyring.put(&verifier(&key, 1, 1, false));
    let after = keyring.find(key.reveal()).expect("it stays watched");
    assert!(!after.is_active());
    assert!(!before.is_active(), "who holds the record sees it too");

    keyring.put(&made);
    assert!(
        !keyring.find(key.reveal()).expect("known").is_active(),
        "an old answer of a store revives nothing"
    );
}

#[test]
fn keys_put_by_one_thread_are_found_by_others_from_then_on() {
    let keyring = Keyring::default();
    let keys: Vec<_> =
        (0..400).map(|seed| key_text(Kind::Live, &format!("{:04}", seed % 50), seed)).collect();
    let verifiers: Vec<_> = keys.iter().zip(0..).map(|(key, id)| verifier(key, id, id % 7, true)).collect();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::scope(|threads| {
        threads.spawn(|| {
            for (at, verifier) in verifiers.iter().enumerate() {
                keyring.put(verifier);
                sender.send(at).expect("the reader waits");
            }
            drop(sender);
        });
        for at in receiver {
            for earlier in [at, at / 2, 0] {
                let found = keyring.find(keys[earlier].reveal()).expect("it was put before");
                assert_eq!(found.id(), KeyId::from_number(earlier as u128));
            }
        }
    });
}

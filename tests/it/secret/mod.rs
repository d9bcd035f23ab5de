//! The key format against the contract's rules.

use std::collections::HashSet;

use keydeck::secret::{
    self, BODY_LEN, Hash, KEY_LEN, Kind, Malformed, MaskedKey, PREFIX_LEN, Secret, holds_part,
};
use proptest::prelude::*;

const VECTORS: [(&str, Kind); 3] = [
    ("redir_live_7kf2Q9w3ErTy5UiOp1AsDf8GhJ2I1YZq", Kind::Live),
    ("redir_test_000000000000000000000000004fWfYi", Kind::Test),
    ("redir_mgmt_AbCdEfGhIjKlMnOpQrStUvWxYz3iKEgY", Kind::Management),
];

#[test]
fn the_vectors_of_the_contract_are_read() {
    for (text, kind) in VECTORS {
        let secret = Secret::parse(text).unwrap();
        assert_eq!(secret.kind(), kind);
        assert_eq!(secret.reveal(), text);
        assert_eq!(secret.handle(), &text[11..15]);
        assert_eq!(secret.last4(), &text[39..]);
    }
}

#[test]
fn the_mask_is_the_one_of_the_public_service() {
    let key = Secret::parse(VECTORS[0].0).unwrap();
    assert_eq!(key.hint().to_string(), "redir_live_7kf2****...****1YZq");
    assert_eq!("redir_live_7kf2****...****1YZq".parse::<MaskedKey>().unwrap(), key.hint());
}

#[test]
fn each_broken_rule_is_named_in_order() {
    let key = VECTORS[0].0;
    assert_eq!(secret::check(""), Err(Malformed::Prefix));
    assert_eq!(secret::check(&key.replace("live", "prod")), Err(Malformed::Prefix));
    assert_eq!(secret::check(&key[..KEY_LEN - 1]), Err(Malformed::Length(31)));
    assert_eq!(secret::check(&format!("{key}0")), Err(Malformed::Length(33)));
    assert_eq!(secret::check(&key.replace("Q9w3", "Q_w3")), Err(Malformed::Alphabet(17)));
    assert_eq!(secret::check(&key.replace("Q9w3", "Q9w4")), Err(Malformed::Checksum));
}

#[test]
fn the_checksum_covers_the_prefix() {
    let moved = VECTORS[0].0.replace("live", "test");
    assert_eq!(secret::check(&moved), Err(Malformed::Checksum));
}

#[test]
fn new_keys_are_well_formed_and_differ() {
    let mut seen = HashSet::new();
    for kind in Kind::ALL {
        for _ in 0..500 {
            let secret = Secret::generate(kind).unwrap();
            assert_eq!(secret::check(secret.reveal()), Ok(kind));
            assert!(seen.insert(secret.reveal().to_owned()), "a key came twice");
        }
    }
}

#[test]
fn each_character_of_the_alphabet_is_about_as_likely_as_the_others() {
    let mut counts = [0u32; 128];
    for _ in 0..4000 {
        let secret = Secret::generate(Kind::Live).unwrap();
        for byte in &secret.reveal().as_bytes()[PREFIX_LEN..KEY_LEN - 6] {
            counts[usize::from(*byte)] += 1;
        }
    }
    // 104,000 draws of 62: about 1,677 each, standard deviation about 41. A modulo bias of 256 % 62 would
    // lift the first 8 digits by a quarter.
    let used: Vec<u32> = counts.into_iter().filter(|count| *count > 0).collect();
    assert_eq!(used.len(), 62);
    assert!(used.iter().all(|count| (1350..2050).contains(count)), "{used:?}");
}

#[test]
fn debug_prints_no_byte_of_a_secret() {
    let secret = Secret::parse(VECTORS[0].0).unwrap();
    let hash = secret.hash().unwrap();
    assert_eq!(
        format!("{secret:?} {:#?} {hash:?}", Some(&secret)),
        "Secret(..) Some(\n    Secret(..),\n) Hash(..)"
    );
}

#[test]
fn a_hash_matches_its_key_alone_and_has_its_own_salt() {
    let secret = Secret::generate(Kind::Live).unwrap();
    let (one, two) = (secret.hash().unwrap(), secret.hash().unwrap());
    assert_ne!(one.salt, two.salt);
    assert_ne!(one.digest, two.digest);
    assert!(one.matches(secret.reveal()) && two.matches(secret.reveal()));
    assert!(!one.matches(Secret::generate(Kind::Live).unwrap().reveal()));
    assert!(!Hash::DUMMY.matches(secret.reveal()));
}

#[test]
fn the_stored_digest_is_sha256_of_salt_and_key() {
    let hash = Secret::parse(VECTORS[0].0).unwrap().hash().unwrap();
    // Computed by another implementation: `printf '%b%s' SALT KEY | sha256sum`.
    let mut child = std::process::Command::new("sha256sum")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("sha256sum of coreutils");
    use std::io::Write as _;
    let mut input = child.stdin.take().unwrap();
    input.write_all(&hash.salt).unwrap();
    input.write_all(VECTORS[0].0.as_bytes()).unwrap();
    drop(input);
    let out = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let bytes: Vec<u8> =
        (0..32).map(|at| u8::from_str_radix(&out[2 * at..2 * at + 2], 16).unwrap()).collect();
    assert_eq!(bytes, hash.digest);
}

#[test]
fn keys_in_text_are_found_and_masked_wherever_they_stand() {
    let key = VECTORS[0].0;
    for text in [
        key.to_owned(),
        format!("x{key}"),
        format!("{key}x"),
        format!("redir_live_{key}"),
        format!("ü {key}\n"),
    ] {
        assert!(secret::find(&text).is_some(), "{text}");
        assert!(!secret::masked(&text).contains(key), "{text}");
    }
    let two = format!("{key},{}", VECTORS[2].0);
    assert_eq!(secret::masked(&two), "redir_live_7kf2****...****1YZq,redir_mgmt_AbCd****...****KEgY");
    for text in ["", "redir_", "redir_live_7kf2****...****1YZq", &key[..42], &key.replace("Q9", "Q8")] {
        assert_eq!(secret::find(text), None, "{text}");
        assert_eq!(secret::masked(text), text);
    }
}

proptest! {
    #[test]
    fn a_typing_error_of_one_character_is_always_recognised(at in PREFIX_LEN..KEY_LEN, with in "[0-9A-Za-z]") {
        let secret = Secret::generate(Kind::Test).unwrap();
        let mut text = secret.reveal().to_owned();
        prop_assume!(text[at..=at] != with);
        text.replace_range(at..=at, &with);
        prop_assert_eq!(secret::check(&text), Err(Malformed::Checksum));
    }

    #[test]
    fn two_swapped_neighbours_are_always_recognised(at in PREFIX_LEN..KEY_LEN - 1) {
        let secret = Secret::generate(Kind::Live).unwrap();
        let mut bytes = secret.reveal().as_bytes().to_vec();
        prop_assume!(bytes[at] != bytes[at + 1]);
        bytes.swap(at, at + 1);
        prop_assert_eq!(secret::check(std::str::from_utf8(&bytes).unwrap()), Err(Malformed::Checksum));
    }

    #[test]
    fn a_key_without_its_prefix_is_found_between_other_words(
        before in "([a-z]{1,9} )?", after in "([ .,;'\"]\\PC{0,9})?", at in 0..BODY_LEN, with in "[0-9A-Za-z]"
    ) {
        for kind in Kind::ALL {
            let key = Secret::generate(kind).expect("random bytes");
            let body = &key.reveal()[PREFIX_LEN..];
            let [text, shorter] = [body, &body[1..]].map(|part| [&before, part, &after].concat());
            prop_assert!(holds_part(&text));
            prop_assert!(!holds_part(&shorter), "a shorter part cannot be told");
            let mut typed = body.to_owned();
            typed.replace_range(at..=at, &with);
            prop_assert_eq!(holds_part(&typed), typed == body);
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC*|redir_(live|test|mgmt)_.{0,40}") {
        let _ = secret::check(&text);
        let _ = text.parse::<MaskedKey>();
        let masked = secret::masked(&text);
        prop_assert!(secret::find(&masked).is_none());
    }

    #[test]
    fn a_key_hidden_in_any_text_never_survives_masking(before in "\\PC{0,40}", after in "\\PC{0,40}") {
        let secret = Secret::generate(Kind::Live).unwrap();
        let text = format!("{before}{}{after}", secret.reveal());
        prop_assert!(secret::find(&text).is_some());
        prop_assert!(!secret::masked(&text).contains(secret.reveal()));
    }
}

//! What a loaded key costs: 100,000 of them are held by a dashboard that promises to stay small.

use std::sync::Arc;

use keydeck::wire::keys::Key;
use keydeck::wire::shared::Pool;
use keydeck::wire::time::Timestamp;

use crate::support::fixtures::World;

#[test]
fn keys_of_one_project_hold_its_name_once() {
    let mut texts = Pool::default();
    let mut keys: Vec<Key> =
        serde_json::from_value(serde_json::to_value(World::small().keys).unwrap()).unwrap();
    for key in &mut keys {
        key.share(&mut texts);
    }
    for key in &keys {
        let first = keys.iter().find(|other| other.project_name == key.project_name).unwrap();
        assert_eq!(key.project_name.as_ptr(), first.project_name.as_ptr(), "{}", key.project_name);
    }
    let plain = World::small().keys;
    assert_eq!(keys, plain, "nothing else is different");
}

#[test]
fn a_pool_does_not_grow_with_texts_that_nobody_shares() {
    let mut texts = Pool::default();
    for number in 0..100_000 {
        texts.share(&mut Arc::from(format!("192.0.2.{number}")));
    }
    let mut late: Arc<str> = Arc::from("a text that came late");
    let before = late.as_ptr();
    texts.share(&mut late.clone());
    texts.share(&mut late);
    assert_eq!(late.as_ptr(), before, "it is left as it is");
}

/// The floor beside which the dashboard's memory is measured holds about 330 bytes a row.
#[test]
fn a_key_is_small() {
    assert!(size_of::<Key>() <= 208, "{} bytes", size_of::<Key>());
    assert_eq!(size_of::<Option<Timestamp>>(), size_of::<Timestamp>());
}

#[test]
fn times_keep_their_order_and_their_millisecond() {
    let all = [i64::MIN, -62_167_219_200_000, -1, 0, 1, 1_795_568_822_770, 253_402_300_799_999, i64::MAX];
    let times = all.map(Timestamp::from_millis);
    assert!(times.is_sorted());
    for (millis, time) in all.iter().zip(times).filter(|(millis, _)| millis.unsigned_abs() < 1 << 60) {
        assert_eq!(time.millis(), *millis);
    }
    assert_eq!(Timestamp::default(), Timestamp::from_millis(0));
}

#[test]
fn what_is_written_behind_a_text_is_what_is_shown() {
    for key in World::small().keys {
        let mut text = String::new();
        key.hint.push_to(&mut text);
        key.id.push_to(&mut text);
        assert_eq!(text, format!("{}{}", key.hint, key.id));
    }
}

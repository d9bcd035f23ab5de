//! Every method of the store is in the suite.

use std::fs;
use std::path::Path;

#[test]
fn each_method_of_the_store_is_called_in_the_suite() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let traits = ["mod.rs", "nodes.rs"]
        .map(|file| fs::read_to_string(root.join("src/store").join(file)).expect("the traits"))
        .concat();
    let mut suite = String::new();
    suite.push_str(&fs::read_to_string(root.join("tests/it/store/support.rs")).expect("its nodes"));
    for file in fs::read_dir(root.join("tests/it/store/conformance")).expect("the suite") {
        suite.push_str(&fs::read_to_string(file.expect("a file").path()).expect("its text"));
    }
    let methods: Vec<&str> = traits
        .lines()
        .filter_map(|line| line.trim().strip_prefix("async fn "))
        .filter_map(|rest| rest.split('(').next())
        // It never comes back; whole processes show what it does.
        .filter(|method| *method != "listen")
        .collect();
    assert!(methods.len() >= 27, "the traits were read: {methods:?}");
    let missing: Vec<&&str> =
        methods.iter().filter(|method| !suite.contains(&format!(".{method}("))).collect();
    assert!(missing.is_empty(), "no test calls {missing:?}");
}

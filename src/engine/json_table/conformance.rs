//! The texts of JSONTestSuite: what is no JSON has no row but its error, and nothing is too strange.

use std::collections::BTreeMap;
use std::path::Path as FilePath;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::tests::{Bytes, errors};
use super::{Path, table};

#[test]
fn the_texts_of_json_test_suite() {
    let Some(folder) = std::env::var_os("CONFORMANCE_DATA") else {
        eprintln!("skipped: CONFORMANCE_DATA names no folder with json-test-suite.json");
        return;
    };
    let text = std::fs::read_to_string(FilePath::new(&folder).join("json-test-suite.json")).expect("the texts");
    let texts: BTreeMap<String, String> = serde_json::from_str(&text).expect("texts");
    for (name, text) in &texts {
        let body = Bytes(BASE64_STANDARD.decode(text).expect("base64"));
        let (_, batches) = table(&[body], None, &Path::default(), &mut || false).expect("a table");
        let failed = errors(&batches).iter().any(Option::is_some);
        match name.get(..2) {
            Some("y_") => assert!(!failed, "{name} is JSON"),
            Some("n_") => assert!(failed, "{name} is not JSON"),
            _ => {}
        }
    }
    assert!(texts.len() >= 318, "only {} texts", texts.len());
}

//! JSONTestSuite (https://github.com/nst/JSONTestSuite): what must be accepted, what must be refused, and what may be either.

use std::collections::HashMap;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::tests::Values;
use super::{parse, text};

#[test]
fn the_texts_of_json_test_suite() {
    let Some(folder) = std::env::var_os("CONFORMANCE_DATA") else {
        eprintln!("skipped: CONFORMANCE_DATA names no folder with json-test-suite.json");
        return;
    };
    let suite = std::fs::read_to_string(Path::new(&folder).join("json-test-suite.json")).expect("the texts");
    let suite: HashMap<String, String> = serde_json::from_str(&suite).expect("texts by name");
    let mut counted = HashMap::new();
    for (name, encoded) in &suite {
        let body = STANDARD.decode(encoded).expect("base64");
        let accepted = text(&body, None).is_ok_and(|text| parse(&text, &mut Values).is_ok());
        let (kind, _) = name.split_once('_').expect("a kind");
        match kind {
            "y" => assert!(accepted, "{name} is refused"),
            "n" => assert!(!accepted, "{name} is accepted"),
            other => assert_eq!(other, "i", "{name}"),
        }
        *counted.entry(kind).or_insert(0) += 1;
    }
    assert_eq!((counted["y"], counted["n"], counted["i"]), (95, 188, 35));
}

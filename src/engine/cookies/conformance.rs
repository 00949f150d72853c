//! The vectors of the IETF http-state suite, which was made for RFC 6265, and what RFC 6265bis has changed since.

use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use url::Url;

use super::Jar;

const NAMELESS: &str = "5.6: a value without `=` is a cookie without a name, and 5.8.3 sends its value alone";
const EMPTY_NAME: &str = "5.6: an empty name is a name";
const EMPTY_DOMAIN: &str = "5.6.3: an empty Domain counts, and undoes the one before it";

/// Vectors that RFC 6265bis overrides: the name, the rule, and the header that the rule leads to.
const OVERRIDDEN: [(&str, &str, &str); 16] = [
    ("0004", NAMELESS, "foo"),
    ("0021", EMPTY_NAME, "a=b; x; c=d"),
    ("0023", NAMELESS, "foo"),
    ("0024", NAMELESS, "foo"),
    ("0025", NAMELESS, "foo"),
    ("0026", NAMELESS, "foo"),
    ("0027", NAMELESS, "bar"),
    ("0028", NAMELESS, "foo"),
    ("NAME0017", EMPTY_NAME, "a=bar"),
    ("NAME0023", NAMELESS, "foo"),
    ("NAME0025", EMPTY_NAME, "==a=bar"),
    ("NAME0028", EMPTY_NAME, "a"),
    ("NAME0031", NAMELESS, "\"foo"),
    ("NAME0032", NAMELESS, "\"foo\\\"bar"),
    ("NAME0033", EMPTY_NAME, "aaa"),
    ("OPTIONAL_DOMAIN0042", EMPTY_DOMAIN, "foo=bar"),
];

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Vector {
    test: String,
    received: Vec<String>,
    sent_to: Option<String>,
    sent: Vec<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    name: String,
    value: String,
}

#[test]
fn the_vectors_of_the_http_state_suite() {
    let Some(folder) = std::env::var_os("CONFORMANCE_DATA") else {
        eprintln!("skipped: CONFORMANCE_DATA names no folder with http-state-cookies.json");
        return;
    };
    let text = std::fs::read_to_string(Path::new(&folder).join("http-state-cookies.json")).expect("the vectors");
    let vectors: Vec<Vector> = serde_json::from_str(&text).expect("vectors");
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let page = Url::parse("http://home.example.org:8888/cookie-parser?TEST").expect("a URL");
    let mut overridden = 0;
    for Vector { test, received, sent_to, sent } in &vectors {
        let jar = Jar::default();
        for line in received {
            jar.store(&page, line.as_bytes(), now);
        }
        let target = page.join(sent_to.as_deref().unwrap_or("/cookie-parser-result?TEST")).expect("a URL");
        let header = String::from_utf8(jar.header(&target, now).unwrap_or_default()).expect("UTF-8");
        let older = sent.iter().map(|Pair { name, value }| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        match OVERRIDDEN.iter().find(|(name, ..)| name == test) {
            Some((_, rule, newer)) => {
                assert_eq!(header, *newer, "{test}, where RFC 6265bis says: {rule}");
                assert_ne!(older, *newer, "{test} is not overridden");
                overridden += 1;
            }
            None => assert_eq!(header, older, "{test}"),
        }
    }
    assert_eq!(overridden, OVERRIDDEN.len(), "each overridden vector is there");
    assert!(vectors.len() >= 141, "only {} vectors", vectors.len());
}

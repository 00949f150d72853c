//! What the hot pieces cost, in instructions, which no other program on the machine changes. Each of these does its piece COUNT
//! times over; `make bench` runs them under callgrind with two counts and takes the difference.

use std::hint::black_box;
use std::io::Write;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, ETAG, SERVER};
use http::{HeaderMap, HeaderValue, Method};
use tokio::time::Instant;

use super::config::{HostLimits, Limits, Share};
use super::decode::{Coding, Decoder};
use super::headers::Copier;
use super::pace::Sign;
use super::request::Request;
use super::schedule::{Ended, Party, Schedule};
use super::urls::UrlReader;

fn count() -> usize {
    std::env::var("COUNT").ok().and_then(|count| count.parse().ok()).unwrap_or(1)
}

#[test]
#[ignore = "a measurement"]
fn a_url() {
    let mut reader = UrlReader::default();
    for number in 0..count() {
        let url = format!("http://127.0.0.1:8080/items/{:06}?page=1", number % 1_000_000);
        black_box(Request::read(Method::GET, &url, &mut reader).unwrap());
    }
}

#[test]
#[ignore = "a measurement"]
fn header_lines() {
    let fields = [
        (SERVER, "nginx/1.22.1"),
        (DATE, "Mon, 23 Nov 2026 04:56:00 GMT"),
        (CONTENT_TYPE, "application/json"),
        (CONTENT_LENGTH, "171"),
        (ETAG, "\"6745b2a0-ab\""),
    ];
    let map: HeaderMap = fields.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect();
    let mut copier = Copier::default();
    for _ in 0..count() {
        black_box(copier.copy(black_box(&map)));
    }
}

#[test]
#[ignore = "a measurement"]
fn a_turn() {
    let host = HostLimits { concurrency: Share::Auto, rate: None, min_delay: None };
    let limits = Limits { concurrency: 64, rate: None, host, hosts: Vec::new(), per_site: false, start: 64 };
    let mut schedule = Schedule::new(Arc::new(limits));
    let now = Instant::now();
    for job in 0..count() {
        schedule.push("127.0.0.1:8080", Party(1), job, now);
    }
    while let Some((lane, ..)) = schedule.admit(now) {
        schedule.done(lane, Ended { began: now, sign: Sign::Neutral, told: false }, now);
    }
}

#[test]
#[ignore = "a measurement"]
fn a_gzip_body_of_50_kb() {
    let text: String = (0..2_000).map(|number| format!("{{\"id\": {number}, \"n\": {}}},", number * 7_919)).collect();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&text.as_bytes()[..50_000]).unwrap();
    let coded = encoder.finish().unwrap();
    for _ in 0..count() {
        let mut body = Vec::new();
        let mut decoder = Decoder::new(&[Coding::Gzip], u64::MAX).unwrap();
        decoder.feed(black_box(&coded), &mut body).unwrap();
        decoder.finish().unwrap();
        assert_eq!(body.len(), 50_000);
    }
}

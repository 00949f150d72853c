//! How long to wait before another attempt: never longer than allowed, whatever the server says.

use std::time::{Duration, SystemTime};

use http::header::RETRY_AFTER;
use http::{HeaderMap, Method, StatusCode};

use super::head;
use crate::engine::config::{Failures, Retry};
use crate::engine::error::Kind;
use crate::engine::headers;
use crate::engine::request::Request;
use crate::engine::response::{Outcome, Response};
use crate::engine::retry::{Repeatable, Tries, again};

const LONGEST: Duration = Duration::from_secs(60);

/// A status, and a `Retry-After`.
pub fn retry(data: &[u8]) {
    let ([status], value) = head(data);
    let status = std::str::from_utf8(status).ok().and_then(|status| status.parse().ok());
    let Some(status) = status.and_then(|status| StatusCode::from_u16(status).ok()) else { return };
    let Ok(value) = value.try_into() else { return };
    let fields: HeaderMap = [(RETRY_AFTER, value)].into_iter().collect();
    let policy = Retry {
        attempts: 5,
        statuses: vec![429, 503],
        failures: Failures { names: ["failed".to_owned()].into(), name: |_: &Kind| "failed" },
        backoff: Duration::from_secs(1),
        jitter: 0.0,
        max_wait: LONGEST,
        budget: None,
        methods: vec![Method::GET],
        respect_retry_after: true,
    };
    let request = Repeatable::of(&Request::get("http://h/").expect("a request"));
    let (mut tries, mut waits) = (Tries::default(), Vec::new());
    let mut outcome = answer(status, &fields);
    while let Some(wait) = again(Some(&policy), &request, &mut outcome, &mut tries, None, None) {
        waits.push(wait);
        outcome = answer(status, &fields);
    }
    assert!(waits.iter().all(|wait| *wait <= LONGEST));
    assert!(waits.is_empty() || policy.statuses.contains(&status.as_u16()));
    let seconds = |text: &str| (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse::<u64>());
    let said = std::str::from_utf8(fields[RETRY_AFTER].as_bytes()).ok().map(str::trim);
    match said.and_then(seconds) {
        _ if !policy.statuses.contains(&status.as_u16()) => {}
        Some(Ok(wait)) if wait <= LONGEST.as_secs() => assert_eq!(waits, [Duration::from_secs(wait); 4]),
        Some(_) => assert!(waits.is_empty()),
        None => {
            let date = said.and_then(|said| httpdate::parse_http_date(said).ok());
            match date.map(|date| date.duration_since(SystemTime::now()).unwrap_or_default()) {
                None => assert_eq!(waits, [1, 2, 4, 8].map(Duration::from_secs)),
                Some(wait) => assert!(if wait > LONGEST { waits.is_empty() } else { waits.len() == 4 }),
            }
        }
    }
}

fn answer(status: StatusCode, fields: &HeaderMap) -> Outcome {
    Ok(Response { headers: headers::block(fields).into(), ..Response::bare(status) })
}

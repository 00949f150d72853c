use proptest::prelude::*;

use super::super::config::Failures;
use super::super::headers;
use super::*;

fn policy() -> Retry {
    let name = |kind: &Kind| if *kind == Kind::Connect { "Connect" } else { "other" };
    Retry {
        attempts: 4,
        statuses: vec![429, 503],
        failures: Failures { names: ["Connect".to_owned()].into(), name },
        backoff: Duration::from_secs(1),
        jitter: 0.5,
        max_wait: Duration::from_secs(60),
        budget: None,
        methods: vec![Method::GET],
        respect_retry_after: true,
    }
}

fn request(method: Method) -> Repeatable {
    Repeatable { method, replayable: true }
}

fn answer(status: u16, fields: &[(&'static str, &str)]) -> Response {
    let fields = fields.iter().map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value")));
    let fields: http::HeaderMap = fields.collect();
    Response { headers: headers::block(&fields).into(), ..Response::bare(StatusCode::from_u16(status).expect("a status")) }
}

fn failure(kind: Kind, phase: Phase) -> Outcome {
    Err(Error::unsent(kind, phase, Method::GET, "http://h/", "it failed"))
}

#[test]
fn waits_double_up_to_the_longest() {
    let (policy, request) = (Retry { attempts: 100, ..policy() }, request(Method::GET));
    let waits = |made, chance| policy.wait(&request, &Ok(answer(503, &[])), made, None, chance).map(|wait| wait.as_secs_f64());
    assert_eq!([0, 1, 2, 5, 6, 98].map(|made| waits(made, 0.0)), [1.0, 2.0, 4.0, 32.0, 60.0, 60.0].map(Some));
    assert_eq!((waits(2, 1.0), waits(2, 0.5), waits(99, 0.0)), (Some(2.0), Some(3.0), None));
}

#[test]
fn what_may_be_repeated() {
    let policy = policy();
    let again = |request: &Repeatable, outcome: &Outcome| policy.wait(request, outcome, 0, None, 0.0).is_some();
    let (get, post) = (request(Method::GET), request(Method::POST));
    let cut = failure(Kind::Connect, Phase::Response);
    let refused = failure(Kind::Connect, Phase::Connect);
    assert!(again(&get, &cut) && again(&get, &refused));
    // Nothing was sent, so nothing can happen twice.
    assert!(!again(&post, &cut) && again(&post, &refused));
    assert!(!again(&Repeatable { replayable: false, ..get.clone() }, &refused));
    let lasting = refused.clone().map_err(|error| Box::new(Error { lasting: true, ..*error }));
    assert!(!again(&get, &lasting));
    assert!(!again(&get, &failure(Kind::InvalidUrl, Phase::Input)));
    assert!(!again(&get, &Ok(answer(500, &[]))) && again(&get, &Ok(answer(429, &[]))));
}

#[test]
fn what_a_server_may_ask() {
    let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").expect("a date");
    let asked = |value| retry_after(&answer(503, &[("retry-after", value)]), now).map(|wait| wait.as_secs());
    assert_eq!(asked("120"), Some(120));
    assert_eq!(asked(" 0 "), Some(0));
    assert_eq!(asked("99999999999999999999999"), Some(u64::MAX));
    assert_eq!(asked("Sun, 06 Nov 1994 08:51:37 GMT"), Some(120));
    assert_eq!(asked("Sunday, 06-Nov-94 08:51:37 GMT"), Some(120));
    assert_eq!(asked("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
    assert_eq!(["-1", "1.5", "soon", "", "+5"].map(asked), [None; 5]);
    assert_eq!(retry_after(&answer(503, &[]), now), None);
}

#[test]
fn what_is_asked_beyond_the_longest_wait_is_not_waited_for() {
    let (policy, request) = (policy(), request(Method::GET));
    let wait = |seconds| policy.wait(&request, &Ok(answer(429, &[])), 0, Some(Duration::from_secs(seconds)), 0.7);
    assert_eq!((wait(60), wait(61)), (Some(Duration::from_secs(60)), None));
}

#[test]
fn every_attempt_is_told() {
    let policy = Retry { backoff: Duration::ZERO, ..policy() };
    let request = request(Method::GET);
    let mut tries = Tries::default();
    let mut refused = failure(Kind::Connect, Phase::Connect);
    for mut outcome in [Ok(answer(503, &[])), refused.clone()] {
        assert_eq!(again(Some(&policy), &request, &mut outcome, &mut tries, None, None), Some(Duration::ZERO));
    }
    if let Err(error) = &mut refused {
        error.attempts = 1;
    }
    let error = tries.clone().with(refused).expect_err("it failed");
    assert_eq!((error.attempts, error.earlier), (2, vec!["503 Service Unavailable".into(), "it failed".into()]));
    assert_eq!(tries.with(Ok(answer(200, &[]))).map(|answer| answer.attempts).ok(), Some(2));
}

proptest! {
    #[test]
    fn any_field_is_read(value in "[ -~]{0,40}") {
        let _ = retry_after(&answer(503, &[("retry-after", &value)]), SystemTime::now());
    }

    #[test]
    fn a_wait_is_between_what_chance_leaves_and_the_longest(
        backoff in 0.0f64..1e6, jitter in 0.0f64..=1.0, max in 0u64..1_000_000, made in 0u32..3, chance in 0.0f64..=1.0,
    ) {
        let policy = Retry { backoff: Duration::from_secs_f64(backoff), jitter, max_wait: Duration::from_secs(max), ..policy() };
        let wait = policy.wait(&request(Method::GET), &Ok(answer(503, &[])), made, None, chance).expect("a wait").as_secs_f64();
        let full = (backoff * f64::from(1 << made)).min(max as f64);
        prop_assert!(wait <= full + 1e-6 && wait >= full * (1.0 - jitter) - 1e-6);
    }
}

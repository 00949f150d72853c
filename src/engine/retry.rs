//! Again or not: what a request's outcome means for another attempt. Who waits, and where, is up to others.

use std::time::{Duration, SystemTime};

use http::{Method, StatusCode};
use tokio::time::Instant;

use super::clock::Deadline;
use super::config::Retry;
use super::content::Content;
use super::error::{Error, Kind, Phase};
use super::gate::Pass;
use super::pace::Sign;
use super::process::lacks_descriptors;
use super::request::Request;
use super::response::{Outcome, Response};

/// Characters of an earlier attempt that an error repeats.
const TOLD: usize = 200;
/// How long a request waits for a descriptor before it asks again, and how long in all.
const STARVED: Duration = Duration::from_millis(50);
const STARVATION: Duration = Duration::from_secs(300);

/// What a request has gone through so far.
#[derive(Debug, Clone, Default)]
pub struct Tries {
    /// How often it was made.
    made: u32,
    /// How often it was sent: silent repetitions and redirects included.
    sent: u32,
    /// What came of it each time, in words.
    earlier: Vec<Box<str>>,
    /// How long it has waited for descriptors.
    starved: Duration,
}

/// Whether a request may be sent once more, as far as its method and its body go.
#[derive(Debug, Clone)]
pub struct Repeatable {
    method: Method,
    replayable: bool,
}

impl Repeatable {
    /// What is to be known of this request.
    pub fn of(request: &Request) -> Self {
        let replayable = request.content.as_ref().is_none_or(Content::is_replayable);
        Self { method: request.method.clone(), replayable }
    }
}

/// How long to wait before another attempt; `None` where the outcome stands. What is decided is also done: the attempt counts,
/// and where the server asks for it, its host is paused.
pub fn again(
    retry: Option<&Retry>,
    request: &Repeatable,
    outcome: &mut Outcome,
    tries: &mut Tries,
    pass: Option<&Pass>,
    deadline: Option<Deadline>,
) -> Option<Duration> {
    let now = Instant::now();
    let in_time = |wait: Duration| now.checked_add(wait).is_some_and(|due| deadline.is_none_or(|deadline| due < deadline.at));
    if let Err(error) = &*outcome
        && is_starved(error)
    {
        tries.starved += STARVED;
        return Some(STARVED).filter(|wait| tries.starved < STARVATION && in_time(*wait));
    }
    let retry = retry?;
    let asked = retry.asked(outcome, SystemTime::now());
    // For the others it holds, even if this one is not repeated.
    if let (Some(time), Some(pass)) = (asked.filter(|time| *time <= retry.max_wait), pass) {
        pass.pause(time);
    }
    let wait = retry.wait(request, outcome, tries.made, asked, fastrand::f64()).filter(|wait| in_time(*wait))?;
    let affordable = match (retry.budget, pass) {
        (Some(share), Some(pass)) => pass.afford(share),
        _ => true,
    };
    affordable.then(|| {
        let before = tries.clone();
        tries.add(outcome);
        before.complete(outcome);
        wait
    })
}

impl Retry {
    /// How long the server asks to wait, where that is to be respected.
    fn asked(&self, outcome: &Outcome, now: SystemTime) -> Option<Duration> {
        let Ok(answer) = outcome else { return None };
        let heeded = self.respect_retry_after && self.statuses.contains(&answer.status.as_u16());
        if heeded { retry_after(answer, now) } else { None }
    }

    /// How long to wait before another attempt after so many; `None` where the outcome stands. `chance` is a random number from
    /// 0 to 1.
    fn wait(&self, request: &Repeatable, outcome: &Outcome, made: u32, asked: Option<Duration>, chance: f64) -> Option<Duration> {
        let (bad, unsent) = match outcome {
            Ok(answer) => (self.statuses.contains(&answer.status.as_u16()), false),
            Err(error) => (self.failures.has(&error.kind) && !error.lasting, error.phase.is_connecting()),
        };
        let repeatable = request.replayable && (unsent || self.methods.contains(&request.method));
        if !bad || !repeatable || made + 1 >= self.attempts {
            return None;
        }
        if let Some(time) = asked {
            return Some(time).filter(|time| *time <= self.max_wait);
        }
        let doubled = 2_f64.powi(i32::try_from(made).unwrap_or(i32::MAX));
        let full = (self.backoff.as_secs_f64() * doubled).min(self.max_wait.as_secs_f64());
        Some(Duration::try_from_secs_f64(full * (1.0 - self.jitter * chance)).unwrap_or(self.max_wait))
    }
}

/// How long a server asks to wait (RFC 9110, section 10.2.3).
fn retry_after(answer: &Response, now: SystemTime) -> Option<Duration> {
    let value = std::str::from_utf8(answer.headers().get("retry-after")?).ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number has are a long time.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

impl Tries {
    /// Adds an outcome that does not stand.
    fn add(&mut self, outcome: &Outcome) {
        self.made += 1;
        let (sent, told) = match outcome {
            Ok(answer) => (answer.attempts, status_line(answer.status)),
            Err(error) => (error.attempts, error.detail.chars().take(TOLD).collect()),
        };
        self.sent += sent;
        self.earlier.push(told.into());
    }

    /// The outcome that stands, told together with those before.
    pub fn with(self, mut outcome: Outcome) -> Outcome {
        self.complete(&mut outcome);
        outcome
    }

    fn complete(self, outcome: &mut Outcome) {
        match outcome {
            _ if self.made == 0 => {}
            Ok(answer) => answer.attempts += self.sent,
            Err(error) => {
                error.attempts += self.sent;
                error.earlier = self.earlier;
            }
        }
    }
}

fn status_line(status: StatusCode) -> String {
    format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default()).trim_end().to_owned()
}

/// Was no descriptor to be had for a connection? Then nothing is wrong with the host, or the request.
fn is_starved(error: &Error) -> bool {
    error.phase.is_connecting() && error.errno.is_some_and(lacks_descriptors)
}

/// What an outcome says of how much the host can take.
pub fn sign(outcome: &Outcome) -> Sign {
    match outcome {
        Ok(answer) if matches!(answer.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) => Sign::Strained,
        Ok(answer) => Sign::Answered(Duration::from_micros(answer.timings.first_byte.into())),
        Err(error) => match (&error.kind, error.phase) {
            (Kind::ConnectTimeout | Kind::ReadTimeout | Kind::ConnectionRefused, _) => Sign::Strained,
            (Kind::Connect, _) if !is_starved(error) => Sign::Strained,
            (Kind::TotalTimeout, phase) if phase != Phase::Queue => Sign::Strained,
            _ => Sign::Neutral,
        },
    }
}

#[cfg(test)]
mod tests;

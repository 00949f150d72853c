//! Hosts that do not exist, and how many requests a second they answer to a fixed or an adaptive number in flight.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use super::{Pace, Sign};

/// xorshift64*: the same numbers for the same seed on every machine.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Between 0 and 1.
    pub fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// The exponential of a normal variable: median 1.
    pub fn lognormal(&mut self, sigma: f64) -> f64 {
        let (u, v) = (1.0 - self.unit(), self.unit());
        (sigma * (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()).exp()
    }
}

/// What limits a host.
#[derive(Debug, Clone, Copy)]
pub enum Model {
    /// So many are served at once, the others queue.
    Queue { capacity: usize },
    /// So many a second, counted anew every so many seconds; above it a quick 429. With `told`, its Retry-After names the end
    /// of that time, in whole seconds.
    Counted { rate: f64, every: f64, told: bool },
    /// So many a second and a few more at once (a token bucket, as nginx's limit_req); above it a quick 429.
    Bucket { rate: f64, burst: f64 },
    /// Beyond the capacity answers slow down by this power of the overload, and so many of the surplus end in a late 503.
    Collapsing { capacity: usize, power: f64, refusing: f64 },
    /// Collapses as above (power 1, all refused), with a capacity that changes each few seconds.
    Flapping { good: usize, bad: usize, phase: f64 },
}

/// A host.
#[derive(Debug, Clone, Copy)]
pub struct Host {
    pub model: Model,
    /// Seconds for an answer without load.
    pub latency: f64,
    /// Spread of a request's own cost: sigma of a lognormal factor. At 1, one in 50 takes ten times as long as the median.
    pub spread: f64,
    /// This share of requests fails whatever the load.
    pub flaky: f64,
}

/// What the host did with a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fate {
    Answered,
    Refused,
    /// Refused, with the seconds it asks to wait.
    RetryAfter(f64),
}

/// What the adaptive limit begins with, and its bound.
pub const START: usize = 16;
pub const MOST: usize = 100;

const TIMEOUT: f64 = 10.0;
const QUICK: f64 = 0.005;

struct Server {
    host: Host,
    random: Random,
    free: BinaryHeap<Reverse<u64>>,
    counted: (u64, f64),
    bucket: (f64, f64),
    phase: (f64, bool),
    phases: Random,
}

fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9) as u64
}

impl Server {
    fn new(host: Host, seed: u64) -> Self {
        let free = match host.model {
            Model::Queue { capacity } => (0..capacity).map(|_| Reverse(0)).collect(),
            _ => BinaryHeap::new(),
        };
        Self {
            host,
            random: Random::new(seed),
            free,
            counted: (0, 0.0),
            bucket: (0.0, f64::MAX),
            phase: (0.0, false),
            phases: Random::new(!seed),
        }
    }

    fn collapse(&mut self, cost: f64, load: usize, capacity: usize, power: f64, refusing: f64) -> (f64, Fate) {
        let overload = (load as f64 / capacity as f64).max(1.0);
        let refused = self.random.unit() < refusing * (1.0 - 1.0 / overload);
        (cost * overload.powf(power), if refused { Fate::Refused } else { Fate::Answered })
    }

    /// How long a request takes that begins now, as one of so many, and how it ends.
    fn serve(&mut self, now: f64, load: usize) -> (f64, Fate) {
        let cost = self.host.latency * self.random.lognormal(self.host.spread);
        let (takes, fate) = match self.host.model {
            Model::Queue { .. } => {
                let Reverse(free) = self.free.pop().unwrap();
                let end = now.max(free as f64 / 1e9) + cost;
                self.free.push(Reverse(nanos(end)));
                (end - now, Fate::Answered)
            }
            Model::Bucket { rate, burst } => {
                let (at, tokens) = self.bucket;
                let tokens = (tokens + (now - at) * rate).min(burst);
                let pass = tokens >= 1.0;
                self.bucket = (now, if pass { tokens - 1.0 } else { tokens });
                if pass { (cost, Fate::Answered) } else { (QUICK, Fate::Refused) }
            }
            Model::Counted { rate, every, told } => {
                let count = (now / every) as u64;
                let begun = if self.counted.0 == count { self.counted.1 + 1.0 } else { 1.0 };
                self.counted = (count, begun);
                let left = (every - now % every).ceil();
                match begun <= rate * every {
                    true => (cost, Fate::Answered),
                    false => (QUICK, if told { Fate::RetryAfter(left) } else { Fate::Refused }),
                }
            }
            Model::Collapsing { capacity, power, refusing } => self.collapse(cost, load, capacity, power, refusing),
            Model::Flapping { good, bad, phase } => {
                while now >= self.phase.0 {
                    self.phase = (self.phase.0 + phase * (0.6 + 0.8 * self.phases.unit()), !self.phase.1);
                }
                self.collapse(cost, load, if self.phase.1 { good } else { bad }, 1.0, 1.0)
            }
        };
        if takes > TIMEOUT {
            (TIMEOUT, Fate::Refused)
        } else if self.random.unit() < self.host.flaky {
            (takes, Fate::Refused)
        } else {
            (takes, fate)
        }
    }
}

/// Who says how many may be in flight.
pub trait Control {
    fn limit(&self) -> usize;
    fn note(&mut self, now: Instant, began: Instant, running: usize, waiting: bool, sign: Sign);
}

impl Control for Pace {
    fn limit(&self) -> usize {
        Pace::limit(self)
    }
    fn note(&mut self, now: Instant, began: Instant, running: usize, waiting: bool, sign: Sign) {
        Pace::note(self, now, began, running, waiting, sign);
    }
}

impl Control for usize {
    fn limit(&self) -> usize {
        *self
    }
    fn note(&mut self, _: Instant, _: Instant, _: usize, _: bool, _: Sign) {}
}

/// TCP Reno, for comparison: slow start, one more a round trip, half once a round trip with a refusal (RFC 5681).
pub struct Reno {
    limit: f64,
    threshold: f64,
    halved: Option<Instant>,
}

impl Reno {
    pub fn new() -> Self {
        Self { limit: START as f64, threshold: f64::INFINITY, halved: None }
    }
}

impl Control for Reno {
    fn limit(&self) -> usize {
        self.limit as usize
    }
    fn note(&mut self, now: Instant, began: Instant, _: usize, _: bool, sign: Sign) {
        match sign {
            Sign::Answered(_) => self.limit += if self.limit < self.threshold { 1.0 } else { 1.0 / self.limit },
            Sign::Strained if self.halved.is_none_or(|halved| began >= halved) => {
                (self.limit, self.halved) = (self.limit / 2.0, Some(now));
                self.threshold = self.limit;
            }
            Sign::Strained | Sign::Neutral => {}
        }
        self.limit = self.limit.clamp(1.0, MOST as f64);
    }
}

/// Gradient2 of Netflix's concurrency-limits, for comparison: an average latency over a short time against one over a long
/// time. Refusals are nothing to it.
pub struct Gradient {
    limit: f64,
    long: f64,
}

impl Gradient {
    pub fn new() -> Self {
        Self { limit: START as f64, long: 0.0 }
    }
}

impl Control for Gradient {
    fn limit(&self) -> usize {
        self.limit as usize
    }
    fn note(&mut self, _: Instant, _: Instant, running: usize, _: bool, sign: Sign) {
        let Sign::Answered(latency) = sign else { return };
        let short = latency.as_secs_f64();
        self.long = if self.long == 0.0 { short } else { self.long + (short - self.long) / 300.0 };
        if self.long > 2.0 * short {
            self.long *= 0.95;
        }
        if running as f64 >= self.limit / 2.0 {
            let gradient = (1.5 * self.long / short).clamp(0.5, 1.0);
            let next = self.limit * gradient + 4.0;
            self.limit = (0.8 * self.limit + 0.2 * next).clamp(1.0, MOST as f64);
        }
    }
}

/// How a batch went.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    pub answered: usize,
    pub seconds: f64,
}

impl Run {
    /// Answers a second.
    pub fn throughput(&self) -> f64 {
        self.answered as f64 / self.seconds
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A request ends: when it began, and how it ends (nanoseconds of Retry-After, if that).
    End { began: u64, fate: Option<u64> },
    /// The host takes requests again.
    Resume,
}

/// Fetches from the host until so many are answered, for at most so many seconds; what fails is put back. There is always
/// more to fetch, so that the last requests, which wait for nothing but their own retries, do not count.
pub fn fetch(host: Host, control: &mut impl Control, requests: usize, seconds: f64, seed: u64) -> Run {
    let origin = Instant::now();
    let mut server = Server::new(host, seed);
    let mut events: BinaryHeap<Reverse<(u64, u64, Event)>> = BinaryHeap::new();
    let (mut now, mut number, mut running, mut paused) = (0u64, 0u64, 0usize, 0u64);
    let mut answered = 0;
    while answered < requests {
        while running < control.limit() && now >= paused {
            running += 1;
            let (takes, fate) = server.serve(now as f64 / 1e9, running);
            let fate = match fate {
                Fate::Answered => None,
                Fate::Refused => Some(0),
                Fate::RetryAfter(wait) => Some(nanos(wait)),
            };
            number += 1;
            events.push(Reverse((now + nanos(takes), number, Event::End { began: now, fate })));
        }
        let Some(Reverse((at, _, event))) = events.pop() else { break };
        if at > nanos(seconds) {
            now = nanos(seconds);
            break;
        }
        now = at;
        if let Event::End { began, fate } = event {
            let sign = match fate {
                None => Sign::Answered(Duration::from_nanos(now - began)),
                Some(_) => Sign::Strained,
            };
            let moment = |nanos| origin + Duration::from_nanos(nanos);
            control.note(moment(now), moment(began), running, true, sign);
            running -= 1;
            match fate {
                None => answered += 1,
                Some(wait) => {
                    if wait > 0 {
                        number += 1;
                        paused = paused.max(now + wait);
                        events.push(Reverse((paused, number, Event::Resume)));
                    }
                }
            }
        }
    }
    Run { answered, seconds: now as f64 / 1e9 }
}

//! How many requests one host may be sent at once, found while sending them. [`Pace`] decides, without clock or network.
//!
//! It climbs hills. A window is about one round trip; its score says how much was answered at its level, in logarithms:
//! by Little's law `in flight / latency` requests a second, of which some share was not refused. A small price for each
//! request in flight makes it prefer the lower of two levels that bring the same: this is Kleinrock's power ("Power and
//! deterministic rules of thumb for probabilistic problems in computer communications", 1979), weighted towards throughput.
//!
//! - Slow start, as TCP's (RFC 5681): one more for each answer, as long as that pays.
//! - Then trials: up, at the double step each time that it pays, or down; back again where it does not. A trial is as large
//!   as it must be to show above the noise, and it is refuted only by a difference that is larger than the noise.
//! - Brakes: where more than a tenth is refused, down at once, by a tenth; by more where that was not enough, but once a
//!   round trip. Not below what was answered lately (the bandwidth-delay product of BBR).
//!
//! `docs/design/2026-11-23-adaptive-concurrency.md` has the reasons and the numbers.

use std::time::{Duration, Instant};

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// The head came after so long.
    Answered(Duration),
    /// The host says or shows that it is too much: 429, 503, a timeout, a connection refused or reset.
    Strained,
    /// Nothing to learn about the host.
    Neutral,
}

/// What a request in flight costs: ten percent more of them must bring two percent more answers.
const PRICE: f32 = 0.2;
/// Seconds below which latency says nothing: our own event loop takes as long.
const QUICK: f32 = 0.010;
/// The smallest and the largest trial, as a share of the level.
const STEPS: (f32, f32) = (0.125, 0.5);
/// The fewest answers of a window.
const FEWEST: f32 = 8.0;
/// Windows between two trials at the bound, where the only trial left is downwards.
const LONG_REST: u8 = 8;
/// More refused than this share is too much.
const BEARABLE: f32 = 0.1;
/// The round trip, in seconds, of a host that has not answered yet.
const UNKNOWN: f32 = 0.1;
/// The weight of an answer in the average latency.
const WEIGHT: f32 = 0.125;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Slow start.
    Start,
    /// A trial with more.
    Up,
    /// A trial with less.
    Down,
    /// For so many windows as before, to know what a trial is compared with.
    Rest(u8),
}

/// What was seen since the limit was last decided on.
#[derive(Debug, Clone, Copy)]
struct Window {
    since: Option<Instant>,
    level: f32,
    answered: f32,
    strained: f32,
    running: f32,
    logs: f32,
    squares: f32,
}

impl Window {
    fn new(since: Option<Instant>, level: f32) -> Self {
        Self { since, level, answered: 0.0, strained: 0.0, running: 0.0, logs: 0.0, squares: 0.0 }
    }
}

/// What a level is worth, and how far that may be off.
#[derive(Debug, Clone, Copy)]
struct Score {
    power: f32,
    error: f32,
}

/// How many of those in flight were answered, on average over a second or two round trips.
#[derive(Debug, Clone, Copy, Default)]
struct Useful {
    since: Option<Instant>,
    seconds: f32,
    last: f32,
}

impl Useful {
    fn add(&mut self, now: Instant, began: Instant, latency: f32) {
        self.since.get_or_insert(began);
        self.seconds += latency;
        self.read(now, latency);
    }

    fn read(&mut self, now: Instant, latency: f32) -> f32 {
        let elapsed = self.since.map_or(0.0, |since| now.saturating_duration_since(since).as_secs_f32());
        if elapsed > 1.0 && elapsed > 2.0 * latency {
            *self = Self { since: Some(now), seconds: 0.0, last: self.seconds / elapsed };
        }
        self.last
    }
}

/// The limit of one host.
#[derive(Debug, Clone)]
pub struct Pace {
    /// A whole number.
    limit: f32,
    most: f32,
    phase: Phase,
    step: f32,
    /// Where to return to from a trial that did not pay.
    settled: f32,
    reference: Option<Score>,
    /// The direction of the next trial.
    upwards: bool,
    /// The last time the limit was lowered: what began before tells of the higher one.
    lowered: Option<Instant>,
    /// Brakes since the last window without.
    brakes: u8,
    /// Average, in seconds.
    latency: Option<f32>,
    /// Standard deviation of the logarithm of the latency.
    spread: f32,
    window: Window,
    useful: Useful,
}

impl Pace {
    /// Begins with `start`, and never allows more than `most`.
    pub fn new(start: usize, most: usize) -> Self {
        let most = most.max(1) as f32;
        let limit = (start as f32).clamp(1.0, most);
        Self {
            limit,
            most,
            phase: Phase::Start,
            step: 1.0,
            settled: limit,
            reference: None,
            upwards: true,
            lowered: None,
            brakes: 0,
            latency: None,
            spread: 0.0,
            window: Window::new(None, limit),
            useful: Useful::default(),
        }
    }

    /// How many may be in flight now.
    pub fn limit(&self) -> usize {
        self.limit as usize
    }

    /// A request that was started at `began` has ended. `running`: how many were in flight, itself included; `waiting`: more
    /// wait for this host, so that it is the limit that holds them back.
    pub fn note(&mut self, now: Instant, began: Instant, running: usize, waiting: bool, sign: Sign) {
        match sign {
            Sign::Neutral => {}
            Sign::Strained => self.strained(now, began),
            Sign::Answered(latency) => {
                let latency = latency.as_secs_f32().max(1e-6);
                self.latency = Some(self.latency.map_or(latency, |average| average + WEIGHT * (latency - average)));
                self.useful.add(now, began, latency);
                // Far below the limit, it is something else that holds back.
                if waiting && 2 * running >= self.limit() {
                    self.answered(now, began, running as f32, latency.ln());
                }
            }
        }
    }

    fn answered(&mut self, now: Instant, began: Instant, running: f32, log: f32) {
        let since = *self.window.since.get_or_insert(began);
        let starting = self.phase == Phase::Start;
        if !starting && began < since {
            return;
        }
        self.window.answered += 1.0;
        self.window.running += running;
        self.window.logs += log;
        self.window.squares += log * log;
        if starting && self.limit < 2.0 * self.window.level {
            self.limit = (self.limit + 1.0).min(self.most);
        }
        if self.window.answered >= self.window.level.max(FEWEST) {
            self.judge(now);
        }
    }

    fn strained(&mut self, now: Instant, began: Instant) {
        let latency = self.latency.unwrap_or(UNKNOWN);
        // One burst counts once.
        if self.lowered.is_some_and(|then| began < then || now.saturating_duration_since(then).as_secs_f32() < latency) {
            return;
        }
        self.window.strained += 1.0;
        if self.window.strained >= 2.0 && self.window.strained > BEARABLE * self.limit.max(self.window.answered) {
            self.brake(now, latency);
        }
    }

    fn brake(&mut self, now: Instant, latency: f32) {
        self.brakes = self.brakes.saturating_add(1);
        let less = match self.brakes {
            1 => 0.9 * self.limit,
            2 => 0.7 * self.limit,
            _ => 0.5 * self.limit,
        };
        let climbing = matches!(self.phase, Phase::Start | Phase::Up);
        let target = if climbing { less.min(self.settled) } else { less };
        let floor = self.useful.read(now, latency).min(0.9 * self.limit);
        self.rest(now, target.max(floor), true, 1);
    }

    /// The window is complete.
    fn judge(&mut self, now: Instant) {
        let window = self.window;
        let log = window.logs / window.answered;
        self.spread = (window.squares / window.answered - log * log).max(0.0).sqrt();
        self.brakes = 0;
        // In slow start the answers still tell of the level with which the window began.
        let level = if self.phase == Phase::Start { window.level } else { window.running / window.answered };
        let kept = window.answered / (window.answered + window.strained);
        let power = (1.0 - PRICE) * level.ln() - log + kept.ln();
        let score = Score { power, error: self.spread / window.answered.sqrt() };
        let quick = log < QUICK.ln();
        let better = self.reference.is_none_or(|reference| power > reference.power);
        let noise = self.reference.map_or(0.0, |reference| reference.error.hypot(score.error));
        let bearable = self.reference.is_none_or(|reference| power > reference.power - noise);
        match self.phase {
            Phase::Start | Phase::Up if better || bearable || quick => {
                if better || quick {
                    self.settled = if self.phase == Phase::Start { window.level } else { self.limit };
                    self.reference = Some(score);
                    self.step = (2.0 * self.step).min(STEPS.1);
                }
                if self.limit >= self.most {
                    self.rest(now, self.most, false, 1);
                } else if self.phase == Phase::Start {
                    self.open(now, self.limit, Phase::Start);
                } else {
                    self.climb(now);
                }
            }
            Phase::Start | Phase::Up => self.rest(now, self.settled, false, 1),
            Phase::Down if better => {
                self.settled = self.limit;
                self.reference = Some(score);
                self.descend(now);
            }
            Phase::Down => self.rest(now, self.settled, true, if self.settled < self.most { 1 } else { LONG_REST }),
            Phase::Rest(left) => {
                self.reference = Some(self.reference.map_or(score, |before| Score {
                    power: 0.5 * (before.power + power),
                    error: 0.5 * before.error.hypot(score.error),
                }));
                if left > 1 {
                    self.open(now, self.limit, Phase::Rest(left - 1));
                } else {
                    self.attempt(now, quick);
                }
            }
        }
    }

    fn attempt(&mut self, now: Instant, quick: bool) {
        // As large as the noise between two windows: what pays shows above it.
        self.step = (self.spread * (2.0 / self.limit).sqrt()).exp_m1().clamp(STEPS.0, STEPS.1);
        if self.limit < self.most && (self.upwards || quick || self.limit < 2.0) {
            self.climb(now);
        } else if quick || self.limit < 2.0 {
            self.rest(now, self.limit, true, 1);
        } else {
            self.descend(now);
        }
    }

    fn climb(&mut self, now: Instant) {
        self.open(now, (self.limit * (1.0 + self.step)).max(self.limit + 1.0), Phase::Up);
    }

    fn descend(&mut self, now: Instant) {
        self.open(now, (self.limit / (1.0 + self.step)).min(self.limit - 1.0), Phase::Down);
    }

    fn rest(&mut self, now: Instant, limit: f32, upwards: bool, windows: u8) {
        self.upwards = upwards;
        self.reference = None;
        self.open(now, limit, Phase::Rest(windows));
        self.settled = self.limit;
    }

    fn open(&mut self, now: Instant, limit: f32, phase: Phase) {
        let limit = limit.floor().clamp(1.0, self.most);
        if limit < self.limit {
            self.lowered = Some(now);
        }
        self.limit = limit;
        self.phase = phase;
        self.window = Window::new(Some(now), limit);
    }
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

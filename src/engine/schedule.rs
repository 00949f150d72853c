//! Whose turn it is: one queue a host, permits in all and per host, rates, pauses and waits. It decides, without clock or
//! network; who waits for its decisions is a matter of [`super::gate`].
//!
//! A permit goes to the host with the fewest requests in flight, of those that may have one, and of equals to the one that has
//! waited longest. So permits are shared out evenly, whoever came first: a host that is slow keeps its share and no more,
//! since one that is fast gives its permits back and is next again, and a host that is paused, or may not begin another
//! request yet, is not in line at all.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use slab::Slab;
use tokio::time::Instant;

use super::bucket::Bucket;
use super::config::{Limits, Rate};
use super::hosts;
use super::pace::Sign;

mod queue;

use queue::{HostQueue, Later, Place};

/// Hosts without requests of which is remembered how much they can take.
const REMEMBERED: usize = 4_096;
/// Requests to a host that are remembered for the repetitions that they bring.
const SAVED: f64 = 500.0;
/// Repetitions that a host may have besides.
const RESERVE: Rate = Rate { per_second: 1.0, burst: Some(10) };

/// Identifies a host's queue, while it has requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lane(usize);

/// Identifies those whose jobs stand in line together: of several in a host's queue each has its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Party(pub u64);

/// What came of a permit.
#[derive(Debug, Clone, Copy)]
pub struct Ended {
    /// When it was used.
    pub began: Instant,
    /// What its use says of the host.
    pub sign: Sign,
    /// That was told before: the host had answered, and the rest was left to be read.
    pub told: bool,
}

/// Jobs waiting for their turn.
#[derive(Debug)]
pub struct Schedule<J> {
    limits: Arc<Limits>,
    running: usize,
    lanes: Slab<HostQueue<J>>,
    by_host: HashMap<Box<str>, usize>,
    /// The lane that was asked for last: many jobs in a row are for one host.
    last: usize,
    /// Lanes with a job that may run now: those with the fewest running first.
    ready: BTreeSet<(usize, u64, usize)>,
    /// Lanes that may have such a job later on.
    timed: BTreeSet<(Instant, usize)>,
    /// Lanes with nothing to do, the oldest first.
    idle: VecDeque<(u64, usize)>,
    bucket: Option<Bucket>,
    ticks: u64,
}

impl<J> Schedule<J> {
    /// No jobs yet.
    pub fn new(limits: Arc<Limits>) -> Self {
        Self {
            running: 0,
            lanes: Slab::new(),
            by_host: HashMap::new(),
            last: usize::MAX,
            ready: BTreeSet::new(),
            timed: BTreeSet::new(),
            idle: VecDeque::new(),
            bucket: limits.rate.map(Bucket::new),
            ticks: 0,
            limits,
        }
    }

    /// Adds a job for a host.
    pub fn push(&mut self, host: &str, party: Party, job: J, now: Instant) {
        let index = self.lane(host);
        let Some(lane) = self.lanes.get_mut(index) else { return };
        lane.add(party, job, VecDeque::push_back);
        // Already in line, it is no further in front for having more. Where it waits for a time, that may be the time of a job
        // that has run before, which holds no other up.
        if !matches!(lane.place, Place::Ready(..)) {
            self.settle(index, now);
        }
    }

    /// Adds a job that has run before, and is not to run again before its time.
    pub fn push_later(&mut self, lane: Lane, party: Party, job: J, due: Instant, now: Instant) {
        let tick = self.tick();
        let Some(queue) = self.lanes.get_mut(lane.0) else { return };
        queue.later.push(Later { due, tick, party, job });
        // That it begins again brings no further repetition.
        queue.saved -= 1.0;
        self.settle(lane.0, now);
    }

    /// A permit at once, where nobody waits for one before.
    pub fn enter(&mut self, host: &str, now: Instant) -> Option<Lane> {
        if self.next_permit(now) != Some(now) || !self.ready.is_empty() {
            return None;
        }
        let index = self.lane(host);
        let lane = self.lanes.get_mut(index)?;
        if !lane.parties.is_empty() || lane.is_full() || lane.next(now) > now {
            self.settle(index, now);
            return None;
        }
        self.begin(index, now);
        Some(Lane(index))
    }

    /// The next job that may run now, with the permit to give back.
    pub fn admit(&mut self, now: Instant) -> Option<(Lane, Party, J)> {
        while let Some((due, index)) = self.timed.first().copied().filter(|(due, _)| *due <= now) {
            self.timed.remove(&(due, index));
            if let Some(lane) = self.lanes.get_mut(index) {
                lane.place = Place::Nowhere;
            }
            self.settle(index, now);
        }
        if self.next_permit(now) != Some(now) {
            return None;
        }
        let (_, _, index) = self.ready.pop_first()?;
        let lane = self.lanes.get_mut(index)?;
        lane.place = Place::Nowhere;
        let (party, job) = lane.take()?;
        self.begin(index, now);
        Some((Lane(index), party, job))
    }

    /// When there may be a job to admit although no permit comes back; `None` where only that helps.
    pub fn next(&self, now: Instant) -> Option<Instant> {
        let permit = self.next_permit(now)?;
        let due = if self.ready.is_empty() { self.timed.first()?.0 } else { now };
        Some(permit.max(due))
    }

    /// Gives a permit back.
    pub fn done(&mut self, Lane(index): Lane, ended: Ended, now: Instant) {
        let Some(lane) = self.lanes.get_mut(index) else { return };
        if ended.told {
            lane.answered -= 1;
        } else {
            lane.learn(ended, now);
        }
        lane.running -= 1;
        self.running -= 1;
        self.settle(index, now);
    }

    /// The requests to the host that are in flight, where they may be divided among threads.
    pub fn divisible(&self, Lane(index): Lane) -> usize {
        self.lanes.get(index).filter(|lane| lane.divisible).map_or(0, |lane| lane.running)
    }

    /// Requests to the host may be divided among threads, or not.
    pub fn divide(&mut self, Lane(index): Lane, divisible: bool) {
        if let Some(lane) = self.lanes.get_mut(index) {
            lane.divisible = divisible;
        }
    }

    /// The host has answered, and the rest may be read for as long as the reader likes: it does not count any more as what the
    /// host can take.
    pub fn answered(&mut self, Lane(index): Lane, ended: Ended, now: Instant) {
        let Some(lane) = self.lanes.get_mut(index) else { return };
        lane.learn(ended, now);
        lane.answered += 1;
        self.settle(index, now);
    }

    /// Begins no request to the host before then.
    pub fn pause(&mut self, Lane(index): Lane, until: Instant, now: Instant) {
        let Some(lane) = self.lanes.get_mut(index) else { return };
        lane.paused = lane.paused.max(Some(until));
        self.settle(index, now);
    }

    /// Leaves at least so much time between the starts of two requests to the host. True for a request that began before that
    /// was known, and has to stand in line again.
    pub fn slow(&mut self, Lane(index): Lane, delay: Duration, began: Instant, now: Instant) -> bool {
        let Some(lane) = self.lanes.get_mut(index) else { return false };
        let [_, spacing] = &mut lane.buckets;
        if spacing.as_ref().is_none_or(|bucket| bucket.interval() < delay) {
            *spacing = Some(Bucket::spaced(delay));
            lane.slowed = Some(now);
        }
        lane.slowed.is_some_and(|slowed| began <= slowed)
    }

    /// May a request to the host be repeated, where each request brings it so much of a repetition? If so, it is counted.
    pub fn afford(&mut self, Lane(index): Lane, share: f64, now: Instant) -> bool {
        let Some(lane) = self.lanes.get_mut(index) else { return false };
        let price = share.recip();
        if lane.saved >= price {
            lane.saved -= price;
            return true;
        }
        let reserve = lane.reserve.get_or_insert_with(|| Bucket::new(RESERVE));
        let some = reserve.next(now).is_none();
        if some {
            reserve.take(now);
        }
        some
    }

    /// Takes out all jobs of a party.
    pub fn withdraw(&mut self, party: Party, now: Instant) -> Vec<J> {
        let mut withdrawn = Vec::new();
        let lanes: Vec<usize> = self.lanes.iter().map(|(index, _)| index).collect();
        for index in lanes {
            let Some(lane) = self.lanes.get_mut(index) else { continue };
            let before = withdrawn.len();
            lane.withdraw(party, &mut withdrawn);
            if withdrawn.len() > before {
                self.settle(index, now);
            }
        }
        withdrawn
    }

    /// The hosts to which no request begins before some time.
    pub fn paused(&self, now: Instant) -> impl Iterator<Item = (&str, Instant)> {
        self.lanes.iter().filter_map(move |(_, lane)| Some((&*lane.host, lane.paused.filter(|until| *until > now)?)))
    }
}

impl<J> Schedule<J> {
    /// When a permit is to be had, whatever the host.
    fn next_permit(&self, now: Instant) -> Option<Instant> {
        let free = self.running < self.limits.concurrency;
        free.then(|| self.bucket.as_ref().and_then(|bucket| bucket.next(now)).unwrap_or(now))
    }

    /// A request to the host begins.
    fn begin(&mut self, index: usize, now: Instant) {
        let Some(lane) = self.lanes.get_mut(index) else { return };
        lane.running += 1;
        lane.saved = (lane.saved + 1.0).min(SAVED);
        self.running += 1;
        for bucket in lane.buckets.iter_mut().chain([&mut self.bucket]).flatten() {
            bucket.take(now);
        }
        self.settle(index, now);
    }

    /// Puts a lane where it now belongs.
    fn settle(&mut self, index: usize, now: Instant) {
        let tick = self.tick();
        let Some(lane) = self.lanes.get_mut(index) else { return };
        let (before, place) = lane.settle(now, tick);
        if before == place {
            return;
        }
        match before {
            Place::Ready(running, tick) => drop(self.ready.remove(&(running, tick, index))),
            Place::Timed(at) => drop(self.timed.remove(&(at, index))),
            Place::Nowhere | Place::Idle(_) => {}
        }
        match place {
            Place::Ready(running, tick) => drop(self.ready.insert((running, tick, index))),
            Place::Timed(at) => drop(self.timed.insert((at, index))),
            Place::Idle(tick) => {
                self.idle.push_back((tick, index));
                self.forget(now);
            }
            Place::Nowhere => {}
        }
    }

    /// Forgets what has had nothing to do for longest.
    fn forget(&mut self, now: Instant) {
        if self.idle.len() <= REMEMBERED {
            return;
        }
        let Some((tick, index)) = self.idle.pop_front() else { return };
        let Some(lane) = self.lanes.get(index).filter(|lane| lane.place == Place::Idle(tick)) else { return };
        if lane.next(now) > now {
            self.idle.push_back((tick, index));
        } else {
            let lane = self.lanes.remove(index);
            self.by_host.remove(&lane.host);
        }
    }

    fn tick(&mut self) -> u64 {
        self.ticks += 1;
        self.ticks
    }

    fn lane(&mut self, host: &str) -> usize {
        let key = if self.limits.per_site { hosts::site(host) } else { host };
        if self.lanes.get(self.last).is_none_or(|lane| *lane.host != *key) {
            self.last = match self.by_host.get(key) {
                Some(index) => *index,
                None => {
                    let limits = hosts::limits(&self.limits, host);
                    let index = self.lanes.insert(HostQueue::new(key, &limits, &self.limits));
                    self.by_host.insert(key.into(), index);
                    index
                }
            };
        }
        self.last
    }
}

#[cfg(test)]
mod tests;

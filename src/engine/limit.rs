//! Whose turn it is: permits in all and per host, and the queues before them. [`Turns`] decides, without clock or network;
//! [`Gate`] lets tasks wait for its decision.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use slab::Slab;
use tokio::sync::oneshot;

use super::config::Limits;
use super::process::{lock, spare_descriptors};

/// Limits lowered to fit the descriptors that may still be opened: a quarter of them is left to others.
pub fn fitting(limits: Limits) -> Limits {
    match spare_descriptors(limits.concurrency) {
        Some(spare) => Limits { concurrency: limits.concurrency.min(spare - spare / 4).max(1), ..limits },
        None => limits,
    }
}

/// Identifies a host's queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lane(usize);

#[derive(Debug)]
struct Queue<J> {
    host: Box<str>,
    waiting: VecDeque<J>,
    running: usize,
}

/// Jobs waiting for their turn: one queue a host, served in rotation, so that no host waits for another's slowness.
#[derive(Debug)]
pub struct Turns<J> {
    limits: Limits,
    running: usize,
    waiting: usize,
    lanes: Slab<Queue<J>>,
    by_host: HashMap<Box<str>, usize>,
    /// The lane of those whose host does not matter.
    anyone: Option<usize>,
    /// Lanes with a job that may run, each once.
    ready: VecDeque<usize>,
}

impl<J> Turns<J> {
    /// No jobs yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, running: 0, waiting: 0, lanes: Slab::new(), by_host: HashMap::new(), anyone: None, ready: VecDeque::new() }
    }

    /// Jobs that wait.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Adds a job for a host. Without a bound per host all share one queue, and no host needs to be known.
    pub fn push(&mut self, host: &str, job: J) {
        let index = self.lane(host);
        let cap = self.cap();
        let Some(lane) = self.lanes.get_mut(index) else { return };
        lane.waiting.push_back(job);
        self.waiting += 1;
        if lane.waiting.len() == 1 && lane.running < cap {
            self.ready.push_back(index);
        }
    }

    /// A permit at once, where nobody waits for one before.
    pub fn enter(&mut self, host: &str) -> Option<Lane> {
        if self.running >= self.limits.concurrency || !self.ready.is_empty() {
            return None;
        }
        let index = self.lane(host);
        let cap = self.cap();
        let lane = self.lanes.get_mut(index)?;
        if !lane.waiting.is_empty() || lane.running >= cap {
            return None;
        }
        lane.running += 1;
        self.running += 1;
        Some(Lane(index))
    }

    /// The next job that may run now, with the permit to give back.
    pub fn admit(&mut self) -> Option<(Lane, J)> {
        if self.running >= self.limits.concurrency {
            return None;
        }
        let cap = self.cap();
        let index = self.ready.pop_front()?;
        let lane = self.lanes.get_mut(index)?;
        let job = lane.waiting.pop_front()?;
        lane.running += 1;
        self.running += 1;
        self.waiting -= 1;
        if !lane.waiting.is_empty() && lane.running < cap {
            self.ready.push_back(index);
        }
        Some((Lane(index), job))
    }

    /// Gives a permit back. At most one more job may run because of it.
    pub fn done(&mut self, Lane(index): Lane) {
        let cap = self.cap();
        let Some(lane) = self.lanes.get_mut(index) else { return };
        lane.running -= 1;
        self.running -= 1;
        if lane.waiting.is_empty() {
            if lane.running == 0 && self.anyone != Some(index) {
                let lane = self.lanes.remove(index);
                self.by_host.remove(&lane.host);
            }
        } else if lane.running + 1 == cap {
            self.ready.push_back(index);
        }
    }

    fn cap(&self) -> usize {
        self.limits.per_host.unwrap_or(usize::MAX)
    }

    fn lane(&mut self, host: &str) -> usize {
        // Without a bound per host there is one lane, and looking hosts up would cost more than all the rest.
        let host = if self.limits.per_host.is_some() { host } else { "" };
        let known = if host.is_empty() { self.anyone } else { self.by_host.get(host).copied() };
        if let Some(index) = known {
            return index;
        }
        let index = self.lanes.insert(Queue { host: host.into(), waiting: VecDeque::new(), running: 0 });
        if host.is_empty() {
            self.anyone = Some(index);
        } else {
            self.by_host.insert(host.into(), index);
        }
        index
    }
}

/// Where the requests of a client wait for their turn.
#[derive(Debug)]
pub struct Gate(Mutex<Turns<oneshot::Sender<Pass>>>);

/// Leave to be in flight; given back when dropped.
#[derive(Debug)]
pub struct Pass {
    gate: Arc<Gate>,
    lane: Lane,
}

impl Gate {
    /// A gate with nobody before it.
    pub fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Turns::new(limits))))
    }

    /// Waits for the turn of a request to this host. `None` cannot happen while the gate lives.
    pub async fn enter(self: &Arc<Self>, host: &str) -> Option<Pass> {
        match self.enter_or_wait(host) {
            Ok(pass) => Some(pass),
            Err(turn) => turn.await.ok(),
        }
    }

    fn enter_or_wait(self: &Arc<Self>, host: &str) -> Result<Pass, oneshot::Receiver<Pass>> {
        let mut turns = lock(&self.0);
        if let Some(lane) = turns.enter(host) {
            return Ok(Pass { gate: self.clone(), lane });
        }
        let (turn, wait) = oneshot::channel();
        turns.push(host, turn);
        Err(wait)
    }

    fn admit(self: &Arc<Self>) {
        loop {
            let mut turns = lock(&self.0);
            let Some((lane, turn)) = turns.admit() else { return };
            if turn.is_closed() {
                turns.done(lane);
                continue;
            }
            drop(turns);
            // Where the waiter has gone in this very moment, the pass comes back and is dropped: given back.
            drop(turn.send(Pass { gate: self.clone(), lane }));
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        lock(&self.gate.0).done(self.lane);
        self.gate.admit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn without_a_bound_per_host_jobs_keep_their_order() {
        let mut turns = Turns::new(Limits { concurrency: 2, per_host: None });
        for job in 0..4 {
            turns.push("any", job);
        }
        let (lane, first) = turns.admit().expect("a job");
        assert_eq!((first, turns.admit().map(|(_, job)| job), turns.admit()), (0, Some(1), None));
        turns.done(lane);
        assert_eq!(turns.admit().map(|(_, job)| job), Some(2));
    }

    #[test]
    fn hosts_take_turns() {
        let mut turns = Turns::new(Limits { concurrency: 10, per_host: Some(2) });
        for job in 0..6 {
            turns.push("slow", ("slow", job));
        }
        turns.push("fast", ("fast", 6));
        let order: Vec<_> = std::iter::from_fn(|| turns.admit()).map(|(_, job)| job.0).collect();
        assert_eq!(order, ["slow", "fast", "slow"]);
    }

    proptest! {
        /// Whatever the order of events: every job runs once, no bound is ever passed, and a job that may run does.
        #[test]
        fn bounds_hold_and_nothing_is_lost(
            hosts in prop::collection::vec(0usize..5, 1..200),
            concurrency in 1usize..8,
            per_host in prop::option::of(1usize..4),
            finish in prop::collection::vec(any::<prop::sample::Index>(), 200),
        ) {
            let mut turns = Turns::new(Limits { concurrency, per_host });
            for (job, host) in hosts.iter().enumerate() {
                turns.push(&host.to_string(), job);
            }
            let mut running: Vec<(Lane, usize)> = Vec::new();
            let mut ran = vec![false; hosts.len()];
            for pick in finish {
                while let Some((lane, job)) = turns.admit() {
                    prop_assert!(!std::mem::replace(&mut ran[job], true), "job {job} ran twice");
                    running.push((lane, job));
                }
                prop_assert!(running.len() <= concurrency);
                if let Some(cap) = per_host {
                    for host in 0..5 {
                        prop_assert!(running.iter().filter(|(_, job)| hosts[*job] == host).count() <= cap);
                    }
                }
                if running.is_empty() {
                    break;
                }
                let (lane, _) = running.swap_remove(pick.index(running.len()));
                turns.done(lane);
            }
            prop_assert!(ran.iter().all(|ran| *ran));
            prop_assert_eq!(turns.waiting(), 0);
        }
    }
}

//! The queue of one host, and where it stands in line.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};

use tokio::time::Instant;

use super::super::bucket::Bucket;
use super::super::config::{HostLimits, Limits, Share};
use super::super::pace::Pace;
use super::{Ended, Party};

/// The jobs for one host.
#[derive(Debug)]
pub struct HostQueue<J> {
    /// Its name.
    pub host: Box<str>,
    /// The jobs that may run, by party.
    pub parties: VecDeque<(Party, VecDeque<J>)>,
    /// Those that may not run before their time.
    pub later: BinaryHeap<Later<J>>,
    /// Its requests in flight.
    pub running: usize,
    /// It is known to have a connection for each request in flight (HTTP/1), which may be on any thread.
    pub divisible: bool,
    /// Those of them whose answers are being read.
    pub answered: usize,
    /// How many these may be.
    pub cap: Cap,
    /// Its rate, and the time between two.
    pub buckets: [Option<Bucket>; 2],
    /// Until when.
    pub paused: Option<Instant>,
    /// Since when there is more time between two than at first.
    pub slowed: Option<Instant>,
    /// Requests that no repetition has used up.
    pub saved: f64,
    /// Repetitions besides.
    pub reserve: Option<Bucket>,
    /// Where it stands.
    pub place: Place,
}

/// How many may run.
#[derive(Debug)]
pub enum Cap {
    /// So many.
    Fixed(usize),
    /// As it finds out.
    Auto(Pace),
}

/// Where a lane stands in line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It waits for one of its own requests to end.
    Nowhere,
    /// In line, with so many running, since this tick.
    Ready(usize, u64),
    /// Not before then.
    Timed(Instant),
    /// It has nothing to do, since this tick.
    Idle(u64),
}

/// A job that may not run before its time.
#[derive(Debug)]
pub struct Later<J> {
    /// Its time.
    pub due: Instant,
    /// When it was put aside.
    pub tick: u64,
    /// Whose it is.
    pub party: Party,
    /// The job.
    pub job: J,
}

impl<J> HostQueue<J> {
    /// One with nothing to do.
    pub fn new(host: &str, own: &HostLimits, limits: &Limits) -> Self {
        let cap = match own.concurrency {
            Share::Auto => Cap::Auto(Pace::new(limits.start, limits.concurrency)),
            Share::Fixed(count) => Cap::Fixed(count),
            Share::Whole => Cap::Fixed(usize::MAX),
        };
        Self {
            host: host.into(),
            parties: VecDeque::new(),
            later: BinaryHeap::new(),
            running: 0,
            divisible: false,
            answered: 0,
            cap,
            buckets: [own.rate.map(Bucket::new), own.min_delay.map(Bucket::spaced)],
            paused: None,
            slowed: None,
            saved: 0.0,
            reserve: None,
            place: Place::Nowhere,
        }
    }

    /// From when on another may begin, as far as time goes.
    pub fn next(&self, now: Instant) -> Instant {
        let buckets = self.buckets.iter().flatten().filter_map(|bucket| bucket.next(now));
        buckets.chain(self.paused).fold(now, Instant::max)
    }

    /// May no other of its requests be in flight?
    pub fn is_full(&self) -> bool {
        match &self.cap {
            Cap::Fixed(count) => self.running >= *count,
            Cap::Auto(pace) => self.running - self.answered >= pace.limit(),
        }
    }

    /// Learns from a request that has been answered, or ended without.
    pub fn learn(&mut self, ended: Ended, now: Instant) {
        if let Cap::Auto(pace) = &mut self.cap {
            let running = self.running - self.answered;
            pace.note(now.into_std(), ended.began.into_std(), running, !self.parties.is_empty(), ended.sign);
        }
    }

    /// Finds its place, and tells where it was and is.
    pub fn settle(&mut self, now: Instant, tick: u64) -> (Place, Place) {
        self.ripen(now);
        let place = self.place_at(now, tick);
        (std::mem::replace(&mut self.place, place), place)
    }

    fn place_at(&self, now: Instant, tick: u64) -> Place {
        let Some(due) = (if self.parties.is_empty() { self.later.peek().map(|later| later.due) } else { Some(now) }) else {
            return match self.place {
                place @ Place::Idle(_) => place,
                _ if self.running == 0 => Place::Idle(tick),
                _ => Place::Nowhere,
            };
        };
        if self.is_full() {
            return Place::Nowhere;
        }
        match self.next(now).max(due) {
            next if next > now => Place::Timed(next),
            // It keeps its place among those with as many running.
            _ => match self.place {
                place @ Place::Ready(running, _) if running == self.running => place,
                _ => Place::Ready(self.running, tick),
            },
        }
    }

    /// Jobs whose time has come go to the front: they have waited before.
    fn ripen(&mut self, now: Instant) {
        while self.later.peek().is_some_and(|later| later.due <= now)
            && let Some(Later { party, job, .. }) = self.later.pop()
        {
            self.add(party, job, VecDeque::push_front);
        }
    }

    /// Adds a job.
    pub fn add(&mut self, party: Party, job: J, to: impl Fn(&mut VecDeque<J>, J)) {
        match self.parties.iter_mut().find(|(known, _)| *known == party) {
            Some((_, jobs)) => to(jobs, job),
            None => self.parties.push_back((party, VecDeque::from([job]))),
        }
    }

    /// The next job: each party has its turn.
    pub fn take(&mut self) -> Option<(Party, J)> {
        let (party, mut jobs) = self.parties.pop_front()?;
        let job = jobs.pop_front()?;
        if !jobs.is_empty() {
            self.parties.push_back((party, jobs));
        }
        Some((party, job))
    }

    /// Takes out all jobs of a party.
    pub fn withdraw(&mut self, party: Party, to: &mut Vec<J>) {
        if let Some(place) = self.parties.iter().position(|(known, _)| *known == party) {
            to.extend(self.parties.remove(place).into_iter().flat_map(|(_, jobs)| jobs));
        }
        if self.later.iter().any(|later| later.party == party) {
            for later in std::mem::take(&mut self.later) {
                if later.party == party { to.push(later.job) } else { self.later.push(later) }
            }
        }
    }
}

impl<J> Later<J> {
    /// The earliest comes first out of a heap, and of equals the first that came.
    fn rank(&self) -> Reverse<(Instant, u64)> {
        Reverse((self.due, self.tick))
    }
}

impl<J> Ord for Later<J> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl<J> PartialOrd for Later<J> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<J> PartialEq for Later<J> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<J> Eq for Later<J> {}

//! Where requests wait for their turn: tasks, one by one, and whole batches of jobs.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep_until};

use super::config::Limits;
use super::injection;
use super::pace::Sign;
use super::panics;
use super::process::{fitting_concurrency, lock};
use super::schedule::{Ended, Lane, Party, Schedule};

/// Limits lowered to fit the descriptors that may still be opened.
pub fn fitting(limits: &Arc<Limits>) -> Arc<Limits> {
    match fitting_concurrency(limits.concurrency) {
        concurrency if concurrency == limits.concurrency => limits.clone(),
        concurrency => Arc::new(Limits { concurrency, ..Limits::clone(limits) }),
    }
}

/// Someone with many jobs that wait.
pub trait Crowd: Debug + Send + Sync {
    /// One of them may run. This may be any thread.
    fn admit(self: Arc<Self>, pass: Pass, job: usize);
}

/// Where requests wait for their turn.
#[derive(Debug)]
pub struct Gate {
    line: Mutex<Line>,
    /// Tells the keeper that there is another moment to wake up at.
    moved: Arc<Notify>,
    /// Where the keeper runs: that of whoever waits, since a pass may be given back on any thread.
    handle: OnceLock<Handle>,
}

#[derive(Debug)]
struct Line {
    schedule: Schedule<Job>,
    crowds: BTreeMap<Party, Weak<dyn Crowd>>,
    /// When the keeper is to look again.
    look: Option<Instant>,
    /// There is a keeper.
    keeper: bool,
}

/// What is to be done at a job's turn.
#[derive(Debug)]
enum Job {
    /// Tell the task that waits.
    Tell(oneshot::Sender<Pass>),
    /// Give it to its crowd.
    Give(usize),
}

/// Those who wait one by one stand in line together.
const SINGLE: Party = Party(0);
static PARTIES: AtomicU64 = AtomicU64::new(1);

/// Leave to be in flight; given back when dropped.
#[derive(Debug)]
pub struct Pass {
    gate: Arc<Gate>,
    lane: Lane,
    ended: Ended,
}

/// A party's jobs at a gate; dropped, they are withdrawn.
#[derive(Debug)]
pub struct Membership {
    gate: Arc<Gate>,
    party: Party,
}

impl Gate {
    /// A gate with nobody before it.
    pub fn new(limits: Arc<Limits>) -> Arc<Self> {
        let line = Line { schedule: Schedule::new(limits), crowds: BTreeMap::new(), look: None, keeper: false };
        Arc::new(Self { line: Mutex::new(line), moved: Arc::default(), handle: OnceLock::new() })
    }

    /// Waits for the turn of a request to this host. `None` cannot happen while the gate lives.
    pub async fn enter(self: &Arc<Self>, host: &str) -> Option<Pass> {
        match self.enter_or_wait(host) {
            Ok(pass) => Some(pass),
            Err(turn) => turn.await.ok(),
        }
    }

    fn enter_or_wait(self: &Arc<Self>, host: &str) -> Result<Pass, oneshot::Receiver<Pass>> {
        self.handle.get_or_init(Handle::current);
        let now = Instant::now();
        if let Some(lane) = lock(&self.line).schedule.enter(host, now) {
            return Ok(Pass::new(self, lane, now));
        }
        let (turn, wait) = oneshot::channel();
        self.change(|schedule, now| schedule.push(host, SINGLE, Job::Tell(turn), now));
        Err(wait)
    }

    /// Lets someone with many jobs stand in line.
    pub fn join(self: &Arc<Self>, crowd: Weak<dyn Crowd>) -> Membership {
        self.handle.get_or_init(Handle::current);
        let party = Party(PARTIES.fetch_add(1, Ordering::Relaxed));
        lock(&self.line).crowds.insert(party, crowd);
        Membership { gate: self.clone(), party }
    }

    /// The hosts to which no request begins, and for how long.
    pub fn paused(&self) -> Vec<(String, Duration)> {
        let now = Instant::now();
        lock(&self.line).schedule.paused(now).map(|(host, until)| (host.to_owned(), until - now)).collect()
    }

    /// Changes the schedule, and admits whoever may go then. Where that panics, whoever may go is admitted by the keeper: the
    /// change has been made, and one that gives a permit back must not end its task.
    fn change(self: &Arc<Self>, change: impl FnOnce(&mut Schedule<Job>, Instant)) {
        let now = Instant::now();
        let admitting = panics::catch(|| {
            let mut next = {
                let mut line = lock(&self.line);
                change(&mut line.schedule, now);
                injection::point("gate");
                self.admitted(&mut line, now)
            };
            while let Some((lane, admitted)) = next {
                self.hand_out(Pass::new(self, lane, now), admitted);
                next = self.admitted(&mut lock(&self.line), now);
            }
        });
        if admitting.is_err() {
            let mut line = lock(&self.line);
            line.look = Some(now);
            self.keep(&mut line);
        }
    }

    /// The next to be admitted; where there is none, the keeper looks again in time.
    fn admitted(self: &Arc<Self>, line: &mut Line, now: Instant) -> Option<(Lane, Admitted)> {
        while let Some((lane, party, job)) = line.schedule.admit(now) {
            let admitted = match job {
                Job::Tell(turn) if !turn.is_closed() => Some(Admitted::One(turn)),
                Job::Tell(_) => None,
                Job::Give(job) => line.crowds.get(&party).and_then(Weak::upgrade).map(|crowd| Admitted::Of(crowd, job)),
            };
            match admitted {
                Some(admitted) => return Some((lane, admitted)),
                // Nobody is there any more to use it.
                None => line.schedule.done(lane, Ended { began: now, sign: Sign::Neutral, told: false }, now),
            }
        }
        if let Some(next) = line.schedule.next(now)
            && line.look.is_none_or(|look| next < look)
        {
            line.look = Some(next);
            self.keep(line);
        }
        None
    }

    fn hand_out(&self, pass: Pass, admitted: Admitted) {
        match admitted {
            // Where the waiter has gone in this very moment, the pass comes back and is dropped: given back.
            Admitted::One(turn) => drop(turn.send(pass)),
            Admitted::Of(crowd, job) => crowd.admit(pass, job),
        }
    }

    /// Has the keeper wake up in time: a task that admits those whose time has come.
    fn keep(self: &Arc<Self>, line: &mut Line) {
        if line.keeper {
            self.moved.notify_one();
            return;
        }
        // Who is in line came through a door that knows the handle.
        let Some(handle) = self.handle.get() else { return };
        line.keeper = true;
        let (gate, moved) = (Arc::downgrade(self), self.moved.clone());
        handle.spawn(async move {
            while let Some(look) = gate.upgrade().map(|gate| lock(&gate.line).look) {
                match look {
                    None => moved.notified().await,
                    Some(moment) => {
                        tokio::select! {
                            () = sleep_until(moment) => {
                                let Some(gate) = gate.upgrade() else { return };
                                lock(&gate.line).look = None;
                                gate.change(|_, _| ());
                            }
                            () = moved.notified() => {}
                        }
                    }
                }
            }
        });
    }
}

enum Admitted {
    One(oneshot::Sender<Pass>),
    Of(Arc<dyn Crowd>, usize),
}

impl Drop for Gate {
    fn drop(&mut self) {
        // The keeper ends.
        self.moved.notify_one();
    }
}

impl Pass {
    fn new(gate: &Arc<Gate>, lane: Lane, began: Instant) -> Self {
        Self { gate: gate.clone(), lane, ended: Ended { began, sign: Sign::Neutral, told: false } }
    }

    /// The requests to its host that are in flight, this one among them, where they may be divided among threads.
    pub fn divisible(&self) -> usize {
        lock(&self.gate.line).schedule.divisible(self.lane)
    }

    /// Requests to the host may be divided among threads, or not.
    pub fn divide(&self, divisible: bool) {
        lock(&self.gate.line).schedule.divide(self.lane, divisible);
    }

    /// What the request says of its host.
    pub fn note(&mut self, sign: Sign) {
        self.ended.sign = sign;
    }

    /// The host has answered; the rest is left to be read.
    pub fn answered(&mut self, sign: Sign) {
        self.ended.sign = sign;
        let (lane, ended) = (self.lane, self.ended);
        self.ended.told = true;
        self.gate.change(|schedule, now| schedule.answered(lane, ended, now));
    }

    /// Begins no request to the host for so long.
    pub fn pause(&self, time: Duration) {
        let now = Instant::now();
        let Some(until) = now.checked_add(time) else { return };
        lock(&self.gate.line).schedule.pause(self.lane, until, now);
    }

    /// Leaves at least so much time between the starts of two requests to the host. True where this one began before that was
    /// known, and has to stand in line again.
    pub fn slow(&self, delay: Duration) -> bool {
        lock(&self.gate.line).schedule.slow(self.lane, delay, self.ended.began, Instant::now())
    }

    /// May the request be repeated, where each request brings its host so much of a repetition? If so, it is counted.
    pub fn afford(&self, share: f64) -> bool {
        lock(&self.gate.line).schedule.afford(self.lane, share, Instant::now())
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.gate.change(|schedule, now| schedule.done(self.lane, self.ended, now));
    }
}

impl Membership {
    /// Adds jobs, each with its host. Nobody is admitted before all of them stand in line.
    pub fn push(&self, jobs: impl FnOnce(&mut dyn FnMut(&str, usize))) {
        self.gate.change(|schedule, now| jobs(&mut |host, job| schedule.push(host, self.party, Job::Give(job), now)));
    }

    /// Puts a job back, not to run before its time, and gives its pass back.
    pub fn push_later(&self, pass: Pass, job: usize, due: Instant) {
        lock(&self.gate.line).schedule.push_later(pass.lane, self.party, Job::Give(job), due, Instant::now());
        drop(pass);
    }

    /// Takes out the jobs that wait.
    pub fn withdraw(&self) -> Vec<usize> {
        let jobs = lock(&self.gate.line).schedule.withdraw(self.party, Instant::now());
        let number = |job| if let Job::Give(job) = job { Some(job) } else { None };
        jobs.into_iter().filter_map(number).collect()
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        lock(&self.gate.line).crowds.remove(&self.party);
        self.withdraw();
    }
}

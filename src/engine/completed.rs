//! Outcomes in the order in which they come, or in that of their items: never more than the reader has room for.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until, timeout};

use super::client::Client;
use super::clock::Deadline;
use super::crowd::{Crowd, GRACE, Work};
use super::error::{Error, Kind, Phase};
use super::gate::Gate;
use super::injection;
use super::item::Item;
use super::panics;
use super::plan::Plan;
use super::process::lock;
use super::progress::Progress;
use super::response::Outcome;
use super::transport::Transport;

/// Outcomes, each with the number of its item.
#[derive(Debug)]
pub struct Completed {
    state: Mutex<State>,
    changed: Notify,
    progress: Arc<Progress>,
    /// So many outcomes may wait to be taken before nothing more is begun.
    enough: usize,
}

#[derive(Debug, Default)]
struct State {
    /// Those that may be taken.
    outcomes: VecDeque<(usize, Outcome)>,
    /// Those that came before their turn, where they are to come in order, and whose turn it is.
    early: BTreeMap<usize, Outcome>,
    turn: Option<usize>,
    /// Items that have come in and whose outcomes were not taken.
    pending: usize,
    /// Items that are not to begin until some outcomes were taken.
    held: Vec<usize>,
    gate: Option<Arc<Gate>>,
    failure: Option<Box<Error>>,
    /// No more items will come in.
    ended: bool,
    /// It is too late for more items, in words.
    over: Option<String>,
    /// No more outcomes will be taken.
    closed: bool,
}

impl Completed {
    /// Nothing has come in yet. `ordered` says that outcomes come in the order of their items.
    pub fn new(enough: usize, ordered: bool) -> Self {
        let state = State { turn: ordered.then_some(0), ..State::default() };
        Self { state: Mutex::new(state), changed: Notify::new(), progress: Arc::default(), enough }
    }

    /// Counts an item that has come in.
    pub fn expect(&self) {
        lock(&self.state).pending += 1;
    }

    /// Items that have come in and whose outcomes were not taken.
    pub fn pending(&self) -> usize {
        lock(&self.state).pending
    }

    /// Items that have come in and have no outcome yet.
    pub fn unfinished(&self) -> usize {
        let state = lock(&self.state);
        state.pending - state.outcomes.len() - state.early.len()
    }

    /// The next outcome, if one is there.
    pub fn take(&self) -> Option<(usize, Outcome)> {
        let mut state = lock(&self.state);
        let taken = state.outcomes.pop_front()?;
        state.pending -= 1;
        drop(state);
        self.changed.notify_waiters();
        Some(taken)
    }

    /// What ended it all, if something has.
    pub fn failure(&self) -> Option<Box<Error>> {
        lock(&self.state).failure.clone()
    }

    /// No more items will come in.
    pub fn end(&self) {
        lock(&self.state).ended = true;
        self.changed.notify_waiters();
    }

    /// No more outcomes will be taken.
    pub fn close(&self) {
        let mut state = lock(&self.state);
        state.closed = true;
        state.outcomes.clear();
        state.early.clear();
        drop(state);
        self.changed.notify_waiters();
    }

    /// Will no more outcomes be taken?
    pub fn is_closed(&self) -> bool {
        lock(&self.state).closed
    }

    /// Is it too late for more items?
    pub fn is_over(&self) -> bool {
        lock(&self.state).over.is_some()
    }

    /// Ends an item that comes in too late; false where it does not.
    pub fn refuse(&self, number: usize, item: &Item) -> bool {
        let over = lock(&self.state).over.clone();
        let refused = over.is_some();
        if let Some(missed) = over {
            self.push(number, item.unsent(Kind::TotalTimeout, Phase::Queue, missed));
        }
        refused
    }

    /// The counters.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The hosts to which no request begins, and for how long.
    pub fn paused(&self) -> Vec<(String, Duration)> {
        let gate = lock(&self.state).gate.clone();
        gate.map(|gate| gate.paused()).unwrap_or_default()
    }

    /// Waits until an outcome is there, or none will come any more, or the items have ended where that is news. It takes nothing,
    /// so whoever stops waiting loses nothing.
    pub async fn ready(&self, end_is_news: bool) {
        let end = |state: &State| (state.ended || state.over.is_some()) && (end_is_news || state.pending == 0);
        self.until(|state| !state.outcomes.is_empty() || state.failure.is_some() || end(state)).await;
    }

    /// Waits until fewer than so many are pending, or it is too late for more.
    pub async fn room(&self, window: usize) {
        self.until(|state| state.pending < window || state.over.is_some() || state.failure.is_some()).await;
    }

    /// Waits until items may begin that were held back.
    async fn resumable(&self) {
        self.until(|state| !state.held.is_empty() && state.outcomes.len() <= self.enough / 2).await;
    }

    /// Waits until nothing more can be kept.
    async fn failed(&self) {
        self.until(|state| state.failure.is_some()).await;
    }

    /// Waits until all outcomes are there.
    async fn settled(&self) {
        self.until(|state| state.pending == state.outcomes.len() + state.early.len()).await;
    }

    async fn until(&self, so: impl Fn(&State) -> bool) {
        loop {
            // Made before the look, so that no change between the look and the wait is missed.
            let change = self.changed.notified();
            let now = {
                let state = lock(&self.state);
                state.closed || so(&state)
            };
            if now {
                return;
            }
            change.await;
        }
    }

    /// Adds an outcome; true where there are too many now.
    fn push(&self, number: usize, outcome: Outcome) -> bool {
        self.progress.count(&outcome);
        let mut state = lock(&self.state);
        let State { outcomes, early, turn, .. } = &mut *state;
        let full = match turn {
            None => {
                outcomes.push_back((number, outcome));
                outcomes.len() >= self.enough
            }
            // Whose turn it is may not have begun yet, so that nothing may be held back.
            Some(turn) => {
                early.insert(number, outcome);
                while let Some(outcome) = early.remove(turn) {
                    outcomes.push_back((*turn, outcome));
                    *turn += 1;
                }
                false
            }
        };
        drop(state);
        self.changed.notify_waiters();
        full
    }
}

/// The items that have come in, as work for a crowd.
#[derive(Debug)]
struct Incoming {
    completed: Arc<Completed>,
    /// Each with when it came in.
    items: Mutex<HashMap<usize, (Item, Instant)>>,
    alike: Mutex<Alike>,
}

/// Items that wait for the outcome of an equal one.
#[derive(Debug, Default)]
struct Alike {
    first: HashMap<Box<str>, usize>,
    others: HashMap<usize, Vec<usize>>,
}

impl Incoming {
    /// Takes an item in; false where one like it is on its way.
    fn add(&self, number: usize, item: Item, dedupe: bool) -> bool {
        let mut leads = true;
        if let Some(likeness) = item.likeness().filter(|_| dedupe) {
            let Alike { first, others } = &mut *lock(&self.alike);
            let leader = *first.entry(likeness.into()).or_insert(number);
            if leader != number {
                others.entry(leader).or_default().push(number);
                leads = false;
            }
        }
        lock(&self.items).insert(number, (item, Instant::now()));
        leads
    }
}

impl Work for Incoming {
    fn look(&self, job: usize, look: &mut dyn FnMut(&Item)) {
        if let Some((item, _)) = lock(&self.items).get(&job) {
            look(item);
        }
    }

    fn since(&self, job: usize) -> Option<Instant> {
        lock(&self.items).get(&job).map(|(_, since)| *since)
    }

    fn finish(&self, job: usize, outcome: Outcome) -> bool {
        let Some((item, _)) = lock(&self.items).remove(&job) else { return false };
        let others = match item.likeness() {
            Some(likeness) => {
                let Alike { first, others } = &mut *lock(&self.alike);
                if first.get(likeness) == Some(&job) {
                    first.remove(likeness);
                }
                others.remove(&job)
            }
            None => None,
        };
        for other in others.into_iter().flatten() {
            lock(&self.items).remove(&other);
            self.completed.push(other, outcome.clone());
        }
        self.completed.push(job, outcome)
    }

    fn hold(&self, jobs: Vec<usize>) {
        lock(&self.completed.state).held.extend(jobs);
    }

    fn fail(&self, error: Box<Error>) {
        lock(&self.completed.state).failure.get_or_insert(error);
        self.completed.changed.notify_waiters();
    }
}

/// Fetches the items that come in and hands out their outcomes, until no more items come. How many may come in is up to whoever
/// sends them.
pub async fn stream<T: Transport>(plan: Plan<Client<T>>, items: UnboundedReceiver<(usize, Item)>, completed: Arc<Completed>) {
    if let Err(panic) = panics::caught(drive(plan, items, completed.clone())).await {
        let error = Error::unsent(Kind::Internal, Phase::Queue, Method::GET, "", panic.to_string());
        lock(&completed.state).failure.get_or_insert(error);
        completed.changed.notify_waiters();
    }
}

async fn drive<T: Transport>(plan: Plan<Client<T>>, mut items: UnboundedReceiver<(usize, Item)>, completed: Arc<Completed>) {
    let incoming = Incoming { completed: completed.clone(), items: Mutex::default(), alike: Mutex::default() };
    let archive = match plan.archive().await {
        Ok(archive) => archive,
        Err(error) => return incoming.fail(error),
    };
    let gate = match plan.gate() {
        Ok(gate) => gate,
        Err(failure) => {
            while let Some((number, item)) = items.recv().await {
                completed.push(number, item.unsent(failure.kind.clone(), failure.phase, failure.detail.clone()));
            }
            return;
        }
    };
    lock(&completed.state).gate = Some(gate.clone());
    let dedupe = plan.dedupe;
    let running = Crowd::gather(Arc::new(plan), incoming, &gate, completed.progress.clone(), archive);
    let crowd = &running.0;
    let mut open = true;
    loop {
        tokio::select! {
            item = items.recv(), if open => match item {
                Some((number, item)) => {
                    injection::point("stream");
                    let mut burst = vec![(number, item)];
                    burst.extend(std::iter::from_fn(|| items.try_recv().ok()));
                    let mut jobs = Vec::new();
                    for (number, item) in burst {
                        if crowd.work.add(number, item, dedupe) && crowd.assign(number) {
                            jobs.push(number);
                        }
                    }
                    let jobs = tokio::select! {
                        jobs = crowd.restore(jobs) => jobs,
                        () = passed(crowd.deadline) => break,
                    };
                    let holding = !lock(&completed.state).held.is_empty();
                    if holding { crowd.work.hold(jobs) } else { crowd.push(jobs.into_iter()) }
                }
                None => open = false,
            },
            () = completed.resumable() => {
                let held = std::mem::take(&mut lock(&completed.state).held);
                crowd.push(held.into_iter());
            }
            () = completed.settled(), if !open => return crowd.close().await,
            () = completed.failed() => return,
            () = passed(crowd.deadline) => break,
        }
    }
    // It is too late.
    lock(&completed.state).over = crowd.deadline.as_ref().map(Deadline::missed);
    let held = std::mem::take(&mut lock(&completed.state).held);
    held.into_iter().for_each(|job| crowd.late(job));
    crowd.too_late();
    items.close();
    while let Some((number, item)) = items.recv().await {
        if crowd.work.add(number, item, false) {
            crowd.late(number);
        }
    }
    let _ = timeout(GRACE, completed.settled()).await;
    let rest: Vec<usize> = lock(&crowd.work.items).keys().copied().collect();
    rest.into_iter().for_each(|job| crowd.late(job));
    completed.changed.notify_waiters();
    crowd.close().await;
}

async fn passed(deadline: Option<Deadline>) {
    match deadline {
        Some(deadline) => sleep_until(deadline.at).await,
        None => std::future::pending().await,
    }
}

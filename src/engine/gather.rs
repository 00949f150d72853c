//! Many requests whose outcomes fall into slots, in input order.

use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tokio::sync::{Notify, OwnedMutexGuard};
use tokio::time::{sleep_until, timeout};

use super::client::Client;
use super::crowd::{Crowd, GRACE, Work};
use super::error::Error;
use super::gate::Gate;
use super::item::Item;
use super::plan::Plan;
use super::process::lock;
use super::progress::Progress;
use super::response::Outcome;
use super::transport::Transport;

/// Items, and a slot for the outcome of each.
#[derive(Debug)]
pub struct Table {
    items: Vec<Item>,
    slots: Vec<OnceLock<Arc<Outcome>>>,
}

impl Table {
    /// A table with empty slots.
    pub fn new(items: Vec<Item>) -> Self {
        let slots = items.iter().map(|_| OnceLock::new()).collect();
        Self { items, slots }
    }

    /// A table with its outcomes.
    pub fn finished(rows: impl Iterator<Item = (Item, Arc<Outcome>)>) -> Self {
        let (items, slots) = rows.map(|(item, outcome)| (item, OnceLock::from(outcome))).unzip();
        Self { items, slots }
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// No items at all.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// What was asked for.
    pub fn item(&self, index: usize) -> Option<&Item> {
        self.items.get(index)
    }

    /// What became of it, once something has.
    pub fn outcome(&self, index: usize) -> Option<&Arc<Outcome>> {
        self.slots.get(index)?.get()
    }
}

/// Requests whose outcomes fall into slots, in input order.
#[derive(Debug)]
pub struct Batch {
    plan: Plan<()>,
    table: Arc<Table>,
    progress: Arc<Progress>,
    /// Where the run that is under way has its requests wait. Locked while it is.
    running: Arc<tokio::sync::Mutex<()>>,
    gate: Mutex<Option<Arc<Gate>>>,
}

impl Batch {
    /// A batch with nothing fetched yet.
    pub fn new(plan: Plan<()>, items: Vec<Item>) -> Arc<Self> {
        Arc::new(Self {
            plan,
            table: Arc::new(Table::new(items)),
            progress: Arc::default(),
            running: Arc::default(),
            gate: Mutex::default(),
        })
    }

    /// How they are fetched.
    pub fn plan(&self) -> &Plan<()> {
        &self.plan
    }

    /// The items and what has become of them.
    pub fn table(&self) -> &Arc<Table> {
        &self.table
    }

    /// The counters.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The hosts to which no request begins, and for how long.
    pub fn paused(&self) -> Vec<(String, Duration)> {
        let gate = lock(&self.gate).clone();
        gate.map(|gate| gate.paused()).unwrap_or_default()
    }

    /// Fetches every item that has no outcome yet. Dropped, it stops at once; called again, it goes on with the rest. Of two runs
    /// at once the second waits, and goes on with what the first leaves.
    ///
    /// # Errors
    /// Where nothing can be kept that was to be kept. What has come until then is in its slots.
    pub async fn run<T: Transport>(self: Arc<Self>, client: Client<T>) -> Result<(), Box<Error>> {
        let running = self.running.clone().lock_owned().await;
        let slots = Slots::new(self.table.clone(), self.progress.clone(), self.plan.dedupe, running);
        let plan = self.plan.clone().by(client);
        for (place, outcome) in plan.left() {
            slots.fill(place, Arc::new(outcome));
        }
        let archive = plan.archive().await?;
        let gate = match plan.gate() {
            Ok(gate) => gate,
            Err(failure) => {
                for (job, item) in self.table.items.iter().enumerate() {
                    slots.fill(job, Arc::new(item.unsent(failure.kind.clone(), failure.phase, failure.detail.clone())));
                }
                return Ok(());
            }
        };
        *lock(&self.gate) = Some(gate.clone());
        let running = Crowd::gather(Arc::new(plan), slots, &gate, self.progress.clone(), archive);
        let crowd = &running.0;
        let assigned = (0..self.table.len()).filter(|job| crowd.assign(*job));
        let jobs: Vec<usize> = assigned.filter(|job| crowd.work.is_wanted(*job)).collect();
        let all = async {
            crowd.push(crowd.restore(jobs).await.into_iter());
            if crowd.work.ended().await {
                crowd.left().await;
            }
        };
        match crowd.deadline {
            None => all.await,
            Some(deadline) => tokio::select! {
                () = all => {}
                () = sleep_until(deadline.at) => {
                    crowd.too_late();
                    let _ = timeout(GRACE, crowd.work.ended()).await;
                    crowd.work.unfinished().into_iter().for_each(|job| crowd.late(job));
                }
            },
        }
        crowd.close().await;
        crowd.work.failure().map_or(Ok(()), Err)
    }
}

/// The slots of a table as work for a crowd.
#[derive(Debug)]
struct Slots {
    table: Arc<Table>,
    progress: Arc<Progress>,
    /// Places that get the outcome of another, by that one.
    alike: HashMap<usize, Vec<usize>>,
    /// Those places.
    followers: HashSet<usize>,
    left: AtomicUsize,
    changed: Notify,
    failure: Mutex<Option<Box<Error>>>,
    /// No other run begins before all have left who may fill a slot: those on other threads may still be at it when this run has
    /// been dropped.
    _running: OwnedMutexGuard<()>,
}

impl Slots {
    fn new(table: Arc<Table>, progress: Arc<Progress>, dedupe: bool, running: OwnedMutexGuard<()>) -> Self {
        let empty = |place: &usize| table.outcome(*place).is_none();
        let left = (0..table.len()).filter(empty).count();
        let mut alike: HashMap<usize, Vec<usize>> = HashMap::new();
        if dedupe {
            let mut first: HashMap<&str, usize> = HashMap::new();
            for (place, item) in table.items.iter().enumerate() {
                let Some(likeness) = item.likeness() else { continue };
                let leader = *first.entry(likeness).or_insert(place);
                if leader != place {
                    alike.entry(leader).or_default().push(place);
                }
            }
        }
        let followers = alike.values().flatten().copied().collect();
        let (left, changed, failure) = (left.into(), Notify::new(), Mutex::default());
        let slots = Self { table, progress, alike, followers, left, changed, failure, _running: running };
        // A run that was cut short may have left places of whom another has come.
        for leader in slots.alike.keys() {
            if let Some(outcome) = slots.table.outcome(*leader) {
                slots.pass_on(*leader, outcome);
            }
        }
        slots
    }

    /// Is it for this place that something is to be fetched?
    fn is_wanted(&self, job: usize) -> bool {
        self.table.outcome(job).is_none() && !self.followers.contains(&job)
    }

    /// Fills a slot, once, and those that are to have the same.
    fn fill(&self, place: usize, outcome: Arc<Outcome>) {
        self.put(place, &outcome);
        self.pass_on(place, &outcome);
    }

    fn pass_on(&self, leader: usize, outcome: &Arc<Outcome>) {
        for place in self.alike.get(&leader).into_iter().flatten() {
            self.put(*place, outcome);
        }
    }

    fn put(&self, place: usize, outcome: &Arc<Outcome>) {
        if self.table.slots.get(place).is_some_and(|slot| slot.set(outcome.clone()).is_ok()) {
            self.progress.count(outcome);
            if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
                self.changed.notify_one();
            }
        }
    }

    fn unfinished(&self) -> Vec<usize> {
        (0..self.table.len()).filter(|place| self.is_wanted(*place)).collect()
    }

    /// Waits until every slot is filled, which is true, or none can be any more.
    async fn ended(&self) -> bool {
        while self.left.load(Ordering::Acquire) > 0 {
            if lock(&self.failure).is_some() {
                return false;
            }
            self.changed.notified().await;
        }
        true
    }

    fn failure(&self) -> Option<Box<Error>> {
        lock(&self.failure).take()
    }
}

impl Work for Slots {
    fn look(&self, job: usize, look: &mut dyn FnMut(&Item)) {
        if let Some(item) = self.table.item(job) {
            look(item);
        }
    }

    fn finish(&self, job: usize, outcome: Outcome) -> bool {
        self.fill(job, Arc::new(outcome));
        false
    }

    fn hold(&self, _: Vec<usize>) {}

    fn fail(&self, error: Box<Error>) {
        lock(&self.failure).get_or_insert(error);
        self.changed.notify_one();
    }
}

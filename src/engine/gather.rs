//! Many requests, bounded: in input order into slots, or as they complete into a stream.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, OnceLock};

use futures_util::FutureExt;
use http::Method;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;

use super::client::{Client, Tools};
use super::config::{Limits, Timeout};
use super::error::{Error, Kind, Phase};
use super::limit::{Lane, Turns};
use super::process::lock;
use super::progress::Progress;
use super::request::{Request, host_key};
use super::response::Outcome;
use super::transport::{Reqwest, Transport};

/// One place of a batch.
#[derive(Debug, Clone)]
pub enum Item {
    /// To be fetched with GET. A URL is kept as text until its turn comes: parsed, it is five times as large.
    Url(Arc<str>),
    /// To be sent.
    Request(Arc<Request>),
    /// Something else; this place fails with the reason.
    Invalid(Box<Error>),
}

impl Item {
    fn host(&self) -> &str {
        match self {
            Self::Url(url) => host_key(url),
            Self::Request(request) => request.url.authority(),
            Self::Invalid(_) => "",
        }
    }
}

/// How the items of one call are fetched.
#[derive(Debug, Clone)]
pub struct Plan<T = Reqwest> {
    /// Who fetches.
    pub client: Client<T>,
    /// How many at once.
    pub limits: Limits,
    /// Replaces the client's timeout, where the item has none of its own.
    pub timeout: Option<Timeout>,
    /// Headers for every item that does not name them itself.
    pub headers: http::HeaderMap,
}

impl<T: Transport> Plan<T> {
    /// Fetches an item; a panic on the way is the item's failure, not the batch's.
    async fn fetch(&self, item: &Item, tools: &mut Tools) -> Outcome {
        let request = match item {
            Item::Url(url) => Request::get(url)?,
            Item::Request(request) => Request::clone(request),
            Item::Invalid(error) => return Err(error.clone()),
        };
        let request = self.complete(request);
        let url = request.url.to_string();
        match AssertUnwindSafe(self.client.exchange(request, tools)).catch_unwind().await {
            Ok(outcome) => outcome,
            Err(_) => {
                let detail = "internal error: a panic in fastfetch; please report it";
                Err(Error::unsent(Kind::Internal, Phase::Response, Method::GET, &url, detail))
            }
        }
    }

    fn complete(&self, mut request: Request) -> Request {
        request.timeout = request.timeout.or(self.timeout);
        for (name, value) in &self.headers {
            if !request.headers.contains_key(name) {
                request.headers.insert(name.clone(), value.clone());
            }
        }
        request
    }
}

/// Requests whose outcomes fall into slots, in input order.
#[derive(Debug)]
pub struct Batch<T = Reqwest> {
    plan: Plan<T>,
    items: Vec<Item>,
    slots: Vec<OnceLock<Arc<Outcome>>>,
    progress: Progress,
}

impl<T: Transport> Batch<T> {
    /// A batch with nothing fetched yet.
    pub fn new(plan: Plan<T>, items: Vec<Item>) -> Arc<Self> {
        let slots = items.iter().map(|_| OnceLock::new()).collect();
        Arc::new(Self { plan, items, slots, progress: Progress::default() })
    }

    /// Fetches every item that has no outcome yet. Dropped, it stops at once; called again, it goes on with the rest.
    pub async fn run(self: Arc<Self>) {
        let mut turns = Turns::new(self.plan.limits);
        for (index, item) in self.items.iter().enumerate() {
            if self.get(index).is_none() {
                turns.push(item.host(), index);
            }
        }
        let count = turns.waiting().min(self.plan.limits.concurrency);
        let turns = Arc::new(Mutex::new(turns));
        let mut workers = JoinSet::new();
        for _ in 0..count {
            workers.spawn(self.clone().work(turns.clone()));
        }
        while workers.join_next().await.is_some() {}
    }

    /// Takes items until none may run. A worker that finds none can go: what may run later becomes so because another worker
    /// finished, and that one takes it.
    async fn work(self: Arc<Self>, turns: Arc<Mutex<Turns<usize>>>) {
        let mut tools = Tools::default();
        let next = || lock(&turns).next();
        while let Some((lane, index)) = next() {
            if let (Some(item), Some(slot)) = (self.items.get(index), self.slots.get(index)) {
                let in_flight = self.progress.enter();
                let outcome = self.plan.fetch(item, &mut tools).await;
                drop(in_flight);
                // A slot is filled once, also where two runs of one batch overlap.
                if let Ok(()) = slot.set(Arc::new(outcome))
                    && let Some(outcome) = slot.get()
                {
                    self.progress.count(outcome);
                }
            }
            lock(&turns).done(lane);
        }
    }
}

impl<T> Batch<T> {
    /// Number of items.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// No items at all.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The outcome of an item, once there is one.
    pub fn get(&self, index: usize) -> Option<&Arc<Outcome>> {
        self.slots.get(index)?.get()
    }

    /// What was asked for.
    pub fn item(&self, index: usize) -> Option<&Item> {
        self.items.get(index)
    }

    /// The counters.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }
}

/// Outcomes in the order in which they come, each with the number of its item.
#[derive(Debug, Default)]
pub struct Completed {
    waiting: Mutex<VecDeque<(usize, Outcome)>>,
    changed: Notify,
}

impl Completed {
    /// The next outcome, if one is there.
    pub fn take(&self) -> Option<(usize, Outcome)> {
        lock(&self.waiting).pop_front()
    }

    /// Ends the wait of whoever is [`ready`](Self::ready) for a change.
    pub fn notify(&self) {
        self.changed.notify_waiters();
    }

    /// Waits until an outcome is there, or a notification comes. It takes nothing, so whoever stops waiting loses nothing.
    pub async fn ready(&self) {
        let change = self.changed.notified();
        if lock(&self.waiting).is_empty() {
            change.await;
        }
    }

    /// Waits until something is so; it is asked again at each change.
    pub async fn until(&self, so: impl Fn() -> bool) {
        loop {
            let change = self.changed.notified();
            if so() {
                return;
            }
            change.await;
        }
    }

    fn push(&self, number: usize, outcome: Outcome) {
        lock(&self.waiting).push_back((number, outcome));
        self.notify();
    }
}

/// Fetches the items that come in and hands out their outcomes as they complete, until no more items come. How many are under
/// way is up to whoever sends them; how many of those are in flight, to the plan.
pub async fn stream<T: Transport>(plan: Plan<T>, mut items: UnboundedReceiver<(usize, Item)>, completed: Arc<Completed>) {
    let plan = Arc::new(plan);
    let mut turns = Turns::new(plan.limits);
    let mut running: JoinSet<(Lane, Tools)> = JoinSet::new();
    let mut spare: Vec<Tools> = Vec::new();
    let mut open = true;
    while open || !running.is_empty() {
        tokio::select! {
            item = items.recv(), if open => match item {
                Some((number, item)) => {
                    let host = item.host().to_owned();
                    turns.push(&host, (number, item));
                }
                None => open = false,
            },
            Some(Ok((lane, tools))) = running.join_next() => {
                turns.done(lane);
                spare.push(tools);
            }
        }
        while let Some((lane, (number, item))) = turns.next() {
            let (plan, completed, mut tools) = (plan.clone(), completed.clone(), spare.pop().unwrap_or_default());
            running.spawn(async move {
                completed.push(number, plan.fetch(&item, &mut tools).await);
                (lane, tools)
            });
        }
    }
}

//! Many requests, bounded: in input order into slots, or as they complete into a stream.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, OnceLock};

use futures_util::FutureExt;
use http::Method;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::caller::{self, Caller};
use super::client::Client;
use super::config::{Limits, Timeout};
use super::error::{Error, Kind, Phase};
use super::exchange::Tools;
use super::limit::{Lane, Turns, fitting};
use super::process::lock;
use super::progress::Progress;
use super::request::{Request, host_key};
use super::response::Outcome;
use super::transport::{Network, Transport};

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
    fn url(&self) -> &str {
        match self {
            Self::Url(url) => url,
            Self::Request(request) => request.url.as_str(),
            Self::Invalid(error) => &error.url,
        }
    }

    fn method(&self) -> Method {
        match self {
            Self::Request(request) => request.method.clone(),
            Self::Url(_) | Self::Invalid(_) => Method::GET,
        }
    }

    /// The outcome where fetching it panicked: a fault of ours is this item's failure, not its neighbours'.
    fn panicked(&self) -> Outcome {
        let detail = "internal error: a panic in fastfetch; please report it";
        Err(Error::unsent(Kind::Internal, Phase::Response, self.method(), self.url(), detail))
    }

    fn host(&self) -> &str {
        match self {
            Self::Url(url) => host_key(url),
            Self::Request(request) => request.authority(),
            Self::Invalid(_) => "",
        }
    }
}

/// How the items of one call are fetched.
#[derive(Debug, Clone)]
pub struct Plan<T = Network> {
    /// Who fetches.
    pub client: Client<T>,
    /// How many at once.
    pub limits: Limits,
    /// These are limits of the call's own; else its requests wait at the client's gate, with all others of the client.
    pub own_limits: bool,
    /// Replaces the client's timeout, where the item has none of its own.
    pub timeout: Option<Timeout>,
    /// Headers for every item that does not name them itself.
    pub headers: http::HeaderMap,
}

impl<T: Transport> Plan<T> {
    async fn fetch(&self, item: &Item, tools: &mut Tools, since: Instant) -> Outcome {
        let request = match item {
            Item::Url(url) => Request { text: Some(url.clone()), ..self.client.request(Method::GET, url)? },
            Item::Request(request) => Request::clone(request),
            Item::Invalid(error) => return Err(error.clone()),
        };
        let request = self.complete(request);
        let _pass = if self.own_limits { None } else { self.client.enter(&request, tools.caller()).await? };
        self.client.exchange(request, tools, since.elapsed()).await
    }

    fn complete(&self, mut request: Request) -> Request {
        request.timeout = request.timeout.or(self.timeout);
        request.add_defaults(&self.headers);
        request
    }
}

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
pub struct Batch<T = Network> {
    plan: Plan<T>,
    table: Arc<Table>,
    progress: Progress,
    /// Held by the run that is under way.
    running: tokio::sync::Mutex<()>,
}

impl<T> Batch<T> {
    /// A batch with nothing fetched yet.
    pub fn new(plan: Plan<T>, items: Vec<Item>) -> Arc<Self> {
        Arc::new(Self {
            plan,
            table: Arc::new(Table::new(items)),
            progress: Progress::default(),
            running: tokio::sync::Mutex::default(),
        })
    }

    /// The items and what has become of them.
    pub fn table(&self) -> &Arc<Table> {
        &self.table
    }

    /// The counters.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }
}

impl<T: Transport> Batch<T> {
    /// Fetches every item that has no outcome yet. Dropped, it stops at once; called again, it goes on with the rest. Of two runs
    /// at once the second waits, and goes on with what the first leaves.
    pub async fn run(self: Arc<Self>) {
        let _running = self.running.lock().await;
        let limits = fitting(self.plan.limits);
        let mut turns = Turns::new(limits);
        for (index, item) in self.table.items.iter().enumerate() {
            if self.table.outcome(index).is_none() {
                turns.push(item.host(), index);
            }
        }
        let count = turns.waiting().min(limits.concurrency);
        let turns = Arc::new(Mutex::new(turns));
        let (caller, since) = (caller::current(), Instant::now());
        let work = || self.clone().work(turns.clone(), caller.clone(), since);
        let mut workers = JoinSet::new();
        for _ in 0..count {
            workers.spawn(work());
        }
        while let Some(ended) = workers.join_next().await {
            if ended.is_err() {
                // It panicked, and its item has been told. Another takes its place.
                workers.spawn(work());
            }
        }
    }

    /// Takes items until none may run. A worker that finds none can go: what may run later becomes so because another worker
    /// finished, and that one takes it.
    async fn work(self: Arc<Self>, turns: Arc<Mutex<Turns<usize>>>, caller: Option<Caller>, since: Instant) {
        let mut tools = Tools::of(caller);
        while let Some(turn) = Turn::take(&self, &turns) {
            let Some(item) = self.table.item(turn.index) else { continue };
            let in_flight = self.progress.enter();
            let outcome = self.plan.fetch(item, &mut tools, since).await;
            drop(in_flight);
            turn.fill(outcome);
        }
    }
}

/// Leave to fetch an item; given back when dropped.
struct Turn<'a, T: Transport> {
    batch: &'a Batch<T>,
    turns: &'a Mutex<Turns<usize>>,
    lane: Lane,
    index: usize,
}

impl<'a, T: Transport> Turn<'a, T> {
    fn take(batch: &'a Batch<T>, turns: &'a Mutex<Turns<usize>>) -> Option<Self> {
        let (lane, index) = lock(turns).admit()?;
        Some(Self { batch, turns, lane, index })
    }

    /// Fills the slot, once.
    fn fill(&self, outcome: Outcome) {
        let Some(slot) = self.batch.table.slots.get(self.index) else { return };
        if slot.set(Arc::new(outcome)).is_ok()
            && let Some(outcome) = slot.get()
        {
            self.batch.progress.count(outcome);
        }
    }
}

impl<T: Transport> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(item) = self.batch.table.item(self.index)
        {
            self.fill(item.panicked());
        }
        lock(self.turns).done(self.lane);
    }
}

/// Outcomes in the order in which they come, each with the number of its item.
#[derive(Debug, Default)]
pub struct Completed {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    outcomes: VecDeque<(usize, Outcome)>,
    /// Items that have come in and whose outcomes were not taken.
    pending: usize,
    /// No more items will come in.
    ended: bool,
    /// No more outcomes will be taken.
    closed: bool,
}

impl Completed {
    /// Counts an item that has come in.
    pub fn expect(&self) {
        lock(&self.state).pending += 1;
    }

    /// Items that have come in and whose outcomes were not taken.
    pub fn pending(&self) -> usize {
        lock(&self.state).pending
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
        drop(state);
        self.changed.notify_waiters();
    }

    /// Will no more outcomes be taken?
    pub fn is_closed(&self) -> bool {
        lock(&self.state).closed
    }

    /// Waits until an outcome is there, or none will come any more, or the items have ended where that is news. It takes nothing,
    /// so whoever stops waiting loses nothing.
    pub async fn ready(&self, end_is_news: bool) {
        self.until(|state| !state.outcomes.is_empty() || state.ended && (end_is_news || state.pending == 0)).await;
    }

    /// Waits until fewer than so many are pending.
    pub async fn room(&self, window: usize) {
        self.until(|state| state.pending < window).await;
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

    fn push(&self, number: usize, outcome: Outcome) {
        lock(&self.state).outcomes.push_back((number, outcome));
        self.changed.notify_waiters();
    }
}

/// Fetches the items that come in and hands out their outcomes as they complete, until no more items come. How many are under
/// way is up to whoever sends them; how many of those are in flight, to the plan.
pub async fn stream<T: Transport>(plan: Plan<T>, mut items: UnboundedReceiver<(usize, Item)>, completed: Arc<Completed>) {
    let (plan, caller) = (Arc::new(plan), caller::current());
    let mut turns = Turns::new(fitting(plan.limits));
    let mut running: JoinSet<(Lane, Tools)> = JoinSet::new();
    let mut spare: Vec<Tools> = Vec::new();
    let mut open = true;
    while open || !running.is_empty() {
        tokio::select! {
            item = items.recv(), if open => match item {
                Some((number, item)) => {
                    let host = item.host().to_owned();
                    turns.push(&host, (number, item, Instant::now()));
                }
                None => open = false,
            },
            Some(Ok((lane, tools))) = running.join_next() => {
                turns.done(lane);
                spare.push(tools);
            }
        }
        while let Some((lane, (number, item, since))) = turns.admit() {
            let (plan, completed) = (plan.clone(), completed.clone());
            let mut tools = spare.pop().unwrap_or_else(|| Tools::of(caller.clone()));
            running.spawn(async move {
                let outcome = AssertUnwindSafe(plan.fetch(&item, &mut tools, since)).catch_unwind().await;
                completed.push(number, outcome.unwrap_or_else(|_| item.panicked()));
                (lane, tools)
            });
        }
    }
}

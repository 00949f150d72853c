//! The jobs of one call, between the gate and whoever takes their outcomes: workers that come when they are needed and stay
//! while there is something to do.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::{self, Debug};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use futures_util::future::join_all;
use http::Method;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::Instant;
use url::Position;

use super::archive::Archive;
use super::caller::{self, Caller};
use super::client::Client;
use super::clock::Deadline;
use super::config::Retry;
use super::error::{Error, Kind, Phase};
use super::exchange::Tools;
use super::gate::{self, Gate, Membership, Pass};
use super::injection;
use super::item::Item;
use super::panics;
use super::plan::Plan;
use super::process::lock;
use super::progress::{Counted, Progress};
use super::response::Outcome;
use super::retry::{self, Repeatable, Tries};
use super::transport::Transport;

/// What is in flight at a deadline ends there by itself; whatever does not end within this time is left behind.
pub const GRACE: Duration = Duration::from_millis(50);
/// How many kept answers are looked up at once.
const LOOKUPS: usize = 256;

/// What there is to do, and where the outcomes go.
pub trait Work: Debug + Send + Sync + 'static {
    /// What to fetch, to be looked at.
    fn look(&self, job: usize, look: &mut dyn FnMut(&Item));
    /// What to fetch.
    fn item(&self, job: usize) -> Option<Item> {
        let mut found = None;
        self.look(job, &mut |item| found = Some(item.clone()));
        found
    }
    /// Since when it has waited, if that is not as long as the crowd is there.
    fn since(&self, _job: usize) -> Option<Instant> {
        None
    }
    /// What became of it. True says that there are too many outcomes to begin with anything else.
    fn finish(&self, job: usize, outcome: Outcome) -> bool;
    /// These jobs are not to begin for now.
    fn hold(&self, jobs: Vec<usize>);
    /// Nothing more can be kept.
    fn fail(&self, error: Box<Error>);
}

/// The jobs of one call.
pub struct Crowd<T: Transport, W: Work> {
    /// What there is to do.
    pub work: W,
    plan: Arc<Plan<Client<T>>>,
    progress: Arc<Progress>,
    archive: Option<Archive>,
    caller: Option<Caller>,
    since: Instant,
    /// When all of it is to be over.
    pub deadline: Option<Deadline>,
    handle: Handle,
    membership: OnceLock<Membership>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Jobs whose turn it is.
    ready: VecDeque<(Pass, usize)>,
    /// Workers that are about to take one.
    coming: usize,
    workers: JoinSet<()>,
    /// What those have gone through that were made before.
    tries: BTreeMap<usize, Tries>,
    closed: bool,
}

/// Keeps a crowd at work; dropped, it ends all of it at once.
pub struct Running<T: Transport, W: Work>(pub Arc<Crowd<T, W>>);

impl<T: Transport, W: Work> Crowd<T, W> {
    /// A crowd before a gate, with nothing to do yet.
    pub fn gather(
        plan: Arc<Plan<Client<T>>>,
        work: W,
        gate: &Arc<Gate>,
        progress: Arc<Progress>,
        archive: Option<Archive>,
    ) -> Running<T, W> {
        let crowd = Arc::new(Self {
            work,
            deadline: plan.deadline.and_then(Deadline::within),
            plan,
            progress,
            archive,
            caller: caller::current(),
            since: Instant::now(),
            handle: Handle::current(),
            membership: OnceLock::new(),
            state: Mutex::default(),
        });
        let weak = Arc::downgrade(&crowd);
        crowd.membership.get_or_init(|| gate.join(weak));
        Running(crowd)
    }

    /// Adds jobs.
    pub fn push(&self, jobs: impl Iterator<Item = usize>) {
        let Some(membership) = self.membership.get() else { return };
        let base = self.plan.client.config().base_url.as_ref();
        let home = base.map_or("", |base| &base[Position::BeforeHost..Position::AfterPort]);
        membership.push(|add| {
            for job in jobs {
                self.work.look(job, &mut |item| add(Some(item.host()).filter(|host| !host.is_empty()).unwrap_or(home), job));
            }
        });
    }

    /// Takes out the jobs that have not begun.
    pub fn withdraw(&self) -> Vec<usize> {
        self.membership.get().map(Membership::withdraw).unwrap_or_default()
    }

    /// Ends the jobs that have not begun: it is too late for them.
    pub fn too_late(&self) {
        for job in self.withdraw() {
            self.late(job);
        }
    }

    /// Ends a job that has not begun: it is too late for it.
    pub fn late(&self, job: usize) {
        let Some(item) = self.work.item(job) else { return };
        let missed = self.deadline.as_ref().map(Deadline::missed).unwrap_or_default();
        self.finish(job, self.tries(job).with(item.unsent(Kind::TotalTimeout, Phase::Queue, missed)));
    }

    /// Makes a job known to the archive, where there is one; false where it cannot be told from others, and so has ended.
    pub fn assign(&self, job: usize) -> bool {
        let Some(archive) = &self.archive else { return true };
        let Some(item) = self.work.item(job) else { return true };
        let full: Option<String> = match &item {
            Item::Url(url) => self.plan.client.request(Method::GET, url).ok().map(|request| request.url.into()),
            Item::Request(_) | Item::Invalid(_) => None,
        };
        let refused = archive.assign(job, &item, full.as_deref().unwrap_or(item.url())).err();
        let assigned = refused.is_none();
        if let Some(error) = refused {
            self.finish(job, Err(error));
        }
        assigned
    }

    /// Ends those jobs whose outcomes were kept, and returns the others.
    pub async fn restore(&self, jobs: Vec<usize>) -> Vec<usize> {
        if self.archive.as_ref().is_none_or(Archive::is_fresh) {
            return jobs;
        }
        let mut missing = Vec::new();
        for some in jobs.chunks(LOOKUPS) {
            let found = join_all(some.iter().map(|job| self.restore_one(*job))).await;
            missing.extend(some.iter().zip(found).filter(|(_, found)| !found).map(|(job, _)| *job));
        }
        missing
    }

    async fn restore_one(&self, job: usize) -> bool {
        let Some(archive) = &self.archive else { return false };
        match archive.find(job).await {
            Ok(None) => return false,
            Ok(Some(answer)) => {
                self.progress.receive(answer.body.len());
                let outcome = self.plan.digest(job, Ok(answer), self.caller.as_ref()).await;
                self.finish(job, outcome);
            }
            Err(error) => self.work.fail(error),
        }
        true
    }

    /// Closes what was kept, where anything was.
    pub async fn close(&self) {
        if let Some(archive) = &self.archive {
            archive.close().await;
        }
    }

    fn finish(&self, job: usize, outcome: Outcome) {
        if let Some(archive) = &self.archive {
            archive.forget(job);
        }
        if self.work.finish(job, outcome) {
            self.work.hold(self.withdraw());
        }
    }

    fn tries(&self, job: usize) -> Tries {
        let mut state = lock(&self.state);
        let Some(tries) = state.tries.remove(&job) else { return Tries::default() };
        self.progress.set_waiting(state.tries.len());
        tries
    }

    /// The next job of a worker that has none.
    fn next(&self) -> Option<(Pass, usize)> {
        let mut state = lock(&self.state);
        state.coming -= 1;
        state.ready.pop_front()
    }

    async fn work(self: Arc<Self>) {
        let mut coming = Coming { crowd: &self, still: true };
        injection::point("worker");
        let mut tools = Tools::of(self.caller.clone()).until(self.deadline);
        while let Some((pass, job)) = coming.arrive() {
            let mut turn = Turn { crowd: &self, pass: Some(pass), job, retry: None, _in_flight: self.progress.enter() };
            turn.take(&mut tools).await;
            // Counted before its permit goes back: who is admitted because of it needs no other worker.
            lock(&self.state).coming += 1;
            coming.still = true;
        }
    }

    /// Ends a job of which a panic has got hold, whose outcome is a fault of ours. That must not panic itself, on a thread that
    /// may be panicking already.
    fn panicked(&self, job: usize) {
        let _ = panics::catch(|| {
            if let Some(item) = self.work.item(job) {
                self.finish(job, item.panicked());
            }
        });
    }
}

impl<T: Transport, W: Work> gate::Crowd for Crowd<T, W> {
    fn admit(self: Arc<Self>, pass: Pass, job: usize) {
        let mut pass = Some(pass);
        let admitting = panics::catch(|| {
            let mut state = lock(&self.state);
            if state.closed {
                return;
            }
            injection::point("crowd");
            state.ready.extend(pass.take().map(|pass| (pass, job)));
            if state.ready.len() > state.coming {
                // What has ended is not to be remembered; a worker that panicked has told its job's outcome.
                while state.workers.try_join_next().is_some() {}
                state.workers.spawn_on(self.clone().work(), &self.handle);
                state.coming += 1;
            }
        });
        if admitting.is_err() {
            self.panicked(job);
        }
        // A pass that goes back may admit others, which asks for the state.
        drop(pass);
    }
}

/// A worker that is about to take a job. Where it panics before it has one, the job that it came for ends with it.
struct Coming<'a, T: Transport, W: Work> {
    crowd: &'a Crowd<T, W>,
    still: bool,
}

impl<T: Transport, W: Work> Coming<'_, T, W> {
    fn arrive(&mut self) -> Option<(Pass, usize)> {
        self.still = false;
        self.crowd.next()
    }
}

impl<T: Transport, W: Work> Drop for Coming<'_, T, W> {
    fn drop(&mut self) {
        if self.still
            && std::thread::panicking()
            && let Some((pass, job)) = self.crowd.next()
        {
            self.crowd.panicked(job);
            drop(pass);
        }
    }
}

impl<T: Transport, W: Work> Drop for Running<T, W> {
    fn drop(&mut self) {
        self.0.withdraw();
        let mut state = lock(&self.0.state);
        state.closed = true;
        state.tries.clear();
        self.0.progress.set_waiting(0);
        let ended = (std::mem::take(&mut state.ready), std::mem::take(&mut state.workers));
        drop(state);
        // Passes that are given back may admit others, and these ask for the state.
        drop(ended);
    }
}

impl<T: Transport, W: Work> Debug for Crowd<T, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crowd").field("work", &self.work).finish_non_exhaustive()
    }
}

/// A job that is being done. Dropped, it gives its permit back.
struct Turn<'a, T: Transport, W: Work> {
    crowd: &'a Crowd<T, W>,
    pass: Option<Pass>,
    job: usize,
    retry: Option<Arc<Retry>>,
    _in_flight: Counted<'a>,
}

impl<T: Transport, W: Work> Turn<'_, T, W> {
    async fn take(&mut self, tools: &mut Tools) {
        // Those in flight that end at the deadline make room, but not for others.
        if self.crowd.deadline.is_some_and(|deadline| deadline.at <= Instant::now()) {
            return self.crowd.late(self.job);
        }
        let Some(item) = self.crowd.work.item(self.job) else { return };
        let mut tries = self.crowd.tries(self.job);
        match self.fetch(&item, tools, &mut tries).await {
            Err(wait) => self.again(tries, wait),
            Ok(outcome) => self.done(tries.with(outcome), tools).await,
        }
    }

    /// An outcome that stands, or how long to wait for another.
    async fn fetch(&mut self, item: &Item, tools: &mut Tools, tries: &mut Tries) -> Result<Outcome, Duration> {
        let plan = &self.crowd.plan;
        let request = match plan.request(item) {
            Ok(request) => request,
            Err(error) => return Ok(Err(error)),
        };
        self.retry = plan.retry(&request);
        if plan.robots {
            match plan.client.obey_robots(&request, self.retry.as_deref(), tools, self.pass.as_ref()).await {
                Ok(None) => {}
                Ok(Some(wait)) => return Err(wait),
                Err(error) => return Ok(Err(error)),
            }
        }
        let repeatable = Repeatable::of(&request);
        let (retry, pass, deadline) = (self.retry.as_deref(), &mut self.pass, self.crowd.deadline);
        let again = |outcome: &mut Outcome| {
            pass.iter_mut().for_each(|pass| pass.note(retry::sign(outcome)));
            retry::again(retry, &repeatable, outcome, tries, pass.as_ref(), deadline)
        };
        let since = self.crowd.work.since(self.job).unwrap_or(self.crowd.since);
        plan.client.exchange(request, tools, since.elapsed(), again).await
    }

    async fn done(&mut self, outcome: Outcome, tools: &Tools) {
        if let Ok(answer) = &outcome {
            self.crowd.progress.receive(answer.body.len());
            if let Some(archive) = &self.crowd.archive
                && let Err(error) = archive.keep(self.job, answer, self.retry.as_deref()).await
            {
                return self.crowd.work.fail(error);
            }
        }
        injection::point("keep");
        let outcome = self.crowd.plan.digest(self.job, outcome, tools.caller()).await;
        self.crowd.finish(self.job, outcome);
    }

    /// Puts the job back into its queue.
    fn again(&mut self, tries: Tries, wait: Duration) {
        let (Some(pass), Some(membership)) = (self.pass.take(), self.crowd.membership.get()) else { return };
        let mut state = lock(&self.crowd.state);
        state.tries.insert(self.job, tries);
        self.crowd.progress.set_waiting(state.tries.len());
        drop(state);
        let now = Instant::now();
        membership.push_later(pass, self.job, now.checked_add(wait).unwrap_or(now));
    }
}

impl<T: Transport, W: Work> Drop for Turn<'_, T, W> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.crowd.panicked(self.job);
        }
    }
}

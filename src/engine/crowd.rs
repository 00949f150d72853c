//! The jobs of one call, between the gate and whoever takes their outcomes: workers that come when they are needed and stay
//! while there is something to do.

use std::fmt::{self, Debug};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::join_all;
use http::{Method, Version};
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
use super::progress::{Counted, Progress};
use super::response::Outcome;
use super::retry::{self, Repeatable, Tries};
use super::spread::{self, PerThread};
use super::transport::Transport;

mod again;
mod crew;

use again::Again;
use crew::Crew;

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
    membership: OnceLock<Membership>,
    crews: PerThread<Crew>,
    /// Whose turn it is of the crews that share a host.
    turn: AtomicUsize,
    again: Again,
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
        let crews = Crew::each(plan.client.config().io_threads);
        let again = Again::new(progress.clone());
        let crowd = Arc::new(Self {
            work,
            deadline: plan.deadline.and_then(Deadline::within),
            plan,
            progress,
            archive,
            caller: caller::current(),
            since: Instant::now(),
            membership: OnceLock::new(),
            crews,
            turn: AtomicUsize::new(0),
            again,
        });
        let weak = Arc::downgrade(&crowd);
        crowd.membership.get_or_init(|| gate.join(weak));
        Running(crowd)
    }

    /// Adds jobs.
    pub fn push(&self, jobs: impl Iterator<Item = usize>) {
        let Some(membership) = self.membership.get() else { return };
        membership.push(|add| {
            for job in jobs {
                self.work.look(job, &mut |item| add(self.host(item), job));
            }
        });
    }

    fn host<'a>(&'a self, item: &'a Item) -> &'a str {
        let base = || self.plan.client.config().base_url.as_ref();
        let home = || base().map_or("", |base| &base[Position::BeforeHost..Position::AfterPort]);
        Some(item.host()).filter(|host| !host.is_empty()).unwrap_or_else(home)
    }

    /// The place of the I/O thread that is to do a job.
    fn place(&self, pass: &Pass, job: usize) -> usize {
        let threads = self.crews.len();
        if threads == 1 {
            return 0;
        }
        let (divisible, turn) = (pass.divisible(), self.turn.fetch_add(1, Ordering::Relaxed));
        let mut place = 0;
        self.work.look(job, &mut |item| place = spread::place(self.host(item), threads, divisible, turn));
        place
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
        self.finish(job, self.again.take(job).with(item.unsent(Kind::TotalTimeout, Phase::Queue, missed)));
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

    /// Waits for those to leave who have done the last jobs. On this thread they have left by the time that anybody knows.
    pub async fn left(&self) {
        for crew in self.crews.iter().skip(1) {
            crew.left().await;
        }
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

    async fn work(self: Arc<Self>, place: usize) {
        let mut coming = Coming { crowd: &self, place, still: true };
        injection::point("worker");
        let mut tools = Tools::of(self.caller.clone()).until(self.deadline);
        while let Some((pass, job)) = coming.arrive() {
            let mut turn = Turn { crowd: &self, pass: Some(pass), job, retry: None, _in_flight: self.progress.enter() };
            turn.take(&mut tools).await;
            // Counted before its permit goes back: who is admitted because of it needs no other worker.
            self.crews.at(place).come();
            coming.still = true;
        }
    }

    /// Has another worker come to a place.
    fn call(self: &Arc<Self>, place: usize, workers: &mut JoinSet<()>) {
        workers.spawn_on(self.clone().work(place), self.crews.at(place).handle(place, &self.crews));
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
        let place = self.place(&pass, job);
        let mut pass = Some(pass);
        let admitting = panics::catch(|| self.crews.at(place).add(&mut pass, job, |workers| self.call(place, workers)));
        if admitting.is_err() {
            self.panicked(job);
        }
        // A pass that goes back may admit others, which asks for the state.
        drop(pass);
    }
}

/// A worker that is about to take a job. Where it panics before it has one, the job that it came for ends with it.
struct Coming<'a, T: Transport, W: Work> {
    crowd: &'a Arc<Crowd<T, W>>,
    place: usize,
    still: bool,
}

impl<T: Transport, W: Work> Coming<'_, T, W> {
    fn arrive(&mut self) -> Option<(Pass, usize)> {
        self.still = false;
        self.crowd.crews.at(self.place).next(|workers| self.crowd.call(self.place, workers))
    }
}

impl<T: Transport, W: Work> Drop for Coming<'_, T, W> {
    fn drop(&mut self) {
        if self.still
            && std::thread::panicking()
            && let Some((pass, job)) = self.arrive()
        {
            self.crowd.panicked(job);
            drop(pass);
        }
    }
}

impl<T: Transport, W: Work> Drop for Running<T, W> {
    fn drop(&mut self) {
        self.0.withdraw();
        self.0.again.close();
        self.0.crews.iter().for_each(Crew::close);
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
        let mut tries = self.crowd.again.take(self.job);
        match self.fetch(&item, tools, &mut tries).await {
            Err(wait) => self.again(tries, wait),
            Ok(outcome) => self.done(tries.with(outcome), tools).await,
        }
    }

    /// An outcome that stands, or how long to wait for another.
    async fn fetch(&mut self, item: &Item, tools: &mut Tools, tries: &mut Tries) -> Result<Outcome, Duration> {
        let plan = &self.crowd.plan;
        let mut request = match plan.request(item) {
            Ok(request) => request,
            Err(error) => return Ok(Err(error)),
        };
        self.retry = plan.retry(&request);
        if plan.robots {
            match Box::pin(plan.client.obey_robots(&request, self.retry.as_deref(), tools, self.pass.as_ref())).await {
                Ok(None) => {}
                Ok(Some(wait)) => return Err(wait),
                Err(error) => return Ok(Err(error)),
            }
        }
        let repeatable = Repeatable::of(&request);
        let (retry, pass, deadline) = (self.retry.as_deref(), &mut self.pass, self.crowd.deadline);
        let threads = self.crowd.crews.len();
        let again = |outcome: &mut Outcome| {
            if let (Some(pass), Ok(answer), 2..) = (&pass, &outcome, threads) {
                // Where one connection carries all, they are to find it (RFC 9113, section 9.1).
                pass.divide(answer.version < Version::HTTP_2);
            }
            pass.iter_mut().for_each(|pass| pass.note(retry::sign(outcome)));
            retry::again(retry, &repeatable, outcome, tries, pass.as_ref(), deadline)
        };
        let since = self.crowd.work.since(self.job).unwrap_or(self.crowd.since);
        plan.client.exchange(&mut request, tools, since.elapsed(), again).await
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
        if !self.crowd.again.put(self.job, tries) {
            return;
        }
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

#[cfg(test)]
mod tests;

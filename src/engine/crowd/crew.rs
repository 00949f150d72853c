//! The workers of a crowd on one I/O thread, and the jobs whose turn it is there.

use std::collections::VecDeque;
use std::sync::{Mutex, OnceLock};

use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::super::gate::Pass;
use super::super::injection;
use super::super::process::lock;
use super::super::runtime;
use super::super::spread::PerThread;

/// How many workers may be about to take a job. Each that does has another come, so thousands of jobs that are admitted at once
/// begin little by little, and those that have a connection write their requests meanwhile: else all would connect first.
const COMING: usize = 32;

/// The workers on one I/O thread.
pub struct Crew {
    handle: OnceLock<Handle>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Jobs whose turn it is.
    ready: VecDeque<(Pass, usize)>,
    /// Workers that are about to take one.
    coming: usize,
    workers: JoinSet<()>,
    closed: bool,
}

impl Crew {
    /// A crew for each of so many threads; the first is on this one.
    pub fn each(threads: usize) -> PerThread<Self> {
        PerThread::new(threads, |place| {
            let handle = if place == 0 { Handle::current().into() } else { OnceLock::new() };
            Self { handle, state: Mutex::default() }
        })
    }

    /// What spawns on its thread, made if need be; with the first crew, where no thread is to be had.
    pub fn handle<'a>(&'a self, place: usize, crews: &'a PerThread<Self>) -> &'a Handle {
        let first = || crews.at(0).handle.get().cloned().unwrap_or_else(Handle::current);
        self.handle.get_or_init(|| runtime::handle(place).unwrap_or_else(|_| first()))
    }

    /// Adds a job, unless it is closed. Where there are too few workers, `spawn` adds one.
    pub fn add(&self, pass: &mut Option<Pass>, job: usize, spawn: impl FnOnce(&mut JoinSet<()>)) {
        let mut state = lock(&self.state);
        if state.closed {
            return;
        }
        injection::point("crowd");
        state.ready.extend(pass.take().map(|pass| (pass, job)));
        state.call(spawn);
    }

    /// A worker is about to take a job.
    pub fn come(&self) {
        lock(&self.state).coming += 1;
    }

    /// The job of a worker that was about to take one. Where there are too few workers for the others, `spawn` adds one.
    pub fn next(&self, spawn: impl FnOnce(&mut JoinSet<()>)) -> Option<(Pass, usize)> {
        let mut state = lock(&self.state);
        state.coming -= 1;
        let next = state.ready.pop_front();
        state.call(spawn);
        next
    }

    /// Waits until all workers have left.
    pub async fn left(&self) {
        let mut workers = std::mem::take(&mut lock(&self.state).workers);
        while workers.join_next().await.is_some() {}
    }

    /// Ends it at once.
    pub fn close(&self) {
        let mut state = lock(&self.state);
        state.closed = true;
        let ended = (std::mem::take(&mut state.ready), std::mem::take(&mut state.workers));
        drop(state);
        // Passes that are given back may admit others, and these ask for the state.
        drop(ended);
    }
}

impl State {
    /// Has a worker come, where fewer are on their way than there is to do.
    fn call(&mut self, spawn: impl FnOnce(&mut JoinSet<()>)) {
        if self.coming < self.ready.len().min(COMING) {
            // What has ended is not to be remembered; a worker that panicked has told its job's outcome.
            while self.workers.try_join_next().is_some() {}
            spawn(&mut self.workers);
            self.coming += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::super::config::{HostLimits, Limits, Share};
    use super::super::super::gate::Gate;
    use super::*;

    #[tokio::test]
    async fn of_a_thousand_jobs_at_once_few_begin_and_each_calls_another() {
        let host = HostLimits { concurrency: Share::Whole, rate: None, min_delay: None };
        let limits = Limits { concurrency: 1_000, rate: None, host, hosts: Vec::new(), per_site: false, start: 1_000 };
        let gate = Gate::new(Arc::new(limits));
        let crews = Crew::each(1);
        let crew = crews.at(0);
        let (mut called, mut done) = (0, 0);
        for job in 0..1_000 {
            crew.add(&mut gate.enter("h").await, job, |_| called += 1);
        }
        assert_eq!(called, COMING);
        while crew.next(|_| called += 1).is_some_and(|(_, job)| job == done) {
            done += 1;
            assert!(called >= (done + COMING).min(1_000), "whoever waits is called");
            if done == 1_000 {
                break;
            }
        }
        assert_eq!((called, done), (1_000, 1_000));
    }
}

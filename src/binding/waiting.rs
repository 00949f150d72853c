//! A thread that waits for an answer without an event loop, and meanwhile does what it is asked.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;

use super::blocking;
use super::error;
use super::lent;
use super::outbox::Answer;
use super::visit::{Visit, stay_if_left_behind};
use crate::engine::process::lock;

/// How often it looks for signals: Ctrl-C is seen within this time.
const GLANCE: Duration = Duration::from_millis(50);

/// Something to be run on the thread that waits. What it raises ends the wait.
pub type Job = Box<dyn FnOnce(Python<'_>) -> PyResult<()> + Send>;

/// Where jobs come in. Several threads may wait at it at once; each has an answer of its own.
#[derive(Default)]
pub struct Waiting {
    post: Mutex<Post>,
    come: Condvar,
    lasts: bool,
}

#[derive(Default)]
struct Post {
    jobs: Vec<Job>,
    closed: bool,
}

/// Where the answer to one wait falls.
#[derive(Default)]
pub struct Slot(Mutex<Option<Answer>>);

/// Closes it when dropped.
pub struct Closing(Arc<Waiting>);

impl Waiting {
    /// One for several waits: what is asked stays asked where one of them is cut short.
    pub fn lasting() -> Arc<Self> {
        Arc::new(Self { lasts: true, ..Self::default() })
    }

    /// Is it for several waits?
    pub fn lasts(&self) -> bool {
        self.lasts
    }

    /// Has something run on a thread that waits. Where none will wait any more, it is dropped.
    pub fn run(&self, job: Job) {
        let mut post = lock(&self.post);
        if !post.closed {
            post.jobs.push(job);
            drop(post);
            self.come.notify_all();
        }
    }

    /// Delivers an answer.
    pub fn answer(&self, slot: &Slot, answer: Answer) {
        let post = lock(&self.post);
        *lock(&slot.0) = Some(answer);
        drop(post);
        self.come.notify_all();
    }

    /// Waits for the answer, letting other threads run.
    pub fn wait(&self, py: Python<'_>, slot: &Slot) -> PyResult<Answer> {
        loop {
            let (answer, jobs) = py.detach(|| {
                let nothing = |post: &mut Post| post.jobs.is_empty() && lock(&slot.0).is_none();
                let waited = self.come.wait_timeout_while(lock(&self.post), GLANCE, nothing);
                let jobs = std::mem::take(&mut waited.unwrap_or_else(PoisonError::into_inner).0.jobs);
                stay_if_left_behind();
                (lock(&slot.0).take(), jobs)
            });
            lent::settle(py);
            self.work(py, jobs)?;
            match answer {
                Some(answer) => return Ok(answer),
                None => {
                    let _other = blocking::lifted();
                    py.check_signals()?;
                }
            }
        }
    }

    /// Does what it was asked. Where something raises, the rest is left for the next wait.
    fn work(&self, py: Python<'_>, jobs: Vec<Job>) -> PyResult<()> {
        if jobs.is_empty() {
            return Ok(());
        }
        let _visit = Visit::demand(py)?;
        let _other = blocking::lifted();
        let mut jobs = jobs.into_iter();
        while let Some(job) = jobs.next() {
            if let Err(error) = error::guarded(py, || job(py)) {
                let mut post = lock(&self.post);
                if !post.closed {
                    post.jobs.splice(..0, jobs);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// Nobody waits any more. A job holds who asked, who holds this: left here, they would keep each other for ever.
    pub fn close(&self) {
        let mut post = lock(&self.post);
        post.closed = true;
        let jobs = std::mem::take(&mut post.jobs);
        drop(post);
        drop(jobs);
    }

    /// Closes it when dropped.
    pub fn closing(self: &Arc<Self>) -> Closing {
        Closing(self.clone())
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}

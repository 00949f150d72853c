//! The jobs of a crowd that wait to be done again, and what they have gone through.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::super::process::lock;
use super::super::progress::Progress;
use super::super::retry::Tries;

/// Jobs that wait to be done again.
pub struct Again {
    progress: Arc<Progress>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    tries: BTreeMap<usize, Tries>,
    closed: bool,
}

impl Again {
    /// None yet; they are counted here.
    pub fn new(progress: Arc<Progress>) -> Self {
        Self { progress, state: Mutex::default() }
    }

    /// Adds a job; false once it is closed.
    pub fn put(&self, job: usize, tries: Tries) -> bool {
        let mut state = lock(&self.state);
        if state.closed {
            return false;
        }
        state.tries.insert(job, tries);
        self.progress.set_waiting(state.tries.len());
        true
    }

    /// What a job has gone through.
    pub fn take(&self, job: usize) -> Tries {
        let mut state = lock(&self.state);
        let Some(tries) = state.tries.remove(&job) else { return Tries::default() };
        self.progress.set_waiting(state.tries.len());
        tries
    }

    /// None is done any more.
    pub fn close(&self) {
        let mut state = lock(&self.state);
        *state = State { closed: true, ..State::default() };
        self.progress.set_waiting(0);
    }
}

//! How far a request has come.

use std::sync::Mutex;

use tokio::time::Instant;

use super::error::Phase;
use super::process::lock;

/// How far a request has come, for the timeouts and for the words of an error.
#[derive(Debug)]
pub struct Stage(Mutex<At>);

/// A moment in a request's life.
#[derive(Debug, Clone, Copy)]
pub struct At {
    /// What it is doing.
    pub phase: Phase,
    /// Since when; None for since the start.
    pub since: Option<Instant>,
}

impl Default for Stage {
    fn default() -> Self {
        Self(Mutex::new(At { phase: Phase::Response, since: None }))
    }
}

impl Stage {
    /// How far it has come.
    pub fn at(&self) -> At {
        *lock(&self.0)
    }

    /// Back to the start, for the next attempt.
    pub fn restart(&self) {
        *lock(&self.0) = At { phase: Phase::Response, since: None };
    }

    /// From now on it does this.
    pub fn enter(&self, phase: Phase) {
        *lock(&self.0) = At { phase, since: Some(Instant::now()) };
    }
}

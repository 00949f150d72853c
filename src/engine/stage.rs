//! How far a request has come.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::error::{Failure, Phase};
use super::process::lock;

/// How far a request has come: for the timeouts, for the words of an error, and for the timings of the answer.
#[derive(Debug, Default)]
pub struct Stage(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    at: At,
    spent: Spent,
    failure: Option<Failure>,
    late: bool,
}

/// A moment in a request's life.
#[derive(Debug, Clone, Copy)]
pub struct At {
    /// What it is doing.
    pub phase: Phase,
    /// Since when; None for since the start.
    pub since: Option<Instant>,
    /// Since when it has been opening a connection, where it is.
    pub connecting: Option<Instant>,
    /// The next move is ours and not the server's, so that no silence of the server is counted.
    pub ours: bool,
}

impl Default for At {
    fn default() -> Self {
        Self { phase: Phase::Response, since: None, connecting: None, ours: false }
    }
}

/// What opening a connection took, where one was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Resolving the host name.
    pub dns: Duration,
    /// Connecting.
    pub connect: Duration,
    /// Shaking hands.
    pub tls: Duration,
}

impl Stage {
    /// How far it has come.
    pub fn at(&self) -> At {
        lock(&self.0).at
    }

    /// What opening connections has taken since the request began.
    pub fn spent(&self) -> Spent {
        lock(&self.0).spent
    }

    /// Back to the start, for the next request.
    pub fn begin(&self) {
        *lock(&self.0) = State::default();
    }

    /// Back to the start, for the next attempt.
    pub fn restart(&self) {
        let mut state = lock(&self.0);
        state.at = At::default();
        state.failure = None;
        state.late = false;
    }

    /// From now on it does this.
    pub fn enter(&self, phase: Phase) {
        let now = Instant::now();
        let mut state = lock(&self.0);
        let State { at, spent, .. } = &mut *state;
        let past = at.since.map_or(Duration::ZERO, |since| now - since);
        match at.phase {
            Phase::Dns => spent.dns += past,
            Phase::Connect => spent.connect += past,
            Phase::Tls => spent.tls += past,
            _ => {}
        }
        let connecting = phase.is_connecting().then(|| at.connecting.unwrap_or(now));
        *at = At { phase, since: Some(now), connecting, ours: false };
    }

    /// From now on the server waits for us.
    pub fn our_move(&self) {
        let mut state = lock(&self.0);
        state.at = At { phase: Phase::Send, ours: true, ..At::default() };
    }

    /// What it waits for did not come in time, and it is about to be given up.
    pub fn give_up(&self) {
        lock(&self.0).late = true;
    }

    /// Is it given up for that?
    pub fn is_late(&self) -> bool {
        lock(&self.0).late
    }

    /// Keeps why the request's own side failed: what the network reports of it says less.
    pub fn fail(&self, failure: Failure) {
        lock(&self.0).failure.get_or_insert(failure);
    }

    /// Why the request's own side failed, once.
    pub fn failure(&self) -> Option<Failure> {
        lock(&self.0).failure.take()
    }
}

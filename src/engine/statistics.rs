//! What a client has open and under way: counters that anyone may read at any moment.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::process::lock;

/// Names kept at most: who crawls millions of hosts keeps the counters of those with open connections.
const HOSTS: usize = 10_000;

/// The counters of a client.
#[derive(Debug, Default)]
pub struct Statistics {
    in_flight: AtomicUsize,
    hosts: Mutex<HashMap<String, Arc<HostCounters>>>,
}

/// The counters of one host and port.
#[derive(Debug, Default)]
pub struct HostCounters {
    /// Connections that are open.
    open: AtomicUsize,
    /// Answers whose bodies are arriving.
    arriving: AtomicUsize,
    /// Connections ever opened.
    opened: AtomicU64,
    /// Answers that came over a connection that had been used before.
    reused: AtomicU64,
    /// Requests without an answer, of those that may share a connection.
    unanswered: AtomicUsize,
}

/// The counters of a host at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HostSnapshot {
    /// Connections that are open.
    pub open: usize,
    /// Of those, how many no answer is arriving on.
    pub idle: usize,
    /// Connections ever opened.
    pub opened: u64,
    /// Answers that came over a connection that had been used before.
    pub reused: u64,
}

/// Counts a request as in flight while it lives.
#[derive(Debug)]
pub struct InFlight(Arc<Statistics>);

/// Counts a request as without an answer while it lives.
#[derive(Debug)]
pub struct Unanswered(Arc<HostCounters>);

impl Statistics {
    /// Counts a request as in flight.
    pub fn enter(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(self.clone())
    }

    /// Requests in flight.
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// The counters of a host and port, as `host:port`.
    pub fn host(&self, authority: &str) -> Arc<HostCounters> {
        let mut hosts = lock(&self.hosts);
        if let Some(counters) = hosts.get(authority) {
            return counters.clone();
        }
        if hosts.len() >= HOSTS {
            // Whoever counts with them has to find the same ones as all others do.
            hosts.retain(|_, counters| Arc::strong_count(counters) > 1);
        }
        let counters = Arc::new(HostCounters::default());
        hosts.insert(authority.to_owned(), counters.clone());
        counters
    }

    /// The counters of every host.
    pub fn hosts(&self) -> Vec<(String, HostSnapshot)> {
        lock(&self.hosts).iter().map(|(name, counters)| (name.clone(), counters.snapshot())).collect()
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        self.0.unanswered.fetch_sub(1, Ordering::Relaxed);
    }
}

impl HostCounters {
    /// Counts a request as without an answer.
    pub fn ask(self: Arc<Self>) -> Unanswered {
        self.unanswered.fetch_add(1, Ordering::Relaxed);
        Unanswered(self)
    }

    /// Does a request wait for its answer, of those that may share a connection?
    pub fn is_asked(&self) -> bool {
        self.unanswered.load(Ordering::Relaxed) > 0
    }

    /// A connection was opened.
    pub fn open(&self) {
        self.open.fetch_add(1, Ordering::Relaxed);
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    /// A connection was closed.
    pub fn close(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    /// The head of an answer has come.
    pub fn answer(&self, reused: bool) {
        self.arriving.fetch_add(1, Ordering::Relaxed);
        self.reused.fetch_add(u64::from(reused), Ordering::Relaxed);
    }

    /// Its body has ended.
    pub fn done(&self) {
        self.arriving.fetch_sub(1, Ordering::Relaxed);
    }

    fn snapshot(&self) -> HostSnapshot {
        let open = self.open.load(Ordering::Relaxed);
        HostSnapshot {
            open,
            idle: open.saturating_sub(self.arriving.load(Ordering::Relaxed)),
            opened: self.opened.load(Ordering::Relaxed),
            reused: self.reused.load(Ordering::Relaxed),
        }
    }
}

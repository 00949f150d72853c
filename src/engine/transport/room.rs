//! Room for connections: where few files may be open, connections that nobody uses make way for those that somebody needs.
//!
//! hyper keeps idle connections and closes none before its time. So they are told here to end as if their servers had closed
//! them (`connection`), which any connection may do at any time, and which costs no request.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use slab::Slab;
use tokio::sync::Notify;

use super::super::process::{lock, most_descriptors};
use super::connection::Facts;

/// Connections of which some are idle take no more than this part of what the process may have open: the rest is for others.
const SHARE: usize = 4;
/// The part of all connections that is told to go at once, since looking for the oldest means looking at all.
const BATCH: usize = 8;

/// The open connections of a client.
#[derive(Debug, Default)]
pub struct Room {
    open: Mutex<Open>,
    /// Counts how often a connection has become idle: it orders them by age, and costs less than the time of day.
    clock: AtomicU64,
    /// A connection has gone, or turned out to be needed.
    changed: Notify,
}

#[derive(Debug, Default)]
struct Open {
    connections: Slab<Arc<Facts>>,
    /// The clock when idle ones were last looked for.
    looked: u64,
}

impl Room {
    /// A connection has been opened. What comes back is its place.
    pub fn enter(&self, facts: Arc<Facts>) -> usize {
        lock(&self.open).connections.insert(facts)
    }

    /// The connection of this place is closed.
    pub fn leave(&self, place: usize) {
        lock(&self.open).connections.try_remove(place);
        self.changed();
    }

    /// Who waits for room is to look again.
    pub fn changed(&self) {
        self.changed.notify_waiters();
    }

    /// The time when a connection becomes idle.
    pub fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// To be called before a connection is opened: where there are many, those that were idle the longest go.
    pub fn trim(&self) {
        if let Some(most) = most_descriptors() {
            self.keep(most / SHARE);
        }
    }

    /// The same, where so many are many.
    pub fn keep(&self, most: usize) {
        let now = self.clock.load(Ordering::Relaxed);
        let mut open = lock(&self.open);
        let count = open.connections.len();
        // Where nearly all are in use, to look at them for each new one would be the most costly part of opening it.
        if count < most || now.saturating_sub(open.looked) < (count / BATCH) as u64 {
            return;
        }
        open.looked = now;
        open.dismiss(count + count / BATCH + 1 - most);
    }

    /// Has connections that were idle the longest closed, and waits until one is. False where none was idle.
    pub async fn make(&self) -> bool {
        let mut changed = std::pin::pin!(self.changed.notified());
        changed.as_mut().enable();
        let found = {
            let open = lock(&self.open);
            let count = open.connections.len() / BATCH + 1;
            open.dismiss(count) || open.connections.iter().any(|(_, facts)| facts.is_leaving())
        };
        if found {
            changed.await;
        }
        found
    }
}

impl Open {
    /// Tells as many to go, and whether there were any.
    fn dismiss(&self, count: usize) -> bool {
        let connections = self.connections.iter().map(|(_, facts)| facts);
        let mut idle: Vec<&Arc<Facts>> = connections.filter(|facts| facts.is_idle() && !facts.is_leaving()).collect();
        if count < idle.len() {
            idle.select_nth_unstable_by_key(count, |facts| facts.idle_since());
            idle.truncate(count);
        }
        idle.iter().for_each(|facts| facts.leave());
        !idle.is_empty()
    }
}

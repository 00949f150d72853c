//! How far a batch has come: counters that anyone may read at any moment.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::response::Outcome;

/// The counters of a batch.
#[derive(Debug, Default)]
pub struct Progress {
    in_flight: AtomicUsize,
    waiting: AtomicUsize,
    ok: AtomicUsize,
    refused: AtomicUsize,
    failed: AtomicUsize,
    bytes: AtomicU64,
}

/// The counters at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot {
    /// Items that are being fetched.
    pub in_flight: usize,
    /// Items that wait before they are fetched once more.
    pub waiting: usize,
    /// Items with an answer below 400.
    pub ok: usize,
    /// Items with an answer of 400 or more.
    pub refused: usize,
    /// Items without an answer.
    pub failed: usize,
    /// Bytes of all bodies.
    pub bytes: u64,
}

/// Counts an item while it lives.
#[derive(Debug)]
pub struct Counted<'a>(&'a AtomicUsize);

impl Progress {
    /// Counts an item as in flight.
    pub fn enter(&self) -> Counted<'_> {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Counted(&self.in_flight)
    }

    /// How many items wait before they are fetched once more.
    pub fn set_waiting(&self, count: usize) {
        self.waiting.store(count, Ordering::Relaxed);
    }

    /// Counts what became of an item.
    pub fn count(&self, outcome: &Outcome) {
        let counter = match outcome {
            Ok(response) if response.status.as_u16() < 400 => &self.ok,
            Ok(_) => &self.refused,
            Err(_) => &self.failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts the bytes of a body, whatever is held of it.
    pub fn receive(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Reads them.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            in_flight: self.in_flight.load(Ordering::Relaxed),
            waiting: self.waiting.load(Ordering::Relaxed),
            ok: self.ok.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

//! How far a batch has come: counters that anyone may read at any moment.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::response::Outcome;

/// The counters of a batch.
#[derive(Debug, Default)]
pub struct Progress {
    in_flight: AtomicUsize,
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
    /// Items with an answer below 400.
    pub ok: usize,
    /// Items with an answer of 400 or more.
    pub refused: usize,
    /// Items without an answer.
    pub failed: usize,
    /// Bytes of all bodies.
    pub bytes: u64,
}

/// Counts an item as in flight while it lives.
pub struct InFlight<'a>(&'a Progress);

impl Progress {
    /// Counts an item as in flight.
    pub fn enter(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(self)
    }

    /// Counts what became of an item.
    pub fn count(&self, outcome: &Outcome) {
        let counter = match outcome {
            Ok(response) if response.status.as_u16() < 400 => &self.ok,
            Ok(_) => &self.refused,
            Err(_) => &self.failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        if let Ok(response) = outcome {
            self.bytes.fetch_add(response.body.len() as u64, Ordering::Relaxed);
        }
    }

    /// Reads them.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            in_flight: self.in_flight.load(Ordering::Relaxed),
            ok: self.ok.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

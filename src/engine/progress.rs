//! How far a batch has come: counters that anyone may read at any moment.

use std::collections::BTreeMap;
use std::mem::discriminant;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::error::{Kind, Raised};
use super::process::lock;
use super::response::Outcome;

/// The counters of a batch.
#[derive(Debug, Default)]
pub struct Progress {
    in_flight: AtomicUsize,
    waiting: AtomicUsize,
    ok: AtomicUsize,
    /// By status.
    refused: Mutex<BTreeMap<u16, usize>>,
    /// By kind: there are few, so that a list is searched faster than anything else.
    failed: Mutex<Vec<(Kind, usize)>>,
    bytes: AtomicU64,
}

/// The counters at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Items that are being fetched.
    pub in_flight: usize,
    /// Items that wait before they are fetched once more.
    pub waiting: usize,
    /// Items with an answer below 400.
    pub ok: usize,
    /// Items with an answer of 400 or more, by status.
    pub refused: BTreeMap<u16, usize>,
    /// Items without an answer, by kind.
    pub failed: Vec<(Kind, usize)>,
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
        match outcome.as_ref().map(|response| response.status.as_u16()) {
            Ok(..400) => _ = self.ok.fetch_add(1, Ordering::Relaxed),
            Ok(status) => *lock(&self.refused).entry(status).or_default() += 1,
            Err(error) => {
                let mut failed = lock(&self.failed);
                match failed.iter_mut().find(|(kind, _)| is_alike(kind, &error.kind)) {
                    Some((_, count)) => *count += 1,
                    None => failed.push((name(&error.kind), 1)),
                }
            }
        }
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
            refused: lock(&self.refused).clone(),
            failed: lock(&self.failed).clone(),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }
}

impl Snapshot {
    /// Items with an outcome.
    pub fn done(&self) -> usize {
        self.ok + self.refused.values().sum::<usize>() + self.failed.iter().map(|(_, count)| count).sum::<usize>()
    }
}

/// Do both have the same name?
fn is_alike(one: &Kind, other: &Kind) -> bool {
    match (one, other) {
        (Kind::Raised(one), Kind::Raised(other)) => one.class == other.class,
        _ => discriminant(one) == discriminant(other),
    }
}

/// A kind as one that stands for all of its name: it does not keep what the caller's code raised.
fn name(kind: &Kind) -> Kind {
    match kind {
        Kind::Raised(raised) => Kind::Raised(Raised { class: raised.class.clone(), exception: None }),
        kind => kind.clone(),
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::error::Phase;
    use crate::engine::item::Item;

    #[test]
    fn failures_are_counted_by_kind() {
        let progress = Progress::default();
        let raised = |class: &str| Kind::Raised(Raised { class: class.into(), exception: Some(Arc::new(())) });
        let expired = |reason: &str| Kind::Certificate { reason: reason.into() };
        for kind in [Kind::Dns, expired("old"), Kind::Dns, raised("A"), expired("new"), raised("B"), raised("A")] {
            progress.count(&Item::Url("http://h/".into()).unsent(kind, Phase::Queue, ""));
        }
        let snapshot = progress.snapshot();
        let name = |class: &str| Kind::Raised(Raised { class: class.into(), exception: None });
        assert_eq!(snapshot.failed, [(Kind::Dns, 2), (expired("old"), 2), (name("A"), 2), (name("B"), 1)]);
        assert_eq!((snapshot.done(), snapshot.ok), (7, 0));
    }
}

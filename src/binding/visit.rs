//! Rust frames that run Python, counted, so that the interpreter does not end under them.
//!
//! When the interpreter ends, CPython before 3.14 ends daemon threads where they wait for it, by unwinding their stacks. A Rust
//! frame on such a stack cannot be unwound, and the process aborts. So no frame of the bridge runs Python once the interpreter
//! is leaving, and the interpreter waits for those that do.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::engine::process::epoch;

/// The thread on which the interpreter is leaving, once it is.
static LEAVING: OnceLock<ThreadId> = OnceLock::new();
/// The fork that counts, in the upper half, and the visits under way in it: threads that were not copied do not end theirs.
static VISITS: AtomicU64 = AtomicU64::new(0);

/// A stay in the interpreter.
pub struct Visit(u32);

fn under_way(visits: u64) -> u64 {
    if visits >> 32 == u64::from(epoch()) { visits & u64::from(u32::MAX) } else { 0 }
}

impl Visit {
    /// Begins one; None where the interpreter is leaving.
    pub fn begin() -> Option<Self> {
        let this = u64::from(epoch()) << 32;
        let count = |visits| Some(this | (under_way(visits) + 1));
        // Never fails: the closure always has a next value.
        let _ = VISITS.fetch_update(Ordering::AcqRel, Ordering::Acquire, count);
        let visit = Self(epoch());
        // Looked at after counting: whoever leaves looks in the other order, so one of the two sees the other.
        fence(Ordering::SeqCst);
        LEAVING.get().is_none().then_some(visit)
    }

    /// Begins one for a caller that needs it. Where the interpreter is leaving, its own thread gets an error; any other is about
    /// to end with the process, and until then it waits here, out of everyone's way.
    pub fn demand(py: Python<'_>) -> PyResult<Self> {
        match Self::begin() {
            Some(visit) => Ok(visit),
            None => {
                py.detach(stay_if_left_behind);
                Err(PyRuntimeError::new_err("the interpreter is shutting down"))
            }
        }
    }
}

/// Does not return on a thread that outlives the interpreter: it must not attach to it again. To be called detached.
pub fn stay_if_left_behind() {
    while LEAVING.get().is_some_and(|leaving| *leaving != thread::current().id()) {
        thread::park();
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if self.0 == epoch() {
            VISITS.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Lets no more visits begin, and waits for those under way: no longer than `patience`. To be called detached, since they need
/// the interpreter to end.
pub fn leave(patience: Duration) {
    let _ = LEAVING.set(thread::current().id());
    fence(Ordering::SeqCst);
    let start = Instant::now();
    while under_way(VISITS.load(Ordering::SeqCst)) > 0 && start.elapsed() < patience {
        thread::sleep(Duration::from_millis(1));
    }
}

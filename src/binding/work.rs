//! Work under way on the I/O thread: begun, stopped, answered.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Weak};

use futures_util::future::{AbortHandle, Abortable};
use pyo3::prelude::*;

use super::bridge::{Table, Who};
use super::error;
use super::outbox::{Answer, Key, Outbox};
use super::side::Side;
use super::waiting::{Slot, Waiting};
use crate::engine::caller;
use crate::engine::injection;
use crate::engine::panics::{self, Panic};
use crate::engine::process::ProcessBound;
use crate::engine::runtime;

/// A Rust future whose answer becomes a Python object on the caller's thread.
pub type Work = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// Stops work when dropped.
pub struct Abort {
    /// Bound to its process: in a forked child the work does not exist.
    handle: ProcessBound<AbortHandle>,
    /// Where it asks, until it has an answer.
    side: Option<Arc<Side>>,
}

impl Abort {
    /// There is an answer: whom it asks no longer matters.
    pub fn answered(&mut self) {
        self.side = None;
    }
}

impl Drop for Abort {
    fn drop(&mut self) {
        // The interpreter drops it, and has no use for a panic.
        let _ = panics::catch(|| {
            if let Some(side) = &self.side {
                side.give_up();
            }
            if let Some(handle) = self.handle.get() {
                handle.abort();
            }
            injection::point("abort");
        });
    }
}

/// Work that has begun, for one who waits at a port.
pub struct UnderWay {
    table: Weak<Table>,
    key: Key,
    abort: Abort,
}

impl UnderWay {
    /// Begins work for one who is entered under a key.
    pub fn begin(
        table: &Arc<Table>,
        who: Who,
        side: impl FnOnce(Arc<Outbox>) -> PyResult<Option<Arc<Side>>>,
        work: Work,
        place: usize,
    ) -> PyResult<Self> {
        let (key, outbox) = table.enter(who)?;
        match side(outbox.clone()).and_then(|side| start(work, place, Door::Loop(outbox, key), side)) {
            Ok(abort) => Ok(Self { table: Arc::downgrade(table), key, abort }),
            Err(error) => {
                table.forget(key);
                Err(error)
            }
        }
    }

    /// The answer, where it has come.
    pub fn take(&mut self) -> Option<Answer> {
        let answer = self.table.upgrade()?.take(self.key)?;
        self.abort.answered();
        Some(answer)
    }

    /// The answer has come.
    pub fn answered(&mut self) {
        self.abort.answered();
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(table) = self.table.upgrade() {
            table.forget(self.key);
        }
    }
}

/// Where the answer goes.
pub enum Door {
    Loop(Arc<Outbox>, Key),
    Thread(Arc<Waiting>, Arc<Slot>),
}

impl Door {
    /// Delivers the answer; where that panics, this is what is delivered.
    fn deliver(&self, answer: Answer) {
        if let Err(panic) = panics::catch(|| self.put(answer)) {
            // Twice is no accident: then whoever waits is left to its timeout.
            let _ = panics::catch(|| self.put(internal(panic)));
        }
    }

    fn put(&self, answer: Answer) {
        injection::point("queue");
        match self {
            Self::Loop(outbox, key) => outbox.answer(*key, answer),
            Self::Thread(waiting, slot) => waiting.answer(slot, answer),
        }
    }
}

fn internal(panic: Panic) -> Answer {
    Box::new(move |py, _| Err(error::panicked(py, &panic)))
}

/// Begins work on the I/O thread at this place; what is returned stops it.
pub fn start(work: Work, place: usize, door: Door, side: Option<Arc<Side>>) -> PyResult<Abort> {
    let (handle, registration) = AbortHandle::new_pair();
    let work: Work = match side.clone() {
        Some(side) => Box::pin(caller::scope(side.caller(), work)),
        None => work,
    };
    let job = Box::pin(async move {
        match Abortable::new(panics::caught(work), registration).await {
            Ok(Ok(answer)) => door.deliver(answer),
            Ok(Err(panic)) => door.deliver(internal(panic)),
            Err(_) => {}
        }
    });
    runtime::spawn_at(place, job)?;
    Ok(Abort { handle: ProcessBound::new(handle), side })
}

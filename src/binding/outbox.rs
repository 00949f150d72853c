//! The Rust side of a port: all that the I/O thread sees of an event loop.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pyo3::prelude::*;

use super::wake::Bell;
#[cfg(unix)]
use super::wake::Descriptor;
use crate::engine::injection;
use crate::engine::panics;
use crate::engine::process::{epoch, lock};
use crate::engine::runtime;

/// A finished value that has still to become a Python object, together with what its call carries.
pub type Answer = Box<dyn FnOnce(Python<'_>, Option<Py<PyAny>>) -> PyResult<Py<PyAny>> + Send>;

/// Names a waiter: its place, and a serial number, since places are used again.
pub type Key = (usize, u64);

/// While anything is in flight the loop turns this often. ipykernel does not see an interrupt while its loop sleeps:
/// https://github.com/ipython/ipykernel/issues/881.
const HEARTBEAT: Duration = Duration::from_millis(100);

static WAKES: AtomicU64 = AtomicU64::new(0);
static COMPLETIONS: AtomicU64 = AtomicU64::new(0);

/// What arrives for a loop, and how to wake it.
pub struct Outbox {
    arrived: Mutex<Vec<Message>>,
    wake: Wake,
    waiting: AtomicUsize,
    beating: AtomicBool,
    closed: AtomicBool,
}

/// Something that has arrived for a loop.
pub enum Message {
    /// An answer for whoever waits under this key.
    Answer(Key, Answer),
    /// Something to be run on the loop's thread.
    Run(Box<dyn FnOnce() + Send>),
}

/// How a loop is woken.
pub enum Wake {
    /// It watches this.
    #[cfg(unix)]
    Descriptor(Descriptor),
    /// A thread waits for this, and tells it.
    Bell(Bell),
}

impl Outbox {
    /// An empty one.
    pub fn new(wake: Wake) -> Arc<Self> {
        Arc::new(Self {
            arrived: Mutex::default(),
            wake,
            waiting: AtomicUsize::new(0),
            beating: AtomicBool::new(false),
            closed: AtomicBool::new(false),
        })
    }

    /// Delivers an answer. Whoever no longer waits, or whose loop is closed, gets nothing, silently.
    pub fn answer(self: &Arc<Self>, key: Key, answer: Answer) {
        COMPLETIONS.fetch_add(1, Ordering::Relaxed);
        self.push(Message::Answer(key, answer));
    }

    /// Has something run on the loop's thread, attached to the interpreter.
    pub fn run(self: &Arc<Self>, what: Box<dyn FnOnce() + Send>) {
        self.push(Message::Run(what));
    }

    fn push(self: &Arc<Self>, message: Message) {
        let mut arrived = lock(&self.arrived);
        // Looked at under the lock: what came after the last look would stay for ever.
        if self.closed.load(Ordering::Acquire) {
            drop(arrived);
            return drop(message);
        }
        arrived.push(message);
        let first = arrived.len() == 1;
        drop(arrived);
        // The loop takes all that has arrived at once, so only the first of a burst has to wake it.
        if first {
            self.wake_soon();
        }
    }

    /// Has the loop turn once.
    pub fn turn(self: &Arc<Self>) {
        // What has arrived has woken it.
        if lock(&self.arrived).is_empty() {
            self.wake_soon();
        }
    }

    /// Wakes the loop after all that is ready on the I/O thread has had its turn, so that a burst is as large as it can be.
    fn wake_soon(self: &Arc<Self>) {
        let outbox = self.clone();
        match tokio::runtime::Handle::try_current() {
            Ok(_) => drop(tokio::spawn(async move { outbox.wake() })),
            Err(_) => outbox.wake(),
        }
    }

    fn wake(&self) {
        injection::point("wake");
        WAKES.fetch_add(1, Ordering::Relaxed);
        match &self.wake {
            #[cfg(unix)]
            Wake::Descriptor(descriptor) => descriptor.wake(),
            Wake::Bell(bell) => bell.ring(),
        }
    }

    /// All that has arrived; what comes from now on wakes the loop again.
    pub fn take(&self) -> Vec<Message> {
        #[cfg(unix)]
        if let Wake::Descriptor(descriptor) = &self.wake {
            descriptor.clear();
        }
        std::mem::take(&mut *lock(&self.arrived))
    }

    /// Puts back what could not be delivered, before all that has arrived since.
    pub fn put_back(&self, messages: impl Iterator<Item = Message>) {
        lock(&self.arrived).splice(..0, messages);
        self.wake();
    }

    /// Counts a waiter; while there is one, the loop turns ten times a second.
    pub fn enter(self: &Arc<Self>) {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        self.beat();
    }

    /// A waiter has gone.
    pub fn leave(&self) {
        self.waiting.fetch_sub(1, Ordering::AcqRel);
    }

    /// The bell, where the loop has one.
    pub fn bell(&self) -> Option<&Bell> {
        match &self.wake {
            #[cfg(unix)]
            Wake::Descriptor(_) => None,
            Wake::Bell(bell) => Some(bell),
        }
    }

    fn beat(self: &Arc<Self>) {
        if self.beating.swap(true, Ordering::AcqRel) {
            return;
        }
        // Weak, so that the beat does not keep the descriptor of a closed loop.
        let outbox = Arc::downgrade(self);
        // Without a runtime nothing is in flight either.
        let _ = runtime::spawn(Box::pin(async move {
            loop {
                tokio::time::sleep(HEARTBEAT).await;
                let Some(outbox) = outbox.upgrade() else { return };
                if outbox.waiting.load(Ordering::Acquire) == 0 {
                    outbox.beating.store(false, Ordering::Release);
                    // Someone may have come between the look and the store, and have seen it beating.
                    if outbox.waiting.load(Ordering::Acquire) == 0 || outbox.beating.swap(true, Ordering::AcqRel) {
                        return;
                    }
                }
                // It beats on: what a wake has missed, the next one brings.
                let _ = panics::catch(|| outbox.wake());
            }
        }));
    }

    /// Nobody will take anything any more. A message may hold who sent it, who holds this: left here, they would keep each other.
    pub fn close(&self) {
        let mut arrived = lock(&self.arrived);
        self.closed.store(true, Ordering::Release);
        let left = std::mem::take(&mut *arrived);
        drop(arrived);
        drop(left);
        self.waiting.store(0, Ordering::Release);
        if let Some(bell) = self.bell() {
            bell.end();
        }
    }
}

/// Counts what crossed the bridge in this process: `completions`, and the `wakes` that told event loops of them.
///
/// Examples
/// --------
/// >>> from fastfetch._core import bridge_counters
/// >>> sorted(bridge_counters())
/// ['completions', 'forks', 'wakes']
#[pyfunction]
pub fn bridge_counters() -> HashMap<&'static str, u64> {
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    HashMap::from([("completions", read(&COMPLETIONS)), ("forks", epoch().into()), ("wakes", read(&WAKES))])
}

//! The door between Rust futures and event loops.
//!
//! Each event loop has one port. The I/O thread puts finished answers on the port's outbox and wakes the loop when the outbox
//! was empty: once per burst. The loop drains the whole outbox in one turn, on its own thread, and only there do answers
//! become Python objects. No Python object crosses to the I/O thread, and the I/O thread never attaches to the interpreter;
//! that is why it is fast, and why exit, fork and closed loops are safe.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use pyo3::PyTraverseError;
use pyo3::exceptions::{PyAttributeError, PyNotImplementedError, PyRuntimeError};
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyWeakrefReference};
use slab::Slab;

use super::names::{Name, intern};
use super::outbox::{Answer, Key, Message, Outbox, Wake};
use super::visit::{self, Visit};
use super::wake::Bell;
#[cfg(unix)]
use super::wake::Descriptor;
use crate::engine::panics;
use crate::engine::process::{ProcessBound, lock};
use crate::engine::runtime;

/// The Python side of a port. The loop owns it, as the callback of the descriptor it watches; a closed loop drops it.
#[pyclass(frozen, weakref, module = "fastfetch._core")]
pub struct Port {
    outbox: ProcessBound<Arc<Outbox>>,
    event_loop: Py<PyAny>,
    create_future: Py<PyAny>,
    waiters: Mutex<Waiters>,
}

#[derive(Default)]
struct Waiters {
    places: Slab<Waiter>,
    serial: u64,
}

struct Waiter {
    serial: u64,
    future: Py<PyAny>,
    answer: Option<Answer>,
}

impl Port {
    /// The port of the loop that runs on this thread.
    pub fn of_running_loop(py: Python<'_>) -> PyResult<Py<Self>> {
        let running = demand_loop(py)?;
        match Self::carried_by(&running)? {
            Some(port) => Ok(port),
            None => Self::open(&running),
        }
    }

    /// The port that a loop carries: as a weak reference where the loop owns the port through the descriptor it watches, so that
    /// closing the loop ends the port; else the port itself.
    fn carried_by(event_loop: &Bound<'_, PyAny>) -> PyResult<Option<Py<Self>>> {
        let Some(carried) = event_loop.getattr_opt(carried_name(event_loop.py()))? else { return Ok(None) };
        let port = match carried.cast::<PyWeakrefReference>() {
            Ok(weak) => weak.upgrade_as::<Self>()?.map(Bound::unbind),
            Err(_) => carried.cast::<Self>().ok().map(|port| port.clone().unbind()),
        };
        Ok(port.filter(|port| port.get().outbox.get().is_some()))
    }

    fn open(event_loop: &Bound<'_, PyAny>) -> PyResult<Py<Self>> {
        let py = event_loop.py();
        if imported(py, "IPython")? {
            py.import(intern!(py, "fastfetch._ipython"))?.call_method1(intern!(py, "watch"), (event_loop,))?;
        }
        let carried = carried_name(py);
        if let Some(port) = Self::open_watched(event_loop)? {
            event_loop.setattr(carried, PyWeakrefReference::new(port.bind(py))?)?;
            return Ok(port);
        }
        let port = Self::open_with_herald(event_loop)?;
        event_loop.setattr(carried, &port)?;
        Ok(port)
    }

    fn new(event_loop: &Bound<'_, PyAny>, wake: Wake) -> PyResult<Py<Self>> {
        let port = Self {
            outbox: ProcessBound::new(Outbox::new(wake)),
            event_loop: event_loop.clone().unbind(),
            create_future: event_loop.getattr(intern!(event_loop.py(), "create_future"))?.unbind(),
            waiters: Mutex::default(),
        };
        Py::new(event_loop.py(), port)
    }

    #[cfg(unix)]
    fn open_watched(event_loop: &Bound<'_, PyAny>) -> PyResult<Option<Py<Self>>> {
        let py = event_loop.py();
        let descriptor = Descriptor::new()?;
        let fileno = descriptor.fileno();
        let port = Self::new(event_loop, Wake::Descriptor(descriptor))?;
        match event_loop.call_method1(intern!(py, "add_reader"), (fileno, &port)) {
            Ok(_) => Ok(Some(port)),
            Err(error) if error.is_instance_of::<PyNotImplementedError>(py) => Ok(None),
            Err(error) if error.is_instance_of::<PyAttributeError>(py) => Ok(None),
            Err(error) => Err(error),
        }
    }

    #[cfg(not(unix))]
    fn open_watched(_: &Bound<'_, PyAny>) -> PyResult<Option<Py<Self>>> {
        Ok(None)
    }

    /// For loops that watch no descriptors (Windows' default one, some of other people's making): a thread of the loop's own
    /// that does nothing but ring. It touches the interpreter, so it cannot be the I/O thread.
    fn open_with_herald(event_loop: &Bound<'_, PyAny>) -> PyResult<Py<Self>> {
        let py = event_loop.py();
        let port = Self::new(event_loop, Wake::Bell(Bell::default()))?;
        let Some(outbox) = port.get().outbox.get().cloned() else { return Ok(port) };
        let weak = PyWeakrefReference::new(port.bind(py))?.unbind();
        std::thread::Builder::new().name("fastfetch-herald".into()).spawn(move || {
            let Some(bell) = outbox.bell() else { return };
            let mut weak = Some(weak);
            while bell.wait() {
                let rung = Python::try_attach(|py| {
                    let Some(Ok(Some(port))) = weak.as_ref().map(|weak| weak.bind(py).upgrade_as::<Self>()) else { return };
                    let Some(_visit) = Visit::begin() else { return };
                    let event_loop = port.get().event_loop.bind(py);
                    let refused = event_loop.call_method1(intern!(py, "call_soon_threadsafe"), (&port,)).is_err();
                    if refused
                        && event_loop
                            .call_method0(intern!(py, "is_closed"))
                            .is_ok_and(|closed| closed.is_truthy().unwrap_or(true))
                    {
                        port.get().end(py);
                    }
                });
                if rung.is_none() {
                    // The interpreter is going: what refers to it is left to it.
                    std::mem::forget(weak.take());
                    return;
                }
            }
            let dropped = Python::try_attach(|_| drop(weak.take()));
            if dropped.is_none() {
                std::mem::forget(weak);
            }
        })?;
        Ok(port)
    }

    /// Ends the port of a closed loop that owns it. Nobody waits there any more, but a task that waits for ever owns the loop, and
    /// may itself be owned by a request in flight.
    fn end(&self, py: Python<'_>) {
        let _ = self.event_loop.bind(py).delattr(carried_name(py));
        if let Some(outbox) = self.outbox.get() {
            outbox.close();
        }
        self.__clear__();
    }

    /// What the I/O thread sees of the loop.
    pub fn outbox(&self) -> PyResult<&Arc<Outbox>> {
        self.outbox.get().ok_or_else(|| PyRuntimeError::new_err("this event loop was inherited through a fork"))
    }

    /// Enters a waiter: its key, and the asyncio future that is done once its answer is there.
    pub fn enter<'py>(&self, py: Python<'py>) -> PyResult<(Key, Arc<Outbox>, Bound<'py, PyAny>)> {
        let outbox = self.outbox()?;
        let future = self.create_future.bind(py).call0()?;
        let mut waiters = lock(&self.waiters);
        waiters.serial += 1;
        let serial = waiters.serial;
        let place = waiters.places.insert(Waiter { serial, future: future.clone().unbind(), answer: None });
        drop(waiters);
        outbox.enter();
        Ok(((place, serial), outbox.clone(), future))
    }

    /// Takes a waiter's answer and forgets the waiter; `None` where no answer has come, and the waiter stays.
    pub fn take(&self, key: Key) -> Option<Answer> {
        let answered = lock(&self.waiters).places.get(key.0).is_some_and(|w| w.serial == key.1 && w.answer.is_some());
        if answered { self.leave(key)?.answer } else { None }
    }

    /// Forgets a waiter.
    pub fn forget(&self, key: Key) {
        drop(self.leave(key));
    }

    fn leave(&self, (place, serial): Key) -> Option<Waiter> {
        let mut waiters = lock(&self.waiters);
        if waiters.places.get(place).is_none_or(|waiter| waiter.serial != serial) {
            return None;
        }
        let waiter = waiters.places.try_remove(place);
        drop(waiters);
        if let Some(outbox) = self.outbox.get() {
            outbox.leave();
        }
        waiter
    }

    fn deliver(&self, py: Python<'_>, message: Message) -> PyResult<()> {
        let (key, answer) = match message {
            Message::Answer(key, answer) => (key, answer),
            Message::Run(what) => {
                what();
                return Ok(());
            }
        };
        let Some(future) = self.answer(py, key, answer) else { return Ok(()) };
        let future = future.bind(py);
        // A cancelled future is done already; its task is about to drop the call.
        if !future.call_method0(intern!(py, "done"))?.is_truthy()? {
            future.call_method1(intern!(py, "set_result"), (py.None(),))?;
        }
        Ok(())
    }

    /// Puts an answer before its waiter; the future to finish, where somebody still waits.
    fn answer(&self, py: Python<'_>, (place, serial): Key, answer: Answer) -> Option<Py<PyAny>> {
        let mut waiters = lock(&self.waiters);
        let waiter = waiters.places.get_mut(place).filter(|waiter| waiter.serial == serial)?;
        waiter.answer = Some(answer);
        Some(waiter.future.clone_ref(py))
    }
}

#[pymethods]
impl Port {
    /// Finishes the futures of all answers that have come. Called by the loop.
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        let Some(outbox) = self.outbox.get() else { return Ok(()) };
        let Some(_visit) = Visit::begin() else { return Ok(()) };
        let mut arrived = outbox.take().into_iter();
        while let Some(message) = arrived.next() {
            // A panic is told by its hook; what is left is delivered all the same.
            if let Ok(Err(error)) = panics::catch(|| self.deliver(py, message)) {
                // An interrupt in the middle of it: what is left comes in the next turn.
                outbox.put_back(arrived);
                return Err(error);
            }
        }
        Ok(())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.event_loop)?;
        visit.call(&self.create_future)?;
        // Held by another thread only in the instant of a change; the collector comes again.
        if let Ok(waiters) = self.waiters.try_lock() {
            for (_, waiter) in &waiters.places {
                visit.call(&waiter.future)?;
            }
        }
        Ok(())
    }

    fn __clear__(&self) {
        let places = std::mem::take(&mut lock(&self.waiters).places);
        drop(places);
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        if let Some(outbox) = self.outbox.get() {
            outbox.close();
        }
    }
}

/// The event loop that runs on this thread. Where nobody has imported asyncio, none does.
pub fn running_loop(py: Python<'_>) -> PyResult<Option<Bound<'_, PyAny>>> {
    const MODULE: &str = "asyncio.events";
    static RUNNING: Name = Name::of(MODULE, "_get_running_loop");
    if !RUNNING.is_known() && !imported(py, MODULE)? {
        return Ok(None);
    }
    let running = RUNNING.get(py)?.call0()?;
    Ok((!running.is_none()).then_some(running))
}

/// The event loop that runs on this thread; where none does, an error that says what to do.
pub fn demand_loop(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    const HINT: &str = "no running asyncio event loop: use `await` inside an async function started with asyncio.run(...)";
    running_loop(py)?.ok_or_else(|| PyRuntimeError::new_err(HINT))
}

/// Has somebody imported this module?
fn imported(py: Python<'_>, module: &str) -> PyResult<bool> {
    py.import(intern!(py, "sys"))?.getattr(intern!(py, "modules"))?.contains(module)
}

/// The attribute under which a loop carries its port.
fn carried_name(py: Python<'_>) -> &Bound<'_, PyString> {
    intern!(py, "_fastfetch_port")
}

/// Ends the I/O thread and waits for it, no longer than a second. The interpreter calls it when it exits.
#[pyfunction]
pub fn shutdown(py: Python<'_>) {
    const PATIENCE: Duration = Duration::from_millis(500);
    py.detach(|| {
        visit::leave(PATIENCE);
        runtime::shutdown(PATIENCE);
    });
}

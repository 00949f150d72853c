//! The door between Rust futures and event loops.
//!
//! Each event loop has one port. The I/O thread puts finished answers on the port's outbox and wakes the loop when the outbox
//! was empty: once per burst. The loop drains the whole outbox in one turn, on its own thread, and only there do answers
//! become Python objects. The I/O thread touches no Python object (it reads the bytes of those that are lent to it, see `lent`)
//! and never attaches to the interpreter; that is why it is fast, and why exit, fork and closed loops are safe.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use pyo3::PyTraverseError;
use pyo3::exceptions::{PyAttributeError, PyBaseException, PyNotImplementedError, PyRuntimeError};
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyWeakrefReference};
use slab::Slab;

use super::call::Call;
use super::lent;
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
    event_loop: Py<PyAny>,
    create_future: Py<PyAny>,
    table: Arc<Table>,
}

/// Who waits at a port. It goes with the port, and those who wait know it by a weak reference, so that a loop that was closed
/// takes with it what is under way.
pub struct Table {
    outbox: ProcessBound<Arc<Outbox>>,
    waiters: Mutex<Waiters>,
}

#[derive(Default)]
struct Waiters {
    places: Slab<Place>,
    serial: u64,
}

struct Place {
    serial: u64,
    who: Who,
    answer: Option<Answer>,
}

/// Who is told that an answer has come.
pub enum Who {
    /// A task that awaits a call, by the asyncio future that it waits for; it takes the answer itself.
    Task(Py<PyAny>),
    /// A call that the loop took for a future.
    Call(Py<Call>),
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
        Ok(port.filter(|port| port.get().table.outbox.get().is_some()))
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
        let outbox = Outbox::new(wake);
        lent::tell(&outbox);
        let port = Self {
            event_loop: event_loop.clone().unbind(),
            create_future: event_loop.getattr(intern!(event_loop.py(), "create_future"))?.unbind(),
            table: Arc::new(Table { outbox: ProcessBound::new(outbox), waiters: Mutex::default() }),
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
        let Some(outbox) = port.get().table.outbox.get().cloned() else { return Ok(port) };
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
        if let Some(outbox) = self.table.outbox.get() {
            outbox.close();
        }
        self.__clear__();
    }

    /// The loop.
    pub fn event_loop(&self) -> &Py<PyAny> {
        &self.event_loop
    }

    /// A future for a task to wait for.
    pub fn future<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.create_future.bind(py).call0()
    }

    /// Who waits here.
    pub fn table(&self) -> &Arc<Table> {
        &self.table
    }

    /// What the I/O thread sees of the loop.
    pub fn outbox(&self) -> PyResult<&Arc<Outbox>> {
        self.table.outbox()
    }

    fn deliver(&self, py: Python<'_>, message: Message) -> PyResult<()> {
        let (key, answer) = match message {
            Message::Answer(key, answer) => (key, answer),
            Message::Run(what) => {
                what();
                return Ok(());
            }
        };
        let Some(who) = self.table.who(py, key) else { return Ok(()) };
        match who {
            Who::Task(future) => {
                self.table.answer(key, answer);
                let future = future.bind(py);
                // A cancelled future is done already; its task is about to drop the call.
                if !future.call_method0(intern!(py, "done"))?.is_truthy()? {
                    future.call_method1(intern!(py, "set_result"), (py.None(),))?;
                }
                Ok(())
            }
            Who::Call(call) => {
                self.table.forget(key);
                Call::end(call.bind(py), answer)
            }
        }
    }
}

impl Table {
    /// What the I/O thread sees of the loop.
    pub fn outbox(&self) -> PyResult<&Arc<Outbox>> {
        self.outbox.get().ok_or_else(|| PyRuntimeError::new_err("this event loop was inherited through a fork"))
    }

    /// Enters one who waits: its key, by which the I/O thread names it.
    pub fn enter(&self, who: Who) -> PyResult<(Key, Arc<Outbox>)> {
        let outbox = self.outbox()?;
        let mut waiters = lock(&self.waiters);
        waiters.serial += 1;
        let serial = waiters.serial;
        let place = waiters.places.insert(Place { serial, who, answer: None });
        drop(waiters);
        outbox.enter();
        Ok(((place, serial), outbox.clone()))
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

    fn leave(&self, (place, serial): Key) -> Option<Place> {
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

    /// Puts an answer before one who waits.
    fn answer(&self, (place, serial): Key, answer: Answer) {
        let mut waiters = lock(&self.waiters);
        if let Some(place) = waiters.places.get_mut(place).filter(|place| place.serial == serial) {
            place.answer = Some(answer);
        }
    }

    /// Who waits under this key, if anyone still does.
    fn who(&self, py: Python<'_>, (place, serial): Key) -> Option<Who> {
        let waiters = lock(&self.waiters);
        let place = waiters.places.get(place).filter(|place| place.serial == serial)?;
        Some(match &place.who {
            Who::Task(future) => Who::Task(future.clone_ref(py)),
            Who::Call(call) => Who::Call(call.clone_ref(py)),
        })
    }
}

#[pymethods]
impl Port {
    /// Finishes the futures of all answers that have come. Called by the loop.
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        let Some(outbox) = self.table.outbox.get() else { return Ok(()) };
        let Some(_visit) = Visit::begin() else { return Ok(()) };
        let mut arrived = outbox.take().into_iter();
        // In this order: what comes back is told of only where nothing has arrived that is still to be taken.
        lent::settle(py);
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
        if let Ok(waiters) = self.table.waiters.try_lock() {
            for (_, place) in &waiters.places {
                match &place.who {
                    Who::Task(future) => visit.call(future)?,
                    Who::Call(call) => visit.call(call)?,
                }
            }
        }
        Ok(())
    }

    fn __clear__(&self) {
        let places = std::mem::take(&mut lock(&self.table.waiters).places);
        drop(places);
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        if let Some(outbox) = self.table.outbox.get() {
            outbox.close();
        }
    }
}

/// Has a loop call a function in its next turn, in a context.
pub fn soon(
    event_loop: &Bound<'_, PyAny>,
    function: &Py<PyAny>,
    argument: &Bound<'_, PyAny>,
    context: &Py<PyAny>,
) -> PyResult<()> {
    let py = event_loop.py();
    let named = PyDict::new(py);
    named.set_item(intern!(py, "context"), context)?;
    event_loop.getattr(intern!(py, "call_soon"))?.call((function, argument), Some(&named)).map(drop)
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

/// Tells a loop of what was raised where nobody will see it.
pub fn unretrieved(event_loop: &Bound<'_, PyAny>, error: &Bound<'_, PyBaseException>) -> PyResult<()> {
    let py = event_loop.py();
    let told = PyDict::new(py);
    told.set_item("message", "Future exception was never retrieved")?;
    told.set_item("exception", error)?;
    event_loop.call_method1(intern!(py, "call_exception_handler"), (told,)).map(drop)
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
    lent::settle(py);
}

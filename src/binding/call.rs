//! A call: one Rust future that Python finishes in either colour, `await call` or `call.wait()`.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{AbortHandle, Abortable};
use pyo3::exceptions::{PyOverflowError, PyRuntimeError, PyStopIteration, PyTypeError, PyValueError};
use pyo3::gc::PyVisit;
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyTypeInfo};

use super::blocking;
use super::bridge::{Port, demand_loop};
use super::error;
use super::names::intern;
use super::outbox::{Answer, Key, Outbox};
use super::side::{Place, Side};
use super::visit::Visit;
use super::waiting::{Slot, Waiting};
use crate::engine::caller;
use crate::engine::error::Error;
use crate::engine::injection;
use crate::engine::panics::{self, Panic};
use crate::engine::process::{ProcessBound, lock};
use crate::engine::runtime;

type Work = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// Work for the I/O thread, begun when it is first awaited and stopped when it is dropped.
///
/// Dropping is the only way to stop it, so that nothing is forgotten: a cancelled task drops the coroutine's frame, the frame
/// drops the call, and the call drops the Rust future.
#[pyclass(frozen, module = "fastfetch._core")]
pub struct Call {
    state: Mutex<State>,
    /// What the caller gave along for the answer. It stays on this side of the bridge.
    carried: Option<Py<PyAny>>,
    /// Code of the caller's may be called meanwhile.
    asks: bool,
    /// The place of the I/O thread that works.
    place: usize,
    /// Where a thread waits for this call and for others, whose questions are answered meanwhile.
    waiting: Option<Arc<Waiting>>,
}

enum State {
    Fresh(Work),
    /// `sleep(0)`: lets the loop turn once.
    Yield,
    Yielded,
    Awaited(Awaited),
    Done,
}

struct Awaited {
    port: Py<Port>,
    key: Key,
    abort: Abort,
}

/// Stops work when dropped.
struct Abort {
    /// Bound to its process: in a forked child the work does not exist.
    handle: ProcessBound<AbortHandle>,
    /// Where it asks, until it has an answer.
    side: Option<Arc<Side>>,
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

/// Where the answer goes.
enum Door {
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

fn start(work: Work, place: usize, door: Door, side: Option<Arc<Side>>) -> PyResult<Abort> {
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

impl Call {
    /// A call whose answer is made on the I/O thread and becomes a Python object on the caller's.
    pub fn new(work: impl Future<Output = Answer> + Send + 'static) -> Self {
        Self::of(State::Fresh(Box::pin(work)))
    }

    fn of(state: State) -> Self {
        Self { state: Mutex::new(state), carried: None, asks: false, place: 0, waiting: None }
    }

    /// A call that ends with the work and has no answer but None.
    pub fn until(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self::new(async move {
            work.await;
            Box::new(|py: Python<'_>, _| Ok(py.None())) as Answer
        })
    }

    /// A call that ends with the work, and raises what came in its way.
    pub fn trying(work: impl Future<Output = Result<(), Box<Error>>> + Send + 'static) -> Self {
        Self::new(async move {
            let ended = work.await;
            Box::new(move |py: Python<'_>, _| ended.map(|()| py.None()).map_err(|error| error::raise(py, &error))) as Answer
        })
    }

    /// The call, carrying something for its answer.
    pub fn carrying(self, carried: Option<Py<PyAny>>) -> Self {
        Self { carried, ..self }
    }

    /// The call, during which code of the caller's may be called.
    pub fn asking(self, asks: bool) -> Self {
        Self { asks, ..self }
    }

    /// The call, with its work on the I/O thread at this place.
    pub fn on(self, place: usize) -> Self {
        Self { place, ..self }
    }

    /// The call, waited for where others are waited for too.
    pub fn at(self, waiting: Arc<Waiting>) -> Self {
        Self { waiting: Some(waiting), ..self }
    }

    fn side(&self, py: Python<'_>, place: impl FnOnce() -> Place) -> PyResult<Option<Arc<Side>>> {
        if self.asks || Side::is_within(py)? { Side::here(py, place()).map(Some) } else { Ok(None) }
    }

    fn finish(&self, py: Python<'_>, answer: Answer) -> PyResult<Py<PyAny>> {
        error::guarded(py, || {
            injection::point("answer");
            answer(py, self.carried.as_ref().map(|carried| carried.clone_ref(py)))
        })
    }

    fn replace(&self, state: State) -> State {
        std::mem::replace(&mut *lock(&self.state), state)
    }
}

#[pymethods]
impl Call {
    fn __await__(slf: Bound<'_, Self>) -> Generator<'_> {
        Generator(slf)
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        if blocking::here(py)? {
            return Err(PyStopIteration::new_err((self.wait(py)?,)));
        }
        let _visit = Visit::demand(py)?;
        match self.replace(State::Done) {
            State::Fresh(work) => {
                let port = Port::of_running_loop(py)?;
                let (key, outbox, future) = port.get().enter(py)?;
                let side = self.side(py, || Place::Loop(outbox.clone()))?;
                match start(work, self.place, Door::Loop(outbox, key), side) {
                    Ok(abort) => drop(self.replace(State::Awaited(Awaited { port, key, abort }))),
                    Err(error) => {
                        port.get().forget(key);
                        return Err(error);
                    }
                }
                // asyncio's sign that a future is awaited and not just returned.
                future.setattr(intern!(py, "_asyncio_future_blocking"), true)?;
                Ok(future.unbind())
            }
            State::Yield => {
                // Other loops understand other signs than None, and would not say who gave them this one.
                demand_loop(py)?;
                drop(self.replace(State::Yielded));
                Ok(py.None())
            }
            State::Yielded => Err(PyStopIteration::new_err((py.None(),))),
            State::Awaited(mut awaited) => match awaited.port.get().take(awaited.key) {
                Some(answer) => {
                    awaited.abort.side = None;
                    Err(PyStopIteration::new_err((self.finish(py, answer)?,)))
                }
                None => {
                    drop(self.replace(State::Awaited(awaited)));
                    Err(PyRuntimeError::new_err("await wasn't used with future"))
                }
            },
            State::Done => Err(PyRuntimeError::new_err("this call was awaited already")),
        }
    }

    /// Waits without an event loop, letting other threads run; Ctrl-C is seen within 50 ms.
    fn wait(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let work = match self.replace(State::Done) {
            State::Fresh(work) => work,
            State::Yield => return Ok(py.None()),
            State::Yielded | State::Awaited(_) | State::Done => {
                return Err(PyRuntimeError::new_err("this call was awaited already"));
            }
        };
        drop(Visit::demand(py)?);
        let waiting = self.waiting.clone().unwrap_or_default();
        let _own = self.waiting.is_none().then(|| waiting.closing());
        let slot = Arc::<Slot>::default();
        let side = self.side(py, || Place::Thread(waiting.clone()))?;
        let mut abort = start(work, self.place, Door::Thread(waiting.clone(), slot.clone()), side)?;
        let answer = waiting.wait(py, &slot)?;
        abort.side = None;
        self.finish(py, answer)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(carried) = &self.carried {
            visit.call(carried)?;
        }
        match self.state.try_lock().as_deref() {
            Ok(State::Awaited(Awaited { port, .. })) => visit.call(port),
            _ => Ok(()),
        }
    }

    fn __clear__(&self) {
        drop(self.replace(State::Done));
    }
}

/// A call as what `__await__` is declared to return; as a generator it only iterates, which is all that an await needs.
struct Generator<'py>(Bound<'py, Call>);

impl<'py> IntoPyObject<'py> for Generator<'py> {
    type Target = Call;
    type Output = Bound<'py, Call>;
    type Error = Infallible;
    const OUTPUT_TYPE: PyStaticExpr = PyStaticExpr::Subscript {
        value: &PyStaticExpr::Attribute { value: &PyStaticExpr::Name { id: "collections.abc" }, attr: "Generator" },
        slice: &PyStaticExpr::Tuple { elts: &[PyAny::TYPE_HINT, PyAny::TYPE_HINT, PyAny::TYPE_HINT] },
    };

    fn into_pyobject(self, _: Python<'py>) -> Result<Self::Output, Self::Error> {
        Ok(self.0)
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        self.port.get().forget(self.key);
    }
}

/// A timer on the I/O thread.
///
/// Parameters
/// ----------
/// delay
///     Seconds. Zero and less lets the event loop turn once.
///
/// Raises
/// ------
/// ValueError
///     Where the delay is NaN.
#[pyfunction]
pub fn sleep(delay: &Bound<'_, PyAny>) -> PyResult<Call> {
    let py = delay.py();
    let seconds: f64 = match delay.extract() {
        Ok(seconds) => seconds,
        // An int beyond floats is still a number: for ever, or not at all.
        Err(error) if error.is_instance_of::<PyOverflowError>(py) => {
            if delay.gt(0)? {
                f64::INFINITY
            } else {
                0.0
            }
        }
        Err(error) if error.is_instance_of::<PyTypeError>(py) => {
            let given = delay.get_type().name()?;
            return Err(PyTypeError::new_err(format!("delay: expected a number of seconds, got {given}")));
        }
        Err(error) => return Err(error),
    };
    if seconds.is_nan() {
        return Err(PyValueError::new_err("delay: expected a number of seconds, got NaN"));
    }
    if seconds <= 0.0 {
        return Ok(Call::of(State::Yield));
    }
    let duration = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    Ok(Call::until(async move { tokio::time::sleep(duration).await }))
}

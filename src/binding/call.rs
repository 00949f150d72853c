//! A call: one Rust future that Python finishes in either colour, `await call` or `call.wait()`.

use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock};

use pyo3::PyTraverseError;
use pyo3::exceptions::{PyBaseException, PyRuntimeError, PyStopIteration};
use pyo3::gc::PyVisit;
use pyo3::prelude::*;

use super::blocking;
use super::bridge::{Port, Who, demand_loop};
use super::error;
use super::future::{Outcome, Promise};
use super::names::intern;
use super::outbox::Answer;
use super::pledge::Pledge;
use super::shapes::Generator;
use super::side::{Place, Side};
use super::visit::Visit;
use super::waiting::{Slot, Waiting};
use super::work::{Door, UnderWay, Work, start};
use crate::engine::error::Error;
use crate::engine::injection;
use crate::engine::process::lock;

/// Work for the I/O thread: a coroutine, and a future from the moment that an event loop takes it for one.
///
/// As a coroutine it begins when it is first awaited, and dropping it is the way to stop it, so that nothing is forgotten: a
/// cancelled task drops the coroutine's frame, the frame drops the call, and the call drops the Rust future. As a future it
/// begins when it is taken, its loop keeps it until it has ended, and `cancel` stops it.
#[pyclass(frozen, weakref, module = "fastfetch._core")]
pub struct Call {
    pub(super) state: Mutex<State>,
    /// What it is as a future.
    pub(super) pledge: OnceLock<Pledge>,
    /// The coroutine function that it stands for, where it is one of the public ones.
    pub(super) name: Option<&'static str>,
    /// What the caller gave along for the answer. It stays on this side of the bridge.
    carried: Option<Py<PyAny>>,
    /// Code of the caller's may be called meanwhile.
    pub(super) asks: bool,
    /// The place of the I/O thread that works.
    pub(super) place: usize,
    /// Where a thread waits for this call and for others, whose questions are answered meanwhile.
    waiting: Option<Arc<Waiting>>,
}

/// How far it is, as a coroutine.
pub(super) enum State {
    Fresh(Work),
    /// There is nothing to wait for.
    Ready(Answer),
    /// `sleep(0)`: lets the loop turn once.
    Yield,
    Yielded,
    Awaited(UnderWay),
    Done,
}

impl Call {
    fn of(state: State) -> Self {
        Self {
            state: Mutex::new(state),
            pledge: OnceLock::new(),
            name: None,
            carried: None,
            asks: false,
            place: 0,
            waiting: None,
        }
    }

    /// A call whose answer is made on the I/O thread and becomes a Python object on the caller's.
    pub fn new(work: impl Future<Output = Answer> + Send + 'static) -> Self {
        Self::of(State::Fresh(Box::pin(work)))
    }

    /// A call that lets the loop turn once.
    pub fn turn() -> Self {
        Self::of(State::Yield)
    }

    /// A call that raises when it is awaited.
    pub fn failing(error: PyErr) -> Self {
        Self::of(State::Ready(Box::new(|_, _| Err(error))))
    }

    /// A call that ends with the work; what it carries is its answer.
    pub fn until(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self::new(async move {
            work.await;
            Box::new(|py: Python<'_>, carried: Option<Py<PyAny>>| Ok(carried.unwrap_or_else(|| py.None()))) as Answer
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
        self.with(|call| call.carried = carried)
    }

    /// The call, during which code of the caller's may be called.
    pub fn asking(self, asks: bool) -> Self {
        self.with(|call| call.asks = asks)
    }

    /// The call, with its work on the I/O thread at this place.
    pub fn on(self, place: usize) -> Self {
        self.with(|call| call.place = place)
    }

    /// The call, waited for where others are waited for too.
    pub fn at(self, waiting: Arc<Waiting>) -> Self {
        self.with(|call| call.waiting = Some(waiting))
    }

    /// The call of a public function; it is told where it is never awaited.
    pub fn named(self, name: &'static str) -> Self {
        self.with(|call| call.name = Some(name))
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(super) fn side(&self, py: Python<'_>, place: impl FnOnce() -> Place) -> PyResult<Option<Arc<Side>>> {
        if self.asks || Side::is_within(py)? { Side::here(py, place()).map(Some) } else { Ok(None) }
    }

    pub(super) fn finish(&self, py: Python<'_>, answer: Answer) -> PyResult<Py<PyAny>> {
        error::guarded(py, || {
            injection::point("answer");
            answer(py, self.carried(py))
        })
    }

    pub(super) fn carried(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.carried.as_ref().map(|carried| carried.clone_ref(py))
    }

    pub(super) fn replace(&self, state: State) -> State {
        std::mem::replace(&mut *lock(&self.state), state)
    }
}

#[pymethods]
impl Call {
    fn __await__(slf: Bound<'_, Self>) -> Generator<'_> {
        Generator(slf)
    }

    fn __next__(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        let (py, call) = (slf.py(), slf.get());
        if let Some(promise) = call.pledged() {
            if promise.outcome().is_some() {
                return Err(PyStopIteration::new_err((promise.result(py)?,)));
            }
            promise.set_blocking(true);
            return Ok(slf.clone().into_any().unbind());
        }
        if blocking::here(py)? {
            return Err(PyStopIteration::new_err((call.wait(py)?,)));
        }
        let _visit = Visit::demand(py)?;
        match call.replace(State::Done) {
            State::Fresh(work) => {
                let port = Port::of_running_loop(py)?;
                let future = port.get().future(py)?;
                let under_way = call.begin(py, port.get(), work, Who::Task(future.clone().unbind()))?;
                drop(call.replace(State::Awaited(under_way)));
                // asyncio's sign that a future is awaited and not just returned.
                future.setattr(intern!(py, "_asyncio_future_blocking"), true)?;
                Ok(future.unbind())
            }
            State::Ready(answer) => Err(PyStopIteration::new_err((call.finish(py, answer)?,))),
            State::Yield => {
                // Other loops understand other signs than None, and would not say who gave them this one.
                demand_loop(py)?;
                drop(call.replace(State::Yielded));
                Ok(py.None())
            }
            State::Yielded => Err(PyStopIteration::new_err((call.carried(py).unwrap_or_else(|| py.None()),))),
            State::Awaited(mut under_way) => match under_way.take() {
                Some(answer) => Err(PyStopIteration::new_err((call.finish(py, answer)?,))),
                None => {
                    drop(call.replace(State::Awaited(under_way)));
                    Err(PyRuntimeError::new_err("await wasn't used with future"))
                }
            },
            State::Done => Err(PyRuntimeError::new_err("this call was awaited already")),
        }
    }

    /// As a coroutine's: takes a step.
    #[pyo3(signature = (value, /))]
    fn send(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let _ = value;
        Self::__next__(slf)
    }

    /// As a coroutine's: raises at the place where it waits, which ends it.
    #[pyo3(signature = (kind, value = None, traceback = None, /))]
    fn throw(
        &self,
        kind: Bound<'_, PyAny>,
        value: Option<Bound<'_, PyAny>>,
        traceback: Option<Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        self.close();
        let error = match value {
            Some(value) if value.is_instance_of::<PyBaseException>() => value,
            Some(value) => kind.call1((value,))?,
            None => kind,
        };
        if let Some(traceback) = traceback {
            error.setattr("__traceback__", traceback)?;
        }
        Err(PyErr::from_value(error))
    }

    /// As a coroutine's: ends it.
    fn close(&self) {
        drop(self.replace(State::Done));
    }

    #[getter]
    fn __name__(&self) -> &'static str {
        let name = self.__qualname__();
        name.rsplit_once('.').map_or(name, |(_, last)| last)
    }

    #[getter]
    fn __qualname__(&self) -> &'static str {
        self.name.unwrap_or("Call")
    }

    fn __repr__(slf: &Bound<'_, Self>) -> String {
        format!("<coroutine object {} at {:p}>", slf.get().__qualname__(), slf.as_ptr())
    }

    /// By this asyncio tells futures from coroutines. Where a loop runs, whoever asks is about to wait for it as a future.
    #[getter(_asyncio_future_blocking)]
    fn blocking(slf: &Bound<'_, Self>) -> PyResult<Option<bool>> {
        Ok(Self::pledge(slf)?.map(|pledge| pledge.promise.blocking()))
    }

    #[setter(_asyncio_future_blocking)]
    fn set_blocking(slf: &Bound<'_, Self>, blocking: bool) -> PyResult<()> {
        Self::promise(slf)?.set_blocking(blocking);
        Ok(())
    }

    #[getter(_cancel_message)]
    fn message(&self) -> Option<&Py<PyAny>> {
        self.pledged()?.message()
    }

    fn _make_cancelled_error<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::promise(slf)?.cancellation(slf.py())
    }

    fn get_loop(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        Ok(Self::promise(slf)?.event_loop().clone_ref(slf.py()))
    }

    #[pyo3(signature = (function, /, *, context = None))]
    fn add_done_callback(slf: &Bound<'_, Self>, function: Py<PyAny>, context: Option<Py<PyAny>>) -> PyResult<()> {
        Self::promise(slf)?.add(slf, function, context)
    }

    fn remove_done_callback(slf: &Bound<'_, Self>, function: &Bound<'_, PyAny>) -> PyResult<usize> {
        Self::promise(slf)?.remove(function)
    }

    /// As a future's: stops the work.
    #[pyo3(signature = (msg = None))]
    fn cancel(slf: &Bound<'_, Self>, msg: Option<Py<PyAny>>) -> PyResult<bool> {
        let Some(pledge) = Self::pledge(slf)? else { return Ok(false) };
        let under_way = lock(&pledge.under_way).take();
        drop(under_way);
        pledge.promise.end(slf, Outcome::Cancelled(msg))
    }

    fn cancelled(&self) -> bool {
        self.pledged().is_some_and(Promise::cancelled)
    }

    fn done(&self) -> bool {
        self.pledged().is_some_and(|promise| promise.outcome().is_some())
    }

    fn result(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        Self::promise(slf)?.result(slf.py())
    }

    fn exception(slf: &Bound<'_, Self>) -> PyResult<Option<Py<PyBaseException>>> {
        Self::promise(slf)?.exception(slf.py())
    }

    /// Waits without an event loop, letting other threads run; Ctrl-C is seen within 50 ms.
    fn wait(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let work = match self.replace(State::Done) {
            State::Fresh(work) => work,
            State::Ready(answer) => return self.finish(py, answer),
            State::Yield => return Ok(self.carried(py).unwrap_or_else(|| py.None())),
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
        abort.answered();
        self.finish(py, answer)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.carried)?;
        match self.pledged() {
            Some(promise) => promise.traverse(&visit),
            None => Ok(()),
        }
    }

    fn __clear__(&self) {
        self.close();
        if let Some(pledge) = self.pledge.get() {
            pledge.promise.clear();
            let under_way = lock(&pledge.under_way).take();
            drop(under_way);
        }
    }
}

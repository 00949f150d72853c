//! The caller's side: the thread on which Python code of the caller's runs, and never another.
//!
//! A request may come with code to be called while it is under way: hooks, an `auth` callable, an iterator as a body. The I/O
//! thread asks for it here, and the caller's event loop, or the thread that waits, calls it and sends back what came of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, pending};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use tokio::sync::oneshot;

use super::extract::expected;
use super::names::{Name, intern};
use super::outbox::Outbox;
use super::waiting::{Job, Waiting};
use crate::engine::caller::Caller;
use crate::engine::error::{Failure, Kind, Phase, Raised};
use crate::engine::process::lock;

/// Where the caller's code runs.
pub struct Side {
    place: Place,
    /// The context variables of whoever awaits. What holds it may be dropped on the I/O thread: pyo3 then keeps the reference
    /// until a thread attaches, and touches no interpreter.
    context: Py<PyAny>,
    /// Whoever awaits is a callback itself.
    within: bool,
    /// Nobody awaits any more.
    given_up: AtomicBool,
}

/// Something has been called: until then nobody can be within a callback, and nobody has to look.
static CALLED: AtomicBool = AtomicBool::new(false);

/// Which thread it is.
pub enum Place {
    /// That of an event loop.
    Loop(Arc<Outbox>),
    /// One that waits without a loop.
    Thread(Arc<Waiting>),
}

/// What the caller's code made: an exception that it raised, or a value.
pub struct Object(pub Py<PyAny>);

/// Where it is noted what came of a call.
pub trait Note<T>: Send + 'static {
    /// Notes it.
    fn note(&self, outcome: &Result<T, Failure>);
    /// What is noted.
    fn noted(&self) -> Option<Result<T, Failure>>;
}

/// Nowhere.
impl<T> Note<T> for () {
    fn note(&self, _: &Result<T, Failure>) {}

    fn noted(&self) -> Option<Result<T, Failure>> {
        None
    }
}

impl Side {
    /// The side of whoever runs now, with a copy of its context variables.
    pub fn here(py: Python<'_>, place: Place) -> PyResult<Arc<Self>> {
        static COPY: Name = Name::of("contextvars", "copy_context");
        let context = COPY.get(py)?.call0()?.unbind();
        Ok(Arc::new(Self { place, context, within: Self::is_within(py)?, given_up: AtomicBool::new(false) }))
    }

    /// Does a callback run here, of a request that waits for it?
    pub fn is_within(py: Python<'_>) -> PyResult<bool> {
        static WITHIN: Name = Name::of("fastfetch._callbacks", "within");
        if !CALLED.load(Ordering::Relaxed) {
            return Ok(false);
        }
        WITHIN.get(py)?.call0()?.extract()
    }

    /// As the engine knows it.
    pub fn caller(self: Arc<Self>) -> Caller {
        Caller { within: self.within, side: self }
    }

    /// The side of a caller of the engine's.
    pub fn of(caller: Option<&Caller>) -> Option<Arc<Self>> {
        caller?.side.clone().downcast().ok()
    }

    /// Calls something of the caller's, awaits it where it can be awaited, and reads what came of it. Whoever no longer wants to
    /// know drops the future, and the awaiting is cancelled.
    pub fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        function: Arc<Py<PyAny>>,
        arguments: impl FnOnce(Python<'_>) -> PyResult<Py<PyTuple>> + Send + 'static,
        read: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<T> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, Failure>> {
        self.ask_once(function, arguments, read, ())
    }

    /// The same; and what came of it is noted on the caller's side, before whoever asked learns of it, or does not because it has
    /// gone. Whoever asks again is told what is noted. What a function raises whose asker has gone is not: it was cut short.
    pub fn ask_once<T: Send + 'static>(
        self: &Arc<Self>,
        function: Arc<Py<PyAny>>,
        arguments: impl FnOnce(Python<'_>) -> PyResult<Py<PyTuple>> + Send + 'static,
        read: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<T> + Send + 'static,
        note: impl Note<T>,
    ) -> BoxFuture<'static, Result<T, Failure>> {
        let (told, answer) = oneshot::channel();
        let task = Arc::new(Mutex::new(None));
        let orphan = Orphan { side: Some(self.clone()), task: task.clone() };
        let side = self.clone();
        self.run(Box::new(move |py| {
            // The I/O thread may not know yet that nobody awaits it any more; here it is known.
            if side.is_given_up() || told.is_closed() {
                return Ok(());
            }
            if let Some(noted) = note.noted() {
                let _ = told.send(noted);
                return Ok(());
            }
            let done = Done(Mutex::new(Some(Box::new(move |py, outcome| {
                let read = outcome.and_then(|value| read(value.bind(py))).map_err(|error| raised(py, error));
                if read.is_ok() || !told.is_closed() {
                    note.note(&read);
                }
                // Whoever asked may have gone.
                let _ = told.send(read);
            }))));
            let done = Py::new(py, done)?;
            match arguments(py).and_then(|arguments| side.invoke(py, &function, arguments, done.clone_ref(py))) {
                Ok(started) => {
                    *lock(&task) = started;
                    Ok(())
                }
                Err(error) => {
                    if side.ends_with_its_wait() {
                        side.give_up();
                    } else {
                        done.get().__call__(py, py.None(), Some(error.value(py).clone().into_any().unbind()));
                    }
                    Err(error)
                }
            }
        }));
        let side = self.clone();
        async move {
            let answer = answer.await;
            orphan.adopt();
            match answer {
                Ok(answer) => answer,
                // It has not failed, and is dropped at any moment.
                Err(_) if side.is_given_up() => pending().await,
                Err(_) => Err(Failure::new(Kind::Internal, Phase::Response, "the event loop was closed")),
            }
        }
        .boxed()
    }

    /// Calls something of the caller's, and does not care what comes of it.
    pub fn tell(
        self: &Arc<Self>,
        function: Arc<Py<PyAny>>,
        arguments: impl FnOnce(Python<'_>) -> PyResult<Py<PyTuple>> + Send + 'static,
    ) {
        let side = self.clone();
        self.run(Box::new(move |py| {
            let done = Py::new(py, Done(Mutex::new(None)))?;
            // Nobody is there to be told.
            side.invoke(py, &function, arguments(py)?, done).map(drop)
        }));
    }

    /// Nobody awaits it any more: what was asked and has not begun does not begin.
    pub fn give_up(&self) {
        self.given_up.store(true, Ordering::Release);
    }

    fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Acquire)
    }

    /// Is all that is asked here dropped where its wait is cut short?
    fn ends_with_its_wait(&self) -> bool {
        matches!(&self.place, Place::Thread(waiting) if !waiting.lasts())
    }

    fn invoke(
        &self,
        py: Python<'_>,
        function: &Py<PyAny>,
        arguments: Py<PyTuple>,
        done: Py<Done>,
    ) -> PyResult<Option<Py<PyAny>>> {
        static INVOKE: Name = Name::of("fastfetch._callbacks", "invoke");
        CALLED.store(true, Ordering::Relaxed);
        let invoke = INVOKE.get(py)?;
        let looped = matches!(self.place, Place::Loop(_));
        let context = self.context.clone_ref(py);
        let task = invoke.call1((function, arguments, context, looped, done))?;
        Ok((!task.is_none()).then(|| task.unbind()))
    }

    fn run(&self, job: Job) {
        match &self.place {
            Place::Loop(outbox) => outbox.run(Box::new(move || {
                // Where the interpreter is leaving, nobody waits for it any more. What is raised was told to whoever asked.
                let _ = Python::try_attach(job);
            })),
            Place::Thread(waiting) => waiting.run(job),
        }
    }
}

/// A call whose asker may go before it ends.
struct Orphan {
    side: Option<Arc<Side>>,
    task: Arc<Mutex<Option<Py<PyAny>>>>,
}

impl Orphan {
    /// It has ended; nothing is to be cancelled.
    fn adopt(mut self) {
        self.side = None;
    }
}

impl Drop for Orphan {
    fn drop(&mut self) {
        let Some(side) = self.side.take() else { return };
        let task = self.task.clone();
        side.run(Box::new(move |py| {
            let task = lock(&task).take();
            // A task that is done already refuses nothing.
            task.map_or(Ok(()), |task| task.call_method0(py, intern!(py, "cancel")).map(drop))
        }));
    }
}

type Then = Box<dyn FnOnce(Python<'_>, PyResult<Py<PyAny>>) + Send>;

/// Told once what came of a call.
#[pyclass(frozen, module = "fastfetch._core")]
pub struct Done(Mutex<Option<Then>>);

#[pymethods]
impl Done {
    /// Tells the value, or the exception.
    fn __call__(&self, py: Python<'_>, value: Py<PyAny>, error: Option<Py<PyAny>>) {
        let then = lock(&self.0).take();
        if let Some(then) = then {
            then(py, error.map_or(Ok(value), |error| Err(PyErr::from_value(error.into_bound(py)))));
        }
    }
}

/// What the caller's code raised, as the failure of its request.
pub fn raised(py: Python<'_>, error: PyErr) -> Failure {
    let class = error.get_type(py).name().map_or_else(|_| "an exception".into(), |name| name.to_string());
    let value: Py<PyAny> = error.into_value(py).into_any();
    let detail = format!("the caller's own code raised {class}");
    Failure::new(Kind::Raised(Raised { class, exception: Some(Arc::new(Object(value))) }), Phase::Input, detail)
}

/// Code of the caller's came where nobody can run it.
pub fn nowhere() -> Failure {
    let detail = "a callback or an iterator as a body needs a caller who waits";
    Failure::new(Kind::InvalidRequest, Phase::Input, detail)
}

/// A callable, or what it is not.
pub fn callable(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Arc<Py<PyAny>>> {
    if value.is_callable() {
        return Ok(Arc::new(value.clone().unbind()));
    }
    Err(expected(argument, "a callable", value))
}

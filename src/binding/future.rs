//! Futures as asyncio knows them: who is told of the end, and what came of it.

use std::sync::{Mutex, OnceLock};

use pyo3::PyTraverseError;
use pyo3::exceptions::PyBaseException;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;

use super::bridge::soon;
use super::names::Name;
use crate::engine::process::lock;

/// What came of it.
pub enum Outcome {
    Value(Py<PyAny>),
    Raised(Py<PyBaseException>),
    /// With the message of whoever cancelled it.
    Cancelled(Option<Py<PyAny>>),
}

/// Who is to be told, and in which context.
struct Callback {
    function: Py<PyAny>,
    context: Py<PyAny>,
}

/// The state of a future. `owner` is always the object whose state it is: what callbacks are given.
pub struct Promise {
    event_loop: Py<PyAny>,
    outcome: OnceLock<Outcome>,
    waited: Mutex<Waited>,
}

#[derive(Default)]
struct Waited {
    callbacks: Vec<Callback>,
    /// asyncio's sign that a future is awaited and not just returned.
    blocking: bool,
    /// Somebody has seen what was raised.
    seen: bool,
}

impl Promise {
    /// One of a loop.
    pub fn new(event_loop: Py<PyAny>) -> Self {
        Self { event_loop, outcome: OnceLock::new(), waited: Mutex::default() }
    }

    /// Its loop.
    pub fn event_loop(&self) -> &Py<PyAny> {
        &self.event_loop
    }

    /// What came of it, once it has ended.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.get()
    }

    /// Its end; false where it had ended already.
    pub fn end(&self, owner: &Bound<'_, PyAny>, outcome: Outcome) -> PyResult<bool> {
        if self.outcome.set(outcome).is_err() {
            return Ok(false);
        }
        let callbacks = std::mem::take(&mut lock(&self.waited).callbacks);
        for callback in callbacks {
            self.tell(owner, callback)?;
        }
        Ok(true)
    }

    /// Has a function called, in a turn of the loop after the end: in a context, or in that of whoever asks for it here.
    pub fn add(&self, owner: &Bound<'_, PyAny>, function: Py<PyAny>, context: Option<Py<PyAny>>) -> PyResult<()> {
        static COPY: Name = Name::of("contextvars", "copy_context");
        let context = match context {
            Some(context) => context,
            None => COPY.get(owner.py())?.call0()?.unbind(),
        };
        let callback = Callback { function, context };
        if self.outcome.get().is_some() {
            return self.tell(owner, callback);
        }
        lock(&self.waited).callbacks.push(callback);
        Ok(())
    }

    fn tell(&self, owner: &Bound<'_, PyAny>, callback: Callback) -> PyResult<()> {
        soon(self.event_loop.bind(owner.py()), &callback.function, owner, &callback.context)
    }

    /// Has a function not called; how often it would have been.
    pub fn remove(&self, function: &Bound<'_, PyAny>) -> PyResult<usize> {
        let (mut kept, mut removed) = (Vec::new(), Vec::new());
        for callback in std::mem::take(&mut lock(&self.waited).callbacks) {
            if callback.function.bind(function.py()).eq(function)? { removed.push(callback) } else { kept.push(callback) }
        }
        lock(&self.waited).callbacks.splice(..0, kept);
        Ok(removed.len())
    }

    /// See `Waited`.
    pub fn blocking(&self) -> bool {
        lock(&self.waited).blocking
    }

    /// See `Waited`.
    pub fn set_blocking(&self, blocking: bool) {
        lock(&self.waited).blocking = blocking;
    }

    /// Has it been cancelled?
    pub fn cancelled(&self) -> bool {
        matches!(self.outcome.get(), Some(Outcome::Cancelled(_)))
    }

    /// The value; or what was raised, is.
    pub fn result(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self.ended()? {
            Outcome::Value(value) => Ok(value.clone_ref(py)),
            Outcome::Raised(error) => {
                lock(&self.waited).seen = true;
                Err(PyErr::from_value(error.bind(py).clone().into_any()))
            }
            Outcome::Cancelled(_) => Err(PyErr::from_value(self.cancellation(py)?)),
        }
    }

    /// What was raised.
    pub fn exception(&self, py: Python<'_>) -> PyResult<Option<Py<PyBaseException>>> {
        match self.ended()? {
            Outcome::Value(_) => Ok(None),
            Outcome::Raised(error) => {
                lock(&self.waited).seen = true;
                Ok(Some(error.clone_ref(py)))
            }
            Outcome::Cancelled(_) => Err(PyErr::from_value(self.cancellation(py)?)),
        }
    }

    /// What was raised, and nobody has seen.
    pub fn unseen(&self) -> Option<&Py<PyBaseException>> {
        match self.outcome.get() {
            Some(Outcome::Raised(error)) if !lock(&self.waited).seen => Some(error),
            _ => None,
        }
    }

    fn ended(&self) -> PyResult<&Outcome> {
        static INVALID: Name = Name::of("asyncio", "InvalidStateError");
        let ended = self.outcome.get();
        ended.ok_or_else(|| {
            Python::attach(|py| match INVALID.get(py).and_then(|class| class.call1(("Result is not set.",))) {
                Ok(error) => PyErr::from_value(error),
                Err(error) => error,
            })
        })
    }

    /// A `CancelledError` with the message of whoever cancelled it.
    pub fn cancellation<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let class = CANCELLED.get(py)?;
        match self.message() {
            Some(message) => class.call1((message,)),
            None => class.call0(),
        }
    }

    /// The message of whoever cancelled it.
    pub fn message(&self) -> Option<&Py<PyAny>> {
        match self.outcome.get() {
            Some(Outcome::Cancelled(message)) => message.as_ref(),
            _ => None,
        }
    }

    /// What the collector has to know.
    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.event_loop)?;
        match self.outcome.get() {
            Some(Outcome::Value(value)) => visit.call(value)?,
            Some(Outcome::Raised(error)) => visit.call(error)?,
            Some(Outcome::Cancelled(message)) => visit.call(message)?,
            None => {}
        }
        // Held by another thread only in the instant of a change; the collector comes again.
        if let Ok(waited) = self.waited.try_lock() {
            for callback in &waited.callbacks {
                visit.call(&callback.function)?;
                visit.call(&callback.context)?;
            }
        }
        Ok(())
    }

    /// Lets go of what may hold it in turn.
    pub fn clear(&self) {
        let callbacks = std::mem::take(&mut lock(&self.waited).callbacks);
        drop(callbacks);
    }
}

static CANCELLED: Name = Name::of("asyncio", "CancelledError");

impl Outcome {
    /// What came of Python code.
    pub fn of(py: Python<'_>, made: PyResult<Py<PyAny>>) -> PyResult<Self> {
        match made {
            Ok(value) => Ok(Self::Value(value)),
            Err(error) if error.is_instance(py, CANCELLED.get(py)?) => Ok(Self::Cancelled(None)),
            Err(error) => Ok(Self::Raised(error.into_value(py))),
        }
    }
}

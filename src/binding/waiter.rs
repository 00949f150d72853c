//! What a task waits for that awaits a call.

use pyo3::PyTraverseError;
use pyo3::exceptions::{PyBaseException, PyStopIteration};
use pyo3::gc::PyVisit;
use pyo3::prelude::*;

use super::future::{Outcome, Promise};

/// The future that an awaited call gives its task to wait for.
#[pyclass(frozen, weakref, module = "fastfetch._core")]
pub struct Waiter(Promise);

impl Waiter {
    /// One of a loop.
    pub fn new(event_loop: Py<PyAny>) -> Self {
        let waiter = Self(Promise::new(event_loop));
        waiter.0.set_blocking(true);
        waiter
    }

    /// The answer is there.
    pub fn end(slf: &Bound<'_, Self>) -> PyResult<()> {
        // A cancelled one has ended already; its task is about to drop the call.
        slf.get().0.end(slf, Outcome::Value(slf.py().None())).map(drop)
    }
}

#[pymethods]
impl Waiter {
    #[getter(_asyncio_future_blocking)]
    fn blocking(&self) -> bool {
        self.0.blocking()
    }

    #[setter(_asyncio_future_blocking)]
    fn set_blocking(&self, blocking: bool) {
        self.0.set_blocking(blocking);
    }

    #[getter(_cancel_message)]
    fn message(&self) -> Option<&Py<PyAny>> {
        self.0.message()
    }

    fn _make_cancelled_error<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.0.cancellation(py)
    }

    fn get_loop(&self) -> &Py<PyAny> {
        self.0.event_loop()
    }

    #[pyo3(signature = (function, /, *, context = None))]
    fn add_done_callback(slf: &Bound<'_, Self>, function: Py<PyAny>, context: Option<Py<PyAny>>) -> PyResult<()> {
        slf.get().0.add(slf, function, context)
    }

    fn remove_done_callback(&self, function: &Bound<'_, PyAny>) -> PyResult<usize> {
        self.0.remove(function)
    }

    #[pyo3(signature = (msg = None))]
    fn cancel(slf: &Bound<'_, Self>, msg: Option<Py<PyAny>>) -> PyResult<bool> {
        slf.get().0.end(slf, Outcome::Cancelled(msg))
    }

    fn cancelled(&self) -> bool {
        self.0.cancelled()
    }

    fn done(&self) -> bool {
        self.0.outcome().is_some()
    }

    fn result(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.0.result(py)
    }

    fn exception(&self, py: Python<'_>) -> PyResult<Option<Py<PyBaseException>>> {
        self.0.exception(py)
    }

    fn __await__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(slf: Bound<'_, Self>) -> PyResult<Bound<'_, Self>> {
        let promise = &slf.get().0;
        if promise.outcome().is_some() {
            let result = promise.result(slf.py())?;
            return Err(PyStopIteration::new_err((result,)));
        }
        promise.set_blocking(true);
        Ok(slf)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.0.traverse(&visit)
    }

    fn __clear__(&self) {
        self.0.clear();
    }
}

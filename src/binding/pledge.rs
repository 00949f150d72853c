//! A call as a future: from the moment that an event loop takes it for one.

use std::ffi::CString;
use std::sync::Mutex;

use pyo3::exceptions::{PyKeyboardInterrupt, PyRuntimeError, PyRuntimeWarning, PySystemExit};
use pyo3::prelude::*;

use super::blocking;
use super::bridge::{Port, Who, running_loop, unretrieved};
use super::call::{Call, State};
use super::future::{Outcome, Promise};
use super::outbox::Answer;
use super::side::Place;
use super::visit::Visit;
use super::work::{UnderWay, Work};
use crate::engine::process::lock;

/// A call that a loop waits for, and the work that goes on for it.
pub struct Pledge {
    pub promise: Promise,
    pub under_way: Mutex<Option<UnderWay>>,
}

impl Call {
    /// Begins the work, for one who waits at a port.
    pub fn begin(&self, py: Python<'_>, port: &Port, work: Work, who: Who) -> PyResult<UnderWay> {
        UnderWay::begin(port.table(), who, |outbox| self.side(py, || Place::Loop(outbox)), work, self.place)
    }

    /// It as a future: it becomes one where a loop runs here, unless it has been awaited, and begins.
    pub fn pledge<'a>(slf: &'a Bound<'_, Self>) -> PyResult<Option<&'a Pledge>> {
        let (py, call) = (slf.py(), slf.get());
        if let Some(pledge) = call.pledge.get() {
            return Ok(Some(pledge));
        }
        let taken = matches!(*lock(&call.state), State::Fresh(_) | State::Ready(_) | State::Yield);
        if !taken || blocking::here(py)? || running_loop(py)?.is_none() {
            return Ok(None);
        }
        let _visit = Visit::demand(py)?;
        let port = Port::of_running_loop(py)?;
        let state = call.replace(State::Done);
        let pledge = Pledge { promise: Promise::new(port.get().event_loop().clone_ref(py)), under_way: Mutex::new(None) };
        let pledge = call.pledge.get_or_init(|| pledge);
        let made = match state {
            State::Fresh(work) => match call.begin(py, port.get(), work, Who::Call(slf.clone().unbind())) {
                Ok(under_way) => {
                    *lock(&pledge.under_way) = Some(under_way);
                    return Ok(Some(pledge));
                }
                Err(error) => Err(error),
            },
            State::Ready(answer) => call.finish(py, answer),
            _ => Ok(call.carried(py).unwrap_or_else(|| py.None())),
        };
        pledge.promise.end(slf, Outcome::of(py, made)?)?;
        Ok(Some(pledge))
    }

    /// The same, for those who need one.
    pub fn promise<'a>(slf: &'a Bound<'_, Self>) -> PyResult<&'a Promise> {
        match Self::pledge(slf)? {
            Some(pledge) => Ok(&pledge.promise),
            None => Err(PyRuntimeError::new_err("this call is a coroutine: no event loop has taken it for a future")),
        }
    }

    /// What it is as a future, where it has become one.
    pub fn pledged(&self) -> Option<&Promise> {
        self.pledge.get().map(|pledge| &pledge.promise)
    }

    /// Its end as a future.
    pub fn end(slf: &Bound<'_, Self>, answer: Answer) -> PyResult<()> {
        let (py, call) = (slf.py(), slf.get());
        let Some(pledge) = call.pledge.get() else { return Ok(()) };
        let under_way = lock(&pledge.under_way).take();
        under_way.into_iter().for_each(|mut under_way| under_way.answered());
        let made = call.finish(py, answer);
        // As asyncio's tasks do: these end the loop as well.
        let ends = match &made {
            Err(error) if error.is_instance_of::<PyKeyboardInterrupt>(py) || error.is_instance_of::<PySystemExit>(py) => {
                Some(error.clone_ref(py))
            }
            _ => None,
        };
        pledge.promise.end(slf, Outcome::of(py, made)?)?;
        ends.map_or(Ok(()), Err)
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if let Some(name) = self.name
            && matches!(*lock(&self.state), State::Fresh(_) | State::Ready(_) | State::Yield)
        {
            quietly(|py| {
                let words = CString::new(format!("coroutine '{name}' was never awaited")).unwrap_or_default();
                PyErr::warn(py, &py.get_type::<PyRuntimeWarning>(), &words, 1)
            });
        }
        if let Some(promise) = self.pledged()
            && let Some(error) = promise.unseen()
        {
            quietly(|py| unretrieved(promise.event_loop().bind(py), error.bind(py)));
        }
    }
}

/// Says something while an object goes, whatever is being raised meanwhile.
fn quietly(say: impl FnOnce(Python<'_>) -> PyResult<()>) {
    Python::try_attach(|py| {
        let Some(_visit) = Visit::begin() else { return };
        let raised = PyErr::take(py);
        if let Err(error) = say(py) {
            error.write_unraisable(py, None);
        }
        if let Some(raised) = raised {
            raised.restore(py);
        }
    });
}

//! What became of one item, as Python has it.

use std::sync::Arc;

use http::StatusCode;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::side::Object;
use super::strings;
use crate::engine::error::Opaque;
use crate::engine::memory;
use crate::engine::response::{Outcome, Response};

/// One request's outcome and the caller's own word for it.
pub struct Row {
    pub outcome: Arc<Outcome>,
    pub tag: Option<Py<PyAny>>,
}

impl Row {
    pub fn clone_ref(&self, py: Python<'_>) -> Self {
        Self { outcome: self.outcome.clone(), tag: self.tag.as_ref().map(|tag| tag.clone_ref(py)) }
    }

    /// Did an answer with such a status come?
    pub fn has_status(&self, such: impl Fn(StatusCode) -> bool) -> bool {
        matches!(&*self.outcome, Ok(answer) if such(answer.status))
    }

    /// What the caller's own code made of the answer.
    pub fn value(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let value = self.outcome.as_ref().as_ref().ok()?.rare.as_ref()?.value.0.as_ref()?;
        value.downcast_ref::<Object>().map(|Object(value)| value.clone_ref(py))
    }

    /// What it is pickled as.
    pub fn state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let storage = memory::room(self.outcome.as_ref().as_ref().map_or(0, Response::size))?;
        let state = postcard::to_extend(&*self.outcome, storage).map_err(|error| PyValueError::new_err(error.to_string()))?;
        let tag = self.tag.as_ref().map(|tag| tag.clone_ref(py));
        (strings::bytes(py, &state)?, tag, self.value(py)).into_pyobject(py)
    }

    /// From what it was pickled as.
    pub fn restored(state: &[u8], tag: Option<Py<PyAny>>, value: Option<Py<PyAny>>) -> PyResult<Self> {
        memory::ask(state.len())?;
        let mut outcome: Outcome =
            postcard::from_bytes(state).map_err(|error| PyValueError::new_err(format!("not a pickled response: {error}")))?;
        if let (Ok(answer), Some(value)) = (&mut outcome, value) {
            answer.rare.get_or_insert_default().value.0 = Some(Arc::new(Object(value)) as Opaque);
        }
        Ok(Self { outcome: Arc::new(outcome), tag })
    }
}

//! Bytes and text of any size for Python. Where it has no memory for them, that is a `MemoryError`.

use pyo3::exceptions::PyMemoryError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::engine::memory::{self, NoMemory};

/// A copy as `bytes`.
pub fn bytes<'py>(py: Python<'py>, data: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    memory::ask(data.len())?;
    // SAFETY: as many bytes as there are; a new reference, or null with an exception set.
    let made = unsafe {
        Bound::from_owned_ptr_or_err(py, ffi::PyBytes_FromStringAndSize(data.as_ptr().cast(), data.len().cast_signed()))?
    };
    Ok(made.cast_into::<PyBytes>()?)
}

/// A copy as `str`.
pub fn text<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyString>> {
    memory::ask(text.len())?;
    PyString::from_bytes(py, text.as_bytes())
}

impl From<NoMemory> for PyErr {
    fn from(lack: NoMemory) -> Self {
        PyMemoryError::new_err(lack.to_string())
    }
}

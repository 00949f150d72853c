//! Bytes and text of any size for Python. Where it has no memory for them, that is a `MemoryError`.

use std::ptr;

use pyo3::exceptions::PyMemoryError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::engine::memory::{self, NoMemory};

/// A copy as `bytes`.
pub fn bytes<'py>(py: Python<'py>, data: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    joined(py, &[data])
}

/// A copy of these, one after another, as `bytes`.
pub fn joined<'py>(py: Python<'py>, parts: &[impl AsRef<[u8]>]) -> PyResult<Bound<'py, PyBytes>> {
    let size = parts.iter().map(|part| part.as_ref().len()).sum();
    memory::ask(size)?;
    // SAFETY: so many bytes that nobody has seen yet, in a new reference, or null with an exception set.
    let made = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyBytes_FromStringAndSize(ptr::null(), size.cast_signed()))? };
    // SAFETY: of a `bytes` it never fails, and the parts fill exactly what there is.
    unsafe {
        let mut at = ffi::PyBytes_AsString(made.as_ptr()).cast::<u8>();
        for part in parts.iter().map(AsRef::as_ref) {
            at.copy_from_nonoverlapping(part.as_ptr(), part.len());
            at = at.add(part.len());
        }
    }
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

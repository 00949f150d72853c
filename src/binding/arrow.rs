//! Arrow data in and out: the PyCapsule interface, by which libraries hand each other columns without a copy.
//!
//! <https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html>

use std::ffi::CStr;

use arrow_array::RecordBatchReader;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{ArrowError, Schema};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

pub const STREAM: &CStr = c"arrow_array_stream";
pub const SCHEMA: &CStr = c"arrow_schema";

/// Batches, for one who reads them. They are made while they are read, on whatever thread that is, and without Python.
pub fn stream(py: Python<'_>, reader: Box<dyn RecordBatchReader + Send>) -> PyResult<Bound<'_, PyCapsule>> {
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(reader), STREAM)
}

/// The names and types of columns.
pub fn schema<'py>(py: Python<'py>, schema: &Schema) -> PyResult<Bound<'py, PyCapsule>> {
    PyCapsule::new_with_value(py, FFI_ArrowSchema::try_from(schema).map_err(|error| failed(&error))?, SCHEMA)
}

/// What arrow has to say against its data.
pub fn failed(error: &ArrowError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

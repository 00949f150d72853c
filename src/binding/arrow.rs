//! Arrow data in and out: the PyCapsule interface, by which libraries hand each other columns without a copy.
//!
//! <https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html>

use std::ffi::CStr;

use arrow_array::ffi::{FFI_ArrowArray, from_ffi};
use arrow_array::ffi_stream::{ArrayStreamReader, FFI_ArrowArrayStream};
use arrow_array::{ArrayRef, RecordBatchReader, make_array};
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{ArrowError, Schema};
use pyo3::exceptions::{PyMemoryError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use super::error;
use super::names::intern;
use crate::engine::panics::Panic;

const STREAM: &CStr = c"arrow_array_stream";
const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";

/// Batches, for one who reads them. They are made while they are read, on whatever thread that is, and without Python.
pub fn stream(py: Python<'_>, reader: Box<dyn RecordBatchReader + Send>) -> PyResult<Bound<'_, PyAny>> {
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(reader), STREAM).map(Bound::into_any)
}

/// The names and types of columns.
pub fn schema<'py>(py: Python<'py>, schema: &Schema) -> PyResult<Bound<'py, PyAny>> {
    let schema = FFI_ArrowSchema::try_from(schema).map_err(|error| failed(&error))?;
    PyCapsule::new_with_value(py, schema, SCHEMA).map(Bound::into_any)
}

/// What arrow has to say against its data.
pub fn failed(error: &ArrowError) -> PyErr {
    match error {
        ArrowError::ExternalError(inner) => match inner.downcast_ref::<Panic>() {
            Some(panic) => Python::attach(|py| error::panicked(py, panic)),
            None => PyValueError::new_err(error.to_string()),
        },
        ArrowError::MemoryError(lack) => PyMemoryError::new_err(lack.clone()),
        error => PyValueError::new_err(error.to_string()),
    }
}

/// What another library hands over as a stream; None where it has none.
pub fn read(source: &Bound<'_, PyAny>) -> PyResult<Option<ArrayStreamReader>> {
    let Some(export) = source.getattr_opt(intern!(source.py(), "__arrow_c_stream__"))? else { return Ok(None) };
    let capsule = export.call0()?.cast_into::<PyCapsule>()?;
    let pointer = capsule.pointer_checked(Some(STREAM))?.cast::<FFI_ArrowArrayStream>();
    // SAFETY: a capsule of this name holds a stream, and lives until the end of this function. The stream is moved out of it, and
    // what stays in its place is marked as moved.
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(pointer.as_ptr()) };
    ArrayStreamReader::try_new(stream).map(Some).map_err(|error| failed(&error))
}

/// The same for what comes in one piece.
pub fn read_array(source: &Bound<'_, PyAny>) -> PyResult<Option<ArrayRef>> {
    let Some(export) = source.getattr_opt(intern!(source.py(), "__arrow_c_array__"))? else { return Ok(None) };
    let (schema, array): (Bound<'_, PyCapsule>, Bound<'_, PyCapsule>) = export.call0()?.extract()?;
    let schema = schema.pointer_checked(Some(SCHEMA))?.cast::<FFI_ArrowSchema>();
    let array = array.pointer_checked(Some(ARRAY))?.cast::<FFI_ArrowArray>();
    // SAFETY: as above, for an array; the schema stays where it is, and is only looked at.
    let data = unsafe { from_ffi(FFI_ArrowArray::from_raw(array.as_ptr()), schema.as_ref()) };
    data.map(|data| Some(make_array(data))).map_err(|error| failed(&error))
}

/// What another library says of names and types, as a whole or of one.
pub fn read_schema<T>(source: &Bound<'_, PyAny>) -> PyResult<T>
where
    T: for<'s> TryFrom<&'s FFI_ArrowSchema, Error = ArrowError>,
{
    let capsule = source.call_method0(intern!(source.py(), "__arrow_c_schema__"))?.cast_into::<PyCapsule>()?;
    let pointer = capsule.pointer_checked(Some(SCHEMA))?.cast::<FFI_ArrowSchema>();
    // SAFETY: a capsule of this name holds a schema, and lives until the end of this function. It is only looked at.
    T::try_from(unsafe { pointer.as_ref() }).map_err(|error| failed(&error))
}

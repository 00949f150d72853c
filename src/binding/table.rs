//! `Table`: columns that any library which speaks Arrow reads as they are.

use std::io::Cursor;
use std::sync::Arc;

use arrow_array::{Array, RecordBatch, RecordBatchIterator};
use arrow_schema::SchemaRef;
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::arrow;
use super::names::intern;
use super::strings;
use super::values::{self, Values};
use crate::engine::memory;
use crate::engine::table::{cell, ipc};

/// Columns of one length. See `fastfetch.Table`.
#[pyclass(frozen, module = "fastfetch._core")]
pub struct Table {
    pub schema: SchemaRef,
    pub batches: Arc<[RecordBatch]>,
}

impl Table {
    /// A table of batches with this schema.
    pub fn new(schema: SchemaRef, batches: impl Into<Arc<[RecordBatch]>>) -> Self {
        Self { schema, batches: batches.into() }
    }
}

#[pymethods]
impl Table {
    /// The batches as an Arrow stream, which shares their memory.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        // A wish, which may be left open: whoever reads knows what came by its schema.
        let _ = requested_schema;
        let batches: Vec<RecordBatch> = self.batches.to_vec();
        arrow::stream(py, Box::new(RecordBatchIterator::new(batches.into_iter().map(Ok), self.schema.clone())))
    }

    /// The names and types of the columns.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        arrow::schema(py, &self.schema)
    }

    /// The names of the columns.
    #[getter]
    fn column_names(&self) -> Vec<&str> {
        self.schema.fields().iter().map(|field| field.name().as_str()).collect()
    }

    /// How many columns there are.
    #[getter]
    fn num_columns(&self) -> usize {
        self.schema.fields().len()
    }

    fn __len__(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// The types of the columns, each in a word.
    #[getter]
    fn column_types(&self) -> Vec<String> {
        values::types(&self.schema)
    }

    /// The first rows of a column as short texts, which are not escaped.
    fn cells(&self, column: usize, rows: usize, width: usize) -> Vec<String> {
        let pieces = self.batches.iter().filter_map(|batch| batch.columns().get(column));
        let places = pieces.flat_map(|piece| (0..piece.len()).map(move |index| (piece, index)));
        places.take(rows).map(|(piece, index)| cell(piece, index, width)).collect()
    }

    /// A column: for numbers the name of their type, their bytes and whether each is there; else a list of values.
    fn column<'py>(&self, py: Python<'py>, column: usize) -> PyResult<Values<'py>> {
        let field = self.schema.fields().get(column).ok_or_else(|| PyIndexError::new_err("no such column"))?;
        let pieces: Vec<_> = self.batches.iter().filter_map(|batch| batch.columns().get(column)).collect();
        values::column(py, field.data_type(), &pieces)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let (py, this) = (slf.py(), slf.get());
        let size = this.batches.iter().map(RecordBatch::get_array_memory_size).sum::<usize>();
        let mut file = memory::room(size)?;
        let batches = RecordBatchIterator::new(this.batches.iter().cloned().map(Ok), this.schema.clone());
        ipc::write(&mut file, batches).map_err(|error| arrow::failed(&error))?;
        Ok((slf.get_type().getattr(intern!(py, "_restore"))?, PyTuple::new(py, [strings::bytes(py, &file)?])?))
    }

    #[staticmethod]
    fn _restore(file: &[u8]) -> PyResult<Self> {
        let refused = |why| PyValueError::new_err(format!("not a pickled table: {why}"));
        let reader = ipc::Reader::new(Cursor::new(file), None).map_err(refused)?;
        let schema = reader.schema().clone();
        Ok(Self::new(schema, reader.collect::<Result<Vec<_>, _>>().map_err(refused)?))
    }
}

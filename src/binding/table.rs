//! `Table`: columns that any library which speaks Arrow reads as they are.

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchIterator};
use arrow_schema::SchemaRef;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use super::arrow;

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
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // A wish, which may be left open: whoever reads knows what came by its schema.
        let _ = requested_schema;
        let batches = self.batches.to_vec().into_iter().map(Ok);
        arrow::stream(py, Box::new(RecordBatchIterator::new(batches, self.schema.clone())))
    }

    /// The names and types of the columns.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
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
}

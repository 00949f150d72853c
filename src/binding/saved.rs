//! Results that come back from files.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::rows::{Rows, Tags};
use super::visit::Visit;
use super::{arrow, error, values};
use crate::engine::gather::Table;
use crate::engine::table::ipc;
use crate::engine::table::saved::{COLUMNS, Loaded};

/// The columns from which results are read back.
#[pyfunction]
pub fn saved_columns() -> [&'static str; COLUMNS.len()] {
    COLUMNS
}

/// The rows of an Arrow file that `Selection.save` wrote.
#[pyfunction]
pub fn load_results(py: Python<'_>, path: PathBuf) -> PyResult<Rows> {
    let loaded = py.detach(|| {
        let file = File::open(&path).map_err(Refusal::File)?;
        let mut loaded = Loaded::default();
        for batch in ipc::Reader::new(BufReader::new(file), Some(&COLUMNS)).map_err(Refusal::Content)? {
            batch.and_then(|batch| loaded.add(&batch)).map_err(Refusal::Content)?;
        }
        Ok(loaded)
    });
    match loaded {
        Ok(loaded) => rows(py, loaded),
        Err(Refusal::File(why)) => Err(error::of_file(&path, &why)),
        Err(Refusal::Content(why)) => Err(refused(&path, &why)),
    }
}

/// The rows of what another library has read from such a file.
#[pyfunction]
pub fn read_results(py: Python<'_>, batches: &Bound<'_, PyAny>, path: PathBuf) -> PyResult<Rows> {
    let _visit = Visit::demand(py)?;
    let mut loaded = Loaded::default();
    for batch in arrow::read(batches)?.into_iter().flatten() {
        let batch = batch.map_err(|why| refused(&path, &why.to_string()))?;
        let batch = batch.as_struct_opt().map(RecordBatch::from).ok_or_else(|| refused(&path, "it is no table"))?;
        loaded.add(&batch).map_err(|why| refused(&path, &why))?;
    }
    rows(py, loaded)
}

enum Refusal {
    File(std::io::Error),
    Content(String),
}

fn refused(path: &Path, why: &str) -> PyErr {
    PyValueError::new_err(format!("{} holds no results that can be read: {why}", path.display().to_string().escape_debug()))
}

fn rows(py: Python<'_>, loaded: Loaded) -> PyResult<Rows> {
    let mut tags = Tags::new();
    let pieces = loaded.tags.iter().flat_map(|piece| (0..piece.len()).map(move |index| (piece, index)));
    for (row, (piece, index)) in pieces.enumerate() {
        if piece.is_valid(index) {
            tags.insert(row, values::value(py, piece, index)?.unbind());
        }
    }
    Ok(Rows::all(Table::finished(loaded.rows.into_iter()), tags))
}

//! `Selection`: columns of results, made when they are read.

use std::collections::HashMap;
use std::path::PathBuf;

use arrow_array::{ArrayRef, new_null_array};
use arrow_schema::DataType;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::error::{self, class_name};
use super::extract::{expected, nearest};
use super::rows::Rows;
use super::table::Table;
use super::visit::Visit;
use super::{arrow, tags};
use crate::engine::error::{Kind, Raised};
use crate::engine::table::{Column, Layout, Rows as EngineRows, Selection as EngineSelection, ipc};

/// Columns of the rows behind a `Results`: nothing is copied before they are read, and then a batch at a time.
///
/// `views` asks for text in the layout that polars has itself; not every library knows it. `saved` adds the column from which
/// results are read back.
#[pyclass(frozen, module = "fastfetch._core")]
pub struct Selection(EngineSelection);

#[pymethods]
impl Selection {
    #[new]
    #[pyo3(signature = (rows, columns = None, *, views = false, saved = false))]
    fn new(rows: &Bound<'_, Rows>, columns: Option<&Bound<'_, PyAny>>, views: bool, saved: bool) -> PyResult<Self> {
        let mut columns = columns.map_or_else(|| Ok(Column::ALL.to_vec()), named)?;
        columns.extend(saved.then_some(Column::Saved));
        let layout = if views { Layout::Views } else { Layout::Offsets };
        let rows = rows_of(rows.py(), rows.get(), &columns)?;
        Ok(Self(rows.select(columns, layout)))
    }

    /// The rows as an Arrow stream, whose batches are made when they are asked for.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        // A wish, which may be left open: whoever reads knows what came by its schema.
        let _ = requested_schema;
        arrow::stream(py, Box::new(self.0.clone().reader()))
    }

    /// The names and types of the columns.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        arrow::schema(py, self.0.schema())
    }

    /// Writes all of it into an Arrow file that only its owner can read, in one step.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let batches = self.0.clone().reader();
        py.detach(|| ipc::save(&path, batches)).map_err(|error| error::of_file(&path, &error))
    }

    /// All of it.
    fn table(&self, py: Python<'_>) -> PyResult<Table> {
        let batches = py.detach(|| self.0.batches()).map_err(|error| arrow::failed(&error))?;
        Ok(Table::new(self.0.schema().clone(), batches))
    }
}

/// The columns with these names.
fn named(value: &Bound<'_, PyAny>) -> PyResult<Vec<Column>> {
    let py = value.py();
    let names: Vec<String> = value.extract().map_err(|_| expected("columns", "a list of names", value))?;
    if names.is_empty() {
        return Err(PyValueError::new_err("columns: expected at least one name, got none"));
    }
    let mut columns = Vec::new();
    for name in names {
        let Some(column) = Column::ALL.into_iter().find(|column| column.name() == name) else {
            let hint = nearest(py, &name, &Column::ALL.map(Column::name))?;
            return Err(PyValueError::new_err(format!("columns: there is no column '{}'{hint}", name.escape_debug())));
        };
        if columns.contains(&column) {
            return Err(PyValueError::new_err(format!("columns: '{name}' is there twice")));
        }
        columns.push(column);
    }
    Ok(columns)
}

/// The rows as the engine makes tables of them, which asks Python for nothing any more.
pub fn rows_of(py: Python<'_>, rows: &Rows, columns: &[Column]) -> PyResult<EngineRows> {
    // Tags and exceptions may be of the caller's own classes.
    let _visit = Visit::demand(py)?;
    let tags = if columns.contains(&Column::Tag) { tags(py, rows)? } else { new_null_array(&DataType::LargeUtf8, 0) };
    let raised = if columns.contains(&Column::Error) { raised(py, rows) } else { HashMap::new() };
    Ok(EngineRows { table: rows.table.clone(), places: rows.places().collect(), tags, raised, kind_name: class_name })
}

fn tags(py: Python<'_>, rows: &Rows) -> PyResult<ArrayRef> {
    if rows.tags.is_empty() {
        return Ok(new_null_array(&DataType::LargeUtf8, rows.places().count()));
    }
    let tags: Vec<_> = rows.places().map(|place| rows.tags.get(&place).map(|tag| tag.bind(py).clone())).collect();
    tags::column(&tags)
}

/// What exceptions of the caller's own code say, by row.
fn raised(py: Python<'_>, rows: &Rows) -> HashMap<usize, String> {
    let said = |(row, place): (usize, usize)| {
        let failure = rows.table.outcome(place)?.as_ref().as_ref().err()?;
        let Kind::Raised(Raised { exception: Some(_), .. }) = failure.kind else { return None };
        let words = error::exception(py, failure).ok()?.str().ok()?;
        Some((row, words.to_string_lossy().into_owned()))
    };
    rows.places().enumerate().filter_map(said).collect()
}

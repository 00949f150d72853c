//! `Rows`: the finished items of a batch, as columns and as responses made when they are looked at.

use std::sync::Arc;

use pyo3::exceptions::PyIndexError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use pyo3::{PyTraverseError, intern};

use super::error::class_name;
use super::extract;
use super::request::Request;
use super::response::{Response, Row};
use crate::engine::gather::Item;
use crate::engine::response::Outcome;

/// The rows behind a `Results`.
#[pyclass(frozen, sequence, module = "fastfetch._core")]
pub struct Rows {
    rows: Vec<(Item, Row)>,
}

impl Rows {
    pub fn new(rows: Vec<(Item, Row)>) -> Self {
        Self { rows }
    }

    fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.rows.iter().map(|(_, row)| &*row.outcome)
    }

    fn pick<'a>(&'a self, py: Python<'_>, rows: impl Iterator<Item = &'a (Item, Row)>) -> Self {
        Self { rows: rows.map(|(item, row)| (item.clone(), row.clone_ref(py))).collect() }
    }
}

fn request_of<'py>(py: Python<'py>, item: &Item, row: &Row) -> PyResult<Bound<'py, PyAny>> {
    Ok(match item {
        Item::Url(url) => url.as_ref().into_pyobject(py)?.into_any(),
        Item::Request(request) => {
            let tag = row.tag.as_ref().map(|tag| tag.clone_ref(py));
            Bound::new(py, Request { inner: request.clone(), tag })?.into_any()
        }
        Item::Invalid(error) => error.url.as_ref().into_pyobject(py)?.into_any(),
    })
}

#[pymethods]
impl Rows {
    fn __len__(&self) -> usize {
        self.rows.len()
    }

    fn __getitem__(&self, py: Python<'_>, index: isize) -> PyResult<Response> {
        let index = if index < 0 { index + self.rows.len().cast_signed() } else { index };
        let found = usize::try_from(index).ok().and_then(|index| self.rows.get(index));
        let (_, row) = found.ok_or_else(|| PyIndexError::new_err("results index out of range"))?;
        Ok(Response::new(row.clone_ref(py)))
    }

    /// The rows at these places.
    fn take(&self, py: Python<'_>, places: Vec<usize>) -> Self {
        self.pick(py, places.iter().filter_map(|place| self.rows.get(*place)))
    }

    /// These rows with others in some of their places.
    fn replaced(&self, py: Python<'_>, places: Vec<usize>, others: &Self) -> Self {
        let mut all = self.pick(py, self.rows.iter());
        for (place, (item, row)) in places.into_iter().zip(&others.rows) {
            if let Some(slot) = all.rows.get_mut(place) {
                *slot = (item.clone(), row.clone_ref(py));
            }
        }
        all
    }

    /// The rows whose answer has a status below 400.
    fn ok(&self, py: Python<'_>) -> Self {
        self.pick(py, self.rows.iter().filter(|(_, row)| matches!(&*row.outcome, Ok(answer) if answer.status.as_u16() < 400)))
    }

    /// The rows to which no answer came.
    fn failed(&self, py: Python<'_>) -> Self {
        self.pick(py, self.rows.iter().filter(|(_, row)| row.outcome.is_err()))
    }

    /// What was asked for in a row: a `str` or a `Request`.
    fn request<'py>(&self, py: Python<'py>, place: usize) -> PyResult<Bound<'py, PyAny>> {
        let (item, row) = self.rows.get(place).ok_or_else(|| PyIndexError::new_err("results index out of range"))?;
        request_of(py, item, row)
    }

    /// The URL of a row: of the answer, or of the failure.
    fn url<'py>(&self, py: Python<'py>, place: usize) -> PyResult<Bound<'py, PyAny>> {
        Bound::new(py, self.__getitem__(py, place.cast_signed())?)?.getattr(intern!(py, "url"))
    }

    /// The columns `status` (None where no answer came), `error` (a class name, or None), `size` (bytes) and `elapsed` (seconds).
    fn columns<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let columns = PyDict::new(py);
        let status = self.outcomes().map(|outcome| outcome.as_ref().ok().map(|answer| answer.status.as_u16()));
        columns.set_item("status", status.collect::<Vec<_>>())?;
        let error = self.outcomes().map(|outcome| outcome.as_ref().err().map(|error| class_name(&error.kind)));
        columns.set_item("error", error.collect::<Vec<_>>())?;
        let size = self.outcomes().map(|outcome| outcome.as_ref().map_or(0, |answer| answer.body.len()));
        columns.set_item("size", size.collect::<Vec<_>>())?;
        let elapsed = self.outcomes().map(|outcome| match outcome {
            Ok(answer) => answer.elapsed.as_secs_f64(),
            Err(error) => error.elapsed.as_secs_f64(),
        });
        columns.set_item("elapsed", elapsed.collect::<Vec<_>>())?;
        Ok(columns)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let py = slf.py();
        let rows = &slf.get().rows;
        let responses = rows.iter().map(|(_, row)| Bound::new(py, Response::new(row.clone_ref(py))));
        let responses = PyList::new(py, responses.collect::<PyResult<Vec<_>>>()?)?;
        let requests = rows.iter().map(|(item, row)| request_of(py, item, row));
        let requests = PyList::new(py, requests.collect::<PyResult<Vec<_>>>()?)?;
        Ok((slf.get_type().getattr(intern!(py, "_restore"))?, PyTuple::new(py, [requests, responses])?))
    }

    #[staticmethod]
    fn _restore(py: Python<'_>, requests: Vec<Bound<'_, PyAny>>, responses: Vec<Bound<'_, Response>>) -> Self {
        let rows = requests.iter().zip(&responses).map(|(request, response)| (extract::item(request).0, response.get().row(py)));
        Self { rows: rows.collect() }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.rows.iter().filter_map(|(_, row)| row.tag.as_ref()).try_for_each(|tag| visit.call(tag))
    }
}

/// A row of a batch, once it is finished.
pub fn finished(item: &Item, outcome: &Arc<Outcome>, tag: Option<Py<PyAny>>) -> (Item, Row) {
    (item.clone(), Row { outcome: outcome.clone(), tag })
}

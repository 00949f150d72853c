//! `Rows`: finished items of a batch, as columns and as responses made when they are looked at.

use std::collections::HashMap;
use std::sync::Arc;

use pyo3::PyTraverseError;
use pyo3::exceptions::{PyIndexError, PyOverflowError};
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use super::error::class_name;
use super::extract;
use super::names::intern;
use super::request::Request;
use super::response::{Response, Row};
use super::shown;
use crate::engine::error::Kind;
use crate::engine::gather::Table;
use crate::engine::item::Item;
use crate::engine::request::host_key;
use crate::engine::response::{Outcome, Timings};

/// What callers gave their items to carry, by place.
pub type Tags = HashMap<usize, Py<PyAny>>;

/// Status, exception class name, size in bytes, elapsed seconds.
type Columns<'a> = (Vec<Option<u16>>, Vec<Option<&'a str>>, Vec<usize>, Vec<f64>);

/// Numbers of rows; when each left the queue, in seconds since 1970; and how long each part took: the queue before that, what came
/// before the last hop, then DNS, connect, TLS, first byte and body. Of a failure only the whole is known, as the second of these.
type Moments = (Vec<usize>, Vec<f64>, Vec<[f64; 7]>);

/// The rows behind a `Results`: places in a table that many may share.
#[pyclass(frozen, sequence, module = "fastfetch._core")]
pub struct Rows {
    pub table: Arc<Table>,
    pub tags: Arc<Tags>,
    places: Places,
}

/// Which rows of the table.
enum Places {
    All,
    Some(Vec<usize>),
}

impl Rows {
    /// Those rows of a table that are finished.
    pub fn finished(table: &Arc<Table>, tags: &Arc<Tags>) -> Self {
        let finished: Vec<usize> = (0..table.len()).filter(|place| table.outcome(*place).is_some()).collect();
        let places = if finished.len() == table.len() { Places::All } else { Places::Some(finished) };
        Self { table: table.clone(), tags: tags.clone(), places }
    }

    /// All rows of a table, with their tags.
    pub fn all(table: Table, tags: Tags) -> Self {
        Self { table: Arc::new(table), tags: Arc::new(tags), places: Places::All }
    }

    fn len(&self) -> usize {
        match &self.places {
            Places::All => self.table.len(),
            Places::Some(places) => places.len(),
        }
    }

    /// The place in the table of a row.
    fn place(&self, index: usize) -> PyResult<usize> {
        let place = match &self.places {
            Places::All => Some(index).filter(|index| *index < self.table.len()),
            Places::Some(places) => places.get(index).copied(),
        };
        place.ok_or_else(|| PyIndexError::new_err("results index out of range"))
    }

    /// The places in the table of all rows.
    pub fn places(&self) -> impl Iterator<Item = usize> {
        (0..self.len()).filter_map(|index| self.place(index).ok())
    }

    /// What became of all rows.
    pub fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.places().filter_map(|place| self.table.outcome(place)).map(|outcome| &**outcome)
    }

    fn select(&self, wanted: impl Fn(&Outcome) -> bool) -> Self {
        let places = self.places().filter(|place| self.table.outcome(*place).is_some_and(|outcome| wanted(outcome)));
        Self { table: self.table.clone(), tags: self.tags.clone(), places: Places::Some(places.collect()) }
    }

    fn row(&self, py: Python<'_>, index: usize) -> PyResult<Row> {
        let place = self.place(index)?;
        let outcome = self.table.outcome(place).ok_or_else(|| PyIndexError::new_err("not finished"))?;
        Ok(Row { outcome: outcome.clone(), tag: self.tags.get(&place).map(|tag| tag.clone_ref(py)) })
    }
}

#[pymethods]
impl Rows {
    fn __len__(&self) -> usize {
        self.len()
    }

    fn __getitem__(&self, index: &Bound<'_, PyAny>) -> PyResult<Response> {
        let py = index.py();
        let beyond = |error: PyErr| if error.is_instance_of::<PyOverflowError>(py) { Ok(isize::MAX) } else { Err(error) };
        let index: isize = index.extract().or_else(beyond)?;
        let index = if index < 0 { index + self.len().cast_signed() } else { index };
        // What is negative still is beyond any length.
        Ok(Response::new(self.row(py, usize::try_from(index).unwrap_or(usize::MAX))?))
    }

    /// The rows at these places.
    fn take(&self, indices: Vec<usize>) -> PyResult<Self> {
        let places = indices.into_iter().map(|index| self.place(index)).collect::<PyResult<_>>()?;
        Ok(Self { table: self.table.clone(), tags: self.tags.clone(), places: Places::Some(places) })
    }

    /// The rows whose answer has a status below 400.
    fn ok(&self) -> Self {
        self.select(|outcome| matches!(outcome, Ok(answer) if answer.status.as_u16() < 400))
    }

    /// The rows to which no answer came.
    fn failed(&self) -> Self {
        self.select(Outcome::is_err)
    }

    /// What was asked for in a row: a `str` or a `Request`; None where it was neither.
    fn request<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Option<Bound<'py, PyAny>>> {
        let place = self.place(index)?;
        Ok(match self.table.item(place) {
            Some(Item::Url(url)) => Some(url.as_ref().into_pyobject(py)?.into_any()),
            Some(Item::Request(request)) => {
                let tag = self.tags.get(&place).map(|tag| tag.clone_ref(py));
                Some(Bound::new(py, Request { inner: request.clone(), tag })?.into_any())
            }
            Some(Item::Invalid(_)) | None => None,
        })
    }

    /// These rows, with others in the places of some.
    fn replaced(&self, py: Python<'_>, indices: Vec<usize>, others: &Self) -> PyResult<Self> {
        let mut sources: Vec<(&Self, usize)> = self.places().map(|place| (self, place)).collect();
        for (index, place) in indices.into_iter().zip(others.places()) {
            if let Some(source) = sources.get_mut(index) {
                *source = (others, place);
            }
        }
        let row = |(rows, place): &(&Self, usize)| Some((rows.table.item(*place)?.clone(), rows.table.outcome(*place)?.clone()));
        let table = Table::finished(sources.iter().filter_map(row));
        let tag = |(index, (rows, place)): (usize, &(&Self, usize))| Some((index, rows.tags.get(place)?.clone_ref(py)));
        let tags = sources.iter().enumerate().filter_map(tag).collect();
        Ok(Self::all(table, tags))
    }

    /// The URL of a row: of the answer, or of the failure.
    fn url(&self, index: usize) -> PyResult<&str> {
        match self.table.outcome(self.place(index)?).map(|outcome| &**outcome) {
            Some(Ok(answer)) => Ok(&answer.url),
            Some(Err(error)) => Ok(&error.url),
            None => Err(PyIndexError::new_err("not finished")),
        }
    }

    /// The rows of each host, by `"host:port"`, the port left out where it is the scheme's own; "" for those without one. The host
    /// is that of the answer, or of the failure.
    fn by_host(&self) -> Vec<(String, Self)> {
        let mut hosts: Vec<(&str, Vec<usize>)> = Vec::new();
        let mut known: HashMap<&str, usize> = HashMap::new();
        for place in self.places() {
            let host = match self.table.outcome(place).map(|outcome| &**outcome) {
                Some(Ok(answer)) => host_key(&answer.url),
                // What did not parse names no host, whatever it looks like.
                Some(Err(error)) if error.kind != Kind::InvalidUrl => host_key(&error.url),
                Some(Err(_)) => "",
                None => continue,
            };
            let at = *known.entry(host).or_insert(hosts.len());
            if at == hosts.len() {
                hosts.push((host, Vec::new()));
            }
            if let Some((_, places)) = hosts.get_mut(at) {
                places.push(place);
            }
        }
        let rows = |places| Self { table: self.table.clone(), tags: self.tags.clone(), places: Places::Some(places) };
        hosts.into_iter().map(|(host, places)| (host.to_owned(), rows(places))).collect()
    }

    /// Where the time went of those rows whose request left the queue.
    fn moments(&self) -> Moments {
        let seconds = |micros: u32| f64::from(micros) / 1e6;
        let moments = |outcome: &Outcome| {
            let (timings, elapsed) = match outcome {
                Ok(answer) => (answer.timings, answer.elapsed()),
                Err(error) => (Timings { start: error.start, ..Timings::default() }, error.elapsed),
            };
            let Timings { start, queue, dns, connect, tls, first_byte, body } = timings;
            let [queue, dns, connect, tls, first_byte, body] = [queue, dns, connect, tls, first_byte, body].map(seconds);
            let before = (elapsed.as_secs_f64() - (dns + connect + tls + first_byte + body)).max(0.0);
            // Exact up to the year 2255.
            let start = start as f64 / 1e6;
            (start > 0.0).then_some((start, [queue, before, dns, connect, tls, first_byte, body]))
        };
        self.outcomes()
            .enumerate()
            .filter_map(|(index, outcome)| moments(outcome).map(|(start, parts)| (index, start, parts)))
            .collect()
    }

    /// The columns: status (None where no answer came), exception class name (None where one did), size in bytes, elapsed seconds.
    fn columns(&self) -> Columns<'_> {
        let status = |outcome: &Outcome| outcome.as_ref().ok().map(|answer| answer.status.as_u16());
        fn error(outcome: &Outcome) -> Option<&str> {
            outcome.as_ref().err().map(|error| class_name(&error.kind))
        }
        let size = |outcome: &Outcome| outcome.as_ref().map_or(0, |answer| answer.body.len());
        let elapsed =
            |outcome: &Outcome| outcome.as_ref().map_or_else(|error| error.elapsed, |answer| answer.elapsed()).as_secs_f64();
        (
            self.outcomes().map(status).collect(),
            self.outcomes().map(error).collect(),
            self.outcomes().map(size).collect(),
            self.outcomes().map(elapsed).collect(),
        )
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let (py, this) = (slf.py(), slf.get());
        let responses = (0..this.len()).map(|index| Bound::new(py, Response::new(this.row(py, index)?)));
        let responses = PyList::new(py, responses.collect::<PyResult<Vec<_>>>()?)?;
        let requests = (0..this.len()).map(|index| this.request(py, index));
        let requests = PyList::new(py, requests.collect::<PyResult<Vec<_>>>()?)?;
        Ok((slf.get_type().getattr(intern!(py, "_restore"))?, PyTuple::new(py, [requests, responses])?))
    }

    #[staticmethod]
    fn _restore(py: Python<'_>, requests: Vec<Bound<'_, PyAny>>, responses: Vec<Bound<'_, Response>>) -> Self {
        let rows: Vec<Row> = responses.iter().map(|response| response.get().row(py)).collect();
        let items = requests.iter().map(|request| extract::item(request).0);
        let table = Table::finished(items.zip(rows.iter().map(|row| row.outcome.clone())));
        let tags = rows.into_iter().enumerate().filter_map(|(index, row)| Some((index, row.tag?))).collect();
        Self::all(table, tags)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Tags that are shared are visited by nobody: a reference counted twice would look like a cycle that is not.
        if Arc::strong_count(&self.tags) == 1 {
            self.tags.values().try_for_each(|tag| visit.call(tag))?;
        }
        shown::table(&visit, &self.table)
    }
}

//! `Batch` and `gather_fetch`: many requests in one call across the bridge.

use std::collections::HashMap;
use std::sync::Arc;

use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::call::Call;
use super::client::Client;
use super::extract;
use super::plan::{self, Tagged, plan};
use super::progress::{self, Counters, Ticks, ticking};
use super::rows::{Rows, Tags};
use super::shown;
use super::urls::Urls;
use crate::engine::gather::Batch as EngineBatch;
use crate::engine::item::Item;

impl Tagged for Tags {
    fn tag(&self, py: Python<'_>, place: usize) -> Option<Py<PyAny>> {
        self.get(&place).map(|tag| tag.clone_ref(py))
    }
}

/// The requests of a batch and what has become of them so far.
#[pyclass(frozen, module = "fastfetch._core")]
pub struct Batch {
    engine: Arc<EngineBatch>,
    client: Py<Client>,
    tags: Arc<Tags>,
}

#[pymethods]
impl Batch {
    #[new]
    #[pyo3(signature = (client, urls, **options))]
    fn new(client: &Bound<'_, Client>, urls: &Bound<'_, PyAny>, options: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let (items, tags) = items(urls)?;
        let tags = Arc::new(tags);
        let plan = plan(client.py(), client.get(), &plan::options("gather", options, &[])?, tags.clone())?;
        Ok(Self { engine: EngineBatch::new(plan, items), client: client.clone().unbind(), tags })
    }

    fn __len__(&self) -> usize {
        self.engine.table().len()
    }

    /// The items that are finished, in input order.
    fn rows(&self) -> Rows {
        Rows::finished(self.engine.table(), &self.tags)
    }

    /// The counters: queued, in flight, waiting for another attempt, below 400, 400 and more by status, failed by class name, bytes.
    fn counters(&self) -> Counters {
        let snapshot = self.engine.progress().snapshot();
        let unfinished = self.engine.table().len().saturating_sub(snapshot.done());
        progress::counters(snapshot, unfinished)
    }

    /// The hosts to which no request begins at present, and for how many seconds.
    fn paused(&self) -> HashMap<String, f64> {
        progress::paused(self.engine.paused())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.client)?;
        // Whatever runs shares it.
        if Arc::strong_count(&self.engine) > 1 {
            return Ok(());
        }
        shown::table(&visit, self.engine.table())?;
        let reader = self.engine.plan().reader.as_ref();
        reader.map_or(Ok(()), |reader| shown::reader(&visit, reader))?;
        // As in `Rows`: what others share is visited by nobody. The reader is this batch's own.
        if Arc::strong_count(&self.tags) > 1 + usize::from(reader.is_some()) {
            return Ok(());
        }
        self.tags.values().try_for_each(|tag| visit.call(tag))
    }
}

/// The items of a column or a list, and what they carry.
fn items(urls: &Bound<'_, PyAny>) -> PyResult<(Vec<Item>, Tags)> {
    if let Ok(column) = urls.cast::<Urls>() {
        return Ok((column.get().items(), Tags::new()));
    }
    let values: Vec<Bound<'_, PyAny>> = urls.extract()?;
    let mut tags = Tags::new();
    let mut items = Vec::with_capacity(values.len());
    for value in &values {
        let (item, tag) = extract::item(value);
        if let Some(tag) = tag {
            tags.insert(items.len(), tag);
        }
        items.push(item);
    }
    Ok((items, tags))
}

/// Fetches all items of a batch that are not finished: one call across the bridge, however many they are.
///
/// Parameters
/// ----------
/// batch
///     What to fetch.
/// ticks
///     A callable that is called meanwhile where the call is awaited, seconds until the first time, and seconds between two.
#[pyfunction]
#[pyo3(signature = (batch, ticks=None))]
pub fn gather_fetch(batch: &Batch, ticks: Option<Ticks>) -> Call {
    let running = batch.engine.clone().run(batch.client.get().engine.clone());
    Call::trying(ticking(ticks, running)).asking(true)
}

//! `Batch` and `gather_fetch`: many requests in one call across the bridge.

use std::sync::Arc;

use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::call::Call;
use super::client::Client;
use super::extract::{self, Options};
use super::rows::{Rows, Tags};
use crate::engine::gather::{Batch as EngineBatch, Plan};
use crate::engine::progress::Snapshot;

/// The options of a batch.
const OPTIONS: [&str; 4] = ["concurrency", "per_host", "timeout", "headers"];

/// How the items of a call are fetched.
pub fn plan(function: &str, client: &Client, options: Option<&Bound<'_, PyDict>>) -> PyResult<Plan> {
    let options = Options::new(function, options, &OPTIONS)?;
    let mut plan = Plan {
        client: client.engine.clone(),
        limits: client.engine.limits(),
        own_limits: false,
        timeout: None,
        headers: http::HeaderMap::new(),
    };
    if let Some(value) = options.some("concurrency")? {
        plan.limits.concurrency = extract::count("concurrency", &value)?;
        plan.own_limits = true;
    }
    if let Some(value) = options.some("per_host")? {
        plan.limits.per_host = Some(extract::count("per_host", &value)?);
        plan.own_limits = true;
    }
    // None is the client's here: the options of a call reach this place whether they were given or not.
    if let Some(value) = options.some("timeout")? {
        plan.timeout = Some(extract::timeout(&value, client.engine.timeout())?);
    }
    if let Some(value) = options.some("headers")? {
        plan.headers = extract::header_lines("headers", &value)?;
    }
    Ok(plan)
}

/// The requests of a batch and what has become of them so far.
#[pyclass(frozen, module = "fastfetch._core")]
pub struct Batch {
    engine: Arc<EngineBatch>,
    tags: Arc<Tags>,
}

#[pymethods]
impl Batch {
    #[new]
    #[pyo3(signature = (client, urls, **options))]
    fn new(client: &Client, urls: Vec<Bound<'_, PyAny>>, options: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let plan = plan("gather", client, options)?;
        let mut items = Vec::with_capacity(urls.len());
        let mut tags = Tags::new();
        for value in &urls {
            let (item, tag) = extract::item(value);
            if let Some(tag) = tag {
                tags.insert(items.len(), tag);
            }
            items.push(item);
        }
        Ok(Self { engine: EngineBatch::new(plan, items), tags: Arc::new(tags) })
    }

    fn __len__(&self) -> usize {
        self.engine.table().len()
    }

    /// The items that are finished, in input order.
    fn rows(&self) -> Rows {
        Rows::finished(self.engine.table(), &self.tags)
    }

    /// The counters: in flight, below 400, 400 and more, failed, bytes.
    fn counters(&self) -> (usize, usize, usize, usize, u64) {
        let Snapshot { in_flight, ok, refused, failed, bytes } = self.engine.progress().snapshot();
        (in_flight, ok, refused, failed, bytes)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // As in `Rows`: what is shared is visited by nobody.
        if Arc::strong_count(&self.tags) == 1 { self.tags.values().try_for_each(|tag| visit.call(tag)) } else { Ok(()) }
    }
}

/// Fetches all items of a batch that are not finished: one call across the bridge, however many they are.
///
/// Parameters
/// ----------
/// batch
///     What to fetch.
#[pyfunction]
pub fn gather_fetch(batch: &Batch) -> Call {
    let engine = batch.engine.clone();
    Call::until(engine.run()).asking(true)
}

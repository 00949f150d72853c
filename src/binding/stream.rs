//! `Stream`: responses as they complete, with a window that the reader moves.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use futures_util::FutureExt;
use futures_util::future::{AbortHandle, Abortable};
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3::{PyTraverseError, exceptions::PyRuntimeError};
use pyo3_async_runtimes::{TaskLocals, into_future_with_locals};
use tokio::sync::mpsc::error::SendError;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::blocking;
use super::bridge::Port;
use super::call::Call;
use super::client::Client;
use super::extract::{self, count, flag};
use super::outbox::Outbox;
use super::plan::{self, Tagged, plan};
use super::progress::{self, Counters, Ticks, ticking};
use super::response::{Response, Row};
use super::side::{Place, Side};
use super::visit::Visit;
use super::waiting::Waiting;
use crate::engine::caller;
use crate::engine::completed::{Completed, stream};
use crate::engine::item::Item;
use crate::engine::process::{ProcessBound, lock};
use crate::engine::runtime;

/// Fetches what is pushed and hands out what completes. Dropping it stops all of it at once.
#[pyclass(frozen, weakref, module = "fastfetch._core")]
pub struct Stream {
    items: ProcessBound<UnboundedSender<(usize, Item)>>,
    completed: ProcessBound<Arc<Completed>>,
    driver: ProcessBound<AbortHandle>,
    /// What drives it, until the first item is pushed.
    driving: Mutex<Option<Driving>>,
    state: Mutex<State>,
    tags: Arc<StreamTags>,
    window: usize,
    /// Where a reader waits that has no event loop.
    waiting: Arc<Waiting>,
}

/// What callers gave their items to carry, by number.
#[derive(Default)]
struct StreamTags(Mutex<HashMap<usize, Py<PyAny>>>);

impl Tagged for StreamTags {
    fn tag(&self, py: Python<'_>, place: usize) -> Option<Py<PyAny>> {
        lock(&self.0).get(&place).map(|tag| tag.clone_ref(py))
    }
}

/// The options that are its own.
const OWN: [&str; 3] = ["window", "ordered", "lookahead"];

type Driving = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Default)]
struct State {
    pushed: usize,
    /// How the source's pump ended, where it has one and it has.
    end: Option<PyResult<()>>,
}

#[pymethods]
impl Stream {
    #[new]
    #[pyo3(signature = (client, **options))]
    fn new(py: Python<'_>, client: &Client, options: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let _visit = Visit::demand(py)?;
        let tags = Arc::<StreamTags>::default();
        let options = plan::options("as_completed", options, &OWN)?;
        let plan = plan(py, client, &options, tags.clone())?.by(client.engine.clone());
        let window = options.some("window")?.map(|value| count("window", &value)).transpose()?;
        let lookahead = options.some("lookahead")?.map(|value| count("lookahead", &value)).transpose()?.unwrap_or(1);
        let window = window.unwrap_or(plan.concurrency().saturating_mul(lookahead));
        let ordered = options.some("ordered")?.map(|value| flag("ordered", &value)).transpose()?.unwrap_or(false);
        let (items, incoming) = unbounded_channel();
        let completed = Arc::new(Completed::new(plan.concurrency(), ordered));
        let (driver, registration) = AbortHandle::new_pair();
        let driving = Abortable::new(stream(plan, incoming, completed.clone()), registration);
        Ok(Self {
            items: ProcessBound::new(items),
            completed: ProcessBound::new(completed),
            driver: ProcessBound::new(driver),
            // Aborted is how it ends when the reader has gone.
            driving: Mutex::new(Some(Box::pin(driving.map(|_| ())))),
            state: Mutex::default(),
            tags,
            window,
            waiting: Waiting::lasting(),
        })
    }

    /// Starts a fetch.
    fn push(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.begin(value.py())?;
        let (item, tag) = extract::item(value);
        let mut state = lock(&self.state);
        let number = state.pushed;
        state.pushed += 1;
        if let Some(tag) = tag {
            lock(&self.tags.0).insert(number, tag);
        }
        drop(state);
        let completed = self.shared()?;
        completed.expect();
        match self.items.get().map(|items| items.send((number, item))) {
            Some(Ok(())) => Ok(()),
            // It was taken from the source, so something has to become of it.
            Some(Err(SendError((number, item)))) if completed.refuse(number, &item) => Ok(()),
            _ => Err(PyRuntimeError::new_err("this stream was closed")),
        }
    }

    /// How many were pushed and not yet taken.
    #[getter]
    fn pending(&self) -> usize {
        self.completed.get().map_or(0, |completed| completed.pending())
    }

    /// Was it closed?
    #[getter]
    fn closed(&self) -> bool {
        self.completed.get().is_none_or(|completed| completed.is_closed())
    }

    /// How many more may be pushed.
    #[getter]
    fn room(&self) -> usize {
        if self.over() { 0 } else { self.window.saturating_sub(self.pending()) }
    }

    /// The next response, if one is there.
    fn take(&self) -> Option<Response> {
        let (number, outcome) = self.completed.get()?.take()?;
        let tag = lock(&self.tags.0).remove(&number);
        Some(Response::new(Row { outcome: Arc::new(outcome), tag }))
    }

    /// Waits until a response is there, or, where more was expected of it, the source has ended. Raises what ended it all.
    /// Meanwhile ticks, as `gather_fetch` does.
    #[pyo3(signature = (more, ticks=None))]
    fn ready(&self, more: bool, ticks: Option<Ticks>) -> PyResult<Call> {
        let completed = self.shared()?;
        let asks = ticks.is_some();
        let ready = async move {
            completed.ready(more).await;
            completed.failure().map_or(Ok(()), Err)
        };
        Ok(Call::trying(ticking(ticks, ready)).asking(asks).at(self.waiting.clone()))
    }

    /// Is it too late for more?
    #[getter]
    fn over(&self) -> bool {
        self.completed.get().is_none_or(|completed| completed.is_over())
    }

    /// The counters: queued, in flight, waiting for another attempt, below 400, 400 and more by status, failed by class name, bytes.
    fn counters(&self) -> Counters {
        let Some(completed) = self.completed.get() else { return Counters::default() };
        progress::counters(completed.progress().snapshot(), completed.unfinished())
    }

    /// The hosts to which no request begins at present, and for how many seconds.
    fn paused(&self) -> HashMap<String, f64> {
        progress::paused(self.completed.get().map(|completed| completed.paused()).unwrap_or_default())
    }

    /// Waits until another may be pushed.
    fn wait_for_room(&self) -> PyResult<Call> {
        let (completed, window) = (self.shared()?, self.window);
        Ok(Call::until(async move { completed.room(window).await }))
    }

    /// Listens for the end of the awaitable that pumps a source into this stream.
    fn listen(slf: &Bound<'_, Self>, pump: Bound<'_, PyAny>) -> PyResult<()> {
        let py = slf.py();
        let locals = TaskLocals::with_running_loop(py)?.copy_context(py)?;
        let ending = into_future_with_locals(&locals, pump)?;
        let outbox = Port::of_running_loop(py)?.get().outbox()?.clone();
        let (this, completed) = (pyo3::types::PyWeakrefReference::new(slf)?.unbind(), slf.get().shared()?);
        LoopTask::spawn(outbox, async move {
            let end = ending.await;
            // Polled on the loop's thread, so this attaches to what is attached already.
            Python::attach(|py| {
                if let Ok(Some(this)) = this.bind(py).upgrade_as::<Self>() {
                    lock(&this.get().state).end = Some(end.map(drop));
                }
            });
            completed.end();
        });
        Ok(())
    }

    /// No more will be pushed.
    fn end(&self) {
        if let Some(completed) = self.completed.get() {
            completed.end();
        }
    }

    /// Has the source ended? Raises what ended it, once.
    fn ended(&self) -> PyResult<bool> {
        let mut state = lock(&self.state);
        match state.end.replace(Ok(())) {
            Some(end) => end.map(|()| true),
            None => {
                state.end = None;
                Ok(false)
            }
        }
    }

    /// Stops everything.
    fn close(&self) {
        if let (Some(driver), Some(completed)) = (self.driver.get(), self.completed.get()) {
            driver.abort();
            completed.close();
        }
        self.waiting.close();
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Shared with the engine, where it calls the caller's code with them, they are visited by nobody.
        match self.tags.0.try_lock() {
            Ok(tags) if Arc::strong_count(&self.tags) == 1 => tags.values().try_for_each(|tag| visit.call(tag)),
            _ => Ok(()),
        }
    }
}

impl Stream {
    /// Begins to drive it, once. Code of the caller's, such as an iterator as a body, will run where the items are pushed.
    fn begin(&self, py: Python<'_>) -> PyResult<()> {
        let Some(driving) = lock(&self.driving).take() else { return Ok(()) };
        let _visit = Visit::demand(py)?;
        let place = match Port::of_running_loop(py) {
            _ if blocking::here(py)? => Place::Thread(self.waiting.clone()),
            Ok(port) => Place::Loop(port.get().outbox()?.clone()),
            Err(_) => return Ok(runtime::spawn(driving)?),
        };
        let side = Side::here(py, place)?;
        Ok(runtime::spawn(Box::pin(caller::scope(side.caller(), driving)))?)
    }

    fn shared(&self) -> PyResult<Arc<Completed>> {
        self.completed.get().cloned().ok_or_else(|| PyRuntimeError::new_err("this stream was inherited through a fork"))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.close();
    }
}

/// A Rust future that is polled on an event loop's thread, because it handles Python objects: the I/O thread must not.
struct LoopTask {
    outbox: Arc<Outbox>,
    future: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
}

impl LoopTask {
    fn spawn(outbox: Arc<Outbox>, future: impl Future<Output = ()> + Send + 'static) {
        Arc::new(Self { outbox, future: Mutex::new(Some(Box::pin(future))) }).wake();
    }

    fn poll(self: Arc<Self>) {
        let waker = Waker::from(self.clone());
        let mut future = lock(&self.future);
        if let Some(running) = future.as_mut()
            && running.as_mut().poll(&mut Context::from_waker(&waker)).is_ready()
        {
            *future = None;
        }
    }
}

impl Wake for LoopTask {
    fn wake(self: Arc<Self>) {
        let outbox = self.outbox.clone();
        outbox.run(Box::new(move || self.poll()));
    }
}

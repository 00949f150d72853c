//! `Streaming`: an answer whose body is read piece by piece.

use std::sync::{Arc, Mutex};

use pyo3::PyTraverseError;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use tokio::sync::oneshot;

use super::call::Call;
use super::error;
use super::outbox::Answer;
use super::response::{Response, Row};
use super::strings;
use super::waiting::Waiting;
use crate::engine::charset::{TextDecoder as Decoder, declared};
use crate::engine::events::Events;
use crate::engine::lines::{LineTooLong, Lines};
use crate::engine::process::{ProcessBound, lock};
use crate::engine::runtime;
use crate::engine::streaming::{Stop, Streaming as EngineStreaming};
use crate::engine::transport::Incoming;

/// An open answer: its head is here, its body arrives as it is read.
#[pyclass(frozen, module = "fastfetch._core")]
pub struct Streaming {
    engine: ProcessBound<Arc<EngineStreaming<Incoming>>>,
    tag: Option<Py<PyAny>>,
    /// The place of the I/O thread that its connection is on.
    home: usize,
    /// Where it is waited for. The request may still be on its way while its answer is read, and ask for more of its body.
    waiting: Arc<Waiting>,
}

impl Streaming {
    pub fn new(engine: EngineStreaming<Incoming>, tag: Option<Py<PyAny>>, home: usize, waiting: Arc<Waiting>) -> Self {
        Self { engine: ProcessBound::new(Arc::new(engine)), tag, home, waiting }
    }

    fn engine(&self) -> PyResult<&Arc<EngineStreaming<Incoming>>> {
        self.engine.get().ok_or_else(|| PyRuntimeError::new_err("this response was inherited through a fork"))
    }
}

#[pymethods]
impl Streaming {
    /// The answer, with this body in place of the one that arrives.
    fn response(&self, py: Python<'_>, body: &[u8]) -> PyResult<Response> {
        let answer = self.engine()?.answer(body)?;
        let tag = self.tag.as_ref().map(|tag| tag.clone_ref(py));
        Ok(Response::new(Row { outcome: Arc::new(Ok(answer)), tag }))
    }

    /// The next bytes, decoded or as they came; None at the end.
    fn read(&self, raw: bool) -> PyResult<Call> {
        let engine = self.engine()?.clone();
        let call = Call::new(async move {
            let piece = engine.next(raw).await;
            Box::new(move |py: Python<'_>, _| match piece {
                Ok(Some(parts)) => Ok(strings::joined(py, &parts)?.into_any().unbind()),
                Ok(None) => Ok(py.None()),
                Err(Stop::Failed(failure)) => Err(error::raise(py, &failure)),
                Err(Stop::Closed) => Err(PyRuntimeError::new_err("the response was closed while its body was read")),
            }) as Answer
        });
        Ok(call.on(self.home).at(self.waiting.clone()))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.tag.iter().try_for_each(|tag| visit.call(tag))
    }

    /// Closes it, whatever is left of the body: at once, whether the call is awaited to its end, cancelled or dropped.
    fn close(&self) -> PyResult<Call> {
        let engine = self.engine()?.clone();
        let (tell, closed) = oneshot::channel();
        let closing = Box::pin(async move {
            engine.close().await;
            // Whoever closed it may not wait.
            let _ = tell.send(());
        });
        runtime::spawn_at(self.home, closing)?;
        Ok(Call::until(async move { closed.await.unwrap_or_default() }).at(self.waiting.clone()))
    }
}

impl Drop for Streaming {
    fn drop(&mut self) {
        self.waiting.close();
    }
}

/// Text out of bytes that come in pieces.
#[pyclass(frozen, module = "fastfetch._core")]
pub struct TextDecoder(Mutex<Decoder>);

#[pymethods]
impl TextDecoder {
    /// By the charset of a Content-Type; UTF-8 where it names none. A byte order mark wins over both.
    #[new]
    fn new(content_type: Option<&str>) -> Self {
        let encoding = content_type.and_then(declared);
        Self(Mutex::new(encoding.map_or_else(Decoder::utf8, Decoder::new)))
    }

    /// The text of the next piece.
    fn decode(&self, bytes: &[u8], last: bool) -> String {
        lock(&self.0).decode(bytes, last)
    }
}

/// Lines out of text that comes in pieces: they end at "\n", "\r\n" or "\r".
#[pyclass(frozen, module = "fastfetch._core")]
pub struct LineSplitter(Mutex<Lines>);

#[pymethods]
impl LineSplitter {
    /// No line may be longer than this, in bytes of UTF-8.
    #[new]
    fn new(limit: usize) -> Self {
        Self(Mutex::new(Lines::new(limit)))
    }

    /// The lines that this piece ends.
    fn push(&self, text: &str) -> PyResult<Vec<String>> {
        let mut lines = Vec::new();
        let each = |line: &str| {
            lines.push(line.to_owned());
            Ok::<(), LineTooLong>(())
        };
        lock(&self.0).push(text, each).map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(lines)
    }

    /// The last line, where no line end follows it.
    fn finish(&self) -> Option<String> {
        lock(&self.0).finish()
    }
}

/// An event: its type, data, id, and the reconnection time in milliseconds where one was set since the event before.
type Parsed = (String, String, String, Option<u64>);

/// Server-sent events out of bytes that come in pieces.
#[pyclass(frozen, module = "fastfetch._core")]
pub struct EventParser(Mutex<Events>);

#[pymethods]
impl EventParser {
    /// No event may be larger than this, in bytes.
    #[new]
    fn new(limit: usize) -> Self {
        Self(Mutex::new(Events::new(limit)))
    }

    /// The events that this piece ends.
    fn push(&self, bytes: &[u8]) -> PyResult<Vec<Parsed>> {
        let mut events = Vec::new();
        lock(&self.0).push(bytes, &mut events).map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(events.into_iter().map(|event| (event.event, event.data, event.id, event.retry)).collect())
    }

    /// The stream begins anew over another connection.
    fn reconnect(&self) {
        lock(&self.0).reconnect();
    }

    /// The last event id that was set.
    #[getter]
    fn last_id(&self) -> String {
        lock(&self.0).last_id().to_owned()
    }

    /// The reconnection time in milliseconds, where one was set.
    #[getter]
    fn retry(&self) -> Option<u64> {
        lock(&self.0).retry()
    }
}

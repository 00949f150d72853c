//! Bodies that the caller's own code produces while they are sent: files, iterators and async iterators, read on the caller's
//! side, a chunk at a time.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::bodies;
use super::names::intern;
use super::side::{Side, nowhere};
use crate::engine::caller::Caller;
use crate::engine::content::{Chunks, Produce};
use crate::engine::error::Failure;

/// A source that Python reads. See `fastfetch._bodies`.
pub struct Producer {
    /// The option it was given as.
    argument: Arc<str>,
    pub open: Arc<Py<PyAny>>,
    length: Option<u64>,
    replayable: bool,
    /// It was opened already.
    opened: AtomicBool,
}

impl Producer {
    /// A source of chunks, where the value is one.
    pub fn new(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Self> {
        let source = value.py().import(intern!(value.py(), "fastfetch._bodies"))?.getattr("source")?;
        let (open, length, replayable): (Py<PyAny>, _, _) = source.call1((argument, value))?.extract()?;
        Ok(Self { argument: argument.into(), open: Arc::new(open), length, replayable, opened: AtomicBool::new(false) })
    }
}

impl fmt::Debug for Producer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer").field("length", &self.length).finish_non_exhaustive()
    }
}

impl Produce for Producer {
    fn length(&self) -> Option<u64> {
        self.length
    }

    fn open(&self, caller: Option<&Caller>) -> Option<Chunks> {
        if self.opened.swap(true, Ordering::Relaxed) && !self.replayable {
            return None;
        }
        let Some(side) = Side::of(caller) else { return Some(stream::iter([Err(nowhere())]).boxed()) };
        let pass = Pass { side, argument: self.argument.clone(), open: self.open.clone(), reader: None };
        Some(stream::try_unfold(pass, Pass::next).boxed())
    }

    fn is_replayable(&self) -> bool {
        self.replayable
    }
}

/// One pass over a source. Where it is dropped before its end, its reader is closed.
struct Pass {
    side: Arc<Side>,
    argument: Arc<str>,
    open: Arc<Py<PyAny>>,
    reader: Option<Reader>,
}

/// The methods of a reader.
#[derive(Clone)]
struct Reader {
    read: Arc<Py<PyAny>>,
    close: Arc<Py<PyAny>>,
}

impl Pass {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, Failure> {
        let reader = match &self.reader {
            Some(reader) => reader.clone(),
            None => {
                let reader = self.side.ask(self.open.clone(), nothing, Reader::of).await?;
                self.reader.insert(reader).clone()
            }
        };
        let argument = self.argument.clone();
        match self.side.ask(reader.read, nothing, move |read| chunk(&argument, read)).await? {
            Some(bytes) => Ok(Some((bytes, self))),
            None => {
                self.reader = None;
                Ok(None)
            }
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if let Some(reader) = self.reader.take() {
            self.side.tell(reader.close, nothing);
        }
    }
}

impl Reader {
    fn of(reader: &Bound<'_, PyAny>) -> PyResult<Self> {
        let method = |name| Ok::<_, PyErr>(Arc::new(reader.getattr(name)?.unbind()));
        Ok(Self { read: method("read")?, close: method("close")? })
    }
}

fn nothing(py: Python<'_>) -> PyResult<Py<PyTuple>> {
    Ok(PyTuple::empty(py).unbind())
}

/// What a reader read: a tuple with a chunk, or None at the end.
fn chunk(argument: &str, read: &Bound<'_, PyAny>) -> PyResult<Option<Bytes>> {
    if read.is_none() {
        return Ok(None);
    }
    let chunk = read.get_item(0)?;
    match bodies::bytes(&chunk)? {
        Some(bytes) => Ok(Some(bytes)),
        None => Err(super::extract::expected(argument, "an iterator of str, bytes or buffers", &chunk)),
    }
}

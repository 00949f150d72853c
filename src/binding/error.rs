//! Engine errors as Python exceptions: one table.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

use pyo3::exceptions::{PyMemoryError, PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use super::side::Object;
use crate::engine::error::{Error, Kind, Raised};
use crate::engine::panics::{self, Panic};

/// The exception class of a kind.
pub fn class_name(kind: &Kind) -> &str {
    match kind {
        Kind::InvalidUrl => "InvalidURL",
        Kind::InvalidRequest => "InvalidRequest",
        Kind::Connect => "ConnectError",
        Kind::Dns => "DNSError",
        Kind::ConnectionRefused => "ConnectionRefused",
        Kind::Proxy => "ProxyError",
        Kind::Tls => "TLSError",
        Kind::Certificate { .. } => "CertificateError",
        Kind::ConnectTimeout => "ConnectTimeout",
        Kind::ReadTimeout => "ReadTimeout",
        Kind::WriteTimeout => "WriteTimeout",
        Kind::PoolTimeout => "PoolTimeout",
        Kind::TotalTimeout => "TotalTimeout",
        Kind::Protocol => "ProtocolError",
        Kind::IncompleteBody { .. } => "IncompleteBody",
        Kind::LimitExceeded { .. } => "LimitExceeded",
        Kind::Redirect => "RedirectError",
        Kind::TooManyRedirects { .. } => "TooManyRedirects",
        Kind::UnsafeRedirect => "UnsafeRedirect",
        Kind::ClientClosed => "ClientClosed",
        Kind::Decode => "DecodeError",
        Kind::Disallowed => "DisallowedByRobots",
        Kind::Checkpoint => "CheckpointError",
        Kind::Raised(raised) => &raised.class,
        Kind::Internal => "FetchError",
    }
}

static CLASSES: OnceLock<HashMap<String, Py<PyType>>> = OnceLock::new();

/// Looks all classes up: when one is needed, there may be no descriptor left to import with.
pub fn load(py: Python<'_>) -> PyResult<()> {
    let module = py.import("fastfetch._exceptions")?;
    let names: Vec<String> = module.getattr("__all__")?.extract()?;
    let mut classes = HashMap::new();
    for name in names {
        let class = module.getattr(name.as_str())?.cast_into::<PyType>()?.unbind();
        classes.insert(name, class);
    }
    let _ = CLASSES.set(classes);
    Ok(())
}

/// An exception class by its name.
pub fn class<'py>(py: Python<'py>, name: &str) -> PyResult<&'py Bound<'py, PyType>> {
    let class = CLASSES.get().and_then(|classes| classes.get(name));
    class.map(|class| class.bind(py)).ok_or_else(|| PyRuntimeError::new_err(format!("no exception class {name}")))
}

/// The exception for a failed fetch.
pub fn exception<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    if let Kind::Raised(Raised { exception: Some(raised), .. }) = &error.kind
        && let Some(Object(exception)) = raised.downcast_ref::<Object>()
    {
        return Ok(exception.bind(py).clone());
    }
    let facts = PyDict::new(py);
    if error.kind != Kind::Checkpoint {
        facts.set_item("url", &*error.url)?;
        facts.set_item("method", error.method.as_str())?;
    }
    facts.set_item("phase", error.phase.as_str())?;
    facts.set_item("attempts", error.attempts)?;
    facts.set_item("elapsed", error.elapsed.as_secs_f64())?;
    if !error.earlier.is_empty() {
        facts.set_item("earlier", PyTuple::new(py, error.earlier.iter().map(|told| &**told))?)?;
    }
    match &error.kind {
        Kind::Certificate { reason } => facts.set_item("reason", reason)?,
        Kind::IncompleteBody { expected, received } => {
            facts.set_item("expected", expected)?;
            facts.set_item("received", received)?;
        }
        Kind::LimitExceeded { limit, value } => {
            facts.set_item("limit", limit)?;
            facts.set_item("value", value)?;
        }
        Kind::TooManyRedirects { history } => facts.set_item("history", history)?,
        _ => {}
    }
    // What was raised does not survive pickling; that it was, does.
    let name = if let Kind::Raised(_) = &error.kind { "FetchError" } else { class_name(&error.kind) };
    let exception = class(py, name)?.call((error.to_string(),), Some(&facts))?;
    if let Some(errno) = error.errno {
        // Python picks the fitting subclass by the number; its words for it do not repeat the number, Rust's do.
        let text = std::io::Error::from_raw_os_error(errno).to_string();
        let text = text.split(" (os error").next().unwrap_or(&text).to_owned();
        // Made at once: a `PyErr` that is not made yet cannot be made any more while the interpreter shuts down.
        exception.setattr("__cause__", py.get_type::<PyOSError>().call1((errno, text))?)?;
    }
    Ok(exception)
}

/// The same, to be raised.
pub fn raise(py: Python<'_>, error: &Error) -> PyErr {
    exception(py, error).map_or_else(|error| error, PyErr::from_value)
}

/// A fault of ours, which is no request's.
pub fn internal(py: Python<'_>, what: &str) -> PyErr {
    class(py, "FetchError").and_then(|class| class.call1((what,))).map_or_else(|error| error, PyErr::from_value)
}

/// The same, caught at the bridge.
pub fn panicked(py: Python<'_>, panic: &Panic) -> PyErr {
    internal(py, &panic.to_string())
}

/// Does something on a thread of the caller's; a fault of ours is raised like any other error.
pub fn guarded<T>(py: Python<'_>, work: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    panics::catch(work).unwrap_or_else(|panic| Err(panicked(py, &panic)))
}

/// What went wrong with a file, as Python says it: with the file's name.
pub fn of_file(path: &Path, error: &io::Error) -> PyErr {
    let said = error.to_string();
    let words = said.split(" (os error").next().unwrap_or(&said).to_owned();
    if let Some(errno) = error.raw_os_error() {
        return PyOSError::new_err((errno, words, path.as_os_str().to_owned()));
    }
    let message = format!("{}: {words}", path.display().to_string().escape_debug());
    match error.kind() {
        io::ErrorKind::InvalidData => PyValueError::new_err(message),
        io::ErrorKind::OutOfMemory => PyMemoryError::new_err(message),
        kind => io::Error::new(kind, message).into(),
    }
}

//! `Request`: what to ask of a server, as a value.

use std::sync::Arc;

use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

use super::extract::{self, Options, REQUEST_OPTIONS};
use super::headers::Headers;
use crate::engine::config::Timeout;
use crate::engine::error::redact_url;
use crate::engine::request::Request as EngineRequest;

/// A request, to be given to `gather`, `as_completed`, `Batch` and `send` in place of a URL.
///
/// Parameters
/// ----------
/// method
///     The HTTP method (RFC 9110, section 9), in any case.
/// url
///     Where to; http or https.
/// headers
///     Header fields of this request alone: a mapping or pairs. They replace the client's of the same name.
/// content
///     The body: `str` (sent as UTF-8), `bytes` or any buffer.
/// timeout
///     Seconds for the whole exchange, or a `Timeout`; None for no timeout. Replaces the client's.
/// tag
///     Anything; it comes back as `Response.tag`.
///
/// Raises
/// ------
/// InvalidURL
///     Where the URL does not parse, or is not http or https.
/// InvalidRequest
///     Where the method or a header has a character that HTTP does not allow.
///
/// Examples
/// --------
/// >>> import fastfetch
/// >>> fastfetch.Request("POST", "https://example.com/items", content="{}", tag=7)
/// <Request POST https://example.com/items>
#[pyclass(frozen, module = "fastfetch._core")]
pub struct Request {
    pub inner: Arc<EngineRequest>,
    pub tag: Option<Py<PyAny>>,
}

#[pymethods]
impl Request {
    #[new]
    #[pyo3(signature = (method, url, **options))]
    fn new(method: &Bound<'_, PyAny>, url: &Bound<'_, PyAny>, options: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let mut known = REQUEST_OPTIONS.to_vec();
        known.push("tag");
        let options = Options::new("Request", options, &known)?;
        let inner = extract::request(extract::method(method)?, url, &options, Timeout::default())?;
        let tag = options.some("tag")?.map(Bound::unbind);
        Ok(Self { inner: Arc::new(inner), tag })
    }

    /// The method, in upper case.
    #[getter]
    fn method(&self) -> &str {
        self.inner.method.as_str()
    }

    /// The URL, as it will be sent.
    #[getter]
    fn url(&self) -> &str {
        self.inner.url.as_str()
    }

    /// The header fields of this request alone.
    #[getter]
    fn headers(&self) -> Headers {
        Headers::from(&self.inner.headers)
    }

    /// The body, or None.
    #[getter]
    fn content<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        self.inner.content.as_ref().map(|content| PyBytes::new(py, content))
    }

    /// The `Timeout` of this request alone, or None for the client's.
    #[getter]
    fn timeout<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(timeout) = self.inner.timeout else { return Ok(None) };
        let parts = [timeout.connect, timeout.read, timeout.total].map(|part| part.map(|part| part.as_secs_f64()));
        py.import("fastfetch._config")?.getattr("Timeout")?.call1(<(_, _, _)>::from(parts)).map(Some)
    }

    /// What was given as `tag`.
    #[getter]
    fn tag(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.tag.as_ref().map(|tag| tag.clone_ref(py))
    }

    fn __repr__(&self) -> String {
        format!("<Request {} {}>", self.inner.method, redact_url(&self.inner.url))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let py = slf.py();
        let this = slf.get();
        let options = PyDict::new(py);
        options.set_item("headers", this.headers().into_pyobject(py)?.call_method0("multi_items")?)?;
        options.set_item("content", this.content(py))?;
        options.set_item("tag", this.tag(py))?;
        if let Some(timeout) = this.timeout(py)? {
            options.set_item("timeout", timeout)?;
        }
        let rebuild = py.import("functools")?.getattr("partial")?.call((slf.get_type(),), Some(&options))?;
        Ok((rebuild, PyTuple::new(py, [this.method(), this.url()])?))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(tag) = &self.tag {
            visit.call(tag)?;
        }
        Ok(())
    }
}

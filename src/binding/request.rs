//! `Request`: what to ask of a server, as a value.

use std::sync::Arc;

use http::header::{AUTHORIZATION, COOKIE};
use pyo3::PyTraverseError;
use pyo3::exceptions::PyTypeError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};

use super::cookie::text;
use super::display;
use super::extract::{self, Options};
use super::headers::Headers;
use super::limits;
use super::parts;
use super::proxy;
use super::shown;
use crate::engine::auth::Credentials;
use crate::engine::authorize::Authorization;
use crate::engine::config::Timeout;
use crate::engine::cookies;
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
/// cookies
///     Cookies of this request alone: a mapping, pairs, or a `Cookies`, of which those are taken that fit the URL. They count
///     instead of the client's of the same name, and are never sent to another origin that a redirect leads to.
/// params
///     More for the URL's query, after what it has: a mapping, pairs, or a `str` that is a query already.
/// content
///     The body: `str` (sent as UTF-8), `bytes`, any buffer, a file opened in binary mode, or an iterable or async iterable.
/// data
///     A form: a mapping or pairs. Anything else is taken as `content`.
/// json
///     Anything that `json.dumps` takes.
/// files
///     Files of a form, together with the fields of `data`.
/// timeout
///     Seconds for the whole exchange, or a `Timeout`; None for no timeout. Replaces the client's.
/// proxy
///     The URL of a proxy or a `Proxy`; False for none. Replaces the client's.
/// tag
///     Anything; it comes back as `Response.tag`.
///
/// Raises
/// ------
/// InvalidURL
///     Where the URL does not parse, or is not http or https.
/// InvalidRequest
///     Where the method, a header or a cookie has a character that HTTP does not allow.
/// TypeError, ValueError
///     Where an option is wrong, or one excludes another; the message names it.
///
/// Examples
/// --------
/// >>> import fastfetch
/// >>> request = fastfetch.Request("POST", "https://example.com/items", params={"page": 2}, json={"name": "value"}, tag=7)
/// >>> request
/// <Request POST https://example.com/items?page=2>
/// >>> request.content, request.headers["content-type"]
/// (b'{"name":"value"}', 'application/json')
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
        let options = Options::new("Request", options, &parts::with_tag())?;
        let inner = parts::request(None, extract::method(method)?, url, &options, Timeout::default())?;
        let tag = options.some("tag")?.map(Bound::unbind);
        Ok(Self { inner: Arc::new(inner), tag })
    }

    /// The same request with a header field set, in place of others of its name: what a callback returns to change what is sent.
    ///
    /// Parameters
    /// ----------
    /// name
    ///     The field's name.
    /// value
    ///     The field's value: `str` as Latin-1, or `bytes`.
    ///
    /// Raises
    /// ------
    /// InvalidRequest
    ///     Where either has a character that HTTP does not allow.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> request = fastfetch.Request("GET", "https://example.com/").with_header("x-trace", "1")
    /// >>> request.headers["x-trace"]
    /// '1'
    fn with_header(&self, name: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = name.py();
        let lines = extract::header_lines("headers", PyList::new(py, [(name, value)])?.as_any())?;
        let mut inner = EngineRequest::clone(&self.inner);
        for (name, value) in &lines {
            inner.headers.insert(name, value.clone());
        }
        Ok(Self { inner: Arc::new(inner), tag: self.tag.as_ref().map(|tag| tag.clone_ref(py)) })
    }

    /// The method, in upper case.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> fastfetch.Request("get", "https://example.com/").method
    /// 'GET'
    #[getter]
    fn method(&self) -> &str {
        self.inner.method.as_str()
    }

    /// The URL, as it will be sent.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> fastfetch.Request("GET", "https://example.com", params={"page": 2}).url
    /// 'https://example.com/?page=2'
    #[getter]
    fn url(&self) -> &str {
        self.inner.url.as_str()
    }

    /// The header fields of this request alone.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> fastfetch.Request("GET", "https://example.com/", headers={"Accept": "text/html"}).headers["accept"]
    /// 'text/html'
    #[getter]
    fn headers(&self) -> Headers {
        Headers::from(&self.inner.headers)
    }

    /// The body, or None. A file or an iterator is read while it is sent, and is None here.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> fastfetch.Request("POST", "https://example.com/", json={"a": 1}).content
    /// b'{"a":1}'
    #[getter]
    fn content<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        Some(PyBytes::new(py, self.inner.content.as_ref()?.bytes()?))
    }

    /// The cookies of this request alone: pairs of name and value.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> fastfetch.Request("GET", "https://example.com/", cookies={"a": "1"}).cookies
    /// [('a', '1')]
    #[getter]
    fn cookies(&self) -> Vec<(String, String)> {
        let line = self.inner.own.as_ref().and_then(|own| own.cookies.as_deref()).unwrap_or_default();
        cookies::pairs(line).map(|(name, value)| (text(name), text(value))).collect()
    }

    /// The `Timeout` of this request alone, or None for the client's.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> fastfetch.Request("GET", "https://example.com/", timeout=5).timeout.total
    /// 5.0
    #[getter]
    fn timeout<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(timeout) = self.inner.timeout else { return Ok(None) };
        let parts = [timeout.connect, timeout.read, timeout.write, timeout.pool, timeout.total];
        let parts = parts.map(|part| part.map(|part| part.as_secs_f64()));
        py.import("fastfetch._config")?.getattr("Timeout")?.call1(<(_, _, _, _, _)>::from(parts)).map(Some)
    }

    /// What was given as `tag`.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> fastfetch.Request("GET", "https://example.com/", tag=7).tag
    /// 7
    #[getter]
    fn tag(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.tag.as_ref().map(|tag| tag.clone_ref(py))
    }

    fn __repr__(&self) -> String {
        format!("<Request {} {}>", self.inner.method, redact_url(&self.inner.url))
    }

    /// As a notebook shows it.
    fn _repr_html_(slf: &Bound<'_, Self>) -> PyResult<String> {
        display::html(slf.as_any(), "request_html")
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let py = slf.py();
        let this = slf.get();
        if parts::asks(&this.inner) {
            let what = "a request whose body is a file or an iterator cannot be pickled; read it into bytes first";
            return Err(PyTypeError::new_err(what));
        }
        let options = PyDict::new(py);
        let mut headers = this.inner.headers.clone();
        if let Some(own) = &this.inner.own {
            if let Some(follow) = own.follow_redirects {
                options.set_item("follow_redirects", follow)?;
            }
            if let Some(limit) = own.max_body {
                options.set_item("max_body", limit)?;
            }
            match &own.retry {
                None => {}
                Some(None) => options.set_item("retry", false)?,
                Some(Some(retry)) => options.set_item("retry", limits::retry_to_python(py, retry)?)?,
            }
            match &own.auth {
                None => {}
                Some(None) => options.set_item("auth", py.None())?,
                // It is this header that it stands for.
                Some(Some(Authorization::Credentials(Credentials::Fixed(value)))) => {
                    headers.insert(AUTHORIZATION, value.clone());
                }
                Some(Some(_)) => {
                    let what = "a Request whose auth is a DigestAuth, a NetRCAuth or a callable";
                    return Err(PyTypeError::new_err(format!("cannot pickle {what}: give auth to the Client in its place")));
                }
            }
        }
        options.set_item("headers", Headers::from(&headers).into_pyobject(py)?.call_method0("multi_items")?)?;
        options.set_item("content", this.content(py))?;
        // Once they are in the header, they are not said twice.
        if this.inner.own.as_ref().is_some_and(|own| own.cookies.is_some()) && !this.inner.headers.contains_key(COOKIE) {
            options.set_item("cookies", this.cookies())?;
        }
        options.set_item("tag", this.tag(py))?;
        if let Some(timeout) = this.timeout(py)? {
            options.set_item("timeout", timeout)?;
        }
        if let Some(proxy) = this.inner.own.as_ref().and_then(|own| own.proxy.as_ref()) {
            options.set_item("proxy", proxy::to_python(py, proxy)?)?;
        }
        let rebuild = py.import("functools")?.getattr("partial")?.call((slf.get_type(),), Some(&options))?;
        Ok((rebuild, PyTuple::new(py, [this.method(), this.url()])?))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.tag.iter().try_for_each(|tag| visit.call(tag))?;
        shown::request(&visit, &self.inner)
    }
}

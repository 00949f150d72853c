//! `Response`: what became of one request.

use std::sync::{Arc, Mutex, OnceLock};

use encoding_rs::Encoding;
use http::Version;
use pyo3::PyTraverseError;
use pyo3::exceptions::{PyBufferError, PyLookupError};
use pyo3::ffi;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDelta, PyDict, PyMemoryView, PyString, PyTuple};

use super::cookies::Cookies;
use super::facts::{self, Connection, Timings};
use super::headers::Headers;
use super::names::{intern, once};
pub use super::row::Row;
use super::{display, error, json, shown, strings};
use crate::engine::charset::{self, TextDecoder};
use crate::engine::process::lock;
use crate::engine::response::Response as Answer;

/// What became of a request: an answer, or the error that took its place.
///
/// An HTTP status of 404 or 500 is an answer; `ok` tells. Where no answer came, `error` is the exception, and touching what
/// never arrived (`status_code`, `content`, `json()` …) raises it. A response is complete and never changes; it may be used
/// from any thread, and pickled. `memoryview(response)` is the body without a copy.
///
/// Examples
/// --------
/// >>> import fastfetch
/// >>> from fastfetch.demo import Site
/// >>> site = Site()
/// >>> response = await fastfetch.get(f"{site.url}/json/1")
/// >>> response.status_code, response.headers["content-type"], response.json()["name"]
/// (200, 'application/json', 'item 1')
#[pyclass(frozen, module = "fastfetch._core")]
pub struct Response {
    row: Row,
    content: OnceLock<Py<PyBytes>>,
    error: OnceLock<Py<PyAny>>,
    /// As the caller set it.
    encoding: Mutex<Option<&'static Encoding>>,
}

impl Response {
    pub fn new(row: Row) -> Self {
        Self { row, content: OnceLock::new(), error: OnceLock::new(), encoding: Mutex::new(None) }
    }

    /// What it was made of.
    pub fn row(&self, py: Python<'_>) -> Row {
        self.row.clone_ref(py)
    }

    fn answer(&self, py: Python<'_>) -> PyResult<&Answer> {
        self.row.outcome.as_ref().as_ref().map_err(|error| error::raise(py, error))
    }

    /// An exception of this response's own: about its status, or about what is in its body.
    fn complain<'py>(slf: &Bound<'py, Self>, class: &str, message: String) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let answer = slf.get().answer(py)?;
        let facts = PyDict::new(py);
        facts.set_item("url", &*answer.url)?;
        facts.set_item("method", answer.method().as_str())?;
        facts.set_item("phase", "body")?;
        facts.set_item("attempts", answer.attempts)?;
        facts.set_item("elapsed", answer.elapsed().as_secs_f64())?;
        if class == "StatusError" {
            facts.set_item("phase", "response")?;
            facts.set_item("response", slf)?;
        }
        error::class(py, class)?.call((format!("{} {}: {message}", answer.method(), answer.url),), Some(&facts))
    }

    /// The `StatusError` about its status.
    pub fn refused<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let reason = slf.get().reason(slf.py())?;
        let message = format!("status {} {}", slf.get().status_code(slf.py())?, reason.escape_debug());
        Self::complain(slf, "StatusError", message.trim_end().into())
    }

    /// What the body's text is encoded in: as set, or as found.
    fn charset(&self, answer: &Answer) -> &'static Encoding {
        let set = *lock(&self.encoding);
        set.unwrap_or_else(|| charset::encoding(facts::content_type(answer).as_deref(), &answer.body))
    }
}

#[pymethods]
impl Response {
    /// The status code, such as 200.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> (await fastfetch.get(f"{site.url}/missing")).status_code
    /// 404
    #[getter]
    fn status_code(&self, py: Python<'_>) -> PyResult<u16> {
        Ok(self.answer(py)?.status.as_u16())
    }

    /// The server's words for the status, such as "Not Found"; the usual ones where it gave none.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> (await fastfetch.get(f"{site.url}/missing")).reason
    /// 'Not Found'
    #[getter]
    fn reason(&self, py: Python<'_>) -> PyResult<String> {
        let answer = self.answer(py)?;
        Ok(match answer.reason() {
            Some(reason) => String::from_utf8_lossy(reason).into_owned(),
            None => answer.status.canonical_reason().unwrap_or_default().into(),
        })
    }

    /// The protocol: "HTTP/1.0", "HTTP/1.1" or "HTTP/2".
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> (await fastfetch.get(f"{site.url}/json/1")).http_version
    /// 'HTTP/1.1'
    #[getter]
    fn http_version(&self, py: Python<'_>) -> PyResult<&'static str> {
        Ok(match self.answer(py)?.version {
            Version::HTTP_09 => "HTTP/0.9",
            Version::HTTP_10 => "HTTP/1.0",
            Version::HTTP_2 => "HTTP/2",
            Version::HTTP_3 => "HTTP/3",
            _ => "HTTP/1.1",
        })
    }

    /// The header fields.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> response = await fastfetch.get(f"{site.url}/json/1")
    /// >>> response.headers["Content-Type"]
    /// 'application/json'
    #[getter]
    fn headers(&self, py: Python<'_>) -> PyResult<Headers> {
        Ok(Headers { block: self.answer(py)?.headers.clone() })
    }

    /// The cookies that this response sets and may set for its URL: a copy, made anew each time. Those that redirects on the
    /// way here have set are in the responses of `history`; those of all responses are in the client's `cookies`.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> response = await fastfetch.get(f"{site.url}/json/1")
    /// >>> response.cookies
    /// Cookies()
    #[getter]
    fn cookies(&self, py: Python<'_>) -> PyResult<Cookies> {
        Ok(facts::cookies(self.answer(py)?))
    }

    /// The body.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> response = await fastfetch.get(f"{site.url}/missing")
    /// >>> response.content
    /// b'This is /missing\n'
    #[getter]
    fn content<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let answer = self.answer(py)?;
        Ok(once(&self.content, || strings::bytes(py, &answer.body).map(Bound::unbind))?.bind(py).clone())
    }

    /// The encoding of the body's text: by its byte order mark, the charset of Content-Type, what the document itself says, or a
    /// guess, in this order (https://encoding.spec.whatwg.org). It can be set, where the server is wrong.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> response = await fastfetch.get(f"{site.url}/page/1")
    /// >>> response.encoding
    /// 'utf-8'
    /// >>> response.encoding = "iso-8859-1"
    #[getter]
    fn encoding(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.charset(self.answer(py)?).name().to_ascii_lowercase())
    }

    #[setter]
    fn set_encoding(&self, encoding: &str) -> PyResult<()> {
        let unknown = || PyLookupError::new_err(format!("unknown encoding: '{}'", encoding.escape_debug()));
        *lock(&self.encoding) = Some(Encoding::for_label(encoding.as_bytes()).ok_or_else(unknown)?);
        Ok(())
    }

    /// The body as text in its `encoding`; what does not decode becomes U+FFFD.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> (await fastfetch.get(f"{site.url}/missing")).text
    /// 'This is /missing\n'
    #[getter]
    fn text<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        let answer = self.answer(py)?;
        error::guarded(py, || strings::text(py, &charset::decode(self.charset(answer), &answer.body)?))
    }

    /// The body decoded from JSON (RFC 8259), to what Python's own `json` makes of it.
    ///
    /// Integers are exact, up to 20,000 digits; a number beyond the range of a float is infinite, and `NaN` is not JSON. The last
    /// of equal keys wins. Lists and objects may be 1,024 levels deep. UTF-8, UTF-16 and UTF-32 show by themselves; where the
    /// body is in another encoding, `encoding` as set or the charset of Content-Type says so.
    ///
    /// Raises
    /// ------
    /// DecodeError
    ///     Where it is not JSON; the message has line, column and a quote of the place.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> response = await fastfetch.get(f"{site.url}/json/1")
    /// >>> response.json()["tags"]
    /// ['a', 'b']
    /// >>> response = await fastfetch.get(f"{site.url}/missing")
    /// >>> try:
    /// ...     response.json()
    /// ... except fastfetch.DecodeError as error:
    /// ...     print(error)
    /// GET http://127.0.0.1:.../missing: ...
    fn json<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let answer = slf.get().answer(py)?;
        let set = *lock(&slf.get().encoding);
        match error::guarded(py, || json::decode(py, answer, set))? {
            Ok(value) => Ok(value),
            Err(message) => Err(PyErr::from_value(Self::complain(slf, "DecodeError", message)?)),
        }
    }

    /// The URL that answered, or failed: the last one where redirects were followed.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> (await fastfetch.get(f"{site.url}/redirect/2")).url
    /// 'http://127.0.0.1:.../json/1'
    #[getter]
    fn url(&self) -> &str {
        match &*self.row.outcome {
            Ok(answer) => &answer.url,
            Err(error) => &error.url,
        }
    }

    /// The method of the request that was answered, or failed.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> (await fastfetch.get(f"{site.url}/json/1")).method
    /// 'GET'
    #[getter]
    fn method(&self) -> &str {
        match &*self.row.outcome {
            Ok(answer) => answer.method().as_str(),
            Err(error) => error.method.as_str(),
        }
    }

    /// The time from leaving the queue to the end of the body or the failure, as a `datetime.timedelta`.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> response = await fastfetch.get(f"{site.url}/slow/50")
    /// >>> response.elapsed.total_seconds() >= 0.05
    /// True
    #[getter]
    fn elapsed<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDelta>> {
        match &*self.row.outcome {
            Ok(answer) => answer.elapsed().into_pyobject(py),
            Err(error) => error.elapsed.into_pyobject(py),
        }
    }

    /// Where the time went.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> response = await fastfetch.get(f"{site.url}/slow/50")
    /// >>> response.timings.first_byte > 0.04
    /// True
    #[getter]
    fn timings(&self, py: Python<'_>) -> PyResult<Timings> {
        Ok(Timings::of(self.answer(py)?))
    }

    /// How many times a request was sent for this answer: more than once where it was repeated, redirected or challenged.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> response = await fastfetch.get(f"{site.url}/redirect/2")
    /// >>> response.attempts
    /// 3
    #[getter]
    fn attempts(&self) -> u32 {
        match &*self.row.outcome {
            Ok(answer) => answer.attempts,
            Err(error) => error.attempts,
        }
    }

    /// Who sent it, or, with the host's own TLS, the proxy that it came through.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> response = await fastfetch.get(f"{site.url}/json/1")
    /// >>> response.connection.remote_address
    /// ('127.0.0.1', ...)
    #[getter]
    fn connection(&self, py: Python<'_>) -> PyResult<Option<Connection>> {
        Ok(self.answer(py)?.peer.clone().map(Connection))
    }

    /// The fields that came after the body (RFC 9110, section 6.5).
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> (await fastfetch.get(f"{site.url}/json/1")).trailers
    /// Headers([])
    #[getter]
    fn trailers(&self, py: Python<'_>) -> PyResult<Headers> {
        Ok(Headers { block: self.answer(py)?.rare.as_ref().map_or_else(Default::default, |rare| (*rare.trailers).into()) })
    }

    /// True unless the body is still in a content coding: one that is not known here, or that of a part (206).
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> (await fastfetch.get(f"{site.url}/json/1")).decoded
    /// True
    #[getter]
    fn decoded(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.answer(py)?.decoded)
    }

    /// False where nothing says how long the body is, so that it lasted until the connection closed: whether that was all, nobody
    /// can tell. Over https the farewell of TLS says it, and a body that ends without one is an error.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> (await fastfetch.get(f"{site.url}/json/1")).complete
    /// True
    #[getter]
    fn complete(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.answer(py)?.is_complete())
    }

    /// True where the status and a Location header lead to another URL.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> response = await fastfetch.get(f"{site.url}/redirect/1", follow_redirects=False)
    /// >>> response.is_redirect
    /// True
    #[getter]
    fn is_redirect(&self, py: Python<'_>) -> PyResult<bool> {
        let answer = self.answer(py)?;
        Ok(matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308) && answer.headers().get("location").is_some())
    }

    /// Where the Link header fields lead (RFC 8288): for each relation type, such as "next", a mapping with the absolute "url" and
    /// what else is said of it. A link without a relation is found under its URL.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> response = await fastfetch.get(f"{site.url}/items")
    /// >>> response.links["next"]["url"]
    /// 'http://127.0.0.1:.../items?page=2&per_page=20'
    #[getter]
    fn links<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        facts::links(py, self.answer(py)?)
    }

    /// The same as `reason`.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> (await fastfetch.get(f"{site.url}/missing")).reason_phrase
    /// 'Not Found'
    #[getter]
    fn reason_phrase(&self, py: Python<'_>) -> PyResult<String> {
        self.reason(py)
    }

    /// True where an answer came and its status is 2xx.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> (await fastfetch.get(f"{site.url}/json/1")).is_success
    /// True
    #[getter]
    fn is_success(&self) -> bool {
        self.row.has_status(|status| status.is_success())
    }

    /// True where an answer came and its status is 4xx or 5xx.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> (await fastfetch.get(f"{site.url}/broken")).is_error
    /// True
    #[getter]
    fn is_error(&self) -> bool {
        self.row.has_status(|status| status.is_client_error() || status.is_server_error())
    }

    /// True where an answer came and its status is 4xx.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> (await fastfetch.get(f"{site.url}/missing")).is_client_error
    /// True
    #[getter]
    fn is_client_error(&self) -> bool {
        self.row.has_status(|status| status.is_client_error())
    }

    /// True where an answer came and its status is 5xx.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> (await fastfetch.get(f"{site.url}/broken")).is_server_error
    /// True
    #[getter]
    fn is_server_error(&self) -> bool {
        self.row.has_status(|status| status.is_server_error())
    }

    /// True where an answer came and its status is below 400.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> (await fastfetch.get(f"{site.url}/missing")).ok
    /// False
    #[getter]
    fn ok(&self) -> bool {
        self.row.has_status(|status| status.as_u16() < 400)
    }

    /// The exception where no answer came, else None.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> results = await fastfetch.gather([f"{site.url}/truncated"])
    /// >>> type(results[0].error).__name__, results[0].error.received
    /// ('IncompleteBody', 400)
    #[getter]
    fn error(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let Err(error) = &*self.row.outcome else { return Ok(None) };
        if let Some(made) = self.error.get() {
            return Ok(Some(made.clone_ref(py)));
        }
        // Made outside the lock of the cell: it runs Python. Of two makers the first wins.
        let made = error::exception(py, error)?.unbind();
        Ok(Some(self.error.get_or_init(|| made).clone_ref(py)))
    }

    /// The responses of the redirects that led here, in order.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> response = await fastfetch.get(f"{site.url}/redirect/2")
    /// >>> [hop.status_code for hop in response.history]
    /// [302, 302]
    #[getter]
    fn history(&self, py: Python<'_>) -> PyResult<Vec<Self>> {
        let hop = |hop: &Answer| Self::new(Row { outcome: Arc::new(Ok(hop.clone())), tag: None });
        Ok(self.answer(py)?.history().iter().map(hop).collect())
    }

    /// What the request carried as `tag`.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> request = fastfetch.Request("GET", f"{site.url}/json/1", tag="one")
    /// >>> [response.tag async for response in fastfetch.as_completed([request])]
    /// ['one']
    #[getter]
    fn tag(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.row.tag.as_ref().map(|tag| tag.clone_ref(py))
    }

    /// What `on_response` returned for it; None without.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> urls = [f"{site.url}/file/2500"]
    /// >>> results = await fastfetch.gather(urls, on_response=lambda response: len(response.content))
    /// >>> results[0].value
    /// 2500
    #[getter]
    fn value(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.row.value(py)
    }

    /// Raises `StatusError` where the status is 400 or more, and the request's own error where no answer came; else returns
    /// the response.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> response = await fastfetch.get(f"{site.url}/missing")
    /// >>> try:
    /// ...     response.raise_for_status()
    /// ... except fastfetch.StatusError as error:
    /// ...     print(error.response.status_code)
    /// 404
    fn raise_for_status<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        let answer = slf.get().answer(slf.py())?;
        if answer.status.as_u16() < 400 {
            return Ok(slf.clone());
        }
        Err(PyErr::from_value(Self::refused(slf)?))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| Arc::ptr_eq(&self.row.outcome, &other.get().row.outcome))
    }

    fn __hash__(&self) -> usize {
        Arc::as_ptr(&self.row.outcome).addr()
    }

    fn __repr__(&self) -> String {
        match &*self.row.outcome {
            Ok(answer) => format!("<Response [{}] {} {}>", answer.status.as_u16(), answer.method(), answer.url),
            Err(error) => format!("<Response [{}] {} {}>", error::class_name(&error.kind), error.method, error.url),
        }
    }

    /// As a notebook shows it.
    fn _repr_html_(slf: &Bound<'_, Self>) -> PyResult<String> {
        display::html(slf.as_any(), "response_html")
    }

    /// As much of `text` as is in the first bytes of the body.
    fn _text_of_first(&self, py: Python<'_>, bytes: usize) -> PyResult<String> {
        let answer = self.answer(py)?;
        let first = answer.body.get(..bytes).unwrap_or(&answer.body);
        Ok(TextDecoder::new(self.charset(answer)).decode(first, first.len() == answer.body.len()))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let py = slf.py();
        Ok((slf.get_type().getattr(intern!(py, "_restore"))?, slf.get().row.state(py)?))
    }

    #[staticmethod]
    #[pyo3(signature = (state, tag=None, value=None))]
    fn _restore(state: &[u8], tag: Option<Py<PyAny>>, value: Option<Py<PyAny>>) -> PyResult<Self> {
        Row::restored(state, tag, value).map(Self::new)
    }

    /// The body as a `memoryview` (PEP 688), without a copy.
    #[pyo3(signature = (_flags, /))]
    fn __buffer__<'py>(slf: &Bound<'py, Self>, _flags: i32) -> PyResult<Bound<'py, PyMemoryView>> {
        PyMemoryView::from(slf.as_any())
    }

    /// The body, read only, without a copy; the buffer keeps the response alive.
    ///
    /// # Safety
    /// Called by the interpreter with a view to fill.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: std::ffi::c_int) -> PyResult<()> {
        let body = &slf.get().answer(slf.py())?.body;
        let size = ffi::Py_ssize_t::try_from(body.len()).map_err(|_| PyBufferError::new_err("the body is too large"))?;
        // SAFETY: the body never moves or changes while the response lives, and the view holds a reference to the response.
        match unsafe { ffi::PyBuffer_FillInfo(view, slf.as_ptr(), body.as_ptr().cast_mut().cast(), size, 1, flags) } {
            0 => Ok(()),
            _ => Err(PyErr::fetch(slf.py())),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.row.tag.iter().chain(self.error.get()).try_for_each(|held| visit.call(held))?;
        shown::outcome(&visit, &self.row.outcome)
    }
}

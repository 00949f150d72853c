//! `Response`: what became of one request.

use std::sync::{Arc, OnceLock};

use http::Version;
use pyo3::exceptions::{PyBufferError, PyValueError};
use pyo3::ffi;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDelta, PyMemoryView, PyString, PyTuple};
use pyo3::{PyTraverseError, intern};

use super::headers::Headers;
use super::{error, json};
use crate::engine::response::{Outcome, Response as Answer};

/// One request's outcome and the caller's own word for it.
pub struct Row {
    pub outcome: Arc<Outcome>,
    pub tag: Option<Py<PyAny>>,
}

impl Row {
    pub fn clone_ref(&self, py: Python<'_>) -> Self {
        Self { outcome: self.outcome.clone(), tag: self.tag.as_ref().map(|tag| tag.clone_ref(py)) }
    }
}

/// What became of a request: an answer, or the error that took its place.
///
/// An HTTP status of 404 or 500 is an answer; `ok` tells. Where no answer came, `error` is the exception, and touching what
/// never arrived (`status_code`, `content`, `json()` …) raises it. A response is complete and never changes; it may be used
/// from any thread, and pickled. `memoryview(response)` is the body without a copy.
///
/// Examples
/// --------
/// >>> import fastfetch
/// >>> async def main(url):
/// ...     response = await fastfetch.get(url)
/// ...     print(response.status_code, response.headers["content-type"], response.json())
#[pyclass(frozen, module = "fastfetch._core")]
pub struct Response {
    row: Row,
    content: PyOnceLock<Py<PyBytes>>,
    error: OnceLock<Py<PyAny>>,
}

impl Response {
    pub fn new(row: Row) -> Self {
        Self { row, content: PyOnceLock::new(), error: OnceLock::new() }
    }

    /// What it was made of.
    pub fn row(&self, py: Python<'_>) -> Row {
        self.row.clone_ref(py)
    }

    fn answer(&self, py: Python<'_>) -> PyResult<&Answer> {
        match &*self.row.outcome {
            Ok(answer) => Ok(answer),
            Err(error) => Err(error::raise(py, error)),
        }
    }

    /// An exception of this response's own: about its status, or about what is in its body.
    fn complain<'py>(slf: &Bound<'py, Self>, class: &str, message: String) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let answer = slf.get().answer(py)?;
        let facts = pyo3::types::PyDict::new(py);
        facts.set_item("url", &*answer.url)?;
        facts.set_item("method", answer.method().as_str())?;
        facts.set_item("phase", "body")?;
        facts.set_item("attempts", 1)?;
        facts.set_item("elapsed", answer.elapsed.as_secs_f64())?;
        if class == "StatusError" {
            facts.set_item("phase", "response")?;
            facts.set_item("response", slf)?;
        }
        error::class(py, class)?.call((format!("{} {}: {message}", answer.method(), answer.url),), Some(&facts))
    }

    fn charset(answer: &Answer) -> Option<String> {
        let value = String::from_utf8_lossy(answer.headers().get("content-type")?);
        value.split(';').skip(1).find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let value = value.trim().trim_matches(['"', '\'']);
            (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then(|| value.to_ascii_lowercase())
        })
    }
}

#[pymethods]
impl Response {
    /// The status code, such as 200.
    #[getter]
    fn status_code(&self, py: Python<'_>) -> PyResult<u16> {
        Ok(self.answer(py)?.status.as_u16())
    }

    /// The server's words for the status, such as "Not Found"; the usual ones where it gave none.
    #[getter]
    fn reason(&self, py: Python<'_>) -> PyResult<String> {
        let answer = self.answer(py)?;
        Ok(match answer.reason() {
            Some(reason) => String::from_utf8_lossy(reason).into_owned(),
            None => answer.status.canonical_reason().unwrap_or_default().into(),
        })
    }

    /// The protocol: "HTTP/1.0", "HTTP/1.1" or "HTTP/2".
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
    #[getter]
    fn headers(&self, py: Python<'_>) -> PyResult<Headers> {
        Ok(Headers { block: self.answer(py)?.headers.clone() })
    }

    /// The body.
    #[getter]
    fn content<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let answer = self.answer(py)?;
        Ok(self.content.get_or_init(py, || PyBytes::new(py, &answer.body).unbind()).bind(py).clone())
    }

    /// The encoding of the body's text: what Content-Type says, else "utf-8".
    #[getter]
    fn encoding(&self, py: Python<'_>) -> PyResult<String> {
        Ok(Self::charset(self.answer(py)?).unwrap_or_else(|| "utf-8".into()))
    }

    /// The body as text in its `encoding`; what does not decode becomes U+FFFD.
    #[getter]
    fn text<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        let answer = self.answer(py)?;
        match Self::charset(answer).as_deref() {
            None | Some("utf-8" | "utf8") => Ok(PyString::new(py, &String::from_utf8_lossy(&answer.body))),
            Some(charset) => {
                let charset = std::ffi::CString::new(charset)?;
                let decoded = {
                    let content = self.content(py)?;
                    PyString::from_encoded_object(&content, Some(&charset), Some(c"replace"))
                };
                // A charset that Python does not know: the server's mistake, and no reason to lose the text.
                decoded.or_else(|_| Ok(PyString::new(py, &String::from_utf8_lossy(&answer.body))))
            }
        }
    }

    /// The body decoded from JSON (RFC 8259).
    ///
    /// Raises
    /// ------
    /// DecodeError
    ///     Where it is not JSON; the message has line, column and a quote of the place.
    fn json<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        match json::parse(py, &slf.get().answer(py)?.body) {
            Ok(value) => Ok(value),
            Err(message) => Err(PyErr::from_value(Self::complain(slf, "DecodeError", message)?)),
        }
    }

    /// The URL that answered, or failed: the last one where redirects were followed.
    #[getter]
    fn url(&self) -> &str {
        match &*self.row.outcome {
            Ok(answer) => &answer.url,
            Err(error) => &error.url,
        }
    }

    /// The method of the request that was answered, or failed.
    #[getter]
    fn method(&self) -> &str {
        match &*self.row.outcome {
            Ok(answer) => answer.method().as_str(),
            Err(error) => error.method.as_str(),
        }
    }

    /// The time from leaving the queue to the end of the body or the failure, as a `datetime.timedelta`.
    #[getter]
    fn elapsed<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDelta>> {
        match &*self.row.outcome {
            Ok(answer) => answer.elapsed.into_pyobject(py),
            Err(error) => error.elapsed.into_pyobject(py),
        }
    }

    /// True where an answer came and its status is below 400.
    #[getter]
    fn ok(&self) -> bool {
        matches!(&*self.row.outcome, Ok(answer) if answer.status.as_u16() < 400)
    }

    /// The exception where no answer came, else None.
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
    #[getter]
    fn history(&self, py: Python<'_>) -> PyResult<Vec<Self>> {
        let hop = |hop: &Answer| Self::new(Row { outcome: Arc::new(Ok(hop.clone())), tag: None });
        Ok(self.answer(py)?.history().iter().map(hop).collect())
    }

    /// What the request carried as `tag`.
    #[getter]
    fn tag(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.row.tag.as_ref().map(|tag| tag.clone_ref(py))
    }

    /// Raises `StatusError` where the status is 400 or more, and the request's own error where no answer came; else returns
    /// the response.
    fn raise_for_status<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        let answer = slf.get().answer(slf.py())?;
        if answer.status.as_u16() < 400 {
            return Ok(slf.clone());
        }
        let reason = slf.get().reason(slf.py())?;
        let message = format!("status {} {}", answer.status.as_u16(), reason.escape_debug());
        Err(PyErr::from_value(Self::complain(slf, "StatusError", message.trim_end().into())?))
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

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let py = slf.py();
        let state = postcard::to_allocvec(&*slf.get().row.outcome).map_err(|error| PyValueError::new_err(error.to_string()))?;
        let state = (PyBytes::new(py, &state), slf.get().tag(py)).into_pyobject(py)?;
        Ok((slf.get_type().getattr(intern!(py, "_restore"))?, state))
    }

    #[staticmethod]
    fn _restore(state: &[u8], tag: Option<Py<PyAny>>) -> PyResult<Self> {
        let outcome: Outcome =
            postcard::from_bytes(state).map_err(|error| PyValueError::new_err(format!("not a pickled response: {error}")))?;
        Ok(Self::new(Row { outcome: Arc::new(outcome), tag }))
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
        self.row.tag.iter().chain(self.error.get()).try_for_each(|held| visit.call(held))
    }
}

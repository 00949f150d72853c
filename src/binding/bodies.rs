//! What a request sends: the options `content`, `data`, `json` and `files` into `Content`.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderValue};
use pyo3::exceptions::{PyTypeError, PyUnicodeEncodeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyMapping, PyMemoryView, PyString, PyTuple};

use super::extract::Options;
use super::lent;
use super::names::{Name, intern};
use super::producer::Producer;
use super::upload;
use super::visit::Visit;
use crate::engine::content::Content;
use crate::engine::forms;

/// A body and the type that goes with it, where it has one.
pub type Typed = (Content, Option<HeaderValue>);

/// The body that a request's options describe, if any. Its type is set where the headers name none.
pub fn body(options: &Options<'_, '_>, headers: &mut HeaderMap) -> PyResult<Option<Content>> {
    let content = options.some("content")?;
    let data = options.some("data")?;
    let json = options.some("json")?;
    let files = options.some("files")?;
    let given = [("content", content.is_some()), ("json", json.is_some()), ("data", data.is_some()), ("files", files.is_some())];
    let given: Vec<&str> = given.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
    if let [one @ ("content" | "json"), other, ..] = given[..] {
        return Err(PyTypeError::new_err(format!("{one} and {other}: expected only one of them")));
    }
    let (content, kind) = match (content, json, data, files.filter(|files| !is_empty(files))) {
        (Some(value), ..) => (self::content("content", &value)?, None),
        (_, Some(value), ..) => json_text(&value)?,
        (_, _, data, Some(files)) => upload::form(data.as_ref(), &files, headers)?,
        (_, _, Some(data), None) if is_form(&data) && is_empty(&data) => return Ok(None),
        (_, _, Some(data), None) if is_form(&data) => {
            (forms::encode(&upload::pairs("data", &data)?).into(), Some(forms::CONTENT_TYPE))
        }
        (_, _, Some(data), None) => (self::content("data", &data)?, None),
        (_, _, None, None) => return Ok(None),
    };
    if let Some(kind) = kind {
        headers.entry(CONTENT_TYPE).or_insert(kind);
    }
    Ok(Some(content))
}

/// Fields of a form, and not a body as it is.
pub fn is_form(data: &Bound<'_, PyAny>) -> bool {
    data.cast::<PyMapping>().is_ok() || data.cast::<PyList>().is_ok() || data.cast::<PyTuple>().is_ok()
}

fn is_empty(value: &Bound<'_, PyAny>) -> bool {
    value.len().is_ok_and(|length| length == 0)
}

/// A body: bytes that are there, or what produces them.
pub fn content(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Content> {
    // A buffer may be the caller's own class, and so may an iterable.
    let _visit = Visit::demand(value.py())?;
    match bytes(value).map_err(|error| renamed(value.py(), argument, error))? {
        Some(bytes) => Ok(Content::Bytes(bytes)),
        None => Ok(Content::Produced(Arc::new(Producer::new(argument, value)?))),
    }
}

/// Text as UTF-8, or anything with bytes in it; None for anything else. A buffer is copied, once: its owner may change it while
/// it is sent, or before it is sent again.
pub fn bytes(value: &Bound<'_, PyAny>) -> PyResult<Option<Bytes>> {
    if let Ok(text) = value.cast::<PyString>() {
        return lent::text(text).map(Some);
    }
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(Some(lent::bytes(bytes)));
    }
    match PyMemoryView::from(value) {
        Ok(view) => {
            let copy = view.call_method0(intern!(value.py(), "tobytes"))?.cast_into::<PyBytes>()?;
            Ok(Some(lent::bytes(&copy)))
        }
        Err(_) => Ok(None),
    }
}

/// A value as compact JSON (RFC 8259): Python's own encoder writes it, so that its rules hold.
fn json_text(value: &Bound<'_, PyAny>) -> PyResult<Typed> {
    static DUMPS: Name = Name::of("json", "dumps");
    let py = value.py();
    let _visit = Visit::demand(py)?;
    let options = PyDict::new(py);
    options.set_item("ensure_ascii", false)?;
    options.set_item("allow_nan", false)?;
    options.set_item("separators", (",", ":"))?;
    let text = DUMPS.get(py)?.call((value,), Some(&options));
    let text = text.and_then(|text| lent::text(text.cast::<PyString>()?));
    let text = text.map_err(|error| renamed(py, "json", error))?;
    Ok((text.into(), Some(HeaderValue::from_static("application/json"))))
}

/// An error about a value, as one that names the option.
pub fn renamed(py: Python<'_>, argument: &str, error: PyErr) -> PyErr {
    let named = if error.is_instance_of::<PyUnicodeEncodeError>(py) {
        PyValueError::new_err(format!("{argument}: expected text that can be encoded, got a lone surrogate"))
    } else if error.get_type(py).is(py.get_type::<PyTypeError>()) {
        PyTypeError::new_err(format!("{argument}: {}", error.value(py)))
    } else if error.get_type(py).is(py.get_type::<PyValueError>()) {
        PyValueError::new_err(format!("{argument}: {}", error.value(py)))
    } else {
        return error;
    };
    named.set_cause(py, Some(error));
    named
}

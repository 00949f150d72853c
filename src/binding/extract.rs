//! Python values into engine values, each once, with errors that name the argument and what was expected.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyMapping, PyString};

use super::error;
use super::headers::Headers;
use super::names::intern;
use super::request::Request;
use super::visit::Visit;
use crate::engine::clock::FOREVER;
use crate::engine::config::Timeout;
use crate::engine::error::{Error, Kind, Phase};
use crate::engine::item::Item;

/// The type of a value, for messages.
pub fn type_name(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "?".into(), |name| name.to_string())
}

pub fn expected(argument: &str, what: &str, given: &Bound<'_, PyAny>) -> PyErr {
    PyTypeError::new_err(format!("{argument}: expected {what}, got {}", type_name(given)))
}

pub fn invalid(py: Python<'_>, class: &str, message: String) -> PyErr {
    match error::class(py, class).and_then(|class| class.call1((message,))) {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}

/// A question that names what is most like a name that is unknown.
pub fn nearest(py: Python<'_>, name: &str, known: &[&str]) -> PyResult<String> {
    let close: Vec<String> =
        py.import("difflib")?.call_method1("get_close_matches", (name, known.to_vec(), 1, 0.0))?.extract()?;
    Ok(close.first().map(|close| format!("; did you mean '{close}'?")).unwrap_or_default())
}

/// The keyword options of a call.
pub struct Options<'a, 'py>(Option<&'a Bound<'py, PyDict>>);

impl<'a, 'py> Options<'a, 'py> {
    /// Checks the names; an unknown one is a `TypeError` that names the nearest.
    pub fn new(function: &str, given: Option<&'a Bound<'py, PyDict>>, known: &[&str]) -> PyResult<Self> {
        for name in given.iter().flat_map(|given| given.keys()) {
            let text: String = name.extract()?;
            if known.contains(&text.as_str()) {
                continue;
            }
            let hint = nearest(name.py(), &text, known)?;
            return Err(PyTypeError::new_err(format!("{function}() has no option '{text}'{hint}")));
        }
        Ok(Self(given))
    }

    /// An option, where it was given.
    pub fn get(&self, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.map_or(Ok(None), |given| given.get_item(name))
    }

    /// An option, where it was given and not as None.
    pub fn some(&self, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.get(name)?.filter(|value| !value.is_none()))
    }
}

/// A number of seconds; None and infinity are no limit.
pub fn seconds(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Option<Duration>> {
    if value.is_none() {
        return Ok(None);
    }
    let number: Option<f64> = match value.extract() {
        Ok(number) if !value.is_instance_of::<PyBool>() => Some(number),
        // An int beyond floats is no limit, or no time at all.
        Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => Some(if value.gt(0)? { f64::INFINITY } else { 0.0 }),
        _ => None,
    };
    let Some(number) = number else { return Err(expected(argument, "a number of seconds or None", value)) };
    if number.is_nan() || number <= 0.0 {
        return Err(PyValueError::new_err(format!("{argument}: expected a positive number of seconds, got {number}")));
    }
    // What no clock can hold is as long as one can.
    let long = Duration::try_from_secs_f64(number).unwrap_or(FOREVER).min(FOREVER);
    Ok(number.is_finite().then_some(long))
}

/// A `Timeout`, or a number that bounds the whole exchange, or None for no timeout at all. A bare number leaves the bounds on
/// its parts as they were.
pub fn timeout(value: &Bound<'_, PyAny>, base: Timeout) -> PyResult<Timeout> {
    let py = value.py();
    if value.is_none() {
        return Ok(Timeout::default());
    }
    if value.hasattr(intern!(py, "connect"))? && value.hasattr(intern!(py, "total"))? {
        let part = |name: &str| seconds(&format!("timeout.{name}"), &value.getattr(name)?);
        return Ok(Timeout {
            connect: part("connect")?,
            read: part("read")?,
            write: part("write")?,
            pool: part("pool")?,
            total: part("total")?,
        });
    }
    Ok(Timeout { total: seconds("timeout", value)?, ..base })
}

/// A whole number of at least so much.
pub fn whole(argument: &str, value: &Bound<'_, PyAny>, least: i64) -> PyResult<usize> {
    let number: Option<i64> = if value.is_instance_of::<PyBool>() { None } else { value.extract().ok() };
    match number {
        Some(number) if number >= least => Ok(usize::try_from(number).unwrap_or(usize::MAX)),
        Some(number) => Err(PyValueError::new_err(format!("{argument}: expected at least {least}, got {number}"))),
        None => Err(expected(argument, "a whole number", value)),
    }
}

/// A count of at least one.
pub fn count(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<usize> {
    whole(argument, value, 1)
}

/// True or False, and nothing that only passes for it.
pub fn flag(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<bool> {
    value.cast::<PyBool>().map(|flag| flag.is_true()).map_err(|_| expected(argument, "True or False", value))
}

/// Text or bytes as bytes. Header text is Latin-1, as it is when it is read.
pub fn octets(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    let Ok(text) = value.cast::<PyString>() else { return Err(expected(argument, "str or bytes", value)) };
    let text = text.to_string_lossy();
    let latin: Option<Vec<u8>> = text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect();
    let outside =
        || invalid(value.py(), "InvalidRequest", format!("{argument}: expected Latin-1 text, or bytes for anything else"));
    latin.ok_or_else(outside)
}

/// Without the spaces and tabs around it, which are no part of a field's value (RFC 9110, section 5.5).
fn trim_blanks(value: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = value.iter().position(|byte| !blank(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
    value.get(start..end).unwrap_or_default()
}

/// Header fields: a mapping, an iterable of pairs, or a `Headers`.
pub fn header_lines(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<HeaderMap> {
    let py = value.py();
    if value.is_none() {
        return Ok(HeaderMap::new());
    }
    // The methods of a mapping may be the caller's own.
    let _visit = Visit::demand(py)?;
    let pairs = if let Ok(headers) = value.cast::<Headers>() {
        headers.call_method0(intern!(py, "multi_items"))?
    } else if let Ok(mapping) = value.cast::<PyMapping>() {
        mapping.items()?.into_any()
    } else {
        value.clone()
    };
    let what = "a mapping or an iterable of (name, value) pairs";
    let mut map = HeaderMap::new();
    for pair in pairs.try_iter().map_err(|_| expected(argument, what, value))? {
        let pair = pair?;
        let (name, content) =
            pair.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>().map_err(|_| expected(argument, what, &pair))?;
        let name = octets(&format!("{argument}: name"), &name)?;
        let shown = String::from_utf8_lossy(&name).to_lowercase().escape_debug().to_string();
        let content = octets(&format!("{argument}: value of '{shown}'"), &content)?;
        let bad = |what: &str| {
            invalid(py, "InvalidRequest", format!("{argument}: {what} '{shown}' has a character that HTTP does not allow"))
        };
        let name = HeaderName::from_bytes(&name).map_err(|_| bad("the name"))?;
        // The value itself may be a secret: it is not shown.
        let content = HeaderValue::from_bytes(trim_blanks(&content)).map_err(|_| bad("the value of"))?;
        map.try_append(name, content).map_err(|_| invalid(py, "InvalidRequest", format!("{argument}: too many fields")))?;
    }
    Ok(map)
}

/// A method.
pub fn method(value: &Bound<'_, PyAny>) -> PyResult<Method> {
    let Ok(text) = value.cast::<PyString>() else { return Err(expected("method", "str", value)) };
    let text = text.to_str()?;
    let refused = |why| invalid(value.py(), "InvalidRequest", format!("method: {why}, got '{}'", text.escape_debug()));
    match Method::from_bytes(text.to_ascii_uppercase().as_bytes()) {
        Ok(Method::CONNECT) => Err(refused("CONNECT makes tunnels, not requests")),
        Ok(method) => Ok(method),
        Err(_) => Err(refused("expected an HTTP method")),
    }
}

/// One of many URLs or requests. What is wrong with it becomes its own failure; nothing is raised.
pub fn item(value: &Bound<'_, PyAny>) -> (Item, Option<Py<PyAny>>) {
    let refused = |kind, url: &str, why: String| (Item::Invalid(Error::unsent(kind, Phase::Input, Method::GET, url, why)), None);
    if let Ok(text) = value.cast::<PyString>() {
        return match text.to_str() {
            Ok(text) => (Item::Url(text.into()), None),
            Err(_) => refused(Kind::InvalidUrl, &text.to_string_lossy(), "invalid URL: it has a lone surrogate".into()),
        };
    }
    match value.cast::<Request>() {
        Ok(request) => {
            let request = request.get();
            (Item::Request(request.inner.clone()), request.tag.as_ref().map(|tag| tag.clone_ref(value.py())))
        }
        Err(_) => refused(Kind::InvalidRequest, "", format!("expected str or Request, got {}", type_name(value))),
    }
}

//! Python values into engine values, each once, with errors that name the argument and what was expected.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyMapping, PyString};

use super::error;
use super::headers::Headers;
use super::request::Request;
use crate::engine::config::{Config, Limits, Timeout, Tls};
use crate::engine::error::{Error, Kind, Phase};
use crate::engine::gather::Item;
use crate::engine::request::Request as EngineRequest;

/// The type of a value, for messages.
pub fn type_name(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "?".into(), |name| name.to_string())
}

fn expected(argument: &str, what: &str, given: &Bound<'_, PyAny>) -> PyErr {
    PyTypeError::new_err(format!("{argument}: expected {what}, got {}", type_name(given)))
}

fn invalid(py: Python<'_>, class: &str, message: String) -> PyErr {
    match error::class(py, class).and_then(|class| class.call1((message,))) {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
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
            let close: Vec<String> =
                name.py().import("difflib")?.call_method1("get_close_matches", (&text, known.to_vec(), 1, 0.0))?.extract()?;
            let hint = close.first().map(|close| format!("; did you mean '{close}'?")).unwrap_or_default();
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
fn seconds(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Option<Duration>> {
    if value.is_none() {
        return Ok(None);
    }
    let number: Option<f64> = if value.is_instance_of::<PyBool>() { None } else { value.extract().ok() };
    let Some(number) = number else { return Err(expected(argument, "a number of seconds or None", value)) };
    if number.is_nan() || number <= 0.0 {
        return Err(PyValueError::new_err(format!("{argument}: expected a positive number of seconds, got {number}")));
    }
    // What no clock can hold is no limit.
    Ok(Duration::try_from_secs_f64(number).ok())
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
        return Ok(Timeout { connect: part("connect")?, read: part("read")?, total: part("total")? });
    }
    Ok(Timeout { total: seconds("timeout", value)?, ..base })
}

/// A count of at least one.
pub fn count(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<usize> {
    let number: Option<i64> = if value.is_instance_of::<PyBool>() { None } else { value.extract().ok() };
    match number {
        Some(number) if number >= 1 => Ok(usize::try_from(number).unwrap_or(usize::MAX)),
        Some(number) => Err(PyValueError::new_err(format!("{argument}: expected at least 1, got {number}"))),
        None => Err(expected(argument, "a whole number", value)),
    }
}

/// A `Limits`.
fn limits(value: &Bound<'_, PyAny>) -> PyResult<Limits> {
    let per_host = value.getattr("per_host")?;
    Ok(Limits {
        concurrency: count("limits.concurrency", &value.getattr("concurrency")?)?,
        per_host: if per_host.is_none() { None } else { Some(count("limits.per_host", &per_host)?) },
    })
}

/// Text or bytes as bytes.
fn octets(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(text.to_str()?.as_bytes().to_vec());
    }
    match value.cast::<PyBytes>() {
        Ok(bytes) => Ok(bytes.as_bytes().to_vec()),
        Err(_) => Err(expected(argument, "str or bytes", value)),
    }
}

/// Header fields: a mapping, an iterable of pairs, or a `Headers`.
pub fn header_lines(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<HeaderMap> {
    let py = value.py();
    if value.is_none() {
        return Ok(HeaderMap::new());
    }
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
        let shown = String::from_utf8_lossy(&name).escape_debug().to_string();
        let content = octets(&format!("{argument}: value of '{shown}'"), &content)?;
        let bad = |what: &str| {
            invalid(py, "InvalidRequest", format!("{argument}: {what} '{shown}' has a character that HTTP does not allow"))
        };
        let name = HeaderName::from_bytes(&name).map_err(|_| bad("the name"))?;
        // The value itself may be a secret: it is not shown.
        let content = HeaderValue::from_bytes(content.trim_ascii()).map_err(|_| bad("the value of"))?;
        map.append(name, content);
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

/// A body: text as UTF-8, or anything with bytes in it, copied.
fn content(value: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Bytes::copy_from_slice(text.to_str()?.as_bytes()));
    }
    match PyBuffer::<u8>::get(value) {
        Ok(buffer) => Ok(buffer.to_vec(value.py())?.into()),
        Err(_) => Err(expected("content", "str, bytes or a buffer", value)),
    }
}

/// The options that describe a request.
pub const REQUEST_OPTIONS: [&str; 3] = ["headers", "content", "timeout"];

/// A request from its parts.
pub fn request(method: Method, url: &Bound<'_, PyAny>, options: &Options<'_, '_>, base: Timeout) -> PyResult<EngineRequest> {
    let py = url.py();
    let Ok(text) = url.cast::<PyString>() else {
        return Err(invalid(py, "InvalidRequest", format!("url: expected str, got {}", type_name(url))));
    };
    let mut request = match text.to_str() {
        Ok(text) => EngineRequest::new(method, text).map_err(|error| error::raise(py, &error))?,
        Err(_) => return Err(invalid(py, "InvalidURL", "url: expected text that can be encoded, got a lone surrogate".into())),
    };
    if let Some(value) = options.some("headers")? {
        request.headers = header_lines("headers", &value)?;
    }
    if let Some(value) = options.some("content")? {
        request.content = Some(content(&value)?);
    }
    if let Some(value) = options.get("timeout")? {
        request.timeout = Some(timeout(&value, base)?);
    }
    Ok(request)
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

/// Addresses to use in place of DNS.
fn resolve(value: &Bound<'_, PyAny>) -> PyResult<Vec<(String, SocketAddr)>> {
    let Ok(mapping) = value.cast::<PyMapping>() else {
        return Err(expected("resolve", "a mapping of host names to addresses", value));
    };
    let mut pairs = Vec::new();
    for pair in mapping.items()? {
        let (host, address): (String, String) =
            pair.extract().map_err(|_| expected("resolve", "host names and addresses as str", &pair))?;
        // Port 0 stands for the port of the URL.
        let parsed = address.parse().or_else(|_| address.parse().map(|ip: IpAddr| SocketAddr::new(ip, 0)));
        let wrong = |_| PyValueError::new_err(format!("resolve: expected an IP address, with or without port, got '{address}'"));
        pairs.push((host.to_ascii_lowercase(), parsed.map_err(wrong)?));
    }
    Ok(pairs)
}

/// A `TLS`.
fn tls(value: &Bound<'_, PyAny>) -> PyResult<Tls> {
    let ca = value.getattr("ca")?;
    let pem = match ca.cast::<PyBytes>() {
        Ok(bytes) => Some(bytes.as_bytes().to_vec()),
        Err(_) if ca.is_none() => None,
        Err(_) => Some(std::fs::read(ca.extract::<std::path::PathBuf>()?)?),
    };
    Ok(Tls { ca: pem, verify: value.getattr("verify")?.is_truthy()? })
}

/// The settings of a client, complete: Python fills in the defaults.
pub fn config(settings: &Bound<'_, PyDict>) -> PyResult<Config> {
    let get = |name: &str| {
        let missing = || PyTypeError::new_err(format!("missing setting '{name}'"));
        settings.get_item(name)?.ok_or_else(missing)
    };
    let max_redirects = get("max_redirects")?;
    Ok(Config {
        user_agent: get("user_agent")?.extract()?,
        headers: header_lines("headers", &get("headers")?)?,
        timeout: timeout(&get("timeout")?, timeout(&get("default_timeout")?, Timeout::default())?)?,
        limits: limits(&get("limits")?)?,
        tls: tls(&get("tls")?)?,
        resolve: match get("resolve")? {
            none if none.is_none() => Vec::new(),
            mapping => resolve(&mapping)?,
        },
        http2: get("http2")?.is_truthy()?,
        follow_redirects: get("follow_redirects")?.is_truthy()?,
        max_redirects: max_redirects
            .extract()
            .map_err(|_| expected("max_redirects", "a whole number, 0 or more", &max_redirects))?,
        max_body: count("max_body", &get("max_body")?)? as u64,
        max_header_bytes: get("max_header_bytes")?.extract()?,
        max_header_lines: get("max_header_lines")?.extract()?,
        idle_timeout: Duration::from_secs_f64(get("idle_timeout")?.extract()?),
        trust_env: get("trust_env")?.is_truthy()?,
    })
}

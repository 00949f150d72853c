//! Python values into engine values, each once, with errors that name the argument and what was expected.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyMapping, PyMemoryView, PyString};

use super::error;
use super::headers::Headers;
use super::request::Request;
use super::visit::Visit;
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

/// A whole number of at least so much.
fn whole(argument: &str, value: &Bound<'_, PyAny>, least: i64) -> PyResult<usize> {
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
fn flag(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<bool> {
    value.cast::<PyBool>().map(|flag| flag.is_true()).map_err(|_| expected(argument, "True or False", value))
}

/// A `Limits`.
fn limits(value: &Bound<'_, PyAny>) -> PyResult<Limits> {
    let wrong = |_| expected("limits", "Limits", value);
    let per_host = value.getattr("per_host").map_err(wrong)?;
    Ok(Limits {
        concurrency: count("limits.concurrency", &value.getattr("concurrency").map_err(wrong)?)?,
        per_host: if per_host.is_none() { None } else { Some(count("limits.per_host", &per_host)?) },
    })
}

/// Text or bytes as bytes. Header text is Latin-1, as it is when it is read.
fn octets(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
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

/// A body: text as UTF-8, or anything with bytes in it, copied.
fn content(value: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Bytes::copy_from_slice(text.to_str()?.as_bytes()));
    }
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(Bytes::copy_from_slice(bytes.as_bytes()));
    }
    match PyMemoryView::from(value) {
        Ok(view) => {
            Ok(Bytes::copy_from_slice(view.call_method0(intern!(value.py(), "tobytes"))?.cast_into::<PyBytes>()?.as_bytes()))
        }
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
        let Ok(url::Host::Domain(host)) = url::Host::parse(&host) else {
            return Err(PyValueError::new_err(format!("resolve: expected a host name, got '{}'", host.escape_debug())));
        };
        // Port 0 stands for the port of the URL.
        let parsed = address.parse().or_else(|_| address.parse().map(|ip: IpAddr| SocketAddr::new(ip, 0)));
        let shown = address.escape_debug();
        let wrong = |_| PyValueError::new_err(format!("resolve: expected an IP address, with or without port, got '{shown}'"));
        pairs.push((host, parsed.map_err(wrong)?));
    }
    Ok(pairs)
}

/// A `TLS`.
fn tls(value: &Bound<'_, PyAny>) -> PyResult<Tls> {
    let py = value.py();
    let wrong = |_| expected("tls", "TLS", value);
    let ca = value.getattr("ca").map_err(wrong)?;
    let pem = match ca.cast::<PyBytes>() {
        Ok(bytes) => Some(bytes.as_bytes().to_vec()),
        Err(_) if ca.is_none() => None,
        Err(_) => {
            // Python reads it, for its errors name the file.
            let path = py.import("pathlib")?.getattr("Path")?.call1((&ca,));
            let path = path.map_err(|_| expected("tls.ca", "the path of a PEM file, or PEM as bytes", &ca))?;
            Some(path.call_method0("read_bytes")?.extract()?)
        }
    };
    Ok(Tls { ca: pem, verify: flag("tls.verify", &value.getattr("verify").map_err(wrong)?)? })
}

/// The settings of a client, complete: Python fills in the defaults.
pub fn config(settings: &Bound<'_, PyDict>) -> PyResult<Config> {
    let get = |name: &str| {
        let missing = || PyTypeError::new_err(format!("missing setting '{name}'"));
        settings.get_item(name)?.ok_or_else(missing)
    };
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
        max_redirects: whole("max_redirects", &get("max_redirects")?, 0)?,
        max_body: count("max_body", &get("max_body")?)? as u64,
        max_header_bytes: get("max_header_bytes")?.extract()?,
        max_header_lines: get("max_header_lines")?.extract()?,
        idle_timeout: Duration::from_secs_f64(get("idle_timeout")?.extract()?),
        trust_env: flag("trust_env", &get("trust_env")?)?,
    })
}

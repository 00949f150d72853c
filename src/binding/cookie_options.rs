//! What calls take as cookies.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyMapping};
use url::Url;

use super::cookie::{LATEST, text};
use super::cookies::Cookies;
use super::extract::{expected, invalid, octets};
use super::visit::Visit;
use crate::engine::cookies::{Cookie as Kept, Jar};

const PAIRS: &str = "a mapping or an iterable of (name, value) pairs";

/// Names and values: a mapping or pairs, checked.
pub fn pairs(value: &Bound<'_, PyAny>) -> PyResult<Vec<Kept>> {
    let py = value.py();
    // The methods of a mapping may be the caller's own.
    let _visit = Visit::demand(py)?;
    let pairs = match value.cast::<PyMapping>() {
        Ok(mapping) => mapping.items()?.into_any(),
        Err(_) => value.clone(),
    };
    let read = |pair: PyResult<Bound<'_, PyAny>>| {
        let pair = pair?;
        let (name, value) = pair.extract().map_err(|_| expected("cookies", PAIRS, &pair))?;
        cookie(&name, &value)
    };
    pairs.try_iter().map_err(|_| expected("cookies", PAIRS, value))?.map(read).collect()
}

/// A plain cookie. What is wrong with it names the name, never the value.
pub fn cookie(name: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<Kept> {
    let name_bytes = octets("cookies: name", name)?;
    let value = octets(&format!("cookies: value of '{}'", text(&name_bytes).escape_debug()), value)?;
    let cookie = Kept::new(name_bytes, value, SystemTime::now());
    cookie.check().map_err(|why| refused(name.py(), &cookie, why))?;
    Ok(cookie)
}

/// A cookie that cannot be.
pub fn refused(py: Python<'_>, cookie: &Kept, why: &str) -> PyErr {
    let shown: String = text(&cookie.name).chars().take(80).collect();
    invalid(py, "InvalidRequest", format!("cookies: '{}': {why}", shown.escape_debug()))
}

/// The cookies of one request, as they stand in its Cookie header: of a `Cookies`, those that fit its URL.
pub fn for_request(value: &Bound<'_, PyAny>, url: &Url) -> PyResult<Vec<u8>> {
    if let Ok(cookies) = value.cast::<Cookies>() {
        let line = cookies.get().jar.header_with(None, url, true, SystemTime::now());
        return Ok(line.unwrap_or_default());
    }
    let cookies = pairs(value)?;
    if let Some(secure) = cookies.iter().find(|cookie| cookie.secure && url.scheme() != "https") {
        return Err(refused(value.py(), secure, "a cookie of this name goes over https only"));
    }
    Ok(cookies.iter().map(Kept::pair).collect::<Vec<_>>().join(&b"; "[..]))
}

/// The jar of a client: True for a new one, None or False for none, a `Cookies` to share, or what to copy into a new one.
pub fn jar(value: &Bound<'_, PyAny>) -> PyResult<Option<Arc<Jar>>> {
    if value.is_none() {
        return Ok(None);
    }
    if let Ok(flag) = value.cast::<PyBool>() {
        return Ok(flag.is_true().then(Arc::default));
    }
    match value.cast::<Cookies>() {
        Ok(cookies) => Ok(Some(cookies.get().jar.clone())),
        Err(_) => Ok(Some(Cookies::filled(value)?.jar)),
    }
}

/// When a cookie ends.
pub fn moment(value: &Bound<'_, PyAny>) -> PyResult<SystemTime> {
    let wrong = || expected("expires", "a datetime with a time zone, or seconds since 1970", value);
    if value.is_instance_of::<PyBool>() {
        return Err(wrong());
    }
    let Ok(seconds) = value.extract::<f64>() else { return value.extract().map_err(|_| wrong()) };
    if seconds.is_nan() {
        return Err(PyValueError::new_err("expires: expected seconds since 1970, got nan"));
    }
    // What no clock can hold is never; what was before 1970 is past.
    let since = Duration::try_from_secs_f64(seconds.clamp(0.0, LATEST.as_secs_f64())).unwrap_or_default();
    Ok(SystemTime::UNIX_EPOCH + since)
}

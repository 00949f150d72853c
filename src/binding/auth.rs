//! How requests are authorized: Python values into `Authorization`.

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple, PyType};

use super::callback::authorizer;
use super::extract::expected;
use super::names::intern;
use crate::engine::auth::{self, Credentials, Digest};
use crate::engine::authorize;
use crate::engine::netrc::{self, Netrc, Place};

/// What `BasicAuth` and the others stand for.
#[pyclass(frozen, module = "fastfetch._core")]
pub struct Authorization(authorize::Authorization);

impl Authorization {
    fn fixed(value: Result<http::HeaderValue, String>) -> PyResult<Self> {
        let value = value.map_err(|why| PyValueError::new_err(format!("auth: {why}")))?;
        Ok(Self(authorize::Authorization::Credentials(Credentials::Fixed(value))))
    }
}

#[pymethods]
impl Authorization {
    /// User name and password, with every request.
    #[staticmethod]
    fn basic(username: &[u8], password: &[u8]) -> PyResult<Self> {
        Self::fixed(auth::basic(username, password))
    }

    /// A token, with every request.
    #[staticmethod]
    fn bearer(token: &str) -> PyResult<Self> {
        Self::fixed(auth::bearer(token))
    }

    /// User name and password, in answer to a challenge.
    #[staticmethod]
    fn digest(username: &str, password: &str) -> PyResult<Self> {
        let digest = Digest::new(username, password).map_err(|why| PyValueError::new_err(format!("auth: {why}")))?;
        Ok(Self(authorize::Authorization::Credentials(Credentials::Digest(Arc::new(digest)))))
    }

    /// What a netrc file has for the host: the file at a path, or where the user's usually is.
    #[staticmethod]
    fn netrc(path: Option<PathBuf>) -> PyResult<Self> {
        let given = path.is_some();
        let places = match path {
            Some(path) => vec![Place { path, named: true }],
            None => netrc::places(|name| std::env::var_os(name)),
        };
        for place in &places {
            let found = Netrc::read(place).map_err(|why| PyValueError::new_err(format!("netrc: {why}")))?;
            if let Some(netrc) = found {
                return Ok(Self(authorize::Authorization::Netrc(Arc::new(netrc))));
            }
            if given {
                return Err(PyOSError::new_err(format!("netrc: no such file: {}", place.path.display())));
            }
        }
        Ok(Self(authorize::Authorization::Netrc(Arc::default())))
    }
}

/// An `auth` option: a pair of user name and password, one of the `Auth` classes, a callable, or None.
pub fn authorization(value: &Bound<'_, PyAny>) -> PyResult<Option<authorize::Authorization>> {
    let py = value.py();
    if value.is_none() {
        return Ok(None);
    }
    if let Ok(native) = value.getattr(intern!(py, "_native"))
        && let Ok(native) = native.cast::<Authorization>()
    {
        return Ok(Some(native.get().0.clone()));
    }
    if let Ok(pair) = value.cast::<PyTuple>() {
        let octets: Option<Vec<Vec<u8>>> = pair.iter().map(|part| octets(&part)).collect();
        let Some([user, password]) = octets.as_deref() else {
            return Err(PyTypeError::new_err("auth: expected a pair (username, password) of str or bytes"));
        };
        return Ok(Some(Authorization::basic(user, password)?.0));
    }
    // A class would be called, too, but what it makes is no request.
    if value.is_callable() && !value.is_instance_of::<PyType>() {
        return Ok(Some(authorize::Authorization::Callback(authorizer(value)?)));
    }
    let what = "a pair (username, password), BasicAuth, BearerAuth, DigestAuth, NetRCAuth or a callable";
    Err(expected("auth", what, value))
}

/// Text as UTF-8, or bytes as they are.
fn octets(value: &Bound<'_, PyAny>) -> Option<Vec<u8>> {
    match value.cast::<PyString>() {
        Ok(text) => text.to_str().ok().map(|text| text.as_bytes().to_vec()),
        Err(_) => value.cast::<PyBytes>().ok().map(|bytes| bytes.as_bytes().to_vec()),
    }
}

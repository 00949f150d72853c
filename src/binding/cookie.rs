//! `Cookie`: one cookie of a jar, to be looked at.

use std::time::{Duration, SystemTime};

use pyo3::prelude::*;

use crate::engine::cookies::{Cookie as Kept, SameSite};

/// The last moment of the year 9999, which is the last that Python's `datetime` has; since 1970.
pub const LATEST: Duration = Duration::from_secs(253_402_300_799);

/// One cookie of a jar: a value that never changes.
///
/// Its `repr` does not show the value, which may be a secret.
///
/// Examples
/// --------
/// >>> import fastfetch
/// >>> cookies = fastfetch.Cookies()
/// >>> cookies.set("session", "secret", domain="example.com", secure=True)
/// >>> cookies.all()
/// [<Cookie 'session' for example.com/>]
#[pyclass(frozen, eq, hash, get_all, module = "fastfetch._core")]
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cookie {
    /// The name; empty where the server gave none.
    name: String,
    /// The value as it was received, quotes included.
    value: String,
    /// The host it is for, with all below it unless it is `host_only`; empty for whatever host its owner asks.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> cookies = fastfetch.Cookies()
    /// >>> cookies.set("session", "secret", domain="example.com")
    /// >>> cookies.all()[0].domain
    /// 'example.com'
    domain: String,
    /// It is sent to this path and to all below it.
    path: String,
    /// It is for that very host, and none below it.
    host_only: bool,
    /// It is sent over https only.
    secure: bool,
    /// Scripts of a page may not see it.
    http_only: bool,
    /// What the server said about other sites: "strict", "lax", "none" or nothing. Here it restricts nothing.
    same_site: Option<String>,
    /// When it ends, as a `datetime` in UTC; None for a session cookie.
    expires: Option<SystemTime>,
}

/// Latin-1: each byte is the character of that number.
pub fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

impl From<Kept> for Cookie {
    fn from(cookie: Kept) -> Self {
        let Kept { name, value, domain, host_only, path, expires, secure, http_only, same_site, .. } = cookie;
        let (name, value) = (text(&name), text(&value));
        let same_site = same_site.map(|same_site| {
            match same_site {
                SameSite::Strict => "strict",
                SameSite::Lax => "lax",
                SameSite::None => "none",
            }
            .to_owned()
        });
        let expires = expires.map(|moment| moment.min(SystemTime::UNIX_EPOCH + LATEST));
        Self { name, value, domain, path, host_only, secure, http_only, same_site, expires }
    }
}

/// All that a cookie says, in the order of its fields.
type Fields = (String, String, String, String, bool, bool, bool, Option<String>, Option<SystemTime>);

#[pymethods]
impl Cookie {
    fn __repr__(&self) -> String {
        format!("<Cookie '{}' for {}{}>", self.name.escape_debug(), self.domain, self.path.escape_debug())
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Fields,))> {
        let Self { name, value, domain, path, host_only, secure, http_only, same_site, expires } = slf.get().clone();
        let fields = (name, value, domain, path, host_only, secure, http_only, same_site, expires);
        Ok((slf.get_type().getattr("_restore")?, (fields,)))
    }

    #[staticmethod]
    fn _restore(fields: Fields) -> Self {
        let (name, value, domain, path, host_only, secure, http_only, same_site, expires) = fields;
        Self { name, value, domain, path, host_only, secure, http_only, same_site, expires }
    }
}

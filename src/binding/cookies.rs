//! `Cookies`: a jar as a mutable mapping.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use pyo3::exceptions::{PyKeyError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyIterator, PyList, PyMapping, PyString, PyTuple};

use super::cookie::{Cookie, text};
use super::cookie_options::{cookie, moment, pairs, refused};
use super::error;
use super::extract::octets;
use crate::engine::cookies::{Cookie as Kept, Filter, Jar};

/// How many cookies a message or a `repr` lists.
const SHOWN: usize = 8;

/// A cookie jar after RFC 6265bis: a mutable mapping of names to values that knows where each cookie may go.
///
/// Servers may set cookies for their own site only (by the public suffix list), ``__Secure-`` and ``__Host-`` names keep their
/// promises, and ``Secure`` cookies travel by https alone. A jar holds 180 cookies of one site and 3,000 in all; those that were
/// not used for longest make room.
///
/// A cookie that is set without a domain, as in ``cookies["name"] = "value"``, goes along with requests to the client's
/// ``base_url`` or, where it has none, to whatever URL you give it; never to another origin that a redirect leads to. A
/// cookie of that name that the site itself has set takes its place there.
///
/// Iteration, `len`, `keys`, `values` and `items` count every cookie, so a name appears as often as it is there. Where several
/// cookies of different domains or paths share a name, ``cookies[name]`` cannot choose and raises `ValueError`; `get` takes the
/// domain and path. Names and values are Latin-1 text, so ``value.encode("latin-1")`` gives the bytes that came.
///
/// A jar may be used from any thread and by several clients at once, compared, copied and pickled. Its `repr` shows no values.
///
/// Parameters
/// ----------
/// cookies
///     Another `Cookies` to copy, a mapping of names to values, an iterable of pairs, or nothing.
///
/// Raises
/// ------
/// InvalidRequest
///     Where a name or value contains what a cookie cannot hold.
///
/// Examples
/// --------
/// >>> import fastfetch
/// >>> cookies = fastfetch.Cookies({"theme": "dark"})
/// >>> cookies.set("session", "secret", domain="example.com", secure=True)
/// >>> cookies
/// Cookies('theme', 'session' for example.com/)
/// >>> cookies["theme"], cookies.get("session", domain="example.com"), len(cookies)
/// ('dark', 'secret', 2)
#[pyclass(frozen, mapping, module = "fastfetch._core")]
pub struct Cookies {
    pub jar: Arc<Jar>,
}

fn now() -> SystemTime {
    SystemTime::now()
}

fn key(name: &Bound<'_, PyAny>) -> PyErr {
    PyKeyError::new_err(name.clone().unbind())
}

impl Cookies {
    /// A jar with what is given as mapping, pairs or another jar.
    pub fn filled(given: &Bound<'_, PyAny>) -> PyResult<Self> {
        let jar = Self { jar: Arc::default() };
        jar.update(Some(given))?;
        Ok(jar)
    }

    fn all_kept(&self) -> Vec<Kept> {
        self.jar.all(now())
    }

    /// The one cookie that is meant.
    fn one(&self, name: &Bound<'_, PyAny>, domain: Option<&str>, path: Option<&str>) -> PyResult<Option<Kept>> {
        // What cannot be a name is the name of none.
        let Ok(bytes) = octets("cookies: name", name) else { return Ok(None) };
        let mut found = self.jar.find(&Filter { name: Some(&bytes), domain, path }, now());
        if found.len() < 2 {
            return Ok(found.pop());
        }
        let message = "cookies: expected one cookie of that name, found several, so name domain and path to get() or delete()";
        Err(PyValueError::new_err(format!("{message}: {}", listed(&found))))
    }

    fn take(&self, name: &Bound<'_, PyAny>) -> PyResult<Option<Kept>> {
        let taken = self.one(name, None, None)?;
        if let Some(Kept { name, domain, path, .. }) = &taken {
            self.jar.remove(&Filter { name: Some(name), domain: Some(domain), path: Some(path) });
        }
        Ok(taken)
    }

    fn put(&self, py: Python<'_>, cookie: Kept) -> PyResult<()> {
        self.jar.set(cookie.clone(), now()).map_err(|why| refused(py, &cookie, &why))
    }
}

/// Names, domains and paths: nothing secret, and not too many.
fn listed(cookies: &[Kept]) -> String {
    let each = cookies.iter().take(SHOWN).map(|cookie| {
        let name: String = text(&cookie.name).chars().take(80).collect();
        let place = if cookie.domain.is_empty() && cookie.path == "/" {
            String::new()
        } else {
            format!(" for {}{}", cookie.domain, cookie.path.escape_debug())
        };
        format!("'{}'{place}", name.escape_debug())
    });
    let more = cookies.len().checked_sub(SHOWN + 1).map(|more| format!("and {} more", more + 1));
    each.chain(more).collect::<Vec<_>>().join(", ")
}

#[pymethods]
impl Cookies {
    #[new]
    #[pyo3(signature = (cookies = None, /))]
    fn new(cookies: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        cookies.map_or_else(|| Ok(Self { jar: Arc::default() }), Self::filled)
    }

    /// Sets a cookie, in place of the one of its name, domain and path.
    ///
    /// Parameters
    /// ----------
    /// name, value
    ///     `str` (Latin-1) or `bytes`, without control characters and semicolons; 4096 bytes together.
    /// domain
    ///     The host it is for, with all hosts below it; None for whatever host you ask, as the class says.
    /// path
    ///     It is sent to this path and to all below it.
    /// secure
    ///     Send it over https only.
    /// http_only
    ///     Kept for others to see; here it restricts nothing.
    /// host_only
    ///     For that very host, and none below it.
    /// expires
    ///     A `datetime` with a time zone, or seconds since 1970; None for no end.
    ///
    /// Raises
    /// ------
    /// InvalidRequest
    ///     Where it could not be sent as it is, or breaks the rules of a ``__Secure-`` or ``__Host-`` name.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> cookies = fastfetch.Cookies()
    /// >>> cookies.set("session", "secret", domain="example.com", path="/app", secure=True)
    /// >>> cookies.set("session", "other", domain="example.org")
    /// >>> cookies.get("session", domain="example.org")
    /// 'other'
    #[pyo3(signature = (name, value, domain = None, path = "/", *, secure = false, http_only = false, host_only = false, expires = None))]
    #[allow(clippy::too_many_arguments)] // Each is a keyword in Python.
    fn set(
        &self,
        name: &Bound<'_, PyAny>,
        value: &Bound<'_, PyAny>,
        domain: Option<&str>,
        path: &str,
        secure: bool,
        http_only: bool,
        host_only: bool,
        expires: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let plain = cookie(name, value)?;
        let domain = domain.unwrap_or_default().to_owned();
        let cookie = Kept {
            host_only: host_only || domain.is_empty() || plain.name.to_ascii_lowercase().starts_with(b"__host-"),
            secure: secure || plain.secure,
            domain,
            path: path.to_owned(),
            http_only,
            expires: expires.map(moment).transpose()?,
            ..plain
        };
        self.put(name.py(), cookie)
    }

    /// The value of a cookie; `default` where there is none.
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     Where several cookies fit.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> cookies = fastfetch.Cookies({"a": "1"})
    /// >>> cookies.get("a"), cookies.get("b", "none")
    /// ('1', 'none')
    #[pyo3(signature = (name, default = None, domain = None, path = None))]
    fn get<'py>(
        &self,
        name: &Bound<'py, PyAny>,
        default: Option<Bound<'py, PyAny>>,
        domain: Option<&str>,
        path: Option<&str>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let found = self.one(name, domain, path)?;
        Ok(found.map(|cookie| PyString::new(name.py(), &text(&cookie.value)).into_any()).or(default))
    }

    /// Takes out all cookies of a name, or those of them with this domain and path. Where there are none, nothing happens.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> cookies = fastfetch.Cookies({"a": "1", "b": "2"})
    /// >>> cookies.delete("a")
    /// >>> cookies
    /// Cookies('b')
    #[pyo3(signature = (name, domain = None, path = None))]
    fn delete(&self, name: &Bound<'_, PyAny>, domain: Option<&str>, path: Option<&str>) {
        if let Ok(name) = octets("cookies: name", name) {
            self.jar.remove(&Filter { name: Some(&name), domain, path });
        }
    }

    /// Takes out all cookies, or those with this domain and path.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> cookies = fastfetch.Cookies({"a": "1", "b": "2"})
    /// >>> cookies.clear()
    /// >>> len(cookies)
    /// 0
    #[pyo3(signature = (domain = None, path = None))]
    fn clear(&self, domain: Option<&str>, path: Option<&str>) {
        self.jar.remove(&Filter { name: None, domain, path });
    }

    /// Puts in the cookies of another `Cookies` as they are, or names and values from a mapping or pairs.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> cookies = fastfetch.Cookies({"a": "1"})
    /// >>> cookies.update({"a": "2", "b": "3"})
    /// >>> cookies.items()
    /// [('a', '2'), ('b', '3')]
    #[pyo3(signature = (cookies = None, /))]
    fn update(&self, cookies: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let Some(given) = cookies else { return Ok(()) };
        let more = match given.cast::<Self>() {
            Ok(cookies) => cookies.get().all_kept(),
            Err(_) => pairs(given)?,
        };
        more.into_iter().try_for_each(|cookie| self.put(given.py(), cookie))
    }

    /// Takes out a cookie and gives its value; `default`, or else `KeyError`, where there is none.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> cookies = fastfetch.Cookies({"a": "1"})
    /// >>> cookies.pop("a"), cookies.pop("a", None)
    /// ('1', None)
    #[pyo3(signature = (name, *default))]
    fn pop<'py>(&self, name: &Bound<'py, PyAny>, default: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        if default.len() > 1 {
            return Err(PyTypeError::new_err(format!("pop() takes a name and one default, got {} defaults", default.len())));
        }
        match self.take(name)? {
            Some(cookie) => Ok(PyString::new(name.py(), &text(&cookie.value)).into_any()),
            None => default.iter().next().ok_or_else(|| key(name)),
        }
    }

    /// Takes out the newest cookie and gives its name and value; `KeyError` where there is none.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> fastfetch.Cookies({"a": "1", "b": "2"}).popitem()
    /// ('b', '2')
    fn popitem(&self) -> PyResult<(String, String)> {
        let newest = self.all_kept().pop();
        let Kept { name, value, domain, path, .. } = newest.ok_or_else(|| PyKeyError::new_err("the jar is empty"))?;
        self.jar.remove(&Filter { name: Some(&name), domain: Some(&domain), path: Some(&path) });
        Ok((text(&name), text(&value)))
    }

    /// The value of a cookie; where there is none, it is set to `default` first.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> cookies = fastfetch.Cookies({"a": "1"})
    /// >>> cookies.setdefault("a", "2"), cookies.setdefault("b", "3")
    /// ('1', '3')
    fn setdefault(&self, name: &Bound<'_, PyAny>, default: &Bound<'_, PyAny>) -> PyResult<String> {
        if let Some(there) = self.one(name, None, None)? {
            return Ok(text(&there.value));
        }
        let cookie = cookie(name, default)?;
        self.put(name.py(), cookie.clone())?;
        Ok(text(&cookie.value))
    }

    /// The names, one for each cookie, in the order of their creation.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> fastfetch.Cookies({"a": "1", "b": "2"}).keys()
    /// ['a', 'b']
    fn keys(&self) -> Vec<String> {
        self.all_kept().iter().map(|cookie| text(&cookie.name)).collect()
    }

    /// The values, in the order of `keys`.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> fastfetch.Cookies({"a": "1", "b": "2"}).values()
    /// ['1', '2']
    fn values(&self) -> Vec<String> {
        self.all_kept().iter().map(|cookie| text(&cookie.value)).collect()
    }

    /// The pairs of name and value, in the order of `keys`.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> fastfetch.Cookies({"a": "1", "b": "2"}).items()
    /// [('a', '1'), ('b', '2')]
    fn items(&self) -> Vec<(String, String)> {
        self.all_kept().iter().map(|cookie| (text(&cookie.name), text(&cookie.value))).collect()
    }

    /// All cookies with all that is known of them, in the order of their creation.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> cookies = fastfetch.Cookies()
    /// >>> cookies.set("session", "secret", domain="example.com", secure=True)
    /// >>> [(cookie.name, cookie.domain, cookie.secure) for cookie in cookies.all()]
    /// [('session', 'example.com', True)]
    fn all(&self) -> Vec<Cookie> {
        self.all_kept().into_iter().map(Cookie::from).collect()
    }

    /// Writes all cookies, session cookies included, into a file that only its owner can read (mode 0600), in one step: the
    /// file is the old one or the new one, and never half of it.
    ///
    /// Raises
    /// ------
    /// OSError
    ///     Where it cannot be written; the old file stays as it was.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch, os, tempfile
    /// >>> with tempfile.TemporaryDirectory() as folder:
    /// ...     path = os.path.join(folder, "cookies.json")
    /// ...     fastfetch.Cookies({"a": "1"}).save(path)
    /// ...     fastfetch.Cookies.load(path)
    /// Cookies('a')
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        py.detach(|| self.jar.save(&path, now())).map_err(|error| error::of_file(&path, &error))
    }

    /// The cookies of a file that `save` wrote, but for those that have expired since.
    ///
    /// Raises
    /// ------
    /// OSError
    ///     Where it cannot be read.
    /// ValueError
    ///     Where it is of another kind, or damaged.
    ///
    /// Examples
    /// --------
    /// >>> import os, tempfile, fastfetch
    /// >>> with tempfile.TemporaryDirectory() as folder:
    /// ...     path = os.path.join(folder, "cookies.json")
    /// ...     fastfetch.Cookies({"a": "1"}).save(path)
    /// ...     fastfetch.Cookies.load(path)
    /// Cookies('a')
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let jar = py.detach(|| Jar::load(&path, now())).map_err(|error| error::of_file(&path, &error))?;
        Ok(Self { jar: Arc::new(jar) })
    }

    fn __getitem__(&self, name: &Bound<'_, PyAny>) -> PyResult<String> {
        let found = self.one(name, None, None)?.ok_or_else(|| key(name))?;
        Ok(text(&found.value))
    }

    fn __setitem__(&self, name: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.put(name.py(), cookie(name, value)?)
    }

    fn __delitem__(&self, name: &Bound<'_, PyAny>) -> PyResult<()> {
        let bytes = octets("cookies: name", name).map_err(|_| key(name))?;
        let removed = self.jar.remove(&Filter { name: Some(&bytes), ..Filter::default() });
        if removed == 0 { Err(key(name)) } else { Ok(()) }
    }

    fn __contains__(&self, name: &Bound<'_, PyAny>) -> bool {
        octets("cookies: name", name).is_ok_and(|name| self.jar.get(&name, None, None, now()).is_some())
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        PyList::new(py, self.keys())?.try_iter()
    }

    fn __len__(&self) -> usize {
        self.jar.len(now())
    }

    /// Two jars are equal that hold the same cookies; a jar and a mapping, where names and values are the same.
    fn __eq__(&self, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = other.py();
        if let Ok(other) = other.cast::<Self>() {
            let sorted = |jar: &Self| {
                let mut all = jar.all();
                all.sort_unstable();
                all
            };
            return Ok(sorted(self) == sorted(other.get()));
        }
        if other.cast::<PyMapping>().is_err() {
            return Ok(false);
        }
        let items = self.items();
        let pairs = PyDict::new(py);
        for (name, value) in &items {
            pairs.set_item(name, value)?;
        }
        Ok(pairs.len() == items.len() && pairs.eq(other)?)
    }

    fn __repr__(&self) -> String {
        format!("Cookies({})", listed(&self.all_kept()))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("_restore")?, (slf.get().jar.to_json(now()),)))
    }

    #[staticmethod]
    fn _restore(state: &str) -> PyResult<Self> {
        let jar = Jar::from_json(state, now()).map_err(|why| PyValueError::new_err(format!("not a pickled jar: {why}")))?;
        Ok(Self { jar: Arc::new(jar) })
    }
}

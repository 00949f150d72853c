//! `Headers`: a case-insensitive mapping over the header lines of a response.

use std::sync::Arc;

use http::HeaderMap;
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyIterator, PyList, PyString, PyTuple};

use super::display;
use super::extract::header_lines;
use crate::engine::headers::{self, Lines};

/// Header lines: a case-insensitive mapping that keeps repeated fields and every byte.
///
/// Names are lower case. Values are decoded as Latin-1, so `value.encode("latin-1")` gives the bytes that came; `raw` has
/// them as they are. The values of a repeated field are joined by ``", "`` (RFC 9110, section 5.3); `get_list` keeps them apart.
///
/// Parameters
/// ----------
/// fields
///     A mapping of names to values, an iterable of pairs, or nothing. Names and values are `str` or `bytes`.
///
/// Raises
/// ------
/// InvalidRequest
///     Where a name or value contains what HTTP does not allow in it.
///
/// Examples
/// --------
/// >>> import fastfetch
/// >>> headers = fastfetch.Headers([("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("ETag", '"x"')])
/// >>> headers["etag"], headers.get_list("set-cookie")
/// ('"x"', ['a=1', 'b=2'])
#[pyclass(frozen, mapping, module = "fastfetch._core")]
pub struct Headers {
    pub block: Arc<[u8]>,
}

/// Text of Latin-1: each byte is the character of that number.
pub fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn decode<'py>(py: Python<'py>, bytes: &[u8]) -> Bound<'py, PyString> {
    PyString::new(py, &latin1(bytes))
}

impl From<&HeaderMap> for Headers {
    fn from(map: &HeaderMap) -> Self {
        Self { block: headers::block(map).into() }
    }
}

impl Headers {
    fn lines(&self) -> Lines<'_> {
        Lines::new(&self.block)
    }

    fn joined<'py>(&self, py: Python<'py>, name: &str) -> Option<Bound<'py, PyString>> {
        let values: Vec<&[u8]> = self.lines().get_all(name.as_bytes()).collect();
        match values.as_slice() {
            [] => None,
            values => Some(decode(py, &values.join(&b", "[..]))),
        }
    }

    /// Each name once, in order of first appearance.
    fn names(&self) -> Vec<&[u8]> {
        let mut names: Vec<&[u8]> = Vec::new();
        for (name, _) in self.lines().iter() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

#[pymethods]
impl Headers {
    #[new]
    #[pyo3(signature = (fields = None, /))]
    fn new(fields: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let map = fields.map_or_else(|| Ok(HeaderMap::new()), |fields| header_lines("fields", fields))?;
        Ok(Self::from(&map))
    }

    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyString>> {
        self.joined(py, name).ok_or_else(|| PyKeyError::new_err(name.to_owned()))
    }

    /// The value of a field, its repetitions joined by ", "; `default` where there is none.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> headers = fastfetch.Headers({"ETag": '"x"'})
    /// >>> headers.get("etag"), headers.get("age", "unknown")
    /// ('"x"', 'unknown')
    #[pyo3(signature = (name, default = None))]
    fn get<'py>(&self, py: Python<'py>, name: &str, default: Option<Bound<'py, PyAny>>) -> Option<Bound<'py, PyAny>> {
        self.joined(py, name).map(Bound::into_any).or(default)
    }

    /// The values of a field, one for each line.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> fastfetch.Headers([("Via", "1.1 a"), ("Via", "1.1 b")]).get_list("via")
    /// ['1.1 a', '1.1 b']
    fn get_list<'py>(&self, py: Python<'py>, name: &str) -> Vec<Bound<'py, PyString>> {
        self.lines().get_all(name.as_bytes()).map(|value| decode(py, value)).collect()
    }

    /// The names, each once.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> fastfetch.Headers([("Via", "1.1 a"), ("Via", "1.1 b")]).keys()
    /// ['via']
    fn keys<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyString>> {
        self.names().into_iter().map(|name| decode(py, name)).collect()
    }

    /// The values, repetitions joined, in the order of `keys`.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> fastfetch.Headers([("Via", "1.1 a"), ("Via", "1.1 b")]).values()
    /// ['1.1 a, 1.1 b']
    fn values<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyString>> {
        self.items(py).into_iter().map(|(_, value)| value).collect()
    }

    /// The pairs of name and value, repetitions joined.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> fastfetch.Headers([("Via", "1.1 a"), ("Via", "1.1 b")]).items()
    /// [('via', '1.1 a, 1.1 b')]
    fn items<'py>(&self, py: Python<'py>) -> Vec<(Bound<'py, PyString>, Bound<'py, PyString>)> {
        let joined = |name: &[u8]| decode(py, &self.lines().get_all(name).collect::<Vec<_>>().join(&b", "[..]));
        self.names().into_iter().map(|name| (decode(py, name), joined(name))).collect()
    }

    /// The pairs of name and value, one for each line.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> fastfetch.Headers([("Via", "1.1 a"), ("Via", "1.1 b")]).multi_items()
    /// [('via', '1.1 a'), ('via', '1.1 b')]
    fn multi_items<'py>(&self, py: Python<'py>) -> Vec<(Bound<'py, PyString>, Bound<'py, PyString>)> {
        self.lines().iter().map(|(name, value)| (decode(py, name), decode(py, value))).collect()
    }

    /// The lines as bytes.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> fastfetch.Headers({"ETag": '"x"'}).raw
    /// [(b'etag', b'"x"')]
    #[getter]
    fn raw<'py>(&self, py: Python<'py>) -> Vec<(Bound<'py, PyBytes>, Bound<'py, PyBytes>)> {
        self.lines().iter().map(|(name, value)| (PyBytes::new(py, name), PyBytes::new(py, value))).collect()
    }

    fn __contains__(&self, name: &Bound<'_, PyAny>) -> bool {
        name.extract::<&str>().is_ok_and(|name| self.lines().get(name).is_some())
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        PyList::new(py, self.keys(py))?.try_iter()
    }

    fn __len__(&self) -> usize {
        self.names().len()
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        // The order of different fields means nothing; that of one field's values does, and the sort keeps it.
        let sorted = |lines: Lines<'_>| {
            let mut lines: Vec<_> = lines.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
            lines.sort_by(|one, other| one.0.cmp(&other.0));
            lines
        };
        let other = match other.cast::<Self>() {
            Ok(other) => other.get().block.clone(),
            Err(_) => match header_lines("other", other) {
                Ok(map) => Self::from(&map).block,
                Err(_) => return Ok(false),
            },
        };
        Ok(sorted(self.lines()) == sorted(Lines::new(&other)))
    }

    /// The pairs of name and value as they may be shown: what gives access is hidden.
    fn _shown<'py>(&self, py: Python<'py>) -> Vec<(Bound<'py, PyString>, Bound<'py, PyString>)> {
        const SECRET: [&[u8]; 5] = [b"authorization", b"cookie", b"proxy-authorization", b"set-cookie", b"x-api-key"];
        let value = |name, value| decode(py, if SECRET.contains(&name) { b"[hidden]" } else { value });
        self.lines().iter().map(|(name, line)| (decode(py, name), value(name, line))).collect()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("Headers({})", PyList::new(py, self._shown(py))?.repr()?))
    }

    /// As a notebook shows them.
    fn _repr_html_(slf: &Bound<'_, Self>) -> PyResult<String> {
        display::html(slf.as_any(), "headers_html")
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let lines = slf.get().raw(slf.py());
        Ok((slf.get_type().into_any(), PyTuple::new(slf.py(), [PyList::new(slf.py(), lines)?])?))
    }
}

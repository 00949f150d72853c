//! `Urls`: a column of URLs of another library, read without a Python object for each.

use arrow_array::{Array, ArrayReader, ArrayRef};
use http::Method;
use pyo3::prelude::*;

use super::arrow;
use super::visit::Visit;
use crate::engine::error::{Error, Kind, Phase};
use crate::engine::item::Item;
use crate::engine::table::octets::{Octets, is_text};

/// A column of URLs, as it came.
#[pyclass(frozen, module = "fastfetch._core")]
pub struct Urls(Vec<ArrayRef>);

#[pymethods]
impl Urls {
    /// What speaks Arrow as a column of URLs; None where it is something else.
    #[staticmethod]
    fn read(py: Python<'_>, source: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        // Some of what speaks Arrow is written in Python.
        let _visit = Visit::demand(py)?;
        if let Some(stream) = arrow::read(source)? {
            if !is_text(stream.field().data_type()) {
                return Ok(None);
            }
            let pieces = stream.collect::<Result<_, _>>();
            return pieces.map(|pieces| Some(Self(pieces))).map_err(|error| arrow::failed(&error));
        }
        let array = arrow::read_array(source)?.filter(|array| is_text(array.data_type()));
        Ok(array.map(|array| Self(vec![array])))
    }

    fn __len__(&self) -> usize {
        self.0.iter().map(|piece| piece.len()).sum()
    }
}

impl Urls {
    /// What is to be fetched.
    pub fn items(&self) -> Vec<Item> {
        let pieces = self.0.iter().filter_map(|piece| Some((Octets::of_text(piece)?, piece.len())));
        pieces.flat_map(|(texts, length)| (0..length).map(move |index| item(texts.get(index)))).collect()
    }
}

/// An item, or why it is none, in the words that a list has for it.
fn item(url: Option<&[u8]>) -> Item {
    let refused = |kind, url: &str, why: &str| Item::Invalid(Error::unsent(kind, Phase::Input, Method::GET, url, why));
    match url.map(std::str::from_utf8) {
        Some(Ok(url)) => Item::Url(url.into()),
        Some(Err(_)) => {
            let shown = String::from_utf8_lossy(url.unwrap_or_default());
            refused(Kind::InvalidUrl, &shown, "invalid URL: it is not UTF-8")
        }
        None => refused(Kind::InvalidRequest, "", "expected str or Request, got NoneType"),
    }
}

//! JSON bodies as Python objects.

mod keys;
mod large;
mod objects;
mod strings;

use encoding_rs::Encoding;
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;

use self::objects::{Objects, Raised};
use super::facts;
use crate::engine::charset;
use crate::engine::json::{self, Stop};
use crate::engine::response::Response;

/// How much of a Content-Type an error shows, in characters.
const SHOWN: usize = 60;

/// The value of a body, or in words why it has none. The encoding is the one that the caller set, if any.
pub fn decode<'py>(
    py: Python<'py>,
    answer: &Response,
    set: Option<&'static Encoding>,
) -> PyResult<Result<Bound<'py, PyAny>, String>> {
    let content_type = facts::content_type(answer);
    let said = set.or_else(|| charset::declared(content_type.as_deref()?));
    let not_json = |why: &str| Ok(Err(format!("the body is not JSON: {why}{}", circumstances(answer, content_type.as_deref()))));
    let text = match json::text(&answer.body, said) {
        Ok(text) => text,
        Err(why) => return not_json(&why),
    };
    match json::parse(&text, &mut Objects::new(py)) {
        Ok(value) => Ok(Ok(value)),
        Err(Stop::Build(Raised)) => Err(PyErr::fetch(py)),
        Err(Stop::Fault(fault)) if fault.lacks_memory() => Err(PyMemoryError::new_err("no memory for the values of the body")),
        Err(Stop::Fault(_)) if text.trim_ascii().is_empty() => not_json("it is empty"),
        Err(Stop::Fault(fault)) => not_json(&fault.describe(text.as_bytes())),
    }
}

/// What makes it plain that something else than JSON was sent: pages of errors mostly.
fn circumstances(answer: &Response, content_type: Option<&str>) -> String {
    let status = answer.status.as_u16();
    let status = (status != 200).then(|| format!("status {status}"));
    let content_type = content_type.filter(|value| !charset::is_json(value)).map(|value| {
        let shown: String = value.chars().take(SHOWN).flat_map(char::escape_debug).collect();
        format!("Content-Type {shown}")
    });
    let known: Vec<String> = status.into_iter().chain(content_type).collect();
    if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) }
}

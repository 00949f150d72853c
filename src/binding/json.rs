//! JSON bodies through jiter.

use jiter::{JsonError, PythonParse, StringCacheMode};
use pyo3::prelude::*;

/// How much of the body an error quotes, in bytes on each side of the place.
const QUOTE: usize = 20;

/// The value of a JSON text (RFC 8259), or in words what is wrong with it and where.
pub fn parse<'py>(py: Python<'py>, body: &[u8]) -> Result<Bound<'py, PyAny>, String> {
    // A byte order mark is allowed to be ignored (section 8.1), and servers send it.
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let parser = PythonParse { cache_mode: StringCacheMode::All, ..PythonParse::default() };
    parser.python_parse(py, text).map_err(|error| describe(&error, text))
}

fn describe(error: &JsonError, text: &[u8]) -> String {
    let start = error.index.saturating_sub(QUOTE);
    let place = text.get(start..).unwrap_or_default();
    let quote = String::from_utf8_lossy(place.get(..QUOTE * 2).unwrap_or(place));
    format!("the body is not JSON: {}, near '{}'", error.description(text), quote.escape_debug())
}

//! How notebooks show what is made here: the Python side writes the HTML.

use pyo3::prelude::*;

/// The HTML of an object, by the function of that name.
pub fn html(object: &Bound<'_, PyAny>, function: &str) -> PyResult<String> {
    object.py().import("fastfetch._display.messages")?.call_method1(function, (object,))?.extract()
}

//! Forms: the options `data`, `params` and `files` into pairs, and into the parts of a `multipart/form-data` body.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyList, PyMapping, PySet, PyString, PyTuple};

use super::bodies::{Typed, content, is_form, renamed};
use super::extract::{expected, invalid};
use super::names::intern;
use super::visit::Visit;
use crate::engine::content::Content;
use crate::engine::forms;
use crate::engine::multipart::{Boundary, Form, Part};

/// Names and values.
type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// Appends `params` to a URL's query: a mapping or pairs, encoded, or text as it is.
pub fn query(params: &Bound<'_, PyAny>) -> PyResult<String> {
    let Ok(query) = params.cast::<PyString>() else { return Ok(forms::encode(&pairs("params", params)?)) };
    let text = query.to_str().map_err(|error| renamed(params.py(), "params", error))?;
    // The parser of URLs drops some of them and keeps others.
    if text.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(invalid(params.py(), "InvalidURL", "params: the text has a control character; a mapping is encoded".into()));
    }
    Ok(text.strip_prefix('?').unwrap_or(text).to_owned())
}

/// The pairs of a mapping or an iterable of pairs. A list of values is a pair for each; None is none.
pub fn pairs(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Pairs> {
    let mut pairs = Pairs::new();
    for (name, value) in items(argument, value)? {
        let known = text(argument, &name)?;
        let shown = format!("{argument}['{}']", String::from_utf8_lossy(&known).escape_debug());
        let several = value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() || value.is_instance_of::<PySet>();
        let values = if several { value.try_iter()?.collect::<PyResult<Vec<_>>>()? } else { vec![value] };
        for value in values.iter().filter(|value| !value.is_none()) {
            pairs.push((known.clone(), text(&shown, value)?));
        }
    }
    Ok(pairs)
}

/// The items of a mapping or of an iterable of pairs.
fn items<'py>(argument: &str, value: &Bound<'py, PyAny>) -> PyResult<Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)>> {
    let what = "a mapping or an iterable of (name, value) pairs";
    // The methods of a mapping may be the caller's own.
    let _visit = Visit::demand(value.py())?;
    let items = match value.cast::<PyMapping>() {
        Ok(mapping) => mapping.items()?.into_any(),
        Err(_) if value.is_instance_of::<PyBytes>() => return Err(expected(argument, what, value)),
        Err(_) => value.clone(),
    };
    let mut pairs = Vec::new();
    for item in items.try_iter().map_err(|_| expected(argument, what, value))? {
        let item = item?;
        pairs.push(item.extract().map_err(|_| expected(argument, what, &item))?);
    }
    Ok(pairs)
}

/// A name or value as text: what is said of a number is what Python says, and true and false are in lower case.
fn text(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    let text = if let Ok(flag) = value.cast::<PyBool>() {
        return Ok(if flag.is_true() { b"true".to_vec() } else { b"false".to_vec() });
    } else if let Ok(text) = value.cast::<PyString>() {
        text.clone()
    } else if value.is_instance_of::<PyInt>() || value.is_instance_of::<PyFloat>() || is_number(value)? {
        value.str()?
    } else {
        return Err(expected(argument, "str, int, float, bool, bytes or None", value));
    };
    Ok(text.to_str().map_err(|error| renamed(value.py(), argument, error))?.as_bytes().to_vec())
}

/// Decimals, fractions and the numbers of numpy are numbers too.
fn is_number(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    value.is_instance(&value.py().import(intern!(value.py(), "numbers"))?.getattr(intern!(value.py(), "Number"))?)
}

/// A form with files in it. Where the headers name a boundary, it is that one.
pub fn form(data: Option<&Bound<'_, PyAny>>, files: &Bound<'_, PyAny>, headers: &HeaderMap) -> PyResult<Typed> {
    let py = files.py();
    let mut parts: Vec<(Part, Content)> = Vec::new();
    if let Some(data) = data {
        if !is_form(data) {
            return Err(expected("data", "the fields of a form beside files", data));
        }
        for (name, value) in pairs("data", data)? {
            parts.push((Part { name: utf8("data", name)?, ..Part::default() }, value.into()));
        }
    }
    for (name, value) in items("files", files)? {
        let Ok(name) = name.cast::<PyString>() else { return Err(expected("files", "str as the name of a part", &name)) };
        let name = name.to_str().map_err(|error| renamed(py, "files", error))?;
        parts.push(file(name, &value)?);
    }
    for (part, content) in &mut parts {
        part.size = content.length();
    }
    let refused = |error: String| invalid(py, "InvalidRequest", error);
    let boundary = match headers.get(CONTENT_TYPE) {
        Some(given) => boundary(given.as_bytes()).map_err(refused)?,
        None => Boundary::random().map_err(|error| refused(error.to_string()))?,
    };
    let (parts, contents): (Vec<Part>, Vec<Content>) = parts.into_iter().unzip();
    let form = Form::new(&parts, &boundary).map_err(|error| refused(format!("files: {error}")))?;
    let heads = form.heads().iter().cloned().map(Content::Bytes);
    let framed = heads.zip(contents).flat_map(|(head, content)| [head, content]);
    Ok((framed.chain([Content::Bytes(form.tail())]).collect(), Some(form.content_type())))
}

/// The boundary that the caller's own `Content-Type` names.
fn boundary(content_type: &[u8]) -> Result<Boundary, String> {
    let text = String::from_utf8_lossy(content_type);
    let mut parameters = text.split(';').skip(1).filter_map(|parameter| parameter.trim().split_once('='));
    match parameters.find(|(name, _)| name.eq_ignore_ascii_case("boundary")) {
        Some((_, value)) => Boundary::new(value.trim_matches('"')).map_err(|error| format!("headers: Content-Type: {error}")),
        None => Err("headers: a Content-Type beside files needs a boundary; without the header there is one".into()),
    }
}

/// A file of a form: its content, or a tuple of file name, content, type and headers.
fn file(name: &str, value: &Bound<'_, PyAny>) -> PyResult<(Part, Content)> {
    let argument = format!("files['{}']", name.escape_debug());
    let mut part = Part { name: name.to_owned(), ..Part::default() };
    let Some(given) = tuple(value)? else {
        let guess = value.py().import(intern!(value.py(), "fastfetch._bodies"))?.getattr("file_name")?.call1((value,))?;
        part.file_name = some_text(&argument, &guess)?;
        return Ok((part, content(&argument, value)?));
    };
    let what = "(file name, content), then the content type and headers where wanted";
    let (file_name, value, rest) = match &given[..] {
        [file_name, value, rest @ ..] if rest.len() <= 2 => (file_name, value, rest),
        _ => return Err(expected(&argument, what, value)),
    };
    part.file_name = some_text(&format!("{argument}: file name"), file_name)?;
    if let Some(kind) = rest.first() {
        part.content_type = some_text(&format!("{argument}: content type"), kind)?;
    }
    if let Some(headers) = rest.get(1).filter(|headers| !headers.is_none()) {
        let argument = format!("{argument}: headers");
        for (name, value) in pairs(&argument, headers)? {
            part.headers.push((utf8(&argument, name)?, utf8(&argument, value)?));
        }
    }
    Ok((part, content(&argument, value)?))
}

fn tuple<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Vec<Bound<'py, PyAny>>>> {
    if value.is_instance_of::<PyTuple>() || value.is_instance_of::<PyList>() {
        return value.try_iter()?.collect::<PyResult<_>>().map(Some);
    }
    Ok(None)
}

/// Text, or None.
fn some_text(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    if value.is_none() {
        return Ok(None);
    }
    let Ok(text) = value.cast::<PyString>() else { return Err(expected(argument, "str or None", value)) };
    Ok(Some(text.to_str().map_err(|error| renamed(value.py(), argument, error))?.to_owned()))
}

fn utf8(argument: &str, bytes: Vec<u8>) -> PyResult<String> {
    String::from_utf8(bytes).map_err(|_| {
        pyo3::exceptions::PyValueError::new_err(format!("{argument}: expected names and headers in UTF-8, got other bytes"))
    })
}

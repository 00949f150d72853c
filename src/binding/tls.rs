//! A `TLS`: its files are read here, by Python, whose errors name them.

use pyo3::exceptions::{PyIsADirectoryError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};

use super::extract::{expected, flag, type_name};
use crate::engine::config::{Identity, Tls, TlsVersion};
use crate::engine::tls::{Pin, parse_pin};

/// The largest file that is read.
const MAX_FILE: usize = 16 * 1024 * 1024;

const FILE: &str = "the path of a file, or its content as bytes";

/// A `TLS`.
pub fn tls(value: &Bound<'_, PyAny>) -> PyResult<Tls> {
    let get = |name: &str| value.getattr(name).map_err(|_| expected("tls", "TLS", value));
    let (ca, crls) = (get("ca")?, get("crls")?);
    Ok(Tls {
        ca: if ca.is_none() { None } else { Some(blobs("ca", &ca, is_certificate)?) },
        verify: flag("tls.verify", &get("verify")?)?,
        identity: identity(&get("cert")?, &get("key")?, &get("password")?)?,
        min_version: version("min_version", &get("min_version")?)?,
        max_version: version("max_version", &get("max_version")?)?,
        pins: pins(&get("pins")?)?,
        sni: flag("tls.sni", &get("sni")?)?,
        crls: if crls.is_none() { Vec::new() } else { blobs("crls", &crls, is_revocation_list)? },
    })
}

/// The content of one file, folder or bytes, or of a list of these.
fn blobs(option: &str, value: &Bound<'_, PyAny>, wanted: fn(&str) -> bool) -> PyResult<Vec<Vec<u8>>> {
    let items = match (value.cast::<PyList>(), value.cast::<PyTuple>()) {
        (Ok(list), _) => list.iter().collect(),
        (_, Ok(tuple)) => tuple.iter().collect(),
        _ => vec![value.clone()],
    };
    let mut found = Vec::new();
    for item in items {
        match file(option, &item) {
            Err(error) if error.is_instance_of::<PyIsADirectoryError>(item.py()) => {
                found.extend(folder(option, &item, wanted)?);
            }
            content => found.push(content?),
        }
    }
    // A folder holds most certificates twice: under their names and under their hashes.
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// The content of those files in a folder whose names are right.
fn folder(option: &str, path: &Bound<'_, PyAny>, wanted: fn(&str) -> bool) -> PyResult<Vec<Vec<u8>>> {
    let py = path.py();
    let os = py.import("os")?;
    let mut names: Vec<String> = os.call_method1("listdir", (os.call_method1("fsdecode", (path,))?,))?.extract()?;
    names.retain(|name| wanted(name));
    let found = names.iter().map(|name| file(option, &os.getattr("path")?.call_method1("join", (path, name))?));
    let found: Vec<Vec<u8>> = found.collect::<PyResult<_>>()?;
    if found.is_empty() {
        let shown = path.str()?;
        let shown = shown.to_string_lossy();
        return Err(PyValueError::new_err(format!("{option}: no file for it in the folder '{}'", shown.escape_debug())));
    }
    Ok(found)
}

/// Certificates go by these names, and by the hash that OpenSSL gives them.
fn is_certificate(name: &str) -> bool {
    let plain = [".pem", ".crt", ".cer"].iter().any(|ending| name.to_ascii_lowercase().ends_with(ending));
    plain || is_hashed(name, "")
}

/// Revocation lists do, too.
fn is_revocation_list(name: &str) -> bool {
    let plain = [".pem", ".crl"].iter().any(|ending| name.to_ascii_lowercase().ends_with(ending));
    plain || is_hashed(name, "r")
}

/// Eight hexadecimal digits, a dot and a number.
fn is_hashed(name: &str, mark: &str) -> bool {
    let Some((hash, number)) = name.split_once('.') else { return false };
    let number = number.strip_prefix(mark).unwrap_or_default();
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    digits && hash.len() == 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The content of a file, or the bytes themselves.
fn file(option: &str, value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let py = value.py();
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    let path = py.import("os")?.call_method1("fspath", (value,)).map_err(|_| expected(option, FILE, value))?;
    let file = py.import("io")?.call_method1("open", (&path, "rb"))?;
    let content: PyResult<Vec<u8>> = file.call_method1("read", (MAX_FILE + 1,)).and_then(|content| content.extract());
    file.call_method0("close")?;
    let content = content?;
    if content.len() > MAX_FILE {
        let shown = path.str()?;
        let shown = shown.to_string_lossy();
        return Err(PyValueError::new_err(format!("{option}: '{}' is larger than {MAX_FILE} bytes", shown.escape_debug())));
    }
    Ok(content)
}

/// A certificate and its key: apart, or as a tuple.
fn identity(cert: &Bound<'_, PyAny>, key: &Bound<'_, PyAny>, password: &Bound<'_, PyAny>) -> PyResult<Option<Identity>> {
    let given = |value: &Bound<'_, PyAny>| !value.is_none();
    if cert.is_none() {
        return match (given(key), given(password)) {
            (false, false) => Ok(None),
            (true, _) => Err(PyTypeError::new_err("key: expected a cert too")),
            (_, true) => Err(PyTypeError::new_err("password: expected a cert too")),
        };
    }
    let Ok(parts) = cert.cast::<PyTuple>() else {
        return Ok(Some(Identity {
            certificate: file("cert", cert)?,
            key: if given(key) { Some(file("key", key)?) } else { None },
            password: secret(password)?,
        }));
    };
    if given(key) || given(password) {
        return Err(PyTypeError::new_err("cert: expected key and password in the tuple or by themselves, got both"));
    }
    if !(2..=3).contains(&parts.len()) {
        let count = parts.len();
        return Err(PyTypeError::new_err(format!("cert: expected (cert, key) or (cert, key, password), got {count} parts")));
    }
    let key = parts.get_item(1)?;
    Ok(Some(Identity {
        certificate: file("cert", &parts.get_item(0)?)?,
        key: if given(&key) { Some(file("cert: key", &key)?) } else { None },
        password: if parts.len() == 3 { secret(&parts.get_item(2)?)? } else { None },
    }))
}

fn secret(value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    if value.is_none() {
        return Ok(None);
    }
    let wrong = || expected("password", "str, or bytes that are UTF-8", value);
    match value.cast::<PyBytes>() {
        Ok(bytes) => std::str::from_utf8(bytes.as_bytes()).map(|text| Some(text.to_owned())).map_err(|_| wrong()),
        Err(_) => value.extract().map(Some).map_err(|_| wrong()),
    }
}

fn version(option: &str, value: &Bound<'_, PyAny>) -> PyResult<TlsVersion> {
    let text = value.cast::<PyString>().map_err(|_| expected(option, "\"1.2\" or \"1.3\"", value))?;
    match &*text.to_string_lossy() {
        "1.2" => Ok(TlsVersion::Tls12),
        "1.3" => Ok(TlsVersion::Tls13),
        other => {
            let shown = other.escape_debug();
            Err(PyValueError::new_err(format!("{option}: expected \"1.2\" or \"1.3\", got '{shown}'")))
        }
    }
}

fn pins(value: &Bound<'_, PyAny>) -> PyResult<Vec<Pin>> {
    let what = "a list of pins like \"sha256/…\"";
    if value.is_instance_of::<PyString>() || value.is_instance_of::<PyBytes>() {
        return Err(expected("pins", what, value));
    }
    let mut pins = Vec::new();
    for pin in value.try_iter().map_err(|_| expected("pins", what, value))? {
        let pin = pin?;
        let text: String =
            pin.extract().map_err(|_| PyTypeError::new_err(format!("pins: expected {what}, got {} in it", type_name(&pin))))?;
        pins.push(parse_pin(&text).map_err(|why| PyValueError::new_err(format!("pins: {why}")))?);
    }
    Ok(pins)
}

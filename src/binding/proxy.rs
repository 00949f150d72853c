//! Proxies: one, one for each pattern of URLs, or those of the environment.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyMapping, PyString};

use super::extract::expected;
use crate::engine::proxy::{ProxyRules, ProxyServer};

const ONE: &str = "the URL of a proxy, a Proxy, None or False";
const SEVERAL: &str = "the URL of a proxy, a Proxy, a mapping of patterns to these, None or False";

/// Which URLs go through which proxy. None leaves it to the environment, where that is trusted; False is no proxy.
pub fn rules(value: &Bound<'_, PyAny>, no_proxy: &Bound<'_, PyAny>, trust_env: bool) -> PyResult<ProxyRules> {
    let rules = if value.is_none() {
        let read = |name: &str| std::env::var_os(name);
        let rules = if trust_env { ProxyRules::from_env(read) } else { Ok(ProxyRules::default()) };
        rules.map_err(|error| PyValueError::new_err(error.to_string()))?
    } else if let Ok(mapping) = value.cast::<PyMapping>() {
        patterns(mapping)?
    } else {
        server("proxy", value, SEVERAL)?.map_or_else(ProxyRules::default, ProxyRules::everywhere)
    };
    Ok(rules.with_no_proxy(&exemptions(no_proxy)?))
}

/// The proxy of one request: None leaves the client's, False is no proxy.
pub fn of_request(value: &Bound<'_, PyAny>) -> PyResult<Option<Option<ProxyServer>>> {
    if value.is_none() { Ok(None) } else { server("proxy", value, ONE).map(Some) }
}

/// The same as Python values: it goes into pickles.
pub fn to_python<'py>(py: Python<'py>, proxy: &Option<ProxyServer>) -> PyResult<Bound<'py, PyAny>> {
    match proxy {
        Some(server) => Ok(PyString::new(py, &server.secret_url()).into_any()),
        None => Ok(PyBool::new(py, false).to_owned().into_any()),
    }
}

fn patterns(mapping: &Bound<'_, PyMapping>) -> PyResult<ProxyRules> {
    let mut entries = Vec::new();
    for pair in mapping.items()? {
        let (key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = pair.extract()?;
        let Ok(key) = key.extract::<String>() else { return Err(expected("proxy", "patterns as str", &key)) };
        // A key may be a URL put in the wrong place: what could be a password in it is not shown.
        let shown = key.rsplit('@').next().unwrap_or_default().escape_debug().to_string();
        let server = if value.is_none() { None } else { server(&format!("proxy['{shown}']"), &value, ONE)? };
        entries.push((key, server));
    }
    let entries = entries.iter().map(|(key, server)| (key.as_str(), server.clone()));
    ProxyRules::from_patterns(entries).map_err(|error| PyValueError::new_err(format!("proxy: the key {error}")))
}

/// A proxy, or None where the value is False.
fn server(option: &str, value: &Bound<'_, PyAny>, what: &str) -> PyResult<Option<ProxyServer>> {
    if value.cast::<PyBool>().is_ok_and(|flag| !flag.is_true()) {
        return Ok(None);
    }
    let wrong = |why: String| PyValueError::new_err(format!("{option}: it {why}"));
    if let Ok(url) = value.cast::<PyString>() {
        return ProxyServer::parse(&url.to_string_lossy()).map(Some).map_err(wrong);
    }
    let (Ok(url), Ok(auth)) = (value.getattr("url"), value.getattr("auth")) else { return Err(expected(option, what, value)) };
    let url: String = url.extract().map_err(|_| expected(&format!("{option}.url"), "str", &url))?;
    let server = ProxyServer::parse(&url).map_err(wrong)?;
    if auth.is_none() {
        return Ok(Some(server));
    }
    let (user, password): (String, String) =
        auth.extract().map_err(|_| expected(&format!("{option}.auth"), "a user and a password as str", &auth))?;
    server.identified(&user, &password).map(Some).map_err(wrong)
}

/// Hosts that no proxy is for: text as in `NO_PROXY`, or an iterable of its parts.
fn exemptions(value: &Bound<'_, PyAny>) -> PyResult<String> {
    let what = "host names separated by commas, or an iterable of them";
    if value.is_none() {
        return Ok(String::new());
    }
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(text.to_string_lossy().into_owned());
    }
    if value.is_instance_of::<PyDict>() {
        return Err(expected("no_proxy", what, value));
    }
    let mut list = Vec::new();
    for item in value.try_iter().map_err(|_| expected("no_proxy", what, value))? {
        let item = item?;
        list.push(item.extract::<String>().map_err(|_| expected("no_proxy", what, &item))?);
    }
    Ok(list.join(","))
}

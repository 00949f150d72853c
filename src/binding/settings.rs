//! The settings of a client: Python values into a checked `Config`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyString};
use url::Url;

use super::auth::authorization;
use super::callback::hooks;
use super::cookie_options;
use super::extract::{count, expected, flag, header_lines, seconds, timeout, whole};
use super::limits;
use super::proxy;
use super::tls::tls;
use super::upload;
use crate::engine::config::{Config, Reach, Timeout, Versions};
use crate::engine::name_servers::NameServer;
use crate::engine::request::Request;

/// Name servers to ask: one, or several.
fn name_servers(value: &Bound<'_, PyAny>) -> PyResult<Vec<NameServer>> {
    let what = "the address of a name server, an https URL, or a list of them";
    let server = |text: &str| NameServer::parse(text).map_err(|why| PyValueError::new_err(format!("dns: {why}")));
    if let Ok(text) = value.extract::<String>() {
        return Ok(vec![server(&text)?]);
    }
    let servers: Vec<String> = value.extract().map_err(|_| expected("dns", what, value))?;
    if servers.is_empty() {
        return Err(PyValueError::new_err(format!("dns: expected {what}, got none")));
    }
    servers.iter().map(|text| server(text)).collect()
}

/// Addresses to use in place of DNS.
fn resolve(value: &Bound<'_, PyAny>) -> PyResult<Vec<(String, SocketAddr)>> {
    let Ok(mapping) = value.cast::<PyMapping>() else {
        return Err(expected("resolve", "a mapping of host names to addresses", value));
    };
    let mut pairs = Vec::new();
    for pair in mapping.items()? {
        let (host, address): (String, String) =
            pair.extract().map_err(|_| expected("resolve", "host names and addresses as str", &pair))?;
        let Ok(url::Host::Domain(host)) = url::Host::parse(&host) else {
            return Err(PyValueError::new_err(format!("resolve: expected a host name, got '{}'", host.escape_debug())));
        };
        // Port 0 stands for the port of the URL.
        let parsed = address.parse().or_else(|_| address.parse().map(|ip: IpAddr| SocketAddr::new(ip, 0)));
        let shown = address.escape_debug();
        let wrong = |_| PyValueError::new_err(format!("resolve: expected an IP address, with or without port, got '{shown}'"));
        pairs.push((host, parsed.map_err(wrong)?));
    }
    Ok(pairs)
}

/// The versions of HTTP to speak.
fn versions(http1: bool, http2: bool) -> PyResult<Versions> {
    match (http1, http2) {
        (true, true) => Ok(Versions::Negotiated),
        (true, false) => Ok(Versions::Http1),
        (false, true) => Ok(Versions::Http2),
        (false, false) => Err(PyValueError::new_err("http1, http2: expected one of them to be True")),
    }
}

/// How to reach hosts.
fn reach<'py>(get: &impl Fn(&str) -> PyResult<Bound<'py, PyAny>>) -> PyResult<Reach> {
    let given = |name: &str| Ok::<_, PyErr>(Some(get(name)?).filter(|value| !value.is_none()));
    let local_address = given("local_address")?.map(|value| local_address(&value)).transpose()?;
    Ok(Reach {
        resolve: given("resolve")?.map_or_else(|| Ok(Vec::new()), |mapping| resolve(&mapping))?,
        name_servers: given("dns")?.map_or_else(|| Ok(Vec::new()), |value| name_servers(&value))?,
        local_address,
        interface: given("interface")?.map(|value| interface(&value)).transpose()?,
        unix_socket: given("uds")?.map(|value| unix_socket(&value)).transpose()?,
        block_private: flag("block_private", &get("block_private")?)?,
        keepalive: seconds("keepalive", &get("keepalive")?)?,
    })
}

fn local_address(value: &Bound<'_, PyAny>) -> PyResult<IpAddr> {
    let text = if value.is_instance_of::<PyString>() || value.hasattr("packed")? { Some(value.str()?) } else { None };
    let Some(text) = text else { return Err(expected("local_address", "an IP address", value)) };
    let text = text.to_string_lossy();
    let shown = text.escape_debug();
    text.parse().map_err(|_| PyValueError::new_err(format!("local_address: expected an IP address, got '{shown}'")))
}

fn interface(value: &Bound<'_, PyAny>) -> PyResult<String> {
    let name: String = value.extract().map_err(|_| expected("interface", "the name of a network interface", value))?;
    // IFNAMSIZ, with the zero byte at its end.
    if name.is_empty() || name.len() > 15 || name.bytes().any(|byte| byte == 0 || byte == b'/') {
        let shown = name.escape_debug();
        return Err(PyValueError::new_err(format!("interface: expected the name of a network interface, got '{shown}'")));
    }
    if cfg!(any(target_os = "linux", target_os = "android", target_os = "macos", target_os = "ios")) {
        return Ok(name);
    }
    Err(PyValueError::new_err("interface: this system cannot bind a connection to one; local_address= may do"))
}

fn unix_socket(value: &Bound<'_, PyAny>) -> PyResult<PathBuf> {
    if !cfg!(unix) {
        return Err(PyValueError::new_err("uds: this system has no unix sockets"));
    }
    let path: PathBuf = value.extract().map_err(|_| expected("uds", "the path of a unix socket", value))?;
    if path.as_os_str().is_empty() {
        return Err(PyValueError::new_err("uds: expected the path of a unix socket, got an empty one"));
    }
    Ok(path)
}

/// What relative URLs are relative to.
fn base_url(value: &Bound<'_, PyAny>) -> PyResult<Option<Url>> {
    if value.is_none() {
        return Ok(None);
    }
    let text: String = value.extract().map_err(|_| expected("base_url", "str", value))?;
    if text.is_empty() {
        return Ok(None);
    }
    match Request::get(&text) {
        Ok(request) => Ok(Some(request.url)),
        Err(error) => Err(PyValueError::new_err(format!("base_url: {}", error.detail))),
    }
}

/// More for the query of every request.
fn params(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if value.is_none() { Ok(String::new()) } else { upload::query(value) }
}

/// The settings of a client, complete: Python fills in the defaults.
pub fn config(settings: &Bound<'_, PyDict>) -> PyResult<Config> {
    let get = |name: &str| {
        let missing = || PyTypeError::new_err(format!("missing setting '{name}'"));
        settings.get_item(name)?.ok_or_else(missing)
    };
    let trust_env = flag("trust_env", &get("trust_env")?)?;
    let (uds, proxy) = (get("uds")?, get("proxy")?);
    if !uds.is_none() && !proxy.is_none() {
        return Err(PyTypeError::new_err("uds, proxy: expected one of them, got both"));
    }
    Ok(Config {
        user_agent: get("user_agent")?.extract()?,
        base_url: base_url(&get("base_url")?)?,
        params: params(&get("params")?)?,
        headers: header_lines("headers", &get("headers")?)?,
        cookies: cookie_options::jar(&get("cookies")?)?,
        auth: authorization(&get("auth")?)?,
        timeout: timeout(&get("timeout")?, timeout(&get("default_timeout")?, Timeout::default())?)?,
        limits: Arc::new(limits::limits(&get("limits")?, count("auto_start", &get("auto_start")?)?)?),
        retry: limits::retry(&get("retry")?)?,
        tls: tls(&get("tls")?)?,
        proxies: proxy::rules(&proxy, &get("no_proxy")?, trust_env)?,
        reach: reach(&get)?,
        versions: versions(flag("http1", &get("http1")?)?, flag("http2", &get("http2")?)?)?,
        follow_redirects: flag("follow_redirects", &get("follow_redirects")?)?,
        max_redirects: whole("max_redirects", &get("max_redirects")?, 0)?,
        allow_downgrade: flag("allow_downgrade", &get("allow_downgrade")?)?,
        max_body: count("max_body", &get("max_body")?)? as u64,
        decode: flag("decode", &get("decode")?)?,
        max_header_bytes: get("max_header_bytes")?.extract()?,
        max_header_lines: get("max_header_lines")?.extract()?,
        idle_timeout: seconds("idle_timeout", &get("idle_timeout")?)?,
        io_threads: get("io_threads")?.extract()?,
        trust_env,
        hooks: hooks(&get("event_hooks")?)?,
    })
}

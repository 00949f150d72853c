//! The parts of a request: Python values into an engine request.

use http::Method;
use http::header::COOKIE;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::auth::authorization;
use super::bodies;
use super::cookie_options;
use super::error;
use super::extract::{Options, count, flag, header_lines, invalid, timeout, type_name};
use super::limits;
use super::proxy;
use super::upload;
use crate::engine::client::Client;
use crate::engine::config::Timeout;
use crate::engine::content::Content;
use crate::engine::forms;
use crate::engine::request::{Own, Request as EngineRequest};

/// The options that describe a request.
pub const REQUEST_OPTIONS: [&str; 13] = [
    "headers",
    "cookies",
    "params",
    "content",
    "data",
    "json",
    "files",
    "timeout",
    "auth",
    "follow_redirects",
    "max_body",
    "proxy",
    "retry",
];

/// The same, and the caller's own word.
pub fn with_tag() -> Vec<&'static str> {
    REQUEST_OPTIONS.into_iter().chain(["tag"]).collect()
}

/// A request from its parts: of a client, or of its own.
pub fn request(
    client: Option<&Client>,
    method: Method,
    url: &Bound<'_, PyAny>,
    options: &Options<'_, '_>,
    base: Timeout,
) -> PyResult<EngineRequest> {
    let py = url.py();
    let Ok(text) = url.cast::<PyString>() else {
        return Err(invalid(py, "InvalidRequest", format!("url: expected str, got {}", type_name(url))));
    };
    let mut request = match text.to_str() {
        Ok(text) => match client {
            Some(client) => client.request(method, text),
            None => EngineRequest::new(method, text),
        }
        .map_err(|error| error::raise(py, &error))?,
        Err(_) => return Err(invalid(py, "InvalidURL", "url: expected text that can be encoded, got a lone surrogate".into())),
    };
    if let Some(value) = options.some("headers")? {
        request.headers = header_lines("headers", &value)?;
    }
    let mut own = Own::default();
    if let Some(value) = options.some("cookies")? {
        if request.headers.contains_key(COOKIE) {
            let message = "cookies: expected either this option or a Cookie header, got both";
            return Err(invalid(py, "InvalidRequest", message.into()));
        }
        own.cookies = Some(cookie_options::for_request(&value, &request.url)?);
    }
    if let Some(value) = options.some("params")? {
        forms::append(&mut request.url, &upload::query(&value)?);
    }
    request.content = bodies::body(options, &mut request.headers)?;
    if let Some(value) = options.get("timeout")? {
        request.timeout = Some(timeout(&value, base)?);
    }
    if let Some(value) = options.get("auth")? {
        own.auth = Some(authorization(&value)?);
    }
    if let Some(value) = options.some("follow_redirects")? {
        own.follow_redirects = Some(flag("follow_redirects", &value)?);
    }
    if let Some(value) = options.some("max_body")? {
        own.max_body = Some(count("max_body", &value)? as u64);
    }
    if let Some(value) = options.some("proxy")? {
        own.proxy = proxy::of_request(&value)?;
    }
    if let Some(value) = options.some("retry")? {
        own.retry = Some(limits::retry(&value)?);
    }
    if own.is_some() {
        request.own = Some(Box::new(own));
    }
    Ok(request)
}

/// Does sending it call code of the caller's?
pub fn asks(request: &EngineRequest) -> bool {
    matches!(request.content, Some(Content::Produced(_)))
}

//! Answers as plain values.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode, Version};
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::headers::Headers;

/// A finished answer: nothing in it refers to the connection it came by.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Response {
    /// The status code.
    #[serde(with = "http_serde::status_code")]
    pub status: StatusCode,
    /// The protocol it came by.
    #[serde(with = "http_serde::version")]
    pub version: Version,
    /// The server's own words for the status, where they differ from the usual ones.
    pub reason: Option<Box<[u8]>>,
    /// The header lines.
    pub headers: Headers,
    /// The body, in storage of its own size.
    pub body: Bytes,
    /// The method of the request that got this answer.
    #[serde(with = "http_serde::method")]
    pub method: Method,
    /// Its URL, without user name and password.
    pub url: Box<str>,
    /// From leaving the queue to the body's last byte.
    pub elapsed: Duration,
    /// The redirects that led here, in order.
    pub history: Vec<Response>,
}

/// What became of a request.
pub type Outcome = Result<Response, Box<Error>>;

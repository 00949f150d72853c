//! Answers as plain values.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode, Version};
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::headers::Lines;

/// A finished answer: nothing in it refers to the connection it came by, and all of it is in storage of its own size. Batches
/// hold many of them, so what is rare is set apart.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Response {
    /// The status code.
    #[serde(with = "http_serde::status_code")]
    pub status: StatusCode,
    /// The protocol it came by.
    #[serde(with = "http_serde::version")]
    pub version: Version,
    /// The header lines, as [`Lines`] reads them. Answers with the same lines may share them.
    pub headers: Arc<[u8]>,
    /// The body.
    pub body: Box<[u8]>,
    /// The URL of the request that got this answer, without user name and password.
    pub url: Arc<str>,
    /// From leaving the queue to the body's last byte.
    pub elapsed: Duration,
    /// Unless it is as in most answers.
    pub rare: Option<Box<Rare>>,
}

/// What most answers have no need of.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Rare {
    /// The method of the request that got this answer.
    #[serde(with = "http_serde::method")]
    pub method: Method,
    /// The server's own words for the status, where they differ from the usual ones.
    pub reason: Option<Box<[u8]>>,
    /// The redirects that led here, in order.
    pub history: Vec<Response>,
}

impl Response {
    /// The header lines.
    pub fn headers(&self) -> Lines<'_> {
        Lines::new(&self.headers)
    }

    /// The method of the request that got this answer.
    pub fn method(&self) -> &Method {
        self.rare.as_ref().map_or(&Method::GET, |rare| &rare.method)
    }

    /// The server's own words for the status, where they differ from the usual ones.
    pub fn reason(&self) -> Option<&[u8]> {
        self.rare.as_ref()?.reason.as_deref()
    }

    /// The redirects that led here, in order.
    pub fn history(&self) -> &[Response] {
        self.rare.as_ref().map_or(&[], |rare| &rare.history)
    }
}

/// What became of a request.
pub type Outcome = Result<Response, Box<Error>>;

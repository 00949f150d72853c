//! Answers as plain values.

use std::cell::Cell;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Method, StatusCode, Version};
use serde::{Deserialize, Deserializer, Serialize, de};

use super::error::{Error, Opaque};
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
    pub elapsed: Nanos,
    /// Where the time went.
    pub timings: Timings,
    /// How many times the request was sent, redirects included.
    pub attempts: u32,
    /// The body had no content coding, or none that we do not know.
    pub decoded: bool,
    /// Who sent it.
    pub peer: Option<Arc<Peer>>,
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
    /// The redirects that led here, in order. They have none themselves.
    #[serde(deserialize_with = "hops")]
    pub history: Vec<Response>,
    /// The fields that came after the body, as [`Lines`] reads them.
    pub trailers: Box<[u8]>,
    /// What the caller's own code made of it.
    #[serde(skip)]
    pub value: Value,
}

/// Reads the redirects that led to an answer, and refuses any that led to one of these: what nests may nest without end, and no
/// stack is deep enough for a file that was made to do harm.
fn hops<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<Response>, D::Error> {
    thread_local!(static INSIDE: Cell<bool> = const { Cell::new(false) });
    if INSIDE.replace(true) {
        let none: Vec<Nothing> = Vec::deserialize(source)?;
        return Ok(none.into_iter().map(|nothing| match nothing {}).collect());
    }
    let hops = Vec::deserialize(source);
    INSIDE.set(false);
    hops
}

/// What cannot be read.
enum Nothing {}

impl<'de> Deserialize<'de> for Nothing {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(de::Error::custom("a redirect that has redirects"))
    }
}

/// A value of the caller's, where there is one. It does not outlive the process.
#[derive(Clone, Default)]
pub struct Value(pub Option<Opaque>);

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Value").finish_non_exhaustive()
    }
}

/// When a request began and where its time went, in microseconds: its parts are those of all hops and attempts together, but for the head
/// and the body, which are those of the last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timings {
    /// When it left the queue, in microseconds since 1970.
    pub start: u64,
    /// Waiting for its turn, before the clock started.
    pub queue: u32,
    /// Resolving host names.
    pub dns: u32,
    /// Connecting.
    pub connect: u32,
    /// Shaking hands for TLS.
    pub tls: u32,
    /// From having a connection to the head of the answer.
    pub first_byte: u32,
    /// From the head to the end of the body.
    pub body: u32,
}

/// A duration in half the room; written down, it is one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Duration", into = "Duration")]
pub struct Nanos(u64);

impl From<Duration> for Nanos {
    /// As many as there is room for: more than 500 years.
    fn from(duration: Duration) -> Self {
        Self(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
    }
}

impl From<Nanos> for Duration {
    fn from(nanos: Nanos) -> Self {
        Self::from_nanos(nanos.0)
    }
}

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// Its address.
    pub remote: Option<SocketAddr>,
    /// Ours.
    pub local: Option<SocketAddr>,
    /// The version of TLS.
    pub tls: Option<Box<str>>,
    /// The cipher suite.
    pub cipher: Option<Box<str>>,
    /// The certificates that it showed, its own first, in DER.
    pub certificates: Vec<Box<[u8]>>,
}

/// This moment, in whole microseconds since 1970.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// Whole microseconds, as many as there is room for: more than an hour.
pub fn micros(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)
}

impl Response {
    /// An answer of which nothing but the status is known, to be filled in.
    #[cfg(any(test, fuzzing))]
    pub fn bare(status: StatusCode) -> Self {
        Self {
            status,
            version: Version::HTTP_11,
            headers: [].into(),
            body: Box::default(),
            url: "http://h/".into(),
            elapsed: Nanos::default(),
            timings: Timings::default(),
            attempts: 1,
            decoded: true,
            peer: None,
            rare: None,
        }
    }

    /// From leaving the queue to the body's last byte.
    pub fn elapsed(&self) -> Duration {
        self.elapsed.into()
    }

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

    /// The fields that came after the body.
    pub fn trailers(&self) -> Lines<'_> {
        Lines::new(self.rare.as_ref().map_or(&[], |rare| &rare.trailers))
    }

    /// Did anything say where the body ends: a length, chunks, HTTP/2, or the farewell of TLS?
    pub fn is_complete(&self) -> bool {
        let bodiless = *self.method() == Method::HEAD || matches!(self.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let framed = || [CONTENT_LENGTH, TRANSFER_ENCODING].iter().any(|name| self.headers().get(name.as_str()).is_some());
        bodiless || self.version >= Version::HTTP_2 || self.url.starts_with("https:") || framed()
    }

    /// About how many bytes it takes when it is written down, rather too many than too few.
    pub fn size(&self) -> usize {
        /// All that is neither body nor header.
        const REST: usize = 4096;
        let own = self.body.len() + self.headers.len() + self.url.len() + REST;
        own + self.history().iter().map(Self::size).sum::<usize>()
    }

    /// The redirects that led here, in order.
    pub fn history(&self) -> &[Response] {
        self.rare.as_ref().map_or(&[], |rare| &rare.history)
    }
}

/// What became of a request.
pub type Outcome = Result<Response, Box<Error>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_batch_holds_of_each_fits_into_two_cache_lines() {
        // With the two counters of an `Arc`; the next block that the allocator has is a quarter larger.
        assert!(size_of::<Outcome>() + 2 * size_of::<usize>() <= 128);
    }
}

//! What is known of an answer besides itself: where the time went, and who sent it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use url::Url;

use super::cookies::Cookies;
use super::headers;
use crate::engine::cookies::Jar;
use crate::engine::links;
use crate::engine::response::{Peer, Response as Answer};

/// When a request began and where its time went, in seconds.
///
/// `dns`, `connect` and `tls` are those of all hops and attempts together, and 0 where a connection was there already;
/// `first_byte` and `body` are those of the last hop. `total` is `Response.elapsed`; `queue` comes before it. What a proxy takes
/// to connect counts as `connect`.
///
/// Attributes
/// ----------
/// start : float
///     When it left the queue, as `time.time()` tells it.
/// queue : float
///     Waiting for its turn.
/// dns : float
///     Resolving the host name.
/// connect : float
///     Connecting.
/// tls : float
///     Shaking hands for TLS.
/// first_byte : float
///     From having a connection to the head of the answer: sending the request included.
/// body : float
///     From the head to the end of the body.
/// total : float
///     From leaving the queue to the end of the body.
///
/// Examples
/// --------
/// >>> import fastfetch
/// >>> from fastfetch.demo import Site
/// >>> site = Site()
/// >>> timings = (await fastfetch.get(f"{site.url}/slow/50")).timings
/// >>> timings.first_byte > 0.04, timings.first_byte <= timings.total, timings.tls
/// (True, True, 0.0)
#[pyclass(frozen, get_all, eq, module = "fastfetch._core")]
#[derive(PartialEq)]
pub struct Timings {
    /// When it left the queue, as `time.time()` tells it.
    start: f64,
    /// Waiting for its turn.
    queue: f64,
    /// Resolving the host name.
    dns: f64,
    /// Connecting.
    connect: f64,
    /// Shaking hands for TLS.
    tls: f64,
    /// From having a connection to the head of the answer.
    first_byte: f64,
    /// From the head to the end of the body.
    body: f64,
    /// From leaving the queue to the end of the body.
    total: f64,
}

impl Timings {
    /// The timings of an answer.
    pub fn of(answer: &Answer) -> Self {
        let seconds = |micros: u32| f64::from(micros) / 1e6;
        let parts = answer.timings;
        // Exact up to the year 2255.
        let start = parts.start as f64 / 1e6;
        Self {
            start,
            queue: seconds(parts.queue),
            dns: seconds(parts.dns),
            connect: seconds(parts.connect),
            tls: seconds(parts.tls),
            first_byte: seconds(parts.first_byte),
            body: seconds(parts.body),
            total: answer.elapsed().as_secs_f64(),
        }
    }
}

#[pymethods]
impl Timings {
    fn __repr__(&self) -> String {
        let Self { start, queue, dns, connect, tls, first_byte, body, total } = self;
        format!(
            "Timings(start={start:.6}, queue={queue:.6}, dns={dns:.6}, connect={connect:.6}, tls={tls:.6}, first_byte={first_byte:.6}, \
             body={body:.6}, total={total:.6})"
        )
    }
}

/// Who sent an answer, and how it was kept secret on the way.
///
/// Examples
/// --------
/// >>> import fastfetch
/// >>> from fastfetch.demo import Site
/// >>> site = Site()
/// >>> connection = (await fastfetch.get(f"{site.url}/json/1")).connection
/// >>> connection.remote_address, connection.tls_version
/// (('127.0.0.1', ...), None)
#[pyclass(frozen, module = "fastfetch._core")]
pub struct Connection(pub Arc<Peer>);

#[pymethods]
impl Connection {
    /// The IP address and port of the server, or of the proxy before it; None for a unix socket.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> connection = (await fastfetch.get(f"{site.url}/json/1")).connection
    /// >>> f"http://{connection.remote_address[0]}:{connection.remote_address[1]}" == site.url
    /// True
    #[getter]
    fn remote_address(&self) -> Option<(String, u16)> {
        self.0.remote.map(pair)
    }

    /// Our own IP address and port; None for a unix socket.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> connection = (await fastfetch.get(f"{site.url}/json/1")).connection
    /// >>> connection.local_address
    /// ('127.0.0.1', ...)
    #[getter]
    fn local_address(&self) -> Option<(String, u16)> {
        self.0.local.map(pair)
    }

    /// "TLSv1.2" or "TLSv1.3"; None in the clear.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> connection = (await fastfetch.get(f"{site.url}/json/1")).connection
    /// >>> connection.tls_version is None  # it is in the clear
    /// True
    #[getter]
    fn tls_version(&self) -> Option<String> {
        self.0.tls.as_deref().map(|version| version.replace('_', "."))
    }

    /// The cipher suite by its IANA name; None in the clear.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> connection = (await fastfetch.get(f"{site.url}/json/1")).connection
    /// >>> connection.cipher is None  # it is in the clear
    /// True
    #[getter]
    fn cipher(&self) -> Option<&str> {
        self.0.cipher.as_deref()
    }

    /// The certificates that the server showed, its own first, in DER. They were verified unless `verify=False`.
    ///
    /// Examples
    /// --------
    /// >>> import fastfetch
    /// >>> from fastfetch.demo import Site
    /// >>> site = Site()
    /// >>> connection = (await fastfetch.get(f"{site.url}/json/1")).connection
    /// >>> connection.certificates  # there are none without TLS
    /// []
    #[getter]
    fn certificates<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyBytes>> {
        self.0.certificates.iter().map(|certificate| PyBytes::new(py, certificate)).collect()
    }

    fn __repr__(&self) -> String {
        let address = self.0.remote.map_or_else(|| "unix socket".into(), |address| address.to_string());
        format!("<Connection {address} {}>", self.tls_version().as_deref().unwrap_or("in the clear"))
    }
}

fn pair(address: SocketAddr) -> (String, u16) {
    (address.ip().to_string(), address.port())
}

/// The links of an answer by relation type; of several with the same one the last counts, as with requests.
pub fn links<'py>(py: Python<'py>, answer: &Answer) -> PyResult<Bound<'py, PyDict>> {
    let found = PyDict::new(py);
    for value in answer.headers().get_all(b"link") {
        for link in links::parse(&headers::latin1(value), &answer.url) {
            let said = PyDict::new(py);
            said.set_item("url", &link.url)?;
            for (name, value) in link.parameters.iter().filter(|(name, _)| name != "url") {
                said.set_item(name, value)?;
            }
            let mut named = false;
            for relation in link.relations() {
                named = true;
                found.set_item(relation, &said)?;
            }
            if !named {
                found.set_item(&link.url, &said)?;
            }
        }
    }
    Ok(found)
}

/// The cookies that an answer sets and may set for its URL.
pub fn cookies(answer: &Answer) -> Cookies {
    let jar = Jar::default();
    // The URL is one that was parsed before.
    if let Ok(url) = Url::parse(&answer.url) {
        let now = SystemTime::now();
        answer.headers().get_all(b"set-cookie").for_each(|line| jar.store(&url, line, now));
    }
    Cookies { jar: Arc::new(jar) }
}

/// What the server says the body is.
pub fn content_type(answer: &Answer) -> Option<String> {
    Some(String::from_utf8_lossy(answer.headers().get("content-type")?).into_owned())
}

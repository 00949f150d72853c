//! Settings as plain, checked values. Their defaults live in Python, in `_config.py`.

use std::net::SocketAddr;
use std::time::Duration;

use http::HeaderMap;

/// How long to wait for what; `None` waits for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timeout {
    /// For a connection, its TLS handshake included.
    pub connect: Option<Duration>,
    /// For the server's next bytes.
    pub read: Option<Duration>,
    /// For the whole exchange, redirects included, from leaving the queue.
    pub total: Option<Duration>,
}

/// How many requests may be in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// In all.
    pub concurrency: usize,
    /// To one host and port, where bounded.
    pub per_host: Option<usize>,
}

/// Whom to trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// Certificates to trust in place of the system's, in PEM.
    pub ca: Option<Vec<u8>>,
    /// Check the server's certificate and name.
    pub verify: bool,
}

/// All settings of a client.
#[derive(Debug, Clone)]
pub struct Config {
    /// The `User-Agent` where the caller names none.
    pub user_agent: String,
    /// Headers for every request that does not name them itself.
    pub headers: HeaderMap,
    /// How long to wait for what.
    pub timeout: Timeout,
    /// How many requests may be in flight.
    pub limits: Limits,
    /// Whom to trust.
    pub tls: Tls,
    /// Host names and the addresses to use for them in place of DNS.
    pub resolve: Vec<(String, SocketAddr)>,
    /// Offer HTTP/2 to TLS servers.
    pub http2: bool,
    /// Follow redirects at all.
    pub follow_redirects: bool,
    /// How many redirects to follow.
    pub max_redirects: usize,
    /// The largest body to keep, in bytes.
    pub max_body: u64,
    /// The most header bytes to accept from an HTTP/2 server.
    pub max_header_bytes: u32,
    /// The most header lines to accept.
    pub max_header_lines: usize,
    /// How long an unused connection is kept.
    pub idle_timeout: Duration,
    /// Take proxies from the environment.
    pub trust_env: bool,
}

//! Settings as plain, checked values. Their defaults live in Python, in `_config`.

use std::collections::HashSet;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method};
use url::Url;

use super::authorize::Authorization;
use super::caller::Callback;
use super::cookies::Jar;
use super::error::Kind;
use super::name_servers::NameServer;
use super::proxy::ProxyRules;
use super::tls::Pin;

/// How long to wait for what; `None` waits for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timeout {
    /// For a connection: name lookup and TLS handshake included.
    pub connect: Option<Duration>,
    /// For the server's next bytes.
    pub read: Option<Duration>,
    /// For the server to take the next bytes of the request's body.
    pub write: Option<Duration>,
    /// For the request's turn.
    pub pool: Option<Duration>,
    /// For the whole exchange, redirects included, from leaving the queue.
    pub total: Option<Duration>,
}

impl Timeout {
    /// The shortest of those that follow one another while an answer is waited for.
    pub fn shortest(&self) -> Option<Duration> {
        [self.connect, self.read, self.write].into_iter().flatten().min()
    }
}

/// How many requests may be in flight, and how fast they may begin.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// In flight in all.
    pub concurrency: usize,
    /// Beginning in all.
    pub rate: Option<Rate>,
    /// For each host and port.
    pub host: HostLimits,
    /// For some hosts: `name`, `name:port`, or `.suffix` for a domain and all below it.
    pub hosts: Vec<(String, HostLimits)>,
    /// All hosts of a registrable domain count as one.
    pub per_site: bool,
    /// How many may be in flight to a host at first, where that is to be found out.
    pub start: usize,
}

/// The same for one host.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HostLimits {
    /// In flight.
    pub concurrency: Share,
    /// Beginning.
    pub rate: Option<Rate>,
    /// Between the starts of two.
    pub min_delay: Option<Duration>,
}

/// How much of the concurrency one host may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// As much as it can take.
    Auto,
    /// So many requests.
    Fixed(usize),
    /// All of it.
    Whole,
}

/// How fast requests may begin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// How many in a second.
    pub per_second: f64,
    /// How many at once after a rest; `None` for what evens out the ticks of a timer.
    pub burst: Option<usize>,
}

/// When a request is made once more.
#[derive(Debug, Clone)]
pub struct Retry {
    /// How often it is made in all.
    pub attempts: u32,
    /// After answers with these statuses.
    pub statuses: Vec<u16>,
    /// After these failures.
    pub failures: Failures,
    /// The wait before the second attempt; it doubles with each.
    pub backoff: Duration,
    /// The largest part of a wait that chance may take off.
    pub jitter: f64,
    /// The longest wait.
    pub max_wait: Duration,
    /// How many repetitions each request to a host brings it, on average.
    pub budget: Option<f64>,
    /// Requests with these methods; any other only where nothing was sent.
    pub methods: Vec<Method>,
    /// Wait as long as the server says.
    pub respect_retry_after: bool,
}

/// Kinds of failures, by the names that the caller has for them.
#[derive(Debug, Clone)]
pub struct Failures {
    /// The names.
    pub names: HashSet<String>,
    /// The name of a kind.
    pub name: fn(&Kind) -> &str,
}

impl Failures {
    /// Is this one of them?
    pub fn has(&self, kind: &Kind) -> bool {
        !matches!(kind, Kind::Raised(_)) && self.names.contains((self.name)(kind))
    }
}

/// Which versions of HTTP to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versions {
    /// HTTP/1.1 alone.
    Http1,
    /// HTTP/2 where a TLS server agrees, else HTTP/1.1.
    Negotiated,
    /// HTTP/2 alone, on cleartext connections too (RFC 9113, section 3.3).
    Http2,
}

/// How to reach hosts.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Host names and the addresses to use for them in place of DNS.
    pub resolve: Vec<(String, SocketAddr)>,
    /// Name servers to ask in place of the system's resolver; none for the system's.
    pub name_servers: Vec<NameServer>,
    /// The local address of every connection.
    pub local_address: Option<IpAddr>,
    /// The network interface of every connection.
    pub interface: Option<String>,
    /// Connect to this unix socket, whatever the host.
    pub unix_socket: Option<PathBuf>,
    /// Refuse addresses that are not public.
    pub block_private: bool,
    /// How long a TCP connection may be silent before the system asks whether the other side is still there.
    pub keepalive: Option<Duration>,
}

/// A version of TLS that we speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLS 1.2, RFC 5246.
    Tls12,
    /// TLS 1.3, RFC 8446.
    Tls13,
}

/// Whom to trust, who we are, and how the handshake is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// Certificates to trust in place of the system's: each any number of them in PEM, or one in DER.
    pub ca: Option<Vec<Vec<u8>>>,
    /// Check the server's certificate and name. Pins are checked all the same.
    pub verify: bool,
    /// The certificate to show to a server that asks for one.
    pub identity: Option<Identity>,
    /// The oldest version to speak.
    pub min_version: TlsVersion,
    /// The newest version to speak.
    pub max_version: TlsVersion,
    /// SHA-256 digests of public keys (SubjectPublicKeyInfo), of which the server's chain must hold one; empty for no such rule.
    pub pins: Vec<Pin>,
    /// Tell the server the host name before anything is encrypted (RFC 6066, section 3).
    pub sni: bool,
    /// Certificate revocation lists, in PEM or DER. They need a `ca`.
    pub crls: Vec<Vec<u8>>,
}

#[cfg(test)]
impl Default for Tls {
    fn default() -> Self {
        Self {
            ca: None,
            verify: true,
            identity: None,
            min_version: TlsVersion::Tls12,
            max_version: TlsVersion::Tls13,
            pins: Vec::new(),
            sni: true,
            crls: Vec::new(),
        }
    }
}

/// A client certificate and its key.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The certificate with its chain, in PEM (where the key may stand too) or DER; without `key` also PKCS#12.
    pub certificate: Vec<u8>,
    /// The key, where it is not in `certificate`: PKCS#8, PKCS#1 or SEC1, in PEM or DER.
    pub key: Option<Vec<u8>>,
    /// What the key or the PKCS#12 file is encrypted with.
    pub password: Option<String>,
}

impl fmt::Debug for Identity {
    /// Nothing of it: it is secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

/// All settings of a client.
#[derive(Debug, Clone)]
pub struct Config {
    /// The `User-Agent` where the caller names none.
    pub user_agent: String,
    /// What relative URLs are relative to.
    pub base_url: Option<Url>,
    /// More for the query of every request, encoded.
    pub params: String,
    /// Headers for every request that does not name them itself.
    pub headers: HeaderMap,
    /// Where cookies are kept, if they are.
    pub cookies: Option<Arc<Jar>>,
    /// How to authorize requests that do not say so themselves.
    pub auth: Option<Authorization>,
    /// How long to wait for what.
    pub timeout: Timeout,
    /// How many requests may be in flight.
    pub limits: Arc<Limits>,
    /// When a request is made once more, if ever.
    pub retry: Option<Arc<Retry>>,
    /// Whom to trust.
    pub tls: Tls,
    /// Which proxy a URL goes through.
    pub proxies: ProxyRules,
    /// How to reach hosts.
    pub reach: Reach,
    /// Which versions of HTTP to speak.
    pub versions: Versions,
    /// Follow redirects at all.
    pub follow_redirects: bool,
    /// How many redirects to follow.
    pub max_redirects: usize,
    /// Follow redirects from https to http.
    pub allow_downgrade: bool,
    /// The largest body to keep, in bytes, decoded.
    pub max_body: u64,
    /// Decode the content codings of bodies.
    pub decode: bool,
    /// The most header bytes to accept from an HTTP/2 server.
    pub max_header_bytes: u32,
    /// The most header lines to accept.
    pub max_header_lines: usize,
    /// How long an unused connection is kept.
    pub idle_timeout: Option<Duration>,
    /// How many I/O threads its hosts are spread over.
    pub io_threads: usize,
    /// Heed the environment: `SSLKEYLOGFILE` here, proxies and netrc where the settings are made.
    pub trust_env: bool,
    /// Who is told of what happens to requests.
    pub hooks: Option<Arc<dyn Callback>>,
}

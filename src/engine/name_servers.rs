//! Host names to addresses through name servers of the caller's choice: plain DNS (RFC 1035) or DNS over HTTPS (RFC 8484).
//! hickory asks. Its own cache is off: that keeps questions, not names, and no negative answer without an SOA record.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ServerOrderingStrategy};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use tokio::sync::OnceCell;
use url::{Host, Url};

use super::resolve::{AT_ONCE, Answer, NOT_FOUND, ResolveFailure, Resolver, SharedLookups};

/// How long to wait for a name server before the question is asked again, and how often that is.
const PATIENCE: Duration = Duration::from_secs(3);
const ATTEMPTS: usize = 3;
/// No answer is kept for less, or for longer, whatever it says. Records may say 0, and a batch asks often in one second.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(300);

/// A name server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameServer {
    /// Asked over UDP, and TCP where that is too small.
    Plain(SocketAddr),
    /// Asked over HTTPS.
    Https {
        /// Its name or address.
        host: Host,
        /// Its port.
        port: u16,
        /// Where it answers.
        path: Arc<str>,
    },
}

impl NameServer {
    /// Reads `https://host[:port]/path`, or an address with or without a port.
    ///
    /// # Errors
    /// Says in words what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected = || format!("expected an IP address, with or without port, or an https URL, got '{}'", text.escape_debug());
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self::Plain(address));
        }
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Ok(Self::Plain(SocketAddr::new(ip, 53)));
        }
        let url = Url::parse(text).map_err(|_| expected())?;
        if url.scheme() != "https" || !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
            return Err(expected());
        }
        let host = url.host().ok_or_else(expected)?.to_owned();
        Ok(Self::Https { host, port: url.port().unwrap_or(443), path: url.path().into() })
    }
}

/// Resolves host names through name servers; to be shared by all who do.
pub struct NameServers {
    servers: Vec<NameServer>,
    tls: Arc<rustls::ClientConfig>,
    /// Asks the system where a name server itself is.
    system: Resolver,
    resolver: OnceCell<TokioResolver>,
    lookups: SharedLookups,
}

impl fmt::Debug for NameServers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NameServers").field(&self.servers).finish()
    }
}

impl NameServers {
    /// Asks nobody yet.
    pub fn new(servers: Vec<NameServer>, tls: Arc<rustls::ClientConfig>) -> Self {
        let system = Resolver::new(super::resolve::Settings::default());
        Self { servers, tls, system, resolver: OnceCell::new(), lookups: SharedLookups::new(AT_ONCE) }
    }

    /// The addresses of a host, at least one.
    ///
    /// # Errors
    /// Where the name has no addresses, or no server can tell.
    pub async fn resolve(&self, host: &str) -> Answer {
        let resolver = self.resolver.get_or_try_init(|| self.build()).await?;
        self.lookups.get(host, |host| look_up(resolver.clone(), host)).await
    }

    async fn build(&self) -> Result<TokioResolver, ResolveFailure> {
        let mut servers = Vec::new();
        for server in &self.servers {
            servers.push(self.connected(server).await?);
        }
        let config = ResolverConfig::from_parts(None, Vec::new(), servers);
        let mut tls = rustls::ClientConfig::clone(&self.tls);
        tls.alpn_protocols = vec![b"h2".to_vec()];
        let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()).with_tls_config(tls);
        let options = builder.options_mut();
        options.cache_size = 0;
        options.timeout = PATIENCE;
        options.attempts = ATTEMPTS;
        options.use_hosts_file = ResolveHosts::Never;
        options.server_ordering_strategy = ServerOrderingStrategy::UserProvidedOrder;
        builder.build().map_err(failure)
    }

    async fn connected(&self, server: &NameServer) -> Result<NameServerConfig, ResolveFailure> {
        match server {
            NameServer::Plain(address) => {
                let mut connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
                connections.iter_mut().for_each(|connection| connection.port = address.port());
                Ok(NameServerConfig::new(address.ip(), true, connections))
            }
            NameServer::Https { host, port, path } => {
                let ip = match host {
                    Host::Ipv4(ip) => IpAddr::V4(*ip),
                    Host::Ipv6(ip) => IpAddr::V6(*ip),
                    Host::Domain(name) => {
                        let found = self.system.resolve(name).await?;
                        *found.first().ok_or_else(|| ResolveFailure::not_found("the name server has no address"))?
                    }
                };
                let name = host.to_string().trim_matches(['[', ']']).to_owned();
                let mut connection = ConnectionConfig::https(name.into(), Some(path.clone()));
                connection.port = *port;
                Ok(NameServerConfig::new(ip, true, vec![connection]))
            }
        }
    }
}

/// The addresses of a host, and for how long they are good: as long as the records say. RFC 2308 section 5 has negative answers
/// say it in an SOA record; without one they are good as long as those of the system.
async fn look_up(resolver: TokioResolver, host: Arc<str>) -> (Answer, Option<Duration>) {
    // A dot at the end keeps the system's search domains out of it.
    let name = if host.ends_with('.') { host.to_string() } else { format!("{host}.") };
    let (answer, lifetime) = match resolver.lookup_ip(name).await {
        Ok(found) => {
            let addresses: Arc<[IpAddr]> = found.iter().collect();
            let left = found.valid_until().saturating_duration_since(Instant::now());
            if addresses.is_empty() { (Err(missing()), NOT_FOUND) } else { (Ok(addresses), left) }
        }
        Err(NetError::Dns(DnsError::NoRecordsFound(none))) => {
            let said = none.negative_ttl.map(|seconds| Duration::from_secs(seconds.into()));
            (Err(missing()), said.unwrap_or(NOT_FOUND))
        }
        Err(error) => return (Err(failure(error).or_shortage()), None),
    };
    (answer, Some(lifetime.clamp(SHORTEST, LONGEST)))
}

fn missing() -> ResolveFailure {
    ResolveFailure::not_found("the name server knows no such name, or no address for it")
}

fn failure(error: NetError) -> ResolveFailure {
    ResolveFailure::temporary(format!("the name server gave no answer: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_addresses_or_https_urls() {
        let plain = |text: &str| NameServer::Plain(text.parse().expect("an address"));
        assert_eq!(NameServer::parse("192.0.2.1"), Ok(plain("192.0.2.1:53")));
        assert_eq!(NameServer::parse("[2001:db8::1]:5353"), Ok(plain("[2001:db8::1]:5353")));
        let https = NameServer::parse("https://dns.example/dns-query").expect("a server");
        assert_eq!(https, NameServer::Https { host: Host::Domain("dns.example".into()), port: 443, path: "/dns-query".into() });
        for wrong in ["", "dns.example", "http://dns.example/", "https://u:p@dns.example/", "udp://1.1.1.1"] {
            assert!(NameServer::parse(wrong).expect_err(wrong).contains("expected an IP address"));
        }
    }
}

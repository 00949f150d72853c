//! Requests through proxies.
//!
//! Each proxy has a pool of its own: no connection through one ever serves another, and a proxy that fails fails the request,
//! which never goes direct. An HTTP proxy is asked for a tunnel (`tunnel`) where the host is one of https, and else forwards
//! requests as they are (RFC 9112, section 3.2.2); a SOCKS proxy always connects (`socks`).

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use http::header::PROXY_AUTHORIZATION;
use http::{HeaderValue, StatusCode, Uri};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::super::address::is_public;
use super::super::auth;
use super::super::config::{Config, Reach, Tls, Versions};
use super::super::error::{Failure, Kind, Phase};
use super::super::process::lock;
use super::super::proxy::{ProxyScheme, ProxyServer};
use super::super::request::Request;
use super::super::response::Peer;
use super::super::stage::Stage;
use super::super::statistics::Statistics;
use super::super::tls::{self, Alpn};
use super::connector::{Names, Wrapped, enter};
use super::dialer::Dialer;
use super::direct::Direct;
use super::failure::failure;
use super::outgoing::Outgoing;
use super::room::Room;
use super::socks::{self, Target};
use super::stream::Duplex;
use super::{Over, Sent, tunnel};

/// How many proxies have pools at once.
const POOLS: usize = 64;

/// Requests through proxies.
pub struct Proxied {
    config: Arc<Config>,
    tls: Arc<ClientConfig>,
    statistics: Arc<Statistics>,
    room: Arc<Room>,
    pools: Mutex<HashMap<ProxyServer, Arc<Direct>>>,
}

impl Proxied {
    /// Opens nothing yet.
    pub fn new(config: &Arc<Config>, tls: Arc<ClientConfig>, statistics: Arc<Statistics>, room: Arc<Room>) -> Self {
        Self { config: config.clone(), tls, statistics, room, pools: Mutex::default() }
    }

    /// Sends a request and waits for the head of the answer.
    pub async fn send(
        &self,
        proxy: &ProxyServer,
        request: &Request,
        body: Outgoing,
        over: Over,
        stage: &Arc<Stage>,
    ) -> Result<Sent, Failure> {
        self.admit(request)?;
        let sent = self.pool(proxy)?.send(request, body, over, stage).await?;
        let forwarded = forwards(proxy, request.url.scheme() == "https", self.config.versions);
        if forwarded && sent.answer.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            if let Some(facts) = &sent.facts {
                facts.done(false);
            }
            let what = if proxy.auth.is_some() {
                "it refuses the user name and password"
            } else {
                "it asks for a user name and password"
            };
            return Err(Failure::new(Kind::Proxy, Phase::Response, format!("the proxy {proxy} failed: {what} (407)")));
        }
        Ok(sent)
    }

    /// Where the proxy resolves names, what can be guarded is addresses in URLs.
    fn admit(&self, request: &Request) -> Result<(), Failure> {
        let public = match request.url.host() {
            Some(Host::Ipv4(address)) => is_public(address.into()),
            Some(Host::Ipv6(address)) => is_public(address.into()),
            _ => true,
        };
        if public || !self.config.reach.block_private {
            return Ok(());
        }
        Err(Failure::new(Kind::Connect, Phase::Connect, "the address is not public, and block_private refuses it"))
    }

    fn pool(&self, proxy: &ProxyServer) -> Result<Arc<Direct>, Failure> {
        if let Some(pool) = lock(&self.pools).get(proxy) {
            return Ok(pool.clone());
        }
        let wrong = |why| Failure::new(Kind::Proxy, Phase::Input, format!("the proxy {proxy} cannot be used: {why}"));
        let via = Via::new(proxy.clone(), &self.config, &self.tls).map_err(wrong)?;
        let made = Direct::new(&self.config, &self.tls, self.statistics.clone(), self.room.clone(), Some(via));
        let mut pools = lock(&self.pools);
        if pools.len() >= POOLS {
            pools.clear();
        }
        Ok(pools.entry(proxy.clone()).or_insert_with(|| Arc::new(made)).clone())
    }
}

/// Does the proxy pass requests on as they are? HTTP/2 without TLS needs a tunnel, since a proxy is spoken to in HTTP/1.1.
fn forwards(proxy: &ProxyServer, secure: bool, versions: Versions) -> bool {
    proxy.scheme.is_http() && !secure && versions != Versions::Http2
}

/// The way through one proxy.
pub struct Via {
    server: ProxyServer,
    versions: Versions,
    /// For the proxy itself.
    dialer: Dialer,
    tls: Option<TlsConnector>,
    auth: Option<HeaderValue>,
}

/// A connection through a proxy.
pub struct Opened {
    /// Its bytes: the host's own, or the proxy's.
    pub stream: Pin<Box<dyn Duplex>>,
    /// The proxy.
    pub peer: Peer,
    /// The proxy passes requests on as they are.
    pub forwards: bool,
}

impl Via {
    fn new(server: ProxyServer, config: &Config, hosts: &Arc<ClientConfig>) -> Result<Self, String> {
        let secure = server.scheme == ProxyScheme::Https;
        // What the caller says of the host's certificate and of our own is not meant for the proxy.
        let own = Tls { identity: None, pins: Vec::new(), ..config.tls.clone() };
        let tls = if secure { Some(tls::client_config(&own, Alpn::Http1, config.trust_env)?) } else { None };
        let auth = server.auth.as_ref().filter(|_| server.scheme.is_http());
        let auth = auth.map(|auth| auth::basic(&auth.user, &auth.password)).transpose()?;
        // The guard against private addresses is for the hosts that are asked for; the proxy was named by the caller.
        let reach = Reach { block_private: false, ..config.reach.clone() };
        Ok(Self { server, versions: config.versions, dialer: Dialer::new(&reach, hosts), tls: tls.map(TlsConnector::from), auth })
    }

    /// What the proxy is told of us with each request that it passes on.
    pub fn header(&self, url: &Url) -> Option<(http::HeaderName, HeaderValue)> {
        Some((PROXY_AUTHORIZATION, self.auth.clone().filter(|_| self.forwards(url))?))
    }

    /// Does the proxy pass a request to this URL on as it is?
    pub fn forwards(&self, url: &Url) -> bool {
        forwards(&self.server, url.scheme() == "https", self.versions)
    }

    /// Opens a connection to a host, or to the proxy where that passes requests on.
    pub async fn open(
        &self,
        names: &Names,
        host: &str,
        port: Option<u16>,
        secure: bool,
        stage: &Stage,
    ) -> Result<Opened, Failure> {
        let default = if secure { 443 } else { 80 };
        let (target, port) = match (host.parse(), self.server.scheme) {
            (Ok(address), _) => (Target::Address(address), port.unwrap_or(default)),
            (Err(_), ProxyScheme::Socks4 | ProxyScheme::Socks5) => {
                enter(stage, Phase::Dns);
                let found = names.look_up(host).await?;
                let fits = |found: &&std::net::SocketAddr| found.is_ipv4() || self.server.scheme == ProxyScheme::Socks5;
                let address = found.iter().find(fits).ok_or_else(|| {
                    self.blame(Failure::new(
                        Kind::Proxy,
                        Phase::Dns,
                        "SOCKS 4 knows no IPv6 addresses, and the host has no other",
                    ))
                })?;
                // Port 0 stands for the port of the URL.
                let own = Some(address.port()).filter(|port| *port > 0);
                (Target::Address(address.ip()), port.or(own).unwrap_or(default))
            }
            (Err(_), _) => (Target::Name(host.to_owned()), port.unwrap_or(default)),
        };
        enter(stage, Phase::Connect);
        let (mut stream, peer) = self.reach(stage).await.map_err(|failure| self.blame(failure))?;
        let forwards = forwards(&self.server, secure, self.versions);
        let asked = match self.server.scheme {
            _ if forwards => Ok(()),
            ProxyScheme::Http | ProxyScheme::Https => {
                let authority = match &target {
                    Target::Address(std::net::IpAddr::V6(address)) => format!("[{address}]:{port}"),
                    Target::Address(address) => format!("{address}:{port}"),
                    Target::Name(name) => format!("{name}:{port}"),
                };
                tunnel::open(&mut stream, &authority, self.auth.as_ref(), secure).await
            }
            ProxyScheme::Socks4 | ProxyScheme::Socks4a => {
                socks::open_v4(&mut stream, &target, port, self.server.auth.as_ref()).await
            }
            ProxyScheme::Socks5 | ProxyScheme::Socks5h => {
                socks::open_v5(&mut stream, &target, port, self.server.auth.as_ref()).await
            }
        };
        asked.map_err(|why| self.blame(Failure::new(Kind::Proxy, Phase::Connect, why)))?;
        Ok(Opened { stream, peer, forwards })
    }

    /// A connection to the proxy itself.
    async fn reach(&self, stage: &Stage) -> Result<(Pin<Box<dyn Duplex>>, Peer), Failure> {
        let ProxyServer { host, port, .. } = &self.server;
        let uri = Uri::try_from(format!("http://{host}:{port}/"))
            .map_err(|error| Failure::new(Kind::Proxy, Phase::Input, format!("its host cannot be used: {error}")))?;
        let stream = self.dialer.dial(&uri, stage).await?;
        let peer = Peer { remote: stream.peer_addr().ok(), local: stream.local_addr().ok(), ..Peer::default() };
        let Some(tls) = &self.tls else { return Ok((Box::pin(stream), peer)) };
        enter(stage, Phase::Tls);
        let name = match host {
            Host::Domain(name) => ServerName::try_from(name.clone())
                .map_err(|_| Failure::new(Kind::Tls, Phase::Tls, "TLS failed: its name cannot stand in a certificate"))?,
            Host::Ipv4(address) => ServerName::IpAddress(std::net::IpAddr::V4(*address).into()),
            Host::Ipv6(address) => ServerName::IpAddress(std::net::IpAddr::V6(*address).into()),
        };
        let shaken: io::Result<_> = tls.connect(name, stream).await;
        let stream = shaken.map_err(|error| failure(&Wrapped(error), Phase::Tls, true))?;
        enter(stage, Phase::Connect);
        Ok((Box::pin(stream), peer))
    }

    fn blame(&self, failure: Failure) -> Failure {
        if failure.kind == Kind::ConnectTimeout {
            return failure;
        }
        Failure { kind: Kind::Proxy, detail: format!("the proxy {} failed: {}", self.server, failure.detail), ..failure }
    }
}

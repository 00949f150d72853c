//! Opens connections: name lookup, TCP, TLS, or a unix socket.

use std::future::{Future, poll_fn};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use http::uri::{Authority, Scheme};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower_service::Service;

use super::super::address::is_public;
use super::super::config::{Config, Reach, Versions};
use super::super::error::{Failure, Kind, Phase};
use super::super::injection;
use super::super::name_servers::NameServers;
use super::super::resolve::{Answer, FailureKind, Resolver, Settings};
use super::super::response::Peer;
use super::super::spread::PerThread;
use super::super::stage::Stage;
use super::super::statistics::{HostCounters, Statistics};
use super::connection::Link;
use super::dialer::Dialer;
use super::proxied::{Opened, Via};
use super::room::Room;
use super::scout::{Scouts, Turn};
use super::stream::Stream;

tokio::task_local! {
    /// The request on whose behalf a connection is opened. Connections are opened within the task of the request that asked
    /// for them, so this is how the connector knows; one that the pool finishes in the background belongs to nobody.
    static STAGE: Arc<Stage>;
}

/// Sends a request, telling its stage when a connection is being opened for it.
pub fn observed<F: Future>(stage: Arc<Stage>, sending: F) -> impl Future<Output = F::Output> {
    STAGE.scope(stage, sending)
}

/// Opens connections. hyper clones it for every request, and nearly none of them connects: so clones share all.
#[derive(Clone)]
pub struct Connector(Arc<Opener>);

struct Opener {
    dialer: Dialer,
    tls: TlsConnector,
    reach: Reach,
    http2_only: bool,
    statistics: Arc<Statistics>,
    room: Arc<Room>,
    /// Each for its thread's pool: they wait for a connection that is found there.
    scouts: PerThread<Scouts>,
    /// TLS servers choose the version of HTTP.
    negotiates: bool,
    /// The proxy that all goes through, with what looks names up for it.
    via: Option<(Via, Names)>,
}

impl Connector {
    /// A connector for these settings; opens nothing yet.
    pub fn new(
        config: &Config,
        tls: Arc<rustls::ClientConfig>,
        statistics: Arc<Statistics>,
        room: Arc<Room>,
        via: Option<Via>,
    ) -> Self {
        let reach = config.reach.clone();
        let negotiates = config.versions == Versions::Negotiated && reach.unix_socket.is_none();
        let via = via.map(|via| (via, Names::new(&reach, &tls)));
        Self(Arc::new(Opener {
            dialer: Dialer::new(&reach, &tls),
            tls: TlsConnector::from(tls),
            reach,
            http2_only: config.versions == Versions::Http2,
            statistics,
            room,
            scouts: PerThread::new(config.io_threads, |_| Scouts::default()),
            negotiates,
            via,
        }))
    }

    /// The proxy that all goes through, if any.
    pub fn via(&self) -> Option<&Via> {
        self.0.via.as_ref().map(|(via, _)| via)
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Link>;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<TokioIo<Link>, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, destination: Uri) -> Self::Future {
        let opener = self.0.clone();
        match STAGE.try_with(Arc::clone) {
            Ok(stage) => {
                let observer = stage.clone();
                Box::pin(on_behalf(observer, Box::pin(async move { opener.find_room(destination, &stage).await })))
            }
            Err(_) => Box::pin(async move { opener.find_room(destination, &Stage::default()).await.map(TokioIo::new) }),
        }
    }
}

/// Opens a connection for a request. Where another connection becomes free first, the request takes that one and this goes on
/// in the background, for whoever comes next.
async fn on_behalf(
    stage: Arc<Stage>,
    mut connecting: Pin<Box<impl Future<Output = Result<Link, Failure>>>>,
) -> Result<TokioIo<Link>, Failure> {
    let mut mine = true;
    let opened = poll_fn(|context| {
        if mine && !is_awaited(&stage) {
            mine = false;
            stage.enter(Phase::Response);
        }
        connecting.as_mut().poll(context)
    })
    .await;
    if mine {
        stage.enter(Phase::Response);
    } else if let Ok(link) = &opened {
        link.spare();
    }
    opened.map(TokioIo::new)
}

/// Does the request of this stage still wait for the connection that is being opened on its behalf?
fn is_awaited(stage: &Stage) -> bool {
    STAGE.try_with(|current| std::ptr::eq(&raw const **current, stage)).unwrap_or(false)
}

/// The request of this stage comes to this phase of its connection. Where it waits for that no more, another carries it already.
pub fn enter(stage: &Stage, phase: Phase) {
    if is_awaited(stage) {
        stage.enter(phase);
    }
}

impl Opener {
    /// The host, where it is to choose the version of HTTP.
    fn negotiating<'a>(&self, destination: &'a Uri) -> Option<&'a Authority> {
        destination.authority().filter(|_| self.negotiates && destination.scheme() == Some(&Scheme::HTTPS))
    }

    fn link(&self, stream: Stream, h2: bool, peer: Peer, counters: Arc<HostCounters>) -> Link {
        Link::new(stream, h2, peer, counters, self.room.clone())
    }

    /// Opens a connection. Where descriptors are short, idle ones make way for it, unless nobody waits for it any more.
    async fn find_room(&self, destination: Uri, stage: &Stage) -> Result<Link, Failure> {
        self.room.trim();
        loop {
            match self.open(destination.clone(), stage).await {
                Err(failure) if failure.is_exhausted() && is_awaited(stage) && self.room.make().await => {}
                opened => return opened,
            }
        }
    }

    async fn open(&self, destination: Uri, stage: &Stage) -> Result<Link, Failure> {
        let authority = destination.authority().map_or("", |authority| authority.as_str());
        let counters = self.statistics.host(authority);
        enter(stage, Phase::Connect);
        injection::point("connect");
        let negotiating = self.negotiating(&destination);
        let turn = match negotiating {
            Some(host) => self.scouts.own().turn(host).await,
            None => Turn::Known,
        };
        if matches!(turn, Turn::Waited) && !is_awaited(stage) {
            return Err(Failure::new(Kind::Connect, Phase::Connect, "nobody needs it: another connection serves the request"));
        }
        let host = destination.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let secure = destination.scheme() == Some(&Scheme::HTTPS);
        if let Some((via, names)) = &self.via {
            let Opened { stream, peer, forwards } = via.open(names, host, destination.port_u16(), secure, stage).await?;
            if !secure {
                return Ok(self.link(Stream::Other(stream), self.http2_only, peer, counters).forwarded(forwards));
            }
            let (stream, peer) = self.shake(host, stream, peer, stage).await?;
            let h2 = is_h2(&stream);
            self.learn(negotiating, h2);
            return Ok(self.link(Stream::Other(Box::pin(stream)), h2, peer, counters));
        }
        #[cfg(unix)]
        if let Some(path) = &self.reach.unix_socket {
            let stream = tokio::net::UnixStream::connect(path).await.map_err(|error| unconnected(&error))?;
            if !secure {
                return Ok(self.link(Stream::Other(Box::pin(stream)), self.http2_only, Peer::default(), counters));
            }
            let (stream, peer) = self.shake(host, stream, Peer::default(), stage).await?;
            let h2 = is_h2(&stream);
            return Ok(self.link(Stream::Other(Box::pin(stream)), h2, peer, counters));
        }
        if let Ok(address) = host.parse::<IpAddr>() {
            // The resolver is not asked for these.
            self.admit(address)?;
        }
        let stream = self.dialer.dial(&destination, stage).await?;
        let peer = Peer { remote: stream.peer_addr().ok(), local: stream.local_addr().ok(), ..Peer::default() };
        if !secure {
            return Ok(self.link(Stream::Tcp(stream), self.http2_only, peer, counters));
        }
        let (stream, peer) = self.shake(host, stream, peer, stage).await?;
        let h2 = is_h2(&stream);
        self.learn(negotiating, h2);
        Ok(self.link(Stream::Tls(Box::new(stream)), h2, peer, counters))
    }

    /// A connection has told what the host speaks.
    fn learn(&self, negotiating: Option<&Authority>, h2: bool) {
        if let Some(host) = negotiating {
            self.scouts.own().learn(host, h2);
        }
    }

    /// The TLS handshake with a host.
    async fn shake<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        host: &str,
        stream: S,
        mut peer: Peer,
        stage: &Stage,
    ) -> Result<(TlsStream<S>, Peer), Failure> {
        enter(stage, Phase::Tls);
        injection::point("tls");
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| Failure::new(Kind::Tls, Phase::Tls, "TLS failed: the host's name cannot stand in a certificate"))?;
        let shaken = self.tls.connect(name, stream).await;
        let stream = shaken.map_err(|error| super::failure::failure(&Wrapped(error), Phase::Tls, true))?;
        let session = stream.get_ref().1;
        if self.http2_only && session.alpn_protocol() != Some(b"h2") {
            let detail = "TLS failed: the server did not agree to HTTP/2, and http1=False allows no other";
            return Err(Failure::new(Kind::Tls, Phase::Tls, detail));
        }
        peer.tls = session.protocol_version().and_then(|version| version.as_str()).map(Into::into);
        let suite = session.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str());
        // The registry of IANA knows no TLS13_.
        peer.cipher = suite.map(|name| name.replacen("TLS13_", "TLS_", 1).into());
        let certificates = session.peer_certificates().unwrap_or_default();
        peer.certificates = certificates.iter().map(|certificate| certificate.as_ref().into()).collect();
        Ok((stream, peer))
    }

    fn admit(&self, address: IpAddr) -> Result<(), Failure> {
        if self.reach.block_private && !is_public(address) { Err(private(address)) } else { Ok(()) }
    }
}

fn is_h2<S>(stream: &TlsStream<S>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(b"h2")
}

fn private(address: IpAddr) -> Failure {
    let detail = format!("the address {address} is not public, and block_private refuses it");
    Failure::new(Kind::Connect, Phase::Connect, detail)
}

fn unconnected(error: &io::Error) -> Failure {
    let kind = if error.kind() == io::ErrorKind::ConnectionRefused { Kind::ConnectionRefused } else { Kind::Connect };
    let errno = error.raw_os_error();
    Failure { errno, ..Failure::new(kind, Phase::Connect, format!("no connection: {error}")) }
}

/// An io error as a cause among others: its own words are then the innermost ones.
#[derive(Debug)]
pub struct Wrapped(pub io::Error);

impl std::fmt::Display for Wrapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Wrapped {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// Host names into addresses.
#[derive(Clone)]
pub struct Names(Arc<Book>);

struct Book {
    fixed: Vec<(String, SocketAddr)>,
    source: Source,
    block_private: bool,
}

/// Who knows the addresses.
enum Source {
    System(Resolver),
    Servers(Box<NameServers>),
}

impl Source {
    async fn resolve(&self, name: &str) -> Answer {
        match self {
            Self::System(resolver) => resolver.resolve(name).await,
            Self::Servers(servers) => servers.resolve(name).await,
        }
    }
}

impl Names {
    /// Looks names up as these settings say.
    pub fn new(reach: &Reach, tls: &Arc<rustls::ClientConfig>) -> Self {
        let source = match reach.name_servers.as_slice() {
            [] => Source::System(Resolver::new(Settings::default())),
            servers => Source::Servers(Box::new(NameServers::new(servers.to_vec(), tls.clone()))),
        };
        let book = Book { fixed: reach.resolve.clone(), source, block_private: reach.block_private };
        Self(Arc::new(book))
    }

    /// The addresses of a name, those set beforehand first. Port 0 stands for the port of the URL.
    pub async fn look_up(&self, name: &str) -> Result<Vec<SocketAddr>, Failure> {
        self.0.look_up(name).await
    }
}

impl Book {
    async fn look_up(&self, name: &str) -> Result<Vec<SocketAddr>, Failure> {
        let fixed = self.fixed.iter().filter(|(host, _)| host.eq_ignore_ascii_case(name)).map(|(_, address)| *address);
        let fixed: Vec<SocketAddr> = fixed.collect();
        if !fixed.is_empty() {
            return self.admitted(fixed);
        }
        let found = self.source.resolve(name).await.map_err(|error| {
            if error.kind == FailureKind::Internal {
                return Failure::new(Kind::Internal, Phase::Dns, &*error.detail);
            }
            let detail = format!("the host name did not resolve: {}", error.detail);
            let lasting = error.kind == FailureKind::NotFound;
            Failure { errno: error.errno, lasting, ..Failure::new(Kind::Dns, Phase::Dns, detail) }
        })?;
        self.admitted(found.iter().map(|address| SocketAddr::new(*address, 0)).collect())
    }

    /// Those that may be connected to. An address that is judged at the moment of connecting cannot change in between (DNS
    /// rebinding).
    fn admitted(&self, mut addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Failure> {
        let first = addresses.first().copied();
        addresses.retain(|address| !self.block_private || is_public(address.ip()));
        match (addresses.is_empty(), first) {
            (true, Some(address)) => Err(private(address.ip())),
            _ => Ok(addresses),
        }
    }
}

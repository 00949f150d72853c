//! The network: a request goes out, an open response comes back. This file and its folder are the only ones that name hyper.
//!
//! It is the transport, not the policy: redirects, cookies, decoding, deadlines, limits and retries are decided above.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response as HttpResponse, StatusCode, Version};
use http_body_util::BodyExt;
use hyper::body::Body as _;

use super::caller::Caller;
use super::config::{Config, Versions};
use super::error::{Failure, Kind, Phase};
use super::injection;
use super::request::Request;
use super::stage::Stage;
use super::statistics::Statistics;
use super::tls::{self, Alpn};

mod connection;
mod connector;
mod dialer;
mod direct;
mod failure;
mod flood;
mod greeting;
mod outgoing;
mod proxied;
mod room;
mod scout;
pub(super) mod socks;
mod stream;
mod suspect;
pub(super) mod tunnel;
mod unsent;

use connection::Facts;
use direct::Direct;
use outgoing::{Leash, Outgoing};
use proxied::Proxied;
use room::Room;
use suspect::Suspect;

pub use connection::Facts as Connection;

/// Sends one request over the network.
pub trait Transport: Sized + Send + Sync + 'static {
    /// The body of an open response.
    type Body: Body;

    /// Sets up the network; opens and reads nothing yet.
    ///
    /// # Errors
    /// Says in words which setting is wrong.
    fn new(config: &Arc<Config>, statistics: Arc<Statistics>) -> Result<Self, String>;

    /// Sends a request and waits for the head of the answer. `stage` tells meanwhile how far it has come.
    fn send(
        &self,
        request: &Request,
        over: Over,
        stage: &Arc<Stage>,
        caller: Option<&Caller>,
    ) -> impl Future<Output = Result<OpenResponse<Self::Body>, Failure>> + Send;
}

/// Which connection a request goes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Over {
    /// One that is there, or else a new one that stays for others.
    Any,
    /// One of its own.
    Own,
}

/// A body that is still arriving.
pub trait Body: Send + 'static {
    /// The next bytes; `None` at the end.
    fn chunk(&mut self) -> impl Future<Output = Result<Option<Bytes>, Failure>> + Send;

    /// The length in bytes that the server announced.
    fn expected(&self) -> Option<u64>;

    /// The fields that came after the body, once it has ended.
    fn trailers(&mut self) -> Option<HeaderMap>;

    /// The next bytes did not come in time.
    fn late(&mut self) {}
}

/// An answer whose head has come and whose body is still arriving.
#[derive(Debug)]
pub struct OpenResponse<B> {
    /// The status code.
    pub status: StatusCode,
    /// The protocol.
    pub version: Version,
    /// The server's own words for the status.
    pub reason: Option<Box<[u8]>>,
    /// The header lines.
    pub headers: HeaderMap,
    /// The connection it comes by.
    pub connection: Option<Arc<Connection>>,
    /// The rest.
    pub body: B,
}

/// The network.
pub struct Network {
    config: Arc<Config>,
    direct: Direct,
    proxied: Proxied,
}

/// What came back for a request.
struct Sent {
    answer: HttpResponse<hyper::body::Incoming>,
    facts: Option<Arc<Facts>>,
    suspect: Option<Suspect>,
}

impl Transport for Network {
    type Body = Incoming;

    fn new(config: &Arc<Config>, statistics: Arc<Statistics>) -> Result<Self, String> {
        let alpn = match config.versions {
            Versions::Http1 => Alpn::Http1,
            Versions::Negotiated => Alpn::Http2OrHttp1,
            Versions::Http2 => Alpn::Http2,
        };
        let tls = tls::client_config(&config.tls, alpn, config.trust_env)?;
        let room = Arc::new(Room::default());
        let direct = Direct::new(config, &tls, statistics.clone(), room.clone(), None);
        Ok(Self { config: config.clone(), direct, proxied: Proxied::new(config, tls, statistics, room) })
    }

    async fn send(
        &self,
        request: &Request,
        over: Over,
        stage: &Arc<Stage>,
        caller: Option<&Caller>,
    ) -> Result<OpenResponse<Incoming>, Failure> {
        let body = Outgoing::of(request, stage, caller)?;
        let leash = body.leash();
        let proxy = match request.own.as_ref().and_then(|own| own.proxy.as_ref()) {
            Some(named) => named.as_ref(),
            // What a socket of the file system leads to, it alone knows.
            None if self.config.reach.unix_socket.is_some() => None,
            None => self.config.proxies.intercept(&request.url).map(AsRef::as_ref),
        };
        let Sent { answer, facts, suspect } = match proxy {
            None => self.direct.send(request, body, over, stage).await?,
            Some(proxy) => self.proxied.send(proxy, request, body, over, stage).await?,
        };
        injection::point("head");
        leash.answered();
        let (head, body) = answer.into_parts();
        let chunked = head.headers.contains_key(http::header::TRANSFER_ENCODING);
        let length = head.headers.get(http::header::CONTENT_LENGTH);
        // Chunks say where the body ends, and nothing else does (RFC 9112, section 6.3).
        let expected = length.filter(|_| !chunked).and_then(number);
        if let Some(facts) = facts.as_ref().filter(|_| chunked && length.is_some()) {
            facts.doubt();
        }
        let h2 = head.version == Version::HTTP_2;
        let incoming = Incoming { body, h2, expected, trailers: None, facts: facts.clone(), leash: Some(leash), suspect };
        framing(head.status, &head.headers)?;
        let reason = head.extensions.get::<hyper::ext::ReasonPhrase>().map(hyper::ext::ReasonPhrase::as_bytes);
        Ok(OpenResponse {
            status: head.status,
            version: head.version,
            reason: reason.filter(|reason| !reason.is_empty()).map(Into::into),
            headers: head.headers,
            connection: facts,
            body: incoming,
        })
    }
}

/// Refuses answers whose body has no end that both sides agree on. hyper reads such bodies until the connection closes.
fn framing(status: StatusCode, headers: &HeaderMap) -> Result<(), Failure> {
    if status == StatusCode::SWITCHING_PROTOCOLS {
        return Err(Failure::new(Kind::Protocol, Phase::Response, "the server switched protocols unasked (101)"));
    }
    let mut codings = headers.get_all(http::header::TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => Ok(()),
        (Some(only), None) if only.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked") => Ok(()),
        (Some(coding), _) => {
            let detail =
                format!("a Transfer-Encoding other than chunked: {}", String::from_utf8_lossy(coding.as_bytes()).escape_debug());
            Err(Failure::new(Kind::Protocol, Phase::Response, detail))
        }
    }
}

/// How much came is known to the reader of the body, who fills it in.
fn cut() -> Failure {
    Failure::new(Kind::IncompleteBody { expected: None, received: 0 }, Phase::Body, "the server gave the request up")
}

fn number(value: &HeaderValue) -> Option<u64> {
    value.to_str().ok()?.parse().ok()
}

/// A body arriving over the network.
pub struct Incoming {
    body: hyper::body::Incoming,
    h2: bool,
    expected: Option<u64>,
    trailers: Option<HeaderMap>,
    facts: Option<Arc<Facts>>,
    /// On what is still being sent.
    leash: Option<Leash>,
    suspect: Option<Suspect>,
}

impl Incoming {
    /// The answer has ended, or nobody wants the rest of it: the exchange is over, whatever was not sent by now.
    fn end(&mut self) {
        let Some(leash) = self.leash.take() else { return };
        if let Some(facts) = &self.facts {
            facts.done(leash.is_taut());
        }
    }
}

impl Body for Incoming {
    async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            injection::point("body");
            let frame = self.body.frame().await.transpose();
            let frame = frame.map_err(|error| failure::failure(&error, Phase::Body, false))?;
            let Some(frame) = frame else {
                // hyper takes a stream that was reset without an error for one that has ended.
                if self.h2 && !self.body.is_end_stream() {
                    return Err(cut());
                }
                self.end();
                return Ok(None);
            };
            if let (true, Some(facts)) = (self.h2, &self.facts) {
                facts.piece();
            }
            match frame.into_data() {
                Ok(data) => return Ok(Some(data)),
                Err(frame) => self.trailers = frame.into_trailers().ok(),
            }
        }
    }

    fn expected(&self) -> Option<u64> {
        self.expected
    }

    fn trailers(&mut self) -> Option<HeaderMap> {
        self.trailers.take()
    }

    fn late(&mut self) {
        if let Some(suspect) = &self.suspect {
            suspect.late();
        }
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.end();
        injection::point("drop");
    }
}

//! The network: a request goes out, an open response comes back. The only file that names reqwest and hyper.
//!
//! reqwest is the transport, not the policy: redirects, deadlines, body limits and retries are decided above, because its own
//! leak credentials over redirects, hide the cause of failures, or know no bound.

use std::error::Error as StdError;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, Version};
use hyper_util::client::proxy::matcher::Matcher;
use tower_layer::Layer;
use tower_service::Service;

use super::config::Config;
use super::error::{Failure, Kind, Phase};
use super::request::Request;
use super::stage::Stage;
use super::tls;

/// Sends one request over the network.
pub trait Transport: Sized + Send + Sync + 'static {
    /// The body of an open response.
    type Body: Body;

    /// Sets up the network; opens and reads nothing yet.
    ///
    /// # Errors
    /// Says in words which setting is wrong.
    fn new(config: &Config) -> Result<Self, String>;

    /// Sends a request and waits for the head of the answer. `stage` tells meanwhile how far it has come.
    fn send(
        &self,
        request: &Request,
        over: Over,
        stage: &Arc<Stage>,
    ) -> impl Future<Output = Result<OpenResponse<Self::Body>, Failure>> + Send;
}

/// Which connection a request goes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// One that is there, or else a new one that stays for others.
    Any,
    /// One of its own.
    Own,
}

/// A body that is still arriving.
pub trait Body: Send {
    /// The next bytes; `None` at the end.
    fn chunk(&mut self) -> impl Future<Output = Result<Option<Bytes>, Failure>> + Send;

    /// The length in bytes that the server announced.
    fn expected(&self) -> Option<u64>;
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
    /// The rest.
    pub body: B,
}

/// The network through reqwest.
#[derive(Debug)]
pub struct Reqwest {
    config: Config,
    pooled: reqwest::Client,
    /// For requests over a connection of their own; hardly ever needed.
    unpooled: OnceLock<reqwest::Client>,
    /// The proxies that the client takes from the environment, to tell whose failure a failure is.
    proxies: Option<Matcher>,
}

impl Transport for Reqwest {
    type Body = Incoming;

    fn new(config: &Config) -> Result<Self, String> {
        Ok(Self {
            config: config.clone(),
            pooled: build(config, config.limits.concurrency)?,
            unpooled: OnceLock::new(),
            proxies: config.trust_env.then(Matcher::from_system),
        })
    }

    async fn send(&self, request: &Request, over: Over, stage: &Arc<Stage>) -> Result<OpenResponse<Incoming>, Failure> {
        let client = match over {
            Over::Any => &self.pooled,
            Over::Own => self.unpooled()?,
        };
        let mut out = reqwest::Request::new(request.method.clone(), request.url.clone());
        if !request.headers.is_empty() {
            *out.headers_mut() = request.headers.clone();
        }
        *out.body_mut() = request.content.clone().map(reqwest::Body::from);
        let answer = STAGE.scope(stage.clone(), client.execute(out)).await;
        let mut answer = answer.map_err(|error| self.failure(&error, stage.at().phase, request))?;
        framing(&answer)?;
        let reason = answer.extensions().get::<hyper::ext::ReasonPhrase>().map(hyper::ext::ReasonPhrase::as_bytes);
        let reason = reason.filter(|reason| !reason.is_empty()).map(Into::into);
        let expected = answer.headers().get(http::header::CONTENT_LENGTH).and_then(length);
        Ok(OpenResponse {
            status: answer.status(),
            version: answer.version(),
            reason,
            headers: std::mem::take(answer.headers_mut()),
            body: Incoming { answer, expected },
        })
    }
}

/// A reqwest client that keeps so many idle connections to a host.
fn build(config: &Config, idle: usize) -> Result<reqwest::Client, String> {
    let mut builder = reqwest::Client::builder()
        .user_agent(&config.user_agent)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .tls_backend_preconfigured(tls::client_config(&config.tls, config.http2)?)
        .connector_layer(ObserveConnect)
        .pool_idle_timeout(config.idle_timeout)
        .pool_max_idle_per_host(idle)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_max_headers(config.max_header_lines)
        .http2_max_header_list_size(config.max_header_bytes)
        .http2_keep_alive_interval(Duration::from_secs(20))
        .http2_keep_alive_timeout(Duration::from_secs(10));
    if !config.http2 {
        builder = builder.http1_only();
    }
    if !config.trust_env {
        builder = builder.no_proxy();
    }
    for (host, address) in &config.resolve {
        builder = builder.resolve(host, *address);
    }
    builder.build().map_err(|error| cause(&error))
}

impl Reqwest {
    fn unpooled(&self) -> Result<&reqwest::Client, Failure> {
        if let Some(client) = self.unpooled.get() {
            return Ok(client);
        }
        let made = build(&self.config, 0).map_err(|why| Failure::new(Kind::Internal, Phase::Input, why))?;
        Ok(self.unpooled.get_or_init(|| made))
    }

    /// What an error of a request means, given whether a proxy stood between.
    fn failure(&self, error: &reqwest::Error, phase: Phase, request: &Request) -> Failure {
        let failure = failure(error, phase);
        let through_the_proxy = matches!(failure.kind, Kind::Connect | Kind::ConnectionRefused | Kind::Dns) && error.is_connect();
        let proxied = || {
            let uri = request.url.as_str().parse().ok()?;
            self.proxies.as_ref()?.intercept(&uri)
        };
        if through_the_proxy && proxied().is_some() {
            return Failure { kind: Kind::Proxy, detail: format!("the proxy failed: {}", failure.detail), ..failure };
        }
        failure
    }
}

/// Refuses answers whose body has no end that both sides agree on. hyper reads such bodies until the connection closes.
fn framing(answer: &reqwest::Response) -> Result<(), Failure> {
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Err(Failure::new(Kind::Protocol, Phase::Response, "the server switched protocols unasked (101)"));
    }
    let mut codings = answer.headers().get_all(http::header::TRANSFER_ENCODING).iter();
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

fn length(value: &HeaderValue) -> Option<u64> {
    value.to_str().ok()?.parse().ok()
}

/// A body arriving through reqwest.
#[derive(Debug)]
pub struct Incoming {
    answer: reqwest::Response,
    expected: Option<u64>,
}

impl Body for Incoming {
    async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        self.answer.chunk().await.map_err(|error| failure(&error, Phase::Body))
    }

    fn expected(&self) -> Option<u64> {
        self.expected
    }
}

tokio::task_local! {
    /// The request on whose behalf a connection is opened. Connections are opened within the task of the request that asked
    /// for them, so this is how the connector knows; one that the pool finishes in the background belongs to nobody.
    static STAGE: Arc<Stage>;
}

/// Tells a request's stage when a connection is being opened for it.
#[derive(Debug, Clone, Copy)]
struct ObserveConnect;

impl<S> Layer<S> for ObserveConnect {
    type Service = Observed<S>;

    fn layer(&self, inner: S) -> Observed<S> {
        Observed(Arc::new(inner))
    }
}

/// reqwest clones its connector for every request, and nearly none of them connects: so the clone shares, and what is inside is
/// cloned when it is called.
#[derive(Debug)]
struct Observed<S>(Arc<S>);

impl<S> Clone for Observed<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S, R> Service<R> for Observed<S>
where
    S: Service<R> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    R: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, destination: R) -> Self::Future {
        let mut inner = S::clone(&self.0);
        let connecting = async move {
            poll_fn(|context| inner.poll_ready(context)).await?;
            inner.call(destination).await
        };
        match STAGE.try_with(Arc::clone) {
            Ok(stage) => Box::pin(observe(stage, connecting)),
            Err(_) => Box::pin(connecting),
        }
    }
}

/// Opens a connection for a request. Where another connection becomes free first, the request takes that one and this goes on
/// in the background, for whoever comes next.
async fn observe<T>(stage: Arc<Stage>, connecting: impl Future<Output = T>) -> T {
    stage.enter(Phase::Connect);
    let mut connecting = pin!(connecting);
    let mut mine = true;
    let connection = poll_fn(|context| {
        if mine && !STAGE.try_with(|current| Arc::ptr_eq(current, &stage)).unwrap_or(false) {
            mine = false;
            stage.enter(Phase::Response);
        }
        connecting.as_mut().poll(context)
    })
    .await;
    if mine {
        stage.enter(Phase::Response);
    }
    connection
}

/// What a reqwest error means. The kinds are read from the types in its chain of causes, never from its text.
fn failure(error: &reqwest::Error, phase: Phase) -> Failure {
    let detail = cause(error);
    let errno = chain(error).find_map(|cause| cause.downcast_ref::<io::Error>()?.raw_os_error());
    let fail = |kind, phase, detail: String| Failure { kind, phase, detail, errno, unanswered: false };
    if let Some(error) = chain(error).find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
        return match error {
            rustls::Error::InvalidCertificate(why) => {
                let reason = tls::certificate_reason(why);
                fail(Kind::Certificate { reason: reason.clone() }, Phase::Connect, format!("certificate refused: {reason}"))
            }
            _ => fail(Kind::Tls, Phase::Connect, format!("TLS failed: {detail}")),
        };
    }
    if error.is_dns() {
        return fail(Kind::Dns, Phase::Connect, format!("the host name did not resolve: {detail}"));
    }
    // tokio-rustls says so when the other side leaves in the middle of the handshake; nothing else in connecting does.
    if error.is_connect() && detail == "tls handshake eof" {
        return fail(Kind::Tls, Phase::Connect, "TLS failed: the server closed the connection during the handshake".into());
    }
    if error.is_connect() {
        let kind = io_kinds(error).find_map(|kind| match kind {
            io::ErrorKind::ConnectionRefused => Some(Kind::ConnectionRefused),
            io::ErrorKind::TimedOut => Some(Kind::ConnectTimeout),
            _ => None,
        });
        return fail(kind.unwrap_or(Kind::Connect), Phase::Connect, format!("no connection: {detail}"));
    }
    let http = chain(error).find_map(|cause| cause.downcast_ref::<hyper::Error>());
    let lost = io_kinds(error).any(|kind| {
        matches!(
            kind,
            io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::UnexpectedEof
        )
    });
    match (phase, http) {
        // How much came is known to the reader of the body, who fills it in.
        (Phase::Body, _) if lost || http.is_some_and(hyper::Error::is_incomplete_message) => {
            fail(Kind::IncompleteBody { expected: None, received: 0 }, phase, detail)
        }
        // hyper has no predicate for it; its description is the only sign.
        (_, Some(http)) if http.is_parse() && http.to_string().contains("too large") => {
            fail(Kind::LimitExceeded { limit: None, value: None }, phase, format!("the answer's head is too large: {detail}"))
        }
        (_, Some(http)) if http.is_incomplete_message() => {
            let detail = "the server closed the connection without answering".into();
            Failure { unanswered: true, ..fail(Kind::Protocol, phase, detail) }
        }
        _ if lost => Failure { unanswered: true, ..fail(Kind::Connect, phase, format!("connection lost: {detail}")) },
        _ if error.is_builder() => fail(Kind::InvalidRequest, Phase::Input, detail),
        _ => fail(Kind::Protocol, phase, detail),
    }
}

/// An error and its causes, those inside io errors included, which `source` passes over.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    fn inner<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    }
    std::iter::successors(Some(error), |error| inner(*error))
}

fn io_kinds(error: &reqwest::Error) -> impl Iterator<Item = io::ErrorKind> {
    chain(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind)
}

/// The innermost cause in words: what wraps it only says that something failed, and reqwest's own text has the whole URL in
/// it, passwords included.
fn cause(error: &reqwest::Error) -> String {
    chain(error).skip(1).last().map_or_else(|| "the request cannot be sent".into(), ToString::to_string)
}

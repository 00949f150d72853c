//! One request from permit to finished answer: attempt, redirect, body.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use base64::Engine;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderValue};
use http::{HeaderMap, Method, StatusCode};
use percent_encoding::percent_decode_str;
use tokio::time::Instant;

use super::clock::Clock;
use super::config::{Config, Limits, Timeout};
use super::error::{Error, Failure, Kind, Phase, redact_url};
use super::headers;
use super::limit::{Gate, Pass, fitting};
use super::process::ProcessBound;
use super::redirect;
use super::request::Request;
use super::response::{Outcome, Rare, Response};
use super::stage::Stage;
use super::transport::{Body, OpenResponse, Over, Reqwest, Transport};

/// A client: settings, permits, and a pool of connections. Clones share all three.
#[derive(Debug)]
pub struct Client<T = Reqwest> {
    inner: Arc<Inner<T>>,
}

#[derive(Debug)]
struct Inner<T> {
    config: Config,
    network: ArcSwapOption<ProcessBound<Network<T>>>,
    closed: AtomicBool,
}

/// What belongs to the process that made it: connections, and who waits for them. A forked child makes its own.
#[derive(Debug)]
struct Network<T> {
    transport: T,
    gate: Arc<Gate>,
}

impl<T: Transport> Network<T> {
    fn new(config: &Config) -> Result<ProcessBound<Self>, String> {
        Ok(ProcessBound::new(Self { transport: T::new(config)?, gate: Gate::new(fitting(config.limits)) }))
    }
}

impl<T> Clone for Client<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}

/// What an exchange needs besides the request; whoever makes many exchanges in turn keeps it.
#[derive(Default)]
pub struct Tools {
    clock: Clock,
    stage: Arc<Stage>,
    headers: headers::Copier,
}

impl<T: Transport> Client<T> {
    /// A client with these settings.
    ///
    /// # Errors
    /// Says in words which setting is wrong.
    pub fn new(config: Config) -> Result<Self, String> {
        let network = ArcSwapOption::from_pointee(Network::new(&config)?);
        Ok(Self { inner: Arc::new(Inner { config, network, closed: AtomicBool::new(false) }) })
    }

    /// The settings of how many requests may be in flight.
    pub fn limits(&self) -> Limits {
        self.inner.config.limits
    }

    /// The settings of how long to wait for what.
    pub fn timeout(&self) -> Timeout {
        self.inner.config.timeout
    }

    /// Refuses further requests and closes idle connections; requests in flight end as they would.
    pub fn close(&self) {
        self.inner.closed.store(true, Ordering::Release);
        self.inner.network.store(None);
    }

    /// Was it closed?
    pub fn is_closed(&self) -> bool {
        self.inner.closed.load(Ordering::Acquire)
    }

    /// Waits for the turn of a request among all of the client.
    pub async fn enter(&self, request: &Request) -> Option<Pass> {
        let network = self.network().ok()?;
        network.get()?.gate.enter(request.authority()).await
    }

    /// Waits for the request's turn and makes the exchange.
    pub async fn send(&self, request: Request) -> Outcome {
        let _pass = self.enter(&request).await;
        self.exchange(request, &mut Tools::default()).await
    }

    /// Makes the exchange at once: for those who keep to limits of their own.
    pub async fn exchange(&self, mut request: Request, tools: &mut Tools) -> Outcome {
        let config = &self.inner.config;
        let mut exchange =
            Exchange { timeout: request.timeout.unwrap_or(config.timeout), start: Instant::now(), attempts: 0, tools };
        let network = self.network().map_err(|failure| exchange.error(&request, failure))?;
        let transport = &network.get().ok_or_else(|| exchange.error(&request, closed()))?.transport;
        complete(&mut request, &config.headers);
        let mut history = Vec::new();
        loop {
            let open = exchange.attempt(transport, &request).await.map_err(|failure| exchange.error(&request, failure))?;
            let next = match config.follow_redirects {
                true => redirect::target(open.status, &open.headers, &request.url)
                    .map_err(|failure| exchange.error(&request, failure))?,
                false => None,
            };
            let status = open.status;
            let response =
                exchange.finish(open, &request, config.max_body).await.map_err(|failure| exchange.error(&request, failure))?;
            let Some(url) = next else { return Ok(with_history(response, history)) };
            history.push(response);
            if history.len() > config.max_redirects {
                return Err(exchange.error(&request, too_many(config.max_redirects, &history)));
            }
            redirect::follow(&mut request, status, url);
        }
    }

    fn network(&self) -> Result<Arc<ProcessBound<Network<T>>>, Failure> {
        if self.is_closed() {
            return Err(closed());
        }
        let slot = &self.inner.network;
        if let Some(network) = slot.load_full().filter(|network| network.get().is_some()) {
            return Ok(network);
        }
        let made = Network::new(&self.inner.config).map_err(|why| Failure::new(Kind::Internal, Phase::Input, why))?;
        let made = Arc::new(made);
        slot.store(Some(made.clone()));
        Ok(made)
    }
}

/// Adds what the request leaves to the client, and turns a user name in the URL into the header that carries it.
fn complete(request: &mut Request, defaults: &HeaderMap) {
    request.add_defaults(defaults);
    // A server that expects a body is told that there is none (RFC 9110, section 8.6).
    let expected = matches!(request.method, Method::POST | Method::PUT | Method::PATCH) || request.content.is_some();
    if expected && request.content.as_ref().is_none_or(Bytes::is_empty) {
        request.headers.insert(CONTENT_LENGTH, HeaderValue::from(0));
    }
    let url = &mut request.url;
    if url.username().is_empty() && url.password().is_none() {
        return;
    }
    let mut pair: Vec<u8> = percent_decode_str(url.username()).collect();
    pair.push(b':');
    pair.extend(percent_decode_str(url.password().unwrap_or_default()));
    let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
    if let (Ok(mut value), false) = (HeaderValue::from_str(&basic), request.headers.contains_key(AUTHORIZATION)) {
        value.set_sensitive(true);
        request.headers.insert(AUTHORIZATION, value);
    }
    // Both fail only for URLs that cannot have credentials.
    let _ = url.set_username("");
    let _ = url.set_password(None);
}

fn with_history(mut response: Response, history: Vec<Response>) -> Response {
    if !history.is_empty() {
        response.rare.get_or_insert_default().history = history;
    }
    response
}

fn closed() -> Failure {
    Failure::new(Kind::ClientClosed, Phase::Input, "the client is closed")
}

fn too_many(limit: usize, history: &[Response]) -> Failure {
    let history = history.iter().map(|response| response.url.to_string()).collect();
    Failure::new(Kind::TooManyRedirects { history }, Phase::Redirect, format!("more than {limit} redirects"))
}

/// One exchange under way.
struct Exchange<'a> {
    timeout: Timeout,
    start: Instant,
    attempts: u32,
    tools: &'a mut Tools,
}

impl Exchange<'_> {
    /// Sends the request and waits for the head of the answer.
    ///
    /// A server may close an idle connection in the very moment it is used again. That is nobody's fault, so a request that may
    /// be repeated, and whose connection ended before any answer, is sent once more, silently: over a connection of its own,
    /// since any other may be as dead.
    async fn attempt<T: Transport>(&mut self, transport: &T, request: &Request) -> Result<OpenResponse<T::Body>, Failure> {
        let mut over = Over::Any;
        loop {
            match self.attempt_over(over, transport, request).await {
                Err(failure) if failure.unanswered && over == Over::Any && request.method.is_idempotent() => over = Over::Own,
                done => return done,
            }
        }
    }

    async fn attempt_over<T: Transport>(
        &mut self,
        over: Over,
        transport: &T,
        request: &Request,
    ) -> Result<OpenResponse<T::Body>, Failure> {
        self.attempts += 1;
        let stage = &self.tools.stage;
        stage.restart();
        let start = if self.attempts == 1 { self.start } else { Instant::now() };
        let (timeout, total) = (self.timeout, self.deadline());
        let due = || {
            let at = stage.at();
            let patience = if at.phase == Phase::Connect { timeout.connect } else { timeout.read };
            earliest(patience.and_then(|patience| at.since.unwrap_or(start).checked_add(patience)), total)
        };
        match self.tools.clock.watch(pin!(transport.send(request, over, stage)), due).await {
            Some(sent) => sent,
            None => Err(self.late(stage.at().phase)),
        }
    }

    /// Reads the body to its end and closes the answer.
    async fn finish<B: Body>(
        &mut self,
        mut open: OpenResponse<B>,
        request: &Request,
        max_body: u64,
    ) -> Result<Response, Failure> {
        let bodiless = request.method == Method::HEAD || matches!(open.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let expected = if bodiless { None } else { open.body.expected() };
        if let Some(announced) = expected.filter(|announced| *announced > max_body) {
            return Err(too_large(max_body, announced, "is announced with"));
        }
        let mut body = Vec::new();
        reserve(&mut body, expected.unwrap_or(0))?;
        let total = self.deadline();
        loop {
            // The silence begins when something is waited for: a chunk that is there costs no look at the clock.
            let mut silent_since = None;
            let read = self.timeout.read;
            let due = || earliest(read.and_then(|read| silent_since.get_or_insert_with(Instant::now).checked_add(read)), total);
            let chunk = match self.tools.clock.watch(pin!(open.body.chunk()), due).await {
                None => return Err(self.late(Phase::Body)),
                Some(Err(Failure { kind: Kind::IncompleteBody { .. }, errno, .. })) => {
                    return Err(Failure { errno, ..incomplete(expected, body.len() as u64) });
                }
                Some(chunk) => chunk?,
            };
            let Some(chunk) = chunk else { break };
            let size = (body.len() + chunk.len()) as u64;
            if size > max_body {
                return Err(too_large(max_body, size, "has"));
            }
            reserve(&mut body, chunk.len() as u64)?;
            body.extend_from_slice(&chunk);
        }
        let text = request.text.as_ref().filter(|text| ***text == *request.url.as_str());
        let url = text.map_or_else(|| request.url.as_str().into(), Arc::clone);
        let common = request.method == Method::GET && open.reason.is_none();
        let rare = (!common).then(|| Rare { method: request.method.clone(), reason: open.reason, history: Vec::new() });
        Ok(Response {
            status: open.status,
            version: open.version,
            headers: self.tools.headers.copy(&open.headers),
            // A body that fills its buffer keeps it; any other moves into storage of its own size.
            body: body.into(),
            url,
            elapsed: self.start.elapsed(),
            rare: rare.map(Box::new),
        })
    }

    fn deadline(&self) -> Option<Instant> {
        self.start.checked_add(self.timeout.total?)
    }

    /// Which of the timeouts it was.
    fn late(&self, phase: Phase) -> Failure {
        let seconds = |limit: Option<Duration>| limit.unwrap_or_default().as_secs_f64();
        if self.timeout.total.is_some_and(|total| self.start.elapsed() >= total) {
            let detail = format!("not finished within the total timeout of {} s", seconds(self.timeout.total));
            return Failure::new(Kind::TotalTimeout, phase, detail);
        }
        if phase == Phase::Connect {
            let detail = format!("no connection within the connect timeout of {} s", seconds(self.timeout.connect));
            return Failure::new(Kind::ConnectTimeout, phase, detail);
        }
        Failure::new(
            Kind::ReadTimeout,
            phase,
            format!("the server was silent for the read timeout of {} s", seconds(self.timeout.read)),
        )
    }

    fn error(&self, request: &Request, failure: Failure) -> Box<Error> {
        Box::new(Error {
            kind: failure.kind,
            phase: failure.phase,
            method: request.method.clone(),
            url: redact_url(&request.url).into(),
            attempts: self.attempts,
            elapsed: self.start.elapsed(),
            detail: failure.detail,
            errno: failure.errno,
        })
    }
}

fn earliest(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (either, None) | (None, either) => either,
    }
}

fn incomplete(expected: Option<u64>, received: u64) -> Failure {
    let detail = match expected {
        Some(expected) => format!("the body is incomplete: received {received} of {expected} bytes"),
        None => format!("the body is incomplete: the connection ended after {received} bytes"),
    };
    Failure::new(Kind::IncompleteBody { expected, received }, Phase::Body, detail)
}

fn too_large(limit: u64, value: u64, how: &str) -> Failure {
    let kind = Kind::LimitExceeded { limit: Some(limit), value: Some(value) };
    Failure::new(kind, Phase::Body, format!("the body {how} {value} bytes, more than max_body={limit}"))
}

/// Makes room in a body; a lack of memory is this request's failure, not the process's end.
fn reserve(body: &mut Vec<u8>, bytes: u64) -> Result<(), Failure> {
    let spare = body.capacity() - body.len();
    match usize::try_from(bytes) {
        Ok(bytes) if bytes <= spare => Ok(()),
        Ok(bytes) if body.is_empty() && body.try_reserve_exact(bytes).is_ok() => Ok(()),
        Ok(bytes) if body.try_reserve(bytes).is_ok() => Ok(()),
        _ => {
            let kind = Kind::LimitExceeded { limit: None, value: Some(bytes) };
            Err(Failure::new(kind, Phase::Body, format!("no memory for {bytes} more bytes of the body")))
        }
    }
}

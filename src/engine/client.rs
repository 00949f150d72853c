//! A client: settings, permits, a pool of connections; and the way of one request through them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, HeaderValue, USER_AGENT};
use http::{HeaderMap, Method};
use tokio::time::{Instant, timeout_at};

use super::caller::{self, Caller, Event, EventKind};
use super::config::{Config, Limits, Timeout};
use super::error::{Error, Failure, Kind, Phase};
use super::exchange::{Exchange, Tools};
use super::forms;
use super::limit::{Gate, Pass, fitting};
use super::process::ProcessBound;
use super::request::Request;
use super::response::{Outcome, Response};
use super::statistics::{InFlight, Statistics};
use super::streaming::Streaming;
use super::transport::{self, Transport};

/// What we can decode (RFC 9110, section 12.5.3).
const DECODABLE: HeaderValue = HeaderValue::from_static("gzip, br, zstd, deflate");

/// A client: settings, permits, and a pool of connections. Clones share all three.
#[derive(Debug)]
pub struct Client<T = transport::Network> {
    inner: Arc<Inner<T>>,
}

#[derive(Debug)]
struct Inner<T> {
    config: Config,
    /// The headers of every request that does not name them itself.
    headers: HeaderMap,
    network: ArcSwapOption<ProcessBound<Network<T>>>,
    closed: AtomicBool,
}

/// What belongs to the process that made it: connections, and who waits for them. A forked child makes its own.
#[derive(Debug)]
struct Network<T> {
    transport: T,
    gate: Arc<Gate>,
    statistics: Arc<Statistics>,
}

impl<T: Transport> Network<T> {
    fn new(config: &Config) -> Result<ProcessBound<Self>, String> {
        let statistics = Arc::new(Statistics::default());
        let transport = T::new(config, statistics.clone())?;
        Ok(ProcessBound::new(Self { transport, gate: Gate::new(fitting(config.limits)), statistics }))
    }
}

impl<T> Clone for Client<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}

impl<T: Transport> Client<T> {
    /// A client with these settings.
    ///
    /// # Errors
    /// Says in words which setting is wrong.
    pub fn new(config: Config) -> Result<Self, String> {
        let network = ArcSwapOption::from_pointee(Network::new(&config)?);
        let mut headers = config.headers.clone();
        let agent = HeaderValue::from_str(&config.user_agent).map_err(|error| format!("user_agent: {error}"))?;
        headers.entry(USER_AGENT).or_insert(agent);
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        if config.decode {
            headers.entry(ACCEPT_ENCODING).or_insert(DECODABLE);
        }
        Ok(Self { inner: Arc::new(Inner { config, headers, network, closed: AtomicBool::new(false) }) })
    }

    /// Its settings.
    pub fn config(&self) -> &Config {
        &self.inner.config
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

    /// What is open and under way; `None` once it is closed.
    pub fn statistics(&self) -> Option<Arc<Statistics>> {
        Some(self.network().ok()?.get()?.statistics.clone())
    }

    /// A request of this client: relative to its base URL, with its parameters.
    ///
    /// # Errors
    /// Where the URL does not parse.
    pub fn request(&self, method: Method, url: &str) -> Result<Request, Box<Error>> {
        let config = &self.inner.config;
        let mut request = match &config.base_url {
            Some(base) => Request::relative(method, base, url)?,
            None => Request::new(method, url)?,
        };
        forms::append(&mut request.url, &config.params);
        Ok(request)
    }

    /// Waits for the turn of a request among all of the client. One that is made within a callback does not wait: the request
    /// whose callback it is keeps its own permit meanwhile, and there may be no other.
    ///
    /// # Errors
    /// Where it does not come within the pool timeout.
    pub async fn enter(&self, request: &Request, caller: Option<&Caller>) -> Result<Option<Pass>, Box<Error>> {
        if caller.is_some_and(|caller| caller.within) {
            return Ok(None);
        }
        let Ok(network) = self.network() else { return Ok(None) };
        let Some(network) = network.get() else { return Ok(None) };
        let turn = network.gate.enter(request.authority());
        let Some(patience) = request.timeout.unwrap_or(self.inner.config.timeout).pool else { return Ok(turn.await) };
        timeout_at(Instant::now() + patience, turn).await.map_err(|_| {
            let detail = format!("no turn within the pool timeout of {} s", patience.as_secs_f64());
            Error::unsent(Kind::PoolTimeout, Phase::Queue, request.method.clone(), request.url.as_str(), detail)
        })
    }

    /// Waits for the request's turn and makes the exchange.
    pub async fn send(&self, request: Request) -> Outcome {
        let queued = Instant::now();
        let mut tools = Tools::of(caller::current());
        let _pass = self.enter(&request, tools.caller()).await?;
        self.exchange(request, &mut tools, queued.elapsed()).await
    }

    /// Makes the exchange at once: for those who keep to limits of their own. It has waited for so long.
    pub async fn exchange(&self, mut request: Request, tools: &mut Tools, queue: Duration) -> Outcome {
        let network = self.network().map_err(|failure| unsent(&request, failure))?;
        let network = network.get().ok_or_else(|| unsent(&request, closed()))?;
        let _in_flight = network.statistics.enter();
        self.complete(&mut request);
        let mut exchange = Exchange::new(&self.inner.config, &network.transport, tools, request, queue);
        let open = exchange.open().await.map_err(|failure| exchange.error(failure))?;
        let mut response = exchange.finish(open).await.map_err(|failure| exchange.error(failure))?;
        with_history(&mut response, exchange.history());
        if !exchange.wants(EventKind::Response) {
            return Ok(response);
        }
        let response = Arc::new(response);
        exchange.tell(Event::Response(response.clone())).await.map_err(|failure| exchange.error(failure))?;
        Ok(Arc::unwrap_or_clone(response))
    }

    /// Waits for the request's turn, makes the exchange up to the head of the answer, and leaves the body to be read.
    pub async fn stream(&self, mut request: Request) -> Result<Streaming<T::Body>, Box<Error>> {
        let queued = Instant::now();
        let mut tools = Tools::of(caller::current());
        let pass = self.enter(&request, tools.caller()).await?;
        let network = self.network().map_err(|failure| unsent(&request, failure))?;
        let network = network.get().ok_or_else(|| unsent(&request, closed()))?;
        let in_flight: InFlight = network.statistics.enter();
        self.complete(&mut request);
        let config = &self.inner.config;
        let mut exchange = Exchange::new(config, &network.transport, &mut tools, request, queued.elapsed());
        let open = exchange.open().await.map_err(|failure| exchange.error(failure))?;
        let mut head = exchange.head_of(&open);
        with_history(&mut head, exchange.history());
        let head = Arc::new(head);
        exchange.tell(Event::Response(head.clone())).await.map_err(|failure| exchange.error(failure))?;
        let reader = exchange.open_reader(open).map_err(|failure| exchange.error(failure))?;
        let blame = exchange.error(Failure::new(Kind::Internal, Phase::Body, ""));
        Ok(Streaming::new(head, reader, blame, (pass, in_flight)))
    }

    /// Adds what the request leaves to the client.
    fn complete(&self, request: &mut Request) {
        request.add_defaults(&self.inner.headers);
        // A server that expects a body is told that there is none (RFC 9110, section 8.6).
        let expected = matches!(request.method, Method::POST | Method::PUT | Method::PATCH) || request.content.is_some();
        if expected && request.content.as_ref().is_none_or(|content| content.length() == Some(0)) {
            // Any other length that the caller gives is refused where the body is.
            request.headers.entry(CONTENT_LENGTH).or_insert(HeaderValue::from(0));
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

fn with_history(response: &mut Response, history: Vec<Response>) {
    if !history.is_empty() {
        response.rare.get_or_insert_default().history = history;
    }
}

fn unsent(request: &Request, failure: Failure) -> Box<Error> {
    Error::unsent(failure.kind, failure.phase, request.method.clone(), request.url.as_str(), failure.detail)
}

fn closed() -> Failure {
    Failure::new(Kind::ClientClosed, Phase::Input, "the client is closed")
}

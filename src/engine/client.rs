//! A client: settings, permits, a pool of connections; and the way of one request through them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, HeaderValue, USER_AGENT};
use http::{HeaderMap, Method};
use tokio::time::{Instant, sleep, timeout_at};

use super::caller::{self, Caller, Event, EventKind};
use super::config::{Config, Limits, Retry, Timeout};
use super::error::{Error, Failure, Kind, Phase};
use super::exchange::{Exchange, Tools};
use super::forms;
use super::gate::{Gate, Pass, fitting};
use super::obey::Robots;
use super::panics;
use super::process::ProcessBound;
use super::request::Request;
use super::response::Outcome;
use super::retry::{self, Repeatable, Tries};
use super::spread;
use super::statistics::{InFlight, Statistics};
use super::streaming::Streaming;
use super::transport::{self, Transport};
use super::urls::UrlReader;

/// What we can decode (RFC 9110, section 12.5.3).
const DECODABLE: HeaderValue = HeaderValue::from_static("gzip, br, zstd, deflate");

/// A client: settings, permits, and a pool of connections. Clones share all three.
#[derive(Debug)]
pub struct Client<T = transport::Network> {
    inner: Arc<Inner<T>>,
}

#[derive(Debug)]
struct Inner<T> {
    /// Its transport has them too. No copy is made: what it holds of the caller's has this one owner.
    config: Arc<Config>,
    /// The headers of every request that does not name them itself.
    headers: HeaderMap,
    network: ArcSwapOption<ProcessBound<Network<T>>>,
    urls: Mutex<UrlReader>,
    closed: AtomicBool,
}

/// What belongs to the process that made it: connections, and who waits for them. A forked child makes its own.
#[derive(Debug)]
struct Network<T> {
    transport: T,
    gate: Arc<Gate>,
    statistics: Arc<Statistics>,
    robots: Arc<Robots>,
}

impl<T: Transport> Network<T> {
    fn new(config: &Arc<Config>) -> Result<ProcessBound<Self>, String> {
        let statistics = Arc::new(Statistics::default());
        let transport = T::new(config, statistics.clone())?;
        let gate = Gate::new(fitting(&config.limits));
        Ok(ProcessBound::new(Self { transport, gate, statistics, robots: Arc::default() }))
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
        let config = Arc::new(config);
        let network = ArcSwapOption::from_pointee(Network::new(&config)?);
        let mut headers = config.headers.clone();
        let agent = HeaderValue::from_str(&config.user_agent).map_err(|error| format!("user_agent: {error}"))?;
        headers.entry(USER_AGENT).or_insert(agent);
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        if config.decode {
            headers.entry(ACCEPT_ENCODING).or_insert(DECODABLE);
        }
        Ok(Self { inner: Arc::new(Inner { config, headers, network, urls: Mutex::default(), closed: AtomicBool::new(false) }) })
    }

    /// Its settings.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// Its settings, where no clone shares them.
    pub fn alone(&self) -> Option<&Config> {
        (Arc::strong_count(&self.inner) == 1).then(|| self.config())
    }

    /// The settings of how many requests may be in flight.
    pub fn limits(&self) -> &Arc<Limits> {
        &self.inner.config.limits
    }

    /// Where its requests wait for their turn.
    ///
    /// # Errors
    /// Where it was closed.
    pub fn gate(&self) -> Result<Arc<Gate>, Failure> {
        self.network()?.get().map(|network| network.gate.clone()).ok_or_else(closed)
    }

    /// What it knows of robots.txt.
    pub fn robots(&self) -> Option<Arc<Robots>> {
        Some(self.network().ok()?.get()?.robots.clone())
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
        let (mut kept, mut own) = (self.inner.urls.try_lock(), UrlReader::default());
        let reader = kept.as_deref_mut().unwrap_or(&mut own);
        let mut request = match &config.base_url {
            Some(base) => Request::relative(method, base, url, reader)?,
            None => Request::read(method, url, reader)?,
        };
        forms::append(&mut request.url, &config.params);
        Ok(request)
    }

    /// The place of the I/O thread that a request is at home at.
    pub fn home(&self, request: &Request) -> usize {
        spread::home(request.authority(), self.inner.config.io_threads)
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

    /// Waits for the request's turn and makes the exchange, and does so again where its outcome asks for that. While it waits
    /// for another attempt it has neither permit nor connection.
    pub async fn send(&self, request: &Request) -> Outcome {
        let mut tools = Tools::of(caller::current());
        let (repeatable, retry) = (Repeatable::of(request), self.retry(request));
        let mut tries = Tries::default();
        loop {
            let queued = Instant::now();
            let again = |outcome: &mut Outcome, pass: Option<&Pass>, tries: &mut Tries| {
                retry::again(retry.as_deref(), &repeatable, outcome, tries, pass, None)
            };
            let attempt = match self.enter(request, tools.caller()).await {
                Ok(mut pass) => {
                    let judge = |outcome: &mut Outcome| {
                        pass.iter_mut().for_each(|pass| pass.note(retry::sign(outcome)));
                        again(outcome, pass.as_ref(), &mut tries)
                    };
                    self.exchange(&mut request.clone(), &mut tools, queued.elapsed(), judge).await
                }
                Err(error) => {
                    let mut outcome = Err(error);
                    match again(&mut outcome, None, &mut tries) {
                        None => Ok(outcome),
                        Some(wait) => self.tell_retry(outcome, &tools).await.map_or_else(|error| Ok(Err(error)), |()| Err(wait)),
                    }
                }
            };
            match attempt {
                Ok(outcome) => return tries.with(outcome),
                Err(wait) => sleep(wait).await,
            }
        }
    }

    /// Tells the hooks that a request which had no turn waits for another.
    async fn tell_retry(&self, outcome: Outcome, tools: &Tools) -> Result<(), Box<Error>> {
        let Some(hooks) = &self.inner.config.hooks.as_ref().filter(|hooks| hooks.wants(EventKind::Retry)) else { return Ok(()) };
        let Err(error) = outcome.clone() else { return Ok(()) };
        let told = hooks.call(Event::Retry(Box::new(outcome)), tools.caller()).await;
        told.map(drop).map_err(|failure| Box::new(Error { kind: failure.kind, detail: failure.detail, ..*error }))
    }

    /// When a request is made once more, unless its batch says otherwise.
    pub fn retry(&self, request: &Request) -> Option<Arc<Retry>> {
        let own = request.own.as_ref().and_then(|own| own.retry.as_ref());
        own.map_or_else(|| self.inner.config.retry.clone(), Clone::clone)
    }

    /// Makes the exchange at once: for those who have a permit. It has waited for so long. Its outcome stands, unless `again`
    /// says how long to wait for another attempt.
    pub async fn exchange(
        &self,
        request: &mut Request,
        tools: &mut Tools,
        queue: Duration,
        again: impl FnOnce(&mut Outcome) -> Option<Duration>,
    ) -> Result<Outcome, Duration> {
        let network = match self.network() {
            Ok(network) => network,
            Err(failure) => return Ok(Err(unsent(request, failure))),
        };
        let Some(network) = network.get() else { return Ok(Err(unsent(request, closed()))) };
        let _in_flight = network.statistics.enter();
        self.complete(request);
        let mut exchange = Exchange::new(&self.inner.config, &network.transport, tools, request, queue);
        let mut outcome = match panics::caught(exchange.run()).await {
            Ok(outcome) => outcome,
            Err(panic) => {
                let error = exchange.error(Failure::internal(&panic, exchange.phase()));
                drop(exchange);
                // Some of these may have been left in the middle of something.
                *tools = Tools::of(tools.caller().cloned()).until(tools.deadline());
                return Ok(Err(error));
            }
        };
        if let Some(wait) = again(&mut outcome) {
            let told = exchange.tell(Event::Retry(Box::new(outcome))).await;
            return told.map_or_else(|failure| Ok(Err(exchange.error(failure))), |_| Err(wait));
        }
        match outcome {
            Ok(answer) if exchange.wants(EventKind::Response) => {
                let answer = Arc::new(answer);
                let told = exchange.tell(Event::Response(answer.clone())).await;
                Ok(told.map(|_| Arc::unwrap_or_clone(answer)).map_err(|failure| exchange.error(failure)))
            }
            outcome => Ok(outcome),
        }
    }

    /// Waits for the request's turn, makes the exchange up to the head of the answer, again where its outcome asks for that, and
    /// leaves the body to be read.
    pub async fn stream(&self, request: &Request) -> Result<Streaming<T::Body>, Box<Error>> {
        let mut tools = Tools::of(caller::current());
        let (repeatable, retry) = (Repeatable::of(request), self.retry(request));
        let mut tries = Tries::default();
        loop {
            let queued = Instant::now();
            let mut pass = self.enter(request, tools.caller()).await?;
            let network = self.network().map_err(|failure| unsent(request, failure))?;
            let network = network.get().ok_or_else(|| unsent(request, closed()))?;
            let in_flight: InFlight = network.statistics.enter();
            let mut request = request.clone();
            self.complete(&mut request);
            let config = &self.inner.config;
            let mut exchange = Exchange::new(config, &network.transport, &mut tools, &mut request, queued.elapsed());
            let mut open = exchange.open().await.map_err(|failure| exchange.error(failure));
            let mut outcome = match &mut open {
                Ok(open) => Ok(exchange.head_of(open)),
                Err(error) => Err(error.clone()),
            };
            let sign = retry::sign(&outcome);
            pass.iter_mut().for_each(|pass| pass.note(sign));
            if let Some(wait) = retry::again(retry.as_deref(), &repeatable, &mut outcome, &mut tries, pass.as_ref(), None) {
                exchange.tell(Event::Retry(Box::new(outcome))).await.map_err(|failure| exchange.error(failure))?;
                drop((open, pass, in_flight));
                sleep(wait).await;
                continue;
            }
            let mut head = tries.with(outcome)?;
            let open = open?;
            pass.iter_mut().for_each(|pass| pass.answered(sign));
            exchange.add_history(&mut head);
            let head = Arc::new(head);
            exchange.tell(Event::Response(head.clone())).await.map_err(|failure| exchange.error(failure))?;
            let reader = exchange.open_reader(open).map_err(|failure| exchange.error(failure))?;
            let blame = exchange.error(Failure::new(Kind::Internal, Phase::Body, ""));
            return Ok(Streaming::new(head, reader, blame, (pass, in_flight)));
        }
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

fn unsent(request: &Request, failure: Failure) -> Box<Error> {
    Error::unsent(failure.kind, failure.phase, request.method.clone(), request.url.as_str(), failure.detail)
}

fn closed() -> Failure {
    Failure::new(Kind::ClientClosed, Phase::Input, "the client is closed")
}

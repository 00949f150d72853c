//! Requests over connections to hosts, or through one proxy, pooled by hyper-util.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::header::{HOST, HeaderValue, PROXY_AUTHORIZATION};
use http::{Request as HttpRequest, Response as HttpResponse, StatusCode, Uri};
use hyper::body::{Body, Incoming};
use hyper_util::client::legacy::connect::capture_connection;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use url::Position;

use super::super::config::{Config, Versions};
use super::super::error::{Failure, Kind, Phase};
use super::super::request::Request;
use super::super::spread::PerThread;
use super::super::stage::Stage;
use super::super::statistics::{Statistics, Unanswered};
use super::connection::Facts;
use super::connector::{Connector, observed};
use super::failure::failure;
use super::outgoing::Outgoing;
use super::proxied::Via;
use super::room::Room;
use super::suspect::Suspect;
use super::unsent::Unsent;
use super::{Over, Sent};

type Pool = Client<Connector, Outgoing>;

/// How often an HTTP/2 server with open streams is asked whether it is still there, and how long it may take to say so.
const PING_INTERVAL: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// How many HTTP/2 streams given up within the last second are remembered. What still comes for one that is not is taken for a
/// fault of the server's, and a connection with a thousand of these in its life is given up, with all that it carries: a batch
/// that is cancelled, or of which many time out, is not to cost that.
const RECENTLY_RESET: usize = 10_000;

/// Requests over connections to hosts, or through one proxy.
pub struct Direct {
    config: Arc<Config>,
    statistics: Arc<Statistics>,
    connector: Connector,
    pooled: PerThread<Pool>,
    /// For requests over a connection of their own; hardly ever needed.
    unpooled: OnceLock<Pool>,
}

impl Direct {
    /// Sets up the pool; opens nothing yet.
    pub fn new(
        config: &Arc<Config>,
        tls: &Arc<ClientConfig>,
        statistics: Arc<Statistics>,
        room: Arc<Room>,
        via: Option<Via>,
    ) -> Self {
        let connector = Connector::new(config, tls.clone(), statistics.clone(), room, via);
        let pooled = PerThread::new(config.io_threads, |_| pool(config, connector.clone(), config.limits.concurrency));
        Self { config: config.clone(), statistics, connector, pooled, unpooled: OnceLock::new() }
    }

    /// Sends a request and waits for the head of the answer.
    pub async fn send(&self, request: &Request, body: Outgoing, over: Over, stage: &Arc<Stage>) -> Result<Sent, Failure> {
        let pool = match over {
            Over::Any => self.pooled.own(),
            Over::Own => self.unpooled.get_or_init(|| pool(&self.config, self.connector.clone(), 0)),
        };
        let (headers, held) = (body.headers(request), body.held());
        let mut out = HttpRequest::new(body);
        *out.method_mut() = request.method.clone();
        *out.uri_mut() = uri(request)?;
        *out.headers_mut() = headers;
        let shares = self.may_share(request);
        // hyper-util would add it too, by way of formatting. Over HTTP/2 there is none.
        if let (false, Ok(host)) = (shares, HeaderValue::from_str(request.authority())) {
            out.headers_mut().entry(HOST).or_insert(host);
        }
        if let Some(via) = self.connector.via() {
            if !via.forwards(&request.url) {
                // In a tunnel only the host would read it, for whom it is not meant.
                out.headers_mut().remove(PROXY_AUTHORIZATION);
            }
            out.headers_mut().extend(via.header(&request.url));
        }
        if held.is_some() || request.informed.is_some() {
            let informed = request.informed.clone();
            hyper::ext::on_informational(&mut out, move |interim| {
                if let Some(held) = held.as_ref().filter(|_| interim.status() == StatusCode::CONTINUE) {
                    held.go();
                }
                if let Some(informed) = &informed {
                    informed.tell(interim.status(), interim.headers());
                }
            });
        }
        let _unanswered = self.unanswered(request, out.uri());
        let uploads = !out.body().is_end_stream();
        // A request has one such look at its connection: a second one would take the place of the first.
        let connection = (uploads || shares).then(|| capture_connection(&mut out));
        let _unsent = connection.clone().filter(|_| uploads).map(Unsent);
        let suspect = connection.filter(|_| shares).map(|connection| Suspect::new(connection, stage));
        let answer = observed(stage.clone(), pool.request(out)).await;
        let mut answer: HttpResponse<Incoming> = answer.map_err(|error| refused(&error, stage))?;
        let facts = answer.extensions_mut().remove::<Arc<Facts>>();
        if let Some(facts) = &facts {
            facts.answer();
        }
        Ok(Sent { answer, facts, suspect })
    }

    /// Counts a request that may share a connection (HTTP/2): such a connection does not tell on its own whether it is needed.
    fn unanswered(&self, request: &Request, uri: &Uri) -> Option<Unanswered> {
        let authority = uri.authority().filter(|_| self.may_share(request))?;
        Some(self.statistics.host(authority.as_str()).ask())
    }

    /// May it share a connection with others?
    fn may_share(&self, request: &Request) -> bool {
        match self.config.versions {
            Versions::Http1 => false,
            Versions::Negotiated => request.url.scheme() == "https",
            Versions::Http2 => true,
        }
    }
}

/// A pool that keeps so many idle connections to a host.
fn pool(config: &Config, connector: Connector, idle: usize) -> Pool {
    let mut builder = Client::builder(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(config.idle_timeout)
        .pool_max_idle_per_host(idle)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_max_headers(config.max_header_lines)
        .http2_only(config.versions == Versions::Http2)
        .http2_max_header_list_size(config.max_header_bytes)
        .http2_max_concurrent_reset_streams(RECENTLY_RESET)
        .http2_keep_alive_interval(PING_INTERVAL)
        .http2_keep_alive_timeout(PING_TIMEOUT);
    builder.build(connector)
}

fn uri(request: &Request) -> Result<Uri, Failure> {
    // The fragment is never sent.
    Uri::try_from(&request.url[..Position::AfterQuery])
        .map_err(|error| Failure::new(Kind::InvalidUrl, Phase::Input, format!("invalid URL: {error}")))
}

fn refused(error: &Error, stage: &Stage) -> Failure {
    if let Some(own) = stage.failure() {
        return own;
    }
    // A request that another connection has taken over may not have noticed yet that it was sent.
    let phase = Some(stage.at().phase).filter(|phase| error.is_connect() || !phase.is_connecting());
    failure(error, phase.unwrap_or(Phase::Response), error.is_connect())
}

//! TCP connections: to whichever of a host's addresses answers first (RFC 8305, "Happy Eyeballs").

use std::collections::VecDeque;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, pending, select};
use futures_util::stream::FuturesUnordered;
use http::Uri;
use http::uri::Scheme;
use hyper_util::client::legacy::connect::HttpConnector;
use tokio::net::TcpStream;
use tokio::time::sleep;
use tower_service::Service;

use super::super::config::Reach;
use super::super::error::{Failure, Kind, Phase};
use super::super::stage::Stage;
use super::connector::{Names, enter};
use super::failure::failure;

/// How long an address has to answer before the next one is tried as well (RFC 8305, section 5).
const HEAD_START: Duration = Duration::from_millis(250);

/// Opens TCP connections.
pub struct Dialer {
    tcp: HttpConnector,
    names: Names,
}

impl Dialer {
    /// Opens them as these settings say.
    pub fn new(reach: &Reach, tls: &Arc<rustls::ClientConfig>) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(reach.keepalive);
        tcp.set_local_address(reach.local_address);
        #[cfg(any(target_os = "linux", target_os = "android", target_os = "macos", target_os = "ios"))]
        if let Some(interface) = &reach.interface {
            tcp.set_interface(interface);
        }
        Self { tcp, names: Names::new(reach, tls) }
    }

    /// A connection to a host.
    pub async fn dial(&self, destination: &Uri, stage: &Stage) -> Result<TcpStream, Failure> {
        let host = destination.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let said = destination.port_u16();
        let port = said.unwrap_or(if destination.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 });
        let addresses = match host.parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, port)],
            Err(_) => {
                enter(stage, Phase::Dns);
                let mut found = self.names.look_up(host).await?;
                enter(stage, Phase::Connect);
                for address in &mut found {
                    if said.is_some() || address.port() == 0 {
                        address.set_port(port);
                    }
                }
                found
            }
        };
        first(alternating(addresses), |address| self.connect(address, stage)).await
    }

    async fn connect(&self, address: SocketAddr, stage: &Stage) -> Result<TcpStream, Failure> {
        let uri = Uri::try_from(format!("http://{address}/"))
            .map_err(|error| Failure::new(Kind::Connect, Phase::Connect, format!("no connection: {error}")))?;
        // An address needs no name server: nothing but the connection is left of the connector's work.
        let connected = self.tcp.clone().call(uri).await;
        connected.map(hyper_util::rt::TokioIo::into_inner).map_err(|error| failure(&error, stage.at().phase, true))
    }
}

/// In the order given, but families in turn: where one has no way out, the other is next.
fn alternating(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let first = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut one, mut other): (VecDeque<_>, VecDeque<_>) = addresses.into_iter().partition(|address| address.is_ipv6() == first);
    let mut order = VecDeque::with_capacity(one.len() + other.len());
    while let Some(address) = one.pop_front() {
        order.push_back(address);
        order.extend(other.pop_front());
    }
    order.extend(other);
    order
}

/// The first connection that comes about, or why the first address that failed did. The next address is tried when one has
/// failed, or has had its head start.
async fn first<T, F>(mut addresses: VecDeque<SocketAddr>, open: impl Fn(SocketAddr) -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut trying = FuturesUnordered::new();
    let mut failed: Option<Failure> = None;
    loop {
        if let Some(address) = addresses.pop_front() {
            trying.push(open(address));
        }
        let waited = if addresses.is_empty() { Either::Left(pending()) } else { Either::Right(sleep(HEAD_START)) };
        match select(trying.next(), pin!(waited)).await {
            Either::Left((Some(Ok(connection)), _)) => return Ok(connection),
            // Want of descriptors is no fault of any address: it says that trying again may help.
            Either::Left((Some(Err(failure)), _)) => {
                failed = Some(failed.filter(|_| !failure.is_exhausted()).unwrap_or(failure));
            }
            Either::Left((None, _)) => {
                return Err(failed.unwrap_or_else(|| Failure::new(Kind::Connect, Phase::Connect, "no connection: no address")));
            }
            Either::Right(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(all: &[&str]) -> Vec<SocketAddr> {
        all.iter().map(|address| address.parse().expect("an address")).collect()
    }

    #[test]
    fn families_take_turns() {
        let order = |all: &[&str]| alternating(addresses(all)).into_iter().map(|address| address.to_string()).collect::<Vec<_>>();
        let (a, b, c, x, y) = ("[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1");
        assert_eq!(order(&[a, b, x, y, c]), [a, x, b, y, c]);
        assert_eq!(order(&[x, y, a]), [x, a, y]);
        assert_eq!(order(&[x, y]), [x, y]);
        assert_eq!(order(&[]), [""; 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_answers_first() {
        let begun = tokio::time::Instant::now();
        let open = async |address: SocketAddr| match address.port() {
            1 => pending().await,
            2 => Err(Failure::new(Kind::Connect, Phase::Connect, "refused")),
            port => {
                sleep(Duration::from_millis(port.into())).await;
                Ok(port)
            }
        };
        let tried = async |all: &[&str]| (first(addresses(all).into(), open).await.ok(), begun.elapsed().as_millis());
        assert_eq!(tried(&["1.1.1.1:2", "1.1.1.1:10"]).await, (Some(10), 10));
        assert_eq!(tried(&["1.1.1.1:1", "1.1.1.1:2", "1.1.1.1:10"]).await, (Some(10), 270));
        assert_eq!(tried(&["1.1.1.1:400", "1.1.1.1:300", "1.1.1.1:10"]).await, (Some(400), 670));
        assert_eq!(tried(&["1.1.1.1:2", "1.1.1.1:2"]).await.0, None);
        assert_eq!(tried(&[]).await.0, None);
    }
}

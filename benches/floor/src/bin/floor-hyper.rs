//! Bare hyper: IN_FLIGHT HTTP/1.1 connections, one worker on each, no pool and no client above them.

use floor::{Failure, Job, Meter, Tally, Work};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::HOST;
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use mimalloc::MiMalloc;
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::task::JoinSet;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

type Connection = SendRequest<Empty<Bytes>>;

fn main() -> Result<(), Failure> {
    Builder::new_current_thread().enable_all().build()?.block_on(run(&Job::from_arguments()?))
}

async fn run(job: &Job) -> Result<(), Failure> {
    let authority = job.url().parse::<Uri>()?.authority().ok_or("a URL without a host")?.to_string();
    let mut connections = Vec::with_capacity(job.in_flight);
    for _ in 0..job.in_flight {
        connections.push(connect(&authority).await?);
    }
    let (connections, _) = fetch_all(connections, &authority, job.warm_up()).await?;

    let work = job.work();
    let meter = Meter::start()?;
    let (_connections, tally) = fetch_all(connections, &authority, work).await?;
    meter.report(job, &tally)
}

async fn connect(authority: &str) -> Result<Connection, Failure> {
    let stream = TcpStream::connect(authority).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn fetch_all(connections: Vec<Connection>, authority: &str, work: Work) -> Result<(Vec<Connection>, Tally), Failure> {
    let mut workers = JoinSet::new();
    for connection in connections {
        workers.spawn(worker(connection, authority.to_owned(), work.clone()));
    }
    let mut connections = Vec::new();
    let mut total = Tally::default();
    while let Some(done) = workers.join_next().await {
        let (connection, tally) = done??;
        connections.push(connection);
        total.merge(&tally);
    }
    Ok((connections, total))
}

async fn worker(mut connection: Connection, authority: String, work: Work) -> Result<(Connection, Tally), Failure> {
    let mut tally = Tally::default();
    while let Some(url) = work.next() {
        let uri = url.parse::<Uri>()?;
        let target = uri.path_and_query().ok_or("a URL without a path")?.as_str();
        let request = Request::get(target).header(HOST, &authority).body(Empty::new())?;
        connection.ready().await?;
        let response = connection.send_request(request).await?;
        let status = response.status().as_u16();
        tally.add(status, response.into_body().collect().await?.to_bytes().len());
    }
    Ok((connection, tally))
}

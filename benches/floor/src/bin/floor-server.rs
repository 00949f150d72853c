//! A server for what nginx does not do: it reads every body to its end, and answers `/wait/MS` after so many
//! milliseconds, everything else at once. Prints its port; ends with its standard input.

use std::convert::Infallible;
use std::io::read_to_string;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::Duration;

use floor::Failure;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use mimalloc::MiMalloc;
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::time::sleep;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// More than clients open at once; the kernel may allow fewer.
const BACKLOG: u32 = 16_384;

fn main() -> Result<(), Failure> {
    Builder::new_current_thread().enable_all().build()?.block_on(serve())
}

async fn serve() -> Result<(), Failure> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let listener = socket.listen(BACKLOG)?;
    println!("{}", listener.local_addr()?.port());
    let (end, mut ended) = oneshot::channel();
    thread::spawn(move || end.send(read_to_string(std::io::stdin())));
    loop {
        tokio::select! {
            connection = listener.accept() => { tokio::spawn(keep(connection?.0)); }
            _ = &mut ended => return Ok(()),
        }
    }
}

/// One connection, until the client leaves, in whatever way it does.
async fn keep(stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)).await;
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let wait = request.uri().path().strip_prefix("/wait/").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = request.into_body();
    while let Some(Ok(_)) = body.frame().await {}
    if wait > 0 {
        sleep(Duration::from_millis(wait)).await;
    }
    let mut response = Response::new(Full::new(Bytes::from_static(b"{}")));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

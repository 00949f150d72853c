//! The body of a request on its way out, as hyper takes it.

use std::error::Error;
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use futures_util::{FutureExt, StreamExt};
use http::header::{CONTENT_LENGTH, HeaderMap, HeaderValue, TRANSFER_ENCODING};
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Duration, Sleep, sleep};

use super::super::caller::Caller;
use super::super::content::{Chunks, Content};
use super::super::error::{Failure, Kind, Phase};
use super::super::injection;
use super::super::panics;
use super::super::process::lock;
use super::super::request::Request;
use super::super::stage::Stage;

/// The most bytes that are handed over at once: between two pieces one can tell that the server takes none.
const PIECE: usize = 256 * 1024;

/// How long to wait for the server's word that it will read a body.
const PATIENCE: Duration = Duration::from_secs(1);

/// The body of a request. It tells the request's stage what it waits for.
pub enum Outgoing {
    /// None at all.
    Empty,
    /// Some.
    Upload(Box<Upload>),
}

/// A body that is being sent.
pub struct Upload {
    /// Bytes that are there.
    there: Bytes,
    /// Where more come from.
    more: Option<Chunks>,
    /// The bytes still to be sent, where their number is known.
    left: Option<u64>,
    /// That number is the caller's word: only the end of the chunks shows whether it holds.
    promised: bool,
    stage: Arc<Stage>,
    orders: Arc<Orders>,
    patience: Option<Pin<Box<Sleep>>>,
}

/// What becomes of a body, as decided by whoever sees what the server answers.
#[derive(Debug)]
pub struct Orders {
    order: Mutex<Order>,
    waker: AtomicWaker,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Wait for the server's word that it will read it: an interim answer 100 (RFC 9110, section 10.1.1).
    Hold,
    /// Send it.
    Go,
    /// The server has answered without it.
    Keep,
    /// The exchange is over.
    Stop,
}

impl Orders {
    fn new(order: Order) -> Arc<Self> {
        Arc::new(Self { order: Mutex::new(order), waker: AtomicWaker::new() })
    }

    /// The server will read the body.
    pub fn go(&self) {
        self.turn(Order::Hold, Order::Go);
    }

    fn turn(&self, from: Order, to: Order) {
        let mut order = lock(&self.order);
        if *order == from {
            *order = to;
            drop(order);
            self.waker.wake();
        }
    }
}

/// The hold that an exchange has on the body of its request. Where it ends before the body does, it takes the body with it:
/// nobody wants the rest, and the caller's own iterators are not to be run behind the caller's back.
pub struct Leash(Weak<Orders>);

impl Leash {
    /// The head of an answer has come: a body that is held back stays here.
    pub fn answered(&self) {
        if let Some(orders) = self.0.upgrade() {
            orders.turn(Order::Hold, Order::Keep);
        }
    }

    /// Is the body still being sent?
    pub fn is_taut(&self) -> bool {
        self.0.strong_count() > 0
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        if let Some(orders) = self.0.upgrade() {
            *lock(&orders.order) = Order::Stop;
            orders.waker.wake();
        }
    }
}

impl Outgoing {
    /// The body of a request.
    ///
    /// # Errors
    /// Where it was read already, or the request's headers say otherwise of it.
    pub fn of(request: &Request, stage: &Arc<Stage>, caller: Option<&Caller>) -> Result<Self, Failure> {
        let length = request.content.as_ref().map_or(Some(0), Content::length);
        let announced = announced(&request.headers)?;
        if let (Some(length), Some(announced)) = (length, announced)
            && length != announced
        {
            return Err(invalid(format!("Content-Length: {announced} was given for content of {length} bytes")));
        }
        let left = length.or(announced);
        let (there, more) = match &request.content {
            None => return Ok(Self::Empty),
            Some(_) if left == Some(0) => return Ok(Self::Empty),
            Some(Content::Bytes(bytes)) => (bytes.clone(), None),
            Some(Content::Produced(producer)) => {
                let once = || invalid("content: it was read already, and can be read only once".into());
                (Bytes::new(), Some(producer.open(caller).ok_or_else(once)?))
            }
        };
        let waits = request.expects_continue();
        Ok(Self::Upload(Box::new(Upload {
            there,
            more,
            left,
            promised: length.is_none(),
            stage: stage.clone(),
            orders: Orders::new(if waits { Order::Hold } else { Order::Go }),
            patience: waits.then(|| Box::pin(sleep(PATIENCE))),
        })))
    }

    /// The hold that the exchange has on it.
    pub fn leash(&self) -> Leash {
        Leash(match self {
            Self::Empty => Weak::new(),
            Self::Upload(upload) => Arc::downgrade(&upload.orders),
        })
    }

    /// What is decided about it, where it waits for the server's word.
    pub fn held(&self) -> Option<Arc<Orders>> {
        match self {
            Self::Upload(upload) if upload.patience.is_some() => Some(upload.orders.clone()),
            _ => None,
        }
    }

    /// The headers of the request, with what the body needs among them: hyper sends no body without a length with a GET unless
    /// it is told to.
    pub fn headers(&self, request: &Request) -> HeaderMap {
        let mut headers = request.headers.clone();
        if matches!(self, Self::Upload(upload) if upload.left.is_none()) {
            headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        }
        headers
    }
}

/// The length that the caller's own headers give, where they do.
fn announced(headers: &HeaderMap) -> Result<Option<u64>, Failure> {
    if let Some(coding) = headers.get(TRANSFER_ENCODING) {
        if !coding.as_bytes().eq_ignore_ascii_case(b"chunked") || headers.get_all(TRANSFER_ENCODING).iter().count() > 1 {
            return Err(invalid("Transfer-Encoding: a request can have no other than chunked".into()));
        }
        if headers.contains_key(CONTENT_LENGTH) {
            return Err(invalid("Content-Length and Transfer-Encoding: a request can have only one of them".into()));
        }
    }
    let mut values = headers.get_all(CONTENT_LENGTH).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let digits = value.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    match (digits.and_then(|text| text.parse().ok()), values.next()) {
        (Some(length), None) => Ok(Some(length)),
        _ => Err(invalid("Content-Length: expected one number of bytes".into())),
    }
}

fn invalid(detail: String) -> Failure {
    Failure::new(Kind::InvalidRequest, Phase::Input, detail)
}

fn short(left: u64) -> Failure {
    Failure::new(Kind::InvalidRequest, Phase::Send, format!("content: {left} bytes fewer than announced"))
}

fn long() -> Failure {
    Failure::new(Kind::InvalidRequest, Phase::Send, "content: more bytes than announced")
}

/// Why a body ends before its end.
enum Broken {
    /// This went wrong.
    Failed(Failure),
    /// The exchange is over.
    Off,
}

impl From<Failure> for Broken {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Broken> for Box<dyn Error + Send + Sync> {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Failed(failure) => failure.into(),
            // Nobody is there to be told but the server: hyper ends a connection of HTTP/1, and resets a stream with this code.
            Broken::Off => h2::Error::from(h2::Reason::CANCEL).into(),
        }
    }
}

impl Upload {
    /// Waits until it may be sent. Some servers never give their word, so not for ever.
    fn poll_orders(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        self.orders.waker.register(context.waker());
        let order = *lock(&self.orders.order);
        match order {
            Order::Go => Poll::Ready(Ok(())),
            Order::Hold if self.patience.as_mut().is_none_or(|patience| patience.poll_unpin(context).is_ready()) => {
                self.orders.go();
                Poll::Ready(Ok(()))
            }
            Order::Hold => {
                self.stage.our_move();
                Poll::Pending
            }
            Order::Keep => Poll::Pending,
            Order::Stop => Poll::Ready(Err(Broken::Off)),
        }
    }

    /// The next bytes from where they come from, if any.
    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<Result<bool, Failure>> {
        let Some(more) = &mut self.more else { return Poll::Ready(Ok(false)) };
        let Poll::Ready(chunk) = more.poll_next_unpin(context) else {
            self.stage.our_move();
            return Poll::Pending;
        };
        let Some(chunk) = chunk.transpose()? else {
            self.more = None;
            return Poll::Ready(match self.left {
                // More is promised than there is: the server must not wait for it.
                Some(left @ 1..) => Err(short(left)),
                _ => Ok(false),
            });
        };
        if self.left.is_some_and(|left| left < chunk.len() as u64) {
            return Poll::Ready(Err(long()));
        }
        self.there = chunk;
        Poll::Ready(Ok(true))
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Broken>> {
        ready!(self.poll_orders(context))?;
        while self.there.is_empty() {
            let more = ready!(self.poll_more(context));
            if let Err(failure) = &more {
                self.stage.fail(failure.clone());
            }
            if !more? {
                self.stage.enter(Phase::Response);
                return Poll::Ready(Ok(None));
            }
        }
        let piece = self.there.split_to(self.there.len().min(PIECE));
        self.left = self.left.map(|left| left.saturating_sub(piece.len() as u64));
        self.stage.enter(if self.is_at_end() { Phase::Response } else { Phase::Send });
        Poll::Ready(Ok(Some(piece)))
    }

    fn is_at_end(&self) -> bool {
        self.left == Some(0) && !(self.promised && self.more.is_some())
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match &mut *self {
            Self::Empty => Poll::Ready(None),
            Self::Upload(upload) => {
                let piece = panics::catch(|| {
                    injection::point("send");
                    upload.poll_piece(context)
                });
                // hyper sends on a task of its own, where a panic would be told to nobody.
                let piece = piece.unwrap_or_else(|panic| Poll::Ready(Err(Failure::internal(&panic, Phase::Send).into())));
                piece.map(|piece| piece.transpose().map(|piece| piece.map(Frame::data).map_err(Self::Error::from)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Upload(upload) => upload.is_at_end(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Upload(upload) => upload.left.map_or_else(SizeHint::new, SizeHint::with_exact),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use http::Method;

    use super::*;

    /// hyper looks for a cancel before it asks for more of the body, but hears of it by another task, maybe later than the body.
    #[test]
    fn where_the_exchange_is_over_the_server_is_told_of_a_cancel() {
        let mut request = Request::new(Method::POST, "http://localhost/").expect("a request");
        request.content = Some(Content::Bytes(Bytes::from_static(b"some")));
        let mut body = Outgoing::of(&request, &Arc::default(), None).expect("a body");
        drop(body.leash());
        let piece = Pin::new(&mut body).poll_frame(&mut Context::from_waker(Waker::noop()));
        let Poll::Ready(Some(Err(error))) = piece else { panic!("it is sent all the same") };
        assert_eq!(error.downcast_ref().and_then(h2::Error::reason), Some(h2::Reason::CANCEL));
    }
}

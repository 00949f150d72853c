//! A connection that hyper speaks over: its bytes, who is at the other end, and what becomes of it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use http::Extensions;
use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::super::error::{Failure, Kind, Phase};
use super::super::injection;
use super::super::panics;
use super::super::response::Peer;
use super::super::statistics::HostCounters;
use super::flood::Flood;
use super::greeting;
use super::room::Room;
use super::stream::Stream;
use super::suspect::Heard;

/// hyper keeps interim answers (1xx) to itself and knows no bound on them. More bytes than this without the head of a final
/// answer end the connection: room for the largest head, and for what hyper may read of a body before anyone sees its head.
const UNANSWERED_BYTES: u64 = 2 * 1024 * 1024;

/// What is known of a connection; it comes along with each answer.
#[derive(Debug)]
pub struct Facts {
    /// Who is at the other end.
    pub peer: Arc<Peer>,
    counters: Arc<HostCounters>,
    /// How far the exchange is that it is used for: `IDLE`, `WAITING`, `ANSWERED` or `CUT`. HTTP/2 has many, and leaves it.
    exchange: AtomicU8,
    /// Requests answered.
    answered: AtomicU32,
    /// Heads and pieces of bodies that have come by HTTP/2.
    pieces: AtomicU32,
    /// When something last came by HTTP/2.
    pub heard: Heard,
    /// Woken when an exchange ends: it may end while its request is still being written.
    ended: AtomicWaker,
    /// What is to be written waits for the server to take it. HTTP/2 never does.
    blocked: AtomicBool,
    /// HTTP/2 was agreed on.
    h2: bool,
    /// Something was written since the head of the last answer came. HTTP/2 writes at any time, and leaves it.
    written: AtomicBool,
    /// Answers whose bodies are arriving, as far as their readers know: the next request may set off before they do.
    arriving: AtomicU32,
    /// When it was last idle, by the clock of the room; 0 for never.
    idle_since: AtomicU64,
    /// It is to make way, if it is still idle then.
    leaving: AtomicBool,
    /// Woken to make way.
    reader: AtomicWaker,
    /// An answer was framed in two ways: nobody knows what an earlier hop made of it.
    doubted: AtomicBool,
    room: Arc<Room>,
}

/// There is none.
const IDLE: u8 = 0;
/// Its request is being written or was, and the head of its answer has not come.
const WAITING: u8 = 1;
/// The head of its answer has come.
const ANSWERED: u8 = 2;
/// It ended before its request was written, so that there will never be another.
const CUT: u8 = 3;

impl Facts {
    /// Those of a connection that hyper-util gave out.
    pub fn of(connected: &Connected) -> Option<Arc<Self>> {
        let mut extras = Extensions::new();
        connected.get_extras(&mut extras);
        extras.remove()
    }

    /// The head of an answer has come.
    pub fn answer(&self) {
        self.exchange.store(ANSWERED, Ordering::Relaxed);
        let reused = self.answered.fetch_add(1, Ordering::Relaxed) > 0;
        self.written.store(false, Ordering::Relaxed);
        self.arriving.fetch_add(1, Ordering::Relaxed);
        self.piece();
        self.counters.answer(reused);
    }

    /// A piece of a body has come by HTTP/2.
    pub fn piece(&self) {
        self.pieces.fetch_add(1, Ordering::Relaxed);
    }

    /// The answer's body has ended, or nobody wants the rest of it. `unsent` says that some of the request still is.
    pub fn done(&self, unsent: bool) {
        self.exchange.store(if unsent { CUT } else { IDLE }, Ordering::Relaxed);
        self.ended.wake();
        self.arriving.fetch_sub(1, Ordering::Relaxed);
        self.rest();
        self.counters.done();
        if self.doubted.load(Ordering::Relaxed) {
            self.leave();
        }
    }

    /// Nobody waits for the answer any more. Nor does what is still to be written wait for the server, which may never take it.
    pub fn abandon(&self) {
        let cut = || self.exchange.compare_exchange(WAITING, CUT, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if self.blocked.load(Ordering::Relaxed) && cut() {
            self.ended.wake();
        }
    }

    /// It is to end once its answer has, and not to serve again.
    pub fn doubt(&self) {
        self.doubted.store(true, Ordering::Relaxed);
    }

    /// It is idle from now on, as far as the last request knows.
    fn rest(&self) {
        self.idle_since.store(self.room.tick(), Ordering::Relaxed);
    }

    /// When it was last idle.
    pub fn idle_since(&self) -> u64 {
        self.idle_since.load(Ordering::Relaxed)
    }

    /// Is it known that no request is on it? One that has not been used may have been opened for a request about to be sent.
    pub fn is_idle(&self) -> bool {
        let begun = if self.h2 { self.counters.is_asked() } else { self.written.load(Ordering::Relaxed) };
        !begun && self.arriving.load(Ordering::Relaxed) == 0 && self.idle_since() > 0
    }

    /// Is it about to make way?
    pub fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Acquire)
    }

    /// It is to make way for others.
    pub fn leave(&self) {
        self.leaving.store(true, Ordering::Release);
        self.reader.wake();
    }
}

/// A connection, as hyper takes it.
pub struct Link {
    stream: Stream,
    facts: Arc<Facts>,
    /// Its place in the room.
    place: usize,
    /// A proxy passes requests on as they are.
    forwarded: bool,
    /// Bytes that have come while a request waited for its answer's head.
    unanswered: u64,
    /// The same by HTTP/2.
    flood: Flood,
    /// Why nothing more can be written.
    lost: Option<io::Error>,
}

impl Link {
    /// A connection just opened.
    pub fn new(stream: Stream, h2: bool, peer: Peer, counters: Arc<HostCounters>, room: Arc<Room>) -> Self {
        counters.open();
        let facts = Arc::new(Facts {
            peer: Arc::new(peer),
            counters,
            exchange: AtomicU8::new(IDLE),
            answered: AtomicU32::new(0),
            pieces: AtomicU32::new(0),
            heard: Heard::default(),
            ended: AtomicWaker::new(),
            blocked: AtomicBool::new(false),
            h2,
            written: AtomicBool::new(false),
            arriving: AtomicU32::new(0),
            idle_since: AtomicU64::new(0),
            leaving: AtomicBool::new(false),
            reader: AtomicWaker::new(),
            doubted: AtomicBool::new(false),
            room,
        });
        let place = facts.room.enter(facts.clone());
        Self { stream, facts, place, forwarded: false, unanswered: 0, flood: Flood::default(), lost: None }
    }

    /// The same, opened for nobody in particular.
    pub fn spare(&self) {
        self.facts.rest();
    }

    /// The same to a proxy that passes requests on as they are, or not.
    pub fn forwarded(mut self, forwarded: bool) -> Self {
        self.forwarded = forwarded;
        self
    }

    /// Counts what has come.
    fn count(&mut self, bytes: usize) -> io::Result<()> {
        if self.facts.h2 {
            self.facts.heard.note();
            return self.flood.came(bytes, self.facts.pieces.load(Ordering::Relaxed));
        }
        if self.facts.exchange.load(Ordering::Relaxed) != WAITING {
            return Ok(());
        }
        self.unanswered += bytes as u64;
        if self.unanswered <= UNANSWERED_BYTES {
            return Ok(());
        }
        let kind = Kind::LimitExceeded { limit: Some(UNANSWERED_BYTES), value: Some(self.unanswered) };
        let detail = format!("more than {UNANSWERED_BYTES} bytes of interim answers (1xx) and no final one");
        Err(io::Error::other(Failure::new(kind, Phase::Response, detail)))
    }

    /// Looks at the first bytes that come for a request.
    fn greet(&self, bytes: &[u8]) -> io::Result<()> {
        if self.facts.h2 || self.unanswered > 0 || self.facts.exchange.load(Ordering::Relaxed) != WAITING {
            return Ok(());
        }
        greeting::check(bytes).map_err(io::Error::other)
    }

    fn sending(&mut self) {
        self.facts.written.store(true, Ordering::Relaxed);
        // An answer may come while its request is still being written.
        if self.facts.exchange.compare_exchange(IDLE, WAITING, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.unanswered = 0;
        }
    }

    fn said(&mut self, written: &Poll<io::Result<usize>>) {
        if let (true, Poll::Ready(Ok(bytes))) = (self.facts.h2, written) {
            self.flood.said(*bytes);
        }
    }

    /// A server may answer and close before it has read all of a request. Then what it said counts, and not that nothing more
    /// can be written: the write waits until the answer was read, or until reading shows that there is none.
    fn written<T>(&mut self, context: &Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match written {
            Poll::Ready(Err(error)) if !self.facts.h2 && is_lost(&error) => self.lost = Some(error),
            Poll::Pending if !self.facts.h2 => {}
            other => {
                self.facts.blocked.store(false, Ordering::Relaxed);
                return other;
            }
        }
        self.facts.blocked.store(true, Ordering::Relaxed);
        self.facts.ended.register(context.waker());
        match (self.facts.exchange.load(Ordering::Relaxed), self.lost.take()) {
            (IDLE, Some(lost)) => Poll::Ready(Err(lost)),
            (CUT, _) => Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into())),
            (_, lost) => {
                self.lost = lost;
                Poll::Pending
            }
        }
    }

    /// The same, where it is known beforehand.
    fn unwritable<T>(&mut self, context: &Context<'_>) -> Option<Poll<io::Result<T>>> {
        let lost = self.lost.take()?;
        Some(self.written(context, Poll::Ready(Err(lost))))
    }

    /// Nothing has come. To make way, the connection ends as if the server had closed it, which hyper knows how to take: the end
    /// of an idle one costs no request. Nothing can be written between the look at it and the end, since this is the one task
    /// that writes.
    fn quiet(&self, context: &Context<'_>) -> Poll<io::Result<()>> {
        self.facts.reader.register(context.waker());
        if !self.facts.is_leaving() {
            return Poll::Pending;
        }
        if self.facts.is_idle() {
            return Poll::Ready(Ok(()));
        }
        self.facts.leaving.store(false, Ordering::Release);
        self.facts.room.changed();
        Poll::Pending
    }
}

/// Does what may panic on a task of hyper's, where a panic would be told to nobody: it becomes an error of the connection.
fn guarded<T>(work: impl FnOnce() -> Poll<io::Result<T>>) -> Poll<io::Result<T>> {
    let internal = |panic| Poll::Ready(Err(io::Error::other(Failure::internal(&panic, Phase::Response))));
    panics::catch(work).unwrap_or_else(internal)
}

/// Has the other side gone?
fn is_lost(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted)
}

impl Drop for Link {
    fn drop(&mut self) {
        self.facts.counters.close();
        self.facts.room.leave(self.place);
    }
}

impl Connection for Link {
    fn connected(&self) -> Connected {
        let connected = Connected::new().extra(self.facts.clone()).proxy(self.forwarded);
        if self.facts.h2 { connected.negotiated_h2() } else { connected }
    }
}

impl AsyncRead for Link {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = guarded(|| {
            injection::point("poll");
            Pin::new(&mut self.stream).poll_read(context, buffer)
        });
        match read {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(_)) => return read,
            Poll::Pending => return self.quiet(context),
        }
        let count = buffer.filled().len() - before;
        // The end of a connection on which nothing could be written: that says more than the end does.
        if count == 0
            && self.facts.exchange.load(Ordering::Relaxed) == WAITING
            && let Some(lost) = self.lost.take()
        {
            return Poll::Ready(Err(lost));
        }
        let bytes = buffer.filled().get(before..).unwrap_or_default();
        Poll::Ready(self.greet(bytes).and_then(|()| self.count(count)))
    }
}

impl AsyncWrite for Link {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.sending();
        if let Some(unwritable) = self.unwritable(context) {
            return unwritable;
        }
        let written = guarded(|| Pin::new(&mut self.stream).poll_write(context, bytes));
        self.said(&written);
        self.written(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // Most requests are one piece, which the system sends for less as such.
        if let [only] = bytes {
            return self.poll_write(context, only);
        }
        self.sending();
        if let Some(unwritable) = self.unwritable(context) {
            return unwritable;
        }
        let written = guarded(|| Pin::new(&mut self.stream).poll_write_vectored(context, bytes));
        self.said(&written);
        self.written(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(unwritable) = self.unwritable(context) {
            return unwritable;
        }
        let written = guarded(|| Pin::new(&mut self.stream).poll_flush(context));
        self.written(context, written)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        guarded(|| Pin::new(&mut self.stream).poll_shutdown(context))
    }
}

#[cfg(test)]
mod tests;

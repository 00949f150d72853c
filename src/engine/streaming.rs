//! An answer whose body is read piece by piece, as fast as its reader takes it and no faster.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures_util::FutureExt;
use http::HeaderMap;
use tokio::sync::{Mutex, Notify};
use tokio::time::Instant;

use super::clock::Clock;
use super::error::{Error, Failure, Phase};
use super::gate::Pass;
use super::headers;
use super::injection;
use super::memory::{self, NoMemory};
use super::panics;
use super::reading::Reader;
use super::response::Response;
use super::statistics::InFlight;
use super::transport::Body;

/// An open answer. Dropped before its end, it closes the connection; read to its end, it gives it back.
pub struct Streaming<B> {
    head: Arc<Response>,
    /// The error of this request, to be filled in.
    blame: Box<Error>,
    opened: Instant,
    /// What is left to be read; nothing once it has ended, failed or was closed.
    open: Mutex<Option<Open<B>>>,
    closed: AtomicBool,
    closing: Notify,
    /// What came after the body.
    trailers: OnceLock<HeaderMap>,
}

/// How many bytes at most are waited for at once, about: each piece is handed from thread to thread, which takes as long as the
/// arrival of some hundred thousand bytes.
const PIECE: usize = 512 * 1024;

/// As how many bytes a part of a piece counts at least: a server that sends byte by byte is not to fill the memory with parts.
const PART: usize = 256;

struct Open<B> {
    reader: Reader<B>,
    clock: Clock,
    /// What has come for a reader who gave up waiting in that moment.
    come: Vec<Bytes>,
    /// How much that is, in bytes.
    weight: usize,
    /// What came after it.
    end: Option<Result<(), Failure>>,
    /// Leave to be in flight, kept while the body arrives.
    _leave: (Option<Pass>, InFlight),
}

impl<B: Body> Open<B> {
    /// The next bytes, in one or more parts: those that come next, and what is there by then.
    async fn read(&mut self, raw: bool) -> Result<Option<Vec<Bytes>>, Failure> {
        while self.come.is_empty() && self.end.is_none() {
            self.advance(raw).await;
        }
        while self.weight < PIECE && self.end.is_none() {
            // Lets the connection go on, which hands its bytes over one piece at a time.
            tokio::task::yield_now().await;
            if self.advance(raw).now_or_never().is_none() {
                break;
            }
        }
        self.weight = 0;
        match std::mem::take(&mut self.come) {
            come if come.is_empty() => self.end.take().unwrap_or(Ok(())).map(|()| None),
            come => Ok(Some(come)),
        }
    }

    /// Adds what comes next. Dropped on the way, it loses nothing.
    async fn advance(&mut self, raw: bool) {
        match self.reader.piece(raw, &mut self.clock).await {
            Ok(Some(piece)) if piece.is_empty() => {}
            Ok(Some(piece)) => {
                self.weight += piece.len().max(PART);
                self.come.push(piece);
            }
            Ok(None) => self.end = Some(Ok(())),
            Err(failure) => self.end = Some(Err(failure)),
        }
    }
}

/// Why there is no next piece of a body, nor will be.
#[derive(Debug)]
pub enum Stop {
    /// This went wrong.
    Failed(Box<Error>),
    /// The answer was closed before its end.
    Closed,
}

impl<B: Body> Streaming<B> {
    /// The answer with this head and this body.
    pub fn new(head: Arc<Response>, reader: Reader<B>, blame: Box<Error>, leave: (Option<Pass>, InFlight)) -> Self {
        let open = Open { reader, clock: Clock::default(), come: Vec::new(), weight: 0, end: None, _leave: leave };
        Self {
            head,
            blame,
            opened: Instant::now(),
            open: Mutex::new(Some(open)),
            closed: AtomicBool::new(false),
            closing: Notify::new(),
            trailers: OnceLock::new(),
        }
    }

    /// The answer with this body, and the trailers where its own was read to the end.
    ///
    /// # Errors
    /// Where there is no memory for it.
    pub fn answer(&self, body: &[u8]) -> Result<Response, NoMemory> {
        let mut answer = (*self.head).clone();
        answer.body = memory::copied(body)?;
        if let Some(trailers) = self.trailers.get() {
            answer.rare.get_or_insert_default().trailers = headers::block(trailers).into();
        }
        Ok(answer)
    }

    /// The next bytes, decoded or as they came, in one or more parts; `None` at the end. Of two readers each gets what the other did not.
    ///
    /// # Errors
    /// Where the rest of the body does not come.
    pub async fn next(&self, raw: bool) -> Result<Option<Vec<Bytes>>, Stop> {
        // Listening begins before the look, so that no end comes between the two.
        let mut closing = pin!(self.closing.notified());
        closing.as_mut().enable();
        if self.closed.load(Ordering::Acquire) {
            return Err(Stop::Closed);
        }
        tokio::select! {
            biased;
            () = closing => Err(Stop::Closed),
            piece = self.read(raw) => piece.map_err(|failure| Stop::Failed(self.error(failure))),
        }
    }

    /// Closes it, whatever is left and whoever reads.
    pub async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.closing.notify_waiters();
        *self.open.lock().await = None;
    }

    async fn read(&self, raw: bool) -> Result<Option<Vec<Bytes>>, Failure> {
        let mut slot = self.open.lock().await;
        let Some(open) = &mut *slot else { return Ok(None) };
        let reading = async {
            injection::point("read");
            open.read(raw).await
        };
        // After a panic nobody knows how far it has come, so it ends as after any other failure.
        let piece = panics::caught(reading).await.unwrap_or_else(|panic| Err(Failure::internal(&panic, Phase::Body)));
        if !matches!(piece, Ok(Some(_))) {
            if let Some(trailers) = open.reader.trailers() {
                let _ = self.trailers.set(trailers);
            }
            *slot = None;
        }
        piece
    }

    fn error(&self, failure: Failure) -> Box<Error> {
        Box::new(Error {
            kind: failure.kind,
            phase: failure.phase,
            detail: failure.detail,
            errno: failure.errno,
            elapsed: self.blame.elapsed + self.opened.elapsed(),
            ..(*self.blame).clone()
        })
    }
}

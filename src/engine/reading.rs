//! The body of an answer as it is read: bounded in time and size, and decoded on the way.

use std::pin::pin;
use std::time::Duration;

use bytes::{Buf, Bytes};
use http::{HeaderMap, Method, StatusCode};
use tokio::time::Instant;

use super::clock::{Clock, Deadline, earliest};
use super::config::Timeout;
use super::decode::{Coding, Declared, DecodeFailure, Decoder, Progress, codings};
use super::error::{Failure, Kind, Phase};
use super::injection;
use super::memory;
use super::transport::{Body, OpenResponse};

/// How much is decoded in one go, before others on the I/O thread have a turn. A few bytes may be a thousand times as many when
/// they are decoded: whoever streams them has so many in hand, and not all.
const PORTION: usize = 1024 * 1024;

/// After how many bytes to look again whether there is memory.
const LOOK: u64 = PORTION as u64;

/// A body being read.
pub struct Reader<B> {
    body: B,
    coding: Coded,
    /// What is left of a chunk that is being decoded.
    undone: Option<Bytes>,
    /// The length in bytes that the server announced, before decoding.
    expected: Option<u64>,
    /// The bytes that have come, before decoding.
    received: u64,
    /// At how many of them to look again whether there is memory.
    look: u64,
    patience: Patience,
    limit: u64,
}

/// How a body is coded.
enum Coded {
    /// Not at all, or it is to be left as it is.
    Plain,
    /// As this undoes.
    Decoded(Decoder),
}

/// How long to wait for a body.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// The timeouts, for the words of an error.
    pub timeout: Timeout,
    /// When the exchange began.
    pub start: Instant,
    /// When all that it is part of is to be over.
    pub deadline: Option<Deadline>,
}

impl Patience {
    /// When the whole exchange is too late.
    pub fn deadline(&self) -> Option<Instant> {
        let total = self.timeout.total.and_then(|total| self.start.checked_add(total));
        earliest(total, self.deadline.map(|deadline| deadline.at))
    }

    /// Which of the timeouts it was.
    pub fn late(&self, phase: Phase) -> Failure {
        let seconds = |limit: Option<Duration>| limit.unwrap_or_default().as_secs_f64();
        let Timeout { connect, read, write, total, .. } = self.timeout;
        let (kind, detail) = if let Some(deadline) = self.deadline.filter(|deadline| deadline.at <= Instant::now()) {
            (Kind::TotalTimeout, deadline.missed())
        } else if total.is_some_and(|total| self.start.elapsed() >= total) {
            (Kind::TotalTimeout, format!("not finished within the total timeout of {} s", seconds(total)))
        } else if phase.is_connecting() {
            (Kind::ConnectTimeout, format!("no connection within the connect timeout of {} s", seconds(connect)))
        } else if phase == Phase::Send {
            let detail = format!("the server took no more of the body for the write timeout of {} s", seconds(write));
            (Kind::WriteTimeout, detail)
        } else {
            (Kind::ReadTimeout, format!("the server was silent for the read timeout of {} s", seconds(read)))
        };
        Failure::new(kind, phase, detail)
    }
}

impl<B: Body> Reader<B> {
    /// Reads the body of an open answer; `decode` says whether to undo its codings.
    ///
    /// # Errors
    /// Where more bytes are announced than are allowed, or more codings.
    pub fn new(open: OpenResponse<B>, method: &Method, patience: Patience, limit: u64, decode: bool) -> Result<Self, Failure> {
        let bodiless = *method == Method::HEAD || matches!(open.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let expected = if bodiless { None } else { open.body.expected() };
        let coding = match declared(&open.headers, open.status, decode && !bodiless)? {
            Some(codings) if !codings.is_empty() => Coded::Decoded(Decoder::new(&codings, limit).map_err(undecoded)?),
            _ => Coded::Plain,
        };
        if let (Some(announced), Coded::Plain) = (expected.filter(|announced| *announced > limit), &coding) {
            return Err(too_large(limit, announced, "is announced with"));
        }
        Ok(Self { body: open.body, coding, undone: None, expected, received: 0, look: LOOK, patience, limit })
    }

    /// All of it.
    pub async fn all(&mut self, clock: &mut Clock) -> Result<Vec<u8>, Failure> {
        let mut whole = Vec::new();
        if let Coded::Plain = self.coding {
            reserve(&mut whole, self.expected.unwrap_or(0))?;
        }
        while self.more(&mut whole, clock).await? {}
        Ok(whole)
    }

    /// Adds the next bytes, of a coded body at most [`PORTION`]; false at the end. Dropped on the way, it loses nothing: the next
    /// call goes on.
    pub async fn more(&mut self, out: &mut Vec<u8>, clock: &mut Clock) -> Result<bool, Failure> {
        if self.undone.is_some() {
            tokio::task::yield_now().await;
        } else {
            let chunk = self.raw(clock).await?;
            match (&mut self.coding, chunk) {
                (Coded::Plain, None) => return Ok(false),
                (Coded::Plain, Some(chunk)) => {
                    self.check_size()?;
                    reserve(out, chunk.len() as u64)?;
                    out.extend_from_slice(&chunk);
                    return Ok(true);
                }
                // No bytes at all are no body, whatever their coding.
                (Coded::Decoded(_), None) if self.received == 0 => return Ok(false),
                (Coded::Decoded(decoder), None) => return decoder.finish().map(|()| false).map_err(undecoded),
                (Coded::Decoded(_), chunk) => self.undone = chunk,
            }
            injection::point("decode");
        }
        if let (Coded::Decoded(decoder), Some(chunk)) = (&mut self.coding, &mut self.undone) {
            let mut rest = &chunk[..];
            let progress = decoder.decode(&mut rest, out, PORTION).map_err(undecoded)?;
            chunk.advance(chunk.len() - rest.len());
            if progress == Progress::Hungry {
                self.undone = None;
            }
        }
        Ok(true)
    }

    /// The next bytes on their own, decoded or as they came, which then count against the limit as they are; `None` at the end.
    /// There may be none in a piece. Dropped on the way, it loses nothing.
    pub async fn piece(&mut self, raw: bool, clock: &mut Clock) -> Result<Option<Bytes>, Failure> {
        if raw || matches!(self.coding, Coded::Plain) {
            let chunk = self.raw(clock).await?;
            self.check_size()?;
            return Ok(chunk);
        }
        let mut decoded = Vec::new();
        Ok(self.more(&mut decoded, clock).await?.then(|| decoded.into()))
    }

    fn check_size(&self) -> Result<(), Failure> {
        if self.received > self.limit { Err(too_large(self.limit, self.received, "has")) } else { Ok(()) }
    }

    /// The next bytes as they came; `None` at the end.
    async fn raw(&mut self, clock: &mut Clock) -> Result<Option<Bytes>, Failure> {
        // The silence begins when something is waited for: a chunk that is there costs no look at the clock.
        let mut silent_since = None;
        let (read, total) = (self.patience.timeout.read, self.patience.deadline());
        let due = || earliest(read.and_then(|read| silent_since.get_or_insert_with(Instant::now).checked_add(read)), total);
        let came = clock.watch(pin!(self.body.chunk()), None, due).await;
        match came {
            None => {
                self.body.late();
                Err(self.patience.late(Phase::Body))
            }
            Some(Err(Failure { kind: Kind::IncompleteBody { .. }, errno, .. })) => {
                Err(Failure { errno, ..incomplete(self.expected, self.received) })
            }
            Some(chunk) => {
                let chunk = chunk?;
                self.received += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
                // Whoever collects small pieces would come to the very end of memory, where even a connection's buffer finds none.
                if self.received >= self.look {
                    self.look = self.received + LOOK;
                    memory::ask(PORTION).map_err(|_| no_memory(LOOK))?;
                }
                Ok(chunk)
            }
        }
    }

    /// The fields that came after the body, once it has ended.
    pub fn trailers(&mut self) -> Option<HeaderMap> {
        self.body.trailers()
    }
}

/// The codings to undo; `None` where the body is to be left as it is.
fn declared(headers: &HeaderMap, status: StatusCode, decode: bool) -> Result<Option<Vec<Coding>>, Failure> {
    // A part of a coded body cannot be decoded without the rest.
    if !decode || status == StatusCode::PARTIAL_CONTENT {
        return Ok(None);
    }
    match codings(headers).map_err(undecoded)? {
        Declared::Known(codings) => Ok(Some(codings)),
        Declared::Unknown => Ok(None),
    }
}

/// Will the body be, or is it, what its media type says: not coded, or decoded?
pub fn is_decoded(headers: &HeaderMap, status: StatusCode, decode: bool) -> bool {
    match codings(headers) {
        Ok(Declared::Known(codings)) => codings.is_empty() || decode && status != StatusCode::PARTIAL_CONTENT,
        _ => false,
    }
}

fn undecoded(failure: DecodeFailure) -> Failure {
    let kind = match failure {
        DecodeFailure::TooLarge { limit } => Kind::LimitExceeded { limit: Some(limit), value: None },
        DecodeFailure::TooMany | DecodeFailure::Memory => Kind::LimitExceeded { limit: None, value: None },
        DecodeFailure::Corrupt(_) | DecodeFailure::Truncated(_) => Kind::Decode,
    };
    let detail = match failure {
        DecodeFailure::TooLarge { limit } => format!("the decoded body is larger than max_body={limit}"),
        other => other.to_string(),
    };
    Failure::new(kind, Phase::Body, detail)
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
    let more = usize::try_from(bytes).unwrap_or(usize::MAX);
    // The first time it is known how many there are in all.
    let made = if body.capacity() == 0 { memory::room(more).map(|room| *body = room) } else { memory::grow(body, more) };
    made.map_err(|_| no_memory(bytes))
}

fn no_memory(bytes: u64) -> Failure {
    let kind = Kind::LimitExceeded { limit: None, value: Some(bytes) };
    Failure::new(kind, Phase::Body, format!("no memory for {bytes} more bytes of the body"))
}

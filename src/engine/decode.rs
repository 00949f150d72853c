//! Content decoding (RFC 9110, section 8.4): what `Content-Encoding` declares, undone while the body arrives.
//!
//! A push decoder without I/O: coded chunks go in, decoded bytes come out, never more than asked for. So a bound on the body
//! is checked while it is decoded, and a bomb stops at the bound.
//!
//! * A body that ends early is an error, never a success. An empty body is empty in any coding.
//! * gzip, deflate and br say themselves where they end; what follows is ignored, as browsers do. Two things after a gzip
//!   member are no junk: another member, and a lone first byte of one, which is a body cut short.
//! * In zstd every byte belongs to a frame, so anything else after a frame is an error.

mod coder;
#[cfg(test)]
mod tests;

use std::fmt;

use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use super::memory;
use coder::Coder;

/// Codings that may be chained; each is one more place where little input becomes much.
pub const MAX_CODINGS: usize = 5;

/// The most decoded bytes made in one step, and so the most that memory grows before bounds are checked again.
const STEP: usize = 64 * 1024;

/// The size of the buffer between two chained codings.
const BETWEEN: usize = 16 * 1024;

/// Bytes passed between chained codings in one call, after which the caller gets a word: bombs may decode to nothing.
const WORK: usize = 1024 * 1024;

/// A content coding that can be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// RFC 1952, all members.
    Gzip,
    /// RFC 1950, or RFC 1951 from servers that take the name literally.
    Deflate,
    /// RFC 7932.
    Brotli,
    /// RFC 8878, all frames, with the window of RFC 9659.
    Zstd,
}

const NAMES: [(&str, Coding); 5] = [
    ("gzip", Coding::Gzip),
    ("x-gzip", Coding::Gzip),
    ("deflate", Coding::Deflate),
    ("br", Coding::Brotli),
    ("zstd", Coding::Zstd),
];

impl Coding {
    fn named(name: &[u8]) -> Option<Self> {
        NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes())).map(|(_, coding)| *coding)
    }
}

impl fmt::Display for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        })
    }
}

/// What the headers declare about the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declared {
    /// These codings, in the order in which they were applied; none where the body is plain.
    Known(Vec<Coding>),
    /// Some coding that cannot be undone here: the body is to be left as it is.
    Unknown,
}

/// Reads all `Content-Encoding` lines. Names are case-insensitive, and `identity` stands for nothing.
///
/// # Errors
/// Where more than [`MAX_CODINGS`] are chained.
pub fn codings(headers: &HeaderMap) -> Result<Declared, DecodeFailure> {
    let mut found = Vec::new();
    let names = headers.get_all(CONTENT_ENCODING).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    let names = names.map(<[u8]>::trim_ascii).filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case(b"identity"));
    for name in names {
        if found.len() == MAX_CODINGS {
            return Err(DecodeFailure::TooMany);
        }
        found.push(Coding::named(name));
    }
    Ok(found.into_iter().collect::<Option<_>>().map_or(Declared::Unknown, Declared::Known))
}

/// Why a body could not be decoded. Never holds any of its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecodeFailure {
    /// The body is not what was declared, in words.
    Corrupt(String),
    /// The body ended before its coding did.
    Truncated(Coding),
    /// The decoded body is larger than allowed.
    TooLarge {
        /// The bound, in decoded bytes.
        limit: u64,
    },
    /// More than [`MAX_CODINGS`] were declared.
    TooMany,
    /// There is not enough memory.
    Memory,
}

impl fmt::Display for DecodeFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Corrupt(what) => f.write_str(what),
            Self::Truncated(coding) => write!(f, "the body ended before its {coding} coding did: it was cut short"),
            Self::TooLarge { limit } => write!(f, "the decoded body is larger than the {limit} bytes allowed"),
            Self::TooMany => write!(f, "more than {MAX_CODINGS} chained content codings were declared"),
            Self::Memory => f.write_str("not enough memory to decode the body"),
        }
    }
}

impl std::error::Error for DecodeFailure {}

/// How a call to [`Decoder::decode`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// All input is used up, and all that it decodes to was given out.
    Hungry,
    /// There may be more to give out: call again with what is left of the input, even where nothing is.
    More,
}

/// Undoes a chain of codings. Without any, bytes pass through and are only counted.
#[derive(Debug)]
pub struct Decoder {
    /// In the order of decoding: the coding applied last comes first.
    stages: Vec<Stage>,
    limit: u64,
    made: u64,
    failed: Option<DecodeFailure>,
}

#[derive(Debug)]
struct Stage {
    coder: Coder,
    /// What the stage before has made; not used by the first one.
    inbox: Vec<u8>,
    taken: usize,
    received: u64,
}

/// What is left to spend between chained codings.
struct Budget {
    work: usize,
    limit: u64,
}

impl Budget {
    /// The most bytes between two codings: they are coded, so there are fewer than decoded ones, but for what does not shrink.
    fn between(&self) -> u64 {
        self.limit.saturating_mul(2).saturating_add(STEP as u64)
    }
}

enum Step {
    Made(usize),
    Hungry,
    Tired,
}

impl Decoder {
    /// A decoder that gives out at most `limit` bytes in all.
    ///
    /// # Errors
    /// Where the codings are too many, or there is no memory for them.
    pub fn new(codings: &[Coding], limit: u64) -> Result<Self, DecodeFailure> {
        if codings.len() > MAX_CODINGS {
            return Err(DecodeFailure::TooMany);
        }
        let stage = |coding: &Coding| Ok(Stage { coder: Coder::new(*coding)?, inbox: Vec::new(), taken: 0, received: 0 });
        Ok(Self { stages: codings.iter().rev().map(stage).collect::<Result<_, _>>()?, limit, made: 0, failed: None })
    }

    /// The bytes given out so far.
    #[cfg(test)]
    pub fn made(&self) -> u64 {
        self.made
    }

    /// Decodes from `input`, which is moved past what was used, and adds at most `at_most` bytes to `out`.
    ///
    /// # Errors
    /// Where the body cannot be decoded or is too large; later calls fail the same way. Bytes right before the fault may be lost.
    pub fn decode(&mut self, input: &mut &[u8], out: &mut Vec<u8>, at_most: usize) -> Result<Progress, DecodeFailure> {
        if let Some(failure) = &self.failed {
            return Err(failure.clone());
        }
        let start = out.len();
        let mut filled = start;
        let result = self.run(input, out, &mut filled, at_most);
        out.truncate(filled);
        self.made += (filled - start) as u64;
        self.failed = result.as_ref().err().cloned();
        result
    }

    /// Decodes all of `input`. For bodies from the network [`Self::decode`] is better: it lets others have a turn.
    ///
    /// # Errors
    /// As [`Self::decode`].
    #[cfg(test)]
    pub fn feed(&mut self, mut input: &[u8], out: &mut Vec<u8>) -> Result<(), DecodeFailure> {
        while self.decode(&mut input, out, usize::MAX)? == Progress::More {}
        Ok(())
    }

    /// Says whether the body is complete. To be asked after the last [`Progress::Hungry`].
    ///
    /// # Errors
    /// Where decoding has failed, or the body was cut short.
    pub fn finish(&self) -> Result<(), DecodeFailure> {
        if let Some(failure) = &self.failed {
            return Err(failure.clone());
        }
        match self.stages.iter().find(|stage| !stage.coder.complete()) {
            Some(stage) => Err(DecodeFailure::Truncated(stage.coder.coding())),
            None => Ok(()),
        }
    }

    fn run(
        &mut self,
        input: &mut &[u8],
        out: &mut Vec<u8>,
        filled: &mut usize,
        at_most: usize,
    ) -> Result<Progress, DecodeFailure> {
        let start = *filled;
        // One byte more than allowed shows that the body is too large.
        let allowed = usize::try_from(self.limit - self.made).unwrap_or(usize::MAX - 1).min(usize::MAX - 1);
        let most = at_most.min(allowed + 1);
        let mut step = input.len().saturating_mul(4).clamp(1024, STEP);
        let mut budget = Budget { work: WORK, limit: self.limit };
        loop {
            if *filled == out.len() {
                let made = *filled - start;
                let room = step.min(most - made);
                if room == 0 {
                    return Ok(Progress::More);
                }
                grow(out, room, allowed + 1 - made)?;
                out.resize(*filled + room, 0);
                step = (step * 2).min(STEP);
            }
            match pull(&mut self.stages, input, out.get_mut(*filled..).unwrap_or_default(), &mut budget)? {
                Step::Made(written) => *filled += written,
                Step::Hungry => return Ok(Progress::Hungry),
                Step::Tired => return Ok(Progress::More),
            }
            if *filled - start > allowed {
                *filled = start + allowed;
                return Err(DecodeFailure::TooLarge { limit: self.limit });
            }
        }
    }
}

/// Asks the last stage for bytes, which asks those before it where it is hungry.
fn pull(stages: &mut [Stage], input: &mut &[u8], out: &mut [u8], budget: &mut Budget) -> Result<Step, DecodeFailure> {
    let step = |written| if written > 0 { Step::Made(written) } else { Step::Hungry };
    let Some((last, before)) = stages.split_last_mut() else { return Ok(step(copy(input, out))) };
    if before.is_empty() {
        return last.coder.step(input, out).map(step);
    }
    loop {
        let mut rest = last.inbox.get(last.taken..).unwrap_or_default();
        let written = last.coder.step(&mut rest, out)?;
        last.taken = last.inbox.len() - rest.len();
        if written > 0 {
            return Ok(Step::Made(written));
        }
        last.taken = 0;
        last.inbox.clear();
        if budget.work == 0 {
            return Ok(Step::Tired);
        }
        last.inbox.resize(BETWEEN, 0);
        let step = pull(before, input, &mut last.inbox, budget);
        let received = if let Ok(Step::Made(received)) = step { received } else { 0 };
        last.inbox.truncate(received);
        last.received += received as u64;
        if last.received > budget.between() {
            return Err(DecodeFailure::TooLarge { limit: budget.limit });
        }
        match step? {
            Step::Made(_) => budget.work = budget.work.saturating_sub(received),
            other => return Ok(other),
        }
    }
}

fn copy(input: &mut &[u8], out: &mut [u8]) -> usize {
    let length = input.len().min(out.len());
    if let (Some((now, later)), Some(space)) = (input.split_at_checked(length), out.get_mut(..length)) {
        space.copy_from_slice(now);
        *input = later;
    }
    length
}

/// Makes room, doubling as a `Vec` does, but never for more than may come.
fn grow(out: &mut Vec<u8>, room: usize, allowed: usize) -> Result<(), DecodeFailure> {
    if out.capacity() - out.len() >= room {
        return Ok(());
    }
    let more = out.capacity().min(allowed).max(room);
    memory::ask(out.len().saturating_add(more)).map_err(|_| DecodeFailure::Memory)?;
    out.try_reserve_exact(more).map_err(|_| DecodeFailure::Memory)
}

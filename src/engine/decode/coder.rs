//! One content coding, undone step by step.
//!
//! Crates, chosen for a true push interface: `flate2` over `zlib-rs`, which is Rust and as fast as zlib-ng, and verifies
//! gzip's checksums itself; `brotli-decompressor`, Rust without unsafe; `zstd-safe`, because libzstd takes input in any
//! pieces and caps the window, where `ruzstd` pulls from a reader and is several times slower. `compression-codecs` would
//! bring the same three, but its gzip does not tell a cut second member from junk.

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::{Decompress, FlushDecompress, Status};
use zstd_safe::zstd_sys::ZSTD_ErrorCode;
use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer};

use super::{Coding, DecodeFailure};

/// Windows of 8 MB (RFC 9659, section 3), as a power of two.
const ZSTD_WINDOW_LOG: u32 = 23;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// A coding with its state.
pub struct Coder {
    coding: Coding,
    engine: Engine,
    /// Whether any input came.
    begun: bool,
    /// Whether the last step filled its output, so that more may wait inside.
    full: bool,
    made: u64,
}

enum Engine {
    Gzip(Decompress, Gzip),
    Deflate(Deflate),
    Brotli { state: Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>, ended: bool },
    Zstd { context: DCtx<'static>, inside: bool },
}

/// Where in a row of gzip members we are.
enum Gzip {
    Member,
    /// After a member, or in the zeros that pad it.
    After,
    /// After a member and the first byte of what may be the next.
    Magic,
    Junk,
}

enum Deflate {
    Unknown(Option<u8>),
    Inside(Decompress),
    Ended,
}

/// What a step has read and written, or why it failed.
type Moved = Result<(usize, usize), Fault>;

enum Fault {
    Memory,
    Corrupt {
        /// Whether it was not that coding at all, as far as can be told.
        foreign: bool,
        why: String,
    },
}

impl Coder {
    /// A coder at the start of a body.
    pub fn new(coding: Coding) -> Result<Self, DecodeFailure> {
        let engine = match coding {
            Coding::Gzip => Engine::Gzip(Decompress::new_gzip(15), Gzip::Member),
            Coding::Deflate => Engine::Deflate(Deflate::Unknown(None)),
            Coding::Brotli => {
                // Strict: without the windows of a gigabyte that are no part of RFC 7932.
                let state = BrotliState::new_strict(StandardAlloc::default(), StandardAlloc::default(), StandardAlloc::default());
                Engine::Brotli { state: Box::new(state), ended: false }
            }
            Coding::Zstd => {
                let mut context = DCtx::try_create().ok_or(DecodeFailure::Memory)?;
                context.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG)).map_err(|_| DecodeFailure::Memory)?;
                Engine::Zstd { context, inside: false }
            }
        };
        Ok(Self { coding, engine, begun: false, full: false, made: 0 })
    }

    /// The coding that is undone.
    pub fn coding(&self) -> Coding {
        self.coding
    }

    /// Whether the body may end here.
    pub fn complete(&self) -> bool {
        !self.begun
            || match &self.engine {
                Engine::Gzip(_, at) => matches!(at, Gzip::After | Gzip::Junk),
                Engine::Deflate(deflate) => matches!(deflate, Deflate::Ended),
                Engine::Brotli { ended, .. } => *ended,
                Engine::Zstd { inside, .. } => !inside,
            }
    }

    /// Decodes from `input`, which is moved past what was used, into `out`, and says how much was written. Nothing was
    /// written only where all input is used up and nothing waits inside.
    pub fn step(&mut self, input: &mut &[u8], out: &mut [u8]) -> Result<usize, DecodeFailure> {
        while self.full || !input.is_empty() {
            let (read, written) = self.engine.step(input, out).map_err(|fault| self.failure(fault))?;
            let stuck = read == 0 && written == 0 && !input.is_empty();
            *input = input.get(read..).unwrap_or_default();
            self.begun |= read > 0;
            self.full = written == out.len();
            self.made += written as u64;
            if written > 0 {
                return Ok(written);
            }
            if stuck {
                return Err(self.failure(Fault::Corrupt { foreign: false, why: "no progress".to_owned() }));
            }
        }
        Ok(0)
    }

    fn failure(&self, fault: Fault) -> DecodeFailure {
        let (Coder { coding, made, .. }, Fault::Corrupt { foreign, why }) = (self, fault) else { return DecodeFailure::Memory };
        DecodeFailure::Corrupt(match foreign && *made == 0 {
            true => format!("declared {coding}, got bytes that are not ({why})"),
            false => format!("declared {coding}, got damaged data ({why})"),
        })
    }
}

impl std::fmt::Debug for Coder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Coder").field("coding", &self.coding).field("made", &self.made).finish_non_exhaustive()
    }
}

impl Engine {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Moved {
        match self {
            Self::Gzip(member, at) => gzip(member, at, input, out),
            Self::Deflate(deflate) => deflate.step(input, out),
            Self::Brotli { ended: true, .. } => Ok((input.len(), 0)),
            Self::Brotli { state, ended } => {
                let (mut read, mut written, mut total) = (0, 0, 0);
                let (mut unread, mut room) = (input.len(), out.len());
                match BrotliDecompressStream(&mut unread, &mut read, input, &mut room, &mut written, out, &mut total, state) {
                    BrotliResult::ResultSuccess => *ended = true,
                    BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
                    BrotliResult::ResultFailure => {
                        return Err(Fault::Corrupt { foreign: written == 0, why: "invalid stream".to_owned() });
                    }
                }
                Ok((read, written))
            }
            Self::Zstd { context, inside } => {
                let (mut from, mut to) = (InBuffer::around(input), OutBuffer::around(out));
                let hint = context.decompress_stream(&mut to, &mut from).map_err(|code| {
                    let is = |kind| zstd_safe::is_error_kind(code, kind);
                    if is(ZSTD_ErrorCode::ZSTD_error_memory_allocation) {
                        return Fault::Memory;
                    }
                    let foreign = is(ZSTD_ErrorCode::ZSTD_error_prefix_unknown);
                    Fault::Corrupt { foreign, why: zstd_safe::get_error_name(code).to_lowercase() }
                })?;
                let moved = (from.pos(), to.pos());
                // Zero says that a frame is complete. A call that moved nothing asks for the next frame's head: no news.
                if moved != (0, 0) || hint == 0 {
                    *inside = hint != 0;
                }
                Ok(moved)
            }
        }
    }
}

fn gzip(member: &mut Decompress, at: &mut Gzip, input: &[u8], out: &mut [u8]) -> Moved {
    match (&at, input.first()) {
        (Gzip::Member, _) => {
            let (moved, ended) = inflate(member, input, out)?;
            if ended {
                *at = Gzip::After;
            }
            Ok(moved)
        }
        (Gzip::After, Some(0)) => Ok((input.iter().take_while(|byte| **byte == 0).count(), 0)),
        (Gzip::After, Some(first)) if *first == GZIP_MAGIC[0] => {
            *at = Gzip::Magic;
            Ok((1, 0))
        }
        (Gzip::Magic, Some(second)) if *second == GZIP_MAGIC[1] => {
            member.reset(true);
            let ((_, written), _) = inflate(member, &GZIP_MAGIC, out)?;
            *at = Gzip::Member;
            Ok((1, written))
        }
        (Gzip::After | Gzip::Magic, Some(_)) => {
            *at = Gzip::Junk;
            Ok((input.len(), 0))
        }
        (Gzip::Junk, _) | (_, None) => Ok((input.len(), 0)),
    }
}

impl Deflate {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Moved {
        match (&mut *self, input) {
            (Self::Ended, _) | (Self::Unknown(_), []) => Ok((input.len(), 0)),
            (Self::Unknown(None), [first, ..]) => {
                *self = Self::Unknown(Some(*first));
                Ok((1, 0))
            }
            (Self::Unknown(Some(first)), [second, ..]) => {
                let mut stream = Decompress::new(is_zlib([*first, *second]));
                // One byte alone holds no whole symbol, so nothing comes out of it and it cannot be the end.
                inflate(&mut stream, &[*first], out)?;
                let (moved, ended) = inflate(&mut stream, input, out)?;
                *self = if ended { Self::Ended } else { Self::Inside(stream) };
                Ok(moved)
            }
            (Self::Inside(stream), _) => {
                let (moved, ended) = inflate(stream, input, out)?;
                if ended {
                    *self = Self::Ended;
                }
                Ok(moved)
            }
        }
    }
}

/// Whether a body begins with the header of RFC 1950, section 2.2. No raw one does: it would begin with a stored block whose
/// padding is not zero, which no encoder writes.
fn is_zlib([first, second]: [u8; 2]) -> bool {
    first & 0x0f == 8 && first >> 4 <= 7 && u16::from_be_bytes([first, second]) % 31 == 0
}

fn inflate(stream: &mut Decompress, input: &[u8], out: &mut [u8]) -> Result<((usize, usize), bool), Fault> {
    let (read, written) = (stream.total_in(), stream.total_out());
    let result = stream.decompress(input, out, FlushDecompress::None);
    let status = result.map_err(|error| match error.needs_dictionary() {
        Some(_) => Fault::Corrupt { foreign: false, why: "it needs a preset dictionary".to_owned() },
        None => Fault::Corrupt { foreign: stream.total_out() == 0, why: error.message().unwrap_or("invalid stream").to_owned() },
    })?;
    let moved = |now: u64, before: u64| usize::try_from(now - before).unwrap_or(usize::MAX);
    Ok(((moved(stream.total_in(), read), moved(stream.total_out(), written)), status == Status::StreamEnd))
}

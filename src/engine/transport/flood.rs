//! HTTP/2 frames without end. Windows bound data (RFC 9113, section 5.2), and nothing bounds the rest, which costs a server nothing.

use std::io;

/// More bytes than this in which nobody finds the head of an answer or a piece of a body end the connection. Windows let 5 MiB of
/// data wait for who reads slowly.
const FRUITLESS: u64 = 16 * 1024 * 1024;
/// So many bytes said let one more come: of an upload that nothing comes back of but room for more of it.
const SAID_PER_BYTE: u64 = 8;

/// What has come on a connection since the last piece of any answer.
#[derive(Debug, Default)]
pub struct Flood {
    bytes: u64,
    pieces: u32,
}

impl Flood {
    /// So many bytes have come; there have been so many pieces of answers in all.
    pub fn came(&mut self, bytes: usize, pieces: u32) -> io::Result<()> {
        if pieces != self.pieces {
            *self = Self { bytes: 0, pieces };
        }
        self.bytes += bytes as u64;
        if self.bytes <= FRUITLESS {
            return Ok(());
        }
        // Of this, HTTP/2's own errors keep the kind and the words.
        let detail = format!("more than {FRUITLESS} bytes of HTTP/2 frames without an answer in them");
        Err(io::Error::new(io::ErrorKind::QuotaExceeded, detail))
    }

    /// So many bytes were said.
    pub fn said(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes as u64 / SAID_PER_BYTE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIECE: usize = 1024 * 1024;

    #[test]
    fn what_leads_to_nothing_is_bounded() {
        let mut flood = Flood::default();
        assert!((0..16).all(|_| flood.came(PIECE, 0).is_ok()));
        assert_eq!(flood.came(1, 0).expect_err("too much").kind(), io::ErrorKind::QuotaExceeded);
        assert!((1..1000).all(|pieces| flood.came(PIECE, pieces).is_ok()), "an answer comes");
    }

    #[test]
    fn an_upload_may_last() {
        let mut flood = Flood::default();
        for _ in 0..10_000_000 {
            flood.said(16_384);
            assert!(flood.came(26, 0).is_ok());
        }
    }
}

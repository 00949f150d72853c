//! How an HTTP/1 answer begins. hyper refuses what is none, too, and does not tell what it was.

use super::super::error::{Failure, Kind, Phase};

/// RFC 9112, section 4.
const BEGINNING: &[u8] = b"HTTP/1.";
/// So much of anything else is quoted.
const QUOTED: usize = 100;

/// Looks at the first bytes that have come, which may be fewer than it takes to tell.
pub fn check(bytes: &[u8]) -> Result<(), Failure> {
    let begun = bytes.trim_ascii_start();
    if begun.iter().zip(BEGINNING).all(|(byte, expected)| byte == expected) {
        return Ok(());
    }
    // No more than a line: what follows may be a secret that the other side sends back.
    let line = begun.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    let quoted = line.get(..QUOTED).unwrap_or(line).escape_ascii();
    let detail = format!("no HTTP/1 answer: it begins with \"{quoted}\"");
    Err(Failure::new(Kind::Protocol, Phase::Response, detail))
}

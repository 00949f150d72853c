//! Content codings: never more than allowed comes out, and how the body is cut makes no difference.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use super::{cut, head};
use crate::engine::decode::{Coding, Declared, DecodeFailure, Decoder, MAX_CODINGS, Progress, codings};

/// More than most bodies in a corpus decode to, and less than a bomb.
const LIMIT: usize = 200_000;

/// A `Content-Encoding`, and a body.
pub fn decode(data: &[u8]) {
    let ([names], body) = head(data);
    let Ok(value) = names.try_into() else { return };
    let headers: HeaderMap = [(CONTENT_ENCODING, value)].into_iter().collect();
    let Ok(Declared::Known(chain)) = codings(&headers) else { return };
    assert!(chain.len() <= MAX_CODINGS);
    let whole = decoded(&chain, body, body.len(), usize::MAX, LIMIT);
    for (size, at_most) in [(1, 1000), (7, usize::MAX), (1000, 64)] {
        // Which fault comes first, and in which words, may differ: bytes right before one may be lost.
        let pieces = decoded(&chain, body, size, at_most, LIMIT);
        assert_eq!(pieces.ok(), whole.as_ref().ok().cloned(), "in pieces of {size}, for at most {at_most}");
    }
    if let Ok(whole) = &whole {
        // A bound of its own size lets it through, and one byte less does not.
        assert_eq!(decoded(&chain, body, body.len(), usize::MAX, whole.len()).as_ref(), Ok(whole));
        if let Some(limit) = whole.len().checked_sub(1) {
            let expected = Err(DecodeFailure::TooLarge { limit: limit as u64 });
            assert_eq!(decoded(&chain, body, body.len(), usize::MAX, limit), expected);
        }
    }
    let mut coder = GzEncoder::new(Vec::new(), Compression::fast());
    coder.write_all(body).expect("written");
    let coded = coder.finish().expect("written");
    assert_eq!(decoded(&[Coding::Gzip], &coded, 100, 1000, body.len()).as_deref(), Ok(body));
}

fn decoded(chain: &[Coding], body: &[u8], size: usize, at_most: usize, limit: usize) -> Result<Vec<u8>, DecodeFailure> {
    let mut decoder = Decoder::new(chain, limit as u64)?;
    let mut out = Vec::new();
    for mut piece in cut(body, size) {
        loop {
            let before = out.len();
            let progress = decoder.decode(&mut piece, &mut out, at_most);
            assert!(out.len() <= limit && out.len() - before <= at_most);
            match progress? {
                Progress::More => {}
                Progress::Hungry => break,
            }
        }
    }
    decoder.finish().map(|()| out)
}

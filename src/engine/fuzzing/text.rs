//! Bytes into text, text into lines, lines into events: however they are cut, it is the same.

use encoding_rs::{Encoding, REPLACEMENT, UTF_8};

use super::{cut, text_head};
use crate::engine::charset::{self as charsets, TextDecoder};
use crate::engine::events::{Event, EventTooLarge, Events};
use crate::engine::lines::{LineTooLong, Lines};

const SIZES: [usize; 3] = [1, 2, 7];

/// A `Content-Type` and a body.
pub fn charset(data: &[u8]) {
    let Some(([content_type], body)) = text_head(data) else { return };
    let (text, encoding) = charsets::text(Some(content_type), body);
    assert_ne!(encoding, REPLACEMENT);
    for size in SIZES {
        let mut decoder = TextDecoder::new(encoding);
        let mut pieces: String = cut(body, size).map(|piece| decoder.decode(piece, false)).collect();
        pieces += &decoder.decode(b"", true);
        assert_eq!(pieces, text, "in pieces of {size}");
    }
    if Encoding::for_bom(body).is_none() {
        if let Some(declared) = charsets::declared(content_type) {
            assert_eq!(encoding, declared);
        } else if charsets::is_json(content_type) {
            assert_eq!(encoding, UTF_8);
        }
    }
}

/// A limit, and a stream of events.
pub fn events(data: &[u8]) {
    let Some(([limit], stream)) = text_head(data) else { return };
    let limit = limit.parse().unwrap_or(1 << 20);
    let read = |size: usize| -> (Vec<Event>, Result<(), EventTooLarge>) {
        let (mut parser, mut events) = (Events::new(limit), Vec::new());
        let result = cut(stream, size).try_for_each(|piece| parser.push(piece, &mut events));
        (events, result)
    };
    let whole = read(stream.len());
    for size in SIZES {
        assert_eq!(read(size), whole, "in pieces of {size}");
    }
    let mut data = 0;
    for Event { event, data: text, id, .. } in &whole.0 {
        assert!(!event.is_empty() && !event.contains(['\n', '\r']) && !id.contains(['\n', '\r', '\0']));
        assert!(text.len() <= limit && event.len() <= limit.max("message".len()));
        data += text.len();
    }
    // A byte that is no UTF-8 becomes three.
    assert!(data <= stream.len() * 3);
}

/// A limit, and text.
pub fn lines(data: &[u8]) {
    let Some(([limit], text)) = text_head(data) else { return };
    let (limit, text) = (limit.parse().unwrap_or(1 << 20), String::from_utf8_lossy(text));
    let split = |size: usize| -> (Vec<String>, Result<(), LineTooLong>) {
        let (mut splitter, mut lines) = (Lines::new(limit), Vec::new());
        let mut characters = text.chars().peekable();
        let mut result = Ok(());
        while result.is_ok() && characters.peek().is_some() {
            let piece: String = characters.by_ref().take(size).collect();
            result = splitter.push(&piece, |line| {
                lines.push(line.to_owned());
                Ok(())
            });
        }
        if result.is_ok() {
            lines.extend(splitter.finish());
        }
        (lines, result)
    };
    let whole = split(usize::MAX);
    for size in SIZES {
        assert_eq!(split(size), whole, "in pieces of {size}");
    }
    if whole.1.is_ok() {
        let ends = text.replace("\r\n", "\n").replace('\r', "\n");
        let mut expected: Vec<&str> = ends.split('\n').collect();
        expected.pop_if(|last| last.is_empty());
        assert_eq!(whole.0, expected);
    }
    assert!(whole.0.iter().all(|line| line.len() <= limit));
}

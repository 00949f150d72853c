//! The encodings that JSON bodies come in.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::Fault;
use crate::engine::memory;

/// The text of a body without a byte order mark, or in words why there is none.
///
/// JSON is UTF-8 (RFC 8259, section 8.1). Its first character is ASCII, so UTF-16 and UTF-32 show by their zeros, with or
/// without a mark. Where neither does, the encoding that somebody said is believed.
pub fn text<'b>(body: &'b [u8], said: Option<&'static Encoding>) -> Result<Cow<'b, str>, String> {
    match body {
        [0, 0, 0xfe, 0xff, text @ ..] => utf32(text, u32::from_be_bytes, "UTF-32BE"),
        [0xff, 0xfe, 0, 0, text @ ..] => utf32(text, u32::from_le_bytes, "UTF-32LE"),
        [0xfe, 0xff, text @ ..] => decoded(text, UTF_16BE),
        [0xff, 0xfe, text @ ..] => decoded(text, UTF_16LE),
        [0xef, 0xbb, 0xbf, text @ ..] => decoded(text, UTF_8),
        [0, 0, 0, _, ..] => utf32(body, u32::from_be_bytes, "UTF-32BE"),
        [_, 0, 0, 0, ..] => utf32(body, u32::from_le_bytes, "UTF-32LE"),
        [0, _, ..] => decoded(body, UTF_16BE),
        [_, 0, ..] => decoded(body, UTF_16LE),
        _ => decoded(body, said.unwrap_or(UTF_8)),
    }
}

fn decoded<'b>(text: &'b [u8], encoding: &'static Encoding) -> Result<Cow<'b, str>, String> {
    if encoding != UTF_8 {
        memory::ask(text.len().saturating_mul(3)).map_err(|lack| lack.to_string())?;
    }
    // Borrowed where it is UTF-8, after a check that is faster than the standard library's.
    let decoded = encoding.decode_without_bom_handling_and_without_replacement(text);
    decoded.ok_or_else(|| {
        if encoding != UTF_8 {
            return format!("not {}", encoding.name());
        }
        Fault { what: "not UTF-8", at: Encoding::utf8_valid_up_to(text) }.describe(text)
    })
}

fn utf32<'b>(text: &[u8], unit: fn([u8; 4]) -> u32, name: &str) -> Result<Cow<'b, str>, String> {
    memory::ask(text.len().saturating_mul(2)).map_err(|lack| lack.to_string())?;
    let (units, rest) = text.as_chunks::<4>();
    let text: Option<String> = units.iter().map(|bytes| char::from_u32(unit(*bytes))).collect();
    text.filter(|_| rest.is_empty()).map(Cow::Owned).ok_or_else(|| format!("not {name}"))
}

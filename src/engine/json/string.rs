//! Strings: where they end, and what their escapes stand for.

use std::borrow::Cow;

use encoding_rs::UTF_8;

use super::step::{BITS, STEP, look};
use super::{Fault, NO_MEMORY, Reader};
use crate::engine::memory;

/// What an escape stands for has at most so many bytes.
const LONGEST: usize = 4;

/// What a string says.
#[derive(Debug, Clone, Copy)]
pub enum Text<'t> {
    /// ASCII only.
    Ascii(&'t str),
    /// Other characters too.
    Wide(&'t str),
    /// Halves of surrogate pairs too, which are encoded as if they were characters; the rest is UTF-8.
    Halves(&'t [u8]),
}

/// How many bytes stand for themselves, up to a quote, an escape, a control character or the end; and whether all are ASCII.
#[inline(always)]
fn plain(text: &[u8]) -> (usize, bool) {
    let (mut seen, mut wide) = (0, 0);
    while let Some(step) = text.get(seen..).and_then(<[u8]>::first_chunk::<STEP>) {
        let (ends, wides) = look(step);
        if ends != 0 {
            let before = (ends ^ (ends - 1)) >> 1;
            return (seen + (ends.trailing_zeros() / BITS) as usize, wide | (wides & before) == 0);
        }
        wide |= wides;
        seen += STEP;
    }
    let rest = text.get(seen..).unwrap_or_default();
    let last = rest.iter().take_while(|&&byte| !matches!(byte, b'"' | b'\\' | 0..0x20));
    let (count, ascii) = last.fold((0, wide == 0), |(count, ascii), byte| (count + 1, ascii & byte.is_ascii()));
    (seen + count, ascii)
}

/// What a string with escapes stands for, as UTF-8: half of a surrogate pair, which that does not have, becomes U+FFFD. The text
/// is the string as it is written, quotes included, and known to be good.
pub fn unescape(text: &str, into: &mut Vec<u8>) {
    let mut reader = Reader { text, at: 0, unescaped: std::mem::take(into) };
    let has_halves = matches!(reader.escaped(), Ok(Text::Halves(_)));
    *into = reader.unescaped;
    if has_halves {
        // Encoded they are as long as U+FFFD is, and nothing else has these two bytes in a row.
        for at in 0..into.len() {
            if let Some(half @ [0xed, 0xa0..=0xbf, _]) = into.get_mut(at..at + 3) {
                half.copy_from_slice("\u{fffd}".as_bytes());
            }
        }
    }
}

impl Reader<'_> {
    /// The string whose first quote is here.
    #[inline(always)]
    pub fn string(&mut self) -> Result<Text<'_>, Fault> {
        let start = self.at + 1;
        let (length, ascii) = plain(self.bytes().get(start..).unwrap_or_default());
        let end = start + length;
        if self.bytes().get(end) != Some(&b'"') {
            return self.escaped();
        }
        self.at = end + 1;
        let text = self.text.get(start..end).unwrap_or_default();
        Ok(if ascii { Text::Ascii(text) } else { Text::Wide(text) })
    }

    #[inline(never)]
    fn escaped(&mut self) -> Result<Text<'_>, Fault> {
        let quote = self.at;
        let mut ascii = true;
        self.unescaped.clear();
        self.at += 1;
        loop {
            let rest = self.bytes().get(self.at..).unwrap_or_default();
            let (length, only_ascii) = plain(rest);
            if memory::grow(&mut self.unescaped, length + LONGEST).is_err() {
                return self.fail(NO_MEMORY);
            }
            self.unescaped.extend_from_slice(rest.get(..length).unwrap_or_default());
            self.at += length;
            ascii &= only_ascii;
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    let code = self.escape()?;
                    self.push(code);
                    ascii &= code < 0x80;
                }
                Some(_) => return self.fail("an unescaped control character"),
                None => return Err(Fault { what: "a string without an end", at: quote }),
            }
        }
        self.at += 1;
        Ok(match UTF_8.decode_without_bom_handling_and_without_replacement(&self.unescaped) {
            Some(Cow::Borrowed(text)) if ascii => Text::Ascii(text),
            Some(Cow::Borrowed(text)) => Text::Wide(text),
            _ => Text::Halves(&self.unescaped),
        })
    }

    /// The code point of the escape here.
    fn escape(&mut self) -> Result<u32, Fault> {
        let code = match self.bytes().get(self.at + 1) {
            Some(&byte @ (b'"' | b'\\' | b'/')) => byte,
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b'r') => b'\r',
            Some(b'b') => 0x08,
            Some(b'f') => 0x0c,
            Some(b'u') => return self.surrogates(),
            _ => return self.fail("an escape that JSON does not have"),
        };
        self.at += 2;
        Ok(code.into())
    }

    /// The code point of `\uXXXX`, together with the other half where it is one of a pair.
    fn surrogates(&mut self) -> Result<u32, Fault> {
        let high = self.unit()?;
        if high & 0xfc00 != 0xd800 || !self.bytes().get(self.at..).is_some_and(|rest| rest.starts_with(b"\\u")) {
            return Ok(high);
        }
        let second = self.at;
        let low = self.unit()?;
        if low & 0xfc00 != 0xdc00 {
            self.at = second;
            return Ok(high);
        }
        Ok(0x1_0000 + ((high & 0x3ff) << 10) + (low & 0x3ff))
    }

    fn unit(&mut self) -> Result<u32, Fault> {
        let digits = self.bytes().get(self.at + 2..).and_then(<[u8]>::first_chunk::<4>);
        let digit = |unit: u32, byte: &u8| char::from(*byte).to_digit(16).map(|digit| (unit << 4) | digit);
        let Some(unit) = digits.and_then(|digits| digits.iter().try_fold(0, digit)) else {
            return self.fail("\\u without four hexadecimal digits");
        };
        self.at += 6;
        Ok(unit)
    }

    /// Adds a code point, which may be half of a pair, to the string.
    fn push(&mut self, code: u32) {
        if let Some(character) = char::from_u32(code) {
            return self.unescaped.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        let six = |shift: u32| 0x80 | (code >> shift & 0x3f) as u8;
        self.unescaped.extend_from_slice(&[0xe0 | (code >> 12) as u8, six(6), six(0)]);
    }
}

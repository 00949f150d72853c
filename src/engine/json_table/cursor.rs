//! Going through a text that is known to be JSON: whatever is read, nothing can be wrong with it.

use std::ops::Range;

use memchr::memchr2;

use crate::engine::json;

/// What kind of value comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Null,
    Bool,
    Number,
    String,
    List,
    Object,
}

/// A place in a text.
#[derive(Debug)]
pub struct Cursor<'t> {
    text: &'t str,
    at: usize,
    /// The last string that had escapes in it.
    unescaped: Vec<u8>,
}

impl<'t> Cursor<'t> {
    /// This place in a text.
    pub fn new(text: &'t str, at: usize) -> Self {
        Self { text, at, unescaped: Vec::new() }
    }

    #[inline(always)]
    fn bytes(&self) -> &'t [u8] {
        self.text.as_bytes()
    }

    /// The place.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Back to a place.
    pub fn go(&mut self, at: usize) {
        self.at = at;
    }

    /// Goes to where the next value begins.
    pub fn next(&mut self) -> Next {
        match self.token() {
            b'"' => Next::String,
            b'{' => Next::Object,
            b'[' => Next::List,
            b't' | b'f' => Next::Bool,
            b'n' => Next::Null,
            _ => Next::Number,
        }
    }

    /// Goes over a value, and gives its text.
    pub fn skip(&mut self, next: Next) -> &'t [u8] {
        let start = self.at;
        match next {
            Next::Null => self.at += 4,
            Next::Bool => {
                self.bool();
            }
            Next::Number => {
                self.number();
            }
            Next::String => {
                self.raw();
            }
            Next::List | Next::Object => self.whole(),
        }
        self.bytes().get(start..self.at).unwrap_or_default()
    }

    /// True or false.
    pub fn bool(&mut self) -> bool {
        let value = self.bytes().get(self.at) == Some(&b't');
        self.at += if value { 4 } else { 5 };
        value
    }

    /// The text of a number.
    pub fn number(&mut self) -> &'t [u8] {
        let rest = self.bytes().get(self.at..).unwrap_or_default();
        let end = rest.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
        let end = end.unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    /// A string in UTF-8. Half of a surrogate pair, which UTF-8 does not have, becomes U+FFFD.
    pub fn string(&mut self) -> &[u8] {
        let start = self.at;
        let (raw, is_escaped) = self.raw();
        if is_escaped { self.unescape(start..self.at) } else { raw }
    }

    /// Goes into a list or an object; false where it is empty, and done.
    pub fn enter(&mut self) -> bool {
        self.at += 1;
        let is_empty = matches!(self.token(), b']' | b'}' | 0);
        self.at += usize::from(is_empty);
        !is_empty
    }

    /// Goes on after a value within a list or an object; false where it was the last.
    pub fn step(&mut self) -> bool {
        let more = self.token() == b',';
        self.at += 1;
        more
    }

    /// The name of a field, up to where its value begins. U+0000, which names in Arrow cannot have, becomes U+2400, its symbol.
    pub fn name(&mut self) -> &[u8] {
        self.token();
        let start = self.at;
        let (raw, is_escaped) = self.raw();
        let end = self.at;
        // The colon.
        self.token();
        self.at += 1;
        if !is_escaped {
            return raw;
        }
        if self.unescape(start..end).contains(&0) {
            self.unescaped = String::from_utf8_lossy(&self.unescaped).replace('\0', "\u{2400}").into_bytes();
        }
        &self.unescaped
    }

    /// What the string with escapes stands for that is written here, quotes included.
    fn unescape(&mut self, written: Range<usize>) -> &[u8] {
        json::unescape(self.text.get(written).unwrap_or_default(), &mut self.unescaped);
        &self.unescaped
    }

    /// The first byte that is no whitespace, which is not taken; 0 at the end.
    #[inline(always)]
    fn token(&mut self) -> u8 {
        loop {
            match self.bytes().get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                Some(byte) => return *byte,
                None => return 0,
            }
        }
    }

    /// A string as it is written between its quotes, and whether it has escapes.
    #[inline(always)]
    fn raw(&mut self) -> (&'t [u8], bool) {
        let rest = self.bytes().get(self.at + 1..).unwrap_or_default();
        let (mut end, mut is_escaped) = (0, false);
        loop {
            let found = rest.get(end..).and_then(|rest| memchr2(b'"', b'\\', rest));
            end = found.map_or(rest.len(), |found| end + found);
            if rest.get(end) != Some(&b'\\') {
                break;
            }
            is_escaped = true;
            end += 2;
        }
        self.at += end + 2;
        (rest.get(..end).unwrap_or_default(), is_escaped)
    }

    /// Goes over a list or an object, however deep.
    fn whole(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.bytes().get(self.at) {
            match byte {
                b'"' => {
                    self.raw();
                    continue;
                }
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                break;
            }
        }
    }
}

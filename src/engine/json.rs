//! JSON texts (RFC 8259), read in one pass into whatever a [`Build`] makes of them.
//!
//! Strict where the grammar is. Where it leaves a choice, what Python's own `json` does: the last of equal keys wins (that is up
//! to the builder), integers are exact, numbers beyond the range of a double become infinite, and half a surrogate pair, which
//! the grammar allows, is kept.

#[cfg(test)]
mod conformance;
mod encoding;
mod number;
mod place;
mod step;
mod string;
#[cfg(test)]
mod tests;

use super::memory;
pub use encoding::text;
pub use place::Fault;
use place::NO_MEMORY;
pub use string::{Text, unescape};

/// How deep lists and objects may stand in each other: it bounds whoever walks through them by recursion.
pub const DEEPEST: usize = 1024;

/// Makes values of what is read.
pub trait Build {
    /// What a text, and each part of it, becomes.
    type Value;
    /// Why something cannot be made.
    type Error;

    /// `null`.
    fn null(&mut self) -> Self::Value;
    /// `true` or `false`.
    fn boolean(&mut self, value: bool) -> Self::Value;
    /// An integer that fits in 64 bits.
    fn integer(&mut self, value: i64) -> Result<Self::Value, Self::Error>;
    /// An integer that may be too large for that: its decimal digits, and a minus before them where it is negative.
    fn large(&mut self, number: &str) -> Result<Self::Value, Self::Error>;
    /// A number with a fraction or an exponent.
    fn float(&mut self, value: f64) -> Result<Self::Value, Self::Error>;
    /// A string that is a value.
    fn string(&mut self, text: Text<'_>) -> Result<Self::Value, Self::Error>;
    /// A string that is a key.
    fn key(&mut self, text: Text<'_>) -> Result<Self::Value, Self::Error>;
    /// A list of the values from this place to the end, which it takes away.
    fn list(&mut self, values: &mut Vec<Self::Value>, from: usize) -> Result<Self::Value, Self::Error>;
    /// An object of the keys and values, in turn, from this place to the end, which it takes away.
    fn object(&mut self, pairs: &mut Vec<Self::Value>, from: usize) -> Result<Self::Value, Self::Error>;
}

/// Why there is no value.
#[derive(Debug)]
pub enum Stop<E> {
    /// The text is not JSON.
    Fault(Fault),
    /// The builder gave up.
    Build(E),
}

impl<E> From<Fault> for Stop<E> {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// The value of a text.
pub fn parse<B: Build>(text: &str, build: &mut B) -> Result<B::Value, Stop<B::Error>> {
    let reader = Reader { text, at: 0, unescaped: Vec::new() };
    Parser { reader, build, values: Vec::with_capacity(32), open: Vec::with_capacity(8) }.run()
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// The last string that had escapes in it.
    unescaped: Vec<u8>,
}

impl<'t> Reader<'t> {
    #[inline(always)]
    fn bytes(&self) -> &'t [u8] {
        self.text.as_bytes()
    }

    fn fail<T>(&self, what: &'static str) -> Result<T, Fault> {
        Err(Fault { what, at: self.at })
    }

    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.bytes().get(self.at).copied()
    }

    /// The first byte that is no whitespace. It is not taken.
    #[inline(always)]
    fn token(&mut self) -> Option<u8> {
        loop {
            match self.peek() {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                other => return other,
            }
        }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Fault> {
        if !self.bytes().get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            return self.fail("expected a value");
        }
        self.at += word.len();
        Ok(())
    }
}

/// A list or an object whose end has not been seen yet.
struct Open {
    object: bool,
    /// Where its values begin.
    from: usize,
}

/// Keeps its own stack, so that no depth can overflow that of the thread.
struct Parser<'t, 'b, B: Build> {
    reader: Reader<'t>,
    build: &'b mut B,
    values: Vec<B::Value>,
    open: Vec<Open>,
}

impl<B: Build> Parser<'_, '_, B> {
    #[inline(always)]
    fn run(mut self) -> Result<B::Value, Stop<B::Error>> {
        'values: loop {
            let Some(mut value) = self.begin()? else { continue };
            while let Some(&Open { object, from }) = self.open.last() {
                self.push(value)?;
                match self.end(object, from)? {
                    Some(whole) => value = whole,
                    None => continue 'values,
                }
            }
            return match self.reader.token() {
                None => Ok(value),
                Some(_) => Ok(self.reader.fail("expected nothing after the value")?),
            };
        }
    }

    /// The next value, or None where one has begun that has values itself.
    #[inline(always)]
    fn begin(&mut self) -> Result<Option<B::Value>, Stop<B::Error>> {
        let reader = &mut self.reader;
        let made = match reader.token() {
            Some(b'"') => self.build.string(reader.string()?),
            Some(b'-' | b'0'..=b'9') => return Ok(Some(reader.number(self.build)?)),
            Some(b'{') => return self.open(true),
            Some(b'[') => return self.open(false),
            Some(b't') => Ok(reader.word(b"true").map(|()| self.build.boolean(true))?),
            Some(b'f') => Ok(reader.word(b"false").map(|()| self.build.boolean(false))?),
            Some(b'n') => Ok(reader.word(b"null").map(|()| self.build.null())?),
            Some(b'N' | b'I') => reader.fail("NaN and Infinity are not JSON; expected a value")?,
            _ => reader.fail("expected a value")?,
        };
        made.map(Some).map_err(Stop::Build)
    }

    /// Goes into a list or an object, up to its first value. The value where there is none: it is empty.
    #[inline(always)]
    fn open(&mut self, object: bool) -> Result<Option<B::Value>, Stop<B::Error>> {
        let from = self.values.len();
        if self.open.len() == DEEPEST {
            self.reader.fail("nested deeper than 1024 levels")?;
        }
        self.reader.at += 1;
        let empty = match (self.reader.token(), object) {
            (Some(b'}'), true) => self.build.object(&mut self.values, from),
            (Some(b']'), false) => self.build.list(&mut self.values, from),
            _ => {
                self.open.push(Open { object, from });
                if object {
                    self.key("expected a key in double quotes or '}'")?;
                }
                return Ok(None);
            }
        };
        self.reader.at += 1;
        empty.map(Some).map_err(Stop::Build)
    }

    /// What comes after a value of a list or an object: the next one (None), or the end of the whole.
    #[inline(always)]
    fn end(&mut self, object: bool, from: usize) -> Result<Option<B::Value>, Stop<B::Error>> {
        let whole = match (self.reader.token(), object) {
            (Some(b','), true) => {
                self.reader.at += 1;
                return self.key("expected a key in double quotes").map(|()| None);
            }
            (Some(b','), false) => {
                self.reader.at += 1;
                return Ok(None);
            }
            (Some(b'}'), true) => self.build.object(&mut self.values, from),
            (Some(b']'), false) => self.build.list(&mut self.values, from),
            (_, true) => self.reader.fail("expected ',' or '}'")?,
            (_, false) => self.reader.fail("expected ',' or ']'")?,
        };
        self.reader.at += 1;
        self.open.pop();
        whole.map(Some).map_err(Stop::Build)
    }

    /// A key and the colon after it.
    #[inline(always)]
    fn key(&mut self, expected: &'static str) -> Result<(), Stop<B::Error>> {
        let reader = &mut self.reader;
        if reader.token() != Some(b'"') {
            reader.fail(expected)?;
        }
        let key = self.build.key(reader.string()?).map_err(Stop::Build)?;
        if reader.token() != Some(b':') {
            reader.fail("expected ':'")?;
        }
        reader.at += 1;
        self.push(key)?;
        Ok(())
    }

    /// Adds a value to those that are there. How many there are is up to the text.
    #[inline(always)]
    fn push(&mut self, value: B::Value) -> Result<(), Fault> {
        if self.values.len() == self.values.capacity() && memory::grow(&mut self.values, 1).is_err() {
            self.reader.fail(NO_MEMORY)?;
        }
        self.values.push(value);
        Ok(())
    }
}

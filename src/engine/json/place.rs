//! Where a text is wrong, in words.

use std::fmt::{Display, Formatter, Result};

/// How much of the text is quoted on each side of the place, in characters.
const QUOTED: usize = 20;
/// A character has at most so many bytes.
const LONGEST: usize = 4;

/// Something wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// What it is.
    pub what: &'static str,
    /// At which byte.
    pub at: usize,
}

/// What is wrong where nothing is wrong with the text.
pub const NO_MEMORY: &str = "no memory for its values";

impl Fault {
    /// Is nothing wrong with the text, and only no memory for its values?
    pub fn lacks_memory(&self) -> bool {
        self.what == NO_MEMORY
    }

    /// What is wrong, at which line and column (in characters, both from 1), between what.
    pub fn describe(&self, text: &[u8]) -> String {
        let (before, after) = text.split_at_checked(self.at).unwrap_or((text, &[]));
        let line = before.split(|&byte| byte == b'\n').count();
        let column = before.rsplit(|&byte| byte == b'\n').next().unwrap_or_default();
        // A character is counted where it begins.
        let column = column.iter().filter(|&&byte| byte & 0xc0 != 0x80).count() + 1;
        format!("{} at line {line} column {column}{}", self.what, Sides { before, after })
    }
}

struct Sides<'t> {
    before: &'t [u8],
    after: &'t [u8],
}

impl Display for Sides<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let before =
            String::from_utf8_lossy(self.before.get(self.before.len().saturating_sub(QUOTED * LONGEST)..).unwrap_or_default());
        let after = String::from_utf8_lossy(self.after.get(..QUOTED * LONGEST).unwrap_or(self.after));
        let left = before.char_indices().rev().take(QUOTED).last().map_or(0, |(index, _)| index);
        let before = before.get(left..).unwrap_or_default();
        match (before.is_empty(), after.is_empty()) {
            (true, true) => Ok(()),
            (true, false) => write!(f, ", before '{}'", Quote(&after)),
            (false, true) => write!(f, ", at the end, after '{}'", Quote(before)),
            (false, false) => write!(f, ", after '{}' and before '{}'", Quote(before), Quote(&after)),
        }
    }
}

/// A text from the network, printable; the quotes that JSON is full of stay as they are.
struct Quote<'t>(&'t str);

impl Display for Quote<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.0.chars().take(QUOTED).try_for_each(|character| match character {
            '"' | '\'' | '\\' => write!(f, "{character}"),
            other => write!(f, "{}", other.escape_debug()),
        })
    }
}

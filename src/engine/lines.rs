//! Text into lines, while it arrives.
//!
//! A line ends at `\n`, `\r\n` or `\r`, and nowhere else: not at the form feeds and Unicode separators at which
//! `str.splitlines` of Python splits. Ends are not part of lines, and an end at the very end of the text begins no new line.

use std::fmt;

/// Splits text that comes in pieces.
#[derive(Debug)]
pub struct Lines {
    /// The start of a line whose end has not come.
    open: String,
    /// Whether the last character was `\r`: a `\n` now belongs to it.
    after_cr: bool,
    limit: usize,
}

/// A line is longer than allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineTooLong {
    /// The bound, in bytes of UTF-8.
    pub limit: usize,
}

impl fmt::Display for LineTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a line is longer than the {} bytes allowed", self.limit)
    }
}

impl std::error::Error for LineTooLong {}

impl Lines {
    /// A splitter for lines of at most `limit` bytes of UTF-8.
    pub fn new(limit: usize) -> Self {
        Self { open: String::new(), after_cr: false, limit }
    }

    /// Hands each line that ends in this piece to `each`. A line that ends in `\r` is not held back to see whether `\n` comes.
    ///
    /// # Errors
    /// Where a line is too long, or `each` fails.
    pub fn push<E: From<LineTooLong>>(&mut self, text: &str, mut each: impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
        let mut rest = text;
        if self.after_cr && !rest.is_empty() {
            rest = rest.strip_prefix('\n').unwrap_or(rest);
            self.after_cr = false;
        }
        while let Some((line, after)) = memchr::memchr2(b'\n', b'\r', rest.as_bytes()).and_then(|at| rest.split_at_checked(at)) {
            self.check(line)?;
            if self.open.is_empty() {
                each(line)?;
            } else {
                self.open.push_str(line);
                each(&self.open)?;
                self.open.clear();
            }
            self.after_cr = after == "\r";
            rest = after.strip_prefix("\r\n").or_else(|| after.get(1..)).unwrap_or_default();
        }
        self.check(rest)?;
        self.open.push_str(rest);
        Ok(())
    }

    /// The last line, where the text did not end with a line's end.
    pub fn finish(&mut self) -> Option<String> {
        Some(std::mem::take(&mut self.open)).filter(|line| !line.is_empty())
    }

    fn check(&self, more: &str) -> Result<(), LineTooLong> {
        if more.len() > self.limit.saturating_sub(self.open.len()) {
            return Err(LineTooLong { limit: self.limit });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(pieces: &[&str], limit: usize) -> Result<Vec<String>, LineTooLong> {
        let (mut lines, mut found) = (Lines::new(limit), Vec::new());
        for piece in pieces {
            lines.push(piece, |line| {
                found.push(line.to_owned());
                Ok::<_, LineTooLong>(())
            })?;
        }
        found.extend(lines.finish());
        Ok(found)
    }

    #[test]
    fn lines_end_at_three_ends_only() {
        assert_eq!(
            split(&["a\nb\r\nc\rd\u{85}e\u{2028}f\u{b}g\u{c}"], 99).unwrap(),
            ["a", "b", "c", "d\u{85}e\u{2028}f\u{b}g\u{c}"]
        );
        assert_eq!(split(&["\n\n\r\r\r\n"], 99).unwrap(), ["", "", "", "", ""]);
        assert_eq!(split(&["a\n"], 99).unwrap(), ["a"]);
        assert!(split(&[], 99).unwrap().is_empty());
    }

    #[test]
    fn an_end_may_be_cut() {
        assert_eq!(split(&["a\r", "\nb"], 99).unwrap(), ["a", "b"]);
        assert_eq!(split(&["a\r", "", "\n", "\nb\r"], 99).unwrap(), ["a", "", "b"]);
    }

    #[test]
    fn long_lines_are_refused() {
        assert_eq!(split(&["ab\nabc", "\n"], 3).unwrap(), ["ab", "abc"]);
        for pieces in [&["abcd\n"][..], &["ab", "cd"], &["abc", "d\n"]] {
            assert_eq!(split(pieces, 3), Err(LineTooLong { limit: 3 }));
        }
    }

    #[test]
    fn a_line_in_many_pieces_takes_linear_time() {
        let pieces = vec!["ab"; 500_000];
        assert_eq!(split(&pieces, 1_000_000).unwrap(), ["ab".repeat(500_000)]);
    }

    proptest! {
        #[test]
        fn pieces_give_the_same_lines(pieces in prop::collection::vec("[ab\r\nä]{0,6}", 0..20)) {
            let text = pieces.concat().replace("\r\n", "\n").replace('\r', "\n");
            let mut expected: Vec<_> = text.split('\n').map(str::to_owned).collect();
            expected.pop_if(|last| last.is_empty());
            let pieces: Vec<_> = pieces.iter().map(String::as_str).collect();
            prop_assert_eq!(split(&pieces, 1000).unwrap(), expected);
        }
    }
}

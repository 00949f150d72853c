//! A value that its column has no room for.

use super::cursor::{Cursor, Next};

/// Characters of a value that an error shows.
const SHOWN: usize = 40;

/// Where a value does not fit, and what would have.
#[derive(Debug)]
pub struct Misfit {
    /// The way to it from the row, the last step first.
    steps: Vec<String>,
    expected: String,
    /// Where it begins in the text; None where it is missing.
    at: Option<usize>,
}

impl Misfit {
    /// A value that begins here does not fit.
    #[cold]
    pub fn at(at: usize, expected: impl Into<String>) -> Self {
        Self { steps: Vec::new(), expected: expected.into(), at: Some(at) }
    }

    /// There is no value, and there has to be one.
    #[cold]
    pub fn missing(expected: impl Into<String>) -> Self {
        Self { steps: Vec::new(), expected: expected.into(), at: None }
    }

    /// It is in this field.
    #[cold]
    pub fn in_field(mut self, name: &str) -> Self {
        self.steps.push(format!(".{}", name.escape_debug()));
        self
    }

    /// It is the element of this number.
    #[cold]
    pub fn in_element(mut self, index: usize) -> Self {
        self.steps.push(format!("[{index}]"));
        self
    }

    /// What is wrong, in words.
    pub fn describe(&self, text: &str) -> String {
        let path: String = self.steps.iter().rev().map(String::as_str).collect();
        let path = path.strip_prefix('.').unwrap_or(&path);
        let path = if path.is_empty() { "the row" } else { path };
        let got = self.at.map_or_else(|| "nothing".into(), |at| shown(text, at));
        format!("{path}: expected {}, got {got}", self.expected)
    }
}

/// The value at this place in a text, as an error shows it.
fn shown(text: &str, at: usize) -> String {
    let mut json = Cursor::new(text, at);
    match json.next() {
        Next::Object => "an object".into(),
        Next::List => "a list".into(),
        next => {
            let whole = String::from_utf8_lossy(json.skip(next));
            // Control characters stand in no JSON, but a few others do that are not to be shown.
            let shown: String = whole.chars().take(SHOWN).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
            if whole.chars().nth(SHOWN).is_some() { format!("{shown}…") } else { shown }
        }
    }
}

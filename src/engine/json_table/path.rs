//! The way to the rows within a body.

use std::fmt;

use super::cursor::{Cursor, Next};

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The field of an object; of a list, the element of this number.
    Key(String),
    /// The element of a list, counted from 0.
    Index(usize),
}

/// The steps from a body to the value that its rows come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// Where in a checked text the value at the path begins.
    pub fn find(&self, text: &str) -> Option<usize> {
        follow(&mut Cursor::new(text, 0), &self.0)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => write!(f, "{}{}", if place == 0 { "" } else { "." }, key.escape_debug())?,
            }
        }
        Ok(())
    }
}

/// Goes over the next value, and says where in it the steps lead. Of fields with the same name the last one counts.
fn follow(json: &mut Cursor<'_>, steps: &[Step]) -> Option<usize> {
    let next = json.next();
    let Some((step, rest)) = steps.split_first() else { return Some(json.at()) };
    let mut found = None;
    match (step, next) {
        (Step::Key(wanted), Next::Object) => {
            let mut more = json.enter();
            while more {
                if json.name() == wanted.as_bytes() {
                    let start = json.at();
                    found = follow(json, rest);
                    json.go(start);
                }
                let next = json.next();
                json.skip(next);
                more = json.step();
            }
        }
        (step, Next::List) => {
            let wanted = match step {
                Step::Index(index) => Some(*index),
                Step::Key(key) => key.parse().ok(),
            };
            let (mut more, mut index) = (json.enter(), 0);
            while more && wanted.is_some_and(|wanted| index <= wanted) {
                if wanted == Some(index) {
                    return follow(json, rest);
                }
                let next = json.next();
                json.skip(next);
                (more, index) = (json.step(), index + 1);
            }
        }
        _ => {}
    }
    found
}

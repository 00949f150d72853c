//! The JSON text of a body, checked, and the place in it that rows come from.

use std::borrow::Cow;
use std::convert::Infallible;

use super::Place;
use super::path::Path;
use crate::engine::charset;
use crate::engine::json::{self, Build, Stop, Text};
use crate::engine::response::Outcome;

/// Offsets within a batch are 32 bits wide.
const LONGEST: usize = i32::MAX as usize;

/// Something that may have a JSON text.
pub trait Body {
    /// Its size in bytes.
    fn size(&self) -> usize;

    /// The text, which may be no JSON, or why there is none.
    fn text(&self) -> Result<Cow<'_, str>, String>;
}

impl Body for &Outcome {
    fn size(&self) -> usize {
        self.as_ref().map_or(0, |answer| answer.body.len())
    }

    fn text(&self) -> Result<Cow<'_, str>, String> {
        let answer = self.as_ref().map_err(ToString::to_string)?;
        let content_type = answer.headers().get("content-type").map(String::from_utf8_lossy);
        let said = content_type.and_then(|value| charset::declared(&value));
        json::text(&answer.body, said).map_err(|why| not_json(&why))
    }
}

/// Where in the text of a body its rows begin; the text is JSON then.
pub fn place<B: Body>(body: &B, path: &Path) -> Place {
    let text = body.text()?;
    if text.len() > LONGEST {
        return Err(format!("the body is larger than {LONGEST} bytes").into());
    }
    match json::parse(&text, &mut Nothing) {
        Ok(()) => {}
        Err(Stop::Fault(fault)) if fault.lacks_memory() => return Err(fault.what.into()),
        Err(Stop::Fault(_)) if text.trim_ascii().is_empty() => return Err(not_json("it is empty").into()),
        Err(Stop::Fault(fault)) => return Err(not_json(&fault.describe(text.as_bytes())).into()),
        Err(Stop::Build(never)) => match never {},
    }
    path.find(&text).ok_or_else(|| format!("the body has nothing at the path {path}").into())
}

fn not_json(why: &str) -> String {
    format!("the body is not JSON: {why}")
}

/// Makes nothing of what is read.
struct Nothing;

impl Build for Nothing {
    type Value = ();
    type Error = Infallible;

    fn null(&mut self) {}

    fn boolean(&mut self, _: bool) {}

    fn integer(&mut self, _: i64) -> Result<(), Infallible> {
        Ok(())
    }

    fn large(&mut self, _: &str) -> Result<(), Infallible> {
        Ok(())
    }

    fn float(&mut self, _: f64) -> Result<(), Infallible> {
        Ok(())
    }

    fn string(&mut self, _: Text<'_>) -> Result<(), Infallible> {
        Ok(())
    }

    fn key(&mut self, _: Text<'_>) -> Result<(), Infallible> {
        Ok(())
    }

    fn list(&mut self, values: &mut Vec<()>, from: usize) -> Result<(), Infallible> {
        values.truncate(from);
        Ok(())
    }

    fn object(&mut self, pairs: &mut Vec<()>, from: usize) -> Result<(), Infallible> {
        pairs.truncate(from);
        Ok(())
    }
}

//! JSON, which `serde_json` reads too, and tables of it.

use std::borrow::Cow;
use std::convert::Infallible;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use arrow_schema::Schema;
use serde_json::{Map, Number, Value};

use super::text_head;
use crate::engine::json::{self as reader, Build, Stop, Text};
use crate::engine::json_table::{Body, Path, Step, table};

/// How deep `serde_json` goes.
const ITS_DEEPEST: usize = 127;

/// A text.
pub fn json(data: &[u8]) {
    let Ok(text) = reader::text(data, None) else { return };
    let mut values = Values::default();
    let ours = match reader::parse(&text, &mut values) {
        Ok(value) => Some(value),
        Err(Stop::Fault(fault)) => {
            let described = fault.describe(text.as_bytes());
            assert!(!described.is_empty() && described.len() < 1000 && !described.contains(char::is_control), "{described:?}");
            None
        }
        Err(Stop::Build(never)) => match never {},
    };
    // It makes numbers of objects with a key of its own.
    if text.contains("$serde_json") {
        return;
    }
    match (ours, serde_json::from_str::<Value>(&text)) {
        (Some(_), _) if values.halves => {}
        (Some(ours), Ok(theirs)) => assert_eq!(ours, plain(theirs)),
        (Some(_), Err(why)) => assert!(values.deepest > ITS_DEEPEST, "only serde_json refuses it: {why}"),
        (None, Ok(_)) => assert!(text.len() > 20_000, "only serde_json reads it"),
        (None, Err(_)) => {}
    }
}

/// Its numbers as ours are: whole ones exact, others as doubles.
fn plain(value: Value) -> Value {
    match value {
        Value::Number(number) => {
            let text = number.as_str();
            if text.contains(['.', 'e', 'E']) { float(text.parse().expect("a number")) } else { whole(text) }
        }
        Value::Array(values) => Value::Array(values.into_iter().map(plain).collect()),
        Value::Object(fields) => Value::Object(fields.into_iter().map(|(name, value)| (name, plain(value))).collect()),
        other => other,
    }
}

fn float(value: f64) -> Value {
    // To the bit: the sign of zero, too.
    Value::String(format!("float {:016x}", value.to_bits()))
}

fn whole(digits: &str) -> Value {
    Value::Number(Number::from_string_unchecked(if digits == "-0" { "0" } else { digits }.to_owned()))
}

/// Makes what `serde_json` makes, as far as that can.
#[derive(Default)]
struct Values {
    deepest: usize,
    /// There was half of a surrogate pair, which `serde_json` does not read.
    halves: bool,
}

impl Values {
    fn text(&mut self, text: Text<'_>) -> Value {
        Value::String(match text {
            Text::Ascii(text) => {
                assert!(text.is_ascii());
                text.to_owned()
            }
            Text::Wide(text) => {
                assert!(!text.is_ascii());
                text.to_owned()
            }
            Text::Halves(bytes) => {
                self.halves = true;
                String::from_utf8_lossy(bytes).into_owned()
            }
        })
    }

    fn depth(value: &Value) -> usize {
        match value {
            Value::Array(values) => 1 + values.iter().map(Self::depth).max().unwrap_or(0),
            Value::Object(fields) => 1 + fields.values().map(Self::depth).max().unwrap_or(0),
            _ => 0,
        }
    }
}

impl Build for Values {
    type Value = Value;
    type Error = Infallible;

    fn null(&mut self) -> Value {
        Value::Null
    }

    fn boolean(&mut self, value: bool) -> Value {
        Value::Bool(value)
    }

    fn integer(&mut self, value: i64) -> Result<Value, Infallible> {
        Ok(whole(&value.to_string()))
    }

    fn large(&mut self, number: &str) -> Result<Value, Infallible> {
        Ok(whole(number))
    }

    fn float(&mut self, value: f64) -> Result<Value, Infallible> {
        Ok(float(value))
    }

    fn string(&mut self, text: Text<'_>) -> Result<Value, Infallible> {
        Ok(self.text(text))
    }

    fn key(&mut self, text: Text<'_>) -> Result<Value, Infallible> {
        Ok(self.text(text))
    }

    fn list(&mut self, values: &mut Vec<Value>, from: usize) -> Result<Value, Infallible> {
        let made = Value::Array(values.drain(from..).collect());
        self.deepest = self.deepest.max(Self::depth(&made));
        Ok(made)
    }

    fn object(&mut self, pairs: &mut Vec<Value>, from: usize) -> Result<Value, Infallible> {
        let (mut fields, mut pairs) = (Map::new(), pairs.drain(from..));
        while let Some(name) = pairs.next() {
            let Value::String(name) = name else { panic!("a key that is no text: {name}") };
            fields.insert(name, pairs.next().expect("a value for each key"));
        }
        let made = Value::Object(fields);
        self.deepest = self.deepest.max(Self::depth(&made));
        Ok(made)
    }
}

struct Given<'a>(&'a [u8]);

impl Body for Given<'_> {
    fn size(&self) -> usize {
        self.0.len()
    }

    fn text(&self) -> Result<Cow<'_, str>, String> {
        reader::text(self.0, None)
    }
}

/// A path, its steps separated by dots, and bodies, a line each.
pub fn json_table(data: &[u8]) {
    let Some(([steps], bodies)) = text_head(data) else { return };
    let path = Path(steps.split('.').filter(|step| !step.is_empty()).map(step).collect());
    let bodies: Vec<_> = bodies.split(|byte| *byte == b'\n').map(Given).collect();
    let make = |schema: Option<&Schema>| table(&bodies, schema, &path, &mut || false);
    let Ok((schema, batches)) = make(None) else { return };
    let failed = failed(&batches);
    for (index, body) in bodies.iter().enumerate() {
        let is_json = body.text().is_ok_and(|text| reader::parse(&text, &mut Values::default()).is_ok());
        assert!(is_json || failed.contains(&index), "a body that is no JSON has a row without an error");
    }
    for batch in &batches {
        assert_eq!(batch.schema(), schema);
        batch.columns().iter().for_each(|column| column.to_data().validate_full().expect("valid"));
    }
    // The schema of a table is one for the same bodies, and makes the same of them.
    let (again, same) = make(Some(&schema)).expect("a table");
    assert_eq!((again, same), (schema, batches));
}

fn step(text: &str) -> Step {
    text.parse().map_or_else(|_| Step::Key(text.to_owned()), Step::Index)
}

/// The places of the bodies that have an error.
fn failed(batches: &[RecordBatch]) -> Vec<usize> {
    let rows = |batch: &RecordBatch| {
        let (index, error) = (batch.column(0).as_primitive::<arrow_array::types::Int64Type>().clone(), batch.column(1).clone());
        (0..batch.num_rows()).filter(|row| error.is_valid(*row)).map(|row| index.value(row) as usize).collect::<Vec<_>>()
    };
    batches.iter().flat_map(rows).collect()
}

//! The rows of a piece: those of the bodies in it, one after another.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use arrow_schema::{DataType, Field, Fields};

use super::body::Body;
use super::column::{Column, Record, Text};
use super::cursor::{Cursor, Next};
use super::{Place, Trouble, crew, schema};

/// Bytes of errors that are told in full. A single body can have more elements than there is room for errors about them.
const TOLD: usize = 256 << 20;

/// Rows that are being read.
pub struct Rows<'f> {
    fields: &'f Fields,
    index: Vec<i64>,
    error: Text<i32>,
    record: Record,
}

impl<'f> Rows<'f> {
    /// No rows of these fields.
    pub fn new(fields: &'f Fields) -> Result<Self, Trouble> {
        let record = Record::new(fields).map_err(|error| Trouble::Schema(error.describe()))?;
        let error = Text::new(&Field::new("", DataType::Utf8, true));
        Ok(Self { fields, index: Vec::new(), error, record })
    }

    /// The rows of the body that has this number.
    pub fn body<B: Body>(&mut self, number: usize, body: &B, place: &Place, stop: &AtomicBool) {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        let read = match place {
            Ok(place) => body.text().map(|text| self.read(number, &text, *place, stop)),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = read {
            self.failed(number, &error);
        }
    }

    fn read(&mut self, number: i64, text: &str, place: usize, stop: &AtomicBool) {
        let mut json = Cursor::new(text, place);
        let next = json.next();
        if next != Next::List {
            return self.row(number, &mut json, next, text);
        }
        let mut more = json.enter();
        while more && !crew::stopped(stop) {
            let next = json.next();
            self.row(number, &mut json, next, text);
            more = json.step();
        }
    }

    fn row(&mut self, number: i64, json: &mut Cursor<'_>, next: Next, text: &str) {
        let (rows, start) = (self.record.len(), json.at());
        let read = match next {
            Next::Object => self.record.read(json, next),
            Next::Null => {
                json.skip(next);
                self.record.null();
                Ok(())
            }
            _ => self.record.read_alone(schema::VALUE, json, next),
        };
        match read {
            Ok(()) => {
                self.index.push(number);
                self.error.null();
            }
            Err(misfit) => {
                self.record.truncate(rows);
                self.failed(number, &misfit.describe(text));
                json.go(start);
                json.skip(next);
            }
        }
    }

    /// A row that has nothing but its error.
    fn failed(&mut self, number: i64, error: &str) {
        self.record.null();
        self.index.push(number);
        let error = if self.error.bytes() < TOLD { error } else { "it does not fit" };
        if !self.error.push(error.as_bytes()) {
            self.error.null();
        }
    }

    /// The rows as a batch.
    pub fn finish(self) -> Result<RecordBatch, Trouble> {
        let index: ArrayRef = Arc::new(Int64Array::from(self.index));
        let error = Box::new(self.error).finish()?;
        let columns = [index, error].into_iter().chain(self.record.columns()?).collect();
        Ok(RecordBatch::try_new(schema::table(self.fields), columns)?)
    }
}

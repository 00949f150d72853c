//! Columns that read their values out of JSON.

mod decimal;
mod flat;
mod list;
mod number;
mod record;
mod text;
mod time;

use arrow_array::ArrayRef;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_schema::{ArrowError, DataType, Field, TimeUnit};

use super::cursor::{Cursor, Next};
use super::misfit::Misfit;
use super::schema;
use flat::{Flags, Flat, Nothing};
use list::List;
pub use record::Record;
pub use text::Text;

/// A column that grows by a value at a time.
pub trait Column: Send {
    /// Reads the value that comes next, which is not null. After a misfit the column has to be cut back to its length before.
    fn read(&mut self, json: &mut Cursor<'_>, next: Next) -> Result<(), Misfit>;

    /// A null.
    fn null(&mut self);

    /// Back to so many values.
    fn truncate(&mut self, len: usize);

    /// The values as an array.
    fn finish(self: Box<Self>) -> Result<ArrayRef, ArrowError>;
}

/// A type that JSON is not read into.
#[derive(Debug)]
pub struct Unsupported {
    /// The way to the field, the last step first.
    steps: Vec<String>,
    what: String,
}

impl Unsupported {
    fn new(what: impl Into<String>) -> Self {
        Self { steps: Vec::new(), what: what.into() }
    }

    fn within(mut self, field: &Field) -> Self {
        self.steps.push(field.name().escape_debug().to_string());
        self
    }

    /// What is wrong, in words.
    pub fn describe(&self) -> String {
        let path: Vec<&str> = self.steps.iter().rev().map(String::as_str).collect();
        format!("field '{}': {}", path.join("."), self.what)
    }
}

/// An empty column for the values of a field.
fn column(field: &Field) -> Result<Box<dyn Column>, Unsupported> {
    let column: Box<dyn Column> = match field.data_type() {
        DataType::Utf8 => Box::new(Text::<i32>::new(field)),
        DataType::LargeUtf8 | DataType::Utf8View => Box::new(Text::<i64>::new(field)),
        _ if schema::is_json_text(field) => return Err(Unsupported::new("expected a type of text for JSON text")),
        DataType::Null => Box::new(Nothing::default()),
        DataType::Boolean => Box::new(Flags::default()),
        DataType::Int8 => Box::new(Flat::<Int8Type, _>::new("int8", number::integer)),
        DataType::Int16 => Box::new(Flat::<Int16Type, _>::new("int16", number::integer)),
        DataType::Int32 => Box::new(Flat::<Int32Type, _>::new("int32", number::integer)),
        DataType::Int64 => Box::new(Flat::<Int64Type, _>::new("int64", number::integer)),
        DataType::UInt8 => Box::new(Flat::<UInt8Type, _>::new("uint8", number::integer)),
        DataType::UInt16 => Box::new(Flat::<UInt16Type, _>::new("uint16", number::integer)),
        DataType::UInt32 => Box::new(Flat::<UInt32Type, _>::new("uint32", number::integer)),
        DataType::UInt64 => Box::new(Flat::<UInt64Type, _>::new("uint64", number::integer)),
        DataType::Float16 => Box::new(Flat::<Float16Type, _>::new("float16", number::half)),
        DataType::Float32 => Box::new(Flat::<Float32Type, _>::new("float32", number::single)),
        DataType::Float64 => Box::new(Flat::<Float64Type, _>::new("float64", number::double)),
        DataType::Decimal128(precision, scale) => {
            let (precision, scale) = (*precision, *scale);
            let Ok(digits) = u32::try_from(scale) else {
                return Err(Unsupported::new("expected a decimal whose scale is not negative"));
            };
            let expected = format!("decimal128({precision}, {scale})");
            let read = move |json: &mut Cursor<'_>, next| decimal::read(json, next, precision, digits);
            Box::new(Flat::<Decimal128Type, _>::new(expected, read).of(field.data_type()))
        }
        DataType::Date32 => Box::new(Flat::<Date32Type, _>::new("a date as YYYY-MM-DD", time::date)),
        DataType::Timestamp(unit, _) => {
            let expected = "a time in ISO 8601";
            match unit {
                TimeUnit::Second => Box::new(Flat::<TimestampSecondType, _>::new(expected, time::seconds).of(field.data_type())),
                TimeUnit::Millisecond => {
                    Box::new(Flat::<TimestampMillisecondType, _>::new(expected, time::milliseconds).of(field.data_type()))
                }
                TimeUnit::Microsecond => {
                    Box::new(Flat::<TimestampMicrosecondType, _>::new(expected, time::microseconds).of(field.data_type()))
                }
                TimeUnit::Nanosecond => {
                    Box::new(Flat::<TimestampNanosecondType, _>::new(expected, time::nanoseconds).of(field.data_type()))
                }
            }
        }
        DataType::List(item) => Box::new(List::<i32>::new(item)?),
        DataType::LargeList(item) => Box::new(List::<i64>::new(item)?),
        DataType::Struct(fields) => Box::new(Record::new(fields)?),
        other => {
            let types = "null, bool, integers, floats, decimal128, date32, timestamps, strings, lists and structs";
            return Err(Unsupported::new(format!("expected one of {types}, got {other}")));
        }
    };
    Ok(column)
}

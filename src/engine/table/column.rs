//! The columns: their names, their types, and what they say of each row.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::types::{Float64Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{ArrayRef, ArrowPrimitiveType, BooleanArray, LargeBinaryArray, PrimitiveArray};
use arrow_buffer::{BooleanBuffer, Buffer, OffsetBuffer};
use arrow_schema::{ArrowError, DataType, Field};
use bytes::Bytes;

use super::texts::{Layout, Texts};
use super::{Part, Row, fields, saved};
use crate::engine::headers::Lines;
use crate::engine::memory::{self, NoMemory};
use crate::engine::response::{Outcome, Response, Timings};

/// A column of a table of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The place in the results.
    Index,
    /// The URL as it was asked for.
    Url,
    /// The URL that answered, or failed.
    FinalUrl,
    /// The status code.
    Status,
    /// An answer came, and its status is below 400.
    Ok,
    /// What the exception says.
    Error,
    /// The name of its class.
    ErrorKind,
    /// How many times the request was sent.
    Attempts,
    /// From leaving the queue to the end.
    Elapsed,
    /// Waiting for its turn.
    Queue,
    /// Resolving the host name.
    Dns,
    /// Connecting.
    Connect,
    /// Shaking hands for TLS.
    Tls,
    /// From having a connection to the head of the answer.
    FirstByte,
    /// From the head to the end of the body.
    BodyTime,
    /// The length of the body in bytes.
    Size,
    /// What the server says the body is.
    ContentType,
    /// The header fields.
    Headers,
    /// The body.
    Body,
    /// What the caller gave along.
    Tag,
    /// What a file of results has besides, to be read back.
    Saved,
}

impl Column {
    /// Those of a table, in its order.
    pub const ALL: [Self; 20] = [
        Self::Index,
        Self::Url,
        Self::FinalUrl,
        Self::Status,
        Self::Ok,
        Self::Error,
        Self::ErrorKind,
        Self::Attempts,
        Self::Elapsed,
        Self::Queue,
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::FirstByte,
        Self::BodyTime,
        Self::Size,
        Self::ContentType,
        Self::Headers,
        Self::Body,
        Self::Tag,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::Url => "url",
            Self::FinalUrl => "final_url",
            Self::Status => "status",
            Self::Ok => "ok",
            Self::Error => "error",
            Self::ErrorKind => "error_kind",
            Self::Attempts => "attempts",
            Self::Elapsed => "elapsed_ms",
            Self::Queue => "queue_ms",
            Self::Dns => "dns_ms",
            Self::Connect => "connect_ms",
            Self::Tls => "tls_ms",
            Self::FirstByte => "first_byte_ms",
            Self::BodyTime => "body_ms",
            Self::Size => "size",
            Self::ContentType => "content_type",
            Self::Headers => "headers",
            Self::Body => "body",
            Self::Tag => "tag",
            Self::Saved => "fastfetch",
        }
    }

    /// Its name and type.
    pub(super) fn field(self, tags: &DataType, layout: Layout) -> Field {
        let (data_type, nullable) = match self {
            Self::Index => (DataType::Int64, false),
            Self::Url | Self::FinalUrl => (layout.data_type(), false),
            Self::Status => (DataType::Int16, true),
            Self::Ok => (DataType::Boolean, false),
            Self::Error | Self::ErrorKind | Self::ContentType => (layout.data_type(), true),
            Self::Attempts => (DataType::Int32, false),
            Self::Elapsed => (DataType::Float64, false),
            Self::Queue | Self::Dns | Self::Connect | Self::Tls | Self::FirstByte | Self::BodyTime => (DataType::Float64, true),
            Self::Size => (DataType::Int64, true),
            Self::Headers => (fields::data_type(layout), true),
            Self::Body => (DataType::LargeBinary, true),
            Self::Tag => (tags.clone(), true),
            Self::Saved => (DataType::LargeBinary, false),
        };
        Field::new(self.name(), data_type, nullable)
    }

    /// What it says of rows.
    pub(super) fn build(self, part: &Part<'_>) -> Result<ArrayRef, ArrowError> {
        let rows = &part.rows;
        let phase = |of: fn(&Timings) -> u32| answers::<Float64Type>(part, |answer| f64::from(of(&answer.timings)) / 1e3);
        Ok(match self {
            Self::Index => {
                let places = (part.start..).take(rows.len()).map(|place| place as i64);
                Arc::new(PrimitiveArray::<Int64Type>::from_iter_values(places))
            }
            Self::Url => texts(part, |_, row, column| column.push(row.item.url())),
            Self::FinalUrl => texts(part, |_, row, column| match &**row.outcome {
                Ok(answer) => column.push(&answer.url),
                Err(error) => column.push(&error.url),
            }),
            Self::Status => answers::<Int16Type>(part, |answer| answer.status.as_u16() as i16),
            Self::Ok => {
                let ok = |row: &Row<'_>| row.answer.is_some_and(|answer| answer.status.as_u16() < 400);
                Arc::new(BooleanArray::from(rows.iter().map(ok).collect::<BooleanBuffer>()))
            }
            Self::Error => texts(part, |place, row, column| match (&**row.outcome, part.all.raised.get(&place)) {
                (Err(_), Some(said)) => column.push(said),
                (Err(error), None) => column.push(&error.to_string()),
                (Ok(_), _) => column.push_null(),
            }),
            Self::ErrorKind => texts(part, |_, row, column| match &**row.outcome {
                Err(error) => column.push((part.all.kind_name)(&error.kind)),
                Ok(_) => column.push_null(),
            }),
            Self::Attempts => {
                let sent = |row: &Row<'_>| match &**row.outcome {
                    Ok(answer) => answer.attempts,
                    Err(error) => error.attempts,
                };
                let sent = rows.iter().map(|row| i32::try_from(sent(row)).unwrap_or(i32::MAX));
                Arc::new(PrimitiveArray::<Int32Type>::from_iter_values(sent))
            }
            Self::Elapsed => {
                let elapsed = |row: &Row<'_>| match &**row.outcome {
                    Ok(answer) => answer.elapsed(),
                    Err(error) => error.elapsed,
                };
                let milliseconds = rows.iter().map(|row| elapsed(row).as_secs_f64() * 1e3);
                Arc::new(PrimitiveArray::<Float64Type>::from_iter_values(milliseconds))
            }
            Self::Queue => phase(|timings| timings.queue),
            Self::Dns => phase(|timings| timings.dns),
            Self::Connect => phase(|timings| timings.connect),
            Self::Tls => phase(|timings| timings.tls),
            Self::FirstByte => phase(|timings| timings.first_byte),
            Self::BodyTime => phase(|timings| timings.body),
            Self::Size => answers::<Int64Type>(part, |answer| answer.body.len() as i64),
            Self::ContentType => content_types(part),
            Self::Headers => fields::column(part)?,
            Self::Body => bodies(part)?,
            Self::Tag => part.all.tags.slice(part.start, rows.len()),
            Self::Saved => saved::column(rows)?,
        })
    }
}

/// A number of each answer.
fn answers<T: ArrowPrimitiveType>(part: &Part<'_>, of: impl Fn(&Response) -> T::Native) -> ArrayRef {
    let value = |row: &Row<'_>| row.answer.map_or_else(T::Native::default, &of);
    let values: Vec<T::Native> = part.rows.iter().map(value).collect();
    Arc::new(PrimitiveArray::<T>::new(values.into(), part.answered.clone()))
}

/// Text of each row: added by one who is told its place.
fn texts<'a>(part: &'a Part<'a>, add: impl Fn(usize, &'a Row<'a>, &mut Texts)) -> ArrayRef {
    let mut column = Texts::new(part.layout, part.rows.len());
    part.rows.iter().enumerate().for_each(|(number, row)| add(part.start + number, row, &mut column));
    column.finish()
}

/// What each answer says its body is. Answers of one connection share their fields, which are then read once.
fn content_types(part: &Part<'_>) -> ArrayRef {
    let mut column = Texts::new(part.layout, part.rows.len());
    let mut known: HashMap<*const u8, Option<&[u8]>> = HashMap::new();
    for row in &part.rows {
        let found = row.answer.and_then(|answer| {
            let lines = Lines::new(&answer.headers);
            *known.entry(answer.headers.as_ptr()).or_insert_with(|| lines.get("content-type"))
        });
        match found {
            Some(value) => column.push_bytes(value),
            None => column.push_null(),
        }
    }
    column.finish()
}

/// The bodies, one after another. That of a row alone is not copied: the column keeps the outcome it belongs to.
fn bodies(part: &Part<'_>) -> Result<ArrayRef, ArrowError> {
    let body = |row: &Row<'_>| body_of(row.outcome).len();
    let data = match part.rows.as_slice() {
        [row] => Buffer::from(Bytes::from_owner(Body(row.outcome.clone()))),
        rows => {
            let mut data = memory::room(rows.iter().map(body).sum()).map_err(lacking)?;
            rows.iter().for_each(|row| data.extend_from_slice(body_of(row.outcome)));
            data.into()
        }
    };
    let offsets = OffsetBuffer::<i64>::from_lengths(part.rows.iter().map(body));
    Ok(Arc::new(LargeBinaryArray::try_new(offsets, data, part.answered.clone())?))
}

fn lacking(lack: NoMemory) -> ArrowError {
    ArrowError::MemoryError(lack.to_string())
}

fn body_of(outcome: &Outcome) -> &[u8] {
    outcome.as_ref().map_or(&[], |answer| &answer.body)
}

/// A body that somebody else looks at: it lives as long as they do.
struct Body(Arc<Outcome>);

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        body_of(&self.0)
    }
}

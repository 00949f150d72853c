//! Outcomes as columns: what libraries of tables read as it stands.

mod cell;
mod column;
mod fields;
pub mod ipc;
pub mod octets;
pub mod saved;
#[cfg(test)]
mod tests;
mod texts;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, RecordBatchReader};
use arrow_buffer::NullBuffer;
use arrow_schema::{ArrowError, Schema, SchemaRef};

pub use cell::{cell, type_name};
pub use column::Column;
pub use texts::Layout;

use super::error::Kind;
use super::gather;
use super::injection;
use super::item::Item;
use super::panics;
use super::process::lock;
use super::response::{Outcome, Response};

/// How many rows a batch has at most: with so few, the memory of its columns is asked for once and stays in the caches.
const ROWS: usize = 16 * 1024;

/// How many bytes of text and bodies a batch has at most, unless it is of one row.
const BYTES: usize = 16 << 20;

/// Rows to be made a table of. Nothing is copied yet.
#[derive(Debug, Clone)]
pub struct Rows {
    /// What was asked for, and what became of it.
    pub table: Arc<gather::Table>,
    /// Which places of it, in order.
    pub places: Arc<[usize]>,
    /// What callers gave along, a value for each row.
    pub tags: ArrayRef,
    /// What callers' own exceptions say, by row. The engine cannot ask them.
    pub raised: HashMap<usize, String>,
    /// The name of a kind of failure.
    pub kind_name: fn(&Kind) -> &str,
}

/// What is to be made of rows.
#[derive(Debug, Clone)]
pub struct Selection {
    rows: Rows,
    columns: Vec<Column>,
    layout: Layout,
    schema: SchemaRef,
    parts: Arc<[Range<usize>]>,
}

/// The rows of a batch, as columns see them.
struct Part<'a> {
    all: &'a Rows,
    /// The place of the first of them.
    start: usize,
    rows: Vec<Row<'a>>,
    /// To which of them an answer came; None where to all.
    answered: Option<NullBuffer>,
    layout: Layout,
}

/// One row.
struct Row<'a> {
    item: &'a Item,
    outcome: &'a Arc<Outcome>,
    answer: Option<&'a Response>,
}

impl Rows {
    fn row(&self, index: usize) -> Option<Row<'_>> {
        let place = *self.places.get(index)?;
        let outcome = self.table.outcome(place)?;
        Some(Row { item: self.table.item(place)?, outcome, answer: outcome.as_ref().as_ref().ok() })
    }

    /// These columns of the rows, in this order.
    pub fn select(self, columns: Vec<Column>, layout: Layout) -> Selection {
        let (parts, longest) = self.parts(&columns);
        // A view says the length of its text, and where it begins, in 32 bits.
        let layout = if longest < i32::MAX as usize / 2 { layout } else { Layout::Offsets };
        let fields: Vec<_> = columns.iter().map(|column| column.field(self.tags.data_type(), layout)).collect();
        Selection { rows: self, columns, layout, schema: Arc::new(Schema::new(fields)), parts }
    }

    /// The rows of each batch; and how long a text of them can be at the most.
    fn parts(&self, columns: &[Column]) -> (Arc<[Range<usize>]>, usize) {
        let with_body = columns.contains(&Column::Body);
        let mut parts = Vec::new();
        let mut longest = self.raised.values().map(String::len).max().unwrap_or_default();
        let (mut start, mut bytes) = (0, 0);
        for index in 0..self.places.len() {
            let (text, body) = self.row(index).map_or((0, 0), |row| (row.text(), row.body()));
            longest = longest.max(text);
            let weight = if with_body { text + body } else { text };
            if index > start && (index - start >= ROWS || bytes + weight > BYTES) {
                parts.push(start..index);
                (start, bytes) = (index, 0);
            }
            bytes += weight;
        }
        if start < self.places.len() {
            parts.push(start..self.places.len());
        }
        (parts.into(), longest)
    }
}

impl Row<'_> {
    /// About how many bytes of text it has.
    fn text(&self) -> usize {
        let rest = match &**self.outcome {
            Ok(answer) => answer.headers.len(),
            Err(error) => error.detail.len() + error.earlier.iter().map(|told| told.len()).sum::<usize>(),
        };
        self.item.url().len() + rest
    }

    /// How long its body is.
    fn body(&self) -> usize {
        self.answer.map_or(0, |answer| answer.body.len())
    }
}

impl Selection {
    /// The names and types of the columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// All batches, made by as many threads as the machine has processors.
    ///
    /// # Errors
    /// Where Arrow refuses what was made: a fault of ours.
    pub fn batches(&self) -> Result<Vec<RecordBatch>, ArrowError> {
        let next = AtomicUsize::new(0);
        let made = Mutex::new(Vec::with_capacity(self.parts.len()));
        let work = || {
            while let Some(part) = self.parts.get(next.fetch_add(1, Ordering::Relaxed)) {
                let batch = self.batch(part);
                lock(&made).push((part.start, batch));
            }
        };
        let others = thread::available_parallelism().map_or(1, usize::from).min(self.parts.len()).saturating_sub(1);
        thread::scope(|scope| {
            for _ in 0..others {
                // Where no thread is to be had, those that are there do the work.
                let _ = thread::Builder::new().name("fastfetch-table".into()).spawn_scoped(scope, work);
            }
            work();
        });
        let mut made = made.into_inner().unwrap_or_else(PoisonError::into_inner);
        made.sort_by_key(|(start, _)| *start);
        made.into_iter().map(|(_, batch)| batch).collect()
    }

    /// The batches, each made when it is asked for.
    pub fn reader(self) -> Reader {
        Reader { selection: self, next: 0 }
    }

    /// One batch. It may be asked for by another library, through C, where no panic can pass.
    fn batch(&self, part: &Range<usize>) -> Result<RecordBatch, ArrowError> {
        panics::catch(|| self.build(part)).unwrap_or_else(|panic| Err(ArrowError::ExternalError(Box::new(panic))))
    }

    fn build(&self, part: &Range<usize>) -> Result<RecordBatch, ArrowError> {
        injection::point("table");
        let part = Part::new(&self.rows, part, self.layout);
        let columns = self.columns.iter().map(|column| column.build(&part));
        let options = RecordBatchOptions::new().with_row_count(Some(part.rows.len()));
        RecordBatch::try_new_with_options(self.schema.clone(), columns.collect::<Result<_, _>>()?, &options)
    }
}

impl<'a> Part<'a> {
    fn new(all: &'a Rows, part: &Range<usize>, layout: Layout) -> Self {
        let rows: Vec<Row<'a>> = part.clone().filter_map(|index| all.row(index)).collect();
        let answered = NullBuffer::new(rows.iter().map(|row| row.answer.is_some()).collect());
        let answered = Some(answered).filter(|answered| answered.null_count() > 0);
        Self { all, start: part.start, rows, answered, layout }
    }
}

/// Batches that are made while they are read.
#[derive(Debug)]
pub struct Reader {
    selection: Selection,
    next: usize,
}

impl Iterator for Reader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let part = self.selection.parts.get(self.next)?;
        self.next += 1;
        Some(self.selection.batch(part))
    }
}

impl RecordBatchReader for Reader {
    fn schema(&self) -> SchemaRef {
        self.selection.schema.clone()
    }
}

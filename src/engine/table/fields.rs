//! The column of header fields: a list of names and values for each answer.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::{ArrayRef, ListArray, StructArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Fields};

use super::Part;
use super::texts::{Layout, Texts};
use crate::engine::headers::Lines;

/// The parts of a field.
fn parts(layout: Layout) -> Fields {
    ["name", "value"].into_iter().map(|name| Field::new(name, layout.data_type(), false)).collect()
}

/// One field.
fn item(layout: Layout) -> FieldRef {
    Arc::new(Field::new("item", DataType::Struct(parts(layout)), false))
}

/// The type of the column.
pub(super) fn data_type(layout: Layout) -> DataType {
    DataType::List(item(layout))
}

/// The fields of each row, null where no answer came. Answers of one connection share the storage of theirs (see
/// [`Copier`](crate::engine::headers::Copier)), which are then read once.
pub(super) fn column(part: &Part<'_>) -> Result<ArrayRef, ArrowError> {
    let (rows, layout) = (&part.rows, part.layout);
    let (mut names, mut values) = (Texts::new(layout, rows.len() * 8), Texts::new(layout, rows.len() * 8));
    let mut lengths = Vec::with_capacity(rows.len());
    let mut known: HashMap<*const u8, Range<usize>> = HashMap::new();
    for row in rows {
        let Some(answer) = row.answer else {
            lengths.push(0);
            continue;
        };
        let length = match known.entry(answer.headers.as_ptr()) {
            Entry::Occupied(range) => {
                names.repeat(range.get().clone());
                values.repeat(range.get().clone());
                range.get().len()
            }
            Entry::Vacant(place) => {
                let start = names.len();
                for (name, value) in Lines::new(&answer.headers).iter() {
                    names.push_bytes(name);
                    values.push_bytes(value);
                }
                place.insert(start..names.len()).len()
            }
        };
        lengths.push(length);
    }
    let parts = StructArray::try_new(parts(layout), vec![names.finish(), values.finish()], None)?;
    let lists = ListArray::try_new(item(layout), OffsetBuffer::from_lengths(lengths), Arc::new(parts), part.answered.clone())?;
    Ok(Arc::new(lists))
}

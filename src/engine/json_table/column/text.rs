//! Text: strings, or the JSON of any value.

use std::sync::Arc;

use arrow_array::{ArrayRef, GenericStringArray, OffsetSizeTrait, StringViewArray};
use arrow_buffer::{Buffer, NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, Field};

use super::Column;
use crate::engine::json_table::cursor::{Cursor, Next};
use crate::engine::json_table::misfit::Misfit;
use crate::engine::json_table::schema;

/// Text with offsets of this size.
pub struct Text<O: OffsetSizeTrait> {
    values: Vec<u8>,
    offsets: Vec<O>,
    valid: NullBufferBuilder,
    /// It holds the JSON of its values.
    is_json: bool,
    /// It is to be an array of views.
    is_view: bool,
}

impl<O: OffsetSizeTrait> Text<O> {
    /// An empty column for the values of a field.
    pub fn new(field: &Field) -> Self {
        Self {
            values: Vec::new(),
            offsets: vec![O::zero()],
            valid: NullBufferBuilder::new(0),
            is_json: schema::is_json_text(field),
            is_view: *field.data_type() == DataType::Utf8View,
        }
    }

    /// Bytes of all its texts.
    pub fn bytes(&self) -> usize {
        self.values.len()
    }

    /// A text of valid UTF-8. False, and nothing is changed, where it is one too many for the offsets.
    pub fn push(&mut self, text: &[u8]) -> bool {
        let Some(end) = O::from_usize(self.values.len() + text.len()) else { return false };
        self.values.extend_from_slice(text);
        self.offsets.push(end);
        self.valid.append_non_null();
        true
    }
}

impl<O: OffsetSizeTrait> Column for Text<O> {
    fn read(&mut self, json: &mut Cursor<'_>, next: Next) -> Result<(), Misfit> {
        let start = json.at();
        let fits = if self.is_json {
            self.push(json.skip(next))
        } else if next == Next::String {
            self.push(json.string())
        } else {
            return Err(Misfit::at(start, "a string"));
        };
        if fits { Ok(()) } else { Err(Misfit::at(start, "less text in all")) }
    }

    fn null(&mut self) {
        self.offsets.extend(self.offsets.last().copied());
        self.valid.append_null();
    }

    fn truncate(&mut self, len: usize) {
        self.offsets.truncate(len + 1);
        self.values.truncate(self.offsets.last().map_or(0, |end| end.as_usize()));
        self.valid.truncate(len);
    }

    fn finish(mut self: Box<Self>) -> Result<ArrayRef, ArrowError> {
        self.values.shrink_to_fit();
        self.offsets.shrink_to_fit();
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        let array = GenericStringArray::<O>::try_new(offsets, Buffer::from_vec(self.values), self.valid.build())?;
        Ok(if self.is_view { Arc::new(array.iter().collect::<StringViewArray>()) } else { Arc::new(array) })
    }
}

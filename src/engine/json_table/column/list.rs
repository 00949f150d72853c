//! Lists.

use std::sync::Arc;

use arrow_array::{ArrayRef, GenericListArray, OffsetSizeTrait};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, FieldRef};

use super::{Column, Unsupported, column};
use crate::engine::json_table::cursor::{Cursor, Next};
use crate::engine::json_table::misfit::Misfit;
use crate::engine::json_table::schema;

/// Lists with offsets of this size.
pub struct List<O: OffsetSizeTrait> {
    item: FieldRef,
    items: Box<dyn Column>,
    len: usize,
    offsets: Vec<O>,
    valid: NullBufferBuilder,
}

impl<O: OffsetSizeTrait> List<O> {
    /// An empty column for lists of these.
    pub fn new(item: &FieldRef) -> Result<Self, Unsupported> {
        let items = column(item).map_err(|error| error.within(item))?;
        Ok(Self { item: item.clone(), items, len: 0, offsets: vec![O::zero()], valid: NullBufferBuilder::new(0) })
    }

    fn read_item(&mut self, json: &mut Cursor<'_>, next: Next) -> Result<(), Misfit> {
        match next {
            Next::Null if self.item.is_nullable() => {
                json.skip(next);
                self.items.null();
                Ok(())
            }
            Next::Null => Err(Misfit::at(json.at(), "a value")),
            next => self.items.read(json, next),
        }
    }
}

impl<O: OffsetSizeTrait> Column for List<O> {
    fn read(&mut self, json: &mut Cursor<'_>, next: Next) -> Result<(), Misfit> {
        let start = json.at();
        if next != Next::List {
            return Err(Misfit::at(start, "a list"));
        }
        let (mut more, mut index) = (json.enter(), 0);
        while more {
            let next = json.next();
            self.read_item(json, next).map_err(|misfit| misfit.in_element(index))?;
            (more, index) = (json.step(), index + 1);
        }
        let end = O::from_usize(self.len + index).ok_or_else(|| Misfit::at(start, "fewer elements in all"))?;
        self.len += index;
        self.offsets.push(end);
        self.valid.append_non_null();
        Ok(())
    }

    fn null(&mut self) {
        self.offsets.extend(self.offsets.last().copied());
        self.valid.append_null();
    }

    fn truncate(&mut self, len: usize) {
        self.offsets.truncate(len + 1);
        self.len = self.offsets.last().map_or(0, |end| end.as_usize());
        self.items.truncate(self.len);
        self.valid.truncate(len);
    }

    fn finish(mut self: Box<Self>) -> Result<ArrayRef, ArrowError> {
        self.offsets.shrink_to_fit();
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        let item = schema::nullable_field(&self.item);
        Ok(Arc::new(GenericListArray::<O>::try_new(item, offsets, self.items.finish()?, self.valid.build())?))
    }
}

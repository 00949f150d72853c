//! Columns of values that are all of one size.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{ArrayRef, BooleanArray, NullArray, PrimitiveArray};
use arrow_buffer::{BooleanBufferBuilder, NullBufferBuilder, ScalarBuffer};
use arrow_schema::{ArrowError, DataType};

use super::Column;
use crate::engine::json_table::cursor::{Cursor, Next};
use crate::engine::json_table::misfit::Misfit;

/// Numbers, dates and times.
pub struct Flat<T: ArrowPrimitiveType, R> {
    values: Vec<T::Native>,
    valid: NullBufferBuilder,
    data_type: DataType,
    expected: Cow<'static, str>,
    read: R,
}

impl<T, R> Flat<T, R>
where
    T: ArrowPrimitiveType,
    R: Fn(&mut Cursor<'_>, Next) -> Option<T::Native>,
{
    /// An empty column of what `read` reads, which gives None for a value that does not fit.
    pub fn new(expected: impl Into<Cow<'static, str>>, read: R) -> Self {
        let valid = NullBufferBuilder::new(0);
        Self { values: Vec::new(), valid, data_type: T::DATA_TYPE, expected: expected.into(), read }
    }

    /// The same, of a type that says more than `T`.
    pub fn of(self, data_type: &DataType) -> Self {
        Self { data_type: data_type.clone(), ..self }
    }
}

impl<T, R> Column for Flat<T, R>
where
    T: ArrowPrimitiveType,
    R: Fn(&mut Cursor<'_>, Next) -> Option<T::Native> + Send,
{
    fn read(&mut self, json: &mut Cursor<'_>, next: Next) -> Result<(), Misfit> {
        let start = json.at();
        let value = (self.read)(json, next).ok_or_else(|| Misfit::at(start, &*self.expected))?;
        self.values.push(value);
        self.valid.append_non_null();
        Ok(())
    }

    fn null(&mut self) {
        self.values.push(T::Native::default());
        self.valid.append_null();
    }

    fn truncate(&mut self, len: usize) {
        self.values.truncate(len);
        self.valid.truncate(len);
    }

    fn finish(mut self: Box<Self>) -> Result<ArrayRef, ArrowError> {
        self.values.shrink_to_fit();
        let array = PrimitiveArray::<T>::try_new(ScalarBuffer::from(self.values), self.valid.build())?;
        Ok(Arc::new(array.with_data_type(self.data_type)))
    }
}

/// True and false.
pub struct Flags {
    values: BooleanBufferBuilder,
    valid: NullBufferBuilder,
}

impl Default for Flags {
    fn default() -> Self {
        Self { values: BooleanBufferBuilder::new(0), valid: NullBufferBuilder::new(0) }
    }
}

impl Column for Flags {
    fn read(&mut self, json: &mut Cursor<'_>, next: Next) -> Result<(), Misfit> {
        if next != Next::Bool {
            return Err(Misfit::at(json.at(), "bool"));
        }
        self.values.append(json.bool());
        self.valid.append_non_null();
        Ok(())
    }

    fn null(&mut self) {
        self.values.append(false);
        self.valid.append_null();
    }

    fn truncate(&mut self, len: usize) {
        self.values.truncate(len);
        self.valid.truncate(len);
    }

    fn finish(self: Box<Self>) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(BooleanArray::new(self.values.build(), self.valid.build())))
    }
}

/// Null and nothing else.
#[derive(Default)]
pub struct Nothing {
    len: usize,
}

impl Column for Nothing {
    fn read(&mut self, json: &mut Cursor<'_>, _: Next) -> Result<(), Misfit> {
        Err(Misfit::at(json.at(), "null"))
    }

    fn null(&mut self) {
        self.len += 1;
    }

    fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    fn finish(self: Box<Self>) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(NullArray::new(self.len)))
    }
}

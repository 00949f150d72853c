//! Objects with known fields.

use std::sync::Arc;

use arrow_array::{ArrayRef, StructArray};
use arrow_buffer::NullBufferBuilder;
use arrow_schema::{ArrowError, Fields};

use super::{Column, Unsupported, column};
use crate::engine::json_table::cursor::{Cursor, Next};
use crate::engine::json_table::misfit::Misfit;
use crate::engine::json_table::names::Names;
use crate::engine::json_table::schema;

/// A column for each field. Other fields are passed over.
pub struct Record {
    fields: Fields,
    names: Names,
    slots: Vec<Slot>,
    len: usize,
    valid: NullBufferBuilder,
}

struct Slot {
    column: Box<dyn Column>,
    /// How many values are in the column: one more than objects, while the field of an object has been read.
    len: usize,
    nullable: bool,
}

impl Record {
    /// Empty columns for these fields.
    pub fn new(fields: &Fields) -> Result<Self, Unsupported> {
        let mut names = Names::default();
        let mut slots = Vec::with_capacity(fields.len());
        for field in fields {
            if names.find(field.name().as_bytes()).is_some() {
                return Err(Unsupported::new("there are two fields of this name").within(field));
            }
            names.add(field.name().as_bytes());
            let column = column(field).map_err(|error| error.within(field))?;
            slots.push(Slot { column, len: 0, nullable: field.is_nullable() });
        }
        Ok(Self { fields: fields.clone(), names, slots, len: 0, valid: NullBufferBuilder::new(0) })
    }

    /// Objects so far.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Reads a value as an object that has it as its one field.
    pub fn read_alone(&mut self, name: &str, json: &mut Cursor<'_>, next: Next) -> Result<(), Misfit> {
        self.names.begin();
        let start = json.at();
        let place = self.names.find(name.as_bytes()).ok_or_else(|| Misfit::at(start, "an object"))?;
        self.read_field(place, json, next)?;
        self.end()
    }

    /// The columns of the fields.
    pub fn columns(self) -> Result<Vec<ArrayRef>, ArrowError> {
        self.slots.into_iter().map(|slot| slot.column.finish()).collect()
    }

    fn read_field(&mut self, place: usize, json: &mut Cursor<'_>, next: Next) -> Result<(), Misfit> {
        let Some(slot) = self.slots.get_mut(place) else { return Ok(()) };
        let read = slot.read(self.len, json, next);
        read.map_err(|misfit| misfit.in_field(self.names.name(place)))
    }

    /// The end of an object: what it does not have is null.
    fn end(&mut self) -> Result<(), Misfit> {
        for (place, slot) in self.slots.iter_mut().enumerate() {
            if slot.len == self.len {
                if !slot.nullable {
                    return Err(Misfit::missing("a value").in_field(self.names.name(place)));
                }
                slot.column.null();
                slot.len += 1;
            }
        }
        self.len += 1;
        self.valid.append_non_null();
        Ok(())
    }
}

impl Slot {
    /// Reads the field of the object that comes after so many others.
    fn read(&mut self, before: usize, json: &mut Cursor<'_>, next: Next) -> Result<(), Misfit> {
        if self.len > before {
            // The object has had the field before: the last one counts.
            self.column.truncate(before);
        }
        match next {
            Next::Null if self.nullable => {
                json.skip(next);
                self.column.null();
            }
            Next::Null => return Err(Misfit::at(json.at(), "a value")),
            next => self.column.read(json, next)?,
        }
        self.len = before + 1;
        Ok(())
    }
}

impl Column for Record {
    fn read(&mut self, json: &mut Cursor<'_>, next: Next) -> Result<(), Misfit> {
        if next != Next::Object {
            return Err(Misfit::at(json.at(), "an object"));
        }
        self.names.begin();
        let mut more = json.enter();
        while more {
            let place = self.names.find(json.name());
            let next = json.next();
            match place {
                Some(place) => self.read_field(place, json, next)?,
                None => {
                    json.skip(next);
                }
            }
            more = json.step();
        }
        self.end()
    }

    fn null(&mut self) {
        for slot in &mut self.slots {
            slot.column.null();
            slot.len += 1;
        }
        self.len += 1;
        self.valid.append_null();
    }

    fn truncate(&mut self, len: usize) {
        for slot in &mut self.slots {
            // Also what has the right length: it may have begun with a value.
            slot.column.truncate(len);
            slot.len = slot.len.min(len);
        }
        self.len = self.len.min(len);
        self.valid.truncate(len);
    }

    fn finish(mut self: Box<Self>) -> Result<ArrayRef, ArrowError> {
        let (fields, valid, len) = (schema::nullable(&self.fields), self.valid.build(), self.len);
        let columns = std::mem::take(&mut self.slots).into_iter().map(|slot| slot.column.finish());
        Ok(Arc::new(StructArray::try_new_with_length(fields, columns.collect::<Result<_, _>>()?, valid, len)?))
    }
}

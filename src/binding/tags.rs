//! What callers gave their requests to carry, as a column.

use std::sync::Arc;

use arrow_array::builder::LargeStringBuilder;
use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyString};

/// What a column of tags can hold.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Truth,
    Whole,
    Number,
    Text,
}

impl Kind {
    fn of(tag: &Bound<'_, PyAny>) -> Self {
        if tag.is_instance_of::<PyBool>() {
            Self::Truth
        } else if tag.is_instance_of::<PyFloat>() {
            Self::Number
        } else if !tag.is_instance_of::<PyString>() && tag.extract::<i64>().is_ok() {
            // The integers of numpy as well.
            Self::Whole
        } else {
            Self::Text
        }
    }

    fn with(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            (Self::Whole, Self::Number) | (Self::Number, Self::Whole) => Self::Number,
            _ => Self::Text,
        }
    }
}

/// A column of tags, null where there is none: of the type that all of them have, and of their text where they have several, or
/// one that has no place in a table.
pub fn column(tags: &[Option<Bound<'_, PyAny>>]) -> PyResult<ArrayRef> {
    let kind = tags.iter().flatten().map(Kind::of).reduce(Kind::with).unwrap_or(Kind::Text);
    fn values<'py, T: FromPyObjectOwned<'py>>(tags: &[Option<Bound<'py, PyAny>>]) -> PyResult<Vec<Option<T>>> {
        tags.iter().map(|tag| tag.as_ref().map(|tag| tag.extract().map_err(Into::into)).transpose()).collect()
    }
    Ok(match kind {
        Kind::Truth => Arc::new(BooleanArray::from(values(tags)?)),
        Kind::Whole => Arc::new(Int64Array::from(values(tags)?)),
        Kind::Number => Arc::new(Float64Array::from(values(tags)?)),
        Kind::Text => {
            let mut texts = LargeStringBuilder::with_capacity(tags.len(), 0);
            for tag in tags {
                match tag {
                    Some(tag) => texts.append_value(tag.str()?.to_string_lossy()),
                    None => texts.append_null(),
                }
            }
            Arc::new(texts.finish())
        }
    })
}

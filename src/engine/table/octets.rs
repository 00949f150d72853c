//! Columns of text and bytes that others have made, in whatever layout.

use arrow_array::cast::AsArray;
use arrow_array::{Array, BinaryArray, BinaryViewArray, LargeBinaryArray};
use arrow_schema::DataType;

/// A column of bytes. Text comes as bytes too: others may have put into it what is no UTF-8.
pub enum Octets {
    /// Offsets of 32 bits.
    Short(BinaryArray),
    /// Offsets of 64 bits.
    Long(LargeBinaryArray),
    /// Views.
    Views(BinaryViewArray),
    /// Places in a column, none where there is null.
    Dictionary(Box<Octets>, Vec<Option<usize>>),
}

impl Octets {
    /// A column, where it is one of text; nothing is copied.
    pub fn of_text(column: &dyn Array) -> Option<Self> {
        Some(match column.data_type() {
            DataType::Utf8 => Self::Short(column.as_string::<i32>().clone().into()),
            DataType::LargeUtf8 => Self::Long(column.as_string::<i64>().clone().into()),
            DataType::Utf8View => Self::Views(column.as_string_view().clone().to_binary_view()),
            DataType::Dictionary(_, _) => {
                let dictionary = column.as_any_dictionary_opt()?;
                let values = Self::of_text(dictionary.values().as_ref())?;
                // There are no keys where there are no values, but nulls.
                let keys = if dictionary.values().is_empty() { vec![0; column.len()] } else { dictionary.normalized_keys() };
                Self::Dictionary(
                    Box::new(values),
                    keys.into_iter().enumerate().map(|(n, key)| column.is_valid(n).then_some(key)).collect(),
                )
            }
            _ => return None,
        })
    }

    /// A column, where it is one of bytes.
    pub fn of_bytes(column: &dyn Array) -> Option<Self> {
        Some(match column.data_type() {
            DataType::Binary => Self::Short(column.as_binary::<i32>().clone()),
            DataType::LargeBinary => Self::Long(column.as_binary::<i64>().clone()),
            DataType::BinaryView => Self::Views(column.as_binary_view().clone()),
            _ => return None,
        })
    }

    /// What is at a place; None where nothing is.
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        let there = |column: &dyn Array| index < column.len() && column.is_valid(index);
        match self {
            Self::Short(column) => there(column).then(|| column.value(index)),
            Self::Long(column) => there(column).then(|| column.value(index)),
            Self::Views(column) => there(column).then(|| column.value(index)),
            Self::Dictionary(values, keys) => values.get((*keys.get(index)?)?),
        }
    }
}

/// Is it a type of text?
pub fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

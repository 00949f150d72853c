//! A value of a column as a short text, for those who look at a table.

use std::fmt::{self, Write};

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_schema::DataType;

use super::octets::Octets;

/// A text that takes no more than so many characters.
struct Short {
    text: String,
    left: usize,
}

impl Write for Short {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        for character in more.chars() {
            if self.left == 0 {
                self.text.push('…');
                return Err(fmt::Error);
            }
            self.left -= 1;
            self.text.push(character);
        }
        Ok(())
    }
}

/// A value in at most so many characters and an ellipsis, however large it is. It is not escaped.
pub fn cell(column: &dyn Array, index: usize, width: usize) -> String {
    let mut short = Short { text: String::new(), left: width };
    // What has no room is not written.
    let _ = write_value(&mut short, column, index, false);
    short.text
}

fn write_value(out: &mut Short, column: &dyn Array, index: usize, quoted: bool) -> fmt::Result {
    if index >= column.len() || column.is_null(index) {
        return out.write_str("null");
    }
    if let Some(texts) = Octets::of_text(column) {
        let text = String::from_utf8_lossy(head(texts.get(index).unwrap_or_default(), out.left));
        return if quoted { write!(out, "{text:?}") } else { out.write_str(&text) };
    }
    if let Some(octets) = Octets::of_bytes(column) {
        let bytes = octets.get(index).unwrap_or_default();
        return write!(out, "b\"{}\"", head(bytes, out.left).escape_ascii());
    }
    match column.data_type() {
        DataType::Boolean => write!(out, "{}", column.as_boolean().value(index)),
        DataType::Int8 => write!(out, "{}", column.as_primitive::<Int8Type>().value(index)),
        DataType::Int16 => write!(out, "{}", column.as_primitive::<Int16Type>().value(index)),
        DataType::Int32 => write!(out, "{}", column.as_primitive::<Int32Type>().value(index)),
        DataType::Int64 => write!(out, "{}", column.as_primitive::<Int64Type>().value(index)),
        DataType::UInt8 => write!(out, "{}", column.as_primitive::<UInt8Type>().value(index)),
        DataType::UInt16 => write!(out, "{}", column.as_primitive::<UInt16Type>().value(index)),
        DataType::UInt32 => write!(out, "{}", column.as_primitive::<UInt32Type>().value(index)),
        DataType::UInt64 => write!(out, "{}", column.as_primitive::<UInt64Type>().value(index)),
        DataType::Float32 => write!(out, "{}", column.as_primitive::<Float32Type>().value(index)),
        DataType::Float64 => write!(out, "{}", column.as_primitive::<Float64Type>().value(index)),
        DataType::List(_) => write_list(out, column.as_list::<i32>().value(index).as_ref()),
        DataType::LargeList(_) => write_list(out, column.as_list::<i64>().value(index).as_ref()),
        DataType::Struct(fields) => {
            for (number, (field, part)) in fields.iter().zip(column.as_struct().columns()).enumerate() {
                write!(out, "{}{}: ", if number == 0 { "{" } else { ", " }, field.name())?;
                write_value(out, part, index, true)?;
            }
            out.write_str(if fields.is_empty() { "{}" } else { "}" })
        }
        other => write!(out, "<{other}>"),
    }
}

fn write_list(out: &mut Short, items: &dyn Array) -> fmt::Result {
    out.write_str("[")?;
    for index in 0..items.len() {
        out.write_str(if index == 0 { "" } else { ", " })?;
        write_value(out, items, index, true)?;
    }
    out.write_str("]")
}

/// As many bytes as there may be room for: a character has up to four. A body may have a gigabyte.
fn head(bytes: &[u8], characters: usize) -> &[u8] {
    bytes.get(..characters.saturating_add(1).saturating_mul(4)).unwrap_or(bytes)
}

/// The name of a type, in a word or few.
pub fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "str".into(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => "bytes".into(),
        DataType::Boolean => "bool".into(),
        DataType::List(item) | DataType::LargeList(item) => format!("list[{}]", type_name(item.data_type())),
        DataType::Struct(_) => "struct".into(),
        DataType::Dictionary(_, values) => type_name(values),
        other => other.to_string().to_lowercase(),
    }
}

//! Values of Arrow columns as Python objects, for those who have no library that reads Arrow.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType};
use arrow_schema::{DataType, Schema};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use super::strings;
use crate::engine::table::octets::Octets;
use crate::engine::table::{cell, type_name};

/// The longest text of a value of which no more is known than how to show it.
const SHOWN: usize = 200;

/// Numbers as the bytes of an array and whether each is there; anything else as a list.
#[derive(IntoPyObject)]
pub enum Values<'py> {
    Numbers(&'static str, Bound<'py, PyBytes>, Bound<'py, PyBytes>),
    List(Bound<'py, PyList>),
}

/// A column of a table in pieces.
pub fn column<'py>(py: Python<'py>, data_type: &DataType, pieces: &[&ArrayRef]) -> PyResult<Values<'py>> {
    Ok(match data_type {
        DataType::Int8 => numbers::<Int8Type>(py, "int8", pieces),
        DataType::Int16 => numbers::<Int16Type>(py, "int16", pieces),
        DataType::Int32 => numbers::<Int32Type>(py, "int32", pieces),
        DataType::Int64 => numbers::<Int64Type>(py, "int64", pieces),
        DataType::UInt8 => numbers::<UInt8Type>(py, "uint8", pieces),
        DataType::UInt16 => numbers::<UInt16Type>(py, "uint16", pieces),
        DataType::UInt32 => numbers::<UInt32Type>(py, "uint32", pieces),
        DataType::UInt64 => numbers::<UInt64Type>(py, "uint64", pieces),
        DataType::Float32 => numbers::<Float32Type>(py, "float32", pieces),
        DataType::Float64 => numbers::<Float64Type>(py, "float64", pieces),
        _ => {
            let values = PyList::empty(py);
            for piece in pieces {
                for index in 0..piece.len() {
                    values.append(value(py, piece.as_ref(), index)?)?;
                }
            }
            Values::List(values)
        }
    })
}

fn numbers<'py, T: ArrowPrimitiveType>(py: Python<'py>, name: &'static str, pieces: &[&ArrayRef]) -> Values<'py> {
    let (mut data, mut there) = (Vec::new(), Vec::new());
    for piece in pieces {
        data.extend_from_slice(piece.as_primitive::<T>().values().inner().as_slice());
        there.extend((0..piece.len()).map(|index| u8::from(piece.is_valid(index))));
    }
    Values::Numbers(name, PyBytes::new(py, &data), PyBytes::new(py, &there))
}

/// One value.
pub fn value<'py>(py: Python<'py>, column: &dyn Array, index: usize) -> PyResult<Bound<'py, PyAny>> {
    if column.is_null(index) {
        return Ok(py.None().into_bound(py));
    }
    if let Some(texts) = Octets::of_text(column) {
        let text = String::from_utf8_lossy(texts.get(index).unwrap_or_default());
        return Ok(strings::text(py, &text)?.into_any());
    }
    if let Some(octets) = Octets::of_bytes(column) {
        return Ok(strings::bytes(py, octets.get(index).unwrap_or_default())?.into_any());
    }
    fn number<'py, T>(py: Python<'py>, column: &dyn Array, index: usize) -> PyResult<Bound<'py, PyAny>>
    where
        T: ArrowPrimitiveType,
        T::Native: IntoPyObject<'py>,
    {
        column.as_primitive::<T>().value(index).into_bound_py_any(py)
    }
    match column.data_type() {
        DataType::Boolean => column.as_boolean().value(index).into_bound_py_any(py),
        DataType::Int8 => number::<Int8Type>(py, column, index),
        DataType::Int16 => number::<Int16Type>(py, column, index),
        DataType::Int32 => number::<Int32Type>(py, column, index),
        DataType::Int64 => number::<Int64Type>(py, column, index),
        DataType::UInt8 => number::<UInt8Type>(py, column, index),
        DataType::UInt16 => number::<UInt16Type>(py, column, index),
        DataType::UInt32 => number::<UInt32Type>(py, column, index),
        DataType::UInt64 => number::<UInt64Type>(py, column, index),
        DataType::Float32 => number::<Float32Type>(py, column, index),
        DataType::Float64 => number::<Float64Type>(py, column, index),
        DataType::List(_) => list(py, column.as_list::<i32>().value(index).as_ref()),
        DataType::LargeList(_) => list(py, column.as_list::<i64>().value(index).as_ref()),
        DataType::Struct(fields) => {
            let found = PyDict::new(py);
            for (field, part) in fields.iter().zip(column.as_struct().columns()) {
                found.set_item(field.name(), value(py, part, index)?)?;
            }
            Ok(found.into_any())
        }
        _ => cell(column, index, SHOWN).into_bound_py_any(py),
    }
}

fn list<'py>(py: Python<'py>, items: &dyn Array) -> PyResult<Bound<'py, PyAny>> {
    let items: Vec<_> = (0..items.len()).map(|index| value(py, items, index)).collect::<PyResult<_>>()?;
    Ok(PyList::new(py, items)?.into_any())
}

/// The type of each column, in a word.
pub fn types(schema: &Schema) -> Vec<String> {
    schema.fields().iter().map(|field| type_name(field.data_type())).collect()
}

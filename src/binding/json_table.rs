//! `table_of_json`: the JSON bodies of results as a table.

use std::sync::Arc;

use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{DataType, Field, Fields, Schema};
use pyo3::exceptions::{PyKeyboardInterrupt, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use super::arrow;
use super::error;
use super::rows::Rows;
use super::table::Table;
use crate::engine::json_table::{self as engine, Path, Step, Trouble};

/// The table of the JSON bodies of these rows. See `fastfetch.Results.json_table`.
///
/// Parameters
/// ----------
/// rows
///     The rows.
/// schema
///     What has `__arrow_c_schema__`, or a dict of field names to types: a format string of Arrow's C data interface, "json", a
///     list of one type, a dict of such, or what has `__arrow_c_schema__`. None to find the types out.
/// path
///     The keys and places that lead to the rows within a body.
#[pyfunction]
pub fn table_of_json(
    py: Python<'_>,
    rows: &Rows,
    schema: Option<&Bound<'_, PyAny>>,
    path: Vec<Bound<'_, PyAny>>,
) -> PyResult<Table> {
    let schema = schema.map(wanted).transpose()?;
    let path = Path(path.iter().map(step).collect::<PyResult<_>>()?);
    let outcomes: Vec<_> = rows.outcomes().collect();
    let mut raised = None;
    let mut interrupted = || {
        raised = Python::try_attach(|py| py.check_signals()).and_then(Result::err);
        raised.is_some()
    };
    let made = error::guarded(py, || Ok(py.detach(|| engine::table(&outcomes, schema.as_ref(), &path, &mut interrupted))))?;
    let (schema, batches) = made.map_err(|trouble| match trouble {
        Trouble::Interrupted => raised.unwrap_or_else(|| PyKeyboardInterrupt::new_err(())),
        Trouble::Schema(what) => PyValueError::new_err(format!("schema: {what}")),
        Trouble::Sparse(what) => PyValueError::new_err(what),
        Trouble::Memory(lack) => lack.into(),
        Trouble::Internal(what) => error::internal(py, &what),
    })?;
    Ok(Table::new(schema, batches))
}

fn step(step: &Bound<'_, PyAny>) -> PyResult<Step> {
    if step.is_instance_of::<PyString>() { step.extract().map(Step::Key) } else { step.extract().map(Step::Index) }
}

fn wanted(schema: &Bound<'_, PyAny>) -> PyResult<Schema> {
    match schema.cast_exact::<PyDict>() {
        Ok(fields) => Ok(Schema::new(self::fields(fields)?)),
        Err(_) => arrow::read_schema(schema),
    }
}

fn fields(fields: &Bound<'_, PyDict>) -> PyResult<Fields> {
    fields.iter().map(|(name, kind)| field(name.extract()?, &kind)).collect()
}

/// The field of a name and a type.
fn field(name: &str, kind: &Bound<'_, PyAny>) -> PyResult<Field> {
    let data_type = if let Ok(format) = kind.cast::<PyString>() {
        if format == "json" {
            return Ok(engine::json_text(name));
        }
        let schema = FFI_ArrowSchema::try_new(format.to_str()?, Vec::new(), None);
        schema.and_then(|schema| DataType::try_from(&schema)).map_err(|error| arrow::failed(&error))?
    } else if let Ok(items) = kind.cast::<PyList>() {
        DataType::List(Arc::new(field(Field::LIST_FIELD_DEFAULT_NAME, &items.get_item(0)?)?))
    } else if let Ok(inner) = kind.cast::<PyDict>() {
        DataType::Struct(fields(inner)?)
    } else {
        return Ok(arrow::read_schema::<Field>(kind)?.with_name(name));
    };
    Ok(Field::new(name, data_type, true))
}

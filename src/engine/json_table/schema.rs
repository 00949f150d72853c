//! The schema of a table: its own columns before those of the JSON, and types that JSON is read into.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};

use super::Trouble;
use super::column;

/// The column of the place of a row's body.
const INDEX: &str = "_index";

/// The column of what went wrong with a row.
const ERROR: &str = "_error";

/// The field that a row is which is no object.
pub const VALUE: &str = "value";

/// The metadata of fields that hold the JSON text of any value.
const JSON_TEXT: (&str, &str) = ("fastfetch:type", "json");

/// A field for the JSON text of any value.
pub fn json_text(name: &str) -> Field {
    let (key, value) = JSON_TEXT;
    Field::new(name, DataType::Utf8, true).with_metadata(HashMap::from([(key.into(), value.into())]))
}

/// Does it hold JSON text?
pub fn is_json_text(field: &Field) -> bool {
    let (key, value) = JSON_TEXT;
    field.metadata().get(key).is_some_and(|found| found == value)
}

/// The schema of a table with these fields in its rows. Each may be null, since a row that fails has nothing in it.
pub fn table(fields: &Fields) -> SchemaRef {
    let own = [Field::new(INDEX, DataType::Int64, false), Field::new(ERROR, DataType::Utf8, true)];
    let columns = fields.iter().map(|field| renamed(&nullable_field(field), column_name(field.name())));
    Arc::new(Schema::new(own.into_iter().map(Arc::new).chain(columns).collect::<Fields>()))
}

/// The fields that a schema of columns asks for. The table's own columns, which the schema of an earlier table has, are no
/// fields.
pub fn fields(schema: &Schema) -> Result<Fields, Trouble> {
    let columns = schema.fields().iter().filter(|field| ![INDEX, ERROR].contains(&field.name().as_str()));
    let fields: Fields = columns.map(|field| renamed(field, field_name(field.name()))).collect();
    column::Record::new(&fields).map_err(|error| Trouble::Schema(error.describe()))?;
    Ok(fields)
}

/// As [`Fields`] of which each may be null.
pub fn nullable(fields: &Fields) -> Fields {
    fields.iter().map(nullable_field).collect()
}

/// The same of one field.
pub fn nullable_field(field: &FieldRef) -> FieldRef {
    let data_type = match field.data_type() {
        DataType::List(item) => DataType::List(nullable_field(item)),
        DataType::LargeList(item) => DataType::LargeList(nullable_field(item)),
        DataType::Struct(fields) => DataType::Struct(nullable(fields)),
        other => other.clone(),
    };
    Arc::new(field.as_ref().clone().with_data_type(data_type).with_nullable(true))
}

fn renamed(field: &FieldRef, name: String) -> FieldRef {
    Arc::new(field.as_ref().clone().with_name(name))
}

/// The column of a field. One that is named as the table's own columns are gets an underscore at its end, and so does one that
/// is named as such a column would be: no two fields get the same column.
fn column_name(field: &str) -> String {
    let suffix = if is_reserved(field) { "_" } else { "" };
    format!("{field}{suffix}")
}

/// The field of a column.
fn field_name(column: &str) -> String {
    if is_reserved(column) { column.strip_suffix('_').unwrap_or(column).into() } else { column.into() }
}

fn is_reserved(name: &str) -> bool {
    [INDEX, ERROR].contains(&name.trim_end_matches('_'))
}

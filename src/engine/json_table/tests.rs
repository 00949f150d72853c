//! What the public face does not show: that texts are read as another parser reads them, and that how bodies are cut into pieces
//! makes no difference.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use proptest::prelude::*;
use serde_json::Value;

use super::cursor::{Cursor, Next};
use super::kind::Kind;
use super::*;
use crate::engine::json;

/// The bytes of a body, as if they had come.
pub struct Bytes(pub Vec<u8>);

impl Body for Bytes {
    fn size(&self) -> usize {
        self.0.len()
    }

    fn text(&self) -> Result<Cow<'_, str>, String> {
        json::text(&self.0, None)
    }
}

/// The errors of all rows.
pub fn errors(batches: &[RecordBatch]) -> Vec<Option<String>> {
    let columns = batches.iter().map(|batch| batch.column(1).as_string::<i32>().clone());
    columns.flat_map(|column| column.iter().map(|error| error.map(String::from)).collect::<Vec<_>>()).collect()
}

fn read(texts: &[&str], schema: Option<&Schema>) -> (SchemaRef, Vec<RecordBatch>) {
    let bodies: Vec<Bytes> = texts.iter().map(|text| Bytes(text.as_bytes().to_vec())).collect();
    table(&bodies, schema, &Path::default(), &mut || false).expect("a table")
}

fn value(json: &mut Cursor<'_>) -> Value {
    match json.next() {
        Next::Null => {
            json.skip(Next::Null);
            Value::Null
        }
        Next::Bool => json.bool().into(),
        Next::Number => serde_json::from_slice(json.number()).expect("a number"),
        Next::String => std::str::from_utf8(json.string()).expect("UTF-8").into(),
        Next::List => {
            let (mut values, mut more) = (Vec::new(), json.enter());
            while more {
                values.push(value(json));
                more = json.step();
            }
            values.into()
        }
        Next::Object => {
            let (mut fields, mut more) = (serde_json::Map::new(), json.enter());
            while more {
                let name = String::from_utf8(json.name().to_vec()).expect("UTF-8");
                fields.insert(name, value(json));
                more = json.step();
            }
            fields.into()
        }
    }
}

fn documents() -> impl Strategy<Value = Value> {
    let numbers =
        prop_oneof![any::<i64>().prop_map(Value::from), any::<u64>().prop_map(Value::from), any::<f64>().prop_map(Value::from)];
    let leaves =
        prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), numbers, any::<String>().prop_map(Value::from)];
    leaves.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map("[a-d\"\\\\é]{0,2}", inner, 0..6).prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn a_text_is_read_as_serde_reads_it(document in documents(), is_pretty in any::<bool>()) {
        let text = if is_pretty { serde_json::to_string_pretty(&document) } else { serde_json::to_string(&document) }.unwrap();
        let mut json = Cursor::new(&text, 0);
        prop_assert_eq!(value(&mut json), serde_json::from_str::<Value>(&text).unwrap());
        prop_assert_eq!(json.at(), text.len());
        let mut json = Cursor::new(&text, 0);
        let next = json.next();
        prop_assert_eq!(json.skip(next), text.as_bytes());
    }

    #[test]
    fn escapes_are_what_serde_makes_of_them(text in r#"([a-zé😀 ]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}|\\ud83d\\ude00){0,12}"#) {
        let text = format!("\"{text}\"");
        // It refuses half of a surrogate pair.
        if let Ok(expected) = serde_json::from_str::<String>(&text) {
            let mut json = Cursor::new(&text, 0);
            json.next();
            prop_assert_eq!(std::str::from_utf8(json.string()).unwrap(), expected);
        }
    }

    #[test]
    fn how_bodies_are_cut_makes_no_difference(documents in prop::collection::vec(documents(), 1..8), cut in any::<prop::sample::Index>()) {
        let texts: Vec<String> = documents.iter().map(ToString::to_string).collect();
        let see = |texts: &[String]| {
            let mut kind = Kind::default();
            texts.iter().for_each(|text| kind.see_rows(&mut Cursor::new(text, 0), &mut { FIELDS }, &AtomicBool::new(false)));
            kind
        };
        let (one, other) = texts.split_at(cut.index(texts.len()));
        let mut parts = see(one);
        parts.merge(see(other));
        let whole = see(&texts);
        prop_assert_eq!(parts.row_fields(), whole.row_fields());
        prop_assert_eq!(parts.room(), whole.room());
        prop_assert_eq!(parts.fields(), whole.fields());
    }

    #[test]
    fn no_body_is_too_strange(bodies in prop::collection::vec(r#"[\[\]{}",:0-9eE.\-\\untrfals ]{0,30}"#, 0..20)) {
        let texts: Vec<&str> = bodies.iter().map(String::as_str).collect();
        let (schema, _) = read(&texts, None);
        // The schema of a table is one for the same bodies.
        read(&texts, Some(&schema));
    }
}

#[test]
fn pieces_have_all_bodies_in_order() {
    let sizes = [0, PIECE, 5, PIECE / 2, PIECE / 2, 3 * PIECE, 0, 0];
    let bodies: Vec<Bytes> = sizes.iter().map(|size| Bytes(vec![b' '; *size])).collect();
    let pieces = pieces(&bodies);
    assert_eq!(pieces.iter().cloned().flatten().collect::<Vec<_>>(), (0..sizes.len()).collect::<Vec<_>>());
    assert!(pieces.len() > 4, "{pieces:?}");
}

#[test]
fn many_pieces_make_one_table() {
    let bodies: Vec<Bytes> = (0..40)
        .map(|number| {
            Bytes(format!("{{\"number\": {number}, \"text\": \"{}\", \"f{number}\": 1}}", "x".repeat(PIECE / 8)).into())
        })
        .collect();
    let (schema, batches) = table(&bodies, None, &Path::default(), &mut || false).expect("a table");
    assert!(batches.len() > 4);
    assert_eq!(schema.fields().len(), 44);
    let numbers = batches.iter().flat_map(|batch| {
        let column = batch.column_by_name("number").expect("a column");
        column.as_primitive::<arrow_array::types::Int64Type>().values().to_vec()
    });
    assert_eq!(numbers.collect::<Vec<_>>(), (0..40).collect::<Vec<_>>());
    assert_eq!(schema.field(4).name(), "f0", "in the order in which they came");
}

#[test]
fn an_interrupt_ends_the_work() {
    let body = format!("[{}0]", "{\"a\": [1, 2, {\"b\": 3}]}, ".repeat(PIECE / 16));
    let bodies: Vec<Bytes> = (0..64).map(|_| Bytes(body.clone().into())).collect();
    let made = table(&bodies, None, &Path::default(), &mut || true);
    assert!(matches!(made, Err(Trouble::Interrupted)));
}

#[test]
fn tables_of_holes_are_refused() {
    let fields: Vec<String> = (0..FIELDS / 2).map(|number| format!("\"{number}\": 1")).collect();
    let (wide, many) = (format!("{{{}}}", fields.join(",")), format!("[{}{{}}]", "{},".repeat(100_000)));
    let refused = |texts: &[String]| {
        let bodies: Vec<Bytes> = texts.iter().map(|text| Bytes(text.clone().into())).collect();
        table(&bodies, None, &Path::default(), &mut || false)
    };
    assert!(refused(&[wide.clone(), "{}".into()]).is_ok());
    assert!(matches!(refused(&[wide.clone(), many]), Err(Trouble::Sparse(why)) if why.contains("holes") || why.contains("lack")));
    let wider = wide.replace("\": 1", "b\": 1").replace("\"0b\"", "\"0\"");
    assert!(
        matches!(refused(&[wide, wider.clone(), wider.replace('b', "c")]), Err(Trouble::Sparse(why)) if why.contains("10000"))
    );
}

#[test]
fn a_column_is_cut_back_within_a_list() {
    let item = Arc::new(Field::new("item", DataType::Int64, true));
    let inner = Field::new("b", DataType::List(item), true);
    let field = Field::new(
        "a",
        DataType::List(Arc::new(Field::new("item", DataType::Struct([inner].into_iter().collect()), true))),
        true,
    );
    let texts = [
        r#"{"a": [{"b": [1, 2]}]}"#,
        r#"{"a": [{"b": [3]}, {"b": [4, "no"]}]}"#,
        r#"{"a": [{"b": [5]}], "a": [{"b": [6]}, {}]}"#,
    ];
    let (_, batches) = read(&texts, Some(&Schema::new(vec![field])));
    assert_eq!(errors(&batches), [None, Some("a[1].b[1]: expected int64, got \"no\"".into()), None]);
    let lists = batches[0].column(2).as_list::<i32>();
    assert_eq!((lists.value_length(0), lists.is_null(1), lists.value_length(2)), (1, true, 2));
    let numbers = lists.values().as_struct().column(0).as_list::<i32>().values();
    assert_eq!(numbers.as_primitive::<arrow_array::types::Int64Type>().values().to_vec(), [1, 2, 6]);
}

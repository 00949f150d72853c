//! What is held of an answer's body.

use serde_json::{Map, Value};

use super::error::{Failure, Kind, Phase};
use super::response::Response;

/// What to hold of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keep {
    /// All of it.
    All,
    /// Nothing.
    Head,
    /// Some fields of a JSON object, each by the names that lead to it.
    Fields(Vec<Vec<String>>),
}

impl Keep {
    /// Reduces a body to what is to be held of it.
    ///
    /// # Errors
    /// Where fields are to be held of what is no JSON object.
    pub fn reduce(&self, answer: &mut Response) -> Result<(), Failure> {
        match self {
            Self::All => {}
            Self::Head => answer.body = Box::default(),
            // An answer without a body, or about a failure, has no fields to offer and is none to complain of.
            Self::Fields(_) if answer.body.is_empty() || answer.status.as_u16() >= 400 => answer.body = Box::default(),
            Self::Fields(fields) => answer.body = pick(&answer.body, fields)?.into(),
        }
        Ok(())
    }
}

/// A JSON object with some of the fields of another. What is not there is left out.
fn pick(body: &[u8], fields: &[Vec<String>]) -> Result<Vec<u8>, Failure> {
    let no = |why: String| Failure::new(Kind::Decode, Phase::Body, format!("keep: expected a JSON object, got {why}"));
    let whole: Value = serde_json::from_slice(body).map_err(|error| no(error.to_string()))?;
    if !whole.is_object() {
        return Err(no("another JSON value".into()));
    }
    let mut picked = Map::new();
    for path in fields {
        if let Some(value) = path.iter().try_fold(&whole, |value, name| value.get(name)) {
            put(&mut picked, path, value);
        }
    }
    serde_json::to_vec(&picked).map_err(|error| no(error.to_string()))
}

fn put(into: &mut Map<String, Value>, path: &[String], value: &Value) {
    match path {
        [] => {}
        [name] => drop(into.insert(name.clone(), value.clone())),
        [name, rest @ ..] => {
            let inner = into.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picked(body: &str, fields: &[&str]) -> Result<String, String> {
        let fields: Vec<Vec<String>> = fields.iter().map(|path| path.split('.').map(str::to_owned).collect()).collect();
        pick(body.as_bytes(), &fields).map(|json| String::from_utf8(json).expect("UTF-8")).map_err(|failure| failure.detail)
    }

    #[test]
    fn fields_are_picked_with_the_objects_that_they_are_in() {
        let body = r#"{"id": 1, "user": {"login": "ann", "mail": "x"}, "tags": [1, 2]}"#;
        assert_eq!(picked(body, &["id", "user.login", "none", "id.deeper"]).expect("JSON"), r#"{"id":1,"user":{"login":"ann"}}"#);
        assert_eq!(picked(body, &["user", "user.login"]).expect("JSON"), r#"{"user":{"login":"ann","mail":"x"}}"#);
        assert_eq!(picked(body, &["tags"]).expect("JSON"), r#"{"tags":[1,2]}"#);
        assert!(picked("[1]", &["id"]).expect_err("a list").contains("another JSON value"));
        assert!(picked("<html>", &["id"]).expect_err("no JSON").contains("line 1"));
    }
}

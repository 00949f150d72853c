//! The options of a call for many items: Python values into a `Plan`.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::client::Client;
use super::extract::{self, Options, expected};
use super::limits::{self, LIMITS};
use super::response::{Response, Row};
use super::side::{Note, Object, Side, callable, nowhere};
use crate::engine::caller::Caller;
use crate::engine::error::Opaque;
use crate::engine::keep::Keep;
use crate::engine::plan::{Plan, Read, Reader};
use crate::engine::process::lock;
use crate::engine::response::Outcome;

/// The options besides limits. Progress is shown by the face.
const OPTIONS: [&str; 10] =
    ["timeout", "headers", "retry", "deadline", "dedupe", "keep", "on_response", "checkpoint", "robots", "progress"];

/// What a caller gave the item at this place to carry.
pub trait Tagged: Send + Sync + 'static {
    /// A reference of one's own to it. Called on the caller's side only.
    fn tag(&self, py: Python<'_>, place: usize) -> Option<Py<PyAny>>;
}

/// The options of a call for many items; some may be this function's own.
pub fn options<'a, 'py>(function: &str, given: Option<&'a Bound<'py, PyDict>>, own: &[&str]) -> PyResult<Options<'a, 'py>> {
    let known: Vec<&str> = LIMITS.iter().chain(&OPTIONS).chain(own).copied().collect();
    Options::new(function, given, &known)
}

/// How the items of a call are fetched.
pub fn plan(py: Python<'_>, client: &Client, options: &Options<'_, '_>, tags: Arc<dyn Tagged>) -> PyResult<Plan<()>> {
    let engine = &client.engine;
    // None is the client's here: the options of a call reach this place whether they were given or not.
    let option = |name: &str| options.some(name);
    let flag = |name: &str| Ok::<_, PyErr>(option(name)?.map(|value| extract::flag(name, &value)).transpose()?.unwrap_or(false));
    Ok(Plan {
        client: (),
        limits: limits::of_call(options, py, engine.limits())?,
        timeout: option("timeout")?.map(|value| extract::timeout(&value, engine.timeout())).transpose()?,
        headers: option("headers")?.map(|value| extract::header_lines("headers", &value)).transpose()?.unwrap_or_default(),
        retry: option("retry")?.map(|value| limits::retry(&value)).transpose()?,
        deadline: option("deadline")?.map(|value| extract::seconds("deadline", &value)).transpose()?.flatten(),
        dedupe: flag("dedupe")?,
        keep: option("keep")?.map_or(Ok(Keep::All), |value| keep(&value))?,
        reader: option("on_response")?.map(|value| reader(&value, tags)).transpose()?,
        checkpoint: option("checkpoint")?.map(|value| path(&value)).transpose()?,
        robots: flag("robots")?,
    })
}

/// What to hold of each body.
fn keep(value: &Bound<'_, PyAny>) -> PyResult<Keep> {
    const WHAT: &str = "\"all\", \"head\" or names of JSON fields";
    if let Ok(word) = value.cast::<PyString>() {
        return match word.to_str()? {
            "all" => Ok(Keep::All),
            "head" => Ok(Keep::Head),
            _ => Err(PyValueError::new_err(format!("keep: expected {WHAT}, got {}", word.repr()?))),
        };
    }
    let fields: Vec<String> = value.extract().map_err(|_| expected("keep", WHAT, value))?;
    if fields.is_empty() || fields.iter().any(String::is_empty) {
        return Err(PyValueError::new_err(format!("keep: expected {WHAT}, got an empty one")));
    }
    Ok(Keep::Fields(fields.iter().map(|path| path.split('.').map(str::to_owned).collect()).collect()))
}

/// The path of the checkpoint.
fn path(value: &Bound<'_, PyAny>) -> PyResult<PathBuf> {
    let path: PathBuf = value.extract().map_err(|_| expected("checkpoint", "the path of a file", value))?;
    if path.as_os_str().is_empty() {
        return Err(PyValueError::new_err("checkpoint: expected the path of a file, got an empty one"));
    }
    Ok(path)
}

fn reader(value: &Bound<'_, PyAny>, tags: Arc<dyn Tagged>) -> PyResult<Arc<dyn Reader>> {
    Ok(Arc::new(OnResponse { function: callable("on_response", value)?, tags, ended: Arc::default() }))
}

/// A function of the caller's that sees each response while it is whole.
pub struct OnResponse {
    pub function: Arc<Py<PyAny>>,
    tags: Arc<dyn Tagged>,
    ended: Arc<Mutex<Ended>>,
}

/// A call of such a function.
struct Call {
    place: usize,
    answer: Arc<Outcome>,
    ended: Arc<Mutex<Ended>>,
}

/// The calls that have ended and whose asker has not taken what came of it, by place. An asker may go in the very moment between
/// the two, on another thread.
type Ended = HashMap<usize, (Arc<Outcome>, Read)>;

impl std::fmt::Debug for OnResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnResponse").finish_non_exhaustive()
    }
}

impl Reader for OnResponse {
    fn read(&self, place: usize, answer: Arc<Outcome>, caller: Option<&Caller>) -> BoxFuture<'static, Read> {
        let Some(side) = Side::of(caller) else { return async { Err(nowhere()) }.boxed() };
        let (tags, ended) = (self.tags.clone(), self.ended.clone());
        let note = Call { place, answer: answer.clone(), ended: ended.clone() };
        let arguments = move |py: Python<'_>| {
            let response = Response::new(Row { outcome: answer, tag: tags.tag(py, place) });
            Ok((response,).into_pyobject(py)?.unbind())
        };
        let read = |value: &Bound<'_, PyAny>| Ok(Arc::new(Object(value.clone().unbind())) as Opaque);
        let asked = side.ask_once(self.function.clone(), arguments, read, note);
        async move {
            let read = asked.await;
            lock(&ended).remove(&place);
            read
        }
        .boxed()
    }

    fn left(&self) -> Vec<(usize, Arc<Outcome>, Read)> {
        lock(&self.ended).drain().map(|(place, (answer, read))| (place, answer, read)).collect()
    }
}

impl Note<Opaque> for Call {
    fn note(&self, read: &Read) {
        let earlier = lock(&self.ended).insert(self.place, (self.answer.clone(), read.clone()));
        drop(earlier);
    }

    fn noted(&self) -> Option<Read> {
        lock(&self.ended).get(&self.place).map(|(_, read)| read.clone())
    }
}

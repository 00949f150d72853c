//! Hooks and `auth` callables: functions of the caller's, called on the caller's side.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyMapping, PyTuple};

use super::error;
use super::extract::expected;
use super::headers::Headers;
use super::request::Request;
use super::response::{Response, Row};
use super::side::{Side, callable, nowhere};
use crate::engine::caller::{Callback, Caller, Event, EventKind};
use crate::engine::error::Failure;
use crate::engine::request::Request as EngineRequest;

/// The names of the events, as `event_hooks` has them.
const EVENTS: [(&str, EventKind); 5] = [
    ("request", EventKind::Request),
    ("response", EventKind::Response),
    ("redirect", EventKind::Redirect),
    ("retry", EventKind::Retry),
    ("informational", EventKind::Informational),
];

/// Functions of the caller's, by event.
#[derive(Debug)]
pub struct Functions {
    pub listed: Vec<(EventKind, Arc<Py<PyAny>>)>,
    /// They came as `auth`.
    authorize: bool,
}

impl Functions {
    /// What a request from such a function is called in messages; None where it may not change the request.
    fn name(&self, kind: EventKind) -> Option<&'static str> {
        match kind {
            EventKind::Request if self.authorize => Some("auth"),
            EventKind::Request => Some("event_hooks['request']"),
            EventKind::Redirect => Some("event_hooks['redirect']"),
            EventKind::Response | EventKind::Retry | EventKind::Informational => None,
        }
    }
}

/// An `auth` callable.
pub fn authorizer(function: &Bound<'_, PyAny>) -> PyResult<Arc<dyn Callback>> {
    Ok(Arc::new(Functions { listed: vec![(EventKind::Request, callable("auth", function)?)], authorize: true }))
}

/// `event_hooks`: a mapping of event names to callables.
pub fn hooks(value: &Bound<'_, PyAny>) -> PyResult<Option<Arc<dyn Callback>>> {
    if value.is_none() {
        return Ok(None);
    }
    let what = "a mapping of event names to lists of callables";
    let Ok(mapping) = value.cast::<PyMapping>() else {
        return Err(expected("event_hooks", what, value));
    };
    let mut listed = Vec::new();
    for pair in mapping.items()? {
        let (name, given): (Bound<'_, PyAny>, Bound<'_, PyAny>) = pair.extract()?;
        let Ok(name) = name.extract::<String>() else {
            return Err(expected("event_hooks", "names of events as keys", &name));
        };
        let Some((_, kind)) = EVENTS.iter().find(|(known, _)| *known == name) else {
            let known = EVENTS.map(|(name, _)| name).join(", ");
            return Err(PyValueError::new_err(format!("event_hooks: '{}' is none of {known}", name.escape_debug())));
        };
        if given.is_callable() {
            listed.push((*kind, Arc::new(given.unbind())));
            continue;
        }
        let wrong = |_| expected(&format!("event_hooks['{name}']"), "a callable or a list of callables", &given);
        for function in given.try_iter().map_err(wrong)? {
            listed.push((*kind, callable(&format!("event_hooks['{name}']"), &function?)?));
        }
    }
    Ok((!listed.is_empty()).then(|| Arc::new(Functions { listed, authorize: false }) as _))
}

impl Callback for Functions {
    fn wants(&self, kind: EventKind) -> bool {
        self.listed.iter().any(|(known, _)| *known == kind)
    }

    fn call(&self, event: Event, caller: Option<&Caller>) -> BoxFuture<'static, Result<Option<EngineRequest>, Failure>> {
        let Some(side) = Side::of(caller) else { return async { Err(nowhere()) }.boxed() };
        let kind = event.kind();
        let name = self.name(kind);
        // This is the I/O thread: Python's own reference counts are not touched here.
        let functions: Vec<_> =
            self.listed.iter().filter(|(known, _)| *known == kind).map(|(_, function)| function.clone()).collect();
        async move {
            let mut event = event;
            let mut changed = None;
            for function in functions {
                let told = event.clone();
                let answer = side.ask(function, move |py| arguments(py, told), move |value| read(name, value)).await?;
                if let (Event::Request(current), Some(answer)) = (&mut event, &answer) {
                    **current = answer.clone();
                }
                changed = answer.or(changed);
            }
            Ok(changed)
        }
        .boxed()
    }
}

/// What the function is called with.
fn arguments(py: Python<'_>, event: Event) -> PyResult<Py<PyTuple>> {
    let arguments = match event {
        Event::Request(request) => (shown(*request),).into_pyobject(py)?,
        Event::Response(response) => (answered(response),).into_pyobject(py)?,
        Event::Redirect(response, request) => (answered(response), shown(*request)).into_pyobject(py)?,
        Event::Retry(outcome) => match *outcome {
            Err(failure) => (error::exception(py, &failure)?,).into_pyobject(py)?,
            Ok(answer) => (Response::refused(&Bound::new(py, answered(Arc::new(answer)))?)?,).into_pyobject(py)?,
        },
        Event::Informational(status, headers) => (status.as_u16(), Headers::from(&headers)).into_pyobject(py)?,
    };
    Ok(arguments.unbind())
}

fn shown(request: EngineRequest) -> Request {
    Request { inner: Arc::new(request), tag: None }
}

fn answered(response: Arc<crate::engine::response::Response>) -> Response {
    Response::new(Row { outcome: Arc::new(Ok(Arc::unwrap_or_clone(response))), tag: None })
}

/// What the function gave back: another request, or nothing. What only looks may return what it likes.
fn read(name: Option<&'static str>, value: &Bound<'_, PyAny>) -> PyResult<Option<EngineRequest>> {
    let Some(name) = name.filter(|_| !value.is_none()) else { return Ok(None) };
    match value.cast::<Request>() {
        Ok(request) => Ok(Some(EngineRequest::clone(&request.get().inner))),
        Err(_) => Err(expected(name, "a Request or None from the callback", value)),
    }
}

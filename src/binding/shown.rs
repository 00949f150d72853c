//! What Python's collector is shown of the caller's objects that the engine holds.
//!
//! A reference that several share is shown by none of them: counted twice, it would look like a cycle that is not. What has one
//! owner keeps it while the collector looks, since only an attached thread could share it; what is shared may be one's own the
//! next time.

use std::any::Any;
use std::sync::Arc;

use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;

use super::callback::Functions;
use super::plan::OnResponse;
use super::producer::Producer;
use super::side::Object;
use crate::engine::authorize::Authorization;
use crate::engine::caller::Callback;
use crate::engine::client::Client;
use crate::engine::content::Content;
use crate::engine::error::{Kind, Opaque};
use crate::engine::gather::Table;
use crate::engine::plan::Reader;
use crate::engine::request::Request;
use crate::engine::response::Outcome;

/// Whether the collector wants to see more.
pub type Seen = Result<(), PyTraverseError>;

/// What is shared, where nobody shares it.
fn own<T: ?Sized>(shared: &Arc<T>) -> Option<&T> {
    (Arc::strong_count(shared) == 1).then_some(&**shared)
}

/// A function of the caller's.
pub fn function(visit: &PyVisit<'_>, function: &Arc<Py<PyAny>>) -> Seen {
    own(function).map_or(Ok(()), |function| visit.call(function))
}

/// The callbacks of a client: all that is in flight shares it.
pub fn client(visit: &PyVisit<'_>, client: &Client) -> Seen {
    let Some(config) = client.alone() else { return Ok(()) };
    config.hooks.iter().try_for_each(|hooks| callback(visit, hooks))?;
    config.auth.iter().try_for_each(|auth| authorization(visit, auth))
}

/// What a request calls: for its credentials, and for its body.
pub fn request(visit: &PyVisit<'_>, request: &Arc<Request>) -> Seen {
    let Some(request) = own(request) else { return Ok(()) };
    let auth = request.own.as_ref().and_then(|own| own.auth.as_ref()).and_then(Option::as_ref);
    auth.map_or(Ok(()), |auth| authorization(visit, auth))?;
    let Some(Content::Produced(producer)) = &request.content else { return Ok(()) };
    let producer = own(producer).and_then(|producer| (producer as &dyn Any).downcast_ref::<Producer>());
    producer.map_or(Ok(()), |producer| function(visit, &producer.open))
}

/// What came of a request: the value that the caller made of it, or the exception that the caller raised.
pub fn outcome(visit: &PyVisit<'_>, outcome: &Arc<Outcome>) -> Seen {
    let held = match own(outcome) {
        Some(Ok(answer)) => answer.rare.as_ref().and_then(|rare| rare.value.0.as_ref()),
        Some(Err(error)) => match &error.kind {
            Kind::Raised(raised) => raised.exception.as_ref(),
            _ => None,
        },
        None => None,
    };
    held.map_or(Ok(()), |held| object(visit, held))
}

/// What came of all items of a table.
pub fn table(visit: &PyVisit<'_>, table: &Arc<Table>) -> Seen {
    let Some(table) = own(table) else { return Ok(()) };
    (0..table.len()).filter_map(|place| table.outcome(place)).try_for_each(|each| outcome(visit, each))
}

/// Whoever reads the answers of a batch.
pub fn reader(visit: &PyVisit<'_>, reader: &Arc<dyn Reader>) -> Seen {
    let reader = own(reader).and_then(|reader| (reader as &dyn Any).downcast_ref::<OnResponse>());
    reader.map_or(Ok(()), |reader| function(visit, &reader.function))
}

fn callback(visit: &PyVisit<'_>, callback: &Arc<dyn Callback>) -> Seen {
    let functions = own(callback).and_then(|callback| (callback as &dyn Any).downcast_ref::<Functions>());
    functions.map_or(Ok(()), |functions| functions.listed.iter().try_for_each(|(_, listed)| function(visit, listed)))
}

fn authorization(visit: &PyVisit<'_>, authorization: &Authorization) -> Seen {
    match authorization {
        Authorization::Callback(asked) => callback(visit, asked),
        Authorization::Credentials(_) | Authorization::Netrc(_) => Ok(()),
    }
}

fn object(visit: &PyVisit<'_>, object: &Opaque) -> Seen {
    let object = own(object).and_then(|object| object.downcast_ref::<Object>());
    object.map_or(Ok(()), |Object(object)| visit.call(object))
}

//! Bodies that are sent from where they lie: the caller's own `bytes` and `str`, without a copy.
//!
//! Neither ever changes, so a reference is all it takes for the I/O thread to read one. It must not attach to the interpreter,
//! so it cannot let go of the object: where the last use ends there, the object goes on a list, and a thread that is attached
//! lets go of it. The list is neither behind pyo3's own lock, which another thread may hold when the process forks, nor does it
//! wait for whoever happens to come by next: an event loop is told.

use std::sync::{Arc, Mutex, Weak};

use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyBytes, PyString};
use tokio::runtime::Handle;

use super::outbox::Outbox;
use crate::engine::process::{ProcessBound, lock_whole};

/// What is smaller is copied in less time than it takes to give it back.
const WORTH_LENDING: usize = 64 * 1024;

static RETURNED: Mutex<Returned> = Mutex::new(Returned { objects: Vec::new(), outbox: None });

/// What has come back.
struct Returned {
    objects: Vec<Object>,
    /// That of the event loop to be told: whichever was the last to get one.
    outbox: Option<ProcessBound<Weak<Outbox>>>,
}

/// An object that never changes.
enum Object {
    Bytes(PyBackedBytes),
    Text(PyBackedStr),
}

/// The use of an object; empty once it has been given back.
struct Loan(Option<Object>);

/// The content of `bytes`. That of a subclass is copied: letting go of an object may then run code of the caller's.
pub fn bytes(value: &Bound<'_, PyBytes>) -> Bytes {
    let content = value.as_bytes();
    if content.len() < WORTH_LENDING || !value.is_exact_instance_of::<PyBytes>() {
        return Bytes::copy_from_slice(content);
    }
    lend(value.py(), Object::Bytes(value.clone().into()))
}

/// Text as UTF-8.
pub fn text(value: &Bound<'_, PyString>) -> PyResult<Bytes> {
    let content = value.to_str()?;
    if content.len() < WORTH_LENDING || !value.is_exact_instance_of::<PyString>() {
        return Ok(Bytes::copy_from_slice(content.as_bytes()));
    }
    Ok(lend(value.py(), Object::Text(value.clone().try_into()?)))
}

fn lend(py: Python<'_>, object: Object) -> Bytes {
    settle(py);
    Bytes::from_owner(Loan(Some(object)))
}

/// Lets go of all that has come back.
pub fn settle(_attached: Python<'_>) {
    let objects = std::mem::take(&mut lock_whole(&RETURNED).objects);
    drop(objects);
}

/// From now on it is the loop of this outbox that is told.
pub fn tell(outbox: &Arc<Outbox>) {
    lock_whole(&RETURNED).outbox = Some(ProcessBound::new(Arc::downgrade(outbox)));
}

impl AsRef<[u8]> for Loan {
    fn as_ref(&self) -> &[u8] {
        match &self.0 {
            Some(Object::Bytes(bytes)) => bytes,
            Some(Object::Text(text)) => text.as_bytes(),
            None => &[],
        }
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        // Of our threads only tokio's are never attached. On any other the object is let go of here.
        if Handle::try_current().is_err() {
            return;
        }
        let mut returned = lock_whole(&RETURNED);
        returned.objects.extend(self.0.take());
        let outbox = returned.outbox.as_ref().and_then(|outbox| outbox.get()?.upgrade());
        drop(returned);
        if let Some(outbox) = outbox {
            outbox.turn();
        }
    }
}

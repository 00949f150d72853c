//! `Client`: single requests across the bridge.

use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::call::Call;
use super::error;
use super::extract::{self, Options, REQUEST_OPTIONS};
use super::outbox::Answer;
use super::request::Request;
use super::response::{Response, Row};
use crate::engine::client::Client as EngineClient;
use crate::engine::request::Request as EngineRequest;

/// Settings, permits and a pool of connections.
#[pyclass(frozen, module = "fastfetch._core")]
pub struct Client {
    pub engine: EngineClient,
}

impl Client {
    fn call(&self, request: EngineRequest, tag: Option<Py<PyAny>>) -> Call {
        let engine = self.engine.clone();
        let call = Call::new(async move {
            let outcome = engine.send(request).await;
            Box::new(|py: Python<'_>, tag| match outcome {
                Ok(_) => Ok(Py::new(py, Response::new(Row { outcome: Arc::new(outcome), tag }))?.into_any()),
                Err(failure) => Err(error::raise(py, &failure)),
            }) as Answer
        });
        call.carrying(tag)
    }
}

#[pymethods]
impl Client {
    #[new]
    fn new(settings: &Bound<'_, PyDict>) -> PyResult<Self> {
        let engine = EngineClient::new(extract::config(settings)?).map_err(PyValueError::new_err)?;
        Ok(Self { engine })
    }

    /// Sends a request made of its parts.
    #[pyo3(signature = (method, url, **options))]
    fn request(&self, method: &Bound<'_, PyAny>, url: &Bound<'_, PyAny>, options: Option<&Bound<'_, PyDict>>) -> PyResult<Call> {
        let options = Options::new("request", options, &REQUEST_OPTIONS)?;
        let request = extract::request(extract::method(method)?, url, &options, self.engine.timeout())?;
        Ok(self.call(request, None))
    }

    /// Sends a `Request`.
    fn send(&self, py: Python<'_>, request: &Request) -> Call {
        self.call(EngineRequest::clone(&request.inner), request.tag.as_ref().map(|tag| tag.clone_ref(py)))
    }

    /// Refuses further requests and closes idle connections.
    fn close(&self) {
        self.engine.close();
    }

    /// Was it closed?
    #[getter]
    fn closed(&self) -> bool {
        self.engine.is_closed()
    }
}

//! `Client`: single requests across the bridge.

use std::sync::Arc;

use pyo3::PyTraverseError;
use pyo3::exceptions::PyValueError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::call::Call;
use super::cookies::Cookies;
use super::error;
use super::extract::{self, Options};
use super::outbox::Answer;
use super::parts::{self, REQUEST_OPTIONS};
use super::request::Request;
use super::response::{Response, Row};
use super::settings;
use super::shapes::Coroutine;
use super::shown;
use super::streaming::Streaming;
use super::waiting::Waiting;
use crate::engine::authorize::Authorization;
use crate::engine::client::Client as EngineClient;
use crate::engine::request::Request as EngineRequest;

/// What `statistics` returns.
type Counters = (usize, Vec<(String, usize, usize, u64, u64)>);

/// Settings, permits and a pool of connections.
#[pyclass(frozen, module = "fastfetch._core")]
pub struct Client {
    pub engine: EngineClient,
}

impl Client {
    /// May code of the caller's be called while this request is under way?
    fn asks(&self, request: &EngineRequest) -> bool {
        let config = self.engine.config();
        let callable = |auth: &Authorization| matches!(auth, Authorization::Callback(_));
        let own = request.own.as_ref().and_then(|own| own.auth.as_ref()).and_then(Option::as_ref);
        config.hooks.is_some() || config.auth.as_ref().is_some_and(callable) || own.is_some_and(callable) || parts::asks(request)
    }

    fn request_of(
        &self,
        method: &Bound<'_, PyAny>,
        url: &Bound<'_, PyAny>,
        options: &Options<'_, '_>,
    ) -> PyResult<EngineRequest> {
        parts::request(Some(&self.engine), extract::method(method)?, url, options, self.engine.timeout())
    }

    fn call(&self, request: EngineRequest, tag: Option<Py<PyAny>>) -> Call {
        let (asks, home) = (self.asks(&request), self.engine.home(&request));
        let engine = self.engine.clone();
        let call = Call::new(async move {
            let outcome = engine.send(&request).await;
            Box::new(|py: Python<'_>, tag| match outcome {
                Ok(_) => Ok(Py::new(py, Response::new(Row { outcome: Arc::new(outcome), tag }))?.into_any()),
                Err(failure) => Err(error::raise(py, &failure)),
            }) as Answer
        });
        call.carrying(tag).asking(asks).on(home)
    }

    fn made(
        &self,
        name: &'static str,
        method: &Bound<'_, PyAny>,
        url: &Bound<'_, PyAny>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> Call {
        let made = Options::new("request", options, &REQUEST_OPTIONS).and_then(|options| self.request_of(method, url, &options));
        made.map_or_else(Call::failing, |request| self.call(request, None)).named(name)
    }
}

/// The methods that have a name of their own.
const VERBS: [(&str, &str); 7] = [
    ("GET", "Client.get"),
    ("HEAD", "Client.head"),
    ("OPTIONS", "Client.options"),
    ("POST", "Client.post"),
    ("PUT", "Client.put"),
    ("PATCH", "Client.patch"),
    ("DELETE", "Client.delete"),
];

#[pymethods]
impl Client {
    #[new]
    fn new(settings: &Bound<'_, PyDict>) -> PyResult<Self> {
        let engine = EngineClient::new(settings::config(settings)?).map_err(PyValueError::new_err)?;
        Ok(Self { engine })
    }

    /// Sends a request made of its parts. What is wrong with them is raised when it is awaited.
    #[pyo3(signature = (method, url, **options))]
    fn request(&self, method: &Bound<'_, PyAny>, url: &Bound<'_, PyAny>, options: Option<&Bound<'_, PyDict>>) -> Coroutine {
        Coroutine(self.made("Client.request", method, url, options))
    }

    /// The same, for the method of the face that has the verb's name.
    #[pyo3(signature = (method, url, **options))]
    fn verb(&self, method: &Bound<'_, PyAny>, url: &Bound<'_, PyAny>, options: Option<&Bound<'_, PyDict>>) -> Coroutine {
        let name = method.cast::<PyString>().map_or("", |method| method.to_str().unwrap_or_default());
        let name = VERBS.iter().find(|(verb, _)| *verb == name).map_or("Client.request", |(_, name)| name);
        Coroutine(self.made(name, method, url, options))
    }

    /// A request of this client: relative to its base URL, with its parameters.
    #[pyo3(signature = (method, url, **options))]
    fn build_request(
        &self,
        method: &Bound<'_, PyAny>,
        url: &Bound<'_, PyAny>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Request> {
        let options = Options::new("build_request", options, &parts::with_tag())?;
        let request = self.request_of(method, url, &options)?;
        Ok(Request { inner: Arc::new(request), tag: options.some("tag")?.map(Bound::unbind) })
    }

    /// Sends a request, and leaves the body of the answer to be read.
    fn stream(&self, py: Python<'_>, request: &Request) -> Call {
        let (request, tag) = (EngineRequest::clone(&request.inner), request.tag.as_ref().map(|tag| tag.clone_ref(py)));
        let (asks, home) = (self.asks(&request), self.engine.home(&request));
        let engine = self.engine.clone();
        let waiting = Waiting::lasting();
        let here = waiting.clone();
        let call = Call::new(async move {
            let opened = engine.stream(&request).await;
            Box::new(move |py: Python<'_>, tag| match opened {
                Ok(streaming) => Ok(Py::new(py, Streaming::new(streaming, tag, home, here))?.into_any()),
                Err(failure) => Err(error::raise(py, &failure)),
            }) as Answer
        });
        call.carrying(tag).asking(asks).on(home).at(waiting)
    }

    /// Sends a `Request`.
    fn send(&self, request: &Bound<'_, PyAny>) -> Coroutine {
        let call = match request.cast::<Request>() {
            Ok(request) => {
                let Request { inner, tag } = request.get();
                self.call(EngineRequest::clone(inner), tag.as_ref().map(|tag| tag.clone_ref(request.py())))
            }
            Err(_) => Call::failing(extract::expected("request", "a Request", request)),
        };
        Coroutine(call.named("Client.send"))
    }

    /// The jar, where it has one.
    #[getter]
    fn cookies(&self) -> Option<Cookies> {
        self.engine.config().cookies.clone().map(|jar| Cookies { jar })
    }

    /// Requests in flight; and of each host its name, its open and idle connections, connections ever opened, and answers that
    /// came over a connection used before. None once it is closed.
    fn statistics(&self) -> Option<Counters> {
        let statistics = self.engine.statistics()?;
        let hosts = statistics.hosts().into_iter();
        let hosts = hosts.map(|(name, host)| (name, host.open, host.idle, host.opened, host.reused)).collect();
        Some((statistics.in_flight(), hosts))
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

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        shown::client(&visit, &self.engine)
    }
}

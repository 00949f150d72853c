//! The side of whoever awaits a request: there, and never on the I/O thread, run the callbacks that came with it.

use std::any::Any;
use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::{HeaderMap, StatusCode};

use super::error::{Failure, Phase};
use super::request::Request;
use super::response::{Outcome, Response};

/// Whoever awaits.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who it is. The engine only passes it on, to callbacks, who know what is in it.
    pub side: Arc<dyn Any + Send + Sync>,
    /// It awaits from within a callback: a request that is in flight waits for it, so it must not wait for that one's permit.
    pub within: bool,
}

tokio::task_local! {
    static CALLER: Caller;
}

/// Runs work on behalf of a caller.
pub fn scope<F: Future>(caller: Caller, work: F) -> impl Future<Output = F::Output> {
    CALLER.scope(caller, work)
}

/// On whose behalf the current task runs.
pub fn current() -> Option<Caller> {
    CALLER.try_with(Caller::clone).ok()
}

/// What a callback is told.
#[derive(Debug, Clone)]
pub enum Event {
    /// A request is about to be sent; the callback may give another in its place.
    Request(Box<Request>),
    /// An answer has come.
    Response(Arc<Response>),
    /// An answer redirects, and this request comes next.
    Redirect(Arc<Response>, Box<Request>),
    /// This came of a request, and it is sent once more.
    Retry(Box<Outcome>),
    /// An interim answer (1xx) has come.
    Informational(StatusCode, HeaderMap),
}

/// What kind of event it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A request is about to be sent.
    Request,
    /// An answer has come.
    Response,
    /// An answer redirects.
    Redirect,
    /// A request is sent once more.
    Retry,
    /// An interim answer has come.
    Informational,
}

impl Event {
    /// What kind it is.
    pub fn kind(&self) -> EventKind {
        match self {
            Self::Request(_) => EventKind::Request,
            Self::Response(_) => EventKind::Response,
            Self::Redirect(..) => EventKind::Redirect,
            Self::Retry(_) => EventKind::Retry,
            Self::Informational(..) => EventKind::Informational,
        }
    }
}

impl EventKind {
    /// How far a request has come when it happens.
    pub fn phase(self) -> Phase {
        match self {
            Self::Request => Phase::Input,
            Self::Retry | Self::Informational => Phase::Response,
            Self::Redirect => Phase::Redirect,
            Self::Response => Phase::Body,
        }
    }
}

/// Something of the caller's that is to be called.
pub trait Callback: Any + Debug + Send + Sync {
    /// Does it want events of this kind?
    fn wants(&self, kind: EventKind) -> bool;

    /// Calls it; a request that comes back takes the place of the one it was told of.
    fn call(&self, event: Event, caller: Option<&Caller>) -> BoxFuture<'static, Result<Option<Request>, Failure>>;
}

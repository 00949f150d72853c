//! One place of a batch: what to fetch there.

use std::sync::Arc;

use http::Method;

use super::error::{Error, Kind, Phase};
use super::panics::Panic;
use super::request::{Request, host_key};
use super::response::Outcome;

/// One place of a batch.
#[derive(Debug, Clone)]
pub enum Item {
    /// To be fetched with GET. A URL is kept as text until its turn comes: parsed, it is five times as large.
    Url(Arc<str>),
    /// To be sent.
    Request(Arc<Request>),
    /// Something else; this place fails with the reason.
    Invalid(Box<Error>),
}

impl Item {
    /// Where to, without user name and password only where it is shown.
    pub fn url(&self) -> &str {
        match self {
            Self::Url(url) => url,
            Self::Request(request) => request.url.as_str(),
            Self::Invalid(error) => &error.url,
        }
    }

    /// How.
    pub fn method(&self) -> Method {
        match self {
            Self::Request(request) => request.method.clone(),
            Self::Url(_) | Self::Invalid(_) => Method::GET,
        }
    }

    /// The host and port, as a key for rules about hosts.
    pub fn host(&self) -> &str {
        match self {
            Self::Url(url) => host_key(url),
            Self::Request(request) => request.authority(),
            Self::Invalid(_) => "",
        }
    }

    /// What equal items have in common, where one answer serves them all: the URL of a GET without options of its own. What is
    /// behind a `#` never reaches a server (RFC 9110, section 4.2.5).
    pub fn likeness(&self) -> Option<&str> {
        let url = match self {
            Self::Url(url) => url,
            Self::Request(request) if request.is_plain() => request.url.as_str(),
            Self::Request(_) | Self::Invalid(_) => return None,
        };
        url.split('#').next()
    }

    /// An outcome of this item without a request.
    pub fn unsent(&self, kind: Kind, phase: Phase, detail: impl Into<String>) -> Outcome {
        Err(Error::unsent(kind, phase, self.method(), self.url(), detail))
    }

    /// The outcome where fetching it panicked on this thread: a fault of ours is this item's failure, not its neighbours'.
    pub fn panicked(&self) -> Outcome {
        self.unsent(Kind::Internal, Phase::Response, Panic::last().to_string())
    }
}

//! How the items of one call are fetched.

use std::any::Any;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::{HeaderMap, Method};

use super::archive::Archive;
use super::caller::{self, Caller};
use super::client::Client;
use super::config::{Limits, Retry, Timeout};
use super::error::{Error, Failure, Opaque};
use super::gate::{Gate, fitting};
use super::item::Item;
use super::keep::Keep;
use super::request::Request;
use super::response::{Outcome, Response};
use super::transport::Transport;

/// How the items of one call are fetched.
#[derive(Debug, Clone)]
pub struct Plan<C = Client> {
    /// Who fetches. Nobody as long as nothing is fetched: whoever plans it has the client.
    pub client: C,
    /// Limits of the call's own; else its requests wait at the client's gate, with all others of the client.
    pub limits: Option<Arc<Limits>>,
    /// Replaces the client's timeout, where the item has none of its own.
    pub timeout: Option<Timeout>,
    /// Headers for every item that does not name them itself.
    pub headers: HeaderMap,
    /// Replaces the client's retries, where the item has none of its own.
    pub retry: Option<Option<Arc<Retry>>>,
    /// How long all of it may take.
    pub deadline: Option<Duration>,
    /// Fetch equal items once.
    pub dedupe: bool,
    /// What to hold of the answers' bodies.
    pub keep: Keep,
    /// Sees each answer while it is whole.
    pub reader: Option<Arc<dyn Reader>>,
    /// The file that keeps what is finished.
    pub checkpoint: Option<PathBuf>,
    /// Obey robots.txt.
    pub robots: bool,
}

/// Something of the caller's that sees each answer while it is whole.
pub trait Reader: Any + std::fmt::Debug + Send + Sync {
    /// Reads the answer of the item at this place; what comes back is to be kept with it.
    fn read(&self, place: usize, answer: Arc<Outcome>, caller: Option<&Caller>) -> BoxFuture<'static, Read>;

    /// The answers, by place, that were read to the end in the moment in which nobody waited for it any more.
    fn left(&self) -> Vec<(usize, Arc<Outcome>, Read)>;
}

/// What came of reading an answer.
pub type Read = Result<Opaque, Failure>;

impl Plan<()> {
    /// The same, fetched by this client.
    pub fn by<T>(self, client: Client<T>) -> Plan<Client<T>> {
        Plan {
            client,
            limits: self.limits,
            timeout: self.timeout,
            headers: self.headers,
            retry: self.retry,
            deadline: self.deadline,
            dedupe: self.dedupe,
            keep: self.keep,
            reader: self.reader,
            checkpoint: self.checkpoint,
            robots: self.robots,
        }
    }
}

impl<T: Transport> Plan<Client<T>> {
    /// Where its requests wait for their turn. Made within a callback, they do not wait for permits of the client: the request
    /// whose callback it is keeps its own meanwhile, and there may be no other.
    pub fn gate(&self) -> Result<Arc<Gate>, Failure> {
        let within = caller::current().is_some_and(|caller| caller.within);
        match &self.limits {
            Some(limits) => Ok(Gate::new(fitting(limits))),
            None if within => Ok(Gate::new(fitting(self.client.limits()))),
            None => self.client.gate(),
        }
    }

    /// How many may be in flight.
    pub fn concurrency(&self) -> usize {
        self.limits.as_ref().map_or_else(|| self.client.limits().concurrency, |limits| limits.concurrency)
    }

    /// What keeps the answers, where anything does.
    pub async fn archive(&self) -> Result<Option<Archive>, Box<Error>> {
        match &self.checkpoint {
            Some(path) => Archive::open(path).await.map(Some),
            None => Ok(None),
        }
    }

    /// The request for an item.
    pub fn request(&self, item: &Item) -> Result<Request, Box<Error>> {
        let mut request = match item {
            Item::Url(url) => Request { text: Some(url.clone()), ..self.client.request(Method::GET, url)? },
            Item::Request(request) => Request::clone(request),
            Item::Invalid(error) => return Err(error.clone()),
        };
        request.timeout = request.timeout.or(self.timeout);
        request.add_defaults(&self.headers);
        Ok(request)
    }

    /// When a request is made once more.
    pub fn retry(&self, request: &Request) -> Option<Arc<Retry>> {
        match &self.retry {
            Some(retry) if request.own.as_ref().is_none_or(|own| own.retry.is_none()) => retry.clone(),
            _ => self.client.retry(request),
        }
    }

    /// Has the answer read while it is whole, and reduces it to what is to be held.
    pub async fn digest(&self, place: usize, outcome: Outcome, caller: Option<&Caller>) -> Outcome {
        let answer = outcome?;
        let Some(reader) = &self.reader else { return self.reduce(answer) };
        let whole = Arc::new(Ok(answer));
        let read = reader.read(place, whole.clone(), caller).await;
        self.hold(whole, read)
    }

    /// What an earlier run had read and did not come to hold. Nothing is read twice.
    pub fn left(&self) -> impl Iterator<Item = (usize, Outcome)> {
        let left = self.reader.as_ref().map(|reader| reader.left()).unwrap_or_default();
        left.into_iter().map(|(place, whole, read)| (place, self.hold(whole, read)))
    }

    fn hold(&self, whole: Arc<Outcome>, read: Read) -> Outcome {
        let mut answer = Arc::unwrap_or_clone(whole)?;
        let value = read.map_err(|failure| Error::about(&answer, failure))?;
        answer.rare.get_or_insert_default().value.0 = Some(value);
        self.reduce(answer)
    }

    fn reduce(&self, mut answer: Response) -> Outcome {
        self.keep.reduce(&mut answer).map_err(|failure| Error::about(&answer, failure))?;
        Ok(answer)
    }
}

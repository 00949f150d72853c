//! Results in a file: beside the columns that are for all to read, one that has what the others leave out.

use std::sync::Arc;
use std::time::Duration;

use arrow_array::builder::LargeBinaryBuilder;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::ArrowError;
use http::{HeaderName, HeaderValue, Method, StatusCode, Version};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::octets::Octets;
use super::{Column, Row};
use crate::engine::auth::Credentials;
use crate::engine::authorize::Authorization;
use crate::engine::config::Timeout;
use crate::engine::content::Content;
use crate::engine::error::{Error, Kind, Phase};
use crate::engine::headers::{self, Lines};
use crate::engine::item::Item;
use crate::engine::request::{Own, Request};
use crate::engine::response::{Outcome, Peer, Rare, Response, Timings};

/// Of what the column holds.
const VERSION: u8 = 1;

/// How much of the checksum is kept, in bytes.
const SUM: usize = 8;

/// The columns that are read back.
pub const COLUMNS: [&str; 4] = [Column::Url.name(), Column::Body.name(), Column::Tag.name(), Column::Saved.name()];

/// A row, without its URL and its body, which have columns of their own.
#[derive(Serialize, Deserialize)]
struct Saved {
    item: SavedItem,
    outcome: Result<Answer, Box<Error>>,
}

#[derive(Serialize, Deserialize)]
enum SavedItem {
    Url,
    Request(Box<SavedRequest>),
    Invalid(Box<Error>),
}

/// A request, as far as it is made of values.
#[derive(Serialize, Deserialize)]
struct SavedRequest {
    #[serde(with = "http_serde::method")]
    method: Method,
    headers: Vec<u8>,
    content: Option<Vec<u8>>,
    timeout: Option<[Option<Duration>; 5]>,
    /// None leaves it to the client; an empty one is none at all.
    authorization: Option<Option<Vec<u8>>>,
    cookies: Option<Vec<u8>>,
    follow_redirects: Option<bool>,
    max_body: Option<u64>,
    never_again: bool,
}

/// An answer, and the redirects that led to it: one below the other, since what nests may nest without end.
#[derive(Serialize, Deserialize)]
struct Answer {
    last: Head,
    history: Vec<(Head, Vec<u8>)>,
}

/// An answer without body and history.
#[derive(Serialize, Deserialize)]
struct Head {
    #[serde(with = "http_serde::status_code")]
    status: StatusCode,
    #[serde(with = "http_serde::version")]
    version: Version,
    headers: Arc<[u8]>,
    url: Arc<str>,
    elapsed: Duration,
    timings: Timings,
    attempts: u32,
    decoded: bool,
    peer: Option<Arc<Peer>>,
    #[serde(with = "http_serde::method")]
    method: Method,
    reason: Option<Box<[u8]>>,
    trailers: Box<[u8]>,
}

/// What the rows of a file are.
#[derive(Debug, Default)]
pub struct Loaded {
    /// What was asked for, and what became of it.
    pub rows: Vec<(Item, Arc<Outcome>)>,
    /// What callers gave along: columns, one after another.
    pub tags: Vec<ArrayRef>,
}

/// The column that has what others leave out.
pub(super) fn column(rows: &[Row<'_>]) -> Result<ArrayRef, ArrowError> {
    let mut column = LargeBinaryBuilder::with_capacity(rows.len(), 0);
    for row in rows {
        let outcome = match &**row.outcome {
            Ok(answer) => Ok(Answer::from(answer)),
            Err(error) => Err(error.clone()),
        };
        let saved = postcard::to_allocvec(&Saved { item: SavedItem::from(row.item), outcome });
        let saved = saved.map_err(|error| ArrowError::ExternalError(error.into()))?;
        let body = row.outcome.as_ref().as_ref().map_or(&[][..], |answer| &answer.body);
        let mut value = vec![VERSION];
        value.extend(checksum(&saved, row.item.url().as_bytes(), body));
        value.extend(saved);
        column.append_value(value);
    }
    Ok(Arc::new(column.finish()))
}

/// Of all that makes a row: a value that belongs to another is found out too.
fn checksum(saved: &[u8], url: &[u8], body: &[u8]) -> impl Iterator<Item = u8> + use<> {
    let length = |part: &[u8]| (part.len() as u64).to_be_bytes();
    let sum = Sha256::new().chain_update(length(saved)).chain_update(saved).chain_update(length(url)).chain_update(url);
    sum.chain_update(body).finalize().into_iter().take(SUM)
}

impl Loaded {
    /// Adds the rows of a batch.
    ///
    /// # Errors
    /// In words, where a column is missing or a row is not what was saved.
    pub fn add(&mut self, batch: &RecordBatch) -> Result<(), String> {
        let column = |which: Column| {
            let missing = || format!("it has no column '{}', so it is not what Results.save wrote", which.name());
            batch.column_by_name(which.name()).ok_or_else(missing)
        };
        let octets = |which: Column, of: fn(&dyn Array) -> Option<Octets>| {
            of(column(which)?.as_ref()).ok_or_else(|| format!("its column '{}' is of another type", which.name()))
        };
        let urls = octets(Column::Url, Octets::of_text)?;
        let bodies = octets(Column::Body, Octets::of_bytes)?;
        let values = octets(Column::Saved, Octets::of_bytes)?;
        for row in 0..batch.num_rows() {
            let number = self.rows.len();
            let loaded = self.row(urls.get(row), bodies.get(row), values.get(row));
            self.rows.push(loaded.map_err(|why| format!("row {number} {why}"))?);
        }
        self.tags.push(column(Column::Tag)?.clone());
        Ok(())
    }

    fn row(&self, url: Option<&[u8]>, body: Option<&[u8]>, value: Option<&[u8]>) -> Result<(Item, Arc<Outcome>), String> {
        const CHANGED: &str = "was changed since it was saved, or is damaged";
        let (version, value) = value.and_then(<[u8]>::split_first).ok_or(CHANGED)?;
        if *version != VERSION {
            return Err(format!("is of version {version}, and this fastfetch reads version {VERSION}"));
        }
        let (sum, value) = value.split_at_checked(SUM).ok_or(CHANGED)?;
        let url = url.ok_or(CHANGED)?;
        if !checksum(value, url, body.unwrap_or_default()).eq(sum.iter().copied()) {
            return Err(CHANGED.into());
        }
        let url: Arc<str> = std::str::from_utf8(url).map_err(|_| CHANGED)?.into();
        let Saved { item, outcome } = postcard::from_bytes(value).map_err(|_| CHANGED)?;
        let outcome = match outcome {
            Ok(answer) => Ok(answer.with(body.ok_or(CHANGED)?, &url, self.rows.last())),
            Err(error) => Err(error),
        };
        Ok((item.with(url).ok_or(CHANGED)?, Arc::new(outcome)))
    }
}

impl SavedItem {
    fn from(item: &Item) -> Self {
        match item {
            Item::Url(_) => Self::Url,
            Item::Invalid(error) => Self::Invalid(error.clone()),
            Item::Request(request) => SavedRequest::of(request).map_or_else(
                || {
                    let detail =
                        "a file cannot keep this request: its body, its auth, its proxy or its retry is not a plain value";
                    let method = request.method.clone();
                    Self::Invalid(Error::unsent(Kind::InvalidRequest, Phase::Input, method, request.url.as_str(), detail))
                },
                |saved| Self::Request(Box::new(saved)),
            ),
        }
    }

    fn with(self, url: Arc<str>) -> Option<Item> {
        Some(match self {
            Self::Url => Item::Url(url),
            Self::Invalid(error) => Item::Invalid(error),
            Self::Request(request) => Item::Request(Arc::new(request.with(&url)?)),
        })
    }
}

impl SavedRequest {
    /// None where it has what is more than a value.
    fn of(request: &Request) -> Option<Self> {
        let nothing = Own::default();
        let own = request.own.as_deref().unwrap_or(&nothing);
        let content = match &request.content {
            None => None,
            Some(content) => Some(content.bytes()?.to_vec()),
        };
        let authorization = match &own.auth {
            None => None,
            Some(None) => Some(None),
            Some(Some(Authorization::Credentials(Credentials::Fixed(value)))) => Some(Some(value.as_bytes().to_vec())),
            Some(Some(_)) => return None,
        };
        if own.proxy.is_some() || matches!(own.retry, Some(Some(_))) {
            return None;
        }
        let timeout = request.timeout.map(|Timeout { connect, read, write, pool, total }| [connect, read, write, pool, total]);
        Some(Self {
            method: request.method.clone(),
            headers: headers::block(&request.headers),
            content,
            timeout,
            authorization,
            cookies: own.cookies.clone(),
            follow_redirects: own.follow_redirects,
            max_body: own.max_body,
            never_again: own.retry.is_some(),
        })
    }

    fn with(self, url: &str) -> Option<Request> {
        let mut request = Request::new(self.method, url).ok()?;
        for (name, value) in Lines::new(&self.headers).iter() {
            request.headers.append(HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?);
        }
        request.content = self.content.map(|content| Content::Bytes(content.into()));
        request.timeout = self.timeout.map(|[connect, read, write, pool, total]| Timeout { connect, read, write, pool, total });
        let auth = match self.authorization {
            None => None,
            Some(None) => Some(None),
            Some(Some(value)) => {
                let mut value = HeaderValue::from_bytes(&value).ok()?;
                value.set_sensitive(true);
                Some(Some(Authorization::Credentials(Credentials::Fixed(value))))
            }
        };
        let own = Own {
            auth,
            cookies: self.cookies,
            follow_redirects: self.follow_redirects,
            max_body: self.max_body,
            proxy: None,
            retry: self.never_again.then_some(None),
        };
        request.own = own.is_some().then(|| Box::new(own));
        Some(request)
    }
}

impl Answer {
    fn from(answer: &Response) -> Self {
        let history = answer.history().iter().map(|hop| (Head::from(hop), hop.body.to_vec())).collect();
        Self { last: Head::from(answer), history }
    }

    /// With its body. What it has in common with what was asked for and with the row before, it shares.
    fn with(self, body: &[u8], url: &Arc<str>, before: Option<&(Item, Arc<Outcome>)>) -> Response {
        let Self { mut last, history } = self;
        if last.url == *url {
            last.url = url.clone();
        }
        if let Some(Ok(before)) = before.map(|(_, outcome)| &**outcome) {
            if before.headers == last.headers {
                last.headers = before.headers.clone();
            }
            if before.peer == last.peer {
                last.peer = before.peer.clone();
            }
        }
        let history = history.into_iter().map(|(head, body)| head.with(body.into(), Vec::new())).collect();
        last.with(body.into(), history)
    }
}

impl Head {
    fn from(answer: &Response) -> Self {
        Self {
            status: answer.status,
            version: answer.version,
            headers: answer.headers.clone(),
            url: answer.url.clone(),
            elapsed: answer.elapsed(),
            timings: answer.timings,
            attempts: answer.attempts,
            decoded: answer.decoded,
            peer: answer.peer.clone(),
            method: answer.method().clone(),
            reason: answer.reason().map(Into::into),
            trailers: answer.rare.as_ref().map(|rare| rare.trailers.clone()).unwrap_or_default(),
        }
    }

    fn with(self, body: Box<[u8]>, history: Vec<Response>) -> Response {
        let Self { status, version, headers, url, elapsed, timings, attempts, decoded, peer, method, reason, trailers } = self;
        let is_rare = method != Method::GET || reason.is_some() || !history.is_empty() || !trailers.is_empty();
        let rare = is_rare.then(|| Box::new(Rare { method, reason, history, trailers, value: Default::default() }));
        Response { status, version, headers, body, url, elapsed: elapsed.into(), timings, attempts, decoded, peer, rare }
    }
}

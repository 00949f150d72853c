//! Who a request is from: which credentials go with it, and what is answered to a server that asks for others.
//!
//! A request authorizes itself by, in this order: its own `auth`, its own `Authorization` header, the user name in its URL, the
//! client's `auth`. After the first foreign redirect it does not authorize itself at all.

use std::sync::Arc;

use http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use percent_encoding::percent_decode_str;
use url::Position;

use super::auth::{Asked, Credentials, Digest, Sent, basic, challenge};
use super::caller::Callback;
use super::content::Content;
use super::error::{Failure, Kind, Phase};
use super::netrc::Netrc;
use super::request::Request;

/// How to authorize requests.
#[derive(Debug, Clone)]
pub enum Authorization {
    /// With these.
    Credentials(Credentials),
    /// With what the file has for the host.
    Netrc(Arc<Netrc>),
    /// As the caller's own code says.
    Callback(Arc<dyn Callback>),
}

/// How a request under way is being authorized.
#[derive(Debug, Default)]
pub struct Authorizing {
    digest: Option<(Arc<Digest>, Sent)>,
    /// The header fields that it has set. They are for one hop: the next one is authorized anew, or not at all.
    set: HeaderMap,
}

impl Authorizing {
    /// Adds what the first attempt at a hop has to say. Where the caller's own code is to say it, it is returned.
    pub fn begin(&mut self, request: &mut Request, client: Option<&Authorization>) -> Result<Option<Arc<dyn Callback>>, Failure> {
        self.digest = None;
        for (name, value) in self.set.drain().filter_map(|(name, value)| Some((name?, value))) {
            if request.headers.get(&name) == Some(&value) {
                request.headers.remove(name);
            }
        }
        let from_url = take_userinfo(request)?;
        if client.is_none() && from_url.is_none() && request.own.is_none() {
            return Ok(None);
        }
        let has_header = request.headers.contains_key(AUTHORIZATION);
        if let Some(value) = from_url
            && !has_header
        {
            // From now on they are the request's own, since no redirect repeats them.
            let own = request.own.get_or_insert_default();
            own.auth.get_or_insert(Some(Authorization::Credentials(Credentials::Fixed(value))));
        }
        let own = request.own.as_ref().and_then(|own| own.auth.clone());
        let way = own.unwrap_or_else(|| client.filter(|_| !has_header).cloned());
        way.map_or(Ok(None), |way| self.say(request, way))
    }

    fn say(&mut self, request: &mut Request, way: Authorization) -> Result<Option<Arc<dyn Callback>>, Failure> {
        let value = match way {
            Authorization::Credentials(Credentials::Fixed(value)) => Some(value),
            Authorization::Credentials(Credentials::Digest(digest)) => {
                let remembered = asked(request, |asked| digest.remembered(&origin(request), asked));
                self.digest = Some((digest, if remembered.is_some() { Sent::Remembered } else { Sent::Bare }));
                remembered
            }
            Authorization::Netrc(netrc) => match netrc.lookup(request.url.host_str().unwrap_or_default(), false) {
                Some((user, password)) => Some(basic(user.as_bytes(), password.as_bytes()).map_err(refuse)?),
                None => None,
            },
            Authorization::Callback(callback) => return Ok(Some(callback)),
        };
        if let Some(value) = value {
            self.add(request, value);
        }
        Ok(None)
    }

    /// Notes what the caller's own code has set: its secrets have names that only it knows.
    pub fn note(&mut self, before: &HeaderMap, after: &HeaderMap) {
        for (name, value) in after {
            if !before.get_all(name).iter().any(|known| known == value) {
                self.set.insert(name, value.clone());
            }
        }
    }

    /// Takes on a request that the caller's own code has put in place of the one that was authorized.
    pub fn accept(&mut self, request: &mut Request) -> Result<(), Failure> {
        let value = match request.own.as_ref().and_then(|own| own.auth.as_ref()) {
            Some(Some(Authorization::Credentials(Credentials::Fixed(value)))) => Some(value.clone()),
            Some(Some(Authorization::Credentials(Credentials::Digest(digest)))) => {
                self.digest.get_or_insert((digest.clone(), Sent::Bare));
                None
            }
            _ => None,
        };
        let from_url = take_userinfo(request)?;
        if let Some(value) = value.or(from_url)
            && !request.headers.contains_key(AUTHORIZATION)
        {
            self.add(request, value);
        }
        Ok(())
    }

    /// Answers a server that asks for other credentials: says whether to send the request once more, which it does once at most.
    /// What is refused then is forgotten.
    pub fn answer(&mut self, request: &mut Request, status: StatusCode, headers: &HeaderMap) -> Result<bool, Failure> {
        let Some((digest, sent)) = &mut self.digest else { return Ok(false) };
        if status != StatusCode::UNAUTHORIZED || !request.content.as_ref().is_none_or(Content::is_replayable) {
            return Ok(false);
        }
        let challenges = challenge::parse(headers.get_all(WWW_AUTHENTICATE).iter().map(HeaderValue::as_bytes));
        let origin = origin(request);
        let Some(offer) = digest.retry_for(&origin, &challenges, *sent) else { return Ok(false) };
        *sent = Sent::Answered;
        let value = asked(request, |asked| digest.answer(&origin, offer, asked)).map_err(refuse)?;
        self.add(request, value);
        Ok(true)
    }

    fn add(&mut self, request: &mut Request, value: HeaderValue) {
        self.set.insert(AUTHORIZATION, value.clone());
        request.headers.insert(AUTHORIZATION, value);
    }
}

fn refuse(why: String) -> Failure {
    Failure::new(Kind::InvalidRequest, Phase::Input, format!("auth: {why}"))
}

fn origin(request: &Request) -> String {
    request.url.origin().ascii_serialization()
}

fn asked<T>(request: &Request, then: impl FnOnce(&Asked<'_>) -> T) -> T {
    let body = match &request.content {
        None => Some(&b""[..]),
        Some(content) => content.bytes().map(AsRef::as_ref),
    };
    let target = &request.url[Position::BeforePath..Position::AfterQuery];
    then(&Asked { method: request.method.as_str(), target, body })
}

/// Takes the user name and password out of the URL: they are never sent as a part of it.
fn take_userinfo(request: &mut Request) -> Result<Option<HeaderValue>, Failure> {
    let url = &mut request.url;
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let user: Vec<u8> = percent_decode_str(url.username()).collect();
    let password: Vec<u8> = percent_decode_str(url.password().unwrap_or_default()).collect();
    // Both fail only for URLs that cannot have credentials.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    basic(&user, &password).map(Some).map_err(refuse)
}

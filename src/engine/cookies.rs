//! A cookie jar after RFC 6265bis (draft-ietf-httpbis-rfc6265bis), in RFC 6265's place.
//!
//! What differs from a browser's: `SameSite` is read and kept, and restricts nothing, since there are no pages that could make
//! a request behind its user's back, and so `SameSite=None` needs no `Secure`; and every cookie may be read by the jar's owner,
//! `HttpOnly` or not. Only https counts as secure, loopback does not.
//!
//! A jar's owner may also put in cookies without a domain. They go along with the requests that he addresses himself, and never
//! where a redirect leads.
//!
//! Bounds: 4096 bytes for name and value, 1024 for an attribute, 180 cookies a site, 3,000 in all, 400 days.

mod date;
mod file;
mod header;
mod parse;
mod scope;
mod store;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Mutex;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use url::Url;

use super::process::lock_whole;
pub use header::pairs;
use parse::SetCookie;
use store::Store;

/// The most bytes that a cookie's name and value may have together.
const NAME_AND_VALUE: usize = 4096;

/// When a browser would send a cookie along with requests from other sites. It restricts nothing here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SameSite {
    /// Never.
    Strict,
    /// With top-level navigations.
    Lax,
    /// Always.
    None,
}

/// A cookie. Names and values are bytes: what a server writes there is its own affair.
#[derive(Clone, PartialEq, Eq)]
pub struct Cookie {
    /// Empty where the server gave none.
    pub name: Vec<u8>,
    /// As it was received, quotes included.
    pub value: Vec<u8>,
    /// The host, or the domain with all below it; lower case, without a leading dot. Empty in cookies of the user's own that
    /// are for whatever host he asks.
    pub domain: String,
    /// Whether it is for that very host only.
    pub host_only: bool,
    /// It is sent to this path and to all below it.
    pub path: String,
    /// `None` for a session cookie.
    pub expires: Option<SystemTime>,
    /// Whether it is for https only.
    pub secure: bool,
    /// Whether scripts of a page may not see it.
    pub http_only: bool,
    /// What the server said about other sites.
    pub same_site: Option<SameSite>,
    /// When a cookie of this name, domain and path was first stored.
    pub created: SystemTime,
    /// When it was stored or sent last.
    pub accessed: SystemTime,
}

/// Which cookies are meant: those that fit all that is given. The default fits all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    /// The name, byte for byte.
    pub name: Option<&'a [u8]>,
    /// The domain itself, not those below it.
    pub domain: Option<&'a str>,
    /// The path itself, not those below it.
    pub path: Option<&'a str>,
}

/// Cookies of many sites; may be used from many threads.
#[derive(Default)]
pub struct Jar(Mutex<Store>);

impl Jar {
    /// Takes in one Set-Cookie value of an answer from this URL, or ignores it, as the RFC says.
    pub fn store(&self, url: &Url, set_cookie: &[u8], now: SystemTime) {
        let Some(cookie) = receive(url, set_cookie, now) else { return };
        let mut store = lock_whole(&self.0);
        if is_https(url) || store.leaves_secure_alone(&cookie, now) {
            store.put(cookie, now);
        }
    }

    /// The cookies that are meant and not expired, in the order of their creation.
    pub fn find(&self, filter: &Filter<'_>, now: SystemTime) -> Vec<Cookie> {
        let fits = filter.prepare();
        lock_whole(&self.0).all().into_iter().filter(|cookie| !cookie.is_expired(now) && fits(cookie)).cloned().collect()
    }

    /// The oldest cookie of this name, domain and path.
    pub fn get(&self, name: &[u8], domain: Option<&str>, path: Option<&str>, now: SystemTime) -> Option<Cookie> {
        self.find(&Filter { name: Some(name), domain, path }, now).into_iter().next()
    }

    /// Puts in a cookie of the user's own, in place of the one of its name, domain and path. Where a domain has nothing below
    /// it that is its owner's (a public suffix, an IP address, none at all), the cookie becomes one for that host only.
    ///
    /// # Errors
    /// Where it could not be sent as it is, or breaks the rules of a prefix of its name.
    pub fn set(&self, mut cookie: Cookie, now: SystemTime) -> Result<(), String> {
        if !cookie.domain.is_empty() {
            cookie.domain = scope::canonical(&cookie.domain)?;
        }
        cookie.host_only |= scope::registrable(&cookie.domain).is_none();
        cookie.check()?;
        lock_whole(&self.0).put(cookie, now);
        Ok(())
    }

    /// Takes out the cookies that are meant; says how many.
    pub fn remove(&self, filter: &Filter<'_>) -> usize {
        lock_whole(&self.0).remove(filter.prepare())
    }

    /// All cookies that are not expired, in the order of their creation.
    pub fn all(&self, now: SystemTime) -> Vec<Cookie> {
        self.find(&Filter::default(), now)
    }

    /// How many cookies are not expired.
    pub fn len(&self, now: SystemTime) -> usize {
        lock_whole(&self.0).all().into_iter().filter(|cookie| !cookie.is_expired(now)).count()
    }
}

/// Says how many, and never which.
impl fmt::Debug for Jar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jar").field("cookies", &lock_whole(&self.0).all().len()).finish()
    }
}

/// The cookie that a server may set with this; sections 5.6 and 5.7.
fn receive(url: &Url, set_cookie: &[u8], now: SystemTime) -> Option<Cookie> {
    let host = web_host(url)?;
    let written = SetCookie::parse(set_cookie, now)?;
    if written.secure && !is_https(url) {
        return None;
    }
    let (domain, host_only) = scope::domain(host, written.domain)?;
    let path = match written.path.flatten() {
        // A path that is no text is no request's path.
        Some(path) => std::str::from_utf8(path).ok()?,
        None => scope::default_path(url.path()),
    };
    let cookie = Cookie {
        name: written.name.to_vec(),
        value: written.value.to_vec(),
        domain,
        host_only,
        path: path.to_owned(),
        expires: written.expires,
        secure: written.secure,
        http_only: written.http_only,
        same_site: written.same_site,
        created: now,
        accessed: now,
    };
    // `__Host-` wants its path written out, too.
    (cookie.check().is_ok() && (written.path.is_some() || !has_prefix(&cookie.name, b"__Host-"))).then_some(cookie)
}

/// The host of a URL that cookies are for.
fn web_host(url: &Url) -> Option<&str> {
    matches!(url.scheme(), "http" | "https").then(|| url.host_str())?
}

fn is_https(url: &Url) -> bool {
    url.scheme() == "https"
}

fn has_prefix(name: &[u8], prefix: &[u8]) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

impl Cookie {
    /// A session cookie without a domain, for every path; for https only where its name asks for that.
    pub fn new(name: Vec<u8>, value: Vec<u8>, now: SystemTime) -> Self {
        let secure = has_prefix(&name, b"__Secure-") || has_prefix(&name, b"__Host-");
        let (domain, path) = (String::new(), "/".to_owned());
        let (host_only, http_only, expires, same_site) = (true, false, None, None);
        Self { name, value, domain, host_only, path, expires, secure, http_only, same_site, created: now, accessed: now }
    }

    /// Whether it is past its time.
    pub fn is_expired(&self, now: SystemTime) -> bool {
        self.expires.is_some_and(|moment| moment <= now)
    }

    /// Whether one of the two can only stand in the other's place.
    fn is_like(&self, other: &Self) -> bool {
        self.name == other.name && self.domain == other.domain && self.path == other.path && self.host_only == other.host_only
    }

    fn goes_to(&self, host: &str, path: &str, https: bool) -> bool {
        let here = if self.host_only { host == self.domain } else { scope::domain_matches(host, &self.domain) };
        here && scope::path_matches(path, &self.path) && (https || !self.secure)
    }

    /// As it stands in a Cookie header.
    pub fn pair(&self) -> Vec<u8> {
        if self.name.is_empty() { self.value.clone() } else { [&self.name, &b"="[..], &self.value].concat() }
    }

    /// What every cookie in a jar holds to.
    ///
    /// # Errors
    /// Says in words what is wrong, without the value.
    pub fn check(&self) -> Result<(), &'static str> {
        let Self { name, value, path, .. } = self;
        let unfit = |byte: &u8| parse::is_control(*byte) || *byte == b';';
        let here_only = self.secure && self.host_only && path == "/";
        let faults = [
            (name.is_empty() && value.is_empty(), "a cookie needs a name or a value"),
            (name.len() + value.len() > NAME_AND_VALUE, "a cookie's name and value may have 4096 bytes together"),
            (name.iter().chain(value).any(unfit), "a cookie may not hold control characters or semicolons"),
            // Servers would read another name, which may be one that the rules below are about.
            ([name, value].into_iter().any(|part| parse::trim(part) != part), "a cookie may not begin or end with white space"),
            (name.contains(&b'='), "a cookie's name may not hold an equals sign"),
            (!path.starts_with('/'), "a cookie's path has to begin with a slash"),
            (path.len() > parse::ATTRIBUTE, "a cookie's path may have 1024 bytes"),
            (has_prefix(name, b"__Secure-") && !self.secure, "a __Secure- cookie has to be for https only"),
            (has_prefix(name, b"__Host-") && !here_only, "a __Host- cookie has to be for https, one host and the path / only"),
            // It would be sent as if that were its name.
            (
                name.is_empty() && (has_prefix(value, b"__Secure-") || has_prefix(value, b"__Host-")),
                "a cookie without a name may not begin with __Secure- or __Host-",
            ),
        ];
        faults.into_iter().find(|(fault, _)| *fault).map_or(Ok(()), |(_, what)| Err(what))
    }
}

/// Without the value, which may be a secret; that of a cookie without a name, too.
impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = format_args!("{}", self.name.escape_ascii());
        f.debug_struct("Cookie")
            .field("name", &name)
            .field("domain", &self.domain)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Filter<'_> {
    fn prepare(&self) -> impl Fn(&Cookie) -> bool {
        // A domain that is no host name fits nothing, and so it may stay as it is.
        let domain = self.domain.map(|domain| scope::canonical(domain).unwrap_or_else(|_| domain.to_owned()));
        move |cookie| {
            self.name.is_none_or(|name| cookie.name == name)
                && domain.as_ref().is_none_or(|domain| cookie.domain == *domain)
                && self.path.is_none_or(|path| cookie.path == path)
        }
    }
}

//! A request as a plain value.

use std::fmt::Debug;
use std::sync::Arc;

use http::header::EXPECT;
use http::{HeaderMap, Method, StatusCode};
use url::{Position, Url};

use super::authorize::Authorization;
use super::config::{Retry, Timeout};
use super::content::Content;
use super::error::{Error, Kind, Phase, Result};
use super::proxy::ProxyServer;
use super::urls::UrlReader;

/// What to ask of a server.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where to; http or https, with a host.
    pub url: Url,
    /// The text that the URL was read from, where somebody keeps it anyway: the answer then shares it.
    pub text: Option<Arc<str>>,
    /// Headers of this request alone; they replace the client's of the same name.
    pub headers: HeaderMap,
    /// What to send.
    pub content: Option<Content>,
    /// Replaces the client's timeout.
    pub timeout: Option<Timeout>,
    /// What else replaces the client's settings.
    pub own: Option<Box<Own>>,
    /// Who is told of interim answers.
    pub informed: Option<Arc<dyn Informed>>,
}

/// Settings of one request, in place of the client's. `None` leaves the client's.
#[derive(Debug, Clone, Default)]
pub struct Own {
    /// How to authorize it, if at all.
    pub auth: Option<Option<Authorization>>,
    /// Cookies to send along to the request's own origin, as in a `Cookie` header.
    pub cookies: Option<Vec<u8>>,
    /// Follow redirects at all.
    pub follow_redirects: Option<bool>,
    /// The largest body to keep, in bytes, decoded.
    pub max_body: Option<u64>,
    /// Which proxy to use, if any.
    pub proxy: Option<Option<ProxyServer>>,
    /// When it is made once more, if ever.
    pub retry: Option<Option<Arc<Retry>>>,
}

impl Own {
    /// Is any of them set?
    pub fn is_some(&self) -> bool {
        self.auth.is_some()
            || self.cookies.is_some()
            || self.follow_redirects.is_some()
            || self.max_body.is_some()
            || self.proxy.is_some()
            || self.retry.is_some()
    }
}

/// Someone who is told of interim answers (1xx), on the I/O thread.
pub trait Informed: Debug + Send + Sync {
    /// One has come.
    fn tell(&self, status: StatusCode, headers: &HeaderMap);
}

impl Request {
    /// A GET of a URL, checked.
    pub fn get(url: &str) -> Result<Self> {
        Self::new(Method::GET, url)
    }

    /// Adds header fields, except where the request names them itself.
    pub fn add_defaults(&mut self, defaults: &HeaderMap) {
        if defaults.is_empty() {
            return;
        }
        let mut headers = defaults.clone();
        for name in self.headers.keys() {
            headers.remove(name);
        }
        headers.extend(std::mem::take(&mut self.headers));
        self.headers = headers;
    }

    /// The host and port, without user name and password.
    pub fn authority(&self) -> &str {
        &self.url[Position::BeforeHost..Position::AfterPort]
    }

    /// Is it a GET of its URL, and no more?
    pub fn is_plain(&self) -> bool {
        let plain = self.headers.is_empty() && self.content.is_none() && self.timeout.is_none() && self.own.is_none();
        self.method == Method::GET && plain
    }

    /// Is the body to be held back until the server asks for it?
    pub fn expects_continue(&self) -> bool {
        self.content.is_some()
            && self.headers.get(EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
    }

    /// A request with this method to a URL that may be relative to a base, checked. A path is below the base's, as httpx has it:
    /// `/item` below `https://h/api` is `https://h/api/item`.
    pub fn relative(method: Method, base: &Url, url: &str, reader: &mut UrlReader) -> Result<Self> {
        let absolute = match Url::parse(url) {
            Err(url::ParseError::RelativeUrlWithoutBase) if !url.starts_with("//") => {
                let (path, rest) = url.split_at(url.find(['?', '#']).unwrap_or(url.len()));
                let base = &base[..Position::AfterPath];
                match path.trim_start_matches('/') {
                    "" => format!("{base}{rest}"),
                    path => format!("{}/{path}{rest}", base.trim_end_matches('/')),
                }
            }
            _ => url.to_owned(),
        };
        Self::read(method, &absolute, reader)
    }

    /// A request with this method to a URL, checked.
    pub fn new(method: Method, url: &str) -> Result<Self> {
        Self::read(method, url, &mut UrlReader::default())
    }

    /// A request with this method to a URL, checked, which is read by a reader of many.
    pub fn read(method: Method, url: &str, reader: &mut UrlReader) -> Result<Self> {
        let url = parse_url(&method, url, reader)?;
        Ok(Self { method, url, text: None, headers: HeaderMap::new(), content: None, timeout: None, own: None, informed: None })
    }
}

fn parse_url(method: &Method, text: &str, reader: &mut UrlReader) -> Result<Url> {
    let invalid = |why: &str| Error::unsent(Kind::InvalidUrl, Phase::Input, method.clone(), text, why);
    // The WHATWG parser drops tabs and line ends wherever they stand; in a list of URLs they are damage, not intent.
    if text.bytes().any(|b| b.is_ascii_control()) {
        return Err(invalid("invalid URL: it contains a control character"));
    }
    let url = reader.read(text).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => invalid("invalid URL: it has no scheme, expected http:// or https://"),
        other => invalid(&format!("invalid URL: {other}")),
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid(&format!("invalid URL: scheme {:?}, expected http or https", url.scheme())));
    }
    Ok(url)
}

/// The host and port that a URL text names, as a key for per-host rules: cheap, and never wrong about which URLs share a host
/// (two spellings of one host may count as two). Empty where there is none.
pub fn host_key(url: &str) -> &str {
    let bytes = url.as_bytes();
    let find = |from: usize, is: fn(u8) -> bool| {
        bytes.iter().skip(from).position(|byte| is(*byte)).map_or(bytes.len(), |found| from + found)
    };
    // The parser takes any number of slashes, of either kind.
    let start = find(find(0, |byte| byte == b':').saturating_add(1), |byte| !matches!(byte, b'/' | b'\\'));
    let end = find(start, |byte| matches!(byte, b'/' | b'?' | b'#' | b'\\'));
    let authority = bytes.get(start..end).unwrap_or_default();
    let host = authority.iter().rposition(|byte| *byte == b'@').map_or(start, |at| start + at + 1);
    // All of these are ASCII, so they are never within a character.
    url.get(host..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_http_urls_with_a_host_pass() {
        for bad in [
            "",
            "example.com",
            "/path",
            "ftp://h/",
            "file:///etc/passwd",
            "http://",
            "http://h:99999/",
            "http://h/\n",
            "http://[::1",
        ] {
            let error = Request::get(bad).expect_err(bad);
            assert_eq!(error.kind, Kind::InvalidUrl, "{bad}");
            assert_eq!(error.attempts, 0);
        }
        for good in ["http://h", "HTTPS://H:8443/p?q#f", "http://[::1]:80/", "http://u:p@h/", "http://bücher.example/ü"] {
            assert!(Request::get(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn the_host_key_is_the_authority_without_credentials() {
        assert_eq!(host_key("http://u:p@h:80/p@q"), "h:80");
        assert_eq!(host_key("https://h?x=a@b"), "h");
        assert_eq!(host_key("nonsense"), "");
        for odd in ["http:/h/a://b", "http:h?://b", "http:\\\\h\\://b"] {
            assert_eq!(host_key(odd), "h", "{odd}");
        }
    }

    proptest! {
        #[test]
        fn what_has_no_scheme_stays_with_the_base(
            base in prop::sample::select(vec!["http://h", "https://u:p@h:81/api", "https://h/api/?a=b#c", "http://[::1]/a/b/"]),
            url in "([a-z./?#@%:;\\\\ é&=\\[\\]-]|\\.\\./|%2e|@evil\\.test){0,12}",
        ) {
            let base = Url::parse(base).expect("a base");
            if Url::parse(&url).is_err()
                && let Ok(request) = Request::relative(Method::GET, &base, &url, &mut UrlReader::default())
            {
                prop_assert!(!url.starts_with("//"), "{}", request.url);
                prop_assert_eq!(request.url.origin(), base.origin(), "{}", request.url);
                prop_assert_eq!(request.url.password(), base.password());
            }
        }

        #[test]
        fn texts_with_one_host_key_have_one_host(
            start in "(http|HTTP|https):[/\\\\]{1,3}",
            user in "([a-z:@]{0,3}@)?",
            host in "(h|H|h\\.|\\[::1\\]|é)(:8[01])?",
            rest in "([/?#\\\\][a-z:/@?#]{0,8})?",
        ) {
            let text = format!("{start}{user}{host}{rest}");
            if let (Ok(request), key @ [_, ..]) = (Request::get(&text), host_key(&text).as_bytes()) {
                let key = std::str::from_utf8(key).expect("text");
                let alone = Request::get(&format!("{}://{key}", request.url.scheme())).expect("a host");
                prop_assert_eq!(alone.url.origin(), request.url.origin(), "{} of {}", key, text);
            }
        }
    }
}

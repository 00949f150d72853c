//! What can go wrong: the only list of kinds, and the words that describe them.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde::{Deserialize, Serialize};
use url::Url;

use super::panics::Panic;
use super::process;
use super::response::Response;

/// Characters of a URL that are shown.
const SHOWN: usize = 2_000;

/// The result of one fetch. The error is boxed: it is rare and large, the answer is common.
pub type Result<T> = std::result::Result<T, Box<Error>>;

/// Kinds of failure, one for each exception class of the Python face.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// The URL does not parse, or is not http or https.
    InvalidUrl,
    /// Something about the request other than its URL cannot be sent.
    InvalidRequest,
    /// No connection came about, or it was lost before the answer began.
    Connect,
    /// The host name did not resolve.
    Dns,
    /// The host answered, and refused.
    ConnectionRefused,
    /// A proxy refused, or spoke no HTTP.
    Proxy,
    /// The TLS handshake failed.
    Tls,
    /// The server's certificate is not acceptable.
    Certificate {
        /// What is wrong with it, in words.
        reason: String,
    },
    /// No connection within the connect timeout.
    ConnectTimeout,
    /// The server took nothing of the request's body for longer than the write timeout.
    WriteTimeout,
    /// The request's turn did not come within the pool timeout.
    PoolTimeout,
    /// The server was silent for longer than the read timeout.
    ReadTimeout,
    /// The whole exchange took longer than the total timeout.
    TotalTimeout,
    /// The server broke the rules of HTTP.
    Protocol,
    /// The connection ended before the body did.
    IncompleteBody {
        /// The length that the server announced, in bytes, where it did.
        expected: Option<u64>,
        /// The bytes that came.
        received: u64,
    },
    /// A bound was reached.
    LimitExceeded {
        /// The bound, where it is one number.
        limit: Option<u64>,
        /// What was asked of it, or how far it had come.
        value: Option<u64>,
    },
    /// A redirect that cannot be followed.
    Redirect,
    /// A chain of redirects longer than allowed.
    TooManyRedirects {
        /// The URLs visited, in order.
        history: Vec<String>,
    },
    /// A redirect to something other than http or https.
    UnsafeRedirect,
    /// The client was closed.
    ClientClosed,
    /// The body does not decode.
    Decode,
    /// The host's robots.txt does not allow it.
    Disallowed,
    /// What was to be kept on disk could not be.
    Checkpoint,
    /// What the caller gave us to call raised this.
    Raised(Raised),
    /// A fault of ours.
    Internal,
}

/// What a callback of the caller's raised: the name of its class, and itself, as long as the process lives.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Raised {
    /// The name of its class.
    pub class: String,
    /// Itself. The engine only passes it on.
    #[serde(skip)]
    pub exception: Option<Opaque>,
}

/// A value of the caller's side.
pub type Opaque = Arc<dyn Any + Send + Sync>;

impl fmt::Debug for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Raised").field(&self.class).finish()
    }
}

impl PartialEq for Raised {
    fn eq(&self, other: &Self) -> bool {
        match (&self.exception, &other.exception) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => self.class == other.class,
        }
    }
}

impl Eq for Raised {}

/// How far a request had come when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Before anything was done: the request itself is at fault.
    Input,
    /// Waiting for a permit.
    Queue,
    /// Resolving the host name.
    Dns,
    /// Connecting.
    Connect,
    /// Shaking hands for TLS.
    Tls,
    /// Sending the request's body.
    Send,
    /// Waiting for the answer's head.
    Response,
    /// Reading the body.
    Body,
    /// Following a redirect.
    Redirect,
}

impl Phase {
    /// Is a connection being opened?
    pub fn is_connecting(self) -> bool {
        matches!(self, Self::Dns | Self::Connect | Self::Tls)
    }

    /// The word of the `.phase` attribute.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Queue => "queue",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Send => "send",
            Self::Response => "response",
            Self::Body => "body",
            Self::Redirect => "redirect",
        }
    }
}

/// A failure before it knows whose it is: what the transport and the rules report.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What went wrong.
    pub kind: Kind,
    /// How far the request had come.
    pub phase: Phase,
    /// What happened, in words, without URL or secrets.
    pub detail: String,
    /// The operating system's number for it, where there is one.
    pub errno: Option<i32>,
    /// The connection ended before a byte of an answer came.
    pub unanswered: bool,
    /// The server promises that it has not begun with the request.
    pub unprocessed: bool,
    /// It will be no other for a while, however often it is tried.
    pub lasting: bool,
}

impl Failure {
    /// A failure without an operating system error behind it.
    pub fn new(kind: Kind, phase: Phase, detail: impl Into<String>) -> Self {
        Self { kind, phase, detail: detail.into(), errno: None, unanswered: false, unprocessed: false, lasting: false }
    }

    /// The same, of a request that is not to be repeated: nobody knows what the server has done.
    pub fn unrepeated(self) -> Self {
        Self { detail: format!("{}; the server may have processed the request all the same", self.detail), ..self }
    }

    /// A fault of ours.
    pub fn internal(panic: &Panic, phase: Phase) -> Self {
        Self::new(Kind::Internal, phase, panic.to_string())
    }

    /// No connection could be opened for want of descriptors, and none of ours is idle: once others are closed, it can be.
    pub fn is_exhausted(&self) -> bool {
        self.phase.is_connecting() && self.errno.is_some_and(process::lacks_descriptors)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl StdError for Failure {}

/// A failed fetch.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Error {
    /// What went wrong.
    pub kind: Kind,
    /// How far the request had come.
    pub phase: Phase,
    /// The request's method.
    #[serde(with = "http_serde::method")]
    pub method: Method,
    /// The URL at fault, without its user name and password.
    pub url: Box<str>,
    /// How many times the request was sent; 0 when it never was.
    pub attempts: u32,
    /// When it left the queue, in microseconds since 1970; 0 where it never did.
    pub start: u64,
    /// From leaving the queue until the failure.
    pub elapsed: Duration,
    /// What happened, in words.
    pub detail: String,
    /// The operating system's number for it, where there is one.
    pub errno: Option<i32>,
    /// What came of earlier attempts, in words.
    pub earlier: Vec<Box<str>>,
    /// It will be no other for a while, however often it is tried.
    #[serde(skip)]
    pub lasting: bool,
}

impl Error {
    /// An error about an answer that has come.
    pub fn about(answer: &Response, failure: Failure) -> Box<Self> {
        Box::new(Self {
            kind: failure.kind,
            phase: Phase::Body,
            method: answer.method().clone(),
            url: redact(&answer.url).into(),
            attempts: answer.attempts,
            start: answer.timings.start,
            elapsed: answer.elapsed(),
            detail: failure.detail,
            errno: None,
            earlier: Vec::new(),
            lasting: false,
        })
    }

    /// An error about a request that was never sent.
    pub fn unsent(kind: Kind, phase: Phase, method: Method, url: &str, detail: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            kind,
            phase,
            method,
            url: redact(url).into(),
            attempts: 0,
            start: 0,
            elapsed: Duration::ZERO,
            detail: detail.into(),
            errno: None,
            earlier: Vec::new(),
            lasting: false,
        })
    }
}

impl fmt::Display for Error {
    /// What happened, to which URL, in which phase, after how many attempts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind == Kind::Checkpoint {
            // It is not about one request.
            return f.write_str(&self.detail);
        }
        let (url, more) = start_of(&self.url);
        write!(f, "{} {url}{more}: {}", self.method, self.detail)?;
        match self.attempts {
            0 => write!(f, " (not sent)"),
            1 => write!(f, " (phase {}, 1 attempt, {:.3} s)", self.phase.as_str(), self.elapsed.as_secs_f64()),
            n => write!(f, " (phase {}, {n} attempts, {:.3} s)", self.phase.as_str(), self.elapsed.as_secs_f64()),
        }?;
        match self.earlier.as_slice() {
            [] => Ok(()),
            earlier => write!(f, "; before that: {}", earlier.join("; ")),
        }
    }
}

impl StdError for Error {}

/// As much of a URL as a message repeats, and the sign that there is more.
fn start_of(url: &str) -> (&str, &str) {
    match url.char_indices().nth(SHOWN) {
        Some((end, _)) => (url.get(..end).unwrap_or(url), "…"),
        None => (url, ""),
    }
}

/// A URL as it may be shown: without user name and password, of bounded length, with nothing in it that acts on what shows it.
pub fn redact(url: &str) -> String {
    let clean = match Url::parse(url) {
        Ok(parsed) if parsed.has_host() => redact_url(&parsed),
        // Nobody can say where its secrets are, so everything between the scheme and the last @ goes.
        _ => {
            let start = url.find("//").map_or(0, |at| at + 2);
            let (scheme, rest) = url.split_at(start);
            rest.rsplit_once('@').map_or_else(|| url.to_owned(), |(_, shown)| format!("{scheme}{shown}"))
        }
    };
    let mut shown: String = clean.chars().take(SHOWN).flat_map(escape).collect();
    if clean.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// The same for a URL that parsed.
pub fn redact_url(url: &Url) -> String {
    if url.username().is_empty() && url.password().is_none() {
        return url.to_string();
    }
    let mut clean = url.clone();
    // Both refuse only for URLs that cannot have credentials.
    let _ = clean.set_username("");
    let _ = clean.set_password(None);
    clean.into()
}

/// What would act on whoever shows it: control characters, line ends, and marks that turn the reading direction around.
fn acts(c: char) -> bool {
    c.is_control() || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escape(c: char) -> impl Iterator<Item = char> {
    let (escaped, plain) = if acts(c) { (Some(c.escape_default()), None) } else { (None, Some(c)) };
    escaped.into_iter().flatten().chain(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn user_and_password_never_show() {
        for url in ["http://u:secret@h/p?q", "https://secret@h", "http://a:secret@b:secret@h:99999999/", "//u:secret@h"] {
            assert!(!redact(url).contains("secret"), "{url} -> {}", redact(url));
        }
        assert_eq!(redact("http://u:p@host/path"), "http://host/path");
        assert_eq!(redact("not a url"), "not a url");
        assert_eq!(redact("http://h:port/a\r\nb"), "http://h:port/a\\r\\nb");
        assert_eq!(redact("gpj\u{202e}.exe"), "gpj\\u{202e}.exe");
    }

    proptest! {
        #[test]
        fn redaction_takes_any_text(url in any::<String>()) {
            prop_assert!(!redact(&url).chars().any(acts));
        }

        #[test]
        fn no_password_shows_in_a_url_however_it_is_written(
            scheme in "(http|https|HTTP|ws|gopher)?:?[/\\\\]{0,3}",
            user in "[a-z%@:;é\t]{0,5}",
            before in "[!-9;-~é\u{202e} ]{0,5}",
            after in "[!-~é ]{0,5}",
            host in "(h|h\\.test|\\[::1\\]|127\\.1|%41|h:99999|é|)",
            rest in "([/?#\\\\][a-z/?#.]{0,10})?",
        ) {
            let url = format!("{scheme}{user}:{before}hunter2{after}@{host}{rest}");
            let is_password = Url::parse(&url).is_ok_and(|url| url.password().is_some_and(|text| text.contains("hunter2")));
            if is_password {
                prop_assert!(!redact(&url).contains("hunter2"), "{url} -> {}", redact(&url));
            }
        }
    }
}

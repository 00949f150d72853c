//! What an error of the network means. The kinds are read from the types in its chain of causes, never from its text.

use std::error::Error as StdError;
use std::io;

use super::super::error::{Failure, Kind, Phase};
use super::super::tls;

/// Characters of what an HTTP/2 server says for a farewell that are shown.
const SHOWN: usize = 200;

/// What an error means. `connecting` says that no connection came about.
pub fn failure(error: &(dyn StdError + 'static), phase: Phase, connecting: bool) -> Failure {
    if let Some(own) = chain(error).find_map(|cause| cause.downcast_ref::<Failure>()) {
        return own.clone();
    }
    // Where TLS ends without a farewell, the library's words point to its own manual.
    let eof = io_kinds(error).any(|kind| kind == io::ErrorKind::UnexpectedEof);
    let detail = if eof && !connecting { "the server closed it in the middle".into() } else { cause(error) };
    let errno = chain(error).find_map(|cause| io_error(cause)?.raw_os_error());
    let fail = |kind, phase, detail: String| Failure { errno, ..Failure::new(kind, phase, detail) };
    if let Some(error) = chain(error).find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
        return match error {
            rustls::Error::InvalidCertificate(why) => {
                let reason = tls::certificate_reason(why);
                fail(Kind::Certificate { reason: reason.clone() }, Phase::Tls, format!("certificate refused: {reason}"))
            }
            // Once the handshake is over on this side, the request may have been sent; only a server that does not like our
            // certificate says so later, before it reads anything.
            _ => {
                let phase = if connecting || tls::is_about_our_certificate(error) { Phase::Tls } else { phase };
                fail(Kind::Tls, phase, format!("TLS failed: {}", tls::tls_reason(error)))
            }
        };
    }
    if connecting {
        return unconnected(error, phase, detail, errno);
    }
    let broken = broken_off(error);
    let http = chain(error).find_map(|cause| cause.downcast_ref::<hyper::Error>());
    let lost = io_kinds(error).any(|kind| {
        matches!(
            kind,
            io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::UnexpectedEof
        )
    });
    match (phase, http) {
        // How much came is known to the reader of the body, who fills it in.
        (Phase::Body, _) if lost || http.is_some_and(ended) || broken.is_some_and(h2::Error::is_remote) => {
            fail(Kind::IncompleteBody { expected: None, received: 0 }, phase, detail)
        }
        _ if io_kinds(error).any(|kind| kind == io::ErrorKind::QuotaExceeded) => {
            fail(Kind::LimitExceeded { limit: None, value: None }, phase, detail)
        }
        // hyper has no predicate for it; its description is the only sign.
        (_, Some(http)) if http.is_parse() && http.to_string().contains("too large") => {
            let detail = "the answer's head is too large, or the length that it announces".into();
            fail(Kind::LimitExceeded { limit: None, value: None }, phase, detail)
        }
        // Nor has it one for these.
        (Phase::Body, Some(_)) if detail.contains("over limit") || detail.contains("count overflow") => {
            fail(Kind::LimitExceeded { limit: None, value: None }, phase, detail)
        }
        (_, Some(http)) if http.is_incomplete_message() || http.is_closed() || http.is_canceled() || eof => {
            let detail = "the server closed the connection without answering".into();
            Failure { unanswered: true, ..fail(Kind::Protocol, phase, detail) }
        }
        // What is called the user there are we.
        (_, Some(http)) if http.is_user() => fail(Kind::Internal, phase, format!("internal error: {detail}; please report it")),
        (_, Some(http)) if http.is_timeout() => {
            let detail = "connection lost: the server answered no PING".into();
            Failure { unanswered: true, ..fail(Kind::Connect, phase, detail) }
        }
        _ if lost => Failure { unanswered: true, ..fail(Kind::Connect, phase, format!("connection lost: {detail}")) },
        _ => match broken {
            Some(broken) if broken.is_remote() => {
                let detail = format!("the server gave the request up: {}", detail.chars().take(SHOWN).collect::<String>());
                Failure { unprocessed: unprocessed(broken), ..fail(Kind::Protocol, phase, detail) }
            }
            Some(broken) => {
                let (kind, words) = misconduct(broken, phase);
                fail(kind, phase, words)
            }
            None => fail(Kind::Protocol, phase, detail),
        },
    }
}

/// Did the connection end, as far as hyper knows? Its own timeouts are those of PING.
fn ended(error: &hyper::Error) -> bool {
    error.is_incomplete_message() || error.is_timeout()
}

/// Why no connection came about.
fn unconnected(error: &(dyn StdError + 'static), phase: Phase, detail: String, errno: Option<i32>) -> Failure {
    let phase = if phase.is_connecting() { phase } else { Phase::Connect };
    let fail = |kind, detail: String| Failure { errno, ..Failure::new(kind, phase, detail) };
    // tokio-rustls says so when the other side leaves in the middle of the handshake.
    if phase == Phase::Tls || detail == "tls handshake eof" {
        let detail = match io_kinds(error).next() {
            Some(io::ErrorKind::UnexpectedEof) => "the server closed the connection during the handshake".into(),
            _ => detail,
        };
        return fail(Kind::Tls, format!("TLS failed: {detail}"));
    }
    let kind = io_kinds(error).find_map(|kind| match kind {
        io::ErrorKind::ConnectionRefused => Some(Kind::ConnectionRefused),
        io::ErrorKind::TimedOut => Some(Kind::ConnectTimeout),
        _ => None,
    });
    fail(kind.unwrap_or(Kind::Connect), format!("no connection: {detail}"))
}

/// Why a stream of HTTP/2 was ended, or all of them: by the server, or by this side for what the server did.
fn broken_off<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a h2::Error> {
    chain(error).filter_map(|cause| cause.downcast_ref::<h2::Error>()).find(|error| error.is_reset() || error.is_go_away())
}

/// Does the server promise not to have begun with the request (RFC 9113, section 8.7)?
fn unprocessed(error: &h2::Error) -> bool {
    error.reason() == Some(h2::Reason::REFUSED_STREAM) || error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR)
}

/// What a server did for which this side broke off.
fn misconduct(error: &h2::Error, phase: Phase) -> (Kind, String) {
    let reason = error.reason().unwrap_or(h2::Reason::PROTOCOL_ERROR);
    if reason == h2::Reason::ENHANCE_YOUR_CALM {
        let words = format!("the server sends more HTTP/2 frames than it needs, or longer heads than it may ({reason:?})");
        return (Kind::LimitExceeded { limit: None, value: None }, words);
    }
    // It is how the one rule of bodies is broken.
    let length = phase == Phase::Body && error.is_reset() && reason == h2::Reason::PROTOCOL_ERROR;
    let how = if length { "the body has another length than announced".into() } else { reason.to_string() };
    (Kind::Protocol, format!("the server broke the rules of HTTP/2: {how} ({reason:?})"))
}

/// An error and its causes, those inside io errors included, which `source` passes over.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    fn inner<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    }
    std::iter::successors(Some(error), |error| inner(*error))
}

fn io_kinds(error: &(dyn StdError + 'static)) -> impl Iterator<Item = io::ErrorKind> {
    chain(error).filter_map(io_error).map(io::Error::kind)
}

/// HTTP/2's own errors keep those of the system to themselves.
fn io_error<'a>(cause: &'a (dyn StdError + 'static)) -> Option<&'a io::Error> {
    cause.downcast_ref::<io::Error>().or_else(|| cause.downcast_ref::<h2::Error>()?.get_io())
}

/// The innermost cause in words: what wraps it only says that something failed, and some of it has the whole URL in its text,
/// passwords included.
fn cause(error: &(dyn StdError + 'static)) -> String {
    chain(error).skip(1).last().map_or_else(|| "the request cannot be sent".into(), ToString::to_string)
}

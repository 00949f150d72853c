//! Where a redirect leads, and what goes along.
//!
//! Methods follow the Fetch standard (https://fetch.spec.whatwg.org/#http-redirect-fetch). Secrets are dropped at the first
//! foreign hop; since what was dropped is not put back, they stay away for the rest of the chain.

use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE, COOKIE};
use http::header::{EXPECT, HeaderName, HeaderValue, LOCATION, PROXY_AUTHORIZATION, TRANSFER_ENCODING, WWW_AUTHENTICATE};
use http::{HeaderMap, Method, StatusCode};
use url::Url;

use super::content::Content;
use super::error::{Failure, Kind, Phase};
use super::request::Request;

const SECRETS: [HeaderName; 4] = [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, WWW_AUTHENTICATE];
const ABOUT_THE_BODY: [HeaderName; 7] =
    [CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE, EXPECT, TRANSFER_ENCODING];

/// The URL that this answer redirects to; `None` where it is an answer in its own right.
///
/// # Errors
/// Where the answer is a redirect that cannot or must not be followed.
pub fn target(status: StatusCode, headers: &HeaderMap, from: &Url) -> Result<Option<Url>, Failure> {
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let mut locations = headers.get_all(LOCATION).iter();
    let Some(location) = locations.next() else { return Ok(None) };
    if locations.any(|other| other != location) {
        return Err(bad("two different Location headers"));
    }
    if location.is_empty() {
        return Err(bad("an empty Location header"));
    }
    let mut url = from.join(&text(location)).map_err(|error| bad(&format!("a Location that is no URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        let detail = format!("redirect to scheme {:?} refused: only http and https are followed", url.scheme());
        return Err(Failure::new(Kind::UnsafeRedirect, Phase::Redirect, detail));
    }
    // A server has no business to name our user; neither call fails on an http URL.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    if url.fragment().is_none() {
        url.set_fragment(from.fragment());
    }
    Ok(Some(url))
}

/// Turns the request into the one for the next hop.
///
/// # Errors
/// Where its body would have to be sent again and cannot be.
pub fn follow(request: &mut Request, status: StatusCode, url: Url) -> Result<(), Failure> {
    let becomes_get = match status.as_u16() {
        301 | 302 => request.method == Method::POST,
        303 => request.method != Method::GET && request.method != Method::HEAD,
        _ => false,
    };
    if becomes_get {
        request.method = Method::GET;
        request.content = None;
        for name in &ABOUT_THE_BODY {
            request.headers.remove(name);
        }
    }
    if !request.content.as_ref().is_none_or(Content::is_replayable) {
        let detail = format!("the body cannot be sent again, as status {} asks for: it can be read only once", status.as_u16());
        return Err(Failure::new(Kind::Redirect, Phase::Redirect, detail));
    }
    if url.origin() != request.url.origin() {
        for name in &SECRETS {
            request.headers.remove(name);
        }
        request.headers.remove(http::header::HOST);
        // Nor does it authorize itself anew, here or at any later hop, even one back home.
        let own = request.own.get_or_insert_default();
        own.auth = Some(None);
        own.cookies = None;
    }
    request.url = url;
    Ok(())
}

fn bad(what: &str) -> Failure {
    Failure::new(Kind::Redirect, Phase::Redirect, format!("redirect with {what}"))
}

/// A Location as text: UTF-8 as it is, any other byte percent-encoded.
fn text(location: &HeaderValue) -> String {
    match std::str::from_utf8(location.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => percent_encoding::percent_encode(location.as_bytes(), percent_encoding::CONTROLS).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn headers(locations: &[&[u8]]) -> HeaderMap {
        locations.iter().map(|value| (LOCATION, HeaderValue::from_bytes(value).expect("a value"))).collect()
    }

    fn resolve(location: &[u8]) -> Result<Option<Url>, Failure> {
        target(StatusCode::FOUND, &headers(&[location]), &Url::parse("http://a.example/dir/page#frag").expect("a URL"))
    }

    #[test]
    fn locations_resolve_as_browsers_do() {
        for (location, expected) in [
            (&b"next"[..], "http://a.example/dir/next#frag"),
            (b"//b.example/x", "http://b.example/x#frag"),
            (b"https://b.example/#own", "https://b.example/#own"),
            (b"/a b", "http://a.example/a%20b#frag"),
            ("/ü".as_bytes(), "http://a.example/%C3%BC#frag"),
            (b"/\xfc", "http://a.example/%FC#frag"),
            (b"http://user:pw@b.example/", "http://b.example/#frag"),
        ] {
            assert_eq!(resolve(location).expect("followed").expect("a URL").as_str(), expected);
        }
    }

    #[test]
    fn what_cannot_be_followed_says_why() {
        for scheme in ["file:///etc/passwd", "ftp://h/", "javascript:alert(1)", "data:,x"] {
            assert_eq!(resolve(scheme.as_bytes()).expect_err(scheme).kind, Kind::UnsafeRedirect);
        }
        for bad in ["", "http://h:99999/", "http://"] {
            assert_eq!(resolve(bad.as_bytes()).expect_err(bad).kind, Kind::Redirect);
        }
        let from = Url::parse("http://h/").expect("a URL");
        let two = target(StatusCode::FOUND, &headers(&[b"/a", b"/b"]), &from);
        assert_eq!(two.expect_err("two").kind, Kind::Redirect);
        assert!(target(StatusCode::FOUND, &headers(&[b"/a", b"/a"]), &from).expect("same").is_some());
        assert!(target(StatusCode::FOUND, &headers(&[]), &from).expect("none").is_none());
        assert!(target(StatusCode::NOT_MODIFIED, &headers(&[b"/a"]), &from).expect("no redirect").is_none());
    }

    #[test]
    fn methods_follow_the_fetch_standard() {
        for (status, method, expected) in [
            (301, "POST", "GET"),
            (302, "POST", "GET"),
            (303, "POST", "GET"),
            (307, "POST", "POST"),
            (308, "POST", "POST"),
            (301, "PUT", "PUT"),
            (302, "DELETE", "DELETE"),
            (303, "PUT", "GET"),
            (303, "HEAD", "HEAD"),
            (302, "HEAD", "HEAD"),
        ] {
            let mut request =
                Request::new(Method::from_bytes(method.as_bytes()).expect("a method"), "http://h/").expect("a request");
            request.content = Some("body".into());
            request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
            let url = request.url.clone();
            follow(&mut request, StatusCode::from_u16(status).expect("a status"), url).expect("followed");
            assert_eq!(request.method.as_str(), expected, "{status} {method}");
            assert_eq!(request.content.is_some(), method == expected);
            assert_eq!(request.headers.contains_key(CONTENT_TYPE), method == expected);
        }
    }

    #[test]
    fn secrets_stay_away_after_the_first_foreign_hop() {
        let mut request = Request::get("http://a.example/").expect("a request");
        request.headers.insert(AUTHORIZATION, HeaderValue::from_static("secret"));
        request.headers.insert(COOKIE, HeaderValue::from_static("secret"));
        for (url, kept) in [("http://a.example/2", true), ("http://b.example/", false), ("http://a.example/3", false)] {
            follow(&mut request, StatusCode::FOUND, Url::parse(url).expect("a URL")).expect("followed");
            assert_eq!(request.headers.contains_key(AUTHORIZATION), kept, "{url}");
            assert_eq!(request.headers.contains_key(COOKIE), kept, "{url}");
        }
    }

    proptest! {
        #[test]
        fn secrets_go_as_far_as_the_first_foreign_hop_by_whatever_way(
            hops in prop::collection::vec((prop::sample::select(vec![301u16, 302, 303, 307, 308]), location()), 1..8),
            method in prop::sample::select(vec![Method::GET, Method::POST, Method::PUT]),
        ) {
            let mut request = Request::new(method, "http://a.example/dir/page").expect("a request");
            let home = request.url.origin();
            for name in &SECRETS {
                request.headers.insert(name, HeaderValue::from_static("hunter2"));
            }
            request.headers.insert("x-other", HeaderValue::from_static("kept"));
            let mut is_home = true;
            for (status, location) in hops {
                let status = StatusCode::from_u16(status).expect("a status");
                let Ok(Some(url)) = target(status, &headers(&[location.as_bytes()]), &request.url) else { break };
                prop_assert!(url.username().is_empty() && url.password().is_none());
                is_home &= url.origin() == home;
                follow(&mut request, status, url).expect("followed");
                for name in &SECRETS {
                    prop_assert_eq!(request.headers.contains_key(name), is_home, "{} after {}", name, location);
                }
                prop_assert!(request.headers.contains_key("x-other"));
                // Nor are the client's own put in again.
                prop_assert_eq!(request.own.as_ref().is_some_and(|own| matches!(own.auth, Some(None))), !is_home);
            }
        }
    }

    /// Home and abroad, in all the ways to write it.
    fn location() -> impl Strategy<Value = String> {
        let scheme = prop::sample::select(vec!["", "http:", "https:", "HTTP:", "http:/", "\\\\", "//", "http:\\\\"]);
        let host =
            prop::sample::select(vec!["", "a.example", "A.example", "a.example:80", "a.example:81", "a.example.", "b.example"]);
        let user = prop::sample::select(vec!["", "", "u:p@", "a.example@"]);
        let path = prop::sample::select(vec!["/", "", "next", "/x?y#z", "../..", "@b.example/"]);
        (scheme, user, host, path).prop_map(|(scheme, user, host, path)| {
            let slashes = if scheme.ends_with(':') { "//" } else { "" };
            format!("{scheme}{slashes}{user}{host}{path}")
        })
    }
}

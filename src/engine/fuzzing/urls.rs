//! URLs: what is read from them, where they lead, and what is shown of them.

use http::header::{AUTHORIZATION, COOKIE, LOCATION, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use url::Url;

use super::{head, text_head};
use crate::engine::error::redact;
use crate::engine::links as link;
use crate::engine::redirect as redirects;
use crate::engine::request::{Request, host_key};

const SECRET: &str = "hunter2";

/// What stands before and after a password in a URL.
pub fn urls(data: &[u8]) {
    let Some(([before, after], _)) = text_head(data) else { return };
    let text = format!("{before}{SECRET}{after}");
    let shown = redact(&text);
    assert!(!shown.contains(|c: char| c.is_control()) && shown.len() < 30_000);
    if let Ok(url) = Url::parse(&text) {
        let is_secret = url.username().contains(SECRET) || url.password().is_some_and(|password| password.contains(SECRET));
        if is_secret && text.matches(SECRET).count() == 1 {
            assert!(!shown.contains(SECRET), "{shown}");
        }
    }
    match Request::get(&text) {
        Err(error) => assert_eq!(*error.url, *shown),
        Ok(request) => {
            assert!(matches!(request.url.scheme(), "http" | "https") && request.url.has_host());
            assert!(!request.authority().contains('@'));
            // The parser is at home in its own output.
            assert_eq!(Url::parse(request.url.as_str()).as_ref(), Ok(&request.url));
            let key = host_key(&text);
            if !key.is_empty() {
                let alone = Url::parse(&format!("{}://{key}", request.url.scheme())).expect("a host");
                assert_eq!((alone.host(), alone.port()), (request.url.host(), request.url.port()));
            }
        }
    }
}

/// Where a request went, and values of `Location`.
pub fn redirect(data: &[u8]) {
    let Some(([from], locations)) = text_head(data) else { return };
    let Ok(mut request) = Request::new(Method::POST, from) else { return };
    let mut headers = HeaderMap::new();
    for location in locations.split(|byte| *byte == b'\n') {
        let Ok(location) = HeaderValue::from_bytes(location) else { return };
        headers.append(LOCATION, location);
    }
    assert!(redirects::target(StatusCode::OK, &headers, &request.url).is_ok_and(|to| to.is_none()));
    let Ok(Some(to)) = redirects::target(StatusCode::TEMPORARY_REDIRECT, &headers, &request.url) else { return };
    assert!(matches!(to.scheme(), "http" | "https") && to.has_host());
    assert!(to.username().is_empty() && to.password().is_none());
    // The same place by its full name.
    headers.insert(LOCATION, to.as_str().try_into().expect("ASCII"));
    let again = redirects::target(StatusCode::TEMPORARY_REDIRECT, &headers, &request.url);
    assert_eq!(again.expect("a target"), Some(to.clone()));

    let secrets = [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION];
    for name in &secrets {
        request.headers.insert(name, HeaderValue::from_static(SECRET));
    }
    request.content = Some(b"body".to_vec().into());
    for (status, sent) in [(307, true), (308, true), (302, false), (303, false)] {
        let mut next = request.clone();
        redirects::follow(&mut next, StatusCode::from_u16(status).expect("a status"), to.clone()).expect("followed");
        assert_eq!((&next.url, next.method == Method::POST, next.content.is_some()), (&to, sent, sent));
        let kept = secrets.iter().all(|name| next.headers.contains_key(name));
        let any = secrets.iter().any(|name| next.headers.contains_key(name));
        assert_eq!((kept, any), if to.origin() == request.url.origin() { (true, true) } else { (false, false) });
        // Back home they are not put in again.
        let home = request.url.clone();
        redirects::follow(&mut next, StatusCode::TEMPORARY_REDIRECT, home).expect("followed");
        assert_eq!(secrets.iter().any(|name| next.headers.contains_key(name)), any);
    }
}

/// A base, and a `Link`.
pub fn links(data: &[u8]) {
    let ([base], value) = head(data);
    let (Ok(base), Ok(value)) = (std::str::from_utf8(base), std::str::from_utf8(value)) else { return };
    let links = link::parse(value, base);
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let mut written = Vec::new();
    for link in &links {
        let names: Vec<_> = link.parameters.iter().map(|(name, _)| name).collect();
        assert!(names.iter().enumerate().all(|(at, name)| !name.is_empty() && !names[..at].contains(name)));
        assert!(link.relations().all(|relation| !relation.is_empty()));
        let parameters = link.parameters.iter().map(|(name, value)| format!("; {name}=\"{}\"", quoted(value)));
        written.push(format!("<{}>{}", link.url, parameters.collect::<String>()));
    }
    // Written out in full, they say the same.
    if !links.iter().any(|link| link.url.contains('>')) {
        assert_eq!(link::parse(&written.join(", "), base), links);
    }
}

//! Proxies: which one a URL goes through, and what they say.

use futures_util::FutureExt;
use http::HeaderValue;
use tokio::io::AsyncReadExt;
use url::Url;

use super::{head, text_head};
use crate::engine::proxy::{Credentials, ProxyRules, ProxyServer};
use crate::engine::transport::socks::{self, Target};
use crate::engine::transport::tunnel;

/// What stands for a password.
const SECRET: &str = "hunter2";

/// A pattern, a proxy, exemptions, and a URL.
pub fn proxy(data: &[u8]) {
    let Some(([key, value, exempt, url], _)) = text_head(data) else { return };
    let Ok(url) = Url::parse(url) else { return };
    let server = match ProxyServer::parse(value) {
        Ok(server) => server,
        Err(why) => return assert!(!why.contains(SECRET), "{why}"),
    };
    assert!(!server.host.to_string().is_empty());
    let everywhere = ProxyRules::everywhere(server.clone());
    assert_eq!(everywhere.intercept(&url).map(|found| &**found), Some(&server));
    assert_eq!(everywhere.with_no_proxy("*").intercept(&url).filter(|_| url.has_host()), None);
    match ProxyRules::from_patterns([(key, Some(server.clone()))]) {
        Err(why) => {
            assert!(!why.to_string().contains(SECRET) || key.rsplit('@').next().is_some_and(|rest| rest.contains(SECRET)))
        }
        Ok(rules) => {
            let found = rules.intercept(&url).cloned();
            assert!(found.as_deref().is_none_or(|found| *found == server));
            // An exemption only ever takes away, and its order says nothing.
            let with = rules.clone().with_no_proxy(exempt).intercept(&url).cloned();
            assert!(with.is_none() || with == found);
            let words: Vec<&str> = exempt.split([',', ' ']).rev().collect();
            assert_eq!(rules.with_no_proxy(&words.join(",")).intercept(&url).cloned(), with);
        }
    }
    if !server.host.to_string().contains(SECRET) {
        assert!(!format!("{server:?}").contains(SECRET));
    }
}

/// How it is asked, and what a proxy sends when it is asked for a connection. What comes after its answer is not touched.
pub fn proxy_answer(data: &[u8]) {
    let ([way], said) = head(data);
    let auth = way.ends_with(b"auth").then(|| Credentials { user: b"user".into(), password: SECRET.into() });
    let target = Target::Name("example.org".into());
    let mut stream = tokio::io::join(said, tokio::io::sink());
    let opened = match way.first() {
        Some(b'4') => socks::open_v4(&mut stream, &target, 443, auth.as_ref()).now_or_never(),
        Some(b'5') => socks::open_v5(&mut stream, &target, 443, auth.as_ref()).now_or_never(),
        _ => {
            let auth = auth.map(|_| HeaderValue::from_static(SECRET));
            tunnel::open(&mut stream, "example.org:443", auth.as_ref(), way.contains(&b'q')).now_or_never()
        }
    };
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).now_or_never().expect("all of it is there").expect("no error");
    assert!(said.ends_with(&rest));
    match opened.expect("all of it is there") {
        Err(why) => assert!(!why.is_empty() && why.len() < 300 && !why.contains(SECRET), "{why}"),
        Ok(()) if way.first() == Some(&b'4') => assert_eq!(said.len() - rest.len(), 8),
        Ok(()) if way.first() == Some(&b'5') => assert!((9..=600).contains(&(said.len() - rest.len()))),
        Ok(()) => assert!(said[..said.len() - rest.len()].ends_with(b"\n")),
    }
}

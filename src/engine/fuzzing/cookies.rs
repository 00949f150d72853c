//! What servers set, what goes back to them, and jars in files.

use std::time::{Duration, SystemTime};

use http::HeaderValue;
use url::Url;

use super::text_head;
use crate::engine::cookies::Jar;

/// Lifetimes end here, whatever a server says.
const LONGEST: Duration = Duration::from_secs(400 * 86_400);

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

/// A page, another one, and `Set-Cookie` values that come with the first.
pub fn cookies(data: &[u8]) {
    let Some(([page, other], values)) = text_head(data) else { return };
    let (Ok(page), Ok(other)) = (Url::parse(page), Url::parse(other)) else { return };
    let jar = Jar::default();
    values.split(|byte| *byte == b'\n').for_each(|value| jar.store(&page, value, now()));
    let kept = jar.all(now());
    for cookie in &kept {
        assert_eq!(cookie.check(), Ok(()));
        assert!(cookie.expires.is_none_or(|moment| moment <= now() + LONGEST));
        assert!(!cookie.secure || page.scheme() == "https");
        let below = page.host_str().and_then(|host| host.strip_suffix(&*cookie.domain)).expect("a domain of the page's");
        assert!(below.is_empty() || below.ends_with('.') && !cookie.host_only);
    }
    for url in [&page, &other] {
        let Some(header) = jar.header(url, now()) else { continue };
        assert!(HeaderValue::from_bytes(&header).is_ok());
        assert_eq!(owner(url), owner(&page), "a cookie for another owner");
        assert!(url.scheme() == "https" || kept.iter().any(|cookie| !cookie.secure));
    }
    assert_eq!(again(&jar).all(now()), kept);
}

/// A jar as it is read from a file.
pub fn cookie_file(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(jar) = Jar::from_json(text, now()) {
        assert_eq!(again(&jar).all(now()), jar.all(now()));
    }
}

fn again(jar: &Jar) -> Jar {
    Jar::from_json(&jar.to_json(now()), now()).expect("what was written")
}

/// Who may share cookies, worked out without the jar's help.
fn owner(url: &Url) -> &str {
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_suffix('.').unwrap_or(host);
    psl::domain_str(host).filter(|_| matches!(url.host(), Some(url::Host::Domain(_)))).unwrap_or(host)
}

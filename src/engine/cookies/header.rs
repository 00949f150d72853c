//! The Cookie header of a request: RFC 6265bis section 5.8.3, and what a caller adds.

use std::collections::HashSet;
use std::time::SystemTime;

use url::Url;

use super::{Cookie, Jar, is_https, lock_whole, parse, web_host};

impl Jar {
    /// The value of the Cookie header for a request to this URL: longer paths first, then older cookies. `None` where there
    /// are no cookies for it.
    pub fn header(&self, url: &Url, now: SystemTime) -> Option<Vec<u8>> {
        self.header_with(None, url, false, now)
    }

    /// The same with what the caller gave for this request alone, itself written as such a header. `at_home`, where the caller
    /// addressed this origin himself, cookies without a domain go along, too.
    ///
    /// A name that the caller gave counts instead of the jar's, and one that the site has set instead of one without a domain:
    /// a server that is sent both would have to guess.
    pub fn header_with(&self, own: Option<&[u8]>, url: &Url, at_home: bool, now: SystemTime) -> Option<Vec<u8>> {
        let mut pairs: Vec<Vec<u8>> = split(own.unwrap_or_default()).map(<[u8]>::to_vec).collect();
        let mut store = lock_whole(&self.0);
        for host in [web_host(url), at_home.then_some("")].into_iter().flatten() {
            let found = store.matching(host, url.path(), is_https(url), now);
            let taken: HashSet<&[u8]> = pairs.iter().map(|pair| name(pair)).collect();
            let more: Vec<_> = found.into_iter().filter(|cookie| !taken.contains(&*cookie.name)).map(Cookie::pair).collect();
            pairs.extend(more);
        }
        (!pairs.is_empty()).then(|| pairs.join(&b"; "[..]))
    }
}

/// The cookies of a Cookie header, as names and values.
pub fn pairs(header: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    split(header).map(|pair| {
        let name = name(pair);
        (name, pair.get(name.len()..).and_then(|rest| rest.strip_prefix(b"=")).unwrap_or(pair))
    })
}

fn split(header: &[u8]) -> impl Iterator<Item = &[u8]> {
    header.split(|&byte| byte == b';').map(parse::trim).filter(|pair| !pair.is_empty())
}

/// What stands before the first `=`: without one, nothing does.
fn name(pair: &[u8]) -> &[u8] {
    pair.iter().position(|&byte| byte == b'=').and_then(|at| pair.get(..at)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
    }

    fn url(text: &str) -> Url {
        Url::parse(text).expect(text)
    }

    fn plain(name: &str, value: &str) -> Cookie {
        Cookie::new(name.into(), value.into(), now())
    }

    fn sent(jar: &Jar, own: Option<&str>, to: &str, at_home: bool) -> String {
        let header = jar.header_with(own.map(str::as_bytes), &url(to), at_home, now());
        String::from_utf8(header.unwrap_or_default()).expect("UTF-8")
    }

    #[test]
    fn a_cookie_without_a_domain_goes_where_its_owner_asks_and_nowhere_else() {
        let jar = Jar::default();
        jar.set(plain("a", "1"), now()).expect("set");
        jar.set(Cookie { path: "/p".into(), ..plain("below", "1") }, now()).expect("set");
        jar.set(Cookie { host_only: false, ..plain("__Host-s", "1") }, now()).expect("set");
        assert_eq!(sent(&jar, None, "https://any.test/p/q", true), "below=1; a=1; __Host-s=1");
        assert_eq!(sent(&jar, None, "http://127.0.0.1/", true), "a=1");
        assert_eq!(sent(&jar, None, "https://any.test/p/q", false), "");
        assert_eq!(jar.header(&url("https://any.test/p/q"), now()), None);
    }

    #[test]
    fn of_one_name_the_nearest_counts() {
        let jar = Jar::default();
        jar.set(plain("a", "everywhere"), now()).expect("set");
        jar.set(plain("b", "everywhere"), now()).expect("set");
        jar.store(&url("http://x.test/"), b"a=site", now());
        jar.store(&url("http://x.test/"), b"a=deep; Path=/d", now());
        assert_eq!(sent(&jar, None, "http://x.test/d", true), "a=deep; a=site; b=everywhere");
        assert_eq!(sent(&jar, None, "http://y.test/d", true), "a=everywhere; b=everywhere");
        assert_eq!(sent(&jar, Some("a=own; c=own"), "http://x.test/d", true), "a=own; c=own; b=everywhere");
        assert_eq!(sent(&jar, Some("a=own"), "http://x.test/d", false), "a=own");
        assert_eq!(sent(&jar, Some("a=1; a=2"), "http://x.test/", true), "a=1; a=2; b=everywhere");
    }

    #[test]
    fn a_header_comes_apart_as_it_was_put_together() {
        let taken = |header: &'static str| pairs(header.as_bytes()).collect::<Vec<_>>();
        assert_eq!(
            taken("a=1; b==2=; nameless;; =x; c="),
            [(&b"a"[..], &b"1"[..]), (b"b", b"=2="), (b"", b"nameless"), (b"", b"x"), (b"c", b""),]
        );
        assert!(taken("").is_empty());
    }
}

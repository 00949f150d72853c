//! Which proxy a URL goes through.
//!
//! There is no standard. The variables are those of curl (https://curl.se/docs/manpage.html#ENVIRONMENT), the patterns those of
//! requests' `proxies` and httpx's `mounts`. A value that cannot be understood is an error and never "direct": whoever names a
//! proxy may rely on it for privacy.

mod exemption;
mod pattern;
mod server;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;

use url::Url;

use exemption::Exemption;
use pattern::Pattern;
pub use server::{Credentials, ProxyScheme, ProxyServer};

/// A proxy setting that cannot be used. It never holds what the setting says, for that may be a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidProxy {
    /// The variable or key at fault.
    pub name: String,
    /// What is wrong with it, in words.
    pub reason: String,
}

/// Which URL goes through which proxy.
#[derive(Debug, Clone, Default)]
pub struct ProxyRules {
    /// The most specific first; `None` is direct.
    rules: Vec<(Pattern, Option<Arc<ProxyServer>>)>,
    exempt: Vec<Exemption>,
}

impl ProxyRules {
    /// The rules of the environment: `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`. The lower case name wins, even
    /// where it is empty; an empty one says nothing.
    ///
    /// # Errors
    /// Where a variable is not the URL of a proxy.
    pub fn from_env(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, InvalidProxy> {
        // A CGI server hands the request header "Proxy" on as HTTP_PROXY (https://httpoxy.org). Windows knows no case.
        let cgi = variable("REQUEST_METHOD").is_some();
        let read = |lower: &str| -> Result<Option<(String, String)>, InvalidProxy> {
            let forged = |name: &str| cgi && name.eq_ignore_ascii_case("http_proxy") && (name != lower || cfg!(windows));
            for name in [lower.to_owned(), lower.to_ascii_uppercase()] {
                let Some(value) = (if forged(&name) { None } else { variable(&name) }) else { continue };
                let value = value.into_string().map_err(|_| InvalidProxy::new(&name, "is not text"))?;
                return Ok((!value.trim().is_empty()).then_some((name, value)));
            }
            Ok(None)
        };
        let mut rules = Vec::new();
        for (variable, scheme) in [("http_proxy", "http"), ("https_proxy", "https"), ("all_proxy", "all")] {
            if let Some((name, value)) = read(variable)? {
                let server = ProxyServer::parse(&value).map_err(|reason| InvalidProxy::new(&name, reason))?;
                let pattern = Pattern::parse(scheme).map_err(|reason| InvalidProxy::new(&name, reason))?;
                rules.push((pattern, Some(Arc::new(server))));
            }
        }
        let exempt = read("no_proxy")?.map_or_else(String::new, |(_, value)| value);
        Ok(Self::sorted(rules).with_no_proxy(&exempt))
    }

    /// One proxy for everything.
    pub fn everywhere(server: ProxyServer) -> Self {
        Self::sorted(vec![(Pattern::anything(), Some(Arc::new(server)))])
    }

    /// Proxies by pattern: `http`, `https` or `all`, with or without `://` and a host, that with or without a port;
    /// `all://*.example.com` is every name below example.com, `all://*example.com` that name too. `None` is direct. The most
    /// specific pattern wins: first by host, then by port, then by scheme.
    ///
    /// # Errors
    /// Where a key is no pattern or given twice.
    pub fn from_patterns<'a>(entries: impl IntoIterator<Item = (&'a str, Option<ProxyServer>)>) -> Result<Self, InvalidProxy> {
        let mut rules = HashMap::new();
        for (key, server) in entries {
            let wrong = |reason: &str| InvalidProxy::new(key, reason);
            match rules.entry(Pattern::parse(key).map_err(wrong)?) {
                Entry::Vacant(place) => drop(place.insert(server.map(Arc::new))),
                Entry::Occupied(_) => return Err(wrong("is given twice, in two spellings")),
            }
        }
        Ok(Self::sorted(rules.into_iter().collect()))
    }

    /// The same rules with exemptions: hosts that are always reached directly, separated by commas or spaces. `example.com` and
    /// `.example.com` are that name and all below it, `*.example.com` only those below, `*` is everything; addresses and networks
    /// (`10.0.0.0/8`) match hosts that are addresses; a port (`example.com:8080`) exempts only that one.
    ///
    /// What is none of these matches nothing, as everywhere: lists are shared with programs that know other forms.
    #[must_use]
    pub fn with_no_proxy(mut self, list: &str) -> Self {
        let entries = list.split(|c: char| c == ',' || c.is_whitespace());
        self.exempt.extend(entries.filter_map(Exemption::parse));
        self
    }

    /// The proxy for this URL; `None` is direct.
    pub fn intercept(&self, url: &Url) -> Option<&Arc<ProxyServer>> {
        let (_, server) = self.rules.iter().find(|(pattern, _)| pattern.matches(url))?;
        let server = server.as_ref()?;
        if self.exempt.is_empty() {
            return Some(server);
        }
        let (host, port) = (url.host()?, url.port_or_known_default());
        (!self.exempt.iter().any(|exemption| exemption.matches(&host, port))).then_some(server)
    }

    /// Whether every URL goes direct.
    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.rules.iter().all(|(_, server)| server.is_none())
    }

    fn sorted(mut rules: Vec<(Pattern, Option<Arc<ProxyServer>>)>) -> Self {
        rules.sort_by_key(|(pattern, _)| std::cmp::Reverse(pattern.specificity()));
        Self { rules, exempt: Vec::new() }
    }
}

impl InvalidProxy {
    /// The name may be a URL put in the wrong place, so what could be a password in it goes.
    pub fn new(name: &str, reason: impl Into<String>) -> Self {
        let name = name.rsplit('@').next().unwrap_or_default().chars().take(80).collect();
        Self { name, reason: reason.into() }
    }
}

impl fmt::Display for InvalidProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "proxy setting {:?} {}", self.name, self.reason)
    }
}

impl Error for InvalidProxy {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn env(variables: &[(&str, &str)]) -> Result<ProxyRules, InvalidProxy> {
        ProxyRules::from_env(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
    }

    fn way(rules: &ProxyRules, url: &str) -> String {
        rules.intercept(&Url::parse(url).expect(url)).map_or_else(|| "direct".into(), |server| server.host.to_string())
    }

    fn everywhere(value: &str) -> ProxyRules {
        ProxyRules::everywhere(ProxyServer::parse(value).expect("a proxy"))
    }

    #[test]
    fn the_environment() {
        let rules =
            env(&[("http_proxy", "low:1"), ("HTTP_PROXY", "up:1"), ("ALL_PROXY", "all:1"), ("NO_PROXY", "a.b, 10.0.0.0/8")]);
        let rules = rules.expect("rules");
        for (url, expected) in [
            ("http://x/", "low"),
            ("https://x/", "all"),
            ("https://a.b/", "direct"),
            ("https://c.a.b/", "direct"),
            ("https://xa.b/", "all"),
            ("http://10.1.2.3/", "direct"),
            ("http://11.1.2.3/", "low"),
        ] {
            assert_eq!(way(&rules, url), expected, "{url}");
        }
        assert_eq!(way(&env(&[("http_proxy", ""), ("HTTP_PROXY", "up:1")]).expect("rules"), "http://x/"), "direct");
        assert!(env(&[("no_proxy", "x")]).expect("rules").is_empty());
        assert!(env(&[]).expect("rules").is_empty());
    }

    #[test]
    fn a_request_header_sets_no_proxy() {
        let cgi = ("REQUEST_METHOD", "GET");
        assert_eq!(way(&env(&[cgi, ("HTTP_PROXY", "evil:1"), ("ALL_PROXY", "all:1")]).expect("rules"), "http://x/"), "all");
        assert_eq!(way(&env(&[cgi, ("HTTPS_PROXY", "good:1")]).expect("rules"), "https://x/"), "good");
        let expected = if cfg!(windows) { "direct" } else { "own" };
        assert_eq!(way(&env(&[cgi, ("http_proxy", "own:1")]).expect("rules"), "http://x/"), expected);
    }

    fn patterns(entries: &[(&str, Option<&str>)]) -> Result<ProxyRules, InvalidProxy> {
        let server = |value: &str| ProxyServer::parse(value).expect("a proxy");
        ProxyRules::from_patterns(entries.iter().map(|(key, value)| (*key, value.map(server))))
    }

    #[test]
    fn the_most_specific_pattern_wins() {
        let rules = patterns(&[
            ("all", Some("any:1")),
            ("https", Some("https:1")),
            ("http://host", Some("http-host:1")),
            ("all://host:81", Some("port:1")),
            ("all://*.example.com", Some("below:1")),
            ("all://*.a.example.com", None),
            ("https://*.example.com:444", Some("below-port:1")),
            ("Bücher.example", Some("idn:1")),
            ("all://*example.org", Some("org:1")),
            ("all://[::1]", Some("six:1")),
        ])
        .expect("rules");
        for (url, expected) in [
            ("http://other/", "any"),
            ("https://other/", "https"),
            ("http://host/", "http-host"),
            ("https://host/", "https"),
            ("http://host:81/", "port"),
            ("https://example.com/", "https"),
            ("https://x.example.com/", "below"),
            ("https://x.example.com:444/", "below-port"),
            ("https://x.a.example.com/", "direct"),
            ("http://a.example.com/", "below"),
            ("http://xn--bcher-kva.example/", "idn"),
            ("http://example.org/", "org"),
            ("http://x.example.org./", "org"),
            ("http://xexample.org/", "any"),
            ("http://[0:0::1]:8080/", "six"),
        ] {
            assert_eq!(way(&rules, url), expected, "{url}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_by_name() {
        for (entries, name) in [
            (vec![("ftp://h", None)], "ftp://h"),
            (vec![("http://u:secret@h\n", None)], "h\n"),
            (vec![("http", None), ("http://", Some("h:1"))], "http://"),
        ] {
            let error = patterns(&entries).expect_err(name);
            assert_eq!(error.name, name);
            assert!(!error.to_string().contains("secret") && !error.to_string().contains('\n'), "{error}");
        }
        let error = env(&[("HTTPS_PROXY", "http://u:secret@:80")]).expect_err("no host").to_string();
        assert!(error.starts_with("proxy setting \"HTTPS_PROXY\" ") && !error.contains("secret"), "{error}");
        assert_eq!(way(&everywhere("socks5://h"), "https://x/"), "h");
    }

    #[test]
    fn a_megabyte_takes_one_pass() {
        let rules = everywhere("h:1").with_no_proxy(&"host.example.com, ".repeat(60_000));
        assert_eq!(way(&rules, "http://host.example.org/"), "h");
        assert!(ProxyServer::parse(&"a@".repeat(500_000)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_a_rule_or_an_error_without_secrets(
            key in ".{0,20}",
            start in "[a-z]{0,6}(://)?",
            user in "([a-z%:/?#\\[\\]\u{0}-\u{20}é]{0,4}s3cret[a-z%:/?#é\\\\]{0,3}@){1,2}",
            rest in "[a-z0-9.:/\\[\\]é]{0,12}",
            list in ".{0,60}",
        ) {
            let (value, url) = (start + &user + &rest, Url::parse("http://h/").expect("a URL"));
            for rules in [
                ProxyRules::from_patterns([(key.as_str(), ProxyServer::parse(&value).ok())]),
                ProxyRules::from_patterns([(value.as_str(), None)]),
                env(&[("all_proxy", &value)]),
            ] {
                let shown = match rules {
                    Ok(rules) => format!("{rules:?} {:?}", rules.clone().with_no_proxy(&list).intercept(&url)),
                    Err(error) => format!("{error} {error:?}"),
                };
                prop_assert!(!shown.contains("s3cret"), "{}", shown);
            }
        }
    }
}

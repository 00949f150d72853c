//! A pattern of URLs: a scheme, a host and a port, each of which may be left open.

use url::{Host, Url};

/// Which URLs a rule is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Pattern {
    scheme: Option<&'static str>,
    host: HostPattern,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum HostPattern {
    Any,
    /// A name and those below it, or only those.
    Domain {
        name: String,
        itself: bool,
    },
    Exact(Host),
}

impl Pattern {
    /// Every URL.
    pub(super) fn anything() -> Self {
        Self { scheme: None, host: HostPattern::Any, port: None }
    }

    pub(super) fn parse(key: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str = "is no pattern; expected http, https or all, alone or before ://host or ://host:port, \
            where the host may begin with *.";
        let (scheme, rest) = match key.split_once("://") {
            Some((scheme, rest)) => (scheme, rest),
            None if ["all", "http", "https"].iter().any(|scheme| scheme.eq_ignore_ascii_case(key)) => (key, ""),
            None => ("all", key),
        };
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "all" => None,
            "http" => Some("http"),
            "https" => Some("https"),
            _ => return Err(EXPECTED),
        };
        if key.is_empty() || rest.contains('@') {
            return Err(EXPECTED);
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = split_port(rest).ok_or(EXPECTED)?;
        let host = match (host, host.strip_prefix("*.").map(|name| (name, false))) {
            ("" | "*", _) => HostPattern::Any,
            (_, below) => match below.or(host.strip_prefix('*').map(|name| (name, true))) {
                Some((name, itself)) => HostPattern::Domain { name: domain(name).ok_or(EXPECTED)?, itself },
                None => HostPattern::Exact(self::host(host).ok_or(EXPECTED)?),
            },
        };
        Ok(Self { scheme, host, port })
    }

    pub(super) fn matches(&self, url: &Url) -> bool {
        self.scheme.is_none_or(|scheme| scheme == url.scheme())
            && self.port.is_none_or(|port| Some(port) == url.port_or_known_default())
            && match (&self.host, url.host()) {
                (HostPattern::Any, _) => true,
                (HostPattern::Exact(Host::Domain(name)), Some(Host::Domain(host))) => name == without_dot(host),
                (HostPattern::Exact(Host::Ipv4(own)), Some(Host::Ipv4(ip))) => *own == ip,
                (HostPattern::Exact(Host::Ipv6(own)), Some(Host::Ipv6(ip))) => *own == ip,
                (HostPattern::Domain { name, itself }, Some(Host::Domain(host))) => is_within(host, name, *itself),
                _ => false,
            }
    }

    /// Greater is more specific. Of two patterns that match one URL, no two are equal in this and differ otherwise.
    pub(super) fn specificity(&self) -> (u8, usize, bool, bool, bool) {
        let (kind, length, below) = match &self.host {
            HostPattern::Any => (0, 0, false),
            HostPattern::Domain { name, itself } => (1, name.len(), !itself),
            HostPattern::Exact(_) => (2, 0, false),
        };
        (kind, length, below, self.port.is_some(), self.scheme.is_some())
    }
}

/// Splits `host`, `host:port`, `[v6]`, `[v6]:port`; `None` where the port is no number.
pub(super) fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => Some((host, Some(port.parse().ok()?))),
        _ => Some((text, None)),
    }
}

/// A name in the form that URLs have it in: lower case, ASCII, without a dot at the end.
pub(super) fn domain(name: &str) -> Option<String> {
    match host(name)? {
        Host::Domain(name) => Some(name),
        _ => None,
    }
}

/// Whether a host is below a name, or that name where it counts `itself`.
pub(super) fn is_within(host: &str, name: &str, itself: bool) -> bool {
    match without_dot(host).strip_suffix(name) {
        Some("") => itself,
        Some(below) => below.ends_with('.'),
        None => false,
    }
}

/// The dot at the end of an absolute name makes it no other name.
fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// A host in the form that URLs have it in. A star is allowed in one, and would be taken for a wildcard that is none.
fn host(text: &str) -> Option<Host> {
    match Host::parse(text).ok()? {
        Host::Domain(name) if name.contains('*') => None,
        Host::Domain(name) => Some(Host::Domain(without_dot(&name).to_owned())),
        address => Some(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_pattern() {
        for spellings in [
            &["all", "ALL://", "all://*", "*"][..],
            &["http", "http://", "HTTP://*", "http://*/"],
            &["example.com", "all://EXAMPLE.com", "all://example.com./", "all://ex%61mple.com"],
            &["127.0.0.1:80", "all://127.1:80"],
            &["[::1]", "all://[0::1]"],
        ] {
            let patterns: Vec<_> = spellings.iter().map(|key| Pattern::parse(key).expect(key)).collect();
            assert!(patterns.windows(2).all(|two| two[0] == two[1]), "{patterns:?}");
        }
        for bad in [
            "",
            "ftp://",
            "http:",
            "://h",
            "http://u@h",
            "http://h:x",
            "http://h:99999",
            "http://h/p",
            "*.",
            "a*b",
            "*.*.a",
            "a.*",
            "all://*.1.2.3.4",
        ] {
            assert!(Pattern::parse(bad).is_err(), "{bad}");
        }
    }
}

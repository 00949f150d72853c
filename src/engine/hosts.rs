//! Which limits a host has, and what counts as one host.

use std::net::IpAddr;

use super::config::{HostLimits, Limits};

/// The name of a `host` or `host:port`.
fn name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// The registrable domain of a `host:port`, by the public suffix list: `example.co.uk` of `www.example.co.uk:8080`. An address,
/// or a name that is a public suffix itself, stands for itself.
pub fn site(host: &str) -> &str {
    let name = name(host);
    if name.starts_with('[') || name.parse::<IpAddr>().is_ok() {
        return name;
    }
    psl::domain_str(name).unwrap_or(name)
}

/// The limits of a `host:port`: its own, those of its name, those of the longest suffix that it has, or those of all.
pub fn limits(limits: &Limits, host: &str) -> HostLimits {
    let name = name(host);
    let closeness = |pattern: &str| match pattern.strip_prefix('.') {
        _ if pattern.eq_ignore_ascii_case(host) => Some(usize::MAX),
        _ if pattern.eq_ignore_ascii_case(name) => Some(usize::MAX - 1),
        Some(domain) => is_within(name, domain).then_some(pattern.len()),
        None => None,
    };
    let known = limits.hosts.iter().filter_map(|(pattern, own)| Some((closeness(pattern)?, own)));
    known.max_by_key(|(closeness, _)| *closeness).map_or(limits.host, |(_, own)| *own)
}

/// Is this name the domain, or below it?
fn is_within(name: &str, domain: &str) -> bool {
    let Some((above, end)) = name.len().checked_sub(domain.len()).and_then(|start| name.split_at_checked(start)) else {
        return false;
    };
    end.eq_ignore_ascii_case(domain) && (above.is_empty() || above.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::config::Share;

    #[test]
    fn a_site_is_a_registrable_domain() {
        for (host, expected) in [
            ("www.example.co.uk:8080", "example.co.uk"),
            ("a.b.example.com", "example.com"),
            ("co.uk", "co.uk"),
            ("localhost:80", "localhost"),
            ("10.0.0.1:80", "10.0.0.1"),
            ("[::1]:80", "[::1]"),
        ] {
            assert_eq!(site(host), expected, "{host}");
        }
    }

    #[test]
    fn the_closest_limits_count() {
        let own = |count| HostLimits { concurrency: Share::Fixed(count), rate: None, min_delay: None };
        let patterns = [(".example.com", 1), (".api.example.com", 2), ("api.example.com", 3), ("api.example.com:81", 4)];
        let all = Limits {
            concurrency: 9,
            rate: None,
            host: own(5),
            hosts: patterns.map(|(pattern, count)| (pattern.to_owned(), own(count))).into(),
            per_site: false,
            start: 1,
        };
        for (host, expected) in [
            ("example.com", 1),
            ("www.Example.com:80", 1),
            ("v1.api.example.com", 2),
            ("api.example.com", 3),
            ("api.example.com:80", 3),
            ("api.example.com:81", 4),
            ("notexample.com", 5),
            ("com", 5),
        ] {
            assert_eq!(limits(&all, host), own(expected), "{host}");
        }
    }
}

//! One entry of `no_proxy`.

use std::net::IpAddr;

use ipnet::IpNet;
use url::Host;

use super::pattern::{domain, is_within, split_port};

/// Hosts that are reached directly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exemption {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    All,
    Net(IpNet),
    Domain { name: String, itself: bool },
}

impl Exemption {
    /// Reads one entry; `None` where it is nothing that could match.
    pub(super) fn parse(entry: &str) -> Option<Self> {
        if let Ok(net) = entry.parse::<IpNet>() {
            return Some(Self { hosts: Hosts::Net(net), port: None });
        }
        // An IPv6 address without brackets has no port; its last part would pass for one.
        let (host, port) = if entry.parse::<IpAddr>().is_ok() { (entry, None) } else { split_port(entry)? };
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        let hosts = if host == "*" {
            Hosts::All
        } else if let Ok(ip) = bare.parse::<IpAddr>() {
            Hosts::Net(ip.into())
        } else {
            let (name, itself) = match host.strip_prefix("*.") {
                Some(name) => (name, false),
                None => (host.strip_prefix('.').unwrap_or(host), true),
            };
            Hosts::Domain { name: domain(name)?, itself }
        };
        Some(Self { hosts, port })
    }

    pub(super) fn matches(&self, host: &Host<&str>, port: Option<u16>) -> bool {
        let here = match (&self.hosts, host) {
            (Hosts::All, _) => true,
            (Hosts::Net(net), Host::Ipv4(ip)) => net.contains(&IpAddr::V4(*ip)),
            (Hosts::Net(net), Host::Ipv6(ip)) => net.contains(&IpAddr::V6(*ip)),
            (Hosts::Domain { name, itself }, Host::Domain(host)) => is_within(host, name, *itself),
            _ => false,
        };
        here && (self.port.is_none() || self.port == port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    #[test]
    fn entries_and_what_they_exempt() {
        for (entry, exempt, others) in [
            ("*", &["http://a/", "http://1.2.3.4/"][..], &[][..]),
            (
                "example.com",
                &["http://example.com/", "http://a.EXAMPLE.com:81/", "http://example.com./"],
                &["http://xexample.com/"],
            ),
            (".Example.com", &["http://example.com/", "http://a.example.com/"], &["http://example.com.evil/"]),
            ("*.example.com", &["http://a.example.com/"], &["http://example.com/", "http://aexample.com/"]),
            ("example.com:81", &["http://example.com:81/"], &["http://example.com/"]),
            ("example.com:443", &["https://example.com/"], &["http://example.com/"]),
            ("bücher.example", &["http://xn--bcher-kva.example/"], &[]),
            ("localhost", &["http://localhost:9/"], &["http://127.0.0.1/"]),
            ("10.0.0.0/8", &["http://10.255.0.1/"], &["http://11.0.0.1/", "http://10.example/", "http://[::a00:1]/"]),
            ("10.1.2.3/8", &["http://10.255.0.1/"], &[]),
            ("fd00::/8", &["http://[fd12::1]/"], &["http://[fe80::1]/"]),
            ("127.0.0.1", &["http://127.1/", "http://2130706433/"], &["http://127.0.0.2/"]),
            ("127.0.0.1:81", &["http://127.0.0.1:81/"], &["http://127.0.0.1/"]),
            ("::1", &["http://[::1]:5/"], &["http://[::2]/"]),
            ("[::1]", &["http://[::1]/"], &[]),
            ("[::1]:81", &["http://[::1]:81/"], &["http://[::1]/"]),
        ] {
            let exemption = Exemption::parse(entry).expect(entry);
            for (url, expected) in exempt.iter().map(|url| (url, true)).chain(others.iter().map(|url| (url, false))) {
                let url = Url::parse(url).expect(url);
                assert_eq!(
                    exemption.matches(&url.host().expect("a host"), url.port_or_known_default()),
                    expected,
                    "{entry} {url}"
                );
            }
        }
        for nothing in ["", ".", "*.", "10.0.0.0/33", "h:99999", "http://h", "a b", "[::1", "<local>", "192.168.*"] {
            assert_eq!(Exemption::parse(nothing), None, "{nothing}");
        }
    }
}

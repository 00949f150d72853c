//! Where a cookie may go: RFC 6265bis sections 5.1.2 to 5.1.4 (hosts, domain-match, path-match), and the public suffix list
//! (https://publicsuffix.org).
//!
//! Hosts are as `Url` writes them: lower case, IDN as `xn--`, IPv4 as four numbers, IPv6 in brackets. A trailing dot is kept:
//! `example.com.` is another host than `example.com`, as in browsers.

use std::net::Ipv4Addr;

use url::Host;

/// The longest host name that cookies are kept for; DNS allows 253 bytes.
const HOST: usize = 255;

/// The domain that an owner has registered, without a trailing dot; `None` for public suffixes, single labels and IP
/// addresses, which nobody has for himself or which have no domains below them.
pub(super) fn registrable(host: &str) -> Option<&str> {
    let is_address = host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok();
    if is_address || !is_sound(host) { None } else { psl::domain_str(host) }
}

/// Whether DNS could know such a host: without empty labels, and not too long. Others have no cookies.
fn is_sound(host: &str) -> bool {
    !host.starts_with('.') && !host.contains("..") && host.len() <= HOST
}

/// What a host shares its cookies with: its registrable domain, or only itself.
pub(super) fn site(host: &str) -> &str {
    registrable(host).unwrap_or(host)
}

/// A domain as a URL would have it: without its leading dot.
///
/// # Errors
/// Where it is no host name.
pub(super) fn canonical(domain: &str) -> Result<String, String> {
    let host = Host::parse(domain.strip_prefix('.').unwrap_or(domain)).map(|host| host.to_string());
    host.ok().filter(|host| is_sound(host)).ok_or_else(|| {
        let start: String = domain.chars().take(80).collect();
        format!("a cookie's domain has to be a host name of at most {HOST} bytes, which this is not: {start:?}")
    })
}

/// The domain of a cookie and whether it is for this host only, for a server's host and the domain it wrote, in which case does
/// not matter; `None` where the server has no right to that domain.
pub(super) fn domain(host: &str, written: &[u8]) -> Option<(String, bool)> {
    if !is_sound(host) {
        return None;
    }
    if written.is_empty() {
        return Some((host.to_owned(), true));
    }
    let written = std::str::from_utf8(written).ok()?.to_ascii_lowercase();
    // Both must have the same owner. That is more than "no public suffix": where the list says `*.kobe.jp`, `kobe.jp` itself is
    // no suffix, and yet has many owners.
    let owned = registrable(host).is_some_and(|owner| registrable(&written) == Some(owner));
    match owned && domain_matches(host, &written) {
        true => Some((written, false)),
        false => (written == host).then_some((written, true)),
    }
}

/// Whether a host is this domain or below it. Only asked within a site; so an IP address, which is a site of its own, meets
/// none but itself.
pub(super) fn domain_matches(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|below| below.is_empty() || below.ends_with('.'))
}

/// Whether a path is this cookie path or below it.
pub(super) fn path_matches(path: &str, cookie_path: &str) -> bool {
    path.strip_prefix(cookie_path).is_some_and(|below| below.is_empty() || cookie_path.ends_with('/') || below.starts_with('/'))
}

/// The directory of a path, for servers that write none.
pub(super) fn default_path(path: &str) -> &str {
    match path.rfind('/') {
        Some(at) if at > 0 => path.get(..at).unwrap_or("/"),
        _ => "/",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_what_one_owner_has() {
        for (host, expected) in [
            ("example.com", Some("example.com")),
            ("a.b.example.com", Some("example.com")),
            ("example.com.", Some("example.com")),
            ("a.example.co.uk", Some("example.co.uk")),
            ("me.github.io", Some("me.github.io")),
            ("a.xn--55qx5d.cn", Some("a.xn--55qx5d.cn")),
            ("xn--55qx5d.cn", None),
            ("com", None),
            ("com.", None),
            ("co.uk", None),
            ("github.io", None),
            ("localhost", None),
            ("a.internal", Some("a.internal")),
            ("127.0.0.1", None),
            ("[::1]", None),
            ("", None),
            (".", None),
            ("a..com", None),
            (".example.com", None),
        ] {
            assert_eq!(registrable(host), expected, "{host:?}");
        }
    }

    #[test]
    fn paths_match_whole_segments() {
        for (path, cookie_path, expected) in [
            ("/", "/", true),
            ("/a/b", "/", true),
            ("/a/b", "/a", true),
            ("/a/b", "/a/", true),
            ("/a", "/a", true),
            ("/a", "/a/", false),
            ("/ab", "/a", false),
            ("/A", "/a", false),
        ] {
            assert_eq!(path_matches(path, cookie_path), expected, "{path} {cookie_path}");
        }
        for (path, expected) in [("/", "/"), ("", "/"), ("x", "/"), ("/a", "/"), ("/a/", "/a"), ("/a/b", "/a"), ("//", "/")] {
            assert_eq!(default_path(path), expected, "{path}");
        }
    }

    #[test]
    fn domains_are_canonical() {
        for (domain, expected) in [
            ("Example.COM", "example.com"),
            (".example.com", "example.com"),
            ("Bücher.example", "xn--bcher-kva.example"),
            ("[::1]", "[::1]"),
        ] {
            assert_eq!(canonical(domain).as_deref(), Ok(expected));
        }
        for bad in ["", ".", "..com", "a..com", "a b", "a/b", "a:1", "a\n", &"a.".repeat(200)] {
            assert!(canonical(bad).is_err(), "{bad:?}: {:?}", canonical(bad));
        }
    }
}

//! A Set-Cookie value taken apart: RFC 6265bis sections 5.6 (parsing) and 5.6.1 to 5.6.7 (attributes).

use std::time::{Duration, SystemTime};

use super::{SameSite, date};

/// The most bytes that an attribute's value may have; longer ones are not looked at.
pub(super) const ATTRIBUTE: usize = 1024;
/// No server is believed for longer than this.
const LIFETIME: Duration = Duration::from_secs(400 * 86_400);

/// What a server wrote, before anything is decided about it.
#[derive(Default)]
pub(super) struct SetCookie<'a> {
    pub name: &'a [u8],
    pub value: &'a [u8],
    pub expires: Option<SystemTime>,
    /// Without its leading dot; empty where the attribute is empty or missing.
    pub domain: &'a [u8],
    /// `Some(None)` where the attribute is there and asks for the default.
    pub path: Option<Option<&'a [u8]>>,
    pub secure: bool,
    pub http_only: bool,
    pub same_site: Option<SameSite>,
}

impl<'a> SetCookie<'a> {
    /// Takes a value apart; `None` where it holds control characters.
    pub fn parse(line: &'a [u8], now: SystemTime) -> Option<Self> {
        if line.iter().any(|&byte| is_control(byte)) {
            return None;
        }
        let mut parts = line.split(|&byte| byte == b';');
        let pair = parts.next()?;
        // Without a `=` all of it is the value of a cookie without a name.
        let (name, value) = split(pair).unwrap_or((b"", trim(pair)));
        let mut cookie = Self { name, value, ..Self::default() };
        let (mut max_age, mut expires) = (None, None);
        for part in parts {
            let (name, value) = split(part).unwrap_or((trim(part), b""));
            if value.len() > ATTRIBUTE {
                continue;
            }
            // The last one of a kind wins; one that cannot be read does not count, save for Domain, Path and SameSite.
            match name.to_ascii_lowercase().as_slice() {
                b"expires" => expires = date::parse(value).map(|moment| moment.min(latest(now))).or(expires),
                b"max-age" => max_age = after(value, now).or(max_age),
                b"domain" => cookie.domain = value.strip_prefix(b".").unwrap_or(value),
                b"path" => cookie.path = Some(value.starts_with(b"/").then_some(value)),
                b"secure" => cookie.secure = true,
                b"httponly" => cookie.http_only = true,
                b"samesite" => cookie.same_site = SameSite::parse(value),
                _ => {}
            }
        }
        cookie.expires = max_age.or(expires);
        Some(cookie)
    }
}

impl SameSite {
    fn parse(value: &[u8]) -> Option<Self> {
        match value.to_ascii_lowercase().as_slice() {
            b"strict" => Some(Self::Strict),
            b"lax" => Some(Self::Lax),
            b"none" => Some(Self::None),
            _ => None,
        }
    }
}

/// Control characters but for the tab, which is white space.
pub(super) fn is_control(byte: u8) -> bool {
    byte.is_ascii_control() && byte != b'\t'
}

/// The trimmed parts before and after the first `=`.
fn split(part: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = part.iter().position(|&byte| byte == b'=')?;
    Some((trim(part.get(..at)?), trim(part.get(at + 1..)?)))
}

/// Without the white space around it.
pub(super) fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

fn latest(now: SystemTime) -> SystemTime {
    now.checked_add(LIFETIME).unwrap_or(now)
}

/// The moment that a Max-Age names: `now`, which is past, where it is zero or less.
fn after(max_age: &[u8], now: SystemTime) -> Option<SystemTime> {
    let (negative, digits) = max_age.strip_prefix(b"-").map_or((false, max_age), |digits| (true, digits));
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    if negative {
        return Some(now);
    }
    let seconds = digits.iter().fold(0u64, |seconds, digit| seconds.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
    Some(now.checked_add(Duration::from_secs(seconds).min(LIFETIME)).unwrap_or(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
    }

    /// The seconds until a cookie with these attributes expires.
    fn lifetime(attributes: &str) -> Option<u64> {
        let line = format!("a=b; {attributes}");
        let expires = SetCookie::parse(line.as_bytes(), now()).expect("no control characters").expires?;
        Some(expires.duration_since(now()).map_or(0, |left| left.as_secs()))
    }

    #[test]
    fn max_age_beats_expires_and_both_are_capped() {
        let cap = Some(LIFETIME.as_secs());
        for (attributes, expected) in [
            ("Max-Age=60", Some(60)),
            ("max-AGE = 60 ", Some(60)),
            ("Max-Age=0", Some(0)),
            ("Max-Age=-60", Some(0)),
            ("Max-Age=99999999999999999999999999999999", cap),
            ("Expires=Fri, 31 Dec 9999 23:59:59 GMT", cap),
            ("Expires=Tue, 14 Nov 2023 22:13:30 GMT", Some(10)),
            ("Expires=Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", Some(60)),
            ("Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60", Some(60)),
            ("Max-Age=1; Max-Age=2", Some(2)),
            ("Max-Age=1; Max-Age=soon", Some(1)),
        ] {
            assert_eq!(lifetime(attributes), expected, "{attributes}");
        }
        for session in ["Max-Age", "Max-Age=", "Max-Age=-", "Max-Age=+1", "Max-Age=1.5", "Max-Age=1 2", "Expires=never", ""] {
            assert_eq!(lifetime(session), None, "{session}");
        }
    }

    #[test]
    fn long_attributes_are_not_looked_at() {
        let path = "/".repeat(ATTRIBUTE);
        let line = format!("a=b; path={path}; path={path}/; domain={}; secure={path}/", "d".repeat(ATTRIBUTE + 1));
        let cookie = SetCookie::parse(line.as_bytes(), now()).expect("a cookie");
        assert_eq!(cookie.path, Some(Some(path.as_bytes())));
        assert!(cookie.domain.is_empty() && !cookie.secure);
    }

    #[test]
    fn control_characters_are_refused_wherever_they_stand() {
        for byte in (0..=255u8).filter(|&byte| byte < 0x20 || byte == 0x7f) {
            for before in [&b"a"[..], b"a=b", b"a=b; path=/", b"a=b; foo"] {
                let line = [before, &[byte], b"c"].concat();
                assert_eq!(SetCookie::parse(&line, now()).is_some(), byte == b'\t', "{line:?}");
            }
        }
    }

    #[test]
    fn same_site_is_read_and_kept() {
        for (text, expected) in [
            ("Strict", Some(SameSite::Strict)),
            ("lax", Some(SameSite::Lax)),
            ("NONE", Some(SameSite::None)),
            ("other", None),
            ("Lax; SameSite=other", None),
        ] {
            let line = format!("a=b; SameSite={text}");
            assert_eq!(SetCookie::parse(line.as_bytes(), now()).expect("a cookie").same_site, expected, "{text}");
        }
    }
}

//! What a site asks of crawlers: robots.txt (RFC 9309), and the Crawl-delay that many of these files add to it.

use std::cmp::Reverse;
use std::time::Duration;

use memchr::memmem;
use url::{Position, Url};

/// How much of a file is read: what RFC 9309 asks for at least, in section 2.5.
const LARGEST: usize = 500 * 1024;

/// The one path that is always allowed.
const ROBOTS: &str = "/robots.txt";

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// What one crawler may fetch from one origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// The most specific first, so that the first that matches decides.
    rules: Vec<Rule>,
    /// What holds where no rule matches.
    otherwise: bool,
    delay: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    allow: bool,
    /// The path in its normal form. There a `*` is a wildcard and a `$` is at the end only, where it ends the match.
    pattern: Box<[u8]>,
}

/// The rules of all groups that are for one crawler.
#[derive(Debug, Default)]
struct Group {
    rules: Vec<Rule>,
    delay: Option<f64>,
}

impl Rules {
    /// The rules for a crawler with this `User-Agent`, by the answer to the request of robots.txt.
    ///
    /// A file that is not there (4xx, and a redirect that leads nowhere) asks nothing; one that the server cannot give (5xx)
    /// forbids everything.
    pub fn parse(user_agent: &str, status: u16, body: &[u8]) -> Self {
        match status {
            200..=299 => Self::read(product(user_agent.as_bytes()), body),
            300..=499 => Self { rules: Vec::new(), otherwise: true, delay: None },
            _ => Self::unreachable(),
        }
    }

    /// The rules where no answer came at all: everything is forbidden.
    pub fn unreachable() -> Self {
        Self { rules: Vec::new(), otherwise: false, delay: None }
    }

    fn read(product: &[u8], body: &[u8]) -> Self {
        let (mut own, mut general) = (None, None);
        let (mut names_own, mut names_all) = (false, false);
        let mut in_rules = false;
        for (field, value) in fields(beginning(body)) {
            if field == Field::UserAgent {
                if in_rules {
                    (names_own, names_all, in_rules) = (false, false, false);
                }
                let named = self::product(value);
                names_all |= named == b"*";
                names_own |= !named.is_empty() && named.eq_ignore_ascii_case(product);
            } else {
                in_rules = true;
            }
            // A group that names the crawler is for it, also where it has no rules.
            for group in names_own.then_some(&mut own).into_iter().chain(names_all.then_some(&mut general)) {
                group.get_or_insert_with(Group::default).add(field, value);
            }
        }
        let Group { mut rules, delay } = own.or(general).unwrap_or_default();
        rules.sort_by_key(|rule| (Reverse(rule.pattern.len()), !rule.allow));
        Self { rules, otherwise: true, delay }
    }

    /// May this URL be fetched? What is no URL may not.
    pub fn allows(&self, url: &str) -> bool {
        let Ok(url) = Url::parse(url) else { return false };
        if url.path() == ROBOTS {
            return true;
        }
        let path = normal(url[Position::BeforePath..Position::AfterQuery].as_bytes());
        self.rules.iter().find(|rule| matches(&rule.pattern, &path)).map_or(self.otherwise, |rule| rule.allow)
    }

    /// How long to wait between two requests, where the site says so; never longer than `max`.
    pub fn delay(&self, max: Duration) -> Option<Duration> {
        self.delay.map(|delay| Duration::try_from_secs_f64(delay).map_or(max, |delay| delay.min(max)))
    }
}

impl Group {
    fn add(&mut self, field: Field, value: &[u8]) {
        match field {
            Field::UserAgent => {}
            // Without a path it says nothing.
            Field::Allow | Field::Disallow if value.is_empty() => {}
            Field::Allow | Field::Disallow => {
                self.rules.push(Rule { allow: field == Field::Allow, pattern: pattern(value).into() });
            }
            Field::CrawlDelay => {
                let delay = std::str::from_utf8(value).ok().and_then(|value| value.parse().ok());
                let delay = delay.filter(|delay: &f64| delay.is_finite() && *delay > 0.0);
                // Of several the longest, whatever their order.
                self.delay = [self.delay, delay].into_iter().flatten().reduce(f64::max);
            }
        }
    }
}

/// The lines that mean something. A Crawl-delay is a rule of its group: groups that hold nothing else are common. All others
/// (Sitemap, say) are as if they were not there, as section 2.2.4 asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    UserAgent,
    Allow,
    Disallow,
    CrawlDelay,
}

const FIELDS: [(&[u8], Field); 4] = [
    (b"user-agent", Field::UserAgent),
    (b"allow", Field::Allow),
    (b"disallow", Field::Disallow),
    (b"crawl-delay", Field::CrawlDelay),
];

/// As much of a file as is read: whole lines only, for half a path would mean more than the whole one.
fn beginning(body: &[u8]) -> &[u8] {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let Some((head, _)) = body.split_at_checked(LARGEST) else { return body };
    let end = head.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(0);
    head.get(..end).unwrap_or_default()
}

fn fields(body: &[u8]) -> impl Iterator<Item = (Field, &[u8])> {
    body.split(|byte| matches!(byte, b'\n' | b'\r')).filter_map(|line| {
        let line = line.split(|&byte| byte == b'#').next()?;
        let (name, value) = line.split_at_checked(line.iter().position(|&byte| byte == b':')?)?;
        let name = name.trim_ascii();
        let (_, field) = FIELDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some((*field, value.get(1..)?.trim_ascii()))
    })
}

/// The name of a crawler, without its version and whatever else is said of it.
fn product(user_agent: &[u8]) -> &[u8] {
    let user_agent = user_agent.trim_ascii_start();
    user_agent.split(|byte| *byte == b'/' || byte.is_ascii_whitespace()).next().unwrap_or_default()
}

/// The normal form of a rule's path.
fn pattern(path: &[u8]) -> Vec<u8> {
    let (path, end): (_, &[u8]) = path.strip_suffix(b"$").map_or((path, b""), |path| (path, b"$"));
    let pieces: Vec<_> = path.split(|&byte| byte == b'*').map(normal).collect();
    [&pieces.join(&b'*'), end].concat()
}

/// The form in which paths are compared: as it is where that has a meaning in a URL, percent-encoded where it has none.
///
/// What is special in rules is encoded too, and a quotation mark, which is encoded in some parts of a URL only.
fn normal(path: &[u8]) -> Vec<u8> {
    let mut normal = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let mut keep = is_unreserved(byte) || b":/?#[]@!&()+,;=".contains(&byte);
        let mut byte = byte;
        if byte == b'%'
            && let Some(([high, low], after)) = rest.split_first_chunk()
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            (byte, rest) = (high << 4 | low, after);
            keep = is_unreserved(byte);
        }
        if keep {
            normal.push(byte);
        } else {
            normal.push(b'%');
            normal.extend([byte >> 4, byte & 0xF].iter().filter_map(|digit| HEX.get(usize::from(*digit))));
        }
    }
    normal
}

/// Means the same plain and encoded (RFC 3986, section 2.3).
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Takes each piece between wildcards where it comes first: no other choice could match more. So the time is linear in both.
fn matches(pattern: &[u8], path: &[u8]) -> bool {
    let (pattern, to_the_end) = pattern.strip_suffix(b"$").map_or((pattern, false), |pattern| (pattern, true));
    let mut pieces = pattern.split(|&byte| byte == b'*');
    let Some(mut rest) = pieces.next().and_then(|first| path.strip_prefix(first)) else { return false };
    let Some(last) = pieces.next_back() else { return !to_the_end || rest.is_empty() };
    for piece in pieces {
        let Some(after) = memmem::find(rest, piece).and_then(|at| rest.get(at + piece.len()..)) else { return false };
        rest = after;
    }
    if to_the_end { rest.ends_with(last) } else { memmem::find(rest, last).is_some() }
}

#[cfg(test)]
mod tests;

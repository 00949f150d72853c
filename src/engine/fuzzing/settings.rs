//! Files that say what may be done: robots.txt and netrc.

use std::time::Duration;

use super::text_head;
use crate::engine::netrc::Netrc;
use crate::engine::robots::Rules;

const MOST: Duration = Duration::from_secs(60);

/// A crawler, a path, and a robots.txt.
pub fn robots(data: &[u8]) {
    let Some(([agent, path], file)) = text_head(data) else { return };
    let rules = Rules::parse(agent, 200, file);
    let url = format!("http://h/{path}");
    let allowed = rules.allows(&url);
    assert!(rules.allows("http://h/robots.txt"));
    assert!(rules.delay(MOST).is_none_or(|delay| delay <= MOST));
    // Lines may end in two ways, and comments and lines of other kinds say nothing.
    let (mark, lines) = file.split_at(if file.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 });
    let lines = lines.split(|byte| *byte == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..]);
    let other = [mark, b"# a comment\nSitemap: /s\n", &lines, b"\n# the end"].concat();
    assert_eq!(Rules::parse(agent, 200, &other), rules);
    assert!(Rules::parse(agent, 404, file).allows(&url) || url::Url::parse(&url).is_err());
    assert!(!Rules::parse(agent, 503, file).allows("http://h/x"));
    // A letter means the same when it is percent-encoded.
    let encoded: String = path.chars().map(|c| if c == 'a' { "%61".into() } else { c.to_string() }).collect();
    if !path.contains(['%', '#']) {
        assert_eq!(rules.allows(&format!("http://h/{encoded}")), allowed, "{encoded}");
    }
}

/// A host, and a netrc.
pub fn netrc(data: &[u8]) {
    let Some(([host], file)) = text_head(data) else { return };
    let Ok(file) = std::str::from_utf8(file) else { return };
    let netrc = match Netrc::parse(file) {
        Ok(netrc) => netrc,
        // The line, and none of its words.
        Err(why) => return assert!(why.starts_with("netrc") && why.is_ascii(), "{why}"),
    };
    for or_default in [false, true] {
        assert_eq!(netrc.lookup(host, or_default), netrc.lookup(&host.to_ascii_uppercase(), or_default));
    }
    if netrc.lookup(host, false).is_some() {
        assert_eq!(netrc.lookup(host, true), netrc.lookup(host, false));
    }
    // Comments say nothing, and of two entries the last one counts.
    if !file.ends_with('\\') {
        let more = format!("{file}\n\n# a comment\nmachine host.test login me password \"a b\"\n");
        let more = Netrc::parse(&more).expect("one entry more");
        assert_eq!(more.lookup("HOST.test", false), Some(("me", "a b")));
        if !host.eq_ignore_ascii_case("host.test") && host != "[host.test]" {
            assert_eq!(more.lookup(host, true), netrc.lookup(host, true));
        }
    }
}

//! Challenges, and the answers to them.

use crate::engine::auth::challenge::{self as challenges, Challenge};
use crate::engine::auth::{Asked, Digest, Offer, Sent};

/// Lines of `WWW-Authenticate`.
pub fn challenge(data: &[u8]) {
    let lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    let found = challenges::parse(lines.iter().copied());
    assert!(found.len() <= challenges::MAX_CHALLENGES);
    for challenge in &found {
        assert!(!challenge.scheme().is_empty() && challenge.scheme().bytes().all(|byte| byte.is_ascii_graphic()));
        assert!(challenge.is(&challenge.scheme().to_ascii_uppercase()));
    }
    // What a line says does not depend on the lines around it.
    let alone = lines.iter().flat_map(|line| challenges::parse([*line]));
    assert!(alone.take(challenges::MAX_CHALLENGES).eq(found));
}

/// A user, a password and a method and target, then lines of `WWW-Authenticate`: the answer says what was asked for, and no more.
pub fn digest(data: &[u8]) {
    let Some(([user, password, target], lines)) = super::text_head(data) else { return };
    let Ok(digest) = Digest::new(user, password) else { return };
    let found = challenges::parse(lines.split(|byte| *byte == b'\n'));
    let Some(offer) = digest.retry_for("http://h", &found, Sent::Bare) else {
        assert_eq!(Offer::best(&found), None);
        return;
    };
    let asked = Asked { method: "GET", target, body: Some(b"body") };
    let Ok(first) = digest.answer("http://h", offer.clone(), &asked) else {
        assert!(!target.bytes().all(|byte| byte.is_ascii_graphic()));
        return;
    };
    let challenge = found.iter().find(|one| Offer::read(one).is_ok_and(|read| read == offer)).expect("the challenge");
    say(first.as_bytes(), challenge, user, target, 1);
    // The next time it is not asked again, and counts on.
    let second = digest.remembered("http://h", &asked).expect("an answer");
    say(second.as_bytes(), challenge, user, target, 2);
    assert_eq!(digest.remembered("http://other", &asked), None);
    assert_eq!(digest.retry_for("http://h", &found, Sent::Answered), None);
}

fn say(line: &[u8], asked: &Challenge, user: &str, target: &str, count: u32) {
    assert!(line.iter().all(|byte| (b' '..=b'~').contains(byte)));
    let said = challenges::parse([line]);
    let [said] = &said[..] else { panic!("not one line of credentials: {said:?}") };
    assert!(said.is("Digest"));
    for name in ["realm", "nonce", "opaque"] {
        assert_eq!(said.parameter(name), asked.parameter(name), "{name}");
    }
    assert_eq!(said.parameter("uri"), Some(target.as_bytes()));
    if let Some(name) = said.parameter("username").filter(|_| said.parameter("userhash").is_none()) {
        assert_eq!(name, user.as_bytes());
    }
    assert_eq!(said.parameter("qop").is_some(), said.parameter("cnonce").is_some());
    if let Some(counted) = said.parameter("nc") {
        assert_eq!(counted, format!("{count:08x}").as_bytes());
    }
    let response = said.parameter("response").expect("a response");
    assert!([32, 64].contains(&response.len()) && response.iter().all(u8::is_ascii_hexdigit));
}

//! A Digest challenge that can be answered, and the arithmetic of the answer (RFC 7616 sections 3.3 and 3.4; RFC 2069 where the
//! server offers no quality of protection).
//!
//! What the server sent goes back to it in quotes, so only printable ASCII is taken from it, and quotes and backslashes are
//! escaped: a challenge cannot put parameters or header lines of its own into a request.

use http::HeaderValue;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::algorithm::{Algorithm, Hash, MD5};
use super::challenge::Challenge;

/// Longer realms, nonces and opaque values are refused: they would have to be sent back with every request.
pub const MAX_VALUE: usize = 4096;

/// The request that an answer is for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The method, as it is sent.
    pub method: &'a str,
    /// The request target, byte for byte as it stands in the request line.
    pub target: &'a str,
    /// The body, empty where there is none; `None` where it is not at hand, as with a stream.
    pub body: Option<&'a [u8]>,
}

/// A Digest challenge, checked: one that can be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub(super) realm: String,
    pub(super) nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    /// The server named its algorithm; then the answer names it, too.
    named: bool,
    protection: Protection,
    userhash: bool,
    pub(super) stale: bool,
}

/// The quality of protection, `qop`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protection {
    /// As before RFC 2617: no counter, no nonce of the client's.
    Legacy,
    Auth,
    /// Protects the body as well.
    AuthInt,
}

impl Offer {
    /// Reads a challenge.
    ///
    /// # Errors
    /// In words, where it cannot be answered.
    pub fn read(challenge: &Challenge) -> Result<Self, String> {
        if !challenge.is("Digest") {
            return Err(format!("a challenge of scheme {}, expected Digest", shown(challenge.scheme().as_bytes())));
        }
        let required = |name| text(challenge, name)?.ok_or_else(|| format!("a Digest challenge without {name}"));
        let flag = |name| challenge.parameter(name).is_some_and(|value| value.eq_ignore_ascii_case(b"true"));
        let named = challenge.parameter("algorithm");
        let algorithm = match named {
            None => MD5,
            Some(name) => Algorithm::named(name).ok_or_else(|| {
                let expected = "expected MD5, SHA-256 or SHA-512-256, plain or with -sess";
                format!("a Digest challenge with algorithm {}, {expected}", shown(name))
            })?,
        };
        let protection = protection(challenge.parameter("qop").unwrap_or_default())?;
        if algorithm.session && protection == Protection::Legacy {
            return Err(format!("a Digest challenge with algorithm {} but no qop, which it needs", algorithm.name));
        }
        Ok(Self {
            realm: required("realm")?,
            nonce: required("nonce")?,
            opaque: text(challenge, "opaque")?,
            algorithm,
            named: named.is_some(),
            protection,
            userhash: flag("userhash"),
            stale: flag("stale"),
        })
    }

    /// The challenge to answer: of those that can be, the one with the longest hash; among equals the first, since servers list
    /// what they prefer first.
    pub fn best(challenges: &[Challenge]) -> Option<Self> {
        let offers = challenges.iter().filter_map(|challenge| Self::read(challenge).ok());
        offers.reduce(|best, other| if other.strong() && !best.strong() { other } else { best })
    }

    fn strong(&self) -> bool {
        self.algorithm.hash != Hash::Md5
    }

    /// The value of `Authorization` for the request that uses the nonce for the `count`-th time.
    pub(super) fn answer(
        &self,
        user: &str,
        password: &str,
        asked: &Asked<'_>,
        cnonce: &str,
        count: u32,
    ) -> Result<HeaderValue, String> {
        if !asked.target.bytes().all(|b| b.is_ascii_graphic()) {
            return Err("Digest authentication needs a request target of visible ASCII characters".into());
        }
        let hash = self.algorithm.hash;
        let (nonce, count) = (self.nonce.as_bytes(), format!("{count:08x}"));
        let mut who = hash.joined(&[user.as_bytes(), self.realm.as_bytes(), password.as_bytes()]);
        if self.algorithm.session {
            who = hash.joined(&[who.as_bytes(), nonce, cnonce.as_bytes()]);
        }
        let mut what = vec![asked.method.as_bytes(), asked.target.as_bytes()];
        let body;
        if self.protection == Protection::AuthInt {
            let bytes = asked.body.ok_or("Digest authentication of this server covers the body (auth-int), which is a stream")?;
            body = hash.joined(&[bytes]);
            what.push(body.as_bytes());
        }
        let what = hash.joined(&what);
        let (who, what) = (who.as_bytes(), what.as_bytes());
        let qop = self.protection.name();
        let response = match qop {
            None => hash.joined(&[who, nonce, what]),
            Some(qop) => hash.joined(&[who, nonce, count.as_bytes(), cnonce.as_bytes(), qop.as_bytes(), what]),
        };

        let mut line = format!("Digest {}", self.username(user));
        quoted(&mut line, "realm", &self.realm);
        quoted(&mut line, "nonce", &self.nonce);
        quoted(&mut line, "uri", asked.target);
        quoted(&mut line, "response", &response);
        if let Some(opaque) = &self.opaque {
            quoted(&mut line, "opaque", opaque);
        }
        if self.named {
            line += ", algorithm=";
            line += self.algorithm.name;
        }
        if let Some(qop) = qop {
            // Some servers refuse these two in quotes; none may expect them so (RFC 7616 section 3.4).
            line += &format!(", qop={qop}, nc={count}");
            quoted(&mut line, "cnonce", cnonce);
        }
        if self.userhash {
            line += ", userhash=true";
        }
        super::secret(line)
    }

    /// The parameter that names the user.
    fn username(&self, user: &str) -> String {
        if self.userhash {
            return format!("username=\"{}\"", self.algorithm.hash.joined(&[user.as_bytes(), self.realm.as_bytes()]));
        }
        if user.is_ascii() {
            format!("username=\"{}\"", escaped(user))
        } else {
            format!("username*=UTF-8''{}", utf8_percent_encode(user, NON_ALPHANUMERIC))
        }
    }
}

impl Protection {
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Legacy => None,
            Self::Auth => Some("auth"),
            Self::AuthInt => Some("auth-int"),
        }
    }
}

/// Chooses from the server's list. Plain `auth` is preferred, since it works for every body.
fn protection(offered: &[u8]) -> Result<Protection, String> {
    let mut choice = Err(format!("a Digest challenge with qop {}, expected auth or auth-int", shown(offered)));
    let mut empty = true;
    for name in offered.split(|b| *b == b',').map(<[u8]>::trim_ascii).filter(|name| !name.is_empty()) {
        empty = false;
        if name.eq_ignore_ascii_case(b"auth") {
            return Ok(Protection::Auth);
        }
        if name.eq_ignore_ascii_case(b"auth-int") {
            choice = Ok(Protection::AuthInt);
        }
    }
    if empty { Ok(Protection::Legacy) } else { choice }
}

/// The value of a parameter that has to be sent back.
fn text(challenge: &Challenge, name: &str) -> Result<Option<String>, String> {
    let Some(value) = challenge.parameter(name) else { return Ok(None) };
    if value.len() > MAX_VALUE {
        return Err(format!("a Digest challenge with a {name} of {} bytes, expected at most {MAX_VALUE}", value.len()));
    }
    match std::str::from_utf8(value) {
        Ok(text) if text.bytes().all(|b| (b' '..=b'~').contains(&b)) => Ok(Some(text.to_owned())),
        _ => Err(format!("a Digest challenge with a {name} that is not printable ASCII: {}", shown(value))),
    }
}

/// The server's bytes in a message: escaped, and not many of them.
fn shown(value: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(value.get(..60).unwrap_or(value)))
}

fn quoted(line: &mut String, name: &str, value: &str) {
    line.push_str(&format!(", {name}=\"{}\"", escaped(value)));
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::super::challenge::parse;
    use super::*;
    use proptest::prelude::*;

    const GET: Asked<'_> = Asked { method: "GET", target: "/dir/index.html", body: Some(b"") };

    fn read(line: &str) -> Result<Offer, String> {
        Offer::read(&parse([line.as_bytes()])[0])
    }

    fn answered(line: &str, user: &str, password: &str, asked: &Asked<'_>, cnonce: &str) -> String {
        let answer = read(line).expect(line).answer(user, password, asked, cnonce, 1).expect("an answer");
        answer.to_str().expect("text").to_owned()
    }

    #[test]
    fn answers_follow_the_examples_of_the_rfcs() {
        // RFC 7616 section 3.9.1.
        let challenge = r#"Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=ALGORITHM,
            nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#;
        for (algorithm, response) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let line = challenge.replace("ALGORITHM", algorithm).replace('\n', " ");
            let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
            let expected = format!(
                "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", \
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", uri=\"/dir/index.html\", response=\"{response}\", \
                 opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", algorithm={algorithm}, qop=auth, nc=00000001, \
                 cnonce=\"{cnonce}\""
            );
            assert_eq!(answered(&line, "Mufasa", "Circle of Life", &GET, cnonce), expected);
        }
        // RFC 7616 section 3.9.2 with the hashes of erratum 4897: those printed first are of another function.
        let challenge = r#"Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256,
            nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", charset=UTF-8, userhash=true"#;
        let asked = Asked { target: "/doe.json", ..GET };
        let cnonce = "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v";
        let answer = answered(&challenge.replace('\n', " "), "Jäsøn Doe", "Secret, or not?", &asked, cnonce);
        for part in [
            "username=\"793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b\"",
            "response=\"3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5\"",
            ", userhash=true",
        ] {
            assert!(answer.contains(part), "{answer}");
        }
        // RFC 2617 section 3.5.
        let challenge = r#"Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093""#;
        let answer = answered(challenge, "Mufasa", "Circle Of Life", &GET, "0a4f113b");
        assert!(answer.contains("response=\"6629fae49393a05397450978507c4ef1\"") && !answer.contains("algorithm"), "{answer}");
        // RFC 2069 section 2.4 with the hash of its erratum 749.
        let challenge = r#"Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc""#;
        assert_eq!(
            answered(challenge, "Mufasa", "CircleOfLife", &GET, "unused"),
            "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", \
             uri=\"/dir/index.html\", response=\"1949323746fe6a43ef61f9606e7febea\", opaque=\"5ccc\""
        );
    }

    #[test]
    fn sessions_and_bodies_are_covered() {
        // Computed with Python's hashlib.
        for (algorithm, response) in [
            ("md5-SESS", "e218256d85d56227ebfe0c353327a51b"),
            ("SHA-256-sess", "62fe91d7c030ae86a8eeaee6d82f0b41f7aee6f471c8caf0a52d5f255659144f"),
            ("\"SHA-512-256-sess\"", "42ae658e57c1b34fad6fc688a43bcb5dbe7c9d15dd781198c0a084e675ffff35"),
        ] {
            let offer = read(&format!("Digest realm=r, nonce=n0nce, qop=\"auth-int\", algorithm={algorithm}")).expect("an offer");
            let asked = Asked { method: "POST", target: "/x?y", body: Some(b"body") };
            let answer = offer.answer("u", "p", &asked, "c", 2).expect("an answer");
            let answer = answer.to_str().expect("text");
            assert!(answer.contains(response) && answer.contains("qop=auth-int, nc=00000002"), "{answer}");
            let error = offer.answer("u", "hunter2", &Asked { body: None, ..asked }, "c", 1).expect_err("no body");
            assert!(error.contains("auth-int"), "{error}");
        }
    }

    #[test]
    fn names_are_escaped_or_encoded() {
        let answer = answered(r#"Digest realm="C:\\\"x\"", nonce="\\n\"", opaque="\\""#, "DOM\\us\"er", "p", &GET, "c");
        for part in [r#"username="DOM\\us\"er""#, r#"realm="C:\\\"x\"""#, r#"nonce="\\n\"""#, r#"opaque="\\""#] {
            assert!(answer.contains(part), "{answer}");
        }
        let target = Asked { target: "/a\\b\"c", ..GET };
        assert!(answered("Digest realm=r, nonce=n", "u", "p", &target, "c").contains(r#"uri="/a\\b\"c""#));
        let answer = answered("Digest realm=r, nonce=n, qop=auth", "Jäsøn Doe", "p", &GET, "c");
        assert!(answer.starts_with("Digest username*=UTF-8''J%C3%A4s%C3%B8n%20Doe, realm="), "{answer}");
    }

    #[test]
    fn what_cannot_be_answered_is_refused() {
        let long = format!("Digest realm=r, nonce={}", "n".repeat(MAX_VALUE + 1));
        for (line, why) in [
            ("Basic realm=r", "expected Digest"),
            ("Digest realm=r", "without nonce"),
            ("Digest nonce=n", "without realm"),
            ("Digest realm=r, nonce=n, algorithm=SHA-1", "algorithm \"SHA-1\", expected"),
            ("Digest realm=r, nonce=n, algorithm=\"MD5\r\nX: y\"", "algorithm \"MD5\\r\\nX: y\", expected"),
            ("Digest realm=r, nonce=n, algorithm=\"\"", "algorithm \"\""),
            ("Digest realm=r, nonce=n, algorithm=MD5-sess", "no qop"),
            ("Digest realm=r, nonce=n, qop=\"auth-conf\"", "qop \"auth-conf\""),
            ("Digest realm=\"r\r\nX: y\", nonce=n", "realm that is not printable ASCII: \"r\\r\\nX: y\""),
            ("Digest realm=r, nonce=\"\\\n\"", "nonce that is not printable"),
            ("Digest realm=r, nonce=n, opaque=\"\0\"", "opaque that is not printable"),
            ("Digest realm=\"é\", nonce=n", "realm that is not printable"),
            (&long, "nonce of 4097 bytes"),
        ] {
            let error = read(line).expect_err(line);
            assert!(error.contains(why) && !error.contains(char::is_control), "{error}");
        }
        let offer = read("Digest realm=r, nonce=n").expect("an offer");
        for target in ["/a b", "/a\r\nX: y", "/é"] {
            assert!(offer.answer("u", "p", &Asked { target, ..GET }, "c", 1).is_err());
        }
    }

    #[test]
    fn the_strongest_wins_and_among_equals_the_first() {
        for (offers, expected) in [
            ("MD5 SHA-256", "SHA-256"),
            ("SHA-256 MD5", "SHA-256"),
            ("MD5 SHA-256-sess SHA-512-256", "SHA-256-sess"),
            ("SHA-512-256 SHA-256", "SHA-512-256"),
            ("SHA-1 MD5-sess MD5", "MD5-sess"),
        ] {
            let lines: Vec<String> = offers
                .split(' ')
                .map(|algorithm| format!("Basic realm=r, Digest realm=r, nonce=n, qop=auth, algorithm={algorithm}"))
                .collect();
            let best = Offer::best(&parse(lines.iter().map(|line| line.as_bytes()))).expect("an offer");
            assert_eq!(best.algorithm.name, expected);
        }
        assert_eq!(Offer::best(&parse([&b"Basic realm=r, Digest realm=r"[..]])), None);
    }

    proptest! {
        #[test]
        fn answers_are_printable_and_read_back(
            values in prop::collection::vec("[ -~]{0,20}|\\PC{0,10}|[\\x00-\\xff]{0,10}", 4),
            algorithm in prop::sample::select(&["MD5", "SHA-256-sess", "SHA-512-256"]),
            qop in prop::sample::select(&["auth", "auth-int"]),
            (user, password, target) in ("\\PC{0,20}", any::<String>(), "/[!-~]{0,20}|\\PC{0,20}"),
        ) {
            let mut line = format!("Digest algorithm={algorithm}, qop={qop}");
            for (name, value) in ["realm", "nonce", "opaque", "userhash"].iter().zip(&values) {
                quoted(&mut line, name, value);
            }
            let asked = Asked { method: "GET", target: &target, body: Some(b"") };
            let Some(offer) = parse([line.as_bytes()]).first().and_then(|challenge| Offer::read(challenge).ok()) else {
                return Ok(());
            };
            let Ok(answer) = offer.answer(&user, &password, &asked, "c", u32::MAX) else { return Ok(()) };
            prop_assert!(answer.is_sensitive());
            prop_assert!(answer.as_bytes().iter().all(|b| (b' '..=b'~').contains(b)));
            let sent = parse([answer.as_bytes()]);
            prop_assert_eq!(sent.len(), 1);
            for (name, value) in [("realm", &values[0]), ("nonce", &values[1]), ("opaque", &values[2]), ("uri", &target)] {
                prop_assert_eq!(sent[0].parameter(name), Some(value.as_bytes()));
            }
        }
    }
}

//! What a server asks for: the challenges of `WWW-Authenticate` and `Proxy-Authenticate` (RFC 9110 sections 11.2 to 11.6).
//!
//! One line may hold several challenges, and commas separate both challenges and parameters. A name with a `=` and a value is a
//! parameter of the challenge before it; any other begins a challenge. Where a line stops making sense, the challenge at hand
//! and the rest of the line are dropped: guessing where a broken quoted string ends would let its text pose as parameters.

/// More challenges than this are not looked at.
pub const MAX_CHALLENGES: usize = 32;
/// A challenge with more parameters than this is dropped.
pub const MAX_PARAMETERS: usize = 32;

/// One way in that the server offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    scheme: String,
    token68: Option<String>,
    /// Names in lower case; values without quotes and backslashes.
    parameters: Vec<(String, Vec<u8>)>,
    /// A name came twice, or there were too many: which value counts would be a guess.
    broken: bool,
}

impl Challenge {
    fn new(scheme: &[u8]) -> Self {
        Self { scheme: text(scheme), token68: None, parameters: Vec::new(), broken: false }
    }

    /// The scheme as the server wrote it.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Whether this is the scheme, whatever its case.
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The one value of schemes that have no parameters, as with Negotiate.
    pub fn token68(&self) -> Option<&str> {
        self.token68.as_deref()
    }

    /// The value of a parameter, whatever the case of its name; any bytes that a header may have.
    pub fn parameter(&self, name: &str) -> Option<&[u8]> {
        self.parameters.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice())
    }

    fn add(&mut self, (name, value): (&[u8], Vec<u8>)) {
        let name = text(name).to_ascii_lowercase();
        self.broken |= self.token68.is_some() || self.parameters.len() >= MAX_PARAMETERS || self.parameter(&name).is_some();
        if !self.broken {
            self.parameters.push((name, value));
        }
    }
}

/// The challenges in header lines, in the order in which they came.
pub fn parse<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Vec<Challenge> {
    let mut challenges = Vec::new();
    for line in lines {
        if challenges.len() >= MAX_CHALLENGES {
            break;
        }
        parse_line(Cursor(line), &mut challenges);
    }
    challenges
}

/// Adds the challenges of a line. `None` where it stops early: a broken line, or enough challenges.
fn parse_line(mut line: Cursor<'_>, challenges: &mut Vec<Challenge>) -> Option<()> {
    let mut current: Option<Challenge> = None;
    loop {
        line.take_while(|b| matches!(b, b' ' | b'\t' | b','));
        if let Some(parameter) = line.parameter() {
            current.as_mut()?.add(parameter);
        } else {
            challenges.extend(current.take().filter(|challenge| !challenge.broken));
            if challenges.len() >= MAX_CHALLENGES {
                return None;
            }
            if line.0.is_empty() {
                return Some(());
            }
            let challenge = current.insert(Challenge::new(line.token()?));
            if line.spaces() && !line.at_separator() {
                match line.token68() {
                    Some(value) => challenge.token68 = Some(text(value)),
                    None => challenge.add(line.parameter()?),
                }
            }
        }
        line.spaces();
        if !line.at_separator() {
            return None;
        }
    }
}

fn text(ascii: &[u8]) -> String {
    String::from_utf8_lossy(ascii).into_owned()
}

/// What is left of a line. Every byte is looked at a bounded number of times.
#[derive(Clone, Copy)]
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take_while(&mut self, accept: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.0.iter().position(|b| !accept(*b)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at_checked(end).unwrap_or((self.0, &[]));
        self.0 = rest;
        taken
    }

    fn next(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.0.first() == Some(&byte);
        if found {
            self.next();
        }
        found
    }

    fn spaces(&mut self) -> bool {
        !self.take_while(|b| matches!(b, b' ' | b'\t')).is_empty()
    }

    fn at_separator(&self) -> bool {
        self.0.first().is_none_or(|b| *b == b',')
    }

    fn token(&mut self) -> Option<&'a [u8]> {
        let token = self.take_while(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
        (!token.is_empty()).then_some(token)
    }

    /// `name = value`; nothing is taken where there is none.
    fn parameter(&mut self) -> Option<(&'a [u8], Vec<u8>)> {
        let mut ahead = *self;
        let name = ahead.token()?;
        ahead.spaces();
        if !ahead.eat(b'=') {
            return None;
        }
        ahead.spaces();
        let value = if ahead.eat(b'"') {
            ahead.quoted()?
        } else {
            // More than a token may have: nonces come without quotes, too.
            ahead.take_while(|b| b.is_ascii_graphic() && !b"\",\\".contains(&b)).to_vec()
        };
        *self = ahead;
        Some((name, value))
    }

    /// The rest of a quoted string, its backslashes resolved (RFC 9110 section 5.6.4).
    fn quoted(&mut self) -> Option<Vec<u8>> {
        let mut value = Vec::new();
        loop {
            value.extend_from_slice(self.take_while(|b| !matches!(b, b'"' | b'\\')));
            match self.next()? {
                b'\\' => value.push(self.next()?),
                _ => return Some(value),
            }
        }
    }

    /// A lone value; nothing is taken where more follows it, as after the name of a parameter.
    fn token68(&mut self) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let letters = ahead.take_while(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b)).len();
        let padding = ahead.take_while(|b| b == b'=').len();
        let value = self.0.get(..letters + padding)?;
        ahead.spaces();
        if letters == 0 || !ahead.at_separator() {
            return None;
        }
        *self = ahead;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(lines: &[&str]) -> Vec<String> {
        let show = |challenge: &Challenge| {
            let mut shown = vec![challenge.scheme().to_owned()];
            shown.extend(challenge.token68().map(str::to_owned));
            shown.extend(challenge.parameters.iter().map(|(name, value)| format!("{name}<{}>", String::from_utf8_lossy(value))));
            shown.join(" ")
        };
        parse(lines.iter().map(|line| line.as_bytes())).iter().map(show).collect()
    }

    #[test]
    fn challenges_are_read_in_every_shape() {
        for (lines, expected) in [
            (&[r#"Basic realm="simple", charset="UTF-8""#][..], &["Basic realm<simple> charset<UTF-8>"][..]),
            // The example of RFC 9110 section 11.6.1.
            (
                &[r#"Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\"""#],
                &["Basic realm<simple>", r#"Newauth realm<apps> type<1> title<Login to "apps">"#],
            ),
            (
                &["Negotiate", "NTLM TlRMTVNTUAACAAAA==, basic Realm=x"],
                &["Negotiate", "NTLM TlRMTVNTUAACAAAA==", "basic realm<x>"],
            ),
            (&["Negotiate, Basic realm = \"a,b\" ,, , Kerberos a"], &["Negotiate", "Basic realm<a,b>", "Kerberos a"]),
            (&["Digest\trealm=\t\"\" , nonce=abc/d==,qop=auth"], &["Digest realm<> nonce<abc/d==> qop<auth>"]),
            (&[r#"Digest realm="C:\\share\"x\\""#], &[r#"Digest realm<C:\share"x\>"#]),
            (&["", " , ,", "Basic"], &["Basic"]),
        ] {
            assert_eq!(shown(lines), expected, "{lines:?}");
        }
        let challenge = parse([&b"DIGEST Nonce=\"\xff\""[..]]).remove(0);
        assert!(challenge.is("digest"));
        assert_eq!(challenge.parameter("NONCE"), Some(&b"\xff"[..]));
        assert_eq!(challenge.parameter("realm"), None);
    }

    #[test]
    fn what_is_broken_is_dropped_and_nothing_before_it() {
        for (line, expected) in [
            (r#"Basic realm="a", Digest realm="b"#, &["Basic realm<a>"][..]),
            (r#"Basic realm="a", Digest realm="b\"#, &["Basic realm<a>"]),
            (r#"Basic realm="a" nonce="b""#, &[]),
            (r#"Basic realm="a", Digest nonce="b"c, Other"#, &["Basic realm<a>"]),
            ("realm=a, Basic", &[]),
            ("Basic realm=a, realm=b, Other", &["Other"]),
            ("NTLM abc=, realm=b, Other", &["Other"]),
            ("Basic Digest realm=a", &[]),
            ("\u{e9} Basic", &[]),
            ("\"Basic\"", &[]),
        ] {
            assert_eq!(shown(&[line]), expected, "{line}");
        }
        let many: String = (0..=MAX_PARAMETERS).map(|n| format!("p{n}=1,")).collect();
        assert_eq!(shown(&[&format!("Many {many} Other")]), ["Other"]);
    }

    #[test]
    fn floods_are_cut_and_cost_no_more_than_their_length() {
        let schemes: String = (0..10_000).map(|n| format!("Scheme{n} realm=\"a\", ")).collect();
        assert_eq!(parse([schemes.as_bytes()]).len(), MAX_CHALLENGES);
        assert_eq!(parse(vec![&b"Basic"[..]; 10_000]).len(), MAX_CHALLENGES);
        // Were any of these quadratic, the test would not end.
        const MEGABYTE: usize = 1 << 20;
        for unit in [",", "a", "a=", "a=b,", "a ", "\"", "\\", "=", "a=\"\\\\\",", "a=\"", "A b==,", "A,"] {
            let line = format!("Digest {}", unit.repeat(MEGABYTE / unit.len()));
            parse([line.as_bytes()]);
            parse([format!("Digest a=\"{line}").as_bytes()]);
        }
    }

    proptest! {
        #[test]
        fn any_lines_can_be_read(lines in prop::collection::vec("[ ,=\"\\\\a-cD/\\x00-\\xff]{0,60}", 0..5)) {
            prop_assert!(parse(lines.iter().map(|line| line.as_bytes())).len() <= MAX_CHALLENGES);
        }

        #[test]
        fn quoted_values_survive(values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..8)) {
            let mut line = b"Digest ".to_vec();
            for (n, value) in values.iter().enumerate() {
                line.extend_from_slice(format!("p{n}=\"").as_bytes());
                for byte in value {
                    if b"\"\\".contains(byte) {
                        line.push(b'\\');
                    }
                    line.push(*byte);
                }
                line.extend_from_slice(b"\", ");
            }
            let challenges = parse([line.as_slice()]);
            prop_assert_eq!(challenges.len(), 1);
            for (n, value) in values.iter().enumerate() {
                prop_assert_eq!(challenges[0].parameter(&format!("p{n}")), Some(value.as_slice()));
            }
        }
    }
}

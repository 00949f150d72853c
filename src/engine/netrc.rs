//! User names and passwords from a netrc file, read as Python's `netrc` module and curl read it: words between white space, in
//! double quotes where they have spaces, a backslash before a character that is to stand for itself, comments from `#` to the end
//! of the line.
//!
//! Where it differs: words that begin an entry have any case and hosts are compared without case (as in curl); a quoted word must
//! end. Of two entries for one host the last one counts (as in Python). Messages name lines, never words: a word in the wrong
//! place is most often half of a password.

use std::collections::HashMap;
use std::fmt;

mod file;

pub use file::{Place, places};

/// Bigger files are refused.
pub const MAX_BYTES: u64 = 1 << 20;

/// What a netrc file says. `Debug` shows no entry.
#[derive(Default, PartialEq, Eq)]
pub struct Netrc {
    /// By host, in lower case.
    machines: HashMap<String, Entry>,
    default: Option<Entry>,
}

#[derive(Default, Clone, PartialEq, Eq)]
struct Entry {
    login: Option<String>,
    account: Option<String>,
    password: Option<String>,
}

impl fmt::Debug for Netrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Netrc").field("machines", &self.machines.len()).finish_non_exhaustive()
    }
}

impl Netrc {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// In words, with the line, where the text is no netrc file or too big for one.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() as u64 > MAX_BYTES {
            return Err(format!("netrc: more than {MAX_BYTES} bytes"));
        }
        let mut words = Words { rest: text.strip_prefix('\u{feff}').unwrap_or(text), line: 1 };
        let mut netrc = Self::default();
        let mut current: Option<(Option<String>, Entry)> = None;
        while let Some(keyword) = words.keyword()? {
            match (keyword.to_ascii_lowercase().as_str(), &mut current) {
                ("machine", _) => {
                    netrc.keep(current.take());
                    current = Some((Some(words.value("machine")?), Entry::default()));
                }
                ("default", _) => {
                    netrc.keep(current.take());
                    current = Some((None, Entry::default()));
                }
                ("macdef", _) => {
                    netrc.keep(current.take());
                    words.value("macdef")?;
                    words.skip_line();
                    words.skip_macro();
                }
                ("login" | "user", Some((_, entry))) => entry.login = Some(words.value("login")?),
                ("account", Some((_, entry))) => entry.account = Some(words.value("account")?),
                ("password", Some((_, entry))) => entry.password = Some(words.value("password")?),
                _ => {
                    let expected = "expected machine, default, login, account, password or macdef";
                    return Err(format!("netrc, line {}: a word out of place, {expected}", words.line));
                }
            }
        }
        netrc.keep(current);
        Ok(netrc)
    }

    fn keep(&mut self, entry: Option<(Option<String>, Entry)>) {
        match entry {
            Some((Some(host), entry)) => drop(self.machines.insert(host.to_ascii_lowercase(), entry)),
            Some((None, entry)) => self.default = Some(entry),
            None => {}
        }
    }

    /// The login and password for exactly this host, given without port. `or_default` asks for the `default` entry where the host
    /// has none, which hands a password to every host there is; Python's requests does so, curl and this package's callers should
    /// not unless told to.
    pub fn lookup(&self, host: &str, or_default: bool) -> Option<(&str, &str)> {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let found = self.machines.get(&bare.to_ascii_lowercase());
        found.or(self.default.as_ref().filter(|_| or_default))?.pair()
    }

    /// Whether there is more than anonymous logins.
    fn holds_secrets(&self) -> bool {
        self.machines.values().chain(&self.default).any(|entry| entry.login.as_deref() != Some("anonymous"))
    }
}

impl Entry {
    fn pair(&self) -> Option<(&str, &str)> {
        let login = self.login.as_deref().filter(|login| !login.is_empty()).or(self.account.as_deref());
        if login.is_none() && self.password.is_none() {
            return None;
        }
        Some((login.unwrap_or(""), self.password.as_deref().unwrap_or("")))
    }
}

/// The words of a file.
struct Words<'a> {
    rest: &'a str,
    line: usize,
}

impl Words<'_> {
    /// The next word that is no comment.
    fn keyword(&mut self) -> Result<Option<String>, String> {
        loop {
            self.skip_space();
            if !self.rest.starts_with('#') {
                return self.word();
            }
            self.skip_line();
        }
    }

    /// What follows a keyword; it may begin with `#`.
    fn value(&mut self, keyword: &str) -> Result<String, String> {
        self.skip_space();
        self.word()?.ok_or_else(|| format!("netrc, line {}: {keyword} without a value", self.line))
    }

    fn word(&mut self) -> Result<Option<String>, String> {
        let begun = self.line;
        let mut word = String::new();
        let quoted = self.rest.starts_with('"');
        if quoted {
            self.next();
        } else if self.rest.is_empty() {
            return Ok(None);
        }
        while let Some(c) = self.next() {
            match c {
                '"' if quoted => return Ok(Some(word)),
                '\\' => word.extend(self.next()),
                c => word.push(c),
            }
            if !quoted && self.rest.starts_with(is_space) {
                break;
            }
        }
        if quoted { Err(format!("netrc, line {begun}: a quote that does not end")) } else { Ok(Some(word)) }
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        self.line += usize::from(c == '\n');
        Some(c)
    }

    fn skip_space(&mut self) {
        while self.rest.starts_with(is_space) {
            self.next();
        }
    }

    /// Skips to the next line, and tells whether this one was empty; `None` at the end.
    fn skip_line(&mut self) -> Option<bool> {
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        let end = self.rest.is_empty();
        self.rest = rest;
        self.line += 1;
        (!end).then_some(line.is_empty() || line == "\r")
    }

    /// A macro ends at an empty line.
    fn skip_macro(&mut self) {
        while self.skip_line() == Some(false) {}
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lookup(text: &str, host: &str) -> Option<(String, String)> {
        let netrc = Netrc::parse(text).expect(text);
        netrc.lookup(host, false).map(|(login, password)| (login.to_owned(), password.to_owned()))
    }

    fn pair(login: &str, password: &str) -> Option<(String, String)> {
        Some((login.to_owned(), password.to_owned()))
    }

    #[test]
    fn entries_are_read_in_every_shape() {
        for (text, expected) in [
            ("machine h login u password p", pair("u", "p")),
            ("\u{feff}MACHINE H\r\n\tLogin u\r\n\tpassword p\r\n", pair("u", "p")),
            ("machine h user u account a password p", pair("u", "p")),
            ("machine h account a password p", pair("a", "p")),
            ("machine h password p", pair("", "p")),
            ("machine h login u", pair("u", "")),
            ("machine h", None),
            ("", None),
            (r#"machine h login "a \"b\" \\ c" password "" "#, pair(r#"a "b" \ c"#, "")),
            (r"machine h login dom\\u\ v password p\#", pair(r"dom\u v", "p#")),
            ("machine h login u#1 password #p # comment machine x\n# machine h login no\nmachine i", pair("u#1", "#p")),
            ("machine h #login no\nlogin u password ü", pair("u", "ü")),
            ("machine h login a password b machine h login u password p", pair("u", "p")),
            ("macdef init\nmachine h login no password no\n\nmachine h login u password p", pair("u", "p")),
            ("machine h login u password p macdef m\r\n\tcd x\r\n\r\nmachine i", pair("u", "p")),
            ("machine h login u password p macdef m", pair("u", "p")),
        ] {
            assert_eq!(lookup(text, "h"), expected, "{text}");
        }
    }

    #[test]
    fn only_the_very_host_gets_the_password() {
        let text = "default login d password dp\nmachine Api.Example.org login u password p machine ::1 login v password q";
        assert_eq!(lookup(text, "API.example.ORG"), pair("u", "p"));
        assert_eq!(lookup(text, "[::1]"), pair("v", "q"));
        for other in
            ["example.org", "x.api.example.org", "api.example.org.", "api.example.org:80", "api.example.orgx", "default", ""]
        {
            assert_eq!(lookup(text, other), None, "{other}");
            assert_eq!(Netrc::parse(text).expect("a file").lookup(other, true), Some(("d", "dp")));
        }
        assert_eq!(Netrc::parse(text).expect("a file").lookup("api.example.org", true), Some(("u", "p")));
        assert_eq!(lookup("machine default login u password p", "other"), None);
    }

    #[test]
    fn messages_name_the_line_and_no_word() {
        for (text, why) in [
            ("machine h\nlogin u password my hunter2", "line 2: a word out of place, expected machine"),
            ("login hunter2", "line 1: a word out of place"),
            ("\n\nmachine", "line 3: machine without a value"),
            ("machine h password", "line 1: password without a value"),
            ("machine h\npassword \"hunter2\n\n", "line 2: a quote that does not end"),
            ("macdef a\nx\n\nlogin hunter2", "line 4: a word out of place"),
        ] {
            let error = Netrc::parse(text).expect_err(text);
            assert!(error.contains(why) && !error.contains("hunter2"), "{error}");
        }
        assert!(Netrc::parse(&" ".repeat(1 + MAX_BYTES as usize)).is_err());
        let shown = format!("{:?}", Netrc::parse("machine h login u password hunter2"));
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn big_files_cost_no_more_than_their_length() {
        // Were any of these quadratic, the test would not end.
        for unit in ["#", "\n", "\\", "\"\" ", "machine h ", "macdef a\n\n", "# a\n", "a"] {
            let _ = Netrc::parse(&format!("machine h login {}", unit.repeat((1 << 19) / unit.len())));
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_read(text in "([\"\\\\# \n\ra]|machine |default |login |password |macdef |\\PC){0,60}") {
            let _ = Netrc::parse(&text);
        }

        #[test]
        fn any_password_can_be_written(login in any::<String>(), password in any::<String>()) {
            let escape = |word: &str| word.replace('\\', "\\\\").replace('"', "\\\"");
            let text = format!("machine h login \"{}\" password \"{}\"", escape(&login), escape(&password));
            prop_assert_eq!(lookup(&text, "h"), pair(&login, &password));
        }
    }
}

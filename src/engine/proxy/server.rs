//! A proxy server as its URL describes it.

use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use url::{Host, Url};

/// How to speak with a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProxyScheme {
    /// HTTP (RFC 9110 section 9.3.6 for tunnels).
    Http,
    /// HTTP inside TLS.
    Https,
    /// SOCKS 4: names are resolved here, IPv4 only.
    Socks4,
    /// SOCKS 4a: names are resolved by the proxy.
    Socks4a,
    /// SOCKS 5 (RFC 1928): names are resolved here.
    Socks5,
    /// SOCKS 5: names are resolved by the proxy.
    Socks5h,
}

/// A user and a password, percent-decoded.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Credentials {
    /// The user's name.
    pub user: Vec<u8>,
    /// The password; empty where there is none.
    pub password: Vec<u8>,
}

/// A proxy. Equal ones may share connections; those that differ in anything, the password included, may not.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ProxyServer {
    /// How to speak with it.
    pub scheme: ProxyScheme,
    /// Its host.
    pub host: Host,
    /// Its port.
    pub port: u16,
    /// How to identify oneself.
    pub auth: Option<Credentials>,
}

impl ProxyScheme {
    /// The scheme as URLs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks4 => "socks4",
            Self::Socks4a => "socks4a",
            Self::Socks5 => "socks5",
            Self::Socks5h => "socks5h",
        }
    }

    /// The port where a URL names none.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
            _ => 1080,
        }
    }

    /// Whether it is a kind of HTTP.
    pub fn is_http(self) -> bool {
        matches!(self, Self::Http | Self::Https)
    }

    fn parse(text: &str) -> Option<Self> {
        let all = [Self::Http, Self::Https, Self::Socks4, Self::Socks4a, Self::Socks5, Self::Socks5h];
        all.into_iter().find(|scheme| scheme.as_str().eq_ignore_ascii_case(text))
    }
}

impl ProxyServer {
    /// Reads a proxy's URL; one without a scheme is http. What is wrong comes in words that hold nothing of the value.
    ///
    /// # Errors
    /// Where the value is not the URL of a proxy.
    pub fn parse(value: &str) -> Result<Self, String> {
        let value = value.trim();
        if value.is_empty() {
            return Err("is empty; expected a URL such as http://host:port".into());
        }
        if value.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err("holds a space, a control character or a backslash, which a URL cannot".into());
        }
        let (scheme, rest) = match value.split_once("://") {
            Some((scheme, rest)) => (ProxyScheme::parse(scheme), rest),
            None => (Some(ProxyScheme::Http), value),
        };
        let scheme = scheme.ok_or("has a scheme that is none of http, https, socks4, socks4a, socks5 and socks5h")?;
        // The rules for hosts are the same for all schemes, but the url crate applies them to those of the web only. It hides
        // the port that is a scheme's default; no port is that of both.
        let read = |scheme: &str| Url::parse(&format!("{scheme}://{rest}")).map_err(|error| format!("is no proxy URL: {error}"));
        let (url, other) = (read("http")?, read("https")?);
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            let hint = "those of a user name or password must be percent-encoded";
            return Err(format!("has a path, query or fragment, which a proxy has not; the characters / ? # {hint}"));
        }
        let host = url.host().ok_or("names no host")?.to_owned();
        let port = url.port().or(other.port()).unwrap_or(scheme.default_port());
        if port == 0 {
            return Err("names port 0, which nobody can listen on".into());
        }
        let decode = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
        let auth = (!url.username().is_empty() || url.password().is_some())
            .then(|| Credentials { user: decode(url.username()), password: decode(url.password().unwrap_or_default()) });
        if let Some(auth) = &auth {
            auth.check(scheme)?;
        }
        Ok(Self { scheme, host, port, auth })
    }

    /// The same proxy, for this user.
    ///
    /// # Errors
    /// Where the URL named one too, or the protocol cannot carry it.
    pub fn identified(self, user: &str, password: &str) -> Result<Self, String> {
        if self.auth.is_some() {
            return Err("has a user in its URL, and another in auth".into());
        }
        let auth = Credentials { user: user.into(), password: password.into() };
        auth.check(self.scheme)?;
        Ok(Self { auth: Some(auth), ..self })
    }

    /// Its URL, with user name and password: to be kept, never to be shown.
    pub fn secret_url(&self) -> String {
        let text = |bytes: &[u8]| percent_encode(bytes, NON_ALPHANUMERIC).to_string();
        let user = self.auth.as_ref().map(|auth| format!("{}:{}@", text(&auth.user), text(&auth.password)));
        format!("{}://{}{}:{}", self.scheme.as_str(), user.unwrap_or_default(), self.host, self.port)
    }
}

impl Credentials {
    /// What a protocol cannot carry would reach the proxy as something else.
    fn check(&self, scheme: ProxyScheme) -> Result<(), &'static str> {
        match scheme {
            ProxyScheme::Http | ProxyScheme::Https if self.user.contains(&b':') => {
                Err("has a user name with a colon, which HTTP cannot tell from the password's beginning (RFC 7617 section 2)")
            }
            ProxyScheme::Http | ProxyScheme::Https => Ok(()),
            ProxyScheme::Socks4 | ProxyScheme::Socks4a if !self.password.is_empty() || self.user.contains(&0) => {
                Err("has a password or a user name with a zero byte, which SOCKS 4 cannot carry")
            }
            ProxyScheme::Socks4 | ProxyScheme::Socks4a => Ok(()),
            ProxyScheme::Socks5 | ProxyScheme::Socks5h => {
                let fits = |text: &[u8]| (1..=255).contains(&text.len());
                let words =
                    "has a user name or password that is empty or longer than 255 bytes, which SOCKS 5 cannot carry (RFC 1929)";
                (fits(&self.user) && fits(&self.password)).then_some(()).ok_or(words)
            }
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

impl fmt::Debug for ProxyServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ProxyServer {
    /// Its URL, without user name and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme.as_str(), self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_and_their_short_forms() {
        for (value, expected) in [
            ("host", "http://host:80"),
            ("host:3128", "http://host:3128"),
            (" HTTP://HOST:3128/ ", "http://host:3128"),
            ("https://host", "https://host:443"),
            ("https://host:80", "https://host:80"),
            ("http://host:443", "http://host:443"),
            ("socks4://host", "socks4://host:1080"),
            ("socks4a://host:80", "socks4a://host:80"),
            ("socks5://host:443", "socks5://host:443"),
            ("socks5h://[::1]", "socks5h://[::1]:1080"),
            ("127.1:8080", "http://127.0.0.1:8080"),
            ("bücher.example", "http://xn--bcher-kva.example:80"),
            ("u:p@host:1", "http://host:1"),
        ] {
            let server = ProxyServer::parse(value).expect(value);
            assert_eq!(server.to_string(), expected);
            assert_eq!(format!("{server:?}"), expected);
        }
    }

    #[test]
    fn credentials_are_decoded_and_hidden() {
        let auth = |value: &str| ProxyServer::parse(value).expect(value).auth.map(|auth| (auth.user, auth.password));
        assert_eq!(auth("http://us%40er:p%3Aw%E9d:@h"), Some((b"us@er".to_vec(), b"p:w\xe9d:".to_vec())));
        assert_eq!(auth("http://user@h"), Some((b"user".to_vec(), Vec::new())));
        assert_eq!(auth("http://:pw@h"), Some((Vec::new(), b"pw".to_vec())));
        assert_eq!(auth("socks5://a%:b@c@h:1"), Some((b"a%".to_vec(), b"b@c".to_vec())));
        assert_eq!(auth("http://@h"), None);
        let server = ProxyServer::parse("http://user:secret@h").expect("a proxy");
        assert_eq!(format!("{:?} {server:?}", server.auth), "Some(Credentials(..)) http://h:80");
        assert_eq!(ProxyServer::parse(&server.secret_url()), Ok(server.clone()));
        let plain = ProxyServer::parse("http://h").expect("a proxy");
        assert_eq!(plain.clone().identified("user", "secret"), Ok(server.clone()));
        for refused in [server.clone().identified("user", "secret"), plain.identified("us:er", "secret")] {
            assert!(!refused.expect_err("refused").contains("secret"));
        }
        assert_ne!(server, ProxyServer::parse("http://user:other@h").expect("a proxy"));
    }

    #[test]
    fn what_is_no_proxy_is_refused() {
        for value in [
            "",
            " ",
            "http://",
            "http://:80",
            "ftp://h",
            "direct://",
            "u:secret@http://h",
            "h:99999",
            "h:0",
            "http://h:port",
            "http://u:se/cret@h",
            "http://u#secret@h",
            "http://u?secret@h",
            "http://h/path",
            "http://h?q",
            "http://a\\@h",
            "http://a b",
            "http://h\r\nX: y",
            "http://[::1",
            "http://u%3A:secret@h",
            "socks4://u:secret@h",
            "socks4a://u%00@h",
            "socks5://secret@h",
            &format!("socks5h://u:{}secret@h", "x".repeat(250)),
        ] {
            let reason = ProxyServer::parse(value).expect_err(value);
            assert!(!reason.contains("secret"), "{value}: {reason}");
        }
    }
}

//! HTTP authentication: what goes into `Authorization` (RFC 9110 section 11). Basic (RFC 7617) and Bearer (RFC 6750) are one
//! line for every request; Digest (RFC 7616) answers a challenge of the server. Pure rules: who sends what to whom, and whether
//! to send again, is for the caller.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

mod algorithm;
pub mod challenge;
pub mod digest;
mod offer;

pub use challenge::Challenge;
pub use digest::{Digest, Sent};
pub use offer::{Asked, Offer};

/// How a request proves who sends it. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// The same value with every request, as [`basic`] and [`bearer`] make it.
    Fixed(HeaderValue),
    /// An answer to the server's challenge; shared, so that all requests of a client count their nonces together.
    Digest(Arc<Digest>),
}

/// The value of `Authorization` for Basic authentication, marked as sensitive.
///
/// # Errors
/// In words, where the user name holds a colon, which would end it early, or either holds a control character.
pub fn basic(user: &[u8], password: &[u8]) -> Result<HeaderValue, String> {
    if user.contains(&b':') {
        return Err("a user name with a colon cannot be sent with Basic authentication".into());
    }
    for (what, bytes) in [("user name", user), ("password", password)] {
        if let Some(at) = bytes.iter().position(u8::is_ascii_control) {
            return Err(format!("the {what} for Basic authentication has a control character at byte {at}"));
        }
    }
    secret(format!("Basic {}", STANDARD.encode([user, b":", password].concat())))
}

/// The value of `Authorization` for a bearer token, marked as sensitive. RFC 6750 allows fewer characters; real tokens also have
/// others (`|`, `:`), so every visible ASCII character may stand in one.
///
/// # Errors
/// In words, where the token is empty or holds anything else: most often a line end, or the word `Bearer` itself.
pub fn bearer(token: &str) -> Result<HeaderValue, String> {
    if token.is_empty() {
        return Err("the bearer token is empty".into());
    }
    if let Some((at, found)) = token.char_indices().find(|(_, c)| !c.is_ascii_graphic()) {
        let what = if found == ' ' {
            "a space"
        } else if found.is_control() {
            "a control character"
        } else {
            "a character outside ASCII"
        };
        return Err(format!("the bearer token has {what} at byte {at}, expected visible ASCII characters only"));
    }
    secret(format!("Bearer {token}"))
}

/// A header value that is shown to nobody.
fn secret(text: String) -> Result<HeaderValue, String> {
    let mut value =
        HeaderValue::try_from(text).map_err(|_| "the credentials hold characters that no header may have".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn basic_follows_the_examples_of_the_rfc() {
        for (user, password, expected) in [
            ("Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ("test", "123£", "Basic dGVzdDoxMjPCow=="),
            ("", "", "Basic Og=="),
            ("u", "a:b", "Basic dTphOmI="),
        ] {
            let value = basic(user.as_bytes(), password.as_bytes()).expect("a value");
            assert_eq!(value, expected);
            assert!(value.is_sensitive());
        }
    }

    #[test]
    fn what_cannot_be_sent_says_why_and_keeps_the_secret() {
        assert!(basic(b"a:b", b"hunter2").expect_err("a colon").contains("colon"));
        for (user, password) in [(&b"a\r\nx"[..], &b"hunter2"[..]), (b"a", b"hunter2\n"), (b"\0", b""), (b"a", b"\x7f")] {
            let error = basic(user, password).expect_err("a control character");
            assert!(error.contains("control character at byte") && !error.contains("hunter2"), "{error}");
        }
        for (token, why) in [
            ("", "empty"),
            ("Bearer hunter2", "a space at byte 6"),
            ("hunter2\r\nX: y", "a control character at byte 7"),
            ("hunter2é", "outside ASCII"),
        ] {
            let error = bearer(token).expect_err(token);
            assert!(error.contains(why) && !error.contains("hunter2"), "{error}");
        }
        assert_eq!(bearer("1|mF_9.B5f-4.1JqM==").expect("a value"), "Bearer 1|mF_9.B5f-4.1JqM==");
    }

    #[test]
    fn nothing_secret_is_shown() {
        let basic = Credentials::Fixed(basic(b"user", b"hunter2").expect("a value"));
        let digest = Credentials::Digest(Arc::new(Digest::new("user", "hunter2").expect("credentials")));
        for shown in [format!("{basic:?}"), format!("{digest:?}")] {
            assert!(!shown.contains("hunter2") && !shown.contains("aHVudGVy") && !shown.contains("Basic"), "{shown}");
        }
    }

    proptest! {
        #[test]
        fn values_are_printable_whatever_comes_in(user: Vec<u8>, password: Vec<u8>, token: String) {
            for value in [basic(&user, &password), bearer(&token)].into_iter().flatten() {
                prop_assert!(value.is_sensitive());
                prop_assert!(value.as_bytes().iter().all(|b| (b' '..=b'~').contains(b)));
            }
        }
    }
}

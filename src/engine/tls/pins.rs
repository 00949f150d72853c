//! Pins: digests of public keys, one of which the server's chain must hold, written as RFC 7469, section 2.1.1 counts them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{Error, RootCertStore};
use sha2::{Digest, Sha256};

use super::reason::refused;

/// The SHA-256 digest of a public key (SubjectPublicKeyInfo).
pub type Pin = [u8; 32];

/// Reads `sha256/BASE64`, or `sha256//BASE64` as curl has it.
///
/// # Errors
/// Says what was expected.
pub fn parse(pin: &str) -> Result<Pin, String> {
    let bad = || format!("expected a pin like \"sha256/\" and 44 characters of Base64, not \"{}\"", short(pin));
    let digits = pin.strip_prefix("sha256/").ok_or_else(bad)?;
    // A digest may itself begin with a slash, so only the length tells.
    let digits = digits.strip_prefix('/').filter(|rest| rest.len() == 44).unwrap_or(digits);
    let bytes = BASE64_STANDARD.decode(digits).map_err(|_| bad())?;
    bytes.try_into().map_err(|_| bad())
}

fn short(text: &str) -> String {
    text.chars().take(60).flat_map(char::escape_debug).collect()
}

/// Checks that the server's certificate, or one that it was issued under, has a pinned key.
///
/// An issuer counts only where the certificate's chain leads to it. That the server sends along a certificate proves nothing:
/// anybody can send anybody's.
///
/// # Errors
/// Where no pin matches.
pub fn check(
    pins: &[Pin],
    end_entity: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
    now: UnixTime,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<(), Error> {
    let leaf = ParsedCertificate::try_from(end_entity)?;
    let own = digest(&leaf);
    if pins.contains(&own) {
        return Ok(());
    }
    let mut pinned = RootCertStore::empty();
    for issuer in intermediates {
        if ParsedCertificate::try_from(issuer).is_ok_and(|parsed| pins.contains(&digest(&parsed))) {
            // One that cannot be used is one that does not match.
            let _ = pinned.add(issuer.clone().into_owned());
        }
    }
    if verify_server_cert_signed_by_trust_anchor(&leaf, &pinned, intermediates, now, algorithms.all).is_ok() {
        return Ok(());
    }
    let count = match pins.len() {
        1 => "the pin does not match".to_owned(),
        n => format!("none of the {n} pins matches"),
    };
    Err(refused(format!("pinned otherwise: {count}; its own key is sha256/{}", BASE64_STANDARD.encode(own))))
}

fn digest(certificate: &ParsedCertificate<'_>) -> Pin {
    Sha256::digest(certificate.subject_public_key_info()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_bad_pin_is_refused_in_words() {
        for bad in ["", "sha256/", "sha256/AAAA", "sha1/AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "sha256/\r\n", "AAAA"] {
            let error = parse(bad).unwrap_err();
            assert!(error.contains("expected a pin like \"sha256/\"") && !error.contains('\r'), "{error}");
        }
    }

    proptest! {
        #[test]
        fn pins_are_read_back(bytes in any::<[u8; 32]>(), any in any::<String>()) {
            let digits = BASE64_STANDARD.encode(bytes);
            prop_assert_eq!(parse(&format!("sha256/{digits}")), Ok(bytes));
            prop_assert_eq!(parse(&format!("sha256//{digits}")), Ok(bytes));
            let _ = parse(&any);
        }
    }
}

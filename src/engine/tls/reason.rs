//! Why a handshake failed, in words with what to do: what rustls and webpki report, and what the server's alert says
//! (RFC 8446, section 6.2).

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, OtherError, PeerIncompatible};
use webpki::EndEntityCert;

/// How many of a certificate's names are shown, and how much of each.
const SHOWN_NAMES: usize = 10;
const SHOWN_CHARACTERS: usize = 100;
/// The longest chain that is followed for an explanation.
const MAX_CHAIN: usize = 16;

const TRUST_IT: &str = "pass tls=TLS(ca=…) to trust it";
const NO_COMMON: &str =
    "it accepts none of the TLS versions offered (1.2 and 1.3, unless tls=TLS(min_version=…, max_version=…) says otherwise)";

/// Why a certificate was refused, in words: what our own checks put into `CertificateError::Other`.
#[derive(Debug)]
struct Reason(String);

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Reason {}

/// The error for a certificate that is refused for this reason.
pub fn refused(reason: String) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(Reason(reason)))))
}

/// The same error, with more to it where the presented chain tells more.
pub fn explain(error: Error, end_entity: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>]) -> Error {
    match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => refused(untrusted(end_entity, intermediates)),
        // What openssl makes without further words claims to be an authority.
        Error::InvalidCertificate(CertificateError::Other(ref cause)) if is_authority(cause) && is_self_signed(end_entity) => {
            refused(format!("self-signed; {TRUST_IT}"))
        }
        other => other,
    }
}

/// True where webpki takes the certificate for an authority's, which is no server's.
pub fn is_authority(cause: &OtherError) -> bool {
    matches!(cause.0.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

fn is_self_signed(certificate: &CertificateDer<'_>) -> bool {
    EndEntityCert::try_from(certificate).is_ok_and(|parsed| parsed.issuer() == parsed.subject())
}

fn untrusted(end_entity: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>]) -> String {
    let Ok(leaf) = EndEntityCert::try_from(end_entity) else { return "signed by an unknown authority".into() };
    if is_self_signed(end_entity) {
        return format!("self-signed; {TRUST_IT}");
    }
    // Up the presented chain, to the last issuer that is named.
    let presented: Vec<_> = intermediates.iter().take(MAX_CHAIN).filter_map(|der| EndEntityCert::try_from(der).ok()).collect();
    let mut issuer = leaf.issuer().to_vec();
    for _ in 0..MAX_CHAIN {
        let Some(next) = presented.iter().find(|certificate| certificate.subject() == issuer) else { break };
        if next.issuer() == issuer {
            return format!("signed by {}, an authority that is not trusted; {TRUST_IT}", common_name(&issuer));
        }
        issuer = next.issuer().to_vec();
    }
    let missing = "or the server does not send its intermediate certificate";
    format!("signed by {}, an authority that is not trusted, {missing}; {TRUST_IT}", common_name(&issuer))
}

/// The common name, or else the organization, in a DER-encoded name. It is for a message only: a search finds it.
fn common_name(name: &[u8]) -> String {
    let find = |attribute: &[u8]| {
        let at = name.windows(attribute.len()).rposition(|window| window == attribute)?;
        // Then come a tag, a length below 128 and the value.
        let (head, value) = name.get(at + attribute.len()..)?.split_at_checked(2)?;
        value.get(..usize::from(*head.last()?))
    };
    match find(b"\x06\x03\x55\x04\x03").or_else(|| find(b"\x06\x03\x55\x04\x0a")) {
        Some(value) => format!("\"{}\"", shown(&String::from_utf8_lossy(value))),
        None => "one without a name".into(),
    }
}

/// Text that the server wrote, without control characters and of bounded length.
fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARACTERS).flat_map(char::escape_debug).collect()
}

/// What is wrong with a certificate, and what to do about it. Reads on from "certificate refused: …".
pub fn certificate_reason(error: &CertificateError) -> String {
    use CertificateError as E;
    match error {
        E::BadEncoding => "not a well-formed X.509 certificate".into(),
        E::Expired => "expired".into(),
        E::ExpiredContext { time, not_after } => {
            format!("expired {} ago", span(time.as_secs().saturating_sub(not_after.as_secs())))
        }
        E::NotValidYet => "not valid yet; is the clock right?".into(),
        E::NotValidYetContext { time, not_before } => {
            format!("not valid for another {}; is the clock right?", span(not_before.as_secs().saturating_sub(time.as_secs())))
        }
        E::UnknownIssuer => format!("self-signed or signed by an unknown authority; {TRUST_IT}"),
        E::NotValidForName => "issued for another host name".into(),
        E::NotValidForNameContext { presented, .. } => match hosts(presented).as_slice() {
            [] => "issued for no host name: it names none in subjectAltName".into(),
            hosts => format!("issued for another host name: {}", names(hosts)),
        },
        E::Revoked => "revoked".into(),
        E::UnknownRevocationStatus => {
            "not covered by the revocation lists given; pass in crls=… one of each authority in its chain".into()
        }
        E::ExpiredRevocationList => "checked against an expired revocation list; pass a newer one".into(),
        E::ExpiredRevocationListContext { time, next_update } => {
            let age = span(time.as_secs().saturating_sub(next_update.as_secs()));
            format!("checked against a revocation list that expired {age} ago; pass a newer one")
        }
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => "not issued for use by a server".into(),
        E::BadSignature => "not signed by the key of its authority, or with too weak a key (RSA below 2048 bits)".into(),
        E::UnsupportedSignatureAlgorithmContext { signature_algorithm_id, .. }
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext { signature_algorithm_id, .. } => {
            format!("signed with {}", algorithm(signature_algorithm_id))
        }
        E::UnhandledCriticalExtension => "with a critical extension that is not understood".into(),
        E::Other(OtherError(cause)) => other_reason(cause.as_ref()),
        other => shown(&other.to_string()),
    }
}

/// Reasons that rustls has no word for: ours, webpki's and the platform's.
fn other_reason(cause: &(dyn StdError + Send + Sync + 'static)) -> String {
    use webpki::Error as E;
    if let Some(Reason(reason)) = cause.downcast_ref() {
        return reason.clone();
    }
    match cause.downcast_ref() {
        Some(E::CaUsedAsEndEntity) => "an authority's and not a server's".into(),
        Some(E::EndEntityUsedAsCa) => "signed by a certificate that is not an authority's".into(),
        Some(E::PathLenConstraintViolated) => {
            "signed by an authority that may not certify others so far down (path length)".into()
        }
        Some(E::NameConstraintViolation) => "signed by an authority that may not certify this name (name constraints)".into(),
        Some(E::MaximumPathDepthExceeded | E::MaximumPathBuildCallsExceeded | E::MaximumSignatureChecksExceeded) => {
            "at the end of a chain too long or too tangled to check".into()
        }
        Some(E::UnsupportedCertVersion) => "of an old version of X.509; 3 is expected".into(),
        Some(E::UnsupportedCriticalExtension) => "with a critical extension that is not understood".into(),
        Some(E::EmptyEkuExtension) => "not issued for any use".into(),
        Some(other) => shown(&format!("not usable ({other:?})")),
        // This is how rustls-platform-verifier names a wrong purpose; its type is not public.
        None if cause.to_string() == "certificate had invalid extensions" => "not issued for use by a server".into(),
        None => shown(&cause.to_string()),
    }
}

/// The names of hosts among those that rustls has, each as Debug shows it: `DnsName("example.com")`, `IpAddress(127.0.0.1)`. Others
/// are email addresses and URIs.
fn hosts<'a>(presented: &'a [String]) -> Vec<&'a str> {
    let name = |shown: &'a String| shown.strip_prefix("DnsName(").or_else(|| shown.strip_prefix("IpAddress("))?.strip_suffix(')');
    presented.iter().filter_map(name).collect()
}

fn names(hosts: &[&str]) -> String {
    let bare = |name: &&str| shown(name.trim_matches('"'));
    let mut text = hosts.iter().take(SHOWN_NAMES).map(bare).collect::<Vec<_>>().join(", ");
    if let Some(more) = hosts.len().checked_sub(SHOWN_NAMES).filter(|more| *more > 0) {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

/// An AlgorithmIdentifier, by the object identifiers of the algorithms that were once in use.
fn algorithm(id: &[u8]) -> &'static str {
    const OLD: [(&[u8], &str); 3] = [
        (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05", "SHA-1, which is no longer safe"),
        (b"\x2a\x86\x48\xce\x3d\x04\x01", "SHA-1, which is no longer safe"),
        (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04", "MD5, which is no longer safe"),
    ];
    let known = OLD.iter().find(|(oid, _)| id.windows(oid.len()).any(|window| window == *oid));
    known.map_or("an algorithm that is not supported", |(_, name)| name)
}

fn span(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// Why the handshake, or the connection after it, failed. Reads on from "TLS failed: …".
pub fn tls_reason(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(why) => format!("certificate refused: {}", certificate_reason(why)),
        Error::InvalidCertRevocationList(why) => shown(&format!("a revocation list in crls=… is not usable ({why:?})")),
        Error::AlertReceived(alert) => alert_reason(*alert),
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => "the server does not speak TLS on this port".into(),
        Error::InvalidMessage(InvalidMessage::UnknownProtocolVersion)
        | Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled,
        ) => {
            format!("the server speaks another TLS version: {NO_COMMON}")
        }
        Error::PeerIncompatible(why) => shown(&format!("the server and we have no way in common ({why:?})")),
        Error::PeerMisbehaved(why) => shown(&format!("the server broke the rules of TLS ({why:?})")),
        Error::InvalidMessage(_) | Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            "the server sent something that is no TLS, or not in its place".into()
        }
        Error::NoCertificatesPresented => "the server sent no certificate".into(),
        Error::DecryptError => "what came does not decrypt: it was changed on the way".into(),
        Error::General(what) => what.escape_debug().to_string(),
        other => shown(&other.to_string()),
    }
}

/// Does the server say that it does not like the client's certificate, or that there is none? With TLS 1.3 it says so when the
/// client has long done with the handshake.
pub fn is_about_our_certificate(error: &Error) -> bool {
    use AlertDescription as A;
    let Error::AlertReceived(alert) = error else { return false };
    matches!(
        alert,
        A::CertificateRequired
            | A::NoCertificate
            | A::BadCertificate
            | A::UnsupportedCertificate
            | A::CertificateRevoked
            | A::CertificateExpired
            | A::CertificateUnknown
            | A::UnknownCA
            | A::AccessDenied
            | A::DecryptError
            | A::HandshakeFailure
    )
}

/// What the server's alert means for whoever asked.
fn alert_reason(alert: AlertDescription) -> String {
    use AlertDescription as A;
    let why = match alert {
        A::ProtocolVersion => NO_COMMON,
        A::InsufficientSecurity => "it accepts none of the ciphers offered",
        A::HandshakeFailure => {
            "it has no cipher or TLS version in common with us, or asks for a client certificate (tls=TLS(cert=…))"
        }
        A::CertificateRequired | A::NoCertificate => "it asks for a client certificate; pass tls=TLS(cert=…)",
        A::UnknownCA => "it does not trust the authority of our client certificate (tls=TLS(cert=…)), or misses one of its chain",
        A::CertificateExpired => "our client certificate (tls=TLS(cert=…)) has expired",
        A::CertificateRevoked => "our client certificate (tls=TLS(cert=…)) is revoked",
        A::BadCertificate | A::UnsupportedCertificate | A::CertificateUnknown | A::AccessDenied => {
            "it refuses our client certificate (tls=TLS(cert=…)), or asks for one"
        }
        A::DecryptError => "our client certificate (tls=TLS(cert=…)), or another signature, does not hold",
        A::UnrecognisedName => "it knows no host of this name",
        A::NoApplicationProtocol => "it speaks none of the HTTP versions offered",
        A::InternalError => "it failed itself",
        _ => return format!("the server ended it (alert {alert:?})"),
    };
    format!("the server refused: {why} (alert {alert:?})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rustls::pki_types::{ServerName, UnixTime};
    use std::time::Duration;

    #[test]
    fn spans_are_in_words() {
        assert_eq!((span(1), span(172_800), span(90)), ("1 second".into(), "2 days".into(), "90 seconds".into()));
    }

    #[test]
    fn old_algorithms_have_names() {
        let signed = |oid: &[u8]| {
            certificate_reason(&CertificateError::UnsupportedSignatureAlgorithmContext {
                signature_algorithm_id: oid.into(),
                supported_algorithms: Vec::new(),
            })
        };
        assert_eq!(signed(b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05\x05\x00"), "signed with SHA-1, which is no longer safe");
        assert_eq!(signed(b"\x06\x01\x01"), "signed with an algorithm that is not supported");
        assert!(certificate_reason(&CertificateError::BadSignature).contains("RSA below 2048 bits"));
    }

    #[test]
    fn many_names_are_cut_and_control_characters_escaped() {
        let presented: Vec<String> = (0..12).map(|n| format!("DnsName(\"a{n}\r\n.example\")")).collect();
        let expected = ServerName::try_from("b.example").unwrap();
        let reason = certificate_reason(&CertificateError::NotValidForNameContext { expected, presented });
        assert!(reason.starts_with("issued for another host name: a0\\r\\n.example, a1"), "{reason}");
        assert!(reason.ends_with(" and 2 more"), "{reason}");
    }

    #[test]
    fn an_old_revocation_list_says_how_old() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let error = CertificateError::ExpiredRevocationListContext { time: at(864_000), next_update: at(0) };
        assert!(certificate_reason(&error).contains("expired 10 days ago"));
    }

    #[test]
    fn each_alert_is_told_apart() {
        use AlertDescription as A;
        for (alert, words) in [
            (A::ProtocolVersion, "none of the TLS versions offered"),
            (A::HandshakeFailure, "no cipher or TLS version in common"),
            (A::CertificateRequired, "asks for a client certificate; pass tls=TLS(cert=…)"),
            (A::UnknownCA, "does not trust the authority of our client certificate"),
            (A::UnrecognisedName, "no host of this name"),
            (A::Unknown(200), "the server ended it"),
        ] {
            let reason = tls_reason(&Error::AlertReceived(alert));
            assert!(reason.contains(words), "{reason}");
        }
    }

    proptest! {
        #[test]
        fn any_name_is_shown_or_not(name in any::<Vec<u8>>()) {
            prop_assert!(!common_name(&name).chars().any(char::is_control));
            let attribute = [b"\x06\x03\x55\x04\x03".as_slice(), &name].concat();
            prop_assert!(!common_name(&attribute).chars().any(char::is_control));
        }

        #[test]
        fn any_certificate_is_explained(leaf in any::<Vec<u8>>()) {
            let leaf = CertificateDer::from(leaf);
            prop_assert!(!untrusted(&leaf, std::slice::from_ref(&leaf)).is_empty());
        }
    }
}

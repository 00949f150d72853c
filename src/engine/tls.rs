//! Whom to trust: the TLS settings of a client, with the system's trust store read when the first certificate is to be checked.

use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::config::Tls;

/// The TLS configuration for these settings.
///
/// # Errors
/// Says in words what is wrong with the `ca`.
pub fn client_config(tls: &Tls, http2: bool) -> Result<ClientConfig, String> {
    let provider = provider();
    let verifier: Arc<dyn ServerCertVerifier> = match (&tls.ca, tls.verify) {
        (_, false) => Arc::new(Unverified(provider.signature_verification_algorithms)),
        (Some(pem), true) => verifier(roots_from_pem(pem)?).map_err(|error| format!("ca: {error}"))?,
        (None, true) => Arc::new(SystemTrust { algorithms: provider.signature_verification_algorithms, inner: OnceLock::new() }),
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    if http2 {
        config.alpn_protocols.push(b"h2".to_vec());
    }
    config.alpn_protocols.push(b"http/1.1".to_vec());
    Ok(config)
}

/// What is wrong with a certificate, and what to do about it.
pub fn certificate_reason(error: &CertificateError) -> String {
    use CertificateError as E;
    match error {
        E::Expired => "expired".into(),
        E::ExpiredContext { time, not_after } => {
            format!("expired {} ago", span(time.as_secs().saturating_sub(not_after.as_secs())))
        }
        E::NotValidYet => "not valid yet".into(),
        E::NotValidYetContext { time, not_before } => {
            format!("not valid for another {}; is the clock right?", span(not_before.as_secs().saturating_sub(time.as_secs())))
        }
        E::UnknownIssuer => "self-signed or signed by an unknown authority; pass tls=TLS(ca=…) to trust it".into(),
        E::NotValidForName => "issued for another host name".into(),
        E::NotValidForNameContext { presented, .. } if presented.is_empty() => "issued for no host name".into(),
        E::NotValidForNameContext { presented, .. } => {
            // Each is as Debug shows it: DnsName("example.com").
            let names: Vec<&str> = presented.iter().map(|name| name.split('"').nth(1).unwrap_or(name)).collect();
            format!("issued for another host name: {}", names.join(", "))
        }
        E::Revoked => "revoked".into(),
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => "not issued for use by a server".into(),
        other => other.to_string(),
    }
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

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    PROVIDER.get_or_init(|| Arc::new(aws_lc_rs::default_provider())).clone()
}

fn verifier(roots: RootCertStore) -> Result<Arc<WebPkiServerVerifier>, String> {
    WebPkiServerVerifier::builder_with_provider(roots.into(), provider()).build().map_err(|error| error.to_string())
}

fn roots_from_pem(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| format!("ca: not valid PEM: {error}"))?;
        roots.add(certificate).map_err(|error| format!("ca: not a usable certificate: {error}"))?;
    }
    if roots.is_empty() {
        return Err("ca: expected at least one certificate in PEM, found none".into());
    }
    Ok(roots)
}

/// The system's trust store, or the bundled roots where the system has none: a slim container can still fetch.
fn system_trust() -> Result<Arc<dyn ServerCertVerifier>, Error> {
    if let Ok(platform) = rustls_platform_verifier::Verifier::new(provider()) {
        return Ok(Arc::new(platform));
    }
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    Ok(verifier(roots).map_err(Error::General)?)
}

/// Reads the trust store (tens of milliseconds) when the first certificate comes, not when a client is made.
#[derive(Debug)]
struct SystemTrust {
    algorithms: WebPkiSupportedAlgorithms,
    inner: OnceLock<Result<Arc<dyn ServerCertVerifier>, Error>>,
}

impl ServerCertVerifier for SystemTrust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let inner = self.inner.get_or_init(system_trust).as_ref().map_err(Error::clone)?;
        inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// `verify=False`: any certificate passes; the handshake must still be signed by it.
#[derive(Debug)]
struct Unverified(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ca_without_certificates_is_refused_in_words() {
        for (pem, word) in [(&b""[..], "found none"), (b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n", "ca:")] {
            let error = client_config(&Tls { ca: Some(pem.into()), verify: true }, true).expect_err("refused");
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn spans_are_in_words() {
        assert_eq!((span(1), span(172_800), span(90)), ("1 second".into(), "2 days".into(), "90 seconds".into()));
    }
}

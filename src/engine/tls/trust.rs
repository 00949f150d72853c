//! Whom to trust: the given roots, those that the environment names, the system's, or the bundled ones (RFC 5280).

use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::roots::{self, Paths};
use super::{pins, provider, reason};
use crate::engine::config::Tls;

/// The verifier for these settings.
///
/// # Errors
/// Says in words what is wrong with the `ca` or the `crls`.
pub fn verifier(tls: &Tls, paths: &Paths) -> Result<Arc<dyn ServerCertVerifier>, String> {
    let authority = match (&tls.ca, tls.verify) {
        (_, false) => Authority::Anyone,
        (Some(ca), true) => {
            let lists = roots::revocation_lists(&tls.crls).map_err(|error| format!("crls: {error}"))?;
            let certificates = roots::certificates(ca).map_err(|error| format!("ca: {error}"))?;
            Authority::Given(Given::new(certificates, lists)?)
        }
        (None, true) if !tls.crls.is_empty() => {
            return Err("crls: expected a ca too, since systems do not take revocation lists from us".into());
        }
        (None, true) => Authority::System(System { paths: paths.clone(), named: OnceLock::new() }),
    };
    Ok(Arc::new(Trust { authority, pins: tls.pins.clone(), algorithms: provider().signature_verification_algorithms }))
}

#[derive(Debug)]
struct Trust {
    authority: Authority,
    pins: Vec<pins::Pin>,
    algorithms: WebPkiSupportedAlgorithms,
}

#[derive(Debug)]
enum Authority {
    /// `verify=False`: any certificate passes; the handshake must still be signed by it.
    Anyone,
    Given(Given),
    System(System),
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match &self.authority {
            Authority::Anyone => Ok(()),
            Authority::Given(given) => given.verify(end_entity, intermediates, name, now),
            Authority::System(system) => system.verify(end_entity, intermediates, name, ocsp, now),
        }
        .map_err(|error| reason::explain(error, end_entity, intermediates))?;
        if !self.pins.is_empty() {
            pins::check(&self.pins, end_entity, intermediates, now, &self.algorithms)?;
        }
        Ok(ServerCertVerified::assertion())
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

/// Roots that somebody named.
#[derive(Debug)]
struct Given {
    certificates: Vec<CertificateDer<'static>>,
    verifier: Arc<WebPkiServerVerifier>,
}

impl Given {
    fn new(
        certificates: Vec<CertificateDer<'static>>,
        lists: Vec<CertificateRevocationListDer<'static>>,
    ) -> Result<Self, String> {
        if certificates.is_empty() {
            return Err("ca: expected at least one certificate in PEM or DER, found none".into());
        }
        let mut roots = RootCertStore::empty();
        // Large bundles hold an odd one here and there; to pass it over is to trust fewer.
        let (usable, _) = roots.add_parsable_certificates(certificates.iter().cloned());
        if usable == 0 {
            return Err("ca: none of the certificates is usable".into());
        }
        // As OpenSSL does with revocation lists: the whole chain is checked, and one without a list, or with an old one, is refused.
        let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider())
            .with_crls(lists)
            .enforce_revocation_expiration()
            .build()
            .map_err(|error| format!("crls: {error}"))?;
        Ok(Self { certificates, verifier })
    }

    fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        let refusal = match self.verifier.verify_server_cert(end_entity, intermediates, name, &[], now) {
            Ok(_) => return Ok(()),
            Err(refusal) => refusal,
        };
        // A self-signed certificate as openssl makes it claims to be an authority, and webpki takes none for a server's. Where
        // this very certificate was named as trusted, there is no more to prove. webpki has checked its dates by then.
        if let Error::InvalidCertificate(CertificateError::Other(cause)) = &refusal
            && reason::is_authority(cause)
            && self.certificates.iter().any(|named| named.as_ref() == end_entity.as_ref())
        {
            return verify_server_name(&ParsedCertificate::try_from(end_entity)?, name);
        }
        Err(refusal)
    }
}

/// The system's roots, read (tens of milliseconds) when the first certificate comes, not when a client is made.
#[derive(Debug)]
struct System {
    paths: Paths,
    named: OnceLock<Given>,
}

impl System {
    fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<(), Error> {
        if self.paths.is_empty() {
            return platform()?.verify_server_cert(end_entity, intermediates, name, ocsp, now).map(drop);
        }
        self.named()?.verify(end_entity, intermediates, name, now)
    }

    /// The roots that the environment names. A failure is not kept: the files may be there next time.
    fn named(&self) -> Result<&Given, Error> {
        if let Some(given) = self.named.get() {
            return Ok(given);
        }
        let given = self.paths.read().and_then(|certificates| Given::new(certificates, Vec::new())).map_err(Error::General)?;
        Ok(self.named.get_or_init(|| given))
    }
}

/// The system's trust store, or the bundled roots where the system has none: a slim container can still fetch.
///
/// It is read before the cell is entered: a process that is forked meanwhile would wait for the cell for ever.
fn platform() -> Result<Arc<dyn ServerCertVerifier>, Error> {
    static PLATFORM: OnceLock<Arc<dyn ServerCertVerifier>> = OnceLock::new();
    if let Some(verifier) = PLATFORM.get() {
        return Ok(verifier.clone());
    }
    let verifier: Arc<dyn ServerCertVerifier> = match rustls_platform_verifier::Verifier::new(provider()) {
        Ok(platform) => Arc::new(platform),
        Err(_) => bundled()?,
    };
    Ok(PLATFORM.get_or_init(|| verifier).clone())
}

fn bundled() -> Result<Arc<WebPkiServerVerifier>, Error> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let builder = WebPkiServerVerifier::builder_with_provider(roots.into(), provider());
    builder.build().map_err(|error| Error::General(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ca_without_certificates_is_refused_in_words() {
        let broken = b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
        let empty = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (blob, words) in [(&b""[..], "found none"), (broken, "not valid PEM"), (empty, "usable"), (b"\x30\x00", "usable")] {
            let tls = Tls { ca: Some(vec![blob.to_vec()]), ..Tls::default() };
            let error = verifier(&tls, &Paths::default()).unwrap_err();
            assert!(error.starts_with("ca: ") && error.contains(words), "{error}");
        }
    }

    #[test]
    fn the_bundled_roots_are_usable() {
        assert!(bundled().is_ok());
    }

    #[test]
    fn revocation_lists_need_a_ca() {
        let tls = Tls { crls: vec![vec![0x30]], ..Tls::default() };
        assert!(verifier(&tls, &Paths::default()).unwrap_err().contains("expected a ca"));
        let tls = Tls { ca: Some(vec![b"x".to_vec()]), ..tls };
        assert!(verifier(&tls, &Paths::default()).unwrap_err().contains("neither PEM nor DER"));
    }
}

//! Which roots a client trusts that is given none, for whoever looks for what is wrong.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

use super::roots::Paths;

/// Where the roots come from, and how many of them are usable, where that can be known.
#[derive(Debug, PartialEq, Eq)]
pub struct DefaultRoots {
    /// `"environment"`, `"system"` or `"bundled"`.
    pub source: &'static str,
    /// None where the system keeps them to itself.
    pub count: Option<usize>,
}

/// The roots that a client made now would trust.
///
/// # Errors
/// Where the environment names roots, and there are none; no certificate is trusted then.
pub fn default_roots() -> Result<DefaultRoots, String> {
    let named = Paths::from_environment();
    if named.is_empty() { Ok(of_system()) } else { of_environment(&named) }
}

fn of_environment(named: &Paths) -> Result<DefaultRoots, String> {
    match usable(named.read()?) {
        0 => Err("none of the certificates that SSL_CERT_FILE and SSL_CERT_DIR name is usable".into()),
        count => Ok(DefaultRoots { source: "environment", count: Some(count) }),
    }
}

/// As the verifier of the platform has it, which reads files on these systems and asks on all others.
#[cfg(all(unix, not(target_os = "android"), not(target_vendor = "apple")))]
fn of_system() -> DefaultRoots {
    match usable(rustls_native_certs::load_native_certs().certs) {
        0 => DefaultRoots { source: "bundled", count: Some(webpki_roots::TLS_SERVER_ROOTS.len()) },
        count => DefaultRoots { source: "system", count: Some(count) },
    }
}

#[cfg(not(all(unix, not(target_os = "android"), not(target_vendor = "apple"))))]
fn of_system() -> DefaultRoots {
    DefaultRoots { source: "system", count: None }
}

fn usable(certificates: Vec<CertificateDer<'static>>) -> usize {
    RootCertStore::empty().add_parsable_certificates(certificates).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_roots_are_counted_once_and_only_the_usable_ones() {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(vec!["a".into()]).unwrap().self_signed(&key).unwrap();
        let file = std::env::temp_dir().join(format!("fastfetch-defaults-{}.pem", std::process::id()));
        let named = Paths { file: Some(file.clone().into()), directories: None };

        let unusable = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        std::fs::write(&file, certificate.pem() + &certificate.pem() + unusable).unwrap();
        assert_eq!(of_environment(&named), Ok(DefaultRoots { source: "environment", count: Some(1) }));

        std::fs::write(&file, unusable).unwrap();
        assert!(of_environment(&named).unwrap_err().contains("usable"));
        std::fs::remove_file(&file).unwrap();
        assert!(of_environment(&named).unwrap_err().contains("SSL_CERT_FILE"));
    }

    #[test]
    fn without_named_roots_there_are_always_some() {
        assert_ne!(of_system().count, Some(0));
    }
}

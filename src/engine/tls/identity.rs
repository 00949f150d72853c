//! Client certificates: a chain with its key in PEM (RFC 7468), DER or PKCS#12 (RFC 7292). Keys are PKCS#8 (RFC 5958, encrypted as
//! RFC 8018 has it or not), PKCS#1 (RFC 8017) or SEC1 (RFC 5915).
//!
//! The files are the caller's own. How costly a password is to check is written in them, and believed.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use pkcs8::EncryptedPrivateKeyInfoRef;
use rustls::Error;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::roots::{certificates, is_pem};
use crate::engine::config::Identity;

/// The most bytes of a PKCS#12 file or a key.
const MAX_BYTES: usize = 1024 * 1024;

type Loaded = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// The chain, the client's own certificate first, and its key.
///
/// # Errors
/// Says in words what is wrong, and nothing of what is secret.
pub fn load(identity: &Identity) -> Result<Loaded, String> {
    let password = identity.password.as_deref();
    if identity.certificate.len().max(identity.key.as_ref().map_or(0, Vec::len)) > MAX_BYTES {
        return Err(format!("larger than {MAX_BYTES} bytes"));
    }
    let key = match &identity.key {
        Some(key) => key,
        None if is_pem(&identity.certificate) => &identity.certificate,
        None => return pkcs12(&identity.certificate, password.unwrap_or_default()),
    };
    let chain = certificates(std::slice::from_ref(&identity.certificate))?;
    if chain.is_empty() {
        return Err("expected at least one certificate in PEM or DER, found none".into());
    }
    let key = if is_pem(key) { key_from_pem(key, password)? } else { key_from_der(key, password)? };
    Ok((chain, key))
}

/// Why rustls takes the pair for no identity.
pub fn mismatch(error: &Error) -> String {
    match error {
        Error::InconsistentKeys(_) => "the key is not the certificate's".into(),
        Error::General(what) => format!("the key is not usable: {}", what.escape_debug()),
        other => other.to_string().escape_debug().to_string(),
    }
}

fn key_from_pem(pem: &[u8], password: Option<&str>) -> Result<PrivateKeyDer<'static>, String> {
    let text = String::from_utf8_lossy(pem);
    if text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err("the key is encrypted in the old OpenSSL form; \"openssl pkcs8 -topk8\" makes a PKCS#8 key of it".into());
    }
    if let Some(encrypted) = section(&text, "ENCRYPTED PRIVATE KEY") {
        let digits: Vec<u8> = encrypted.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let der = BASE64_STANDARD.decode(digits).map_err(|_| "the key is not valid PEM")?;
        return decrypt(&der, password);
    }
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        rustls::pki_types::pem::Error::NoItemsFound => "expected a private key (PKCS#8, PKCS#1 or SEC1), found none".into(),
        // What the error says might be a part of the key.
        _ => "the key is not valid PEM".into(),
    })
}

fn section<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    Some(rest.split_once(&format!("-----END {label}-----"))?.0)
}

fn key_from_der(der: &[u8], password: Option<&str>) -> Result<PrivateKeyDer<'static>, String> {
    if EncryptedPrivateKeyInfoRef::try_from(der).is_ok() {
        return decrypt(der, password);
    }
    let key = PrivateKeyDer::try_from(der).map_err(|_| "expected a private key (PKCS#8, PKCS#1 or SEC1) in PEM or DER")?;
    Ok(key.clone_key())
}

fn decrypt(der: &[u8], password: Option<&str>) -> Result<PrivateKeyDer<'static>, String> {
    let encrypted =
        EncryptedPrivateKeyInfoRef::try_from(der).map_err(|error| format!("the encrypted key is damaged: {error}"))?;
    let password = password.ok_or("the key is encrypted; pass its password")?;
    let key = encrypted.decrypt(password).map_err(|error| match error {
        pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::NoPbes1CryptSupport) => {
            "the key is encrypted with PBES1, which is too weak; \"openssl pkcs8 -topk8 -v2 aes256\" makes another".to_owned()
        }
        pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::UnsupportedAlgorithm { oid }) => {
            format!("the key is encrypted with {oid}, which is not supported")
        }
        _ => "the key does not open: is the password right?".into(),
    })?;
    Ok(PrivateKeyDer::Pkcs8(key.as_bytes().to_vec().into()))
}

fn pkcs12(der: &[u8], password: &str) -> Result<Loaded, String> {
    let store = KeyStore::from_pkcs12(der, password, Pkcs12ImportPolicy::Relaxed).map_err(|error| match error {
        p12_keystore::error::Error::MacError(_) => "the PKCS#12 file does not open: is the password right?".to_owned(),
        other => format!("neither PEM nor a usable PKCS#12 file: {}", other.to_string().escape_debug()),
    })?;
    let (_, entry) = store.private_key_chain().ok_or("the PKCS#12 file holds no private key")?;
    let chain: Vec<_> = entry.certs().iter().map(|certificate| CertificateDer::from(certificate.as_der().to_vec())).collect();
    if chain.is_empty() {
        return Err("the PKCS#12 file holds no certificate for its key".into());
    }
    Ok((chain, PrivateKeyDer::Pkcs8(entry.key().as_der().to_vec().into())))
}

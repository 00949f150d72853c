//! Client certificates in every form, right, wrong and missing; versions; servers that speak no TLS.

use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use proptest::prelude::*;

use super::*;

fn server_that_asks(clients: &Authority, versions: &[&'static SupportedProtocolVersion]) -> ServerConfig {
    let mut roots = RootCertStore::empty();
    roots.add(clients.der().clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider()).build().unwrap();
    let chain = Chain::new(leaf(&[HOST]), trusted());
    let builder = ServerConfig::builder_with_provider(provider()).with_protocol_versions(versions).unwrap();
    builder.with_client_cert_verifier(verifier).with_single_cert(chain.0.clone(), secret(&chain.1)).unwrap()
}

fn client(issuer: &Authority) -> Chain {
    Chain::new(leaf(&["client"]), issuer)
}

fn pem(chain: &Chain) -> Vec<u8> {
    let tag = |label: &str, der: &[u8]| {
        use base64::Engine;
        let digits = base64::prelude::BASE64_STANDARD.encode(der);
        format!("-----BEGIN {label}-----\n{digits}\n-----END {label}-----\n")
    };
    chain.0.iter().map(|der| tag("CERTIFICATE", der)).collect::<String>().into_bytes()
}

fn store(chain: &Chain) -> KeyStore {
    let key = PrivateKey::from_der(&chain.1.serialize_der()).unwrap();
    let entry = PrivateKeyChain::new(vec![1], key, [Certificate::from_der(&chain.0[0]).unwrap()]);
    let mut store = KeyStore::new();
    store.add_entry("client", KeyStoreEntry::PrivateKeyChain(entry));
    store
}

fn with(certificate: Vec<u8>, key: Option<Vec<u8>>, password: Option<&str>) -> Tls {
    Tls { identity: Some(Identity { certificate, key, password: password.map(Into::into) }), ..trusting() }
}

fn complaint(tls: &Tls) -> String {
    client_config(tls, Alpn::Http1, false).unwrap_err()
}

#[test]
fn a_server_that_asks_gets_the_right_certificate_or_says_no() {
    let clients = root("Clients");
    let right = client(&clients);
    let show = |chain: &Chain| with([pem(chain), chain.1.serialize_pem().into_bytes()].concat(), None, None);
    for versions in [&[&version::TLS13], &[&version::TLS12]] {
        accepted(&show(&right), server_that_asks(&clients, versions), HOST);
        let words = ["the server refused: it does not trust the authority of our client certificate (tls=TLS(cert=…))"];
        refused(&show(&client(&root("Others"))), server_that_asks(&clients, versions), HOST, &words);
        let words = ["the server refused: it ", "asks for a client certificate", "tls=TLS(cert=…)"];
        refused(&trusting(), server_that_asks(&clients, versions), HOST, &words);
        // The right name, the wrong key.
        let words = ["client certificate", "tls=TLS(cert=…)"];
        refused(&show(&client(&root("Clients"))), server_that_asks(&clients, versions), HOST, &words);
    }
    accepted(&show(&right), Chain::new(leaf(&[HOST]), trusted()).server(), HOST);
}

#[test]
fn every_form_is_read() {
    let clients = root("Clients");
    let chain = client(&clients);
    let server = || server_that_asks(&clients, &[&version::TLS13]);
    let key = chain.1.serialize_der();
    accepted(&with(pem(&chain), Some(key.clone()), None), server(), HOST);
    accepted(&with(chain.0[0].to_vec(), Some(key.clone()), None), server(), HOST);
    accepted(&with(chain.0[0].to_vec(), Some(chain.1.serialize_pem().into_bytes()), None), server(), HOST);

    let store = store(&chain);
    use p12_keystore::EncryptionAlgorithm as E;
    for algorithm in [E::PbeWithHmacSha256AndAes256, E::PbeWithShaAnd3KeyTripleDesCbc, E::PbeWithShaAnd40BitRc4Cbc] {
        let p12 = store.writer("s3cret").encryption_algorithm(algorithm).write().unwrap();
        accepted(&with(p12.clone(), None, Some("s3cret")), server(), HOST);
        for password in [None, Some("other")] {
            let error = complaint(&with(p12.clone(), None, password));
            assert!(error.contains("PKCS#12 file does not open: is the password right?"), "{error}");
        }
    }
}

/// Made by `openssl genpkey -algorithm EC … | openssl pkcs8 -topk8 -v2 …`, with its password "s3cret".
const ENCRYPTED: [&str; 2] = [include_str!("keys/aes256.pem"), include_str!("keys/des3.pem")];
/// The same key, in SEC1.
const SEC1: &str = include_str!("keys/sec1.pem");

#[test]
fn encrypted_keys_open_with_their_password() {
    let key = KeyPair::from_pkcs8_pem_and_sign_algo(include_str!("keys/plain.pem"), &rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let clients = root("Clients");
    let chain = Chain(vec![leaf(&["client"]).signed_by(&key, &clients).unwrap().der().clone()], key);
    let server = || server_that_asks(&clients, &[&version::TLS13]);
    accepted(&with(pem(&chain), Some(SEC1.into()), None), server(), HOST);
    for encrypted in ENCRYPTED {
        accepted(&with(pem(&chain), Some(encrypted.into()), Some("s3cret")), server(), HOST);
        assert!(complaint(&with(pem(&chain), Some(encrypted.into()), None)).contains("the key is encrypted; pass its password"));
        assert!(complaint(&with(pem(&chain), Some(encrypted.into()), Some("no"))).contains("is the password right?"));
    }
}

#[test]
fn what_is_no_identity_is_refused_in_words() {
    let clients = root("Clients");
    let chain = client(&clients);
    let old = b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    let rotten = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    for (certificate, key, words) in [
        (pem(&chain), None, "expected a private key"),
        (pem(&chain), Some(client(&clients).1.serialize_der()), "the key is not the certificate's"),
        (pem(&chain), Some(old.to_vec()), "openssl pkcs8 -topk8"),
        (pem(&chain), Some(rotten.to_vec()), "the key is not usable"),
        (pem(&chain), Some(b"\x30junk".to_vec()), "expected a private key"),
        (b"".to_vec(), Some(chain.1.serialize_der()), "at least one certificate"),
        (b"junk".to_vec(), None, "neither PEM nor a usable PKCS#12 file"),
        (vec![0; 2_000_000], None, "larger than"),
    ] {
        let error = complaint(&with(certificate, key, None));
        assert!(error.starts_with("cert: ") && error.contains(words), "{error}");
    }
}

#[test]
fn no_identity_is_shown() {
    let tls = with(b"s3cret".to_vec(), Some(b"s3cret".to_vec()), Some("s3cret"));
    assert!(!format!("{:?}", tls.identity).contains("s3cret"));
}

proptest! {
    #[test]
    fn any_bytes_are_an_identity_or_not(certificate in any::<Vec<u8>>(), key in any::<Vec<u8>>()) {
        for key in [None, Some(key)] {
            let _ = identity::load(&Identity { certificate: certificate.clone(), key, password: Some("p".into()) });
        }
    }

    #[test]
    fn a_damaged_file_is_read_or_refused(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        static FILE: OnceLock<Vec<u8>> = OnceLock::new();
        let mut certificate = FILE
            .get_or_init(|| store(&client(trusted())).writer("p").encryption_iterations(1).mac_iterations(1).write().unwrap())
            .clone();
        *at.get_mut(&mut certificate) = byte;
        let _ = identity::load(&Identity { certificate, key: None, password: Some("p".into()) });
    }
}

#[test]
fn versions_must_overlap() {
    let server = |version| {
        let chain = Chain::new(leaf(&[HOST]), trusted());
        let builder = ServerConfig::builder_with_provider(provider()).with_protocol_versions(&[version]).unwrap();
        builder.with_no_client_auth().with_single_cert(chain.0.clone(), secret(&chain.1)).unwrap()
    };
    let old = Tls { max_version: TlsVersion::Tls12, ..trusting() };
    let new = Tls { min_version: TlsVersion::Tls13, ..trusting() };
    accepted(&old, server(&version::TLS12), HOST);
    accepted(&new, server(&version::TLS13), HOST);
    refused(&old, server(&version::TLS13), HOST, &["none of the TLS versions offered"]);
    refused(&new, server(&version::TLS12), HOST, &["none of the TLS versions offered"]);
    let none = Tls { min_version: TlsVersion::Tls13, max_version: TlsVersion::Tls12, ..trusting() };
    assert!(complaint(&none).contains("min_version"));
}

#[test]
fn http_in_the_place_of_tls_is_told() {
    let config = client_config(&trusting(), Alpn::Http1, false).unwrap();
    let mut client = ClientConnection::new(config, ServerName::try_from(HOST).unwrap()).unwrap();
    client.read_tls(&mut &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..]).unwrap();
    let error = client.process_new_packets().unwrap_err();
    assert_eq!(tls_reason(&error), "the server does not speak TLS on this port");
}

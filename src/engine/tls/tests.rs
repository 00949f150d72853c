//! Whole handshakes in memory, with certificates made on the spot: what is refused, and with what words.

use std::io::{Read, Write};
use std::sync::{Arc, OnceLock};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyPair,
    KeyUsagePurpose, NameConstraints, PublicKeyData,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, ClientConnection, Error, RootCertStore, ServerConfig, ServerConnection, version};

use super::*;
use crate::engine::config::Identity;

mod certificates;
mod identities;
mod sharing;

const HOST: &str = "a.example";

type Authority = CertifiedIssuer<'static, KeyPair>;

/// An authority under this name, as a root of its own.
fn root(name: &str) -> Authority {
    CertifiedIssuer::self_signed(authority(name), KeyPair::generate().unwrap()).unwrap()
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// The root that the client trusts, unless a test says otherwise.
fn trusted() -> &'static Authority {
    static ROOT: OnceLock<Authority> = OnceLock::new();
    ROOT.get_or_init(|| root("Trusted Root"))
}

fn leaf(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, "a leaf");
    params
}

/// A chain and the key of its first certificate.
struct Chain(Vec<CertificateDer<'static>>, KeyPair);

impl Chain {
    fn new(params: CertificateParams, issuer: &Authority) -> Self {
        let key = KeyPair::generate().unwrap();
        Self(vec![params.signed_by(&key, issuer).unwrap().der().clone()], key)
    }

    fn and(mut self, certificate: &CertificateDer<'static>) -> Self {
        self.0.push(certificate.clone());
        self
    }

    fn server(&self) -> ServerConfig {
        let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
        builder.with_no_client_auth().with_single_cert(self.0.clone(), secret(&self.1)).unwrap()
    }
}

fn secret(key: &KeyPair) -> PrivateKeyDer<'static> {
    PrivateKeyDer::try_from(key.serialize_der()).unwrap()
}

/// The settings of a client that trusts the trusted root.
fn trusting() -> Tls {
    trusting_in(trusted().der())
}

fn trusting_in(ca: &CertificateDer<'_>) -> Tls {
    Tls { ca: Some(vec![ca.to_vec()]), ..Tls::default() }
}

/// Shakes hands in memory, and sends a byte each way, for a server that refuses does so after the client is done.
fn handshake(tls: &Tls, server: ServerConfig, host: &str) -> Result<ClientConnection, Error> {
    let config = client_config(tls, Alpn::Http2OrHttp1, false).unwrap();
    connect(config, &mut ServerConnection::new(Arc::new(server)).unwrap(), host)
}

fn connect(config: Arc<ClientConfig>, server: &mut ServerConnection, host: &str) -> Result<ClientConnection, Error> {
    let mut client = ClientConnection::new(config, ServerName::try_from(host.to_owned()).unwrap())?;
    client.writer().write_all(b"?").unwrap();
    for _ in 0..10 {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire).unwrap();
        }
        let mut rest = wire.as_slice();
        while !rest.is_empty() {
            server.read_tls(&mut rest).unwrap();
            // A failure becomes an alert, which the client reads.
            if server.process_new_packets().is_err() {
                break;
            }
        }
        let mut asked = [0];
        if server.reader().read(&mut asked).is_ok_and(|read| read == 1) {
            server.writer().write_all(b"!").unwrap();
        }
        let mut wire = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        let mut rest = wire.as_slice();
        while !rest.is_empty() {
            client.read_tls(&mut rest).unwrap();
            client.process_new_packets()?;
        }
        if client.reader().read(&mut asked).is_ok_and(|read| read == 1) {
            return Ok(client);
        }
    }
    panic!("the handshake does not end");
}

/// Asserts that this server is refused, and that the reason has all these words.
fn refused(tls: &Tls, server: ServerConfig, host: &str, words: &[&str]) {
    let error = handshake(tls, server, host).expect_err("refused");
    let reason = match &error {
        Error::InvalidCertificate(why) => certificate_reason(why),
        other => tls_reason(other),
    };
    assert!(words.iter().all(|word| reason.contains(word)), "{words:?} are not all in {reason:?} ({error:?})");
    assert!(tls_reason(&error).contains(&reason));
}

fn accepted(tls: &Tls, server: ServerConfig, host: &str) {
    if let Err(error) = handshake(tls, server, host) {
        panic!("{error:?}");
    }
}

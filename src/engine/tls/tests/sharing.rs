//! Which clients share a configuration, and what is in it.

use rustls::HandshakeKind;

use super::*;

fn config(tls: &Tls) -> Arc<ClientConfig> {
    client_config(tls, Alpn::Http2OrHttp1, false).unwrap()
}

/// From a store of the test's own, which no other test fills up.
fn from(recent: &Recent, tls: &Tls) -> Arc<ClientConfig> {
    recent.config(tls, Alpn::Http2OrHttp1, Environment::default()).unwrap()
}

#[test]
fn equal_settings_share_and_others_do_not() {
    let recent = Recent::default();
    let tls = trusting();
    let first = from(&recent, &tls);
    assert!(Arc::ptr_eq(&first, &from(&recent, &tls.clone())));
    let others = [
        Tls::default(),
        trusting_in(root("Trusted Root").der()),
        Tls { verify: false, ..tls.clone() },
        Tls { pins: vec![[0; 32]], ..tls.clone() },
        Tls { sni: false, ..tls.clone() },
        Tls { min_version: TlsVersion::Tls13, ..tls.clone() },
    ];
    for other in others {
        assert!(!Arc::ptr_eq(&first, &from(&recent, &other)), "{other:?}");
    }
    let environment = || Environment { key_log: Some("a".into()), ..Environment::default() };
    assert!(!Arc::ptr_eq(&first, &recent.config(&tls, Alpn::Http1, Environment::default()).unwrap()));
    assert!(!Arc::ptr_eq(&first, &recent.config(&tls, Alpn::Http2OrHttp1, environment()).unwrap()));
    assert!(Arc::ptr_eq(&first, &from(&recent, &tls)));
}

#[test]
fn only_the_last_ones_are_kept() {
    let recent = Recent::default();
    let first = from(&recent, &trusting());
    for n in 0..SHARED {
        from(&recent, &trusting_in(root(&format!("Root {n}")).der()));
    }
    assert_eq!(recent.0.lock().unwrap().len(), SHARED);
    assert!(!Arc::ptr_eq(&first, &from(&recent, &trusting())));
}

#[test]
fn lax_named_and_pinned_clients_share_with_nobody() {
    let key = KeyPair::generate().unwrap();
    let own = leaf(&["client"]).self_signed(&key).unwrap();
    let identity = Identity { certificate: own.der().to_vec(), key: Some(key.serialize_der()), password: None };
    for tls in [
        Tls { verify: false, ..Tls::default() },
        Tls { pins: vec![[0; 32]], ..trusting() },
        Tls { identity: Some(identity), ..trusting() },
    ] {
        let recent = Recent::default();
        assert!(!Arc::ptr_eq(&from(&recent, &tls), &from(&recent, &tls)), "{tls:?}");
        assert!(recent.0.lock().unwrap().is_empty());
    }
}

#[test]
fn the_environment_names_the_system_s_roots() {
    let file = env::temp_dir().join(format!("fastfetch-trust-{}.pem", std::process::id()));
    let environment =
        || Environment { roots: roots::Paths { file: Some(file.clone().into()), directories: None }, key_log: None };
    let config = Recent::default().config(&Tls::default(), Alpn::Http1, environment()).unwrap();
    let server = Arc::new(Chain::new(leaf(&[HOST]), trusted()).server());
    let connect = || super::connect(config.clone(), &mut ServerConnection::new(server.clone()).unwrap(), HOST);
    // Nothing is trusted in place of a file that is not there; once it is, it counts.
    let reason = tls_reason(&connect().unwrap_err());
    assert!(reason.contains("SSL_CERT_FILE") && reason.contains("cannot be read"), "{reason}");
    std::fs::write(&file, trusted().pem()).unwrap();
    let result = connect();
    std::fs::remove_file(&file).unwrap();
    result.unwrap();
}

/// Where nothing is named, it is the system's roots or the bundled ones, and neither knows ours.
#[test]
fn the_system_does_not_know_our_root() {
    let config = Recent::default().config(&Tls::default(), Alpn::Http1, Environment::default()).unwrap();
    let server = Arc::new(Chain::new(leaf(&[HOST]), trusted()).server());
    let error = super::connect(config, &mut ServerConnection::new(server).unwrap(), HOST).unwrap_err();
    assert!(matches!(error, Error::InvalidCertificate(_)), "{error:?}");
}

/// A session begun without verification must not be taken up by a client that verifies.
#[test]
fn sessions_stay_where_they_were_begun() {
    let chain = Chain::new(leaf(&[HOST]), &root("Nobody's"));
    let server = Arc::new(chain.server());
    let connect =
        |config: &Arc<ClientConfig>| super::connect(config.clone(), &mut ServerConnection::new(server.clone()).unwrap(), HOST);
    let lax = config(&Tls { verify: false, ..Tls::default() });
    assert_eq!(connect(&lax).unwrap().handshake_kind(), Some(HandshakeKind::Full));
    assert_eq!(connect(&lax).unwrap().handshake_kind(), Some(HandshakeKind::Resumed));
    assert_eq!(connect(&config(&Tls { verify: false, ..Tls::default() })).unwrap().handshake_kind(), Some(HandshakeKind::Full));
    assert!(connect(&config(&trusting())).is_err());
}

#[test]
fn what_is_offered() {
    let offered = |alpn| client_config(&trusting(), alpn, false).unwrap().alpn_protocols.clone();
    assert_eq!(offered(Alpn::Http1), [b"http/1.1"]);
    assert_eq!(offered(Alpn::Http2), [b"h2"]);
    assert_eq!(offered(Alpn::Http2OrHttp1), [&b"h2"[..], b"http/1.1"]);
    for sni in [true, false] {
        let mut server = ServerConnection::new(Arc::new(Chain::new(leaf(&[HOST]), trusted()).server())).unwrap();
        super::connect(config(&Tls { sni, ..trusting() }), &mut server, HOST).unwrap();
        assert_eq!(server.server_name(), sni.then_some(HOST));
    }
}

#[test]
fn a_server_of_other_versions_of_http_is_told() {
    let mut server = Chain::new(leaf(&[HOST]), trusted()).server();
    server.alpn_protocols = vec![b"smtp".to_vec()];
    refused(&trusting(), server, HOST, &["speaks none of the HTTP versions offered"]);
}

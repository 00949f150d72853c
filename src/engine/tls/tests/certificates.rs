//! Certificates of servers: dates, names, chains, purposes, revocation and pins.

use rcgen::{CertificateRevocationListParams, KeyIdMethod, RevokedCertParams, SerialNumber, date_time_ymd};

use super::*;

#[test]
fn a_good_certificate_is_accepted() {
    accepted(&trusting(), Chain::new(leaf(&[HOST]), trusted()).server(), HOST);
    accepted(&trusting(), Chain::new(leaf(&["127.0.0.1", "::1"]), trusted()).server(), "127.0.0.1");
    let pem = Tls { ca: Some(vec![(root("Other").pem() + &trusted().pem()).into_bytes()]), ..Tls::default() };
    accepted(&pem, Chain::new(leaf(&[HOST]), trusted()).server(), HOST);
}

#[test]
fn dates() {
    let mut old = leaf(&[HOST]);
    old.not_after = date_time_ymd(2020, 1, 1);
    refused(&trusting(), Chain::new(old, trusted()).server(), HOST, &["expired", "days ago"]);
    let mut young = leaf(&[HOST]);
    young.not_before = date_time_ymd(2100, 1, 1);
    refused(&trusting(), Chain::new(young, trusted()).server(), HOST, &["not valid for another", "days; is the clock right?"]);
}

#[test]
fn names() {
    let refuses = |names: &[&str], host: &str, words: &[&str]| {
        refused(&trusting(), Chain::new(leaf(names), trusted()).server(), host, words);
    };
    refuses(&["b.example", "c.example"], HOST, &["issued for another host name: b.example, c.example"]);
    refuses(&[], HOST, &["issued for no host name", "none in subjectAltName"]);
    refuses(&["127.0.0.2"], "127.0.0.1", &["another host name: 127.0.0.2"]);
    refuses(&["127.0.0.1"], HOST, &["another host name: 127.0.0.1"]);
    // An address written as a DNS name is none.
    let mut params = leaf(&[]);
    params.subject_alt_names = vec![rcgen::SanType::DnsName("127.0.0.1".try_into().unwrap())];
    refused(&trusting(), Chain::new(params, trusted()).server(), "127.0.0.1", &["another host name", "127.0.0.1"]);
    // A common name is none either.
    let mut params = leaf(&[]);
    params.distinguished_name.push(DnType::CommonName, HOST);
    refused(&trusting(), Chain::new(params, trusted()).server(), HOST, &["issued for no host name"]);
}

#[test]
fn wildcards_stand_for_one_label() {
    let server = |name: &str| Chain::new(leaf(&[name]), trusted()).server();
    accepted(&trusting(), server("*.b.example"), "a.b.example");
    for (name, host) in [
        ("*", "example"),
        ("*", "a.example"),
        ("*.com", "com"),
        ("*.com", "example.com"),
        ("*.com", "a.example.com"),
        ("*.b.example", "b.example"),
        ("*.b.example", "a.a.b.example"),
        ("a.*.example", "a.b.example"),
        ("a*.b.example", "ab.b.example"),
        ("*.*.example", "a.b.example"),
    ] {
        refused(&trusting(), server(name), host, &["issued for another host name", name]);
    }
}

#[test]
fn self_signed() {
    for is_ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let make = |names: &[&str], end: i32| {
            let key = KeyPair::generate().unwrap();
            let mut params = leaf(names);
            params.is_ca = is_ca;
            params.not_after = date_time_ymd(end, 1, 1);
            Chain(vec![params.self_signed(&key).unwrap().der().clone()], key)
        };
        let chain = make(&[HOST], 4000);
        let own = trusting_in(&chain.0[0]);
        accepted(&own, chain.server(), HOST);
        refused(&own, chain.server(), "b.example", &["another host name: a.example"]);
        let old = make(&[HOST], 2020);
        refused(&trusting_in(&old.0[0]), old.server(), HOST, &["expired"]);
        // The same name and another key is not the certificate that was named.
        let other = make(&[HOST], 4000);
        assert!(handshake(&own, other.server(), HOST).is_err());
        refused(&trusting(), chain.server(), HOST, &["self-signed; pass tls=TLS(ca=…) to trust it"]);
    }
}

#[test]
fn chains() {
    let other = root("Other Root");
    let words = ["signed by \"Other Root\", an authority that is not trusted", "pass tls=TLS(ca=…) to trust it"];
    refused(&trusting(), Chain::new(leaf(&[HOST]), &other).server(), HOST, &words);
    refused(&trusting(), Chain::new(leaf(&[HOST]), &other).and(other.der()).server(), HOST, &words);

    let middle = CertifiedIssuer::signed_by(authority("Middle"), KeyPair::generate().unwrap(), trusted()).unwrap();
    accepted(&trusting(), Chain::new(leaf(&[HOST]), &middle).and(middle.der()).server(), HOST);
    let words = ["signed by \"Middle\"", "or the server does not send its intermediate certificate"];
    refused(&trusting(), Chain::new(leaf(&[HOST]), &middle).server(), HOST, &words);

    let mut no_authority = leaf(&["b.example"]);
    no_authority.is_ca = IsCa::ExplicitNoCa;
    let wrong = CertifiedIssuer::signed_by(no_authority, KeyPair::generate().unwrap(), trusted()).unwrap();
    let chain = Chain::new(leaf(&[HOST]), &wrong).and(wrong.der());
    refused(&trusting(), chain.server(), HOST, &["signed by a certificate that is not an authority's"]);

    // The right name, the wrong key.
    let impostor = root("Trusted Root");
    refused(&trusting(), Chain::new(leaf(&[HOST]), &impostor).server(), HOST, &["not signed by the key of its authority"]);
}

#[test]
fn purposes_and_constraints() {
    let mut for_clients = leaf(&[HOST]);
    for_clients.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    refused(&trusting(), Chain::new(for_clients, trusted()).server(), HOST, &["not issued for use by a server"]);

    let mut params = authority("Only B");
    let permitted_subtrees = vec![GeneralSubtree::DnsName("b.example".into())];
    params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
    let only_b = CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), trusted()).unwrap();
    let chain = |name: &str| Chain::new(leaf(&[name]), &only_b).and(only_b.der());
    accepted(&trusting(), chain("x.b.example").server(), "x.b.example");
    refused(&trusting(), chain(HOST).server(), HOST, &["may not certify this name (name constraints)"]);
}

#[test]
fn revocation() {
    let list = |issuer: &Authority, serials: &[u64], next: i32| {
        let revoked = |serial: &u64| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(2024, 1, 1),
            reason_code: None,
            invalidity_date: None,
        };
        CertificateRevocationListParams {
            this_update: date_time_ymd(2024, 1, 1),
            next_update: date_time_ymd(next, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: serials.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        }
        .signed_by(issuer)
        .unwrap()
    };
    let chain = |serial: u64| {
        let mut params = leaf(&[HOST]);
        params.serial_number = Some(SerialNumber::from(serial));
        Chain::new(params, trusted())
    };
    let crl = list(trusted(), &[7], 4000);
    for blob in [crl.der().to_vec(), crl.pem().unwrap().into_bytes()] {
        let checking = Tls { crls: vec![blob], ..trusting() };
        accepted(&checking, chain(8).server(), HOST);
        refused(&checking, chain(7).server(), HOST, &["revoked"]);
    }
    let old = Tls { crls: vec![list(trusted(), &[], 2025).der().to_vec()], ..trusting() };
    refused(&old, chain(8).server(), HOST, &["a revocation list that expired", "days ago"]);
    let foreign = Tls { crls: vec![list(&root("Other"), &[], 4000).der().to_vec()], ..trusting() };
    refused(&foreign, chain(8).server(), HOST, &["not covered by the revocation lists given"]);
    let broken = Tls { crls: vec![vec![0x30, 0]], ..trusting() };
    assert!(client_config(&broken, Alpn::Http1, false).unwrap_err().starts_with("crls: "));
}

#[test]
fn unverified_takes_any_certificate() {
    let key = KeyPair::generate().unwrap();
    let mut params = leaf(&["b.example"]);
    params.not_after = date_time_ymd(2020, 1, 1);
    let chain = Chain(vec![params.self_signed(&key).unwrap().der().clone()], key);
    accepted(&Tls { verify: false, ..Tls::default() }, chain.server(), HOST);
}

fn pin(key: &KeyPair) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(key.subject_public_key_info()).into()
}

#[test]
fn pins() {
    let middle = CertifiedIssuer::signed_by(authority("Middle"), KeyPair::generate().unwrap(), trusted()).unwrap();
    let chain = Chain::new(leaf(&[HOST]), &middle).and(middle.der());
    let with = |pins: &[[u8; 32]]| Tls { pins: pins.to_vec(), ..trusting() };
    accepted(&with(&[[0; 32], pin(&chain.1)]), chain.server(), HOST);
    accepted(&with(&[pin(middle.key())]), chain.server(), HOST);
    refused(&with(&[[0; 32], [1; 32]]), chain.server(), HOST, &["none of the 2 pins matches", "its own key is sha256/"]);
    refused(&with(&[[0; 32]]), chain.server(), HOST, &["the pin does not match"]);

    // Sent along, but nothing that the certificate was issued under.
    let bystander = CertifiedIssuer::signed_by(authority("Bystander"), KeyPair::generate().unwrap(), trusted()).unwrap();
    let chain = chain.and(bystander.der());
    refused(&with(&[pin(bystander.key())]), chain.server(), HOST, &["the pin does not match"]);

    // A pin adds a check and takes none away; without verification it is the only one.
    let key = KeyPair::generate().unwrap();
    let own = pin(&key);
    let chain = Chain(vec![leaf(&[HOST]).self_signed(&key).unwrap().der().clone()], key);
    refused(&with(&[own]), chain.server(), HOST, &["self-signed"]);
    accepted(&Tls { verify: false, ..with(&[own]) }, chain.server(), HOST);
    refused(&Tls { verify: false, ..with(&[[0; 32]]) }, chain.server(), HOST, &["the pin does not match"]);
}

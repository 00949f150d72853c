//! How a TLS handshake is done: versions (RFC 8446, RFC 5246), ALPN (RFC 7301), certificates, and which clients share sessions.

use std::env;
use std::ffi::OsString;
use std::sync::{Arc, Mutex, OnceLock};

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::{ClientConfig, KeyLogFile, SupportedProtocolVersion, version};

use super::config::{Tls, TlsVersion};
use super::process::lock;

mod defaults;
mod identity;
mod pins;
mod reason;
mod roots;
#[cfg(test)]
mod tests;
mod trust;

pub use defaults::{DefaultRoots, default_roots};
pub use pins::{Pin, parse as parse_pin};
pub use reason::{certificate_reason, is_about_our_certificate, tls_reason};

/// How many settings are kept ready for other clients. Each holds its roots and up to 256 sessions.
const SHARED: usize = 16;

/// Which versions of HTTP to offer to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alpn {
    /// HTTP/1.1 only.
    Http1,
    /// HTTP/2, or else HTTP/1.1.
    Http2OrHttp1,
    /// HTTP/2 only.
    Http2,
}

/// The TLS configuration for these settings. Clients with equal settings share one, and so roots and sessions.
///
/// A configuration that trusts anyone, that has an identity or that has pins is never shared: no session that was begun
/// under other rules can be taken up in it. `SSL_CERT_FILE` and `SSL_CERT_DIR` name the system's roots; `SSLKEYLOGFILE` counts
/// only where the environment is trusted.
///
/// # Errors
/// Says in words which setting is wrong.
pub fn client_config(tls: &Tls, alpn: Alpn, trust_env: bool) -> Result<Arc<ClientConfig>, String> {
    let environment = Environment {
        roots: roots::Paths::from_environment(),
        key_log: if trust_env { env::var_os("SSLKEYLOGFILE").filter(|path| !path.is_empty()) } else { None },
    };
    RECENT.config(tls, alpn, environment)
}

/// What the environment adds to the settings. It is read where a client is made, so a later change counts for later clients.
#[derive(Debug, Default, PartialEq, Eq)]
struct Environment {
    roots: roots::Paths,
    key_log: Option<OsString>,
}

#[derive(PartialEq, Eq)]
struct Key {
    tls: Tls,
    alpn: Alpn,
    environment: Environment,
}

/// The configurations of late, the last used one last.
#[derive(Default)]
struct Recent(Mutex<Vec<(Key, Arc<ClientConfig>)>>);

static RECENT: Recent = Recent(Mutex::new(Vec::new()));

impl Recent {
    fn config(&self, tls: &Tls, alpn: Alpn, environment: Environment) -> Result<Arc<ClientConfig>, String> {
        if !tls.verify || tls.identity.is_some() || !tls.pins.is_empty() {
            return build(tls, alpn, &environment).map(Arc::new);
        }
        let key = Key { tls: tls.clone(), alpn, environment };
        if let Some(config) = self.recall(&key) {
            return Ok(config);
        }
        // Built without the lock: reading certificates takes its time, and a fork must not find the lock taken.
        let config = Arc::new(build(tls, alpn, &key.environment)?);
        Ok(self.keep(key, config))
    }

    fn recall(&self, key: &Key) -> Option<Arc<ClientConfig>> {
        let mut recent = lock(&self.0);
        let at = recent.iter().position(|(known, _)| known == key)?;
        let entry = recent.remove(at);
        let config = entry.1.clone();
        recent.push(entry);
        Some(config)
    }

    /// Keeps a new configuration, unless another thread was first: then it is the other's that all share.
    fn keep(&self, key: Key, config: Arc<ClientConfig>) -> Arc<ClientConfig> {
        let mut recent = lock(&self.0);
        if let Some((_, first)) = recent.iter().find(|(known, _)| *known == key) {
            return first.clone();
        }
        if recent.len() >= SHARED {
            recent.remove(0);
        }
        recent.push((key, config.clone()));
        config
    }
}

fn build(tls: &Tls, alpn: Alpn, environment: &Environment) -> Result<ClientConfig, String> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&versions(tls.min_version, tls.max_version)?)
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(trust::verifier(tls, &environment.roots)?);
    let mut config = match &tls.identity {
        Some(identity) => {
            let (chain, key) = identity::load(identity).map_err(|error| format!("cert: {error}"))?;
            builder.with_client_auth_cert(chain, key).map_err(|error| format!("cert: {}", identity::mismatch(&error)))?
        }
        None => builder.with_no_client_auth(),
    };
    let offered: &[&[u8]] = match alpn {
        Alpn::Http1 => &[b"http/1.1"],
        Alpn::Http2OrHttp1 => &[b"h2", b"http/1.1"],
        Alpn::Http2 => &[b"h2"],
    };
    config.alpn_protocols = offered.iter().map(|name| name.to_vec()).collect();
    config.enable_sni = tls.sni;
    if environment.key_log.is_some() {
        config.key_log = Arc::new(KeyLogFile::new());
    }
    Ok(config)
}

fn versions(min: TlsVersion, max: TlsVersion) -> Result<Vec<&'static SupportedProtocolVersion>, String> {
    match (min, max) {
        (TlsVersion::Tls12, TlsVersion::Tls12) => Ok(vec![&version::TLS12]),
        (TlsVersion::Tls12, TlsVersion::Tls13) => Ok(vec![&version::TLS13, &version::TLS12]),
        (TlsVersion::Tls13, TlsVersion::Tls13) => Ok(vec![&version::TLS13]),
        (TlsVersion::Tls13, TlsVersion::Tls12) => Err("min_version: expected one not newer than max_version".into()),
    }
}

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    PROVIDER.get_or_init(|| Arc::new(aws_lc_rs::default_provider())).clone()
}

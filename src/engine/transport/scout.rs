//! Of many requests to a host that nobody is connected to, one goes ahead.
//!
//! Until a TLS server has chosen a protocol (ALPN, RFC 7301), nobody can tell whether one connection serves all requests
//! (HTTP/2) or each needs its own (HTTP/1.1). Without a scout each would open its own, and find out too late.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use http::uri::Authority;
use tokio::sync::Semaphore;

use super::super::process::lock;

/// Hosts remembered at most. What is forgotten costs one round trip.
const HOSTS: usize = 10_000;

/// What is known of TLS servers; nothing of those that speak HTTP/2, since the pool knows when it has a connection to one.
#[derive(Default)]
pub struct Scouts(Mutex<HashMap<Authority, Known>>);

enum Known {
    /// A connection is being opened, until this is closed. It never has a permit.
    Asked(Arc<Semaphore>),
    /// It speaks HTTP/1.1.
    Http1,
}

/// A connection being opened: whoever waits for it waits no longer than it lives.
pub struct Scout(Arc<Semaphore>);

impl Drop for Scout {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// What a request that is to open a connection has found.
pub enum Turn {
    /// It is the first one; others wait as long as this lives.
    First(#[expect(dead_code, reason = "held, never read")] Scout),
    /// Another one was, and now has a connection, or has failed, whatever the reason.
    Waited,
    /// There is nothing to find out.
    Known,
}

impl Scouts {
    /// To be asked before a connection to this host is opened.
    pub async fn turn(&self, host: &Authority) -> Turn {
        let asked = {
            let mut hosts = lock(&self.0);
            match hosts.get(host) {
                Some(Known::Http1) => return Turn::Known,
                Some(Known::Asked(asked)) if !asked.is_closed() => asked.clone(),
                _ => {
                    if hosts.len() >= HOSTS {
                        hosts.retain(|_, known| matches!(known, Known::Asked(asked) if !asked.is_closed()));
                    }
                    let asked = Arc::new(Semaphore::new(0));
                    hosts.insert(host.clone(), Known::Asked(asked.clone()));
                    return Turn::First(Scout(asked));
                }
            }
        };
        let _closed = asked.acquire().await;
        Turn::Waited
    }

    /// A connection has told what the server speaks.
    pub fn learn(&self, host: &Authority, h2: bool) {
        let mut hosts = lock(&self.0);
        if h2 {
            hosts.remove(host);
        } else {
            hosts.insert(host.clone(), Known::Http1);
        }
    }
}

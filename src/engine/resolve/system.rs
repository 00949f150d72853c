//! One lookup by the system's resolver (`getaddrinfo`, POSIX.1-2024), and what can go wrong with it.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use dns_lookup::{LookupError, LookupErrorKind, lookup_host};

use super::super::panics::Panic;
use super::super::process::shortage;

/// The most addresses that are kept of one name.
const MOST: usize = 64;

/// The addresses of a host, at least one, or why there are none.
pub type Answer = Result<Arc<[IpAddr]>, ResolveFailure>;

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The name does not exist or has no addresses; asking again is of no use.
    NotFound,
    /// Nobody could tell just now: asking again may help.
    Temporary,
    /// Nobody can tell: the name is no host name, or the resolver refuses.
    Failed,
    /// A fault of ours.
    Internal,
}

/// Why a host has no addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolveFailure {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// What happened, in words, without the host's name.
    pub detail: Arc<str>,
    /// The operating system's number for it, where there is one.
    pub errno: Option<i32>,
}

impl ResolveFailure {
    /// The name does not exist or has no addresses.
    pub fn not_found(detail: impl Into<Arc<str>>) -> Self {
        Self { kind: FailureKind::NotFound, detail: detail.into(), errno: None }
    }

    /// Nobody could tell just now.
    pub fn temporary(detail: impl Into<Arc<str>>) -> Self {
        Self { kind: FailureKind::Temporary, detail: detail.into(), errno: None }
    }

    /// Nobody can tell.
    pub fn invalid(detail: impl Into<Arc<str>>) -> Self {
        Self { kind: FailureKind::Failed, detail: detail.into(), errno: None }
    }

    /// A fault of ours.
    pub fn internal(panic: &Panic) -> Self {
        Self { kind: FailureKind::Internal, detail: panic.to_string().into(), errno: None }
    }

    pub(super) fn with_errno(self, errno: Option<i32>) -> Self {
        Self { errno, ..self }
    }

    /// The same, or the want of descriptors where there is one: a resolver that can open neither files nor sockets fails in many
    /// ways, and may even say that the name does not exist.
    pub fn or_shortage(self) -> Self {
        match shortage() {
            Some(error) => Self::temporary(error.to_string()).with_errno(error.raw_os_error()),
            None => self,
        }
    }
}

impl fmt::Display for ResolveFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl Error for ResolveFailure {}

/// Asks the system; blocks for as long as that takes.
pub(super) fn lookup(host: &str) -> Answer {
    let mut ips = Vec::new();
    for ip in lookup_host(host).map_err(|error| failure(error).or_shortage())? {
        if ips.len() < MOST && !ips.contains(&ip) {
            ips.push(ip);
        }
    }
    if ips.is_empty() { Err(ResolveFailure::not_found("the host name has no addresses")) } else { Ok(ips.into()) }
}

fn failure(error: LookupError) -> ResolveFailure {
    match error.kind() {
        LookupErrorKind::NoName | LookupErrorKind::NoData => {
            ResolveFailure::not_found("the host name does not exist or has no addresses")
        }
        LookupErrorKind::Again => ResolveFailure::temporary("the DNS server did not answer or failed; it may later"),
        kind => {
            let error = io::Error::from(error);
            let errno = error.raw_os_error();
            // A system error is a lack of descriptors or memory.
            let passing = matches!(kind, LookupErrorKind::System | LookupErrorKind::Memory);
            let failure = if passing { ResolveFailure::temporary } else { ResolveFailure::invalid };
            failure(error.to_string().escape_debug().to_string()).with_errno(errno)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_answers() {
        assert!(lookup("localhost").expect("addresses").iter().all(IpAddr::is_loopback));
        assert_eq!(lookup("a\0b").expect_err("no name").kind, FailureKind::Failed);
    }

    #[test]
    #[cfg(unix)]
    fn kinds_of_failure() {
        let kind = |number| failure(LookupError::new(number)).kind;
        assert_eq!(kind(libc::EAI_NONAME), FailureKind::NotFound);
        assert_eq!(kind(libc::EAI_AGAIN), FailureKind::Temporary);
        assert_eq!(kind(libc::EAI_MEMORY), FailureKind::Temporary);
        assert_eq!(kind(libc::EAI_FAIL), FailureKind::Failed);
    }
}

//! Host names to addresses, through the system's resolver.
//!
//! `getaddrinfo` blocks and cannot be stopped, so it runs on a few threads of its own: a dead DNS server can hold these and
//! nothing else. Equal names share one lookup, answers are kept for a short while, and whoever stops waiting disturbs nobody.
//! Nothing here waits for a thread to end. A forked child must make its own resolver: it has none of these threads.

mod cache;
mod shared;
mod system;

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::process::lock;
use cache::Cache;
pub use shared::SharedLookups;
pub use system::{Answer, FailureKind, ResolveFailure};

/// The most lookups at once. Each may be two questions, and a common forwarder (dnsmasq) takes no more than 150 at a time.
pub const AT_ONCE: usize = 64;
/// How long addresses are kept. DNS has lifetimes of its own, but the system's resolver does not tell them.
const FOUND: Duration = Duration::from_secs(30);
/// How long it is kept that a name has no addresses.
pub const NOT_FOUND: Duration = Duration::from_secs(3);
/// How long a thread without work stays.
const IDLE: Duration = Duration::from_secs(10);
/// From how many queued names on those that nobody waits for any more are sorted out.
const PURGE: usize = 1_000;
/// The longest name in bytes, a dot at its end included (RFC 1035 section 2.3.4).
const LONGEST: usize = 254;

/// What a resolver knows beforehand.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Addresses to use in place of DNS, by host name.
    pub overrides: HashMap<String, Vec<IpAddr>>,
}

/// Resolves host names; to be shared by all who do.
#[derive(Debug)]
pub struct Resolver {
    overrides: HashMap<String, Arc<[IpAddr]>>,
    shared: Arc<Shared>,
}

struct Shared {
    lookup: Box<dyn Fn(&str) -> Answer + Send + Sync>,
    idle: Duration,
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Debug, Default)]
struct State {
    cache: Cache,
    /// The names that are looked up or in the queue, and those who wait for them.
    waiting: HashMap<Arc<str>, watch::Sender<Option<Answer>>>,
    queue: VecDeque<Arc<str>>,
    purge: usize,
    threads: usize,
    idle: usize,
    closed: bool,
}

impl Resolver {
    /// A resolver that asks the system. It starts no thread before it is asked.
    pub fn new(settings: Settings) -> Self {
        Self::with_lookup(settings, system::lookup)
    }

    /// A resolver that asks this function, on its own threads.
    pub fn with_lookup(settings: Settings, lookup: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        Self::build(settings, Box::new(lookup), IDLE)
    }

    fn build(settings: Settings, lookup: Box<dyn Fn(&str) -> Answer + Send + Sync>, idle: Duration) -> Self {
        let overrides = settings.overrides.into_iter().map(|(host, ips)| (host.to_ascii_lowercase(), ips.into())).collect();
        let state = Mutex::new(State { purge: PURGE, ..State::default() });
        Self { overrides, shared: Arc::new(Shared { lookup, idle, state, work: Condvar::new() }) }
    }

    /// The addresses of a host, in the system's order, at least one. An address, in brackets or not, is its own.
    ///
    /// To stop waiting, drop the future. A lookup under way goes on for those who ask later; one that is still in the queue is
    /// not begun for nobody.
    ///
    /// # Errors
    /// Where the name has no addresses, or the system cannot tell.
    pub async fn resolve(&self, host: &str) -> Answer {
        let host: Cow<'_, str> =
            if host.bytes().any(|byte| byte.is_ascii_uppercase()) { host.to_ascii_lowercase().into() } else { host.into() };
        if let Some(ips) = self.overrides.get(&*host).filter(|ips| !ips.is_empty()) {
            return Ok(ips.clone());
        }
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&host);
        if let Ok(ip) = bare.parse::<IpAddr>() {
            return Ok([ip].into());
        }
        if host.is_empty() || host.len() > LONGEST {
            return Err(ResolveFailure::invalid("a host name has 1 to 253 characters"));
        }
        let mut answer = match self.shared.ask(&host) {
            Ok(answer) => return answer,
            Err(answer) => answer,
        };
        let answer = answer.wait_for(Option::is_some).await.ok().and_then(|answer| answer.clone());
        // The sender goes only with an answer, or with the whole resolver.
        answer.unwrap_or_else(|| Err(ResolveFailure::temporary("the resolver was closed")))
    }
}

impl Drop for Resolver {
    fn drop(&mut self) {
        let mut state = lock(&self.shared.state);
        state.closed = true;
        state.queue.clear();
        drop(state);
        self.shared.work.notify_all();
    }
}

impl Shared {
    /// An answer that is known, or the one to wait for.
    fn ask(self: &Arc<Self>, host: &str) -> Result<Answer, watch::Receiver<Option<Answer>>> {
        let mut state = lock(&self.state);
        if let Some(answer) = state.cache.get(host, Instant::now()) {
            return Ok(answer);
        }
        if let Some(sender) = state.waiting.get(host) {
            return Err(sender.subscribe());
        }
        if state.queue.len() >= state.purge {
            state.purge();
        }
        let host: Arc<str> = host.into();
        let (sender, receiver) = watch::channel(None);
        state.waiting.insert(host.clone(), sender);
        state.queue.push_back(host.clone());
        if state.queue.len() <= state.idle {
            self.work.notify_one();
        } else if state.threads < AT_ONCE {
            let own = self.clone();
            match std::thread::Builder::new().name("fastfetch-dns".into()).spawn(move || own.serve()) {
                Ok(_) => state.threads += 1,
                Err(error) if state.threads == 0 => {
                    state.queue.clear();
                    state.waiting.clear();
                    return Ok(Err(
                        ResolveFailure::temporary(format!("no thread for DNS: {error}")).with_errno(error.raw_os_error())
                    ));
                }
                // Those that are there will come to it.
                Err(_) => {}
            }
        }
        Err(receiver)
    }

    /// The life of a thread: lookups until there are none for a while.
    fn serve(&self) {
        let mut state = lock(&self.state);
        loop {
            if state.closed {
                break;
            }
            if let Some(host) = state.next() {
                drop(state);
                let answer = catch_unwind(AssertUnwindSafe(|| (self.lookup)(&host)))
                    .unwrap_or_else(|_| Err(ResolveFailure::invalid("the lookup panicked")));
                state = lock(&self.state);
                if let Some(lifetime) = lifetime(&answer) {
                    state.cache.insert(&host, &answer, Instant::now(), lifetime);
                }
                if let Some(sender) = state.waiting.remove(&host) {
                    drop(state);
                    sender.send_replace(Some(answer));
                    state = lock(&self.state);
                }
                continue;
            }
            state.idle += 1;
            let (next, wait) = self.work.wait_timeout(state, self.idle).unwrap_or_else(PoisonError::into_inner);
            state = next;
            state.idle -= 1;
            if wait.timed_out() && state.queue.is_empty() {
                break;
            }
        }
        state.threads -= 1;
    }
}

/// How long an answer is kept, where it is one to keep.
fn lifetime(answer: &Answer) -> Option<Duration> {
    match answer {
        Ok(_) => Some(FOUND),
        Err(failure) if failure.kind == FailureKind::NotFound => Some(NOT_FOUND),
        Err(_) => None,
    }
}

impl State {
    /// The next name that somebody waits for.
    fn next(&mut self) -> Option<Arc<str>> {
        loop {
            let host = self.queue.pop_front()?;
            if self.waiting.get(&host).is_some_and(|sender| sender.receiver_count() > 0) {
                return Some(host);
            }
            self.waiting.remove(&host);
        }
    }

    /// Forgets the queued names that nobody waits for. The bound then doubles, so that this costs little however many come.
    fn purge(&mut self) {
        let Self { waiting, queue, .. } = self;
        queue.retain(|host| {
            let wanted = waiting.get(host).is_some_and(|sender| sender.receiver_count() > 0);
            if !wanted {
                waiting.remove(host);
            }
            wanted
        });
        self.purge = PURGE.max(2 * self.queue.len());
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("state", &self.state).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

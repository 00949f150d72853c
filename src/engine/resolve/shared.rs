//! Lookups by futures, as [`Resolver`](super::Resolver) has them by threads: equal names share one, so many are under way at
//! once, and answers are kept.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use tokio::sync::Semaphore;

use super::super::process::lock;
use super::cache::Cache;
use super::system::Answer;

type Lookup = Shared<BoxFuture<'static, Answer>>;

/// Lookups by name; a clone is another handle.
#[derive(Clone)]
pub struct SharedLookups {
    state: Arc<Mutex<State>>,
    turns: Arc<Semaphore>,
}

#[derive(Default)]
struct State {
    cache: Cache,
    /// What is under way, with a number of its own.
    lookups: HashMap<Arc<str>, (u64, WeakShared<BoxFuture<'static, Answer>>)>,
    count: u64,
}

impl fmt::Debug for SharedLookups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedLookups").finish_non_exhaustive()
    }
}

impl SharedLookups {
    /// At most so many are under way at once; the others wait in the order in which they came.
    pub fn new(at_once: usize) -> Self {
        Self { state: Arc::default(), turns: Arc::new(Semaphore::new(at_once)) }
    }

    /// The answer for a host: one that is kept, that of a lookup under way, or that of this one, which says for how long it is
    /// good. A lookup ends when nobody waits for it any more.
    ///
    /// # Errors
    /// Where the lookup fails.
    pub async fn get<F>(&self, host: &str, lookup: impl FnOnce(Arc<str>) -> F) -> Answer
    where
        F: Future<Output = (Answer, Option<Duration>)> + Send + 'static,
    {
        match self.known(host, lookup) {
            Ok(answer) => answer,
            Err(under_way) => under_way.await,
        }
    }

    /// An answer that is kept, or the lookup to wait for.
    fn known<F>(&self, host: &str, lookup: impl FnOnce(Arc<str>) -> F) -> Result<Answer, Lookup>
    where
        F: Future<Output = (Answer, Option<Duration>)> + Send + 'static,
    {
        let mut state = lock(&self.state);
        if let Some(answer) = state.cache.get(host, Instant::now()) {
            return Ok(answer);
        }
        if let Some(under_way) = state.lookups.get(host).and_then(|(_, lookup)| lookup.upgrade()) {
            return Err(under_way);
        }
        let host: Arc<str> = host.into();
        Err(self.begin(&mut state, &host, lookup(host.clone())))
    }

    fn begin<F>(&self, state: &mut State, host: &Arc<str>, lookup: F) -> Lookup
    where
        F: Future<Output = (Answer, Option<Duration>)> + Send + 'static,
    {
        state.count += 1;
        let entry = Entry { all: self.clone(), host: host.clone(), number: state.count };
        let lookup = async move {
            // The semaphore is never closed.
            let _turn = entry.all.turns.acquire().await;
            let (answer, lifetime) = lookup.await;
            if let Some(lifetime) = lifetime {
                lock(&entry.all.state).cache.insert(&entry.host, &answer, Instant::now(), lifetime);
            }
            answer
        };
        let lookup = lookup.boxed().shared();
        if let Some(weak) = lookup.downgrade() {
            state.lookups.insert(host.clone(), (state.count, weak));
        }
        lookup
    }
}

/// The entry of a lookup under way, removed with it: whether it ended or nobody waited for it any more.
struct Entry {
    all: SharedLookups,
    host: Arc<str>,
    number: u64,
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut state = lock(&self.all.state);
        // Somebody may have asked anew in the very moment in which the last one left.
        if state.lookups.get(&self.host).is_some_and(|(number, _)| *number == self.number) {
            state.lookups.remove(&self.host);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{NOT_FOUND, ResolveFailure};
    use super::*;
    use std::net::IpAddr;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Notify;
    use tokio::task::{JoinSet, yield_now};

    fn found() -> Answer {
        Ok([IpAddr::from([192, 0, 2, 1])].into())
    }

    /// Counts what is asked, and how many questions were under way at once.
    #[derive(Default)]
    struct Asked {
        all: AtomicUsize,
        now: AtomicUsize,
        peak: AtomicUsize,
    }

    impl Asked {
        async fn answer(self: Arc<Self>, answer: Answer, lifetime: Option<Duration>) -> (Answer, Option<Duration>) {
            self.all.fetch_add(1, Ordering::Relaxed);
            let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
            self.peak.fetch_max(now, Ordering::Relaxed);
            for _ in 0..10 {
                yield_now().await;
            }
            self.now.fetch_sub(1, Ordering::Relaxed);
            (answer, lifetime)
        }
    }

    #[tokio::test]
    async fn ten_thousand_names_are_asked_for_once_each_and_few_at_once() {
        let (lookups, asked) = (SharedLookups::new(64), Arc::new(Asked::default()));
        let mut waits = JoinSet::new();
        for number in 0..100_000 {
            let (lookups, asked) = (lookups.clone(), asked.clone());
            waits.spawn(async move {
                let name = format!("n{}.test", number % 10_000);
                lookups.get(&name, |_| asked.answer(found(), Some(Duration::from_secs(60)))).await
            });
        }
        assert!(waits.join_all().await.iter().all(|answer| *answer == found()));
        assert_eq!(asked.all.load(Ordering::Relaxed), 10_000);
        assert_eq!(asked.peak.load(Ordering::Relaxed), 64);
        assert!(lock(&lookups.state).lookups.is_empty());
    }

    #[tokio::test]
    async fn an_answer_is_kept_as_long_as_it_is_good() {
        let missing: Answer = Err(ResolveFailure::not_found("no such name"));
        let busy: Answer = Err(ResolveFailure::temporary("busy"));
        for (answer, lifetime, questions) in
            [(found(), NOT_FOUND, 1), (missing.clone(), NOT_FOUND, 1), (missing, Duration::ZERO, 3), (busy, Duration::ZERO, 3)]
        {
            let (lookups, asked) = (SharedLookups::new(1), Arc::new(Asked::default()));
            for _ in 0..3 {
                let lifetime = Some(lifetime).filter(|lifetime| !lifetime.is_zero());
                assert_eq!(lookups.get("name", |_| asked.clone().answer(answer.clone(), lifetime)).await, answer);
            }
            assert_eq!(asked.all.load(Ordering::Relaxed), questions);
        }
    }

    #[tokio::test]
    async fn a_lookup_outlives_the_one_who_began_it_and_ends_with_the_last() {
        let (lookups, go, asked) = (SharedLookups::new(1), Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
        let ask = || {
            let (lookups, go, asked) = (lookups.clone(), go.clone(), asked.clone());
            let mut wait = Box::pin(async move {
                let lookup = |_| async move {
                    asked.fetch_add(1, Ordering::Relaxed);
                    go.notified().await;
                    (found(), None)
                };
                lookups.get("name", lookup).await
            });
            assert_eq!(wait.as_mut().now_or_never(), None);
            wait
        };
        let (first, second) = (ask(), ask());
        drop(first);
        go.notify_one();
        assert_eq!((second.await, asked.load(Ordering::Relaxed)), (found(), 1));
        // Its turn comes back with it.
        drop(ask());
        assert!(lock(&lookups.state).lookups.is_empty());
        let third = ask();
        go.notify_one();
        assert_eq!((third.await, asked.load(Ordering::Relaxed)), (found(), 3));
    }
}

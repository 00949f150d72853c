//! Over which I/O threads the requests to a host are spread.
//!
//! Each host has a home, by its name, so that its connections are found again where they were opened: every I/O thread has a pool
//! of its own, and what a thread opens it alone reads and writes. Only a host with many requests in flight, each over a connection
//! of its own, is served by further threads besides, as many as these requests are worth.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::runtime;

/// So many requests in flight to a host are worth a thread. As many are begun with where it is not known how many a host can
/// take, so a host that was not found to take more stays at home.
const WORTH: usize = 16;

/// The place of the thread that serves a host, of so many.
pub fn home(host: &str, threads: usize) -> usize {
    if threads < 2 {
        return 0;
    }
    let mut hasher = DefaultHasher::new();
    host.hash(&mut hasher);
    usize::try_from(hasher.finish() % threads as u64).unwrap_or_default()
}

/// The place of the thread that serves a request to a host with so many in flight to be divided. Those that share a host take turns.
pub fn place(host: &str, threads: usize, divisible: usize, turn: usize) -> usize {
    let sharing = divisible.div_ceil(WORTH).clamp(1, threads);
    (home(host, threads) + turn % sharing) % threads
}

/// One for each I/O thread.
#[derive(Debug)]
pub struct PerThread<T> {
    first: T,
    others: Box<[T]>,
}

impl<T> PerThread<T> {
    /// For so many threads, each made for its place.
    pub fn new(threads: usize, make: impl Fn(usize) -> T) -> Self {
        Self { first: make(0), others: (1..threads).map(make).collect() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        1 + self.others.len()
    }

    /// That of a place; the first, where there is no such place.
    pub fn at(&self, place: usize) -> &T {
        place.checked_sub(1).and_then(|place| self.others.get(place)).unwrap_or(&self.first)
    }

    /// That of this thread.
    pub fn own(&self) -> &T {
        if self.others.is_empty() { &self.first } else { self.at(runtime::place()) }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn hosts_are_spread_over_all_threads_and_each_has_one_home() {
        let homes: HashSet<usize> = (0..100).map(|number| home(&format!("host{number}.test"), 4)).collect();
        assert_eq!(homes.len(), 4);
        assert_eq!(home("a.test", 4), home("a.test", 4));
        assert_eq!(home("a.test", 1), 0);
    }

    #[test]
    fn a_host_has_as_many_threads_as_its_requests_are_worth() {
        for (in_flight, sharing) in [(0, 1), (1, 1), (16, 1), (17, 2), (33, 3), (100, 4)] {
            let places: HashSet<usize> = (0..100).map(|turn| place("a.test", 4, in_flight, turn)).collect();
            assert_eq!(places.len(), sharing, "{in_flight}");
            assert!(places.contains(&home("a.test", 4)));
        }
    }
}

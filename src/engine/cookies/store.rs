//! The cookies of a jar in memory, by site, within bounds: RFC 6265bis section 5.7 (storage) and 5.8 (retrieval).
//!
//! Cookies of one site lie in one short list, so that no step looks at those of other sites: a cookie cannot reach another
//! site, and nothing grows with the jar.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::SystemTime;

use super::{Cookie, scope};

/// The most cookies of one site (a registrable domain with all below it).
pub(super) const PER_SITE: usize = 180;
/// The most cookies in all.
pub(super) const IN_ALL: usize = 3000;
/// What stays where there were too many in all: making room for many at once keeps it cheap.
const KEPT: usize = IN_ALL - IN_ALL / 10;

/// A cookie and its place in the order of creation, which clocks are too coarse for.
struct Entry {
    cookie: Cookie,
    order: u64,
}

/// See the module.
#[derive(Default)]
pub(super) struct Store {
    sites: HashMap<Box<str>, Vec<Entry>>,
    count: usize,
    next: u64,
}

impl Entry {
    /// Who has to go first: the expired, then those not used for longest.
    fn rank(&self, now: SystemTime) -> (bool, SystemTime, u64) {
        (!self.cookie.is_expired(now), self.cookie.accessed, self.order)
    }
}

impl Store {
    /// Whether a server that was not asked over https may set this cookie: it must not stand in for one that is for https only.
    pub fn leaves_secure_alone(&self, new: &Cookie, now: SystemTime) -> bool {
        let site = self.sites.get(scope::site(&new.domain)).map(Vec::as_slice).unwrap_or_default();
        !site.iter().map(|entry| &entry.cookie).any(|old| {
            old.secure
                && old.name == new.name
                && !old.is_expired(now)
                && (scope::domain_matches(&old.domain, &new.domain) || scope::domain_matches(&new.domain, &old.domain))
                && scope::path_matches(&new.path, &old.path)
        })
    }

    /// Puts a cookie in, in place of the one like it. An expired one only takes that one out.
    pub fn put(&mut self, mut cookie: Cookie, now: SystemTime) {
        let name: Box<str> = scope::site(&cookie.domain).into();
        self.retain_in(&name, |old| !old.is_expired(now));
        if cookie.is_expired(now) {
            return self.retain_in(&name, |old| !old.is_like(&cookie));
        }
        let site = self.sites.entry(name).or_default();
        if let Some(old) = site.iter_mut().map(|entry| &mut entry.cookie).find(|old| old.is_like(&cookie)) {
            cookie.created = old.created;
            *old = cookie;
            return;
        }
        site.push(Entry { cookie, order: self.next });
        self.next += 1;
        self.count += 1;
        if site.len() > PER_SITE
            && let Some((first, _)) = site.iter().enumerate().min_by_key(|(_, entry)| (entry.cookie.secure, entry.rank(now)))
        {
            site.swap_remove(first);
            self.count -= 1;
        }
        if self.count > IN_ALL {
            self.make_room(now);
        }
    }

    /// Keeps those cookies of a site of which this is true.
    fn retain_in(&mut self, name: &str, keep: impl Fn(&Cookie) -> bool) {
        let Some(site) = self.sites.get_mut(name) else { return };
        let before = site.len();
        site.retain(|entry| keep(&entry.cookie));
        self.count -= before - site.len();
        if site.is_empty() {
            self.sites.remove(name);
        }
    }

    fn make_room(&mut self, now: SystemTime) {
        let mut ranks: Vec<_> = self.sites.values().flatten().map(|entry| entry.rank(now)).collect();
        ranks.sort_unstable();
        let Some(&first_kept) = ranks.get(ranks.len().saturating_sub(KEPT)) else { return };
        self.keep(|entry| entry.rank(now) >= first_kept);
    }

    /// Takes out the cookies of which this is true; says how many.
    pub fn remove(&mut self, which: impl Fn(&Cookie) -> bool) -> usize {
        let before = self.count;
        self.keep(|entry| !which(&entry.cookie));
        before - self.count
    }

    fn keep(&mut self, keep: impl Fn(&Entry) -> bool) {
        self.sites.retain(|_, site| {
            site.retain(&keep);
            !site.is_empty()
        });
        self.count = self.sites.values().map(Vec::len).sum();
    }

    /// The cookies that a request to this place takes along, in their order, noted as used.
    pub fn matching(&mut self, host: &str, path: &str, https: bool, now: SystemTime) -> Vec<&Cookie> {
        if self.count == 0 {
            return Vec::new();
        }
        let name = scope::site(host);
        self.retain_in(name, |cookie| !cookie.is_expired(now));
        let Some(site) = self.sites.get_mut(name) else { return Vec::new() };
        let mut found: Vec<&mut Entry> = site.iter_mut().filter(|entry| entry.cookie.goes_to(host, path, https)).collect();
        found.sort_unstable_by_key(|entry| (Reverse(entry.cookie.path.len()), entry.order));
        let used = found.into_iter().map(|entry| {
            entry.cookie.accessed = now;
            &entry.cookie
        });
        used.collect()
    }

    /// All cookies, in the order of their creation.
    pub fn all(&self) -> Vec<&Cookie> {
        let mut all: Vec<&Entry> = self.sites.values().flatten().collect();
        all.sort_unstable_by_key(|entry| entry.order);
        all.into_iter().map(|entry| &entry.cookie).collect()
    }
}

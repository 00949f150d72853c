//! Keeps SQLite out of forked children that it was not made for.
//!
//! SQLite has locks of its own for the whole process. A child that is forked while another thread holds one would wait for it
//! for ever, so a child of a process that used SQLite at that moment does not use it at all.

use std::sync::atomic::{AtomicU64, Ordering};

use super::super::process::{epoch, watch_forks};

/// How many threads use SQLite, below the epoch of the process that they are in.
static USERS: AtomicU64 = AtomicU64::new(0);

/// A use of SQLite, by one thread, until it is dropped.
#[derive(Debug)]
pub(super) struct InUse(());

impl InUse {
    /// Counts a use, unless a process before this one was forked amid one.
    pub(super) fn begin() -> Option<Self> {
        watch_forks();
        let epoch = u64::from(epoch());
        let count = |users: u64| match users & u64::from(u32::MAX) {
            0 => Some(epoch << 32 | 1),
            _ => (users >> 32 == epoch).then(|| users + 1),
        };
        USERS.fetch_update(Ordering::AcqRel, Ordering::Acquire, count).ok().map(|_| Self(()))
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        USERS.fetch_sub(1, Ordering::AcqRel);
    }
}

//! What belongs to one process.
//!
//! A forked child has its parent's memory but only one of its threads. A lock that another thread held stays locked for ever, a
//! queue that another thread served is served no more. So whatever the I/O thread shares is tagged with the process that made
//! it; a child leaks what it inherited, untouched, and makes its own.

use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

static EPOCH: AtomicU32 = AtomicU32::new(0);

/// Counts the forks between the first process and this one: cheaper to ask than the process id, which is a system call.
pub fn epoch() -> u32 {
    EPOCH.load(Ordering::Acquire)
}

/// Has forks counted from now on.
pub fn watch_forks() {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        #[cfg(unix)]
        {
            extern "C" fn in_child() {
                EPOCH.fetch_add(1, Ordering::AcqRel);
            }
            // SAFETY: the handler only touches an atomic, which is allowed between fork and exec.
            // A failure (no memory) leaves forks uncounted, as in a program without a handler.
            unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
        }
    });
}

/// How many more descriptors this process may open, where that is known and worth asking: at least `enough` is not counted.
pub fn spare_descriptors(enough: usize) -> Option<usize> {
    #[cfg(unix)]
    {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: the pointer is to a live value of the type that the call fills.
        if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 {
            return None;
        }
        let limit = usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX);
        if limit / 2 >= enough {
            return None;
        }
        let open = std::fs::read_dir("/dev/fd").map_or(0, Iterator::count);
        Some(limit.saturating_sub(open))
    }
    #[cfg(not(unix))]
    {
        let _ = enough;
        None
    }
}

/// Locks, also where a panic has passed: everything kept under these locks is valid at every moment.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A value that a forked child neither sees nor drops.
#[derive(Debug)]
pub struct ProcessBound<T> {
    epoch: u32,
    value: ManuallyDrop<T>,
}

impl<T> ProcessBound<T> {
    /// Binds a value to this process.
    pub fn new(value: T) -> Self {
        watch_forks();
        Self { epoch: epoch(), value: ManuallyDrop::new(value) }
    }

    /// The value, in the process that made it.
    pub fn get(&self) -> Option<&T> {
        (self.epoch == epoch()).then_some(&self.value)
    }
}

impl<T> Drop for ProcessBound<T> {
    fn drop(&mut self) {
        if self.epoch == epoch() {
            // SAFETY: dropped here only, once, and never used after.
            unsafe { ManuallyDrop::drop(&mut self.value) }
        }
    }
}

//! What belongs to one process.
//!
//! A forked child has its parent's memory but only one of its threads. A lock that another thread held stays locked for ever, a
//! queue that another thread served is served no more. So whatever the I/O thread shares is tagged with the process that made
//! it; a child leaks what it inherited, untouched, and makes its own. What a child has to inherit (cookies, say) is locked by
//! [`lock_whole`] only, and a fork waits until no such lock is held.

use std::io;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

static EPOCH: AtomicU32 = AtomicU32::new(0);
/// How many forks are about to happen, and how many locks they wait for.
static FORKING: AtomicU32 = AtomicU32::new(0);
static HELD: AtomicU32 = AtomicU32::new(0);

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
            extern "C" fn before() {
                FORKING.fetch_add(1, Ordering::SeqCst);
                while HELD.load(Ordering::SeqCst) > 0 {
                    std::thread::yield_now();
                }
            }
            extern "C" fn in_parent() {
                FORKING.fetch_sub(1, Ordering::SeqCst);
            }
            extern "C" fn in_child() {
                EPOCH.fetch_add(1, Ordering::AcqRel);
                // Other threads that were about to fork, or to lock, are not here.
                FORKING.store(0, Ordering::SeqCst);
                HELD.store(0, Ordering::SeqCst);
            }
            // SAFETY: the handlers only touch atomics, which is allowed between fork and exec.
            // A failure (no memory) leaves forks uncounted, as in a program without a handler.
            unsafe { libc::pthread_atfork(Some(before), Some(in_parent), Some(in_child)) };
        }
    });
}

/// How many descriptors this process may have open, where there is such a limit.
pub fn most_descriptors() -> Option<usize> {
    #[cfg(unix)]
    {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: the pointer is to a live value of the type that the call fills.
        let known = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } == 0;
        known.then(|| usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX))
    }
    #[cfg(not(unix))]
    None
}

/// How many more descriptors this process may open, where that is known and worth asking: at least `enough` is not counted.
pub fn spare_descriptors(enough: usize) -> Option<usize> {
    let most = most_descriptors().filter(|most| most / 2 < enough)?;
    let open = match std::fs::read_dir("/dev/fd") {
        Ok(descriptors) => descriptors.count(),
        Err(error) if error.raw_os_error().is_some_and(lacks_descriptors) => most,
        Err(_) => 0,
    };
    Some(most.saturating_sub(open))
}

/// How many of so many requests can be in flight at once: a quarter of the spare descriptors is left to others.
pub fn fitting_concurrency(wanted: usize) -> usize {
    spare_descriptors(wanted).map_or(wanted, |spare| wanted.min(spare - spare / 4).max(1))
}

/// Does the number of an error say that this process, or the whole system, may open no more descriptors?
pub fn lacks_descriptors(errno: i32) -> bool {
    #[cfg(unix)]
    {
        matches!(errno, libc::EMFILE | libc::ENFILE)
    }
    #[cfg(not(unix))]
    {
        // WSAEMFILE
        errno == 10024
    }
}

/// Why this process can open no descriptor at this moment, where it is for want of them.
pub fn shortage() -> Option<io::Error> {
    #[cfg(unix)]
    {
        let error = std::fs::File::open("/dev/null").err()?;
        error.raw_os_error().is_some_and(lacks_descriptors).then_some(error)
    }
    #[cfg(not(unix))]
    None
}

/// Locks, also where a panic has passed: everything kept under these locks is valid at every moment.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A lock that no fork interrupts: a forked child finds it free, and what is under it whole.
pub struct Whole<'a, T> {
    value: MutexGuard<'a, T>,
    /// Given up after the lock.
    _held: Held,
}

struct Held;

/// Locks, until which a fork waits: to be held for moments only, and never two of them by one thread.
pub fn lock_whole<T>(mutex: &Mutex<T>) -> Whole<'_, T> {
    watch_forks();
    loop {
        HELD.fetch_add(1, Ordering::SeqCst);
        let held = Held;
        // Looked at after counting: whoever forks looks in the other order, so one of the two sees the other.
        if FORKING.load(Ordering::SeqCst) == 0 {
            return Whole { value: lock(mutex), _held: held };
        }
        drop(held);
        std::thread::yield_now();
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        HELD.fetch_sub(1, Ordering::SeqCst);
    }
}

impl<T> Deref for Whole<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Whole<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
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

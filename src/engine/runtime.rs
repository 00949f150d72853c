//! The I/O threads: each has a single-threaded tokio runtime of its own, and is made on first use. There is one, unless a client
//! spreads its hosts over several (see [`super::spread`]).
//!
//! Work comes in through an inbox that wakes its thread once per burst. A forked child inherits the memory of its parent's
//! runtime but not its thread, so everything here is tagged with the process it belongs to: the child leaks what it inherited,
//! untouched, and makes its own. Measured on two cores: threads with a runtime each cost less per request than a runtime spread
//! over several threads, because nothing is ever stolen.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::sync::{Condvar, Mutex};
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_util::task::AtomicWaker;
use tokio::runtime::Handle;

use super::injection;
use super::panics;
use super::process::{epoch, lock, watch_forks};

/// Work for an I/O thread.
pub type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// tokio's pool for what blocks (name lookups); its own default is 512.
const BLOCKING_THREADS: usize = 16;

/// How many I/O threads there may be.
pub const MOST: usize = 64;

static THREADS: [AtomicPtr<Runtime>; MOST] = [const { AtomicPtr::new(std::ptr::null_mut()) }; MOST];
static CLOSED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static PLACE: Cell<usize> = const { Cell::new(0) };
}

/// An I/O thread.
struct Runtime {
    epoch: u32,
    inbox: Inbox,
    handle: Handle,
    ended: (Mutex<bool>, Condvar),
}

#[derive(Default)]
struct Inbox {
    jobs: Mutex<Jobs>,
    waker: AtomicWaker,
}

#[derive(Default)]
struct Jobs {
    waiting: Vec<Job>,
    closed: bool,
}

/// This process's I/O thread at this place, made if need be.
///
/// # Errors
/// Where no thread or descriptor is to be had, and after [`shutdown`].
fn at(place: usize) -> io::Result<&'static Runtime> {
    let Some(slot) = THREADS.get(place) else { return Err(io::Error::other("no such I/O thread")) };
    let found = slot.load(Ordering::Acquire);
    // SAFETY: only leaked boxes are ever stored, so the pointer is null or valid for ever.
    if let Some(runtime) = unsafe { found.as_ref() }
        && runtime.epoch == epoch()
    {
        return Ok(runtime);
    }
    if CLOSED.load(Ordering::Acquire) {
        return Err(io::Error::other("the interpreter is shutting down"));
    }
    watch_forks();
    panics::watch();
    let runtime = Runtime::start(place)?;
    // No lock guards the making: a lock could be held by another thread at the moment of a fork. Of two makers one wins.
    match slot.compare_exchange(found, std::ptr::from_ref(runtime).cast_mut(), Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => Ok(runtime),
        Err(winner) => {
            runtime.inbox.close();
            // SAFETY: as above; a maker in this process has just stored it.
            unsafe { winner.as_ref() }.ok_or_else(|| io::Error::other("no runtime"))
        }
    }
}

/// Spawns work on this process's I/O thread, the first one where there are several.
///
/// # Errors
/// Where no thread or descriptor is to be had, and after [`shutdown`].
pub fn spawn(job: Job) -> io::Result<()> {
    spawn_at(0, job)
}

/// Spawns work on the I/O thread at this place; on the first one, where no other is to be had.
///
/// # Errors
/// As [`spawn`].
pub fn spawn_at(place: usize, job: Job) -> io::Result<()> {
    let runtime = at(place).or_else(|_| at(0))?;
    runtime.inbox.push(job).map_err(|_| io::Error::other("the interpreter is shutting down"))
}

/// What spawns on the I/O thread at this place.
///
/// # Errors
/// As [`spawn`].
pub fn handle(place: usize) -> io::Result<Handle> {
    at(place).map(|runtime| runtime.handle.clone())
}

/// The place of this I/O thread; 0 for any other thread.
pub fn place() -> usize {
    PLACE.get()
}

/// Ends the I/O threads, with all their work, and waits for them: no longer than `patience`, then they are left alone.
pub fn shutdown(patience: Duration) {
    CLOSED.store(true, Ordering::Release);
    // SAFETY: as in `at`.
    let made = THREADS.iter().filter_map(|slot| unsafe { slot.load(Ordering::Acquire).as_ref() });
    let own: Vec<&Runtime> = made.filter(|runtime| runtime.epoch == epoch()).collect();
    own.iter().for_each(|runtime| runtime.inbox.close());
    let begun = Instant::now();
    for runtime in own {
        let (ended, signal) = &runtime.ended;
        drop(signal.wait_timeout_while(lock(ended), patience.saturating_sub(begun.elapsed()), |ended| !*ended));
    }
}

impl Runtime {
    fn start(place: usize) -> io::Result<&'static Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(BLOCKING_THREADS)
            .thread_name("fastfetch-dns")
            .build()?;
        let own: &'static Self = Box::leak(Box::new(Self {
            epoch: epoch(),
            inbox: Inbox::default(),
            handle: runtime.handle().clone(),
            ended: (Mutex::new(false), Condvar::new()),
        }));
        std::thread::Builder::new().name("fastfetch-io".into()).spawn(move || {
            PLACE.set(place);
            // Work that panics ends alone, since it is a task of its own. Should the serving itself panic, it goes on: what waits
            // in the inbox has nobody else.
            while panics::catch(|| runtime.block_on(own.inbox.serve())).is_err() {}
            // Drops every task, and with it every connection, without waiting for a name lookup that cannot be stopped.
            runtime.shutdown_background();
            *lock(&own.ended.0) = true;
            own.ended.1.notify_all();
        })?;
        Ok(own)
    }
}

impl Inbox {
    fn push(&self, job: Job) -> Result<(), Job> {
        let mut jobs = lock(&self.jobs);
        if jobs.closed {
            return Err(job);
        }
        jobs.waiting.push(job);
        let first = jobs.waiting.len() == 1;
        drop(jobs);
        // The thread takes all that waits at once, so only the first of a burst has to wake it.
        if first {
            self.waker.wake();
        }
        Ok(())
    }

    fn close(&self) {
        lock(&self.jobs).closed = true;
        self.waker.wake();
    }

    async fn serve(&self) {
        while let Some(jobs) = self.take().await {
            for job in jobs {
                tokio::spawn(job);
            }
            injection::point("io");
        }
    }

    /// All that waits, once there is something; `None` after the close.
    async fn take(&self) -> Option<Vec<Job>> {
        poll_fn(|context| {
            self.waker.register(context.waker());
            let mut jobs = lock(&self.jobs);
            if jobs.closed {
                Poll::Ready(None)
            } else if jobs.waiting.is_empty() {
                Poll::Pending
            } else {
                Poll::Ready(Some(std::mem::take(&mut jobs.waiting)))
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn work_from_many_threads_runs_on_the_one_io_thread() {
        let (tx, rx) = mpsc::channel();
        std::thread::scope(|scope| {
            for n in 0..8 {
                let tx = tx.clone();
                scope.spawn(move || {
                    let job = Box::pin(async move {
                        let _ = tx.send((n, std::thread::current().name().map(str::to_owned)));
                    });
                    spawn(job).expect("a runtime");
                });
            }
        });
        let mut seen: Vec<_> = (0..8).map(|_| rx.recv_timeout(Duration::from_secs(10)).expect("ran")).collect();
        seen.sort();
        assert_eq!(seen, (0..8).map(|n| (n, Some("fastfetch-io".to_owned()))).collect::<Vec<_>>());
    }
}

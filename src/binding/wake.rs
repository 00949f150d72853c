//! How the I/O thread wakes an event loop: by a descriptor that the loop watches, without the interpreter.

#[cfg(unix)]
use std::fs::File;
#[cfg(unix)]
use std::io::{self, Read, Write};
#[cfg(unix)]
use std::os::fd::{AsRawFd, FromRawFd};
use std::sync::{Condvar, Mutex};

use crate::engine::process::lock;

/// A descriptor that is readable after a wake: an eventfd on Linux, a socket pair on other Unixes.
#[cfg(unix)]
#[derive(Debug)]
pub struct Descriptor {
    reader: File,
    writer: Option<File>,
}

#[cfg(unix)]
impl Descriptor {
    #[cfg(target_os = "linux")]
    pub fn new() -> io::Result<Self> {
        // SAFETY: takes no pointers; the result is checked, and owned by the file from here on.
        let reader = unsafe {
            match libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) {
                -1 => return Err(io::Error::last_os_error()),
                descriptor => File::from_raw_fd(descriptor),
            }
        };
        Ok(Self { reader, writer: None })
    }

    #[cfg(not(target_os = "linux"))]
    pub fn new() -> io::Result<Self> {
        use std::os::fd::OwnedFd;
        let (reader, writer) = std::os::unix::net::UnixStream::pair()?;
        reader.set_nonblocking(true)?;
        writer.set_nonblocking(true)?;
        Ok(Self { reader: File::from(OwnedFd::from(reader)), writer: Some(File::from(OwnedFd::from(writer))) })
    }

    /// For `loop.add_reader`.
    pub fn fileno(&self) -> i32 {
        self.reader.as_raw_fd()
    }

    /// Makes it readable. A full counter or socket is readable already, so a failure changes nothing.
    pub fn wake(&self) {
        let _ = (self.writer.as_ref().unwrap_or(&self.reader)).write(&1u64.to_ne_bytes());
    }

    /// Makes it unreadable until the next wake.
    pub fn clear(&self) {
        let mut scratch = [0; 512];
        // An eventfd gives all its counts in one read; a socket may have more to give, then the loop calls again.
        let _ = (&self.reader).read(&mut scratch);
    }
}

/// A bell for a thread that waits: for loops that cannot watch a descriptor, and for callers without a loop.
#[derive(Debug, Default)]
pub struct Bell {
    state: Mutex<BellState>,
    rung: Condvar,
}

#[derive(Debug, Default)]
struct BellState {
    rung: bool,
    ended: bool,
}

impl Bell {
    /// Wakes the waiter.
    pub fn ring(&self) {
        lock(&self.state).rung = true;
        self.rung.notify_one();
    }

    /// Sends the waiter home.
    pub fn end(&self) {
        lock(&self.state).ended = true;
        self.rung.notify_one();
    }

    /// Waits for a ring; `false` is the end.
    pub fn wait(&self) -> bool {
        let state = lock(&self.state);
        let waited = self.rung.wait_while(state, |state| !state.rung && !state.ended);
        let mut state = waited.unwrap_or_else(std::sync::PoisonError::into_inner);
        state.rung = false;
        !state.ended
    }
}

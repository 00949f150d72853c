//! What a batch has finished, kept in a file: a store of values by key over SQLite.
//!
//! One thread owns the file. It takes all that waits at once, writes it in one transaction and answers when that is committed,
//! so the cost of a commit is shared by whoever waits. Callers wait for their answers: how much is under way is theirs to bound.
//!
//! What is acknowledged outlives the process, however it ends. SQLite does not wait for the disk at each commit (WAL, with
//! `synchronous=NORMAL`): where the machine itself stops, by a power cut, the last moments may be missing, never half there.

mod forks;
mod store;
#[cfg(test)]
mod tests;
mod trouble;

use std::path::{self, Path};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::injection;
use super::panics;
use forks::InUse;
use store::{Opened, Refusal, Store};
pub use trouble::Trouble;

/// How long to wait before a file in use is tried again.
const PAUSE: Duration = Duration::from_millis(10);

/// The largest value, in bytes: a row of SQLite holds 10^9, the key and the checksum among them.
const LARGEST: usize = 999_999_000;

/// Whose value it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// Tells requests that differ apart.
    pub request: [u8; 16],
    /// Counts the requests that do not.
    pub occurrence: u32,
}

/// A handle to an open checkpoint. The file is closed after the last of them is dropped, and all it was asked for is done.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    jobs: mpsc::Sender<Job>,
    path: Arc<Path>,
    fresh: bool,
}

#[derive(Debug)]
enum Job {
    Find(Key, Answer<Option<Vec<u8>>>),
    Keep(Key, Vec<u8>, Answer<()>),
    Close(oneshot::Sender<()>),
}

type Answer<T> = oneshot::Sender<Result<T, Trouble>>;

impl Checkpoint {
    /// Opens a file, which is made where there is none. One in use is waited for, for up to `busy`: the batch before this one
    /// may just be closing it.
    ///
    /// # Errors
    /// Where the file cannot be opened, is in use for longer, is damaged, or is no checkpoint of this version.
    pub async fn open(path: &Path, busy: Duration) -> Result<Self, Trouble> {
        let path: Arc<Path> = path::absolute(path).map_err(|error| Trouble::not_opened(path, &error))?.into();
        let (jobs, inbox) = mpsc::channel();
        let (opened, fresh) = oneshot::channel();
        let file = path.clone();
        thread::Builder::new()
            .name("fastfetch-checkpoint".into())
            .spawn(move || run(&file, busy, opened, &inbox))
            .map_err(|error| Trouble::not_opened(&path, &error))?;
        let fresh = fresh.await.map_err(|_| Trouble::closed(&path))??;
        Ok(Self { jobs, path, fresh })
    }

    /// Did it hold nothing when it was opened? Then there is nothing to look up.
    pub fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// The value of a key, where there is one. One that has been damaged is as if missing.
    ///
    /// # Errors
    /// Where the file cannot be read, or is damaged beyond single values.
    pub async fn find(&self, key: Key) -> Result<Option<Vec<u8>>, Trouble> {
        self.ask(|answer| Job::Find(key, answer)).await
    }

    /// Keeps a value, in place of the key's earlier one; done when it is committed.
    ///
    /// # Errors
    /// Where it cannot be written, as on a full disk: then nothing is written any more, and what was is there to be found. A
    /// value too large for the store fails alone.
    pub async fn keep(&self, key: Key, value: Vec<u8>) -> Result<(), Trouble> {
        if value.len() > LARGEST {
            return Err(Trouble::too_large(&self.path, value.len(), LARGEST));
        }
        self.ask(|answer| Job::Keep(key, value, answer)).await
    }

    /// Closes the file, for the other handles as well; done when it is closed. Only then is it whole by itself, without the
    /// files that SQLite keeps beside it.
    pub async fn close(self) {
        let (closed, done) = oneshot::channel();
        if self.jobs.send(Job::Close(closed)).is_ok() {
            // Not answered where another handle has closed it.
            let _ = done.await;
        }
    }

    async fn ask<T>(&self, job: impl FnOnce(Answer<T>) -> Job) -> Result<T, Trouble> {
        let (answer, answered) = oneshot::channel();
        self.jobs.send(job(answer)).map_err(|_| Trouble::closed(&self.path))?;
        answered.await.map_err(|_| Trouble::closed(&self.path))?
    }
}

/// The thread: opens the file, and serves it until nobody is left who could ask.
fn run(path: &Path, busy: Duration, opened: Answer<bool>, inbox: &Receiver<Job>) {
    // Counted until the file is closed.
    let Some(_in_use) = InUse::begin() else {
        let _ = opened.send(Err(Trouble::forked(path)));
        return;
    };
    let Opened { connection, fresh } = match wait_to_open(path, busy, &opened) {
        Ok(found) => found,
        Err(trouble) => {
            let _ = opened.send(Err(trouble));
            return;
        }
    };
    let closing = match Store::new(&connection, path) {
        Ok(mut store) => {
            // Without anyone to hear it, nobody is left who could ask either.
            let _ = opened.send(Ok(fresh));
            serve(&mut store, inbox)
        }
        Err(trouble) => {
            let _ = opened.send(Err(trouble));
            return;
        }
    };
    // What is committed is safe without it.
    let _ = connection.close();
    for closed in closing {
        let _ = closed.send(());
    }
}

/// Tries until the file is free, or nobody waits any more.
fn wait_to_open(path: &Path, busy: Duration, opened: &Answer<bool>) -> Result<Opened, Trouble> {
    let begun = Instant::now();
    loop {
        match Opened::open(path) {
            Err(Refusal::InUse) if begun.elapsed() < busy && !opened.is_closed() => thread::sleep(PAUSE),
            Err(Refusal::InUse) => return Err(Trouble::in_use(path)),
            Err(Refusal::Trouble(trouble)) => return Err(trouble),
            Ok(found) => return Ok(found),
        }
    }
}

/// Does what it is asked, all that waits at a time, until it is to close; returns who waits for that.
fn serve(store: &mut Store<'_>, inbox: &Receiver<Job>) -> Vec<oneshot::Sender<()>> {
    let mut failed: Option<Trouble> = None;
    let mut closing = Vec::new();
    while closing.is_empty()
        && let Ok(first) = inbox.recv()
    {
        let (mut finds, mut rows, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        // It ends: who waits for an answer asks nothing more.
        for job in std::iter::once(first).chain(inbox.try_iter()) {
            match job {
                Job::Find(key, answer) => finds.push((key, answer)),
                Job::Keep(key, value, answer) => {
                    rows.push((key, value));
                    kept.push(answer);
                }
                Job::Close(closed) => closing.push(closed),
            }
        }
        for (key, answer) in finds {
            let found = panics::catch(|| store.find(key));
            let _ = answer.send(found.unwrap_or_else(|panic| Err(Trouble(panic.to_string()))));
        }
        if failed.is_none() && !rows.is_empty() {
            let kept = panics::catch(|| {
                injection::point("checkpoint");
                store.keep(&rows)
            });
            failed = kept.unwrap_or_else(|panic| Err(Trouble(panic.to_string()))).err();
        }
        for answer in kept {
            let _ = answer.send(failed.clone().map_or(Ok(()), Err));
        }
    }
    closing
}

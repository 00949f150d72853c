//! Answers that outlive the process: which item is which in a later run, and which answers are worth keeping.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};
use sha2::{Digest, Sha256};

use super::checkpoint::{Checkpoint, Key, Trouble};
use super::config::Retry;
use super::content::Content;
use super::error::{Error, Kind, Phase, redact};
use super::item::Item;
use super::memory;
use super::process::lock;
use super::response::Response;

/// How long to wait for a file that another run is about to close.
const BUSY: Duration = Duration::from_secs(2);
/// What is a server's state of the moment where nobody says: the statuses that curl calls transient.
const PASSING: [u16; 6] = [408, 429, 500, 502, 503, 504];

/// The form of what is kept, said before each value: what was kept in another one may be readable in this one, as something else.
const FORM: u8 = 2;

/// The answers of one call, kept in a file.
#[derive(Debug)]
pub struct Archive {
    checkpoint: Checkpoint,
    jobs: Mutex<Jobs>,
}

#[derive(Debug, Default)]
struct Jobs {
    keys: HashMap<usize, Key>,
    /// How many equal items there were so far.
    seen: HashMap<[u8; 16], u32>,
}

impl Archive {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// Where it cannot be had, or is something else.
    pub async fn open(path: &Path) -> Result<Self, Box<Error>> {
        let checkpoint = Checkpoint::open(path, BUSY).await.map_err(failed)?;
        Ok(Self { checkpoint, jobs: Mutex::default() })
    }

    /// Nothing was kept before: there is nothing to look for.
    pub fn is_fresh(&self) -> bool {
        self.checkpoint.is_fresh()
    }

    /// Says which item a job is, and what its URL is in full. Items have to be told in their order, since equal ones differ only in that.
    ///
    /// # Errors
    /// Where it could not be told from others.
    pub fn assign(&self, job: usize, item: &Item, url: &str) -> Result<(), Box<Error>> {
        let identity = identity(item, url)?;
        let mut jobs = lock(&self.jobs);
        let seen = jobs.seen.entry(identity).or_default();
        let key = Key { request: identity, occurrence: *seen };
        *seen += 1;
        jobs.keys.insert(job, key);
        Ok(())
    }

    /// The answer to an item, if it was kept.
    pub async fn find(&self, job: usize) -> Result<Option<Response>, Box<Error>> {
        let Some(key) = self.key(job) else { return Ok(None) };
        let found = self.checkpoint.find(key).await.map_err(failed)?;
        // What is of another form is fetched again.
        Ok(found.and_then(|value| postcard::from_bytes(value.strip_prefix(&[FORM])?).ok()))
    }

    /// Keeps an answer; done, it is there for good. One that would have been worth another attempt is asked for again in the next
    /// run.
    pub async fn keep(&self, job: usize, answer: &Response, retry: Option<&Retry>) -> Result<(), Box<Error>> {
        let passing = retry.map_or(&PASSING[..], |retry| &retry.statuses);
        let key = lock(&self.jobs).keys.remove(&job).filter(|_| !passing.contains(&answer.status.as_u16()));
        let Some(key) = key else { return Ok(()) };
        let trouble = |why: &dyn std::error::Error| failed(Trouble(why.to_string()));
        let mut value = memory::room(answer.size()).map_err(|lack| trouble(&lack))?;
        value.push(FORM);
        let value = postcard::to_extend(answer, value).map_err(|error| trouble(&error))?;
        self.checkpoint.keep(key, value).await.map_err(failed)
    }

    /// Forgets which item a job was.
    pub fn forget(&self, job: usize) {
        lock(&self.jobs).keys.remove(&job);
    }

    /// Closes the file; done when it is closed.
    pub async fn close(&self) {
        self.checkpoint.clone().close().await;
    }

    fn key(&self, job: usize) -> Option<Key> {
        lock(&self.jobs).keys.get(&job).copied()
    }
}

fn failed(trouble: Trouble) -> Box<Error> {
    Error::unsent(Kind::Checkpoint, Phase::Input, http::Method::GET, "", trouble.to_string())
}

/// What makes an item itself: method, URL, headers and body. Credentials do not: they may be others the next time, and are
/// nobody's business here. Neither does what is behind a `#`, which no server sees.
fn identity(item: &Item, url: &str) -> Result<[u8; 16], Box<Error>> {
    let mut hash = Sha256::new();
    let url = redact(url);
    let sent = url.split('#').next().unwrap_or_default();
    part(&mut hash, &[item.method().as_str().as_bytes(), sent.as_bytes()]);
    if let Item::Request(request) = item {
        for (name, value) in &request.headers {
            if ![AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE].contains(name) {
                part(&mut hash, &[name.as_ref(), value.as_bytes()]);
            }
        }
        match &request.content {
            None => {}
            Some(Content::Bytes(bytes)) => part(&mut hash, &[b"", bytes]),
            Some(Content::Produced(_)) => {
                let detail = "checkpoint: expected a body as bytes, got one that is read while it is sent";
                return Err(Error::unsent(Kind::InvalidRequest, Phase::Input, item.method(), item.url(), detail));
            }
        }
    }
    let digest = hash.finalize();
    Ok(std::array::from_fn(|index| digest.get(index).copied().unwrap_or_default()))
}

fn part(hash: &mut Sha256, parts: &[&[u8]]) {
    for part in parts {
        // With its length before it, no part can pass for two.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::engine::response::Rare;

    const URL: &str = "http://example.com/";

    fn answer() -> Response {
        Response { body: (*b"body").into(), url: URL.into(), ..Response::bare(StatusCode::OK) }
    }

    async fn archive(path: &Path) -> Archive {
        let archive = Archive::open(path).await.unwrap();
        archive.assign(0, &Item::Url(URL.into()), URL).unwrap();
        archive
    }

    #[tokio::test]
    async fn what_was_kept_is_found_and_another_form_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("batch.checkpoint");
        let first = archive(&path).await;
        let key = first.key(0).unwrap();
        first.keep(0, &answer(), None).await.unwrap();
        first.close().await;

        let second = archive(&path).await;
        assert_eq!(*second.find(0).await.unwrap().unwrap().body, *b"body");
        let bare = postcard::to_allocvec(&answer()).unwrap();
        second.checkpoint.keep(key, bare).await.unwrap();
        assert!(second.find(0).await.unwrap().is_none());
    }

    #[test]
    fn what_nests_without_end_is_refused() {
        let rare = |history| Some(Box::new(Rare { history, ..Rare::default() }));
        let hop = Response { rare: rare(Vec::new()), ..answer() };
        let written = |answer: &Response| postcard::to_allocvec(answer).unwrap();
        let one = written(&Response { rare: rare(vec![hop.clone()]), ..answer() });
        let back: Response = postcard::from_bytes(&one).unwrap();
        assert_eq!((back.history().len(), back.history()[0].history().len()), (1, 0));
        // What stands around the hop, again and again.
        let hop = written(&hop);
        let at = one.windows(hop.len()).position(|window| window == hop).unwrap();
        let (before, after) = (&one[..at], &one[at + hop.len()..]);
        for depth in [2, 100_000] {
            let deep = [before.repeat(depth), hop.clone(), after.repeat(depth)].concat();
            assert!(postcard::from_bytes::<Response>(&deep).is_err());
        }
        assert!(postcard::from_bytes::<Response>(&one).is_ok());
    }
}

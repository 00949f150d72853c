//! What both floor programs share: the arguments, the work, the meter and the JSON line.

use std::env;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The command line: `URL COUNT IN_FLIGHT WARM_UP`. So many requests are sent before the clock starts, so that
/// every connection is open.
pub struct Job {
    url: String,
    count: usize,
    pub in_flight: usize,
    warm_up: usize,
}

impl Job {
    pub fn from_arguments() -> Result<Self, Failure> {
        let mut arguments = env::args().skip(1);
        let mut next = || arguments.next().ok_or("usage: URL COUNT IN_FLIGHT WARM_UP");
        Ok(Self { url: next()?, count: next()?.parse()?, in_flight: next()?.parse()?, warm_up: next()?.parse()? })
    }

    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    #[must_use]
    pub fn warm_up(&self) -> Work {
        Work::new(&self.url, self.warm_up)
    }

    #[must_use]
    pub fn work(&self) -> Work {
        Work::new(&self.url, self.count)
    }
}

/// Distinct URLs, taken one by one by every worker that holds a clone.
#[derive(Clone)]
pub struct Work(Arc<(Vec<String>, AtomicUsize)>);

impl Work {
    fn new(url: &str, count: usize) -> Self {
        let urls = (0..count).map(|number| format!("{url}?n={number}")).collect();
        Self(Arc::new((urls, AtomicUsize::new(0))))
    }

    #[must_use]
    pub fn next(&self) -> Option<&str> {
        let (urls, taken) = &*self.0;
        urls.get(taken.fetch_add(1, Ordering::Relaxed)).map(String::as_str)
    }
}

/// What came back: answers with status 200 and the bytes of all bodies. Holds no body.
#[derive(Default)]
pub struct Tally {
    ok: usize,
    bytes: usize,
}

impl Tally {
    pub fn add(&mut self, status: u16, bytes: usize) {
        self.ok += usize::from(status == 200);
        self.bytes += bytes;
    }

    pub fn merge(&mut self, other: &Self) {
        self.ok += other.ok;
        self.bytes += other.bytes;
    }
}

/// Wall clock and CPU (user + system, all threads) from `start` to `report`.
pub struct Meter {
    started: Instant,
    cpu_before: Duration,
}

impl Meter {
    pub fn start() -> Result<Self, Failure> {
        Ok(Self { cpu_before: cpu()?, started: Instant::now() })
    }

    pub fn report(&self, job: &Job, tally: &Tally) -> Result<(), Failure> {
        let seconds = self.started.elapsed().as_secs_f64();
        let cpu_seconds = cpu()?.saturating_sub(self.cpu_before).as_secs_f64();
        let peak_rss_kb = peak_rss_kb()?;
        let (requests, ok, bytes) = (job.count, tally.ok, tally.bytes);
        println!(
            r#"{{"requests": {requests}, "ok": {ok}, "size": {bytes}, "seconds": {seconds}, "cpu_seconds": {cpu_seconds}, "peak_rss_kb": {peak_rss_kb}}}"#
        );
        Ok(())
    }
}

fn cpu() -> Result<Duration, Failure> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let microseconds = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(microseconds.try_into()?))
}

/// The peak of this program alone: Linux lets `ru_maxrss` begin at what the parent used before `exec`.
fn peak_rss_kb() -> Result<i64, Failure> {
    let Ok(status) = fs::read_to_string("/proc/self/status") else {
        return Ok(getrusage(UsageWho::RUSAGE_SELF)?.max_rss() / 1024); // bytes on macOS
    };
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

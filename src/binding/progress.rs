//! How far a batch is, for its callers: the counters, and ticks that say when to look at them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::error::class_name;
use super::side::{Side, nowhere};
use crate::engine::caller;
use crate::engine::error::{Error, Failure, Phase};
use crate::engine::progress::Snapshot;

/// Queued, in flight, waiting for another attempt, below 400, 400 and more by status, failed by class name, bytes.
pub type Counters = (usize, usize, usize, usize, BTreeMap<u16, usize>, HashMap<String, usize>, u64);

/// The counters, where it is known how many items have no outcome yet.
pub fn counters(snapshot: Snapshot, unfinished: usize) -> Counters {
    let Snapshot { in_flight, waiting, ok, refused, failed, bytes } = snapshot;
    let mut errors = HashMap::new();
    for (kind, count) in failed {
        // A callback may have raised an exception with the name of one of ours.
        *errors.entry(class_name(&kind).to_owned()).or_default() += count;
    }
    (unfinished.saturating_sub(in_flight + waiting), in_flight, waiting, ok, refused, errors, bytes)
}

/// Hosts and for how long they are paused, in seconds.
pub fn paused(hosts: Vec<(String, Duration)>) -> HashMap<String, f64> {
    hosts.into_iter().map(|(host, left)| (host, left.as_secs_f64())).collect()
}

/// Something of the caller's that is called again and again, the seconds before the first call, and those between two.
pub type Ticks = (Py<PyAny>, f64, f64);

/// Does some work, and meanwhile has the caller's side called now and then: never before the last call has ended, so that a
/// side that is busy has no arrears. What a call raises ends the work.
pub async fn ticking(ticks: Option<Ticks>, work: impl Future<Output = Result<(), Box<Error>>>) -> Result<(), Box<Error>> {
    let Some((function, first, every)) = ticks else { return work.await };
    let function = Arc::new(function);
    let calls = async {
        let Some(side) = Side::of(caller::current().as_ref()) else { return nowhere() };
        let now = Instant::now();
        let seconds = |seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default();
        // A clock does not tick without pause.
        let period = seconds(every).max(Duration::from_millis(1));
        let mut clock = interval_at(now.checked_add(seconds(first)).unwrap_or(now), period);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            clock.tick().await;
            let told = side.ask(function.clone(), |py| Ok(PyTuple::empty(py).unbind()), |_| Ok(()));
            if let Err(failure) = told.await {
                return failure;
            }
        }
    };
    tokio::select! {
        biased;
        ended = work => ended,
        Failure { kind, detail, .. } = calls => Err(Error::unsent(kind, Phase::Input, Method::GET, "", detail)),
    }
}

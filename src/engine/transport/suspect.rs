//! A connection that may be dead without a word. Over HTTP/1 nobody uses one again on which an answer did not come in time; one
//! of HTTP/2 has other requests on it, and may only be slow with one of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use hyper_util::client::legacy::connect::CaptureConnection;

use super::super::stage::Stage;
use super::connection::Facts;

/// Nothing at all has come for so long, not even to others: whoever comes next had better open another one.
const SILENCE: Duration = Duration::from_secs(2);

/// When counting began.
static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

fn millis() -> u64 {
    u64::try_from(EPOCH.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// When something last came, in milliseconds since `EPOCH`.
#[derive(Debug)]
pub struct Heard(AtomicU64);

impl Default for Heard {
    fn default() -> Self {
        Self(AtomicU64::new(millis()))
    }
}

impl Heard {
    /// Something has come.
    pub fn note(&self) {
        self.0.store(millis(), Ordering::Relaxed);
    }

    /// For how long nothing has come.
    fn silence(&self) -> Duration {
        Duration::from_millis(millis().saturating_sub(self.0.load(Ordering::Relaxed)))
    }
}

/// The connection that an answer is awaited on, once there is one.
pub struct Suspect {
    connection: CaptureConnection,
    stage: Arc<Stage>,
}

impl Suspect {
    /// The connection that the request of this stage will go over.
    pub fn new(connection: CaptureConnection, stage: &Arc<Stage>) -> Self {
        Self { connection, stage: stage.clone() }
    }

    /// What was waited for did not come in time. Those who wait on a silent connection go on waiting, and nobody joins them.
    pub fn late(&self) {
        let connection = self.connection.connection_metadata();
        let Some(connected) = connection.as_ref() else { return };
        if Facts::of(connected).is_some_and(|facts| facts.heard.silence() >= SILENCE) {
            connected.poison();
        }
    }
}

impl Drop for Suspect {
    fn drop(&mut self) {
        if self.stage.is_late() {
            self.late();
        }
    }
}

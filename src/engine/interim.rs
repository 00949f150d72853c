//! Interim answers (1xx, RFC 9110, section 15.2): a hook is told of each, in order, and of all before the answer itself counts.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{HeaderMap, StatusCode};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::caller::{Callback, Caller, Event};
use super::error::{Failure, Kind, Phase};
use super::request::Informed;
use super::stage::Stage;

/// A server that sends more than this before its answer is refused.
pub const MAX_INTERIM: usize = 100;

/// An interim answer; `None` where there have been too many.
type Told = Option<(StatusCode, HeaderMap)>;

/// The hook, and what it has still to be told.
pub struct Interim {
    told: UnboundedReceiver<Told>,
    hooks: Arc<dyn Callback>,
    caller: Option<Caller>,
}

/// Where the connection leaves what has come. Bounded: it takes one more than `MAX_INTERIM`.
#[derive(Debug)]
struct Post {
    teller: UnboundedSender<Told>,
    count: AtomicUsize,
}

impl Interim {
    /// Someone to be told of interim answers, and who hands them on to a hook.
    pub fn of(hooks: Arc<dyn Callback>, caller: Option<Caller>) -> (Arc<dyn Informed>, Self) {
        let (teller, told) = unbounded_channel();
        (Arc::new(Post { teller, count: AtomicUsize::new(0) }), Self { told, hooks, caller })
    }

    /// Waits for an answer and meanwhile calls the hook; what that raises becomes the failure of the request.
    pub async fn attend<T, F>(&mut self, mut sending: Pin<&mut F>, stage: &Stage) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let answer = loop {
            tokio::select! {
                biased;
                Some(told) = self.told.recv() => self.tell(told, stage).await?,
                answer = sending.as_mut() => break answer?,
            }
        };
        while let Ok(told) = self.told.try_recv() {
            self.tell(told, stage).await?;
        }
        Ok(answer)
    }

    async fn tell(&self, told: Told, stage: &Stage) -> Result<(), Failure> {
        let Some((status, headers)) = told else {
            let kind = Kind::LimitExceeded { limit: Some(MAX_INTERIM as u64), value: None };
            return Err(Failure::new(kind, Phase::Response, format!("more than {MAX_INTERIM} interim answers")));
        };
        // What the hook takes is no silence of the server's.
        stage.our_move();
        self.hooks.call(Event::Informational(status, headers), self.caller.as_ref()).await?;
        stage.enter(Phase::Response);
        Ok(())
    }
}

impl Informed for Post {
    fn tell(&self, status: StatusCode, headers: &HeaderMap) {
        let before = self.count.fetch_add(1, Ordering::Relaxed);
        if before <= MAX_INTERIM {
            // Nobody is told any more once the request is over.
            let _ = self.teller.send((before < MAX_INTERIM).then(|| (status, headers.clone())));
        }
    }
}

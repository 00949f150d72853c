//! One timer for a whole exchange, armed only while something is awaited.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use tokio::time::{Duration, Instant, Sleep, sleep_until};

/// Longer than anybody waits, and still within what every clock can hold.
pub const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// The earlier of two moments.
pub fn earliest(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (either, None) | (None, either) => either,
    }
}

/// When something is to be over, and how long it was given.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    /// The moment.
    pub at: Instant,
    /// The time that there was until then.
    pub time: Duration,
}

impl Deadline {
    /// In so long; `None` where no clock goes that far.
    pub fn within(time: Duration) -> Option<Self> {
        Some(Self { at: Instant::now().checked_add(time)?, time })
    }

    /// That it was too late, in words.
    pub fn missed(&self) -> String {
        format!("not finished within the deadline of {} s", self.time.as_secs_f64())
    }
}

/// A timer to be used again and again: moving it to a later moment costs an atomic store, making a new one a lock.
pub struct Clock {
    sleep: Pin<Box<Sleep>>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { sleep: Box::pin(sleep_until(Instant::now())) }
    }
}

impl Clock {
    /// Waits for `work`, but not past the moment that `due` names; `None` says it was too late.
    ///
    /// `due` is asked when the wait begins and again each time its moment has come: progress made meanwhile may have moved it,
    /// to a later moment, or to an earlier one that is at least `patience` away. So it is never asked less often than that.
    pub async fn watch<F: Future>(
        &mut self,
        mut work: Pin<&mut F>,
        patience: Option<Duration>,
        mut due: impl FnMut() -> Option<Instant>,
    ) -> Option<F::Output> {
        let sleep = &mut self.sleep;
        let mut armed = false;
        poll_fn(move |context| {
            if let Poll::Ready(output) = work.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            loop {
                if armed && sleep.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                let (moment, now) = (due(), Instant::now());
                if armed && moment.is_some_and(|moment| moment <= now) {
                    return Poll::Ready(None);
                }
                let look = patience.and_then(|patience| now.checked_add(patience));
                let Some(moment) = earliest(moment, look) else { return Poll::Pending };
                // A timer that goes off too early only asks again, so it is left where it is unless it would be late.
                if sleep.is_elapsed() || sleep.deadline() > moment {
                    sleep.as_mut().reset(moment);
                }
                armed = true;
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::pin::pin;

    #[tokio::test(start_paused = true)]
    async fn the_due_moment_may_move_while_waiting() {
        let mut clock = Clock::default();
        let start = Instant::now();
        let moved = Cell::new(false);
        let due = || Some(start + Duration::from_secs(if moved.replace(true) { 5 } else { 1 }));
        assert_eq!(clock.watch(pin!(std::future::pending::<()>()), None, due).await, None);
        assert_eq!(start.elapsed().as_secs(), 5);
        let work = tokio::time::sleep(Duration::from_secs(3600));
        assert_eq!(clock.watch(pin!(work), None, || None).await, Some(()));
        // To an earlier one, too.
        let (start, moved) = (Instant::now(), Cell::new(false));
        let due = || Some(start + Duration::from_secs(if moved.replace(true) { 3 } else { 60 }));
        let patience = Some(Duration::from_secs(2));
        assert_eq!(clock.watch(pin!(std::future::pending::<()>()), patience, due).await, None);
        assert_eq!(start.elapsed().as_secs(), 3);
        assert_eq!(clock.watch(pin!(async { 7 }), None, || Some(start)).await, Some(7));
    }
}

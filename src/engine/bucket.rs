//! A rate, kept by the generic cell rate algorithm (ITU-T I.371, annex A): a token bucket that remembers only one moment.

use std::time::Duration;

use tokio::time::Instant;

use super::clock::FOREVER;
use super::config::Rate;

/// How late a permit may be used and still count as used in time. Timers tick in milliseconds and a busy thread has other
/// things to do: without it each of their delays would be lost for good, and the rate would never be reached.
const LATE: Duration = Duration::from_millis(5);
/// What may begin at once where nobody says: what is due in this time.
const EVEN: f64 = 0.05;

/// Permits that come at a steady rate, of which some may be saved up.
#[derive(Debug, Clone)]
pub struct Bucket {
    interval: Duration,
    /// How much earlier than its turn a permit may be taken: the burst.
    ahead: Duration,
    /// When the next permit has its turn.
    turn: Option<Instant>,
}

impl Bucket {
    /// A full bucket.
    pub fn new(rate: Rate) -> Self {
        let interval = Duration::try_from_secs_f64(rate.per_second.recip()).unwrap_or(FOREVER).min(FOREVER);
        let burst = rate.burst.map_or((rate.per_second * EVEN).floor().max(1.0), |burst| burst as f64);
        let ahead = Duration::try_from_secs_f64(interval.as_secs_f64() * (burst - 1.0)).unwrap_or(Duration::MAX);
        Self { interval, ahead, turn: None }
    }

    /// A full bucket of one permit, which comes back after so long.
    pub fn spaced(interval: Duration) -> Self {
        Self { interval, ahead: Duration::ZERO, turn: None }
    }

    /// From when on a permit may be taken; `None` for now.
    pub fn next(&self, now: Instant) -> Option<Instant> {
        // What lies before all clocks is now.
        self.turn?.checked_sub(self.ahead).filter(|next| *next > now)
    }

    /// Takes a permit.
    pub fn take(&mut self, now: Instant) {
        let on_time = now.checked_sub(LATE.min(self.interval)).unwrap_or(now);
        let turn = self.turn.map_or(now, |turn| turn.max(on_time));
        self.turn = turn.checked_add(self.interval).or(self.turn);
    }

    /// The time in which another permit comes.
    pub fn interval(&self) -> Duration {
        self.interval
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn late_timers_do_not_cost_the_rate() {
        let mut bucket = Bucket::new(Rate { per_second: 50.0, burst: Some(1) });
        let start = Instant::now();
        let mut now = start;
        for _ in 0..501 {
            // A timer is late by one tick, and a bit.
            now = bucket.next(now).map_or(now, |next| next + Duration::from_micros(1_400));
            bucket.take(now);
        }
        assert!((10.0..10.01).contains(&(now - start).as_secs_f64()), "{:?}", now - start);
    }

    #[test]
    fn what_no_clock_can_hold_is_for_ever() {
        let now = Instant::now();
        let slow = Bucket::new(Rate { per_second: 1e-300, burst: Some(1) });
        for mut bucket in [slow, Bucket::spaced(FOREVER)] {
            bucket.take(now);
            assert!(bucket.next(now).is_some_and(|next| next == now + FOREVER));
        }
    }

    #[test]
    fn more_at_once_than_was_saved_up_is_never_to_be_had() {
        let mut bucket = Bucket::new(Rate { per_second: 10.0, burst: Some(3) });
        let now = Instant::now() + Duration::from_secs(3600);
        let at_once = (0..100)
            .take_while(|_| {
                bucket.next(now).is_none_or(|next| next <= now) && {
                    bucket.take(now);
                    true
                }
            })
            .count();
        assert_eq!(at_once, 3);
        assert_eq!(bucket.next(now), Some(now + Duration::from_millis(100)));
    }

    proptest! {
        /// In any window there are no more permits than were saved up and have come since.
        #[test]
        fn no_window_has_more_than_the_burst_and_the_rate(
            rate in 0.5f64..5_000.0,
            burst in 1usize..50,
            pauses in prop::collection::vec(0u64..200_000, 2..300),
        ) {
            let mut bucket = Bucket::new(Rate { per_second: rate, burst: Some(burst) });
            let mut now = Instant::now();
            let mut taken = Vec::new();
            for pause in pauses {
                now += Duration::from_micros(pause);
                now = bucket.next(now).unwrap_or(now);
                bucket.take(now);
                taken.push(now);
            }
            for (first, from) in taken.iter().enumerate() {
                for (count, to) in taken[first..].iter().enumerate() {
                    let window = (*to - *from + LATE).as_secs_f64();
                    prop_assert!((count + 1) as f64 <= burst as f64 + rate * window + 1e-3, "{} in {window} s", count + 1);
                }
            }
        }
    }
}

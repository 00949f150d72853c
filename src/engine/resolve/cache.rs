//! Answers for a short while.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::system::Answer;

/// How many answers are kept.
const CAPACITY: usize = 20_000;

/// A bounded cache; the oldest answers go first.
#[derive(Debug, Default)]
pub(super) struct Cache {
    answers: HashMap<Arc<str>, Kept>,
    /// Every answer by age, and some that have been replaced since: these only take up room until they are the oldest.
    ages: VecDeque<(Arc<str>, u64)>,
    count: u64,
}

#[derive(Debug)]
struct Kept {
    answer: Answer,
    until: Instant,
    number: u64,
}

impl Cache {
    /// The answer for a host, where it is kept and not too old.
    pub(super) fn get(&self, host: &str, now: Instant) -> Option<Answer> {
        self.answers.get(host).filter(|kept| now < kept.until).map(|kept| kept.answer.clone())
    }

    /// Keeps an answer for so long.
    pub(super) fn insert(&mut self, host: &Arc<str>, answer: &Answer, now: Instant, lifetime: Duration) {
        self.count += 1;
        let number = self.count;
        self.answers.insert(host.clone(), Kept { answer: answer.clone(), until: now + lifetime, number });
        self.ages.push_back((host.clone(), number));
        while self.ages.len() > CAPACITY {
            let Some((host, number)) = self.ages.pop_front() else { return };
            if self.answers.get(&host).is_some_and(|kept| kept.number == number) {
                self.answers.remove(&host);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ResolveFailure;
    use super::*;
    use std::net::IpAddr;

    const LONG: Duration = Duration::from_secs(60);

    fn found(last: u8) -> Answer {
        Ok([IpAddr::from([192, 0, 2, last])].into())
    }

    #[test]
    fn an_answer_lives_as_long_as_it_was_given() {
        let (mut cache, now) = (Cache::default(), Instant::now());
        let missing = Err(ResolveFailure::not_found("no such name"));
        cache.insert(&"found".into(), &found(1), now, Duration::from_secs(30));
        cache.insert(&"missing".into(), &missing, now, Duration::from_secs(3));
        let at = |host: &str, seconds: f64| cache.get(host, now + Duration::from_secs_f64(seconds));
        assert_eq!((at("found", 0.0), at("found", 29.9), at("found", 30.0)), (Some(found(1)), Some(found(1)), None));
        assert_eq!((at("missing", 2.9), at("missing", 3.0)), (Some(missing), None));
    }

    #[test]
    fn the_oldest_goes_and_no_name_fills_it() {
        let (mut cache, now) = (Cache::default(), Instant::now());
        for number in 0..CAPACITY + 5 {
            cache.insert(&number.to_string().into(), &found(1), now, LONG);
        }
        assert_eq!((cache.get("4", now), cache.get("5", now)), (None, Some(found(1))));
        for last in 0..=u8::MAX {
            for _ in 0..100 {
                cache.insert(&"again".into(), &found(last), now, LONG);
            }
        }
        assert_eq!(cache.get("again", now), Some(found(u8::MAX)));
        assert_eq!((cache.answers.len(), cache.ages.len()), (1, CAPACITY));
    }
}

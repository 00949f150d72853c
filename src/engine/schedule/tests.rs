//! Simulated time: what is admitted when, without a network.

use proptest::prelude::*;

use super::super::config::{HostLimits, Share};
use super::*;

fn limits(concurrency: usize, share: Share) -> Limits {
    let host = HostLimits { concurrency: share, rate: None, min_delay: None };
    Limits { concurrency, rate: None, host, hosts: Vec::new(), per_site: false, start: 16 }
}

fn schedule<J>(limits: Limits) -> Schedule<J> {
    Schedule::new(Arc::new(limits))
}

fn ended(began: Instant) -> Ended {
    Ended { began, sign: Sign::Neutral, told: false }
}

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

const ME: Party = Party(1);
const OTHER: Party = Party(2);

/// A world of hosts that take their time: runs everything, and tells when each job was done.
struct World<F> {
    schedule: Schedule<&'static str>,
    takes: F,
    now: Instant,
    start: Instant,
    running: Vec<(Instant, Lane, &'static str, Instant)>,
    done: Vec<(&'static str, Duration)>,
}

impl<F: Fn(&str) -> Duration> World<F> {
    fn new(limits: Limits, takes: F) -> Self {
        let now = Instant::now();
        Self { schedule: schedule(limits), takes, now, start: now, running: Vec::new(), done: Vec::new() }
    }

    fn push(&mut self, host: &'static str, count: usize) {
        for _ in 0..count {
            self.schedule.push(host, ME, host, self.now);
        }
    }

    fn run(&mut self) {
        loop {
            while let Some((lane, _, host)) = self.schedule.admit(self.now) {
                self.running.push((self.now + (self.takes)(host), lane, host, self.now));
            }
            let next = self.running.iter().map(|(end, ..)| *end).min();
            let Some(next) = next.into_iter().chain(self.schedule.next(self.now)).min() else { return };
            self.now = next.max(self.now);
            let (over, running) = std::mem::take(&mut self.running).into_iter().partition(|(end, ..)| *end <= self.now);
            self.running = running;
            let over: Vec<(Instant, Lane, &'static str, Instant)> = over;
            for (_, lane, host, began) in over {
                self.schedule.done(lane, Ended { began, sign: Sign::Answered((self.takes)(host)), told: false }, self.now);
                self.done.push((host, self.now - self.start));
            }
        }
    }

    fn last(&self, host: &str) -> Duration {
        self.done.iter().filter(|(done, _)| *done == host).map(|(_, at)| *at).max().unwrap_or_default()
    }
}

#[test]
fn a_slow_host_listed_first_holds_nobody_back() {
    let takes = |host: &str| if host == "slow" { Duration::from_secs(2) } else { millis(10) };
    for share in [Share::Auto, Share::Whole, Share::Fixed(20)] {
        let mut world = World::new(limits(100, share), takes);
        world.push("slow", 10_000);
        for host in ["a", "b", "c", "d"] {
            world.push(host, 2_500);
        }
        world.run();
        assert_eq!(world.done.len(), 20_000);
        // 80 permits, or 20 of each, do 10,000 of 10 ms in 1.25 s. In input order it would take 200 s to come to the first.
        let fast = ["a", "b", "c", "d"].map(|host| world.last(host)).into_iter().max().unwrap_or_default();
        assert!(fast < Duration::from_secs(3), "{share:?}: {fast:?}");
    }
}

#[test]
fn a_dead_host_among_many_takes_one_permit() {
    let hosts: Vec<&'static str> = (0..200).map(|n| &*Box::leak(format!("h{n}").into_boxed_str())).collect();
    let takes = |host: &str| if host == "h7" { Duration::from_secs(10) } else { millis(20) };
    let mut world = World::new(limits(50, Share::Auto), takes);
    for _ in 0..20 {
        hosts.iter().for_each(|host| world.push(host, 1));
    }
    world.run();
    // 199 × 20 requests of 20 ms with 50 permits: 1.6 s. The dead host's may cost one of the permits while others wait.
    let others = hosts.iter().filter(|host| **host != "h7").map(|host| world.last(host)).max().unwrap_or_default();
    assert!(others < millis(1_700), "{others:?}");
}

#[test]
fn a_paused_host_is_not_in_line() {
    let mut schedule = schedule(limits(2, Share::Whole));
    let now = Instant::now();
    schedule.push("paused", ME, 0, now);
    let (lane, _, _) = schedule.admit(now).expect("a job");
    schedule.pause(lane, now + millis(500), now);
    schedule.done(lane, ended(now), now);
    for job in 1..5 {
        schedule.push("paused", ME, job, now);
    }
    schedule.push("other", ME, 9, now);
    assert_eq!(schedule.admit(now).map(|(_, _, job)| job), Some(9));
    assert!(schedule.admit(now).is_none());
    assert_eq!(schedule.next(now), Some(now + millis(500)));
    assert_eq!(schedule.paused(now).collect::<Vec<_>>(), [("paused", now + millis(500))]);
    let later = now + millis(500);
    assert_eq!(schedule.admit(later).map(|(_, _, job)| job), Some(1));
    assert!(schedule.paused(later).next().is_none());
}

#[test]
fn jobs_that_come_back_wait_and_are_then_first() {
    let mut schedule = schedule(limits(1, Share::Whole));
    let now = Instant::now();
    for job in 0..3 {
        schedule.push("h", ME, job, now);
    }
    let (lane, ..) = schedule.admit(now).expect("a job");
    schedule.push_later(lane, ME, 0, now + millis(100), now);
    schedule.done(lane, ended(now), now);
    let (lane, _, job) = schedule.admit(now).expect("another");
    assert_eq!(job, 1);
    let later = now + millis(100);
    schedule.done(lane, ended(now), later);
    assert_eq!(schedule.admit(later).map(|(_, _, job)| job), Some(0));
}

#[test]
fn jobs_that_come_back_hold_up_no_new_one() {
    let mut schedule = schedule(limits(1, Share::Whole));
    let now = Instant::now();
    schedule.push("h", ME, 0, now);
    let (lane, ..) = schedule.admit(now).expect("a job");
    schedule.push_later(lane, ME, 0, now + millis(100), now);
    schedule.done(lane, ended(now), now);
    assert!(schedule.admit(now).is_none());
    schedule.push("h", OTHER, 1, now);
    let (lane, _, job) = schedule.admit(now).expect("the new one");
    assert_eq!(job, 1);
    schedule.done(lane, ended(now), now);
    assert_eq!(schedule.next(now), Some(now + millis(100)));
}

#[test]
fn what_is_being_read_does_not_count_as_what_a_host_can_take() {
    let mut schedule: Schedule<()> = schedule(limits(100, Share::Auto));
    let now = Instant::now();
    for open in 0..50 {
        let lane = schedule.enter("h", now).unwrap_or_else(|| panic!("no permit beside {open} that are open"));
        schedule.answered(lane, Ended { began: now, sign: Sign::Answered(millis(10)), told: false }, now);
    }
    let unanswered: Vec<Lane> = std::iter::from_fn(|| schedule.enter("h", now)).collect();
    assert!((16..50).contains(&unanswered.len()), "{}", unanswered.len());
}

#[test]
fn parties_take_turns_and_can_leave() {
    let mut schedule = schedule(limits(100, Share::Fixed(1)));
    let now = Instant::now();
    for job in 0..50 {
        schedule.push("h", ME, job, now);
    }
    for job in 50..53 {
        schedule.push("h", OTHER, job, now);
    }
    let mut order = Vec::new();
    for _ in 0..4 {
        let (lane, _, job) = schedule.admit(now).expect("a job");
        order.push(job);
        schedule.done(lane, ended(now), now);
    }
    assert_eq!(order, [0, 50, 1, 51]);
    assert_eq!(schedule.withdraw(ME, now).len(), 48);
    assert_eq!(schedule.admit(now).map(|(_, party, job)| (party, job)), Some((OTHER, 52)));
    assert!(schedule.admit(now).is_none());
}

#[test]
fn repetitions_are_what_requests_bring_and_a_few_more() {
    let mut schedule = schedule(limits(1, Share::Whole));
    let now = Instant::now();
    for job in 0..10_000 {
        schedule.push("h", ME, job, now);
    }
    // What only waits brings nothing yet, and what has begun brings it however many came at once.
    for _ in 0..99 {
        let (lane, ..) = schedule.admit(now).expect("a job");
        schedule.done(lane, ended(now), now);
    }
    let (lane, ..) = schedule.admit(now).expect("a job");
    assert_eq!((0..1_000).filter(|_| schedule.afford(lane, 0.1, now)).count(), 10 + 10);
    // One a second besides.
    assert_eq!((0..1_000).filter(|_| schedule.afford(lane, 0.1, now + Duration::from_secs(5))).count(), 5);
    assert_eq!((0..1_000).filter(|_| schedule.afford(lane, 0.0, now + Duration::from_secs(6))).count(), 1);
}

#[test]
fn a_host_that_asks_for_time_gets_it_from_the_second_request_on() {
    let mut schedule = schedule(limits(10, Share::Whole));
    let now = Instant::now();
    for job in 0..3 {
        schedule.push("h", ME, job, now);
    }
    let admitted: Vec<_> = std::iter::from_fn(|| schedule.admit(now)).collect();
    let told = now + millis(5);
    for (lane, party, job) in admitted {
        assert!(schedule.slow(lane, millis(100), now, told), "it began too early");
        schedule.push_later(lane, party, job, told, told);
        schedule.done(lane, ended(now), told);
    }
    let mut begun = Vec::new();
    let mut at = told;
    while let Some(next) = schedule.next(at) {
        at = next;
        if let Some((lane, ..)) = schedule.admit(at) {
            assert!(!schedule.slow(lane, millis(100), at + millis(1), at), "it knows");
            begun.push(at - told);
        }
    }
    assert_eq!(begun, [Duration::ZERO, millis(100), millis(200)]);
}

proptest! {
    /// Whatever the order of events: every job runs once, no bound is ever passed, a job that may run does, and permits are
    /// never further apart than one between hosts that have jobs waiting.
    #[test]
    fn bounds_hold_and_nothing_is_lost(
        jobs in prop::collection::vec((0usize..5, 1u64..4), 1..200),
        concurrency in 1usize..8,
        per_host in prop::option::of(1usize..4),
        rate in prop::option::of(5.0f64..500.0),
        events in prop::collection::vec((any::<prop::sample::Index>(), 0u8..10, 0u64..50), 400),
    ) {
        let mut limits = limits(concurrency, per_host.map_or(Share::Whole, Share::Fixed));
        limits.rate = rate.map(|per_second| Rate { per_second, burst: Some(3) });
        let mut schedule = schedule(limits);
        let start = Instant::now();
        let mut now = start;
        for (job, (host, party)) in jobs.iter().enumerate() {
            schedule.push(&host.to_string(), Party(*party), job, now);
        }
        let mut running: Vec<(Lane, Party, usize)> = Vec::new();
        let mut runs = vec![0; jobs.len()];
        let mut begun = 0;
        for (pick, what, pass) in events {
            while let Some((lane, party, job)) = schedule.admit(now) {
                prop_assert_eq!(party, Party(jobs[job].1));
                runs[job] += 1;
                begun += 1;
                running.push((lane, party, job));
            }
            prop_assert!(running.len() <= concurrency);
            for host in 0..5 {
                let count = running.iter().filter(|(_, _, job)| jobs[*job].0 == host).count();
                prop_assert!(per_host.is_none_or(|cap| count <= cap));
            }
            if let Some(rate) = rate {
                prop_assert!(f64::from(begun) <= 3.0 + rate * ((now - start).as_secs_f64() + 0.005) + 1.0);
            }
            now += millis(pass);
            if running.is_empty() {
                let Some(next) = schedule.next(now) else { break };
                now = next.max(now);
                continue;
            }
            let (lane, party, job) = running.swap_remove(pick.index(running.len()));
            match what {
                0 if runs[job] < 3 => schedule.push_later(lane, party, job, now + millis(pass), now),
                1 => schedule.pause(lane, now + millis(pass), now),
                _ => {}
            }
            schedule.done(lane, ended(now), now);
        }
        // The rest.
        for _ in 0..100_000 {
            while let Some(next) = schedule.admit(now) {
                runs[next.2] += 1;
                running.push(next);
            }
            match running.pop() {
                Some((lane, ..)) => schedule.done(lane, ended(now), now),
                None => match schedule.next(now) {
                    Some(next) => now = next.max(now),
                    None => break,
                },
            }
        }
        prop_assert!(runs.iter().all(|runs| *runs > 0), "{:?}", runs);
        prop_assert!(schedule.ready.is_empty() && schedule.timed.is_empty());
        prop_assert_eq!(schedule.running, 0);
    }
}

/// What a decision costs with 10,000 hosts in line; run in release with `--ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn cost_with_ten_thousand_hosts() {
    const JOBS: usize = 1_000_000;
    let hosts: Vec<String> = (0..10_000).map(|n| format!("host{n}.example:8080")).collect();
    let mut schedule = schedule(limits(100, Share::Auto));
    let now = Instant::now();
    let start = std::time::Instant::now();
    for job in 0..JOBS {
        schedule.push(&hosts[job % hosts.len()], ME, job, now);
    }
    let pushed = start.elapsed();
    let mut running = VecDeque::new();
    let mut count = 0;
    let start = std::time::Instant::now();
    loop {
        let now = Instant::now();
        while let Some((lane, ..)) = schedule.admit(now) {
            running.push_back((lane, now));
        }
        let Some((lane, began)) = running.pop_front() else { break };
        schedule.done(lane, Ended { began, sign: Sign::Answered(millis(10)), told: false }, now);
        count += 1;
    }
    assert_eq!(count, JOBS);
    println!("push {:.0} ns, admit and done {:.0} ns", pushed.as_nanos() as f64 / 1e6, start.elapsed().as_nanos() as f64 / 1e6);
}

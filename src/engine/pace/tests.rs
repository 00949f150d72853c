use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::simulation::{Control, Gradient, Host, MOST, Model, Reno, START, fetch};
use super::{Pace, Sign};

/// Requests cost the same, give or take a twentieth.
const EVEN: f64 = 0.05;
/// One request in fifty takes ten times as long as the median.
const MIXED: f64 = 1.0;

const fn host(model: Model, latency: f64) -> Host {
    Host { model, latency, spread: EVEN, flaky: 0.0 }
}

const fn collapsing(capacity: usize, power: f64, refusing: f64) -> Model {
    Model::Collapsing { capacity, power, refusing }
}

const fn counted(every: f64, told: bool) -> Model {
    Model::Counted { rate: 80.0, every, told }
}

const FLAPPING: Model = Model::Flapping { good: 64, bad: 8, phase: 5.0 };

/// Hosts on which the adaptive limit is worth nine tenths of the best fixed one, and more.
const USUAL: [(&str, Host); 6] = [
    ("fast: 1 ms, 64 at once, then a queue", host(Model::Queue { capacity: 64 }, 0.001)),
    ("slow: 2 s whatever the load", host(Model::Queue { capacity: 1_000 }, 2.0)),
    ("rate-limited: 80/s, bucket of 20, bare 429; 100 ms", host(Model::Bucket { rate: 80.0, burst: 20.0 }, 0.1)),
    ("rate-limited: 800 in 10 s, Retry-After; 100 ms", host(counted(10.0, true), 0.1)),
    ("collapsing beyond 40, 503; 100 ms", host(collapsing(40, 2.0, 1.0), 0.1)),
    ("flapping: 64 and 8, 5 s each, 503; 50 ms", host(FLAPPING, 0.05)),
];

/// Harder ones, and some that only look hard.
const OTHERS: [(&str, Host); 7] = [
    ("rate-limited: 80 in 1 s, Retry-After; 100 ms", host(counted(1.0, true), 0.1)),
    ("rate-limited: 80 in 1 s, Retry-After; 300 ms", host(counted(1.0, true), 0.3)),
    ("rate-limited: 80 in 1 s, bare 429; 100 ms", host(counted(1.0, false), 0.1)),
    ("slowing beyond 40, never refusing; 100 ms", host(collapsing(40, 2.0, 0.0), 0.1)),
    ("flapping: 64 and 8, 5 s each, 503; 100 ms", host(FLAPPING, 0.1)),
    ("queue beyond 20; 100 ms", host(Model::Queue { capacity: 20 }, 0.1)),
    ("3 % of 503 whatever the load; 200 ms", Host { flaky: 0.03, ..host(Model::Queue { capacity: 1_000 }, 0.2) }),
];

fn mixed(hosts: &[(&'static str, Host)]) -> Vec<(&'static str, Host)> {
    hosts.iter().map(|(name, host)| (*name, Host { spread: MIXED, ..*host })).collect()
}

/// Answers a second, on average over seeds, of a minute or the first so many answers.
fn throughput<C: Control>(host: Host, requests: usize, seeds: u64, control: impl Fn() -> C) -> f64 {
    (1..=seeds).map(|seed| fetch(host, &mut control(), requests, 60.0, seed).throughput()).sum::<f64>() / seeds as f64
}

fn pace() -> Pace {
    Pace::new(START, MOST)
}

/// The best of the fixed limits, and its throughput.
fn best(host: Host, requests: usize, seeds: u64, limits: &[usize]) -> (usize, f64) {
    let all = limits.iter().map(|limit| (*limit, throughput(host, requests, seeds, || *limit)));
    all.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap()
}

const FIXED: [usize; 8] = [1, 2, 4, 8, 16, 32, 64, 100];

#[test]
fn nine_tenths_of_the_best_fixed_limit() {
    for (name, host) in USUAL {
        let (limit, fixed) = best(host, 20_000, 5, &FIXED);
        let share = throughput(host, 20_000, 5, pace) / fixed;
        assert!(share >= 0.9, "{name}: {share:.2} of what {limit} bring");
    }
}

#[test]
fn not_much_less_with_mixed_requests_and_harder_hosts() {
    for (name, host) in mixed(&USUAL).into_iter().chain(OTHERS).chain(mixed(&OTHERS)) {
        let (limit, fixed) = best(host, 20_000, 5, &FIXED);
        let share = throughput(host, 20_000, 5, pace) / fixed;
        assert!(share >= 0.75, "{name}, spread {}: {share:.2} of what {limit} bring", host.spread);
    }
}

/// Hosts of every kind, capacity and latency: by kind, the shares of the best fixed limit, least first.
fn grid() -> BTreeMap<&'static str, Vec<(f64, Host)>> {
    let mut all = BTreeMap::<_, Vec<_>>::new();
    for latency in [0.001, 0.01, 0.1, 0.5, 2.0] {
        for capacity in [4, 12, 40, 80] {
            let rate = capacity as f64 / latency;
            let phase = f64::max(2.0, 50.0 * latency);
            let kinds = [
                ("queue", Model::Queue { capacity }),
                ("collapsing, 503", collapsing(capacity, 1.0, 1.0)),
                ("collapsing, 503", collapsing(capacity, 2.0, 0.5)),
                ("slowing, never refusing", collapsing(capacity, 2.0, 0.0)),
                ("rate-limited", Model::Bucket { rate, burst: f64::max(1.0, rate / 4.0) }),
                ("rate-limited", Model::Counted { rate, every: 1.0, told: true }),
                ("flapping", Model::Flapping { good: capacity, bad: capacity.div_ceil(6), phase }),
            ];
            for (kind, model) in kinds {
                if phase > 10.0 && kind == "flapping" || rate < 8.0 && kind == "rate-limited" {
                    continue;
                }
                for spread in [EVEN, MIXED] {
                    let host = Host { spread, ..host(model, latency) };
                    let share = throughput(host, 10_000, 3, pace) / best(host, 10_000, 3, &[4, 16, 32, 64, 100]).1;
                    all.entry(kind).or_default().push((share, host));
                }
            }
        }
    }
    all.values_mut().for_each(|shares| shares.sort_by(|a, b| a.0.total_cmp(&b.0)));
    all
}

#[test]
fn hosts_of_every_capacity_and_latency() {
    for (kind, shares) in grid() {
        let mean = shares.iter().map(|(share, _)| share).sum::<f64>() / shares.len() as f64;
        assert!(mean >= 0.75, "{kind}: {mean:.2}");
        assert!(shares[0].0 >= 0.1, "{kind}: {:?}", shares[0]);
    }
}

/// The tables of the design page: `cargo test --lib pace -- --ignored --nocapture`.
#[test]
#[ignore = "prints tables"]
fn tables() {
    let seeds = 10;
    println!("| host | best fixed | answers/s | auto | share | TCP Reno | Gradient2 |\n|---|--:|--:|--:|--:|--:|--:|");
    for (name, host) in USUAL.into_iter().chain(OTHERS).chain(mixed(&USUAL)).chain(mixed(&OTHERS)) {
        let (limit, fixed) = best(host, 50_000, seeds, &FIXED);
        let auto = throughput(host, 50_000, seeds, pace);
        let reno = throughput(host, 50_000, seeds, Reno::new);
        let gradient = throughput(host, 50_000, seeds, Gradient::new);
        let name = if host.spread == MIXED { format!("{name}; mixed") } else { name.to_owned() };
        let percent = |value: f64| 100.0 * value / fixed;
        println!(
            "| {name} | {limit} | {fixed:.0} | {auto:.0} | {:.0} % | {:.0} % | {:.0} % |",
            percent(auto),
            percent(reno),
            percent(gradient),
        );
    }
    println!("\n| kind | hosts | mean | lowest tenth | worst | |\n|---|--:|--:|--:|--:|---|");
    for (kind, shares) in grid() {
        let mean = 100.0 * shares.iter().map(|(share, _)| share).sum::<f64>() / shares.len() as f64;
        let (worst, host) = shares[0];
        let tenth = 100.0 * shares[shares.len() / 10].0;
        println!("| {kind} | {} | {mean:.0} % | {tenth:.0} % | {:.0} % | {host:?} |", shares.len(), 100.0 * worst);
    }
}

#[test]
fn a_short_batch_gets_there_in_time() {
    let host = Host { spread: 0.0, ..host(Model::Queue { capacity: 1_000 }, 0.01) };
    let mut pace = pace();
    let run = fetch(host, &mut pace, 400, 60.0, 1);
    assert_eq!(pace.limit(), MOST);
    assert!(run.seconds < 0.08, "{} s", run.seconds);
}

#[test]
fn a_server_on_this_machine_gets_all_that_is_allowed() {
    for most in [64, 100] {
        for (latency, spread) in [(0.0002, EVEN), (0.0002, MIXED), (0.001, MIXED), (0.003, EVEN)] {
            // Only four are really served at once: more wait, but less than 10 ms.
            let capacity = if latency < 0.001 { 4 } else { 1_000 };
            let host = Host { spread, ..host(Model::Queue { capacity }, latency) };
            let mut pace = Pace::new(START, most);
            fetch(host, &mut pace, 1_000, 60.0, 1);
            assert_eq!(pace.limit(), most, "{latency} {spread}");
            for seed in 0..50 {
                fetch(host, &mut pace, 1_000, 60.0, seed);
                assert_eq!(pace.limit(), most, "{latency} {spread}");
            }
        }
    }
}

#[test]
fn one_burst_counts_once() {
    let start = Instant::now();
    let after = |millis| start + Duration::from_millis(millis);
    let mut pace = Pace::new(100, 100);
    for _ in 0..100 {
        pace.note(after(50), start, 100, true, Sign::Strained);
    }
    assert_eq!(pace.limit(), 90);
    for _ in 0..100 {
        pace.note(after(60), after(55), 90, true, Sign::Strained);
    }
    assert_eq!(pace.limit(), 90, "within a round trip");
    for _ in 0..100 {
        pace.note(after(400), after(300), 90, true, Sign::Strained);
    }
    assert_eq!(pace.limit(), 63);
}

#[test]
fn nothing_is_learnt_from_a_limit_that_does_not_bind() {
    let start = Instant::now();
    let mut pace = pace();
    for millis in 1..1_000 {
        let now = start + Duration::from_millis(millis);
        pace.note(now, start, 16, false, Sign::Answered(Duration::from_millis(50)));
        pace.note(now, start, 3, true, Sign::Answered(Duration::from_millis(50)));
        pace.note(now, start, 16, true, Sign::Neutral);
    }
    assert_eq!(pace.limit(), START);
}

#[test]
fn it_is_small() {
    assert!(size_of::<Pace>() <= 160, "{}", size_of::<Pace>());
}

#[test]
#[ignore = "prints how long a note takes"]
fn cost() {
    let (start, mut pace, notes) = (Instant::now(), pace(), 10_000_000);
    for number in 0..notes {
        let now = start + Duration::from_micros(number);
        let latency = Duration::from_micros(20_000 + number % 977);
        pace.note(now, now - latency, pace.limit(), true, Sign::Answered(latency));
    }
    println!("{} ns, limit {}", start.elapsed().as_nanos() / u128::from(notes), pace.limit());
}

fn signs() -> impl Strategy<Value = Sign> {
    prop_oneof![
        6 => (0u64..20_000_000).prop_map(|micros| Sign::Answered(Duration::from_micros(micros))),
        2 => Just(Sign::Strained),
        1 => Just(Sign::Neutral),
    ]
}

proptest! {
    /// Whatever is noted: the limit stays within its bounds; and once the host is well, all that is allowed is reached again.
    #[test]
    fn it_stays_within_bounds_and_recovers(
        start in 0usize..200,
        most in 1usize..=100,
        history in prop::collection::vec((signs(), 0u64..30_000_000, 0u64..10_000, 0usize..300, any::<bool>()), 0..600),
        troubled in 0usize..200,
        latency in prop::sample::select(vec![0.000_2, 0.02, 0.3]),
    ) {
        let mut pace = Pace::new(start, most);
        // Long ago: the host that is well is met later.
        let mut now = Instant::now() - Duration::from_secs(3600);
        for (sign, age, step, running, waiting) in history {
            now += Duration::from_micros(step);
            pace.note(now, now - Duration::from_micros(age), running, waiting, sign);
            prop_assert!((1..=most).contains(&pace.limit()));
        }
        for _ in 0..troubled {
            now += Duration::from_millis(300);
            pace.note(now, now - Duration::from_millis(10), pace.limit(), true, Sign::Strained);
            prop_assert!((1..=most).contains(&pace.limit()));
        }
        let well = host(Model::Queue { capacity: 1_000 }, latency);
        fetch(well, &mut pace, 30_000, 100_000.0, 7);
        // One small trial below is what it may be at.
        prop_assert!(pace.limit() >= most - most.div_ceil(8), "{} of {most}", pace.limit());
    }
}

use super::*;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};

fn found() -> Answer {
    Ok([IpAddr::from([192, 0, 2, 1])].into())
}

/// A resolver whose lookups report their name and then wait to be told their answers.
fn held() -> (Arc<Resolver>, mpsc::Receiver<String>, mpsc::Sender<Answer>) {
    let ((started, starts), (answer, answers)) = (mpsc::channel(), mpsc::channel::<Answer>());
    let (started, answers) = (Mutex::new(started), Mutex::new(answers));
    let lookup = move |host: &str| {
        lock(&started).send(host.to_owned()).expect("a listener");
        lock(&answers).recv().unwrap_or_else(|_| found())
    };
    (Arc::new(Resolver::with_lookup(Settings::default(), lookup)), starts, answer)
}

/// Polls once: the question is asked.
fn ask(answer: std::pin::Pin<&mut impl Future<Output = Answer>>) -> Option<Answer> {
    match answer.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}

/// Waits until the threads have brought about what is asked for.
fn until(resolver: &Resolver, mut so: impl FnMut(&State) -> bool) {
    while !so(&lock(&resolver.shared.state)) {
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn a_thousand_who_ask_share_one_lookup() {
    let (resolver, starts, answer) = held();
    let mut waits = tokio::task::JoinSet::new();
    for number in 0..1_000 {
        let resolver = resolver.clone();
        waits.spawn(async move { resolver.resolve(if number % 2 == 0 { "name" } else { "NAME" }).await });
    }
    while lock(&resolver.shared.state).waiting.get("name").is_none_or(|sender| sender.receiver_count() < 1_000) {
        tokio::task::yield_now().await;
    }
    answer.send(found()).expect("a lookup");
    assert!(waits.join_all().await.iter().all(|answer| *answer == found()));
    assert_eq!(resolver.resolve("name").await, found());
    assert_eq!(starts.try_iter().collect::<Vec<_>>(), ["name"]);
}

#[tokio::test]
async fn failures_reach_all_and_temporary_ones_are_asked_again() {
    let (resolver, starts, answer) = held();
    let missing: Answer = Err(ResolveFailure::not_found("no such name"));
    for (name, given) in [("busy", Err(ResolveFailure::temporary("busy"))), ("busy", found()), ("missing", missing.clone())] {
        // Answered once both have asked: a temporary failure is not kept for one that comes later.
        let answering = async { answer.send(given.clone()).expect("a lookup") };
        let (one, two, ()) = tokio::join!(resolver.resolve(name), resolver.resolve(name), answering);
        assert_eq!((&one, &two), (&given, &given));
    }
    assert_eq!(resolver.resolve("missing").await, missing);
    assert_eq!(starts.try_iter().collect::<Vec<_>>(), ["busy", "busy", "missing"]);
}

#[test]
fn threads_are_bounded_and_what_nobody_waits_for_is_not_begun() {
    let (resolver, starts, answer) = held();
    let ask_for = |name: String| {
        let resolver = resolver.clone();
        let mut wait = Box::pin(async move { resolver.resolve(&name).await });
        assert_eq!(ask(wait.as_mut()), None);
        wait
    };
    let mut kept: Vec<_> = (0..AT_ONCE + 2).map(|number| ask_for(number.to_string())).collect();
    let begun: Vec<_> = starts.iter().take(AT_ONCE).collect();
    assert_eq!((begun.len(), lock(&resolver.shared.state).threads), (AT_ONCE, AT_ONCE));
    // One that is under way and one that is queued lose interest; so do many more.
    drop(kept.remove(0));
    drop(kept.pop());
    for number in 0..10 * PURGE {
        drop(ask_for(format!("dropped-{number}")));
    }
    assert!(lock(&resolver.shared.state).queue.len() <= PURGE);
    for _ in 0..=AT_ONCE {
        answer.send(found()).expect("a lookup");
    }
    until(&resolver, |state| state.waiting.is_empty() && state.queue.is_empty());
    assert_eq!(starts.try_iter().collect::<Vec<_>>(), [AT_ONCE.to_string()]);
    // What was cancelled while under way is known none the less.
    assert_eq!(ask(pin!(resolver.resolve("0"))), Some(found()));
    assert!(kept.iter_mut().all(|wait| ask(wait.as_mut()) == Some(found())));
}

#[tokio::test]
async fn idle_threads_end_and_come_back() {
    let resolver = Resolver::build(Settings::default(), Box::new(|_| found()), Duration::ZERO);
    for name in ["a", "b"] {
        assert_eq!(resolver.resolve(name).await, found());
        until(&resolver, |state| state.threads == 0);
        assert_eq!(ask(pin!(resolver.resolve(name))), Some(found()));
    }
}

#[test]
fn a_dropped_resolver_leaves_no_thread() {
    let (resolver, starts, answer) = held();
    let shared = Arc::downgrade(&resolver.shared);
    let mut wait = Box::pin(async move { resolver.resolve("name").await });
    assert_eq!(ask(wait.as_mut()), None);
    assert_eq!(starts.recv().as_deref(), Ok("name"));
    // Dropping does not wait for the lookup, which has no answer yet.
    drop(wait);
    assert!(shared.upgrade().is_some());
    drop(answer);
    while shared.upgrade().is_some() {
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn some_hosts_need_no_lookup() {
    let lookups = Arc::new(AtomicUsize::new(0));
    let (count, own) = (lookups.clone(), IpAddr::from([10, 0, 0, 1]));
    let settings = Settings { overrides: HashMap::from([("API.example".into(), vec![own]), ("empty".into(), vec![])]) };
    let resolver = Resolver::with_lookup(settings, move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        panic!("a fault in the system's resolver")
    });
    for (host, ip) in [("api.EXAMPLE", "10.0.0.1"), ("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("[::1]", "::1")] {
        assert_eq!(resolver.resolve(host).await.as_deref(), Ok(&[ip.parse().expect(ip)][..]));
    }
    for host in [String::new(), "x".repeat(255)] {
        assert_eq!(resolver.resolve(&host).await.expect_err("no name").kind, FailureKind::Failed);
    }
    assert_eq!(lookups.load(Ordering::Relaxed), 0);
    // A lookup that panics is a failure.
    for _ in 0..2 {
        assert_eq!(resolver.resolve("empty").await.expect_err("a panic").kind, FailureKind::Internal);
    }
    assert_eq!(lookups.load(Ordering::Relaxed), 2);
}

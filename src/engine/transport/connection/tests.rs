//! Which connections make way for others, and which do not.

use futures_util::FutureExt;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::*;

fn connection(room: &Arc<Room>, h2: bool) -> (Link, DuplexStream) {
    let (near, far) = duplex(1024);
    let counters = Arc::new(HostCounters::default());
    (Link::new(Stream::Other(Box::pin(near)), h2, Peer::default(), counters, room.clone()), far)
}

impl Link {
    fn write(&mut self) {
        self.write_all(b".").now_or_never().expect("room").expect("open");
    }

    fn use_once(&mut self) {
        self.write();
        self.facts.answer();
        self.facts.done(false);
    }

    /// Has it ended? Nothing comes on it.
    fn has_ended(&mut self) -> bool {
        self.read_u8().now_or_never().is_some()
    }
}

#[test]
fn the_longest_idle_goes_first() {
    let room = Arc::new(Room::default());
    let mut links: Vec<_> = (0..4).map(|_| connection(&room, false)).collect();
    for used in [2, 0, 3] {
        links[used].0.use_once();
    }
    let mut ended = || links.iter_mut().map(|(link, _)| link.has_ended()).collect::<Vec<_>>();
    for expected in [[false, false, true, false], [true, false, true, false], [true, false, true, true]] {
        assert_eq!(room.make().now_or_never(), None);
        // One that was told before and has not gone yet is not told again.
        assert_eq!(ended(), expected);
    }
    links.clear();
    assert_eq!(room.make().now_or_never(), Some(false));
}

#[tokio::test]
async fn whoever_needs_room_waits_until_there_is_some() {
    let room = Arc::new(Room::default());
    let (mut link, _far) = connection(&room, false);
    assert!(!room.make().await, "it has not been used, but may be about to");
    link.use_once();
    let (made, ()) = tokio::join!(room.make(), async {
        assert_eq!(link.read(&mut [0]).await.expect("an end"), 0);
        drop(link);
    });
    assert!(made);
}

#[tokio::test]
async fn one_that_turns_out_to_be_needed_stays() {
    let room = Arc::new(Room::default());
    let (mut link, _far) = connection(&room, false);
    link.use_once();
    let (made, ()) = tokio::join!(room.make(), async {
        link.write();
        assert!(!link.has_ended());
    });
    assert!(made, "look again");
    assert!(!room.make().await, "none is idle any more");
}

#[test]
fn one_opened_for_nobody_is_idle() {
    let room = Arc::new(Room::default());
    let (mut link, _far) = connection(&room, false);
    link.spare();
    link.facts.leave();
    assert!(link.has_ended());
}

#[test]
fn http2_is_idle_without_requests() {
    let room = Arc::new(Room::default());
    let (mut link, _far) = connection(&room, true);
    link.use_once();
    let asked = link.facts.counters.clone().ask();
    link.facts.leave();
    assert!(!link.has_ended());
    drop(asked);
    // It writes of its own accord, too.
    link.write();
    assert!(!link.has_ended(), "it was needed when it was to go");
    link.facts.leave();
    assert!(link.has_ended());
}

#[test]
fn no_more_than_there_may_be() {
    let room = Arc::new(Room::default());
    let mut links = Vec::new();
    for _ in 0..100 {
        room.keep(10);
        let (mut link, far) = connection(&room, false);
        link.use_once();
        links.push((link, far));
        links.retain_mut(|(link, _)| !link.has_ended());
        assert!(links.len() <= 11, "{} are open", links.len());
    }
}

/// What may happen to a connection.
#[derive(Debug, Clone, Copy)]
enum Step {
    Write,
    Answer,
    Done,
    Leave,
}

proptest! {
    /// Requests follow one another; the reader of an answer may be late by some.
    #[test]
    fn no_request_is_lost(
        steps in prop::collection::vec(prop::sample::select(vec![Step::Write, Step::Answer, Step::Done, Step::Leave]), 1..100),
    ) {
        let room = Arc::new(Room::default());
        let (mut link, mut far) = connection(&room, false);
        let (mut written, mut arriving) = (false, 0);
        for step in steps {
            match step {
                Step::Write => {
                    link.write();
                    far.read_u8().now_or_never().expect("a byte").expect("open");
                    written = true;
                }
                Step::Answer if written => {
                    link.facts.answer();
                    (written, arriving) = (false, arriving + 1);
                }
                Step::Done if arriving > 0 => {
                    link.facts.done(false);
                    arriving -= 1;
                }
                Step::Leave => link.facts.leave(),
                Step::Answer | Step::Done => {}
            }
            if link.has_ended() {
                prop_assert!(!written && arriving == 0);
                break;
            }
        }
    }
}

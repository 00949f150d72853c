//! Work shared out among threads, by a caller who can be interrupted.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::super::injection;
use super::super::panics::{self, Panic};
use super::Trouble;

/// How often the caller is asked whether it is interrupted.
const TICK: Duration = Duration::from_millis(50);

/// Has the work been called off?
pub fn stopped(stop: &AtomicBool) -> bool {
    stop.load(Ordering::Relaxed)
}

/// Those who do the work.
pub struct Crew<'a> {
    /// There is so little of it that the caller does it alone.
    pub alone: bool,
    /// Set when the work is to end early.
    pub stop: AtomicBool,
    /// Asks the caller whether it is interrupted.
    pub interrupted: &'a mut dyn FnMut() -> bool,
}

impl Crew<'_> {
    /// What `work` makes of each piece, in order.
    pub fn each<P: Sync, T: Send>(
        &mut self,
        pieces: &[P],
        work: impl Fn(&P, &AtomicBool) -> T + Sync,
    ) -> Result<Vec<T>, Trouble> {
        let stop = &self.stop;
        let work = |piece: &P| {
            panics::catch(|| {
                injection::point("json table");
                work(piece, stop)
            })
        };
        if self.alone {
            return pieces.iter().map(|piece| work(piece).map_err(internal)).collect();
        }
        let threads = thread::available_parallelism().map_or(1, usize::from).min(pieces.len());
        let next = AtomicUsize::new(0);
        let (sender, receiver) = mpsc::channel();
        let run = |sender: mpsc::Sender<(usize, Result<T, Panic>)>| {
            while let Some((index, piece)) = take(pieces, &next)
                && !stopped(stop)
            {
                // The receiver is there as long as the scope.
                let _ = sender.send((index, work(piece)));
            }
        };
        let mut made: Vec<Option<Result<T, Panic>>> = pieces.iter().map(|_| None).collect();
        thread::scope(|scope| {
            let spawn = |_| {
                thread::Builder::new().name("fastfetch-json".into()).spawn_scoped(scope, {
                    let (run, sender) = (&run, sender.clone());
                    move || run(sender)
                })
            };
            if (0..threads).map_while(|place| spawn(place).ok()).count() == 0 {
                run(sender.clone());
            }
            drop(sender);
            let mut asked = Instant::now();
            loop {
                match receiver.recv_timeout(TICK) {
                    Ok((index, value)) => {
                        if let Some(slot) = made.get_mut(index) {
                            *slot = Some(value);
                        }
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
                if asked.elapsed() >= TICK {
                    asked = Instant::now();
                    if (self.interrupted)() {
                        stop.store(true, Ordering::Relaxed);
                    }
                }
            }
        });
        if stopped(stop) {
            return Err(Trouble::Interrupted);
        }
        let missing = || Trouble::Internal("internal error: a piece is missing".into());
        made.into_iter().map(|made| made.ok_or_else(missing)?.map_err(internal)).collect()
    }
}

fn internal(panic: Panic) -> Trouble {
    Trouble::Internal(panic.to_string())
}

fn take<'a, P>(pieces: &'a [P], next: &AtomicUsize) -> Option<(usize, &'a P)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    Some((index, pieces.get(index)?))
}

//! Panics where a test asks for them. Without the feature `injection`, which no wheel has, a point compiles to nothing.

#[cfg(feature = "injection")]
use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
    sync::{LazyLock, Mutex},
};

/// How often points are still to panic, all together: what is not asked for costs one look.
#[cfg(feature = "injection")]
static ARMED: AtomicUsize = AtomicUsize::new(0);
#[cfg(feature = "injection")]
static POINTS: LazyLock<Mutex<HashMap<String, usize>>> = LazyLock::new(Mutex::default);

/// Has a point panic so many times; 0 disarms it.
#[cfg(feature = "injection")]
pub fn arm(point: &str, times: usize) {
    let mut points = super::process::lock(&POINTS);
    points.insert(point.to_owned(), times);
    ARMED.store(points.values().sum(), Ordering::Release);
}

/// Panics where a test has asked for it, but never while a panic is under way: that would end the process.
#[cfg(feature = "injection")]
#[allow(clippy::panic, reason = "it is what this is for")]
#[track_caller]
pub fn point(name: &str) {
    if ARMED.load(Ordering::Acquire) == 0 || std::thread::panicking() {
        return;
    }
    let mut points = super::process::lock(&POINTS);
    let Some(left) = points.get_mut(name).filter(|left| **left > 0) else { return };
    *left -= 1;
    ARMED.store(points.values().sum(), Ordering::Release);
    drop(points);
    panic!("asked for at {name}");
}

/// Nothing.
#[cfg(not(feature = "injection"))]
#[inline(always)]
pub const fn point(_name: &str) {}

/// That it is nothing, the compiler shows: what it does is done before the program runs.
#[cfg(not(feature = "injection"))]
const _: () = point("any");

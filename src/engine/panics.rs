//! What a panic becomes: a fault of ours is an error that says where it is, and everything else goes on.
//!
//! The hook writes one line to stderr, with the place in our sources and without the panic's own words: these may quote what
//! was being worked on, secrets among it. Whoever catches the panic finds the place where the hook has left it.

use std::cell::RefCell;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io::Write;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

use futures_util::FutureExt;

thread_local! {
    /// Where this thread panicked last.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A panic that was caught.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panic(String);

impl Panic {
    /// The last panic of this thread.
    pub fn last() -> Self {
        let place = PLACE.try_with(|place| place.borrow().clone()).ok().flatten();
        Self(place.map_or_else(|| "internal error".into(), |place| format!("internal error at {place}")))
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (a panic in fastfetch; please report it)", self.0)
    }
}

impl Error for Panic {}

/// Has panics told in one line. The hook is that of this library's own Rust, no other's in the process.
pub fn watch() {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| panic::set_hook(Box::new(note)));
}

fn note(info: &PanicHookInfo<'_>) {
    let place = info.location().map(|at| format!("{}:{}:{}", own_part(at.file()), at.line(), at.column())).unwrap_or_default();
    // Without stderr, or on a thread that is ending, there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "fastfetch: internal error at {place}; please report it");
    let _ = PLACE.try_with(|last| *last.borrow_mut() = Some(place));
}

/// The part of a source file's path that says the same on every machine: from the name of the package on.
fn own_part(file: &str) -> &str {
    match file.split_once("/registry/src/") {
        Some((_, package)) => package.split_once('/').map_or(package, |(_, package)| package),
        None => file,
    }
}

/// Does something that may panic. What it was about is left as a panic leaves it: whoever calls this knows that it can be used,
/// or uses it no more.
///
/// # Errors
/// Where it panics.
pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, Panic> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|_| Panic::last())
}

/// The same for a future, which comes to `Err` where that panics.
pub fn caught<F: Future>(work: F) -> impl Future<Output = Result<F::Output, Panic>> {
    // An `async fn` would have room for it twice: as what it is given, and as what it waits for.
    AssertUnwindSafe(work).catch_unwind().map(|done| done.map_err(|_| Panic::last()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_by_its_place_and_not_by_its_words() {
        watch();
        let told = catch(|| panic!("hunter2")).unwrap_err().to_string();
        assert!(told.starts_with("internal error at src/engine/panics.rs:"), "{told}");
        assert!(!told.contains("hunter2"), "{told}");
        assert_eq!(catch(|| 1), Ok(1));
    }

    #[test]
    fn of_a_package_its_own_path_is_told() {
        let file = "/srv/cargo/registry/src/index.crates.io-1949cf8c6b5b557f/slab-0.4.1/src/lib.rs";
        assert_eq!(own_part(file), "slab-0.4.1/src/lib.rs");
        assert_eq!(own_part("src/lib.rs"), "src/lib.rs");
    }
}

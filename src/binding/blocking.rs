//! Blocking: a thread may wait for what its coroutines await.
//!
//! The public coroutines await nothing but calls. Where such a coroutine is driven while its thread is blocking, each call in it
//! waits until it is done and gives its result at once, so that the coroutine comes to its end in the first `send`. That is how
//! `fastfetch.sync` runs the code of the async face.

use std::cell::Cell;

use pyo3::prelude::*;

use super::bridge::running_loop;

/// An event loop, by its address; 0 where none runs.
type Loop = usize;

thread_local! {
    /// The loop that ran when the thread began to block: code of the caller's that starts another loop meanwhile, say in an
    /// iterator of URLs, awaits as ever.
    static BLOCKING: Cell<Option<Loop>> = const { Cell::new(None) };
}

fn current(py: Python<'_>) -> PyResult<Loop> {
    Ok(running_loop(py)?.map_or(0, |running| running.as_ptr().addr()))
}

/// Is this thread to wait?
pub fn here(py: Python<'_>) -> PyResult<bool> {
    BLOCKING.get().map_or(Ok(false), |began| Ok(current(py)? == began))
}

/// Has the thread await again until it is dropped, for code that is not ours.
pub fn lifted() -> Lifted {
    Lifted(BLOCKING.take())
}

/// See `lifted`.
pub struct Lifted(Option<Loop>);

impl Drop for Lifted {
    fn drop(&mut self) {
        BLOCKING.set(self.0);
    }
}

/// In a `with` block of this, what is awaited on this thread waits. It drives nothing itself: no Rust frame lies below the code
/// that it is for, so the interpreter may end a daemon thread anywhere in it.
///
/// Examples
/// --------
/// >>> from fastfetch import _core, sleep
/// >>> with _core.Blocking():
/// ...     try:
/// ...         sleep(0.01, "awake").send(None)
/// ...     except StopIteration as stop:
/// ...         print(stop.value)
/// awake
#[pyclass(module = "fastfetch._core")]
pub struct Blocking {
    before: Option<Loop>,
}

#[pymethods]
impl Blocking {
    #[new]
    fn new() -> Self {
        Self { before: None }
    }

    /// Is what is awaited on this thread waited for?
    #[staticmethod]
    fn here(py: Python<'_>) -> PyResult<bool> {
        here(py)
    }

    /// The thread begins to block.
    fn __enter__(&mut self, py: Python<'_>) -> PyResult<()> {
        self.before = BLOCKING.replace(Some(current(py)?));
        Ok(())
    }

    /// It is as it was before.
    fn __exit__(&self, _kind: &Bound<'_, PyAny>, _error: &Bound<'_, PyAny>, _traceback: &Bound<'_, PyAny>) {
        BLOCKING.set(self.before);
    }
}

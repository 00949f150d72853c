//! What tests do to a build made for them: they have it panic, and have it read memory that it has given back.

use pyo3::prelude::*;

use crate::engine::injection;

/// Has a point panic so many times; 0 disarms it.
#[pyfunction]
#[pyo3(signature = (point, times=1))]
fn panics(point: &str, times: usize) {
    injection::arm(point, times);
}

/// Reads memory after it was given back, which AddressSanitizer is to report.
#[pyfunction]
fn use_after_free() -> u8 {
    let bytes = vec![1_u8; 64];
    let pointer = bytes.as_ptr();
    drop(bytes);
    // SAFETY: none. This is the fault by which `make asan` shows that it finds faults; no wheel has it.
    unsafe { pointer.read_volatile() }
}

/// Makes them a module of their own, `fastfetch._injection`: in the package's own they would be in its stub, and no wheel has them.
pub fn load(py: Python<'_>) -> PyResult<()> {
    let module = PyModule::new(py, "fastfetch._injection")?;
    module.add_function(wrap_pyfunction!(panics, &module)?)?;
    module.add_function(wrap_pyfunction!(use_after_free, &module)?)?;
    py.import("sys")?.getattr("modules")?.set_item(module.name()?, &module)
}

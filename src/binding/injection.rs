//! What tests do to a build made for them: they have it panic, and have it read memory that it has given back.

use pyo3::prelude::*;

use crate::engine::injection;

/// Has a point panic so many times; 0 disarms it.
#[pyfunction]
#[pyo3(signature = (point, times=1))]
fn _inject(point: &str, times: usize) {
    injection::arm(point, times);
}

/// Reads memory after it was given back, which AddressSanitizer is to report.
#[pyfunction]
fn _use_after_free() -> u8 {
    let bytes = vec![1_u8; 64];
    let pointer = bytes.as_ptr();
    drop(bytes);
    // SAFETY: none. This is the fault by which `make asan` shows that it finds faults; no wheel has it.
    unsafe { pointer.read_volatile() }
}

/// Adds them to the module. They are in no stub, since no wheel has them.
pub fn load(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(_inject, module)?)?;
    module.add_function(wrap_pyfunction!(_use_after_free, module)?)
}

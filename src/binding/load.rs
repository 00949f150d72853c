//! What happens when the module is imported: no thread, no descriptor, no file.

use pyo3::prelude::*;

use super::error;
use crate::engine::process::watch_forks;

/// Prepares the module.
pub fn load(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    watch_forks();
    error::load(py)?;
    py.import("atexit")?.call_method1("register", (module.getattr("shutdown")?,))?;
    Ok(())
}

//! What happens when the module is imported: no thread, no descriptor, no file.

use pyo3::exceptions::PyImportError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyMapping, PySequence};

use super::bridge::{Port, shutdown};
use super::cookies::Cookies;
use super::error;
use super::headers::Headers;
use super::side::Done;
use crate::engine::panics;
use crate::engine::process::watch_forks;

/// The version of the package.
///
/// Examples
/// --------
/// >>> import fastfetch
/// >>> fastfetch._core.version() == fastfetch.__version__
/// True
#[pyfunction]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Refuses subinterpreters: what the module has belongs to the process, and would end with the first of them. From Python 3.12 on
/// it does not come to this.
fn refuse_subinterpreters() -> PyResult<()> {
    const MAIN: i64 = 0;
    // SAFETY: a module is loaded by a thread that is attached, and so to an interpreter.
    match unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) } {
        MAIN => Ok(()),
        _ => Err(PyImportError::new_err("module fastfetch._core does not support loading in subinterpreters")),
    }
}

/// Prepares the module.
pub fn load(py: Python<'_>) -> PyResult<()> {
    refuse_subinterpreters()?;
    watch_forks();
    panics::watch();
    error::load(py)?;
    // Looked up now, and not by one thread while another forks: pyo3 has whoever comes meanwhile wait, see `names`.
    drop((py.get_type::<Port>(), py.get_type::<Done>()));
    let _ = py.None().bind(py).cast::<PySequence>().is_ok();
    PyMapping::register::<Headers>(py)?;
    py.import("collections.abc")?.getattr("MutableMapping")?.call_method1("register", (py.get_type::<Cookies>(),))?;
    #[cfg(feature = "injection")]
    super::injection::load(py)?;
    py.import("atexit")?.call_method1("register", (wrap_pyfunction!(shutdown, py)?,))?;
    Ok(())
}

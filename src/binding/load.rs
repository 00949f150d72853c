//! What happens when the module is imported: no thread, no descriptor, no file.

use pyo3::prelude::*;
use pyo3::types::PyMapping;

use super::bridge::shutdown;
use super::cookies::Cookies;
use super::error;
use super::headers::Headers;
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

/// Prepares the module.
pub fn load(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    watch_forks();
    panics::watch();
    error::load(py)?;
    PyMapping::register::<Headers>(py)?;
    py.import("collections.abc")?.getattr("MutableMapping")?.call_method1("register", (py.get_type::<Cookies>(),))?;
    #[cfg(feature = "injection")]
    super::injection::load(module)?;
    py.import("atexit")?.call_method1("register", (wrap_pyfunction!(shutdown, py)?,))?;
    Ok(())
}

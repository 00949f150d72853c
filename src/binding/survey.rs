//! What of its surroundings only the native part knows, for whoever looks for what is wrong.

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;

use crate::engine::process::fitting_concurrency as fitting;
use crate::engine::tls::default_roots as roots;

/// Which certificates a client trusts that is given none: where they are from, `"environment"`, `"system"` or `"bundled"`,
/// and how many there are, or None where the system keeps that to itself.
///
/// Raises
/// ------
/// OSError
///     Where `SSL_CERT_FILE` and `SSL_CERT_DIR` name none.
///
/// Examples
/// --------
/// >>> from fastfetch import _core
/// >>> source, count = _core.default_roots()
/// >>> source in ("environment", "system", "bundled")
/// True
#[pyfunction]
pub fn default_roots(py: Python<'_>) -> PyResult<(&'static str, Option<usize>)> {
    let found = py.detach(roots).map_err(PyOSError::new_err)?;
    Ok((found.source, found.count))
}

/// How many of so many requests can be in flight with the descriptors that this process may still open.
///
/// Examples
/// --------
/// >>> from fastfetch import _core
/// >>> _core.fitting_concurrency(1)
/// 1
#[pyfunction]
pub fn fitting_concurrency(wanted: usize) -> usize {
    fitting(wanted)
}

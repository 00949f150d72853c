//! fastfetch: fetching many URLs from Python, fast and safely. The engine fetches and knows no Python; the binding is the door.

#[cfg(feature = "python")]
mod binding;
pub mod engine;

#[cfg(all(feature = "mimalloc", target_os = "linux"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The native part of fastfetch; use the names of the package itself.
#[cfg(feature = "python")]
#[pyo3::pymodule]
mod _core {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::binding::{
        Batch, Call, Client, Headers, Request, Response, Rows, Stream, bridge_counters, gather_fetch, shutdown, sleep,
    };

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::binding::load(module)
    }
}

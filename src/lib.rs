//! fastfetch: fetching many URLs from Python, fast and safely. The engine fetches and knows no Python; the binding is the door.

mod allocator;
#[cfg(feature = "python")]
mod binding;
pub mod engine;

/// The native part of fastfetch; use the names of the package itself.
#[cfg(feature = "python")]
#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::binding::{
        Authorization, Batch, Blocking, Call, Client, Connection, Cookie, Cookies, EventParser, Headers, LineSplitter, Request,
        Response, Rows, Selection, Stream, Streaming, Table, TextDecoder, Timings, Urls, bridge_counters, default_roots,
        fitting_concurrency, gather_fetch, load_results, read_results, saved_columns, shutdown, sleep, table_of_json, version,
    };

    #[pymodule_init]
    fn init(py: pyo3::Python<'_>) -> pyo3::PyResult<()> {
        crate::binding::load(py)
    }
}

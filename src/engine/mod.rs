//! The engine: fetches, and knows no Python.

pub mod client;
mod clock;
pub mod config;
pub mod error;
pub mod gather;
pub mod headers;
pub mod limit;
pub mod process;
pub mod progress;
mod redirect;
pub mod request;
pub mod response;
pub mod runtime;
pub mod stage;
mod tls;
pub mod transport;

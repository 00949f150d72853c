//! The binding: the only Rust that knows Python.

mod batch;
mod bridge;
mod call;
mod client;
mod error;
mod extract;
mod headers;
mod json;
mod load;
mod outbox;
mod request;
mod response;
mod rows;
mod stream;
mod visit;
mod wake;

pub use batch::{Batch, gather_fetch};
pub use bridge::shutdown;
pub use call::{Call, sleep};
pub use client::Client;
pub use headers::Headers;
pub use load::{load, version};
pub use outbox::bridge_counters;
pub use request::Request;
pub use response::Response;
pub use rows::Rows;
pub use stream::Stream;

//! A request with a body that is given up while it is being written.

use hyper_util::client::legacy::connect::CaptureConnection;

use super::connection::Facts;

/// The connection that a request with a body is written to, once there is one, and until the head of its answer has come.
/// Where it is dropped before that, the connection ends: hyper alone would first have the server take all that it was given.
pub struct Unsent(pub CaptureConnection);

impl Drop for Unsent {
    fn drop(&mut self) {
        if let Some(facts) = self.0.connection_metadata().as_ref().and_then(Facts::of) {
            facts.abandon();
        }
    }
}

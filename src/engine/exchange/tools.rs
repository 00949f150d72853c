//! What an exchange needs besides its request.

use std::sync::Arc;

use super::super::caller::Caller;
use super::super::clock::{Clock, Deadline};
use super::super::headers;
use super::super::stage::Stage;

/// What an exchange needs besides the request; whoever makes many exchanges in turn keeps it.
#[derive(Default)]
pub struct Tools {
    pub(super) clock: Clock,
    pub(super) stage: Arc<Stage>,
    pub(super) headers: headers::Copier,
    /// On whose behalf.
    pub(super) caller: Option<Caller>,
    /// When all is to be over.
    pub(super) deadline: Option<Deadline>,
}

impl Tools {
    /// Tools to be used on behalf of this caller.
    pub fn of(caller: Option<Caller>) -> Self {
        Self { caller, ..Self::default() }
    }

    /// The same, to be used until then.
    pub fn until(self, deadline: Option<Deadline>) -> Self {
        Self { deadline, ..self }
    }

    /// When all is to be over.
    pub fn deadline(&self) -> Option<Deadline> {
        self.deadline
    }

    /// On whose behalf.
    pub fn caller(&self) -> Option<&Caller> {
        self.caller.as_ref()
    }
}

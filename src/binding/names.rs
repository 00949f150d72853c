//! Names that are looked up once: interned strings, and what Python's modules have.
//!
//! pyo3's own cells let go of the interpreter while they are filled, and whoever comes meanwhile waits for them: a child that is
//! forked in that moment waits for ever. Here nobody waits. Whoever comes meanwhile looks it up too, and the first is kept; it is
//! put in its place without letting go of the interpreter, so that no fork falls in between.

use std::sync::OnceLock;

use pyo3::prelude::*;
use pyo3::types::PyString;

/// The value of a cell, made if need be.
pub fn once<T>(cell: &OnceLock<T>, make: impl FnOnce() -> PyResult<T>) -> PyResult<&T> {
    match cell.get() {
        Some(value) => Ok(value),
        None => {
            let made = make()?;
            Ok(cell.get_or_init(|| made))
        }
    }
}

/// An interned string. See [`intern`].
pub struct Interned(&'static str, OnceLock<Py<PyString>>);

impl Interned {
    /// This text.
    pub const fn new(text: &'static str) -> Self {
        Self(text, OnceLock::new())
    }

    /// As Python has it.
    pub fn get<'a, 'py>(&'a self, py: Python<'py>) -> &'a Bound<'py, PyString> {
        match self.1.get() {
            Some(interned) => interned.bind(py),
            None => {
                let made = PyString::intern(py, self.0).unbind();
                self.1.get_or_init(|| made).bind(py)
            }
        }
    }
}

/// A string that is made once.
macro_rules! intern {
    ($py:expr, $text:expr) => {{
        static INTERNED: $crate::binding::names::Interned = $crate::binding::names::Interned::new($text);
        INTERNED.get($py)
    }};
}
pub(crate) use intern;

/// What a module has under a name.
pub struct Name {
    module: &'static str,
    name: &'static str,
    found: OnceLock<Py<PyAny>>,
}

impl Name {
    /// This one of this module.
    pub const fn of(module: &'static str, name: &'static str) -> Self {
        Self { module, name, found: OnceLock::new() }
    }

    /// Has it been looked up?
    pub fn is_known(&self) -> bool {
        self.found.get().is_some()
    }

    /// What it is; the module is imported where it has not been.
    pub fn get<'a, 'py>(&'a self, py: Python<'py>) -> PyResult<&'a Bound<'py, PyAny>> {
        let found = once(&self.found, || Ok(py.import(self.module)?.getattr(self.name)?.unbind()))?;
        Ok(found.bind(py))
    }
}

//! Python objects for what is read, by the calls of the stable ABI that cost the least.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyBool;

use super::keys::Keys;
use super::{large, strings};
use crate::engine::json::{Build, Text};

/// An exception waits in the interpreter. With nothing in it a result is as small as a pointer.
pub struct Raised;

pub type Made<'py> = Result<Bound<'py, PyAny>, Raised>;

/// What a call of Python's C API has returned.
///
/// # Safety
/// It is a new reference, or null with an exception set.
#[inline(always)]
pub unsafe fn made(py: Python<'_>, object: *mut ffi::PyObject) -> Made<'_> {
    // SAFETY: as promised by the caller.
    unsafe { Bound::from_owned_ptr_or_opt(py, object) }.ok_or(Raised)
}

pub struct Objects<'py> {
    py: Python<'py>,
    keys: Keys,
}

impl<'py> Objects<'py> {
    pub fn new(py: Python<'py>) -> Self {
        Self { py, keys: Keys::take() }
    }
}

impl<'py> Build for Objects<'py> {
    type Value = Bound<'py, PyAny>;
    type Error = Raised;

    #[inline(always)]
    fn null(&mut self) -> Self::Value {
        self.py.None().into_bound(self.py)
    }

    #[inline(always)]
    fn boolean(&mut self, value: bool) -> Self::Value {
        PyBool::new(self.py, value).to_owned().into_any()
    }

    #[inline(always)]
    fn integer(&mut self, value: i64) -> Made<'py> {
        // SAFETY: a new reference.
        unsafe { made(self.py, ffi::PyLong_FromLongLong(value)) }
    }

    fn large(&mut self, number: &str) -> Made<'py> {
        large::integer(self.py, number).map_err(|error| {
            error.restore(self.py);
            Raised
        })
    }

    #[inline(always)]
    fn float(&mut self, value: f64) -> Made<'py> {
        // SAFETY: a new reference.
        unsafe { made(self.py, ffi::PyFloat_FromDouble(value)) }
    }

    #[inline(always)]
    fn string(&mut self, text: Text<'_>) -> Made<'py> {
        strings::string(self.py, text)
    }

    #[inline(always)]
    fn key(&mut self, text: Text<'_>) -> Made<'py> {
        let make = || strings::string(self.py, text);
        match text {
            Text::Ascii(key) | Text::Wide(key) => self.keys.get(self.py, key, make),
            Text::Halves(_) => make(),
        }
    }

    #[inline(always)]
    fn list(&mut self, values: &mut Vec<Self::Value>, from: usize) -> Made<'py> {
        let values = values.drain(from..);
        // SAFETY: a new reference.
        let list = unsafe { made(self.py, ffi::PyList_New(values.len().cast_signed()))? };
        for (index, value) in values.enumerate() {
            // SAFETY: the list is as long as there are values, and nobody else has it yet. The reference is given away.
            unsafe { ffi::PyList_SetItem(list.as_ptr(), index.cast_signed(), value.into_ptr()) };
        }
        Ok(list)
    }

    #[inline(always)]
    fn object(&mut self, pairs: &mut Vec<Self::Value>, from: usize) -> Made<'py> {
        // SAFETY: a new reference.
        let dict = unsafe { made(self.py, ffi::PyDict_New())? };
        let mut pairs = pairs.drain(from..);
        while let (Some(key), Some(value)) = (pairs.next(), pairs.next()) {
            // SAFETY: live objects, of which the dict takes references of its own.
            if unsafe { ffi::PyDict_SetItem(dict.as_ptr(), key.as_ptr(), value.as_ptr()) } != 0 {
                return Err(Raised);
            }
        }
        Ok(dict)
    }
}

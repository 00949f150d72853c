//! Python strings, by the fastest way that the stable ABI leaves open.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr::null;

use pyo3::ffi;
use pyo3::prelude::*;

use super::objects::{Made, made};
use crate::engine::json::Text;

/// Longer strings cost enough by themselves, and are made of the text where it lies.
const COPIED: usize = 256;

/// The string that a text says.
#[inline(always)]
pub fn string<'py>(py: Python<'py>, text: Text<'_>) -> Made<'py> {
    match text {
        Text::Ascii(text) if text.len() <= COPIED => aligned(py, text),
        // On Windows a wide character has 16 bits.
        Text::Wide(text) if text.len() <= COPIED && cfg!(unix) => wide(py, text),
        Text::Ascii(text) | Text::Wide(text) => utf8(py, text.as_bytes(), null()),
        Text::Halves(bytes) => utf8(py, bytes, c"surrogatepass".as_ptr()),
    }
}

/// Python copies more than a byte at a time only from an aligned address.
#[inline(always)]
fn aligned<'py>(py: Python<'py>, text: &str) -> Made<'py> {
    let mut copy = MaybeUninit::<[u64; COPIED / size_of::<u64>()]>::uninit();
    let (start, length) = (copy.as_mut_ptr().cast(), text.len());
    // SAFETY: the text is no longer than there is room, and what is read of it was written; the default for errors; a new
    // reference.
    unsafe {
        std::ptr::copy_nonoverlapping(text.as_ptr(), start, length);
        made(py, ffi::PyUnicode_DecodeASCII(start.cast(), length.cast_signed(), null()))
    }
}

/// From code points Python makes the string at once in its final size, which from UTF-8 it has to grow into.
#[inline(never)]
fn wide<'py>(py: Python<'py>, text: &str) -> Made<'py> {
    let mut characters = [MaybeUninit::<u32>::uninit(); COPIED];
    let mut length = 0;
    for (place, character) in characters.iter_mut().zip(text.chars()) {
        place.write(character.into());
        length += 1;
    }
    // SAFETY: as many were written, each as wide as a `wchar_t` of this system; a new reference.
    unsafe { made(py, ffi::PyUnicode_FromWideChar(characters.as_ptr().cast(), length)) }
}

fn utf8<'py>(py: Python<'py>, text: &[u8], errors: *const c_char) -> Made<'py> {
    // SAFETY: as many bytes as there are, and the name of an error handler or null for the default; a new reference.
    unsafe { made(py, ffi::PyUnicode_DecodeUTF8(text.as_ptr().cast(), text.len().cast_signed(), errors)) }
}

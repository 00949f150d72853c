//! The keys of objects that were read before: each is one Python string, however many objects have it.

use std::sync::Mutex;

use pyo3::prelude::*;

use crate::engine::process::lock;

/// How many keys are kept, and how long they are at the most, in bytes: a slot has 64.
const SLOTS: usize = 1024;
const LONGEST: usize = 47;

struct Slot {
    hash: u64,
    key: Py<PyAny>,
    length: u8,
    bytes: [u8; LONGEST],
}

type Slots = Box<[Option<Slot>]>;

/// Those of the whole process, while nobody reads.
static SPARE: Mutex<Option<Slots>> = Mutex::new(None);

/// Each key has one place; the last one that came there has it. So there is nothing to search, and nobody who sends keys that
/// meet in one place makes it slower than without.
pub struct Keys {
    slots: Slots,
}

impl Keys {
    /// For one reader. Another one at the same time, which the garbage collector may call for, gets new ones.
    pub fn take() -> Self {
        let slots = lock(&SPARE).take();
        Self { slots: slots.unwrap_or_else(|| std::iter::repeat_with(|| None).take(SLOTS).collect()) }
    }

    /// The string of this text, made where it is not there.
    #[inline(always)]
    pub fn get<'py, E>(
        &mut self,
        py: Python<'py>,
        text: &str,
        make: impl FnOnce() -> Result<Bound<'py, PyAny>, E>,
    ) -> Result<Bound<'py, PyAny>, E> {
        let bytes = text.as_bytes();
        let hash = hash(bytes);
        let Some(place) = self.slots.get_mut(hash as usize % SLOTS) else { return make() };
        if let Some(slot) = place
            && slot.hash == hash
            && slot.bytes.get(..usize::from(slot.length)) == Some(bytes)
        {
            return Ok(slot.key.bind(py).clone());
        }
        let key = make()?;
        let mut copy = [0; LONGEST];
        if let Some(start) = copy.get_mut(..bytes.len()) {
            start.copy_from_slice(bytes);
            let slot = Slot { hash, key: key.clone().unbind(), length: bytes.len() as u8, bytes: copy };
            if let Some(old) = place.replace(slot) {
                // Bound, it is let go at once, without asking whether this thread may.
                drop(old.key.into_bound(py));
            }
        }
        Ok(key)
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        *lock(&SPARE) = Some(std::mem::take(&mut self.slots));
    }
}

/// Mixes eight bytes at a time. It need not withstand anybody: see [`Keys`].
#[inline(always)]
fn hash(bytes: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, rest) = bytes.as_chunks::<8>();
    let mix = |hash: u64, word: u64| {
        let product = (hash ^ word).wrapping_mul(ODD);
        product ^ (product >> 32)
    };
    let hash = words.iter().fold(bytes.len() as u64, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    mix(hash, rest.iter().fold(0, |word, byte| (word << 8) | u64::from(*byte)))
}

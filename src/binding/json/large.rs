//! Integers beyond 64 bits.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt};

use crate::binding::names::intern;
/// So many digits fit in 64 bits, and so does ten to their number.
const STEP: usize = 19;

/// The integer of decimal digits, which may have a minus before them. Python's `int` of a text refuses more than
/// `sys.get_int_max_str_digits()` of them, 4,300 unless set otherwise.
pub fn integer<'py>(py: Python<'py>, number: &str) -> PyResult<Bound<'py, PyAny>> {
    let digits = number.trim_start_matches('-');
    let mut words: Vec<u64> = Vec::with_capacity(digits.len() / STEP + 1);
    for step in digits.as_bytes().chunks(STEP) {
        let power = step.iter().fold(1, |power: u64, _| power * 10);
        let mut carry = step.iter().fold(0, |value, digit| value * 10 + u64::from(digit & 0xf));
        for word in &mut words {
            let wide = u128::from(*word) * u128::from(power) + u128::from(carry);
            (*word, carry) = (wide as u64, (wide >> 64) as u64);
        }
        words.extend((carry > 0).then_some(carry));
    }
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let magnitude =
        py.get_type::<PyInt>().call_method1(intern!(py, "from_bytes"), (PyBytes::new(py, &bytes), intern!(py, "little")))?;
    if number.len() > digits.len() { magnitude.neg() } else { Ok(magnitude) }
}

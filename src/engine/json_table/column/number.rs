//! Numbers: whole ones exact, others rounded once.

use std::str::FromStr;

use arrow_array::types::{ArrowPrimitiveType, Float16Type};

use crate::engine::json_table::cursor::{Cursor, Next};

type Half = <Float16Type as ArrowPrimitiveType>::Native;

/// Up to here, each whole number is a float of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// So many digits always fit in 64 bits.
const FITTING: usize = 18;

/// A whole number, however it is written: 1.0 and 1e3 are whole.
pub fn integer<N: TryFrom<i64> + TryFrom<u64>>(json: &mut Cursor<'_>, next: Next) -> Option<N> {
    let text = number(json, next)?;
    let (is_negative, digits) = text.strip_prefix(b"-").map_or((false, text), |digits| (true, digits));
    if digits.len() <= FITTING && digits.iter().all(u8::is_ascii_digit) {
        let value = digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
        return N::try_from(if is_negative { -value } else { value }).ok();
    }
    if let Some(value) = parsed::<i64>(text) {
        return N::try_from(value).ok();
    }
    if let Some(value) = parsed::<u64>(text) {
        return N::try_from(value).ok();
    }
    let value: f64 = parsed(text)?;
    let is_whole = value.fract() == 0.0 && value.abs() <= EXACT;
    // Nothing is cut off, as has just been found out.
    let whole = value as i64;
    N::try_from(whole).ok().filter(|_| is_whole)
}

/// A number of 64 bits. One that is too large is infinite.
pub fn double(json: &mut Cursor<'_>, next: Next) -> Option<f64> {
    parsed(number(json, next)?)
}

/// A number of 32 bits.
pub fn single(json: &mut Cursor<'_>, next: Next) -> Option<f32> {
    parsed(number(json, next)?)
}

/// A number of 16 bits.
pub fn half(json: &mut Cursor<'_>, next: Next) -> Option<Half> {
    double(json, next).map(Half::from_f64)
}

fn number<'t>(json: &mut Cursor<'t>, next: Next) -> Option<&'t [u8]> {
    (next == Next::Number).then(|| json.number())
}

fn parsed<N: FromStr>(text: &[u8]) -> Option<N> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

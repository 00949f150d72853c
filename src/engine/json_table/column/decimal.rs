//! Decimal numbers, exact.

use crate::engine::json_table::cursor::{Cursor, Next};

/// A number, or a string that is written as one, with so many digits in all and `scale` of them after the point. One that would
/// have to be rounded does not fit.
pub fn read(json: &mut Cursor<'_>, next: Next, precision: u8, scale: u32) -> Option<i128> {
    let text = match next {
        Next::String => json.string(),
        Next::Number => json.number(),
        _ => return None,
    };
    parse(text, scale).filter(|value| value.unsigned_abs() < 10_u128.saturating_pow(precision.into()))
}

/// The number times ten to the power of `scale`.
fn parse(text: &[u8], scale: u32) -> Option<i128> {
    let (sign, text) = match text.strip_prefix(b"-") {
        Some(text) => (-1, text),
        None => (1, text),
    };
    let (digits, exponent) = match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => {
            let (digits, exponent) = text.split_at_checked(at)?;
            (digits, std::str::from_utf8(exponent.get(1..)?).ok()?.parse::<i32>().ok()?)
        }
        None => (text, 0),
    };
    let (whole, fraction) = match digits.iter().position(|byte| *byte == b'.') {
        Some(at) => (digits.get(..at)?, digits.get(at + 1..).filter(|fraction| !fraction.is_empty())?),
        None => (digits, &b""[..]),
    };
    if whole.is_empty() {
        return None;
    }
    let mut value: i128 = 0;
    for digit in whole.iter().chain(fraction) {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_add((digit - b'0').into())?;
    }
    let shift = i32::try_from(scale).ok()?.checked_add(exponent)?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let power = 10_i128.checked_pow(shift.unsigned_abs());
    let value = match (value, shift) {
        (0, _) => 0,
        (_, 0..) => value.checked_mul(power?)?,
        _ => power.filter(|power| value % power == 0).map(|power| value / power)?,
    };
    Some(sign * value)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn what_is_written_as_a_number_is_exact() {
        for (text, scale, value) in [
            ("0", 0, 0),
            ("-0.00", 2, 0),
            ("12.5", 2, 1250),
            ("-12.50", 1, -125),
            ("1.5e3", 0, 1500),
            ("15E-1", 1, 15),
            ("0e999999999", 0, 0),
            ("99999999999999999999999999999999999999", 0, 99_999_999_999_999_999_999_999_999_999_999_999_999),
        ] {
            assert_eq!(parse(text.as_bytes(), scale), Some(value), "{text}");
        }
        for (text, scale) in [
            ("12.55", 1),
            ("1e99999999999", 0),
            ("1e40", 0),
            ("", 0),
            ("-", 0),
            (".5", 1),
            ("5.", 1),
            ("1 ", 0),
            ("0x1", 0),
            ("1e", 0),
        ] {
            assert_eq!(parse(text.as_bytes(), scale), None, "{text}");
        }
    }
}

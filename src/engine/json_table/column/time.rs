//! Dates and times in ISO 8601, as RFC 3339 profiles it, and a little looser: the seconds and the offset may be missing.

use crate::engine::json_table::cursor::{Cursor, Next};

const SECONDS_OF_A_DAY: i64 = 86_400;

/// Days since 1970-01-01.
pub fn date(json: &mut Cursor<'_>, next: Next) -> Option<i32> {
    let parse = |text: &[u8]| {
        let (day, rest) = day(text)?;
        rest.is_empty().then(|| i32::try_from(day).ok()).flatten()
    };
    string(json, next, parse)
}

/// Seconds since 1970.
pub fn seconds(json: &mut Cursor<'_>, next: Next) -> Option<i64> {
    string(json, next, |text| instant(text, 0))
}

/// Milliseconds since 1970.
pub fn milliseconds(json: &mut Cursor<'_>, next: Next) -> Option<i64> {
    string(json, next, |text| instant(text, 3))
}

/// Microseconds since 1970.
pub fn microseconds(json: &mut Cursor<'_>, next: Next) -> Option<i64> {
    string(json, next, |text| instant(text, 6))
}

/// Nanoseconds since 1970.
pub fn nanoseconds(json: &mut Cursor<'_>, next: Next) -> Option<i64> {
    string(json, next, |text| instant(text, 9))
}

fn string<T>(json: &mut Cursor<'_>, next: Next, parse: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
    if next == Next::String { parse(json.string()) } else { None }
}

/// A time in units of which a second has 10 to the power of `digits`, from 1970 on: in UTC where it has an offset, else as it
/// stands. What is finer than the unit is cut off.
fn instant(text: &[u8], digits: u32) -> Option<i64> {
    let (day, rest) = day(text)?;
    let (seconds, fraction) = if rest.is_empty() { (0, 0) } else { time(rest, digits)? };
    let seconds = day.checked_mul(SECONDS_OF_A_DAY)?.checked_add(seconds)?;
    seconds.checked_mul(10_i64.checked_pow(digits)?)?.checked_add(fraction)
}

/// `YYYY-MM-DD` as days since 1970-01-01, and what comes after it.
fn day(text: &[u8]) -> Option<(i64, &[u8])> {
    let (year, rest) = number(text, 4)?;
    let (month, rest) = number(rest.strip_prefix(b"-")?, 2)?;
    let (day, rest) = number(rest.strip_prefix(b"-")?, 2)?;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_before = |month: i64| match month {
        // Years are counted from March on, so that a leap day is the last of its year.
        1.. => (153 * ((month + 9) % 12) + 2) / 5,
        _ => 0,
    };
    let longest = match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=longest).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    // 719,468 days lie between March 1st of the year 0 and 1970-01-01.
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some((365 * year + leap_days + days_before(month) + day - 1 - 719_468, rest))
}

/// `THH:MM[:SS[.fraction]][offset]` as seconds, and the fraction in its unit.
fn time(text: &[u8], digits: u32) -> Option<(i64, i64)> {
    let (b'T' | b't' | b' ', rest) = text.split_first()? else { return None };
    let (hour, rest) = number(rest, 2)?;
    let (minute, mut rest) = number(rest.strip_prefix(b":")?, 2)?;
    let (mut second, mut parts) = (0, 0);
    if let Some(after) = rest.strip_prefix(b":") {
        (second, rest) = number(after, 2)?;
        if let Some((b'.' | b',', after)) = rest.split_first() {
            (parts, rest) = fraction(after, digits)?;
        }
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some((hour * 3600 + minute * 60 + second - offset(rest)?, parts))
}

/// The digits after the point, cut off at so many, and what comes after them.
fn fraction(text: &[u8], digits: u32) -> Option<(i64, &[u8])> {
    let len = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (written, rest) = text.split_at_checked(len)?;
    let padded = written.iter().copied().chain(std::iter::repeat(b'0')).take(usize::try_from(digits).ok()?);
    let value = padded.fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
    (len > 0).then_some((value, rest))
}

/// `Z`, `±HH`, `±HHMM` or `±HH:MM` in seconds; nothing is none.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, rest) = match text.split_first() {
        None | Some((b'Z' | b'z', [])) => return Some(0),
        Some((b'+', rest)) => (1, rest),
        Some((b'-', rest)) => (-1, rest),
        _ => return None,
    };
    let (hours, rest) = number(rest, 2)?;
    let minutes = match rest {
        [] => 0,
        rest => {
            let (minutes, rest) = number(rest.strip_prefix(b":").unwrap_or(rest), 2)?;
            rest.is_empty().then_some(minutes)?
        }
    };
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3600 + minutes * 60))
}

/// A number of so many digits, and what comes after it.
fn number(text: &[u8], len: usize) -> Option<(i64, &[u8])> {
    let (digits, rest) = text.split_at_checked(len)?;
    let value = digits.iter().try_fold(0, |value, digit| digit.is_ascii_digit().then(|| value * 10 + i64::from(digit - b'0')))?;
    Some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_counted_from_1970_on() {
        for (text, seconds) in [
            ("1970-01-01", 0),
            ("1970-01-01T00:00Z", 0),
            ("2000-02-29T23:59:59", 951_868_799),
            ("2026-11-29 16:30:00.999999999+01:00", 1_795_966_200),
            ("2026-11-29t16:30:00z", 1_795_969_800),
            ("1969-12-31T19:00-0500", 0),
            ("1969-12-31T23:59:59.5Z", -1),
            ("0001-01-01", -62_135_596_800),
            ("9999-12-31T23:59:59+00", 253_402_300_799),
        ] {
            assert_eq!(instant(text.as_bytes(), 0), Some(seconds), "{text}");
        }
        assert_eq!(instant(b"1969-12-31T23:59:59.5Z", 3), Some(-500));
        assert_eq!(instant(b"1970-01-01T00:00:00,1234567", 6), Some(123_456));
        assert_eq!(instant(b"9999-12-31", 9), None, "beyond 64 bits");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "1970",
            "1970-1-1",
            "1970-02-29",
            "1900-02-29",
            "1970-00-01",
            "1970-13-01",
            "1970-04-31",
            "1970-01-01T",
            "1970-01-01T24:00",
            "1970-01-01T00:60",
            "1970-01-01T00:00:60",
            "1970-01-01T00:00:00.",
            "1970-01-01T00:00+",
            "1970-01-01T00:00+24",
            "1970-01-01T00:00+01:00 ",
            "1970-01-01X00:00",
            "+970-01-01",
        ] {
            assert_eq!(instant(text.as_bytes(), 6), None, "{text}");
        }
    }
}

//! The dates of cookies, read as RFC 6265 section 5.1.1 says: in any order, with nearly any separators.

use std::time::{Duration, SystemTime};

const MONTHS: [&[u8]; 12] = [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];

/// The moment that a cookie date names; `None` where it names none. Moments before 1970 become 1970: they are past, too.
pub(super) fn parse(text: &[u8]) -> Option<SystemTime> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in text.split(|&byte| is_delimiter(byte)) {
        // The first token that fits a field fills it; the order of the questions matters.
        let _ = time.is_none() && fills(&mut time, clock(token))
            || day.is_none() && fills(&mut day, number(token, 1, 2).map(|(day, _)| day))
            || month.is_none() && fills(&mut month, month_of(token))
            || year.is_none() && fills(&mut year, number(token, 2, 4).map(|(year, _)| year));
    }
    let ((hour, minute, second), day, month, year) = (time?, day?, month?, full_year(year?));
    if year < 1601 || !(1..=days_in(month, year)).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = days_since_1970(year, month, day) * 86_400 + i64::from(hour * 3600 + minute * 60 + second);
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

fn fills<T>(field: &mut Option<T>, found: Option<T>) -> bool {
    *field = found;
    field.is_some()
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, 0x09 | 0x20..=0x2f | 0x3b..=0x40 | 0x5b..=0x60 | 0x7b..=0x7e)
}

/// The number that a token begins with, where it has as many digits as this, and what comes after it.
fn number(token: &[u8], least: usize, most: usize) -> Option<(u32, &[u8])> {
    let length = token.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(least..=most).contains(&length) {
        return None;
    }
    let (digits, rest) = token.split_at_checked(length)?;
    Some((digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')), rest))
}

/// `hours:minutes:seconds`.
fn clock(token: &[u8]) -> Option<(u32, u32, u32)> {
    let (hour, rest) = number(token, 1, 2)?;
    let (minute, rest) = number(rest.strip_prefix(b":")?, 1, 2)?;
    let (second, _) = number(rest.strip_prefix(b":")?, 1, 2)?;
    Some((hour, minute, second))
}

/// The month, counted from 0, whose English name a token begins with.
fn month_of(token: &[u8]) -> Option<usize> {
    let start = token.get(..3)?;
    MONTHS.iter().position(|month| start.eq_ignore_ascii_case(month))
}

fn full_year(year: u32) -> u32 {
    match year {
        0..=69 => year + 2000,
        70..=99 => year + 1900,
        _ => year,
    }
}

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400)
}

fn days_in(month: usize, year: u32) -> u32 {
    match month {
        1 => 28 + u32::from(is_leap(year)),
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

fn days_since_1970(year: u32, month: usize, day: u32) -> i64 {
    let before = i64::from(year) - 1;
    let leap_days = before / 4 - before / 100 + before / 400 - 477; // 477 leap days up to the end of 1969
    let in_year: u32 = (0..month).map(|month| days_in(month, year)).sum::<u32>() + day - 1;
    (i64::from(year) - 1970) * 365 + leap_days + i64::from(in_year)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seconds(text: &str) -> Option<u64> {
        parse(text.as_bytes()).map(|moment| moment.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs())
    }

    #[test]
    fn dates_are_read_in_all_the_ways_servers_write_them() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "6 nov 1994 8:49:37",
            "08:49:37 1994 November 06th",
            "\t08:49:37x;6z@NOVember/1994y",
            "Sun, 06 Nov 1994 08:49:37 PST",
        ] {
            assert_eq!(seconds(text), Some(784_111_777), "{text}");
        }
        for (text, expected) in [
            ("1 Jan 1970 00:00:00", 0),
            ("1 Jan 1601 00:00:00", 0),
            ("31 Dec 69 23:59:59", 3_155_759_999),
            ("1 Jan 70 00:00:01", 1),
            ("29 Feb 2000 12:00:00", 951_825_600),
            ("1 Mar 2000 00:00:00", 951_868_800),
            ("1 Mar 2100 00:00:00", 4_107_542_400),
            ("31 Dec 9999 23:59:59", 253_402_300_799),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "tomorrow",
            "31 Feb 2030 00:00:00",
            "29 Feb 2100 00:00:00",
            "0 Jan 2030 00:00:00",
            "32 Jan 2030 00:00:00",
            "1 Jan 1600 00:00:00",
            "1 Jan 2030 24:00:00",
            "1 Jan 2030 00:60:00",
            "1 Jan 2030 00:00:60",
            "1 Jan 2030 00:00",
            "1 Jan 20301 00:00:00",
            "1 Foo 2030 00:00:00",
            "Jan 2030 00:00:00",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_read(text in prop::collection::vec(any::<u8>(), 0..80)) {
            parse(&text);
        }

        #[test]
        fn days_follow_one_another(year in 1970u32..9999, month in 0usize..12) {
            let (next_year, next_month) = if month == 11 { (year + 1, 0) } else { (year, month + 1) };
            prop_assert_eq!(days_since_1970(year, month, days_in(month, year)) + 1, days_since_1970(next_year, next_month, 1));
        }
    }
}

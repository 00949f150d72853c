//! Numbers: integers as they are, others as the nearest double.

use super::{Build, Fault, Reader, Stop};

/// How many digits an integer may have. The time to convert it grows with their square; here it is under a millisecond.
pub const MOST_DIGITS: usize = 20_000;

/// Powers of ten that are doubles without an error.
const EXACT: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
    1e22,
];

/// So many digits always fit in 64 bits.
const FITTING: usize = 19;

impl Reader<'_> {
    /// The number that begins here.
    #[inline(always)]
    pub fn number<B: Build>(&mut self, build: &mut B) -> Result<B::Value, Stop<B::Error>> {
        let start = self.at;
        let negative = self.peek() == Some(b'-');
        self.at += usize::from(negative);
        let mut value = 0;
        let first = self.peek();
        let mut digits = self.digits(&mut value)?;
        if digits > 1 && first == Some(b'0') {
            self.at -= digits;
            self.fail("a number with a leading zero")?;
        }
        if !matches!(self.peek(), Some(b'.' | b'e' | b'E')) {
            let signed = i64::try_from(value).map(|value| if negative { -value } else { value });
            return match signed {
                Ok(value) if digits <= FITTING => build.integer(value).map_err(Stop::Build),
                _ => self.large(start, digits, build),
            };
        }
        let whole = digits;
        if self.peek() == Some(b'.') {
            self.at += 1;
            digits += self.digits(&mut value)?;
        }
        let exponent = matches!(self.peek(), Some(b'e' | b'E'));
        if exponent {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits(&mut 0)?;
        }
        // One division of two exact doubles is rounded once, as it must be.
        let float = match EXACT.get(digits - whole) {
            Some(power) if digits <= FITTING && value <= 1 << f64::MANTISSA_DIGITS && !exponent => {
                let magnitude = value as f64 / power;
                if negative { -magnitude } else { magnitude }
            }
            _ => match self.since(start).parse() {
                Ok(float) => float,
                Err(_) => self.fail("a number that cannot be read")?,
            },
        };
        build.float(float).map_err(Stop::Build)
    }

    /// One digit or more: how many. They are appended to the value, which means nothing if there are too many.
    #[inline(always)]
    fn digits(&mut self, value: &mut u64) -> Result<usize, Fault> {
        let mut count = 0;
        for byte in self.bytes().get(self.at..).unwrap_or_default() {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            *value = value.wrapping_mul(10).wrapping_add(digit.into());
            count += 1;
        }
        self.at += count;
        if count > 0 {
            return Ok(count);
        }
        match self.peek() {
            Some(b'I' | b'N') => self.fail("NaN and Infinity are not JSON; expected a digit"),
            _ => self.fail("expected a digit"),
        }
    }

    #[cold]
    fn large<B: Build>(&mut self, start: usize, digits: usize, build: &mut B) -> Result<B::Value, Stop<B::Error>> {
        if digits > MOST_DIGITS {
            return Err(Fault { what: "an integer of more than 20000 digits", at: start }.into());
        }
        build.large(self.since(start)).map_err(Stop::Build)
    }

    fn since(&self, start: usize) -> &str {
        self.text.get(start..self.at).unwrap_or_default()
    }
}

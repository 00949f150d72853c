//! A few bytes of a string at once: which of them do not stand for themselves, and which are not ASCII.

#[cfg(target_arch = "x86_64")]
pub use vector::{BITS, STEP, look};
#[cfg(not(target_arch = "x86_64"))]
pub use word::{BITS, STEP, look};

/// By the instructions that every x86_64 has.
#[cfg(target_arch = "x86_64")]
mod vector {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
    };

    pub const STEP: usize = 16;
    /// How many bits of an answer stand for one byte.
    pub const BITS: u32 = 1;

    /// The bits of quotes, escapes and control characters, and those of what is not ASCII.
    #[inline(always)]
    pub fn look(step: &[u8; STEP]) -> (u32, u32) {
        // SAFETY: SSE2 is always there, and as many bytes are read as there are, wherever they lie.
        unsafe {
            let bytes: __m128i = _mm_loadu_si128(step.as_ptr().cast());
            let quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'"'.cast_signed()));
            let escapes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'\\'.cast_signed()));
            let controls = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
            let ends = _mm_or_si128(_mm_or_si128(quotes, escapes), controls);
            (_mm_movemask_epi8(ends).cast_unsigned(), _mm_movemask_epi8(bytes).cast_unsigned())
        }
    }
}

/// By the arithmetic of 64 bits.
#[cfg(any(test, not(target_arch = "x86_64")))]
mod word {
    pub const STEP: usize = 8;
    pub const BITS: u32 = 8;

    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES * 0x80;

    /// As its twin, but above the first bit that it finds others may be wrong.
    #[inline(always)]
    pub fn look(step: &[u8; STEP]) -> (u64, u64) {
        let word = u64::from_le_bytes(*step);
        // The highest bit of a byte, as it borrows, where it is less than what is taken from it.
        let less = |word: u64, than: u64| word.wrapping_sub(ONES * than) & !word;
        let (quotes, escapes) = (word ^ (ONES * u64::from(b'"')), word ^ (ONES * u64::from(b'\\')));
        ((less(quotes, 1) | less(escapes, 1) | less(word, 0x20)) & HIGH, word & HIGH)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    fn ends(byte: u8) -> bool {
        matches!(byte, b'"' | b'\\' | 0..0x20)
    }

    proptest! {
        #[test]
        fn both_ways_find_the_first_end(
            bytes in any::<[u8; 8]>(),
            plain in "[a-z\u{80}-\u{ff}]{0,8}",
        ) {
            let mut step = bytes;
            for (place, byte) in step.iter_mut().zip(plain.bytes()) {
                *place = byte;
            }
            let first = step.iter().position(|&byte| ends(byte));
            let (found, wide) = super::word::look(&step);
            prop_assert_eq!((found != 0).then(|| (found.trailing_zeros() / super::word::BITS) as usize), first);
            for (index, byte) in step.iter().enumerate() {
                prop_assert_eq!(wide >> (index * 8) & 0x80 != 0, !byte.is_ascii());
            }
            #[cfg(target_arch = "x86_64")]
            {
                let whole: Vec<u8> = step.iter().chain(&step).copied().collect();
                let (found, wide) = super::look(whole.first_chunk().expect("two of eight"));
                for (index, &byte) in whole.iter().enumerate() {
                    prop_assert_eq!((found >> index & 1 != 0, wide >> index & 1 != 0), (ends(byte), !byte.is_ascii()));
                }
            }
        }
    }
}

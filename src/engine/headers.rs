//! Header lines in exact-size storage.
//!
//! hyper hands out slices of its read buffer; keeping one keeps the whole buffer alive. All lines of a response are therefore
//! copied into one block of bytes: for each line the length of the name, the name, the length of the value, the value. Lengths
//! are LEB128, so nearly all take one byte.

use std::sync::Arc;

use http::HeaderMap;

/// Header lines inside a block that somebody else keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lines<'a>(&'a [u8]);

/// The lines of a header map as a block.
pub fn block(map: &HeaderMap) -> Vec<u8> {
    let mut block = Vec::new();
    write(map, &mut block);
    block
}

/// Copies header lines for responses. Those of one host differ little or not at all, so a response whose lines are those of the
/// one before shares them: of a batch from one file server, most do.
#[derive(Debug, Default)]
pub struct Copier {
    scratch: Vec<u8>,
    last: Arc<[u8]>,
}

impl Copier {
    /// A copy of a header map's lines.
    pub fn copy(&mut self, map: &HeaderMap) -> Arc<[u8]> {
        self.scratch.clear();
        write(map, &mut self.scratch);
        if *self.last != *self.scratch {
            self.last = Arc::from(self.scratch.as_slice());
        }
        self.last.clone()
    }
}

fn write(map: &HeaderMap, block: &mut Vec<u8>) {
    for (name, value) in map {
        for part in [name.as_str().as_bytes(), value.as_bytes()] {
            write_length(part.len(), block);
            block.extend_from_slice(part);
        }
    }
}

fn write_length(mut length: usize, block: &mut Vec<u8>) {
    while length >= 0x80 {
        block.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    block.push(length as u8);
}

/// Splits a part off the front of a block.
fn read<'a>(block: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (mut length, mut shift) = (0usize, 0u32);
    loop {
        let (byte, rest) = block.split_first()?;
        *block = rest;
        length |= usize::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
    }
    let (part, rest) = block.split_at_checked(length)?;
    *block = rest;
    Some(part)
}

impl<'a> Lines<'a> {
    /// The lines in a block that `write` made.
    pub fn new(block: &'a [u8]) -> Self {
        Self(block)
    }

    /// The lines as names and values, in order of arrival by name, byte-exact.
    pub fn iter(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let mut block = self.0;
        std::iter::from_fn(move || Some((read(&mut block)?, read(&mut block)?)))
    }

    /// The values of a name, whatever its case.
    pub fn get_all(self, name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The first value of a name, whatever its case.
    pub fn get(self, name: &str) -> Option<&'a [u8]> {
        self.iter().find(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn lines_survive_byte_for_byte(lines in prop::collection::vec(("[a-z-]{1,12}", prop::collection::vec(0x80u8..=0xff, 0..300)), 0..40)) {
            let mut map = HeaderMap::new();
            for (name, value) in &lines {
                map.append(HeaderName::from_bytes(name.as_bytes()).expect("a name"), HeaderValue::from_bytes(value).expect("a value"));
            }
            let block = Copier::default().copy(&map);
            let read = Lines::new(&block);
            prop_assert_eq!(read.iter().count(), lines.len());
            for (name, _) in &lines {
                let expected: Vec<&[u8]> = lines.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_slice()).collect();
                let upper = name.to_ascii_uppercase();
                prop_assert_eq!(read.get_all(upper.as_bytes()).collect::<Vec<_>>(), expected);
            }
        }

        #[test]
        fn equal_lines_are_shared_and_others_are_not(values in prop::collection::vec(0u8..3, 1..20)) {
            let mut copier = Copier::default();
            let mut last: Option<(u8, Arc<[u8]>)> = None;
            for value in values {
                let map = HeaderMap::from_iter([(http::header::ETAG, HeaderValue::from(u16::from(value)))]);
                let copy = copier.copy(&map);
                prop_assert_eq!(&*copy, &*block(&map));
                if let Some((before, shared)) = last {
                    prop_assert_eq!(Arc::ptr_eq(&shared, &copy), before == value);
                }
                last = Some((value, copy));
            }
        }

        #[test]
        fn any_block_can_be_read(block in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Lines::new(&block).iter().count() <= block.len());
        }
    }
}

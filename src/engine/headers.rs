//! Response headers in exact-size storage.
//!
//! hyper hands out slices of its read buffer; keeping one keeps the whole buffer alive. All lines of a response are therefore
//! copied into one block: a table of lengths, then the text.

use http::HeaderMap;
use serde::{Deserialize, Serialize};

/// The header lines of a response, in order of arrival by name, byte-exact.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headers {
    /// Where each name and each value ends in `text`: two entries a line.
    ends: Box<[u32]>,
    text: Box<[u8]>,
}

impl Headers {
    /// Copies a header map.
    pub fn copy_of(map: &HeaderMap) -> Self {
        let size = map.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        Self::build(map.len(), size, map.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes())))
    }

    /// Copies lines.
    pub fn from_lines<'a>(lines: &[(&'a [u8], &'a [u8])]) -> Self {
        let size = lines.iter().map(|(name, value)| name.len() + value.len()).sum();
        Self::build(lines.len(), size, lines.iter().copied())
    }

    fn build<'a>(lines: usize, size: usize, source: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Self {
        let mut ends = Vec::with_capacity(lines * 2);
        let mut text = Vec::with_capacity(size);
        for (name, value) in source {
            for part in [name, value] {
                text.extend_from_slice(part);
                // A response's header block is bounded far below 4 GiB; what is beyond reads as empty.
                ends.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
            }
        }
        Self { ends: ends.into(), text: text.into() }
    }

    /// Number of lines.
    pub fn len(&self) -> usize {
        self.ends.len() / 2
    }

    /// No lines at all.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The lines as names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut start = 0;
        let mut next = move |end: u32| {
            let part = self.text.get(start..end as usize).unwrap_or_default();
            start = end as usize;
            part
        };
        self.ends.chunks_exact(2).filter_map(move |line| match line {
            [name, value] => Some((next(*name), next(*value))),
            _ => None,
        })
    }

    /// The values of a name, whatever its case.
    pub fn get_all<'a>(&'a self, name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The first value of a name, whatever its case.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
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
        fn lines_survive_byte_for_byte(lines in prop::collection::vec(("[a-z-]{1,12}", prop::collection::vec(0x80u8..=0xff, 0..30)), 0..40)) {
            let mut map = HeaderMap::new();
            for (name, value) in &lines {
                map.append(HeaderName::from_bytes(name.as_bytes()).expect("a name"), HeaderValue::from_bytes(value).expect("a value"));
            }
            let headers = Headers::copy_of(&map);
            prop_assert_eq!(headers.len(), lines.len());
            for (name, _) in &lines {
                let expected: Vec<&[u8]> = lines.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_slice()).collect();
                let upper = name.to_ascii_uppercase();
                prop_assert_eq!(headers.get_all(upper.as_bytes()).collect::<Vec<_>>(), expected);
            }
        }
    }
}

//! Columns of text, in either of Arrow's layouts.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::make_view;
use arrow_array::{ArrayRef, LargeStringArray, StringViewArray};
use arrow_buffer::{Buffer, NullBuffer, NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use arrow_schema::DataType;

/// How text is laid out in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One text after another, with the places where they end: what every library reads.
    Offsets,
    /// Sixteen bytes for each text, which are the text or point at it, so that equal ones can share: what polars itself has.
    Views,
}

/// A view holds a text of so many bytes itself.
const INLINE: usize = 12;

impl Layout {
    /// The type of text.
    pub fn data_type(self) -> DataType {
        match self {
            Self::Offsets => DataType::LargeUtf8,
            Self::Views => DataType::Utf8View,
        }
    }
}

/// A column of text that is being made.
pub(super) struct Texts {
    data: Vec<u8>,
    places: Places,
    nulls: NullBufferBuilder,
}

enum Places {
    /// Where each text ends; the first is where the first begins.
    Offsets(Vec<i64>),
    /// What each text is, and how many full buffers came before the one that is being filled.
    Views(Vec<u128>, Vec<Buffer>),
}

impl Texts {
    /// A column for so many texts.
    pub(super) fn new(layout: Layout, rows: usize) -> Self {
        let places = match layout {
            Layout::Offsets => {
                let mut offsets = Vec::with_capacity(rows + 1);
                offsets.push(0);
                Places::Offsets(offsets)
            }
            Layout::Views => Places::Views(Vec::with_capacity(rows), Vec::new()),
        };
        Self { data: Vec::new(), places, nulls: NullBufferBuilder::new(rows) }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.nulls.len()
    }

    /// Adds a text.
    pub(super) fn push(&mut self, text: &str) {
        self.nulls.append_non_null();
        match &mut self.places {
            Places::Offsets(offsets) => {
                self.data.extend_from_slice(text.as_bytes());
                offsets.push(self.data.len() as i64);
            }
            Places::Views(views, full) => {
                // Places within a buffer are 32 bits long, with a sign.
                if self.data.len() + text.len() > i32::MAX as usize {
                    full.push(std::mem::take(&mut self.data).into());
                }
                views.push(make_view(text.as_bytes(), full.len() as u32, self.data.len() as u32));
                if text.len() > INLINE {
                    self.data.extend_from_slice(text.as_bytes());
                }
            }
        }
    }

    /// Adds a text of bytes: UTF-8, or else Latin-1.
    pub(super) fn push_bytes(&mut self, bytes: &[u8]) {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.push(text),
            Err(_) => self.push(&bytes.iter().map(|byte| char::from(*byte)).collect::<String>()),
        }
    }

    /// Adds nothing.
    pub(super) fn push_null(&mut self) {
        self.nulls.append_null();
        match &mut self.places {
            Places::Offsets(offsets) => offsets.push(self.data.len() as i64),
            Places::Views(views, _) => views.push(0),
        }
    }

    /// Adds texts that are here already, none of them null, once more.
    pub(super) fn repeat(&mut self, range: Range<usize>) {
        self.nulls.append_n_non_nulls(range.len());
        match &mut self.places {
            Places::Offsets(offsets) => {
                let (Some(start), Some(end)) = (offsets.get(range.start).copied(), offsets.get(range.end).copied()) else {
                    return;
                };
                let added = self.data.len() as i64 - start;
                self.data.extend_from_within(start as usize..end as usize);
                let count = offsets.len();
                offsets.extend_from_within(range.start + 1..range.end + 1);
                offsets.iter_mut().skip(count).for_each(|offset| *offset += added);
            }
            Places::Views(views, _) => views.extend_from_within(range),
        }
    }

    /// The column.
    pub(super) fn finish(mut self) -> ArrayRef {
        let nulls: Option<NullBuffer> = self.nulls.finish();
        match self.places {
            Places::Offsets(offsets) => {
                // SAFETY: the offsets begin at 0 and only grow, since each is the length of data to which is only added.
                let offsets = unsafe { OffsetBuffer::new_unchecked(ScalarBuffer::from(offsets)) };
                // SAFETY: between two offsets lies what was pushed, which is UTF-8, and the last is the length of the data.
                Arc::new(unsafe { LargeStringArray::new_unchecked(offsets, self.data.into(), nulls) })
            }
            Places::Views(views, mut full) => {
                full.push(self.data.into());
                // SAFETY: each view was made of a text that was then copied to where it says, and is UTF-8; 0 is the empty text.
                Arc::new(unsafe { StringViewArray::new_unchecked(views.into(), full.into(), nulls) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use proptest::prelude::*;

    fn read(column: &ArrayRef) -> Vec<Option<String>> {
        match column.data_type() {
            DataType::LargeUtf8 => column.as_string::<i64>().iter().map(|text| text.map(str::to_owned)).collect(),
            _ => column.as_string_view().iter().map(|text| text.map(str::to_owned)).collect(),
        }
    }

    proptest! {
        #[test]
        fn texts_come_out_as_they_went_in(texts in prop::collection::vec(prop::option::of(".{0,30}"), 0..40), again in any::<bool>()) {
            for layout in [Layout::Offsets, Layout::Views] {
                let mut column = Texts::new(layout, texts.len());
                let mut expected = texts.clone();
                for text in &texts {
                    match text {
                        Some(text) => column.push(text),
                        None => column.push_null(),
                    }
                }
                if again && texts.iter().all(Option::is_some) {
                    column.repeat(0..texts.len());
                    expected.extend(texts.clone());
                }
                prop_assert_eq!(column.len(), expected.len());
                let column = column.finish();
                column.to_data().validate_full().expect("a valid column");
                prop_assert_eq!(read(&column), expected);
            }
        }

        #[test]
        fn any_bytes_are_text(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut column = Texts::new(Layout::Offsets, 1);
            column.push_bytes(&bytes);
            let text = read(&column.finish()).pop().flatten().expect("a text");
            prop_assert!(text.as_bytes() == bytes || text.chars().map(|c| u32::from(c) as u8).eq(bytes.iter().copied()));
        }
    }
}

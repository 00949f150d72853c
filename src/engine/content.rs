//! What a request sends: bytes that are there, or chunks that are produced while it is sent.

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::caller::Caller;
use super::error::Failure;

/// The body of a request. Clones are the same body.
#[derive(Debug, Clone)]
pub enum Content {
    /// Bytes that are there.
    Bytes(Bytes),
    /// Chunks that are produced while it is sent.
    Produced(Arc<dyn Produce>),
}

/// The chunks of one pass over a body.
pub type Chunks = BoxStream<'static, Result<Bytes, Failure>>;

/// Produces the chunks of a body.
pub trait Produce: Any + Debug + Send + Sync {
    /// The number of bytes, where it is known.
    fn length(&self) -> Option<u64>;

    /// Begins a pass; `None` where the chunks are gone, since some sources can be read only once.
    fn open(&self, caller: Option<&Caller>) -> Option<Chunks>;

    /// Can it be read again from the start?
    fn is_replayable(&self) -> bool;
}

impl Content {
    /// The number of bytes, where it is known.
    pub fn length(&self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Produced(producer) => producer.length(),
        }
    }

    /// The bytes, where they are there.
    pub fn bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Produced(_) => None,
        }
    }

    /// Can it be sent again?
    pub fn is_replayable(&self) -> bool {
        match self {
            Self::Bytes(_) => true,
            Self::Produced(producer) => producer.is_replayable(),
        }
    }
}

impl FromIterator<Content> for Content {
    /// One after the other. Bytes beside bytes become one piece.
    fn from_iter<I: IntoIterator<Item = Self>>(contents: I) -> Self {
        let mut parts: Vec<Self> = Vec::new();
        let mut run: Vec<Bytes> = Vec::new();
        for content in contents {
            match content {
                Self::Bytes(bytes) => run.push(bytes),
                produced => parts.extend(joined(std::mem::take(&mut run)).into_iter().chain([produced])),
            }
        }
        parts.extend(joined(run));
        match <[Self; 1]>::try_from(parts) {
            Ok([only]) => only,
            Err(parts) if parts.is_empty() => Self::Bytes(Bytes::new()),
            Err(parts) => Self::Produced(Arc::new(Chain(parts))),
        }
    }
}

fn joined(run: Vec<Bytes>) -> Option<Content> {
    match <[Bytes; 1]>::try_from(run) {
        Ok([only]) => Some(only.into()),
        Err(run) => (!run.is_empty()).then(|| run.concat().into()),
    }
}

/// Bodies one after the other.
#[derive(Debug)]
struct Chain(Vec<Content>);

impl Produce for Chain {
    fn length(&self) -> Option<u64> {
        self.0.iter().try_fold(0u64, |sum, part| sum.checked_add(part.length()?))
    }

    fn open(&self, caller: Option<&Caller>) -> Option<Chunks> {
        let open = |part: &Content| match part {
            Content::Bytes(bytes) => Some(stream::iter([Ok(bytes.clone())]).boxed()),
            Content::Produced(producer) => producer.open(caller),
        };
        let parts: Vec<Chunks> = self.0.iter().map(open).collect::<Option<_>>()?;
        Some(stream::iter(parts).flatten().boxed())
    }

    fn is_replayable(&self) -> bool {
        self.0.iter().all(Content::is_replayable)
    }
}

impl<T: Into<Bytes>> From<T> for Content {
    fn from(bytes: T) -> Self {
        Self::Bytes(bytes.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::TryStreamExt;

    /// Chunks that are there, to be read once.
    #[derive(Debug)]
    struct Once(Vec<&'static str>, Option<u64>, std::sync::atomic::AtomicBool);

    impl Produce for Once {
        fn length(&self) -> Option<u64> {
            self.1
        }

        fn open(&self, _: Option<&Caller>) -> Option<Chunks> {
            let taken = self.2.swap(true, std::sync::atomic::Ordering::Relaxed);
            let chunks: Vec<_> = self.0.iter().map(|chunk| Ok(Bytes::from(*chunk))).collect();
            (!taken).then(|| stream::iter(chunks).boxed())
        }

        fn is_replayable(&self) -> bool {
            false
        }
    }

    fn once(chunks: &[&'static str], length: Option<u64>) -> Content {
        Content::Produced(Arc::new(Once(chunks.to_vec(), length, false.into())))
    }

    #[test]
    fn bytes_in_a_row_are_bytes() {
        let content: Content = [Content::from("a"), Content::from("b"), Content::from("")].into_iter().collect();
        assert_eq!(content.bytes().map(|bytes| &bytes[..]), Some(&b"ab"[..]));
        assert_eq!(std::iter::empty::<Content>().collect::<Content>().length(), Some(0));
    }

    #[tokio::test]
    async fn a_chain_is_as_long_and_as_lasting_as_its_parts() {
        for (length, expected) in [(Some(2), Some(5)), (None, None)] {
            let parts = ["a".into(), "b".into(), once(&["x", "y"], length), "c".into()];
            let content: Content = parts.into_iter().collect();
            assert_eq!((content.length(), content.bytes(), content.is_replayable()), (expected, None, false));
            let Content::Produced(producer) = content else { panic!("not produced") };
            let chunks: Vec<Bytes> = producer.open(None).expect("opened").try_collect().await.expect("chunks");
            assert_eq!(chunks, ["ab", "x", "y", "c"]);
            assert!(producer.open(None).is_none());
        }
    }
}

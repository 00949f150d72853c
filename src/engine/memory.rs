//! Memory whose amount the other side decides. Rust ends the process where an allocation fails; here that is a value, so that
//! it becomes the failure of one request, and the rest goes on.
//!
//! What is small, or bounded by ourselves, is allocated as everywhere.

use std::fmt;

/// There is not so much memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoMemory {
    /// In bytes.
    pub wanted: usize,
}

impl fmt::Display for NoMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no memory for {} bytes", self.wanted)
    }
}

impl std::error::Error for NoMemory {}

/// Less than this is not worth a question.
const LARGE: usize = 1 << 20;

/// What is left for all that is allocated without a question. Where a body took the very last, the next small thing would end
/// the process.
const MARGIN: usize = 16 << 20;

/// Asks whether so many bytes could be had, with something left. Nothing is kept: others may take them meanwhile.
///
/// # Errors
/// Where they could not.
pub fn ask(bytes: usize) -> Result<(), NoMemory> {
    if bytes < LARGE {
        return Ok(());
    }
    Vec::<u8>::new().try_reserve_exact(bytes.saturating_add(MARGIN)).map_err(|_| NoMemory { wanted: bytes })
}

/// Empty storage for so many bytes.
///
/// # Errors
/// Where there is not so much memory.
pub fn room(bytes: usize) -> Result<Vec<u8>, NoMemory> {
    ask(bytes)?;
    let mut storage = Vec::new();
    storage.try_reserve_exact(bytes).map_err(|_| NoMemory { wanted: bytes })?;
    Ok(storage)
}

/// Makes room for so many more in a row of things, which grows by doubling.
///
/// # Errors
/// Where there is no memory for them.
pub fn grow<T>(row: &mut Vec<T>, more: usize) -> Result<(), NoMemory> {
    if more <= row.capacity() - row.len() {
        return Ok(());
    }
    let wanted = row.len().saturating_add(more).max(row.capacity().saturating_mul(2)).saturating_mul(size_of::<T>());
    ask(wanted)?;
    row.try_reserve(more).map_err(|_| NoMemory { wanted })
}

/// Bytes in storage of their own.
///
/// # Errors
/// Where there is no memory for them.
pub fn copied(bytes: &[u8]) -> Result<Box<[u8]>, NoMemory> {
    let mut copy = room(bytes.len())?;
    copy.extend_from_slice(bytes);
    Ok(copy.into_boxed_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_had_is_an_error() {
        let wanted = usize::try_from(isize::MAX).unwrap();
        assert_eq!(ask(wanted), Err(NoMemory { wanted }));
        assert_eq!(room(wanted).unwrap_err().to_string(), format!("no memory for {wanted} bytes"));
        assert_eq!((ask(0), ask(2 << 20)), (Ok(()), Ok(())));
        assert_eq!(&*copied(b"abc").unwrap(), b"abc");
        assert!(room(10).unwrap().capacity() >= 10);
        let mut row = vec![1u32, 2];
        assert!(grow(&mut row, wanted).is_err());
        assert_eq!(grow(&mut row, 1 << 20), Ok(()));
        assert!(row.capacity() > 1 << 20);
    }
}

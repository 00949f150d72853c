//! What is wrong with a checkpoint, in words for whoever named the file.

use std::fmt;
use std::io;
use std::path::Path;

/// What is wrong: names the file, and says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble(pub String);

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Trouble {}

impl Trouble {
    pub(super) fn not_opened(path: &Path, why: &dyn fmt::Display) -> Self {
        Self(format!("the checkpoint {} cannot be opened: {why}", path.display()))
    }

    pub(super) fn in_use(path: &Path) -> Self {
        Self(format!(
            "the checkpoint {} is in use by another batch or another program: wait until it is done, or name another file",
            path.display()
        ))
    }

    pub(super) fn foreign(path: &Path) -> Self {
        Self(format!("{} is not a checkpoint of fastfetch: name another file", path.display()))
    }

    pub(super) fn other_version(path: &Path, found: i32, known: i32) -> Self {
        Self(format!(
            "the checkpoint {} is of version {found}, and this fastfetch knows version {known}: \
             use the fastfetch that made it, or name another file",
            path.display()
        ))
    }

    pub(super) fn damaged(path: &Path, why: &dyn fmt::Display) -> Self {
        Self(format!(
            "the checkpoint {} is damaged ({why}): delete it to fetch everything again, or name another file",
            path.display()
        ))
    }

    pub(super) fn not_read(path: &Path, why: &dyn fmt::Display) -> Self {
        Self(format!("the checkpoint {} cannot be read: {why}", path.display()))
    }

    pub(super) fn not_written(path: &Path, why: &dyn fmt::Display) -> Self {
        Self(format!(
            "the checkpoint {} cannot be written: {why}; what it holds is safe: make room and start again to go on",
            path.display()
        ))
    }

    pub(super) fn too_large(path: &Path, size: usize, largest: usize) -> Self {
        Self(format!("the checkpoint {} cannot keep a response of {size} bytes: the most is {largest}", path.display()))
    }

    pub(super) fn closed(path: &Path) -> Self {
        Self(format!("the checkpoint {} has been closed", path.display()))
    }

    pub(super) fn forked(path: &Path) -> Self {
        Self(format!(
            "the checkpoint {} cannot be opened: this process was forked from one that had a checkpoint open; \
             start it by \"spawn\" or \"forkserver\", or before that",
            path.display()
        ))
    }
}

/// What the operating system says against a file, and against files beside it, where it does.
///
/// It is asked without opening the file: to close it again would give up the locks that this process has on it.
pub(super) fn refused(path: &Path) -> Option<io::Error> {
    let found = match path.metadata() {
        Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(_) => may_write(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    };
    let directory = path.parent().unwrap_or(path);
    found.and_then(|()| directory.metadata()).and_then(|_| may_write(directory)).err()
}

#[cfg(unix)]
fn may_write(path: &Path) -> io::Result<()> {
    use rustix::fs::{Access, access};
    Ok(access(path, Access::READ_OK | Access::WRITE_OK)?)
}

#[cfg(not(unix))]
fn may_write(path: &Path) -> io::Result<()> {
    if path.metadata()?.permissions().readonly() { Err(io::ErrorKind::PermissionDenied.into()) } else { Ok(()) }
}

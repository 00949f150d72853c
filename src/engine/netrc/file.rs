//! Where a netrc file is, and whether it may be trusted with passwords: the rules of curl and of Python's `netrc`.

use std::ffi::OsString;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::{MAX_BYTES, Netrc};

/// A file that may hold entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Where it is.
    pub path: PathBuf,
    /// The user named it, in `NETRC`. Then it may be anybody's, such as a secret that a container mounts; the file in the home
    /// directory has to be the user's alone.
    pub named: bool,
}

impl Netrc {
    /// Reads a file; `None` where there is none.
    ///
    /// # Errors
    /// In words, where it cannot be read, is no netrc file, or holds passwords and is not the user's alone.
    pub fn read(place: &Place) -> Result<Option<Self>, String> {
        let path = place.path.display().to_string();
        let failed = |why: String| format!("{}: {why}", path.escape_debug());
        let file = match File::open(&place.path) {
            Ok(file) => file,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            Err(error) => return Err(failed(error.to_string())),
        };
        let mut text = String::new();
        (&file).take(MAX_BYTES + 1).read_to_string(&mut text).map_err(|error| failed(error.to_string()))?;
        let netrc = Self::parse(&text).map_err(failed)?;
        if !place.named && netrc.holds_secrets() {
            check_owner(&file).map_err(failed)?;
        }
        Ok(Some(netrc))
    }
}

/// Where to look for a netrc file, first to last: the one that `NETRC` names, otherwise those in the home directory.
pub fn places(env: impl Fn(&str) -> Option<OsString>) -> Vec<Place> {
    places_on(cfg!(windows), env)
}

fn places_on(windows: bool, env: impl Fn(&str) -> Option<OsString>) -> Vec<Place> {
    let set = |name| env(name).filter(|value| !value.is_empty());
    let home = set(if windows { "USERPROFILE" } else { "HOME" }).map(PathBuf::from);
    if let Some(named) = set("NETRC").map(PathBuf::from) {
        let path = match (named.strip_prefix("~"), &home) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => named,
        };
        return vec![Place { path, named: true }];
    }
    let names: &[&str] = if windows { &["_netrc", ".netrc"] } else { &[".netrc"] };
    let place = |home: &Path, name: &str| Place { path: home.join(name), named: false };
    home.iter().flat_map(|home| names.iter().map(|name| place(home, name))).collect()
}

/// What Python's `netrc` demands of a file with passwords.
#[cfg(unix)]
fn check_owner(file: &File) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let about = file.metadata().map_err(|error| error.to_string())?;
    check(about.uid(), about.mode(), rustix::process::getuid().as_raw())
}

#[cfg(not(unix))]
fn check_owner(_: &File) -> Result<(), String> {
    Ok(())
}

#[cfg(unix)]
fn check(owner: u32, mode: u32, user: u32) -> Result<(), String> {
    if owner != user {
        return Err(format!("it holds passwords and belongs to user {owner}, expected user {user}, who runs this program"));
    }
    if mode & 0o077 != 0 {
        return Err(format!("it holds passwords and others may open it (mode {:03o}), expected mode 600", mode & 0o777));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env<'a>(vars: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<OsString> + 'a {
        |name| vars.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).into())
    }

    #[test]
    fn the_file_is_where_it_always_was() {
        let paths = |windows, vars: &[_]| -> Vec<(String, bool)> {
            let places = places_on(windows, env(vars)).into_iter();
            places.map(|place| (place.path.to_string_lossy().replace('\\', "/"), place.named)).collect()
        };
        let home = ("HOME", "/me");
        assert_eq!(paths(false, &[home]), [("/me/.netrc".into(), false)]);
        assert_eq!(paths(false, &[home, ("NETRC", "")]), [("/me/.netrc".into(), false)]);
        assert_eq!(paths(false, &[home, ("NETRC", "/x/n")]), [("/x/n".into(), true)]);
        assert_eq!(paths(false, &[home, ("NETRC", "~/n")]), [("/me/n".into(), true)]);
        assert_eq!(paths(false, &[]), []);
        let both = [("/u/_netrc".into(), false), ("/u/.netrc".into(), false)];
        assert_eq!(paths(true, &[("USERPROFILE", "/u")]), both);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a directory");
        let mut place = Place { path: dir.path().join(".netrc"), named: false };
        assert_eq!(Netrc::read(&place), Ok(None));
        let write = |text: &[u8], mode| {
            std::fs::write(&place.path, text).expect("written");
            std::fs::set_permissions(&place.path, std::fs::Permissions::from_mode(mode)).expect("set");
        };
        write(b"machine h login u password hunter2", 0o600);
        assert!(Netrc::read(&place).expect("read").expect("a file").lookup("h", false).is_some());
        write(b"machine h login anonymous password me", 0o644);
        assert!(Netrc::read(&place).is_ok());
        write(b"machine h login \xff", 0o600);
        assert!(Netrc::read(&place).expect_err("no text").contains("UTF-8"));
        write(b"machine h login u password hunter2", 0o640);
        let error = Netrc::read(&place).expect_err("too open");
        assert!(error.contains("mode 640") && !error.contains("hunter2"), "{error}");
        place.named = true;
        assert!(Netrc::read(&place).is_ok());
        assert!(check(1, 0o600, 2).expect_err("not ours").contains("user 1, expected user 2"));
        assert!(Netrc::read(&Place { path: dir.path().to_owned(), named: true }).is_err());
    }
}

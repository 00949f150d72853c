//! A jar as JSON, and as a file that only its owner can read.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::{Cookie, Jar, SameSite};

const FORMAT: &str = "fastfetch cookies";
const VERSION: u32 = 1;
/// No file of ours is longer than this: 3,000 cookies of some 6 KB, with every byte escaped.
const LONGEST: u64 = 128 << 20;

/// What every version has; read before all else.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    format: Cow<'a, str>,
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<'a> {
    #[serde(borrow)]
    format: Cow<'a, str>,
    version: u32,
    cookies: Vec<Record>,
}

/// A cookie; times are whole seconds since 1970. Session cookies have no `expires`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    name: Text,
    value: Text,
    domain: String,
    host_only: bool,
    path: String,
    expires: Option<u64>,
    secure: bool,
    http_only: bool,
    same_site: Option<SameSite>,
    created: u64,
    accessed: u64,
}

/// Bytes: text where they are UTF-8, a list of numbers where not.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Text {
    Utf8(String),
    Bytes(Vec<u8>),
}

impl Jar {
    /// The cookies that are not expired, session cookies included, as JSON. It holds secrets.
    pub fn to_json(&self, now: SystemTime) -> String {
        let cookies = self.all(now).into_iter().map(Record::from).collect();
        let document = Document { format: FORMAT.into(), version: VERSION, cookies };
        // Nothing in it can fail: all keys are text and all numbers are whole.
        serde_json::to_string_pretty(&document).unwrap_or_default()
    }

    /// A jar with the cookies that `to_json` wrote.
    ///
    /// # Errors
    /// Where the text is of another kind or damaged. The message names no content.
    pub fn from_json(text: &str, now: SystemTime) -> Result<Self, String> {
        let head: Head<'_> = serde_json::from_str(text).map_err(|error| damaged("no cookie file of fastfetch", &error))?;
        if head.format != FORMAT {
            return Err(format!("no cookie file of fastfetch: its \"format\" is not {FORMAT:?}"));
        }
        if head.version != VERSION {
            return Err(format!("a cookie file of version {}, and this fastfetch reads version {VERSION}", head.version));
        }
        let document: Document<'_> = serde_json::from_str(text).map_err(|error| damaged("a damaged cookie file", &error))?;
        let jar = Self::default();
        for (index, record) in document.cookies.into_iter().enumerate() {
            let set = record.cookie().and_then(|cookie| jar.set(cookie, now));
            set.map_err(|error| format!("a damaged cookie file: cookie {}: {error}", index + 1))?;
        }
        Ok(jar)
    }

    /// Writes the cookies into a file that only its owner can read, in one step: whoever reads it meanwhile sees the old one.
    ///
    /// # Errors
    /// Where the file cannot be written. The old one is as it was.
    pub fn save(&self, path: &Path, now: SystemTime) -> io::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = NamedTempFile::new_in(folder)?; // mode 0600 on Unix
        // Not to the temporary file itself: it keeps the numbers of the system's errors to itself.
        file.as_file_mut().write_all(self.to_json(now).as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        // The name is on the disk only when its folder is.
        if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
    }

    /// A jar with the cookies of a file that `save` wrote.
    ///
    /// # Errors
    /// Where the file cannot be read, is of another kind or damaged.
    pub fn load(path: &Path, now: SystemTime) -> io::Result<Self> {
        let mut text = String::new();
        if File::open(path)?.take(LONGEST + 1).read_to_string(&mut text)? as u64 > LONGEST {
            return Err(io::Error::new(
                ErrorKind::InvalidData,
                format!("no cookie file of fastfetch: more than {LONGEST} bytes"),
            ));
        }
        Self::from_json(&text, now).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
    }
}

/// Where a text is damaged. What serde says is left out, because it quotes the text.
fn damaged(what: &str, error: &serde_json::Error) -> String {
    let why = if error.is_data() { "a field is missing, unknown or of another type" } else { "not JSON" };
    format!("{what}: {why} at line {}, column {}", error.line(), error.column())
}

impl From<Cookie> for Record {
    fn from(cookie: Cookie) -> Self {
        let Cookie { name, value, domain, host_only, path, expires, secure, http_only, same_site, created, accessed } = cookie;
        let (name, value, expires) = (name.into(), value.into(), expires.map(seconds));
        let (created, accessed) = (seconds(created), seconds(accessed));
        Self { name, value, domain, host_only, path, expires, secure, http_only, same_site, created, accessed }
    }
}

impl Record {
    fn cookie(self) -> Result<Cookie, String> {
        let Self { name, value, domain, host_only, path, expires, secure, http_only, same_site, created, accessed } = self;
        let (name, value, expires) = (name.bytes(), value.bytes(), expires.map(moment).transpose()?);
        let (created, accessed) = (moment(created)?, moment(accessed)?);
        Ok(Cookie { name, value, domain, host_only, path, expires, secure, http_only, same_site, created, accessed })
    }
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        String::from_utf8(bytes).map_or_else(|error| Self::Bytes(error.into_bytes()), Self::Utf8)
    }
}

impl Text {
    fn bytes(self) -> Vec<u8> {
        match self {
            Self::Utf8(text) => text.into_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

fn seconds(moment: SystemTime) -> u64 {
    moment.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn moment(seconds: u64) -> Result<SystemTime, String> {
    let moment = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    moment.ok_or_else(|| format!("a time of {seconds} seconds is out of range"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
    }

    fn jar() -> Jar {
        let jar = Jar::default();
        let url = Url::parse("https://a.example.org/dir/page").expect("a URL");
        for line in [
            &b"a=b"[..],
            b"latin=\xfc\x80; Max-Age=100",
            b"nameless",
            "ü=\"quoted\"; Domain=example.org; Path=/; SameSite=None; Secure; HttpOnly".as_bytes(),
            b"=x=y; Path=/p",
            b"__Host-a=secret; Path=/; Secure",
        ] {
            jar.store(&url, line, now());
        }
        jar
    }

    #[test]
    fn a_jar_survives_a_file_and_nobody_else_can_read_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cookies.json");
        std::fs::write(&path, "older").expect("written");
        jar().save(&path, now()).expect("saved");
        assert_eq!(Jar::load(&path, now()).expect("loaded").all(now()), jar().all(now()));
        assert_eq!(jar().len(now()), 6);
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "no temporary file stays");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(jar().save(&folder.path().join("no/such"), now()).expect_err("no folder").kind(), ErrorKind::NotFound);
        assert_eq!(Jar::load(&folder.path().join("none"), now()).expect_err("no file").kind(), ErrorKind::NotFound);
        std::fs::write(&path, b"\xff").expect("written");
        assert_eq!(Jar::load(&path, now()).expect_err("no text").kind(), ErrorKind::InvalidData);
    }

    #[test]
    fn a_loaded_jar_forgets_what_has_expired_and_keeps_the_session() {
        let later = now() + Duration::from_secs(100);
        assert_eq!(Jar::from_json(&jar().to_json(now()), later).expect("a jar").len(now()), 5);
        assert_eq!(Jar::from_json(&jar().to_json(later), now()).expect("a jar").len(now()), 5);
    }

    #[test]
    fn foreign_and_damaged_texts_are_refused_in_words() {
        let good = jar().to_json(now());
        let changed = |from: &str, to: &str| {
            assert!(good.contains(from), "{from}");
            good.replacen(from, to, 1)
        };
        for (text, expected) in [
            (String::new(), "no cookie file of fastfetch: not JSON at line 1"),
            ("# Netscape HTTP Cookie File\n".into(), "no cookie file of fastfetch: not JSON at line 1, column 1"),
            ("[]".into(), "no cookie file of fastfetch: a field is missing"),
            ("{}".into(), "no cookie file of fastfetch: a field is missing"),
            (changed(FORMAT, "other cookies"), "its \"format\" is not"),
            (changed("\"version\": 1", "\"version\": 2"), "a cookie file of version 2, and this fastfetch reads version 1"),
            (good.get(..good.len() / 2).expect("ASCII").into(), "no cookie file of fastfetch: not JSON"),
            (
                changed("\"secure\": false", "\"secure\": 7"),
                "a damaged cookie file: a field is missing, unknown or of another type",
            ),
            (changed("\"secure\": false,", ""), "a damaged cookie file: a field is missing"),
            (changed("\"secure\": false", "\"secure\": false, \"new\": 1"), "a damaged cookie file: a field"),
            (changed("\"name\": \"a\"", "\"name\": \"a\\r\\nX: y\""), "cookie 1: a cookie may not hold control characters"),
            (changed("\"path\": \"/dir\"", "\"path\": \"dir\""), "cookie 1: a cookie's path has to begin with a slash"),
            (
                changed("\"domain\": \"a.example.org\"", "\"domain\": \"a b\""),
                "cookie 1: a cookie's domain has to be a host name",
            ),
            (changed("1700000000", "18446744073709551615"), "cookie 1: a time of"),
            (
                changed("\"name\": \"__Host-a\"", "\"name\": \"__host-A\"").replace("\"path\": \"/\"", "\"path\": \"/x\""),
                "__Host-",
            ),
        ] {
            let error = Jar::from_json(&text, now()).expect_err(expected);
            assert!(error.contains(expected), "{error:?} should say {expected:?}");
            assert!(!error.contains("secret"), "{error:?}");
        }
    }
}

//! The file: a database of SQLite with one table, open for one thread of one process.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::ffi::{self, ErrorCode};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, OpenFlags, OptionalExtension, Statement, params};
use sha2::{Digest, Sha256};

use super::Key;
use super::trouble::{Trouble, refused};

/// Tells a checkpoint from other databases, in a place that SQLite has for it.
const APPLICATION: i32 = i32::from_be_bytes(*b"FFck");

/// Of the table and of what the checksum is over. What the values are is for those to tell who keep them.
const VERSION: i32 = 1;

const SCHEMA: &str = "CREATE TABLE kept (key BLOB NOT NULL, occurrence INTEGER NOT NULL, checksum BLOB NOT NULL, \
                      value BLOB NOT NULL, PRIMARY KEY (key, occurrence))";

/// For this connection alone. In exclusive mode it keeps the file locked, and needs no memory shared with others. Damage is
/// looked for where it costs nothing, and what a table's definition might do behind the back is off.
const SETTINGS: &str = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF";

/// Not before the file is known to be a checkpoint: these change it. The log is moved into the table every 64 MiB (of pages of
/// 4 KiB): keys come in no order, so most rows change a page of the index of their own, which is then written once for many.
const WRITING: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 16384";

const FIND: &str = "SELECT checksum, value FROM kept WHERE key = ?1 AND occurrence = ?2";
const KEEP: &str = "INSERT OR REPLACE INTO kept (key, occurrence, checksum, value) VALUES (?1, ?2, ?3, ?4)";

/// Why a file is not opened.
pub(super) enum Refusal {
    /// Somebody else has it open: later, perhaps.
    InUse,
    Trouble(Trouble),
}

/// An open file.
pub(super) struct Opened {
    pub(super) connection: Connection,
    /// It holds nothing.
    pub(super) fresh: bool,
}

enum Identity {
    Checkpoint,
    Empty,
    OtherVersion(i32),
    OtherSchema,
    Foreign,
}

impl Opened {
    /// Opens a file, an absolute path, and locks it, at once or not at all.
    ///
    /// Only the file's head and its length are checked: to read all of it could take minutes, and each value has a checksum.
    pub(super) fn open(path: &Path) -> Result<Self, Refusal> {
        let refusal = |error| refusal(path, &error);
        make_private(path);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags).map_err(refusal)?;
        connection.busy_timeout(Duration::ZERO).map_err(refusal)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true).map_err(refusal)?;
        connection.execute_batch(SETTINGS).map_err(refusal)?;
        match identify(&connection).map_err(refusal)? {
            Identity::Checkpoint => {}
            // To SQLite a file of one byte is empty.
            Identity::Empty if path.metadata().is_ok_and(|file| file.len() == 1) => {
                return Err(Refusal::Trouble(Trouble::foreign(path)));
            }
            Identity::Empty => create(&mut connection).map_err(refusal)?,
            Identity::OtherVersion(found) => return Err(Refusal::Trouble(Trouble::other_version(path, found, VERSION))),
            Identity::OtherSchema => return Err(Refusal::Trouble(Trouble::damaged(path, &"its table is another"))),
            Identity::Foreign => return Err(Refusal::Trouble(Trouble::foreign(path))),
        }
        connection.execute_batch(WRITING).map_err(refusal)?;
        let fresh = connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM kept)", [], |row| row.get(0)).map_err(refusal)?;
        Ok(Self { connection, fresh })
    }
}

/// Makes the file, where there is none, one that only its owner can read, and SQLite gives those beside it the same mode. Whatever
/// is in the way, SQLite says it better.
fn make_private(path: &Path) {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    drop(options.open(path));
}

fn identify(connection: &Connection) -> rusqlite::Result<Identity> {
    let application = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if ![0, APPLICATION].contains(&application) {
        return Ok(Identity::Foreign);
    }
    let mut schema = connection.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")?;
    let schema = schema.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
    Ok(match (application, version) {
        // SQLite makes such a file of an empty one before it makes a table in it.
        (0, 0) if schema.is_empty() => Identity::Empty,
        (0, _) => Identity::Foreign,
        (_, VERSION) if schema == [SCHEMA] => Identity::Checkpoint,
        (_, VERSION) => Identity::OtherSchema,
        (_, version) => Identity::OtherVersion(version),
    })
}

fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(SCHEMA)?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

fn refusal(path: &Path, error: &Error) -> Refusal {
    Refusal::Trouble(match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => return Refusal::InUse,
        Some(ErrorCode::NotADatabase) => Trouble::foreign(path),
        Some(ErrorCode::DatabaseCorrupt) => Trouble::damaged(path, error),
        _ => refused(path).map_or_else(|| Trouble::not_opened(path, error), |words| Trouble::not_opened(path, &words)),
    })
}

/// What can be done with an open file.
pub(super) struct Store<'a> {
    connection: &'a Connection,
    path: &'a Path,
    find: Statement<'a>,
    keep: Statement<'a>,
}

impl<'a> Store<'a> {
    pub(super) fn new(connection: &'a Connection, path: &'a Path) -> Result<Self, Trouble> {
        let prepare = |sql| connection.prepare(sql).map_err(|error| Trouble::not_opened(path, &error));
        Ok(Self { connection, path, find: prepare(FIND)?, keep: prepare(KEEP)? })
    }

    /// The value of a key, where there is one and it is what was kept.
    pub(super) fn find(&mut self, key: Key) -> Result<Option<Vec<u8>>, Trouble> {
        let Key { request, occurrence } = key;
        let row = self.find.query_row(params![request.as_slice(), occurrence], |row| {
            let (ValueRef::Blob(sum), ValueRef::Blob(value)) = (row.get_ref(0)?, row.get_ref(1)?) else { return Ok(None) };
            Ok((sum == checksum(key, value)).then(|| value.to_vec()))
        });
        row.optional().map(Option::flatten).map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt) => Trouble::damaged(self.path, &error),
            _ => Trouble::not_read(self.path, &self.words(&error)),
        })
    }

    /// Keeps values by their keys, all or none; of equal keys the last.
    pub(super) fn keep(&mut self, rows: &[(Key, Vec<u8>)]) -> Result<(), Trouble> {
        let written = self.write(rows);
        written.map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt) => Trouble::damaged(self.path, &error),
            _ => Trouble::not_written(self.path, &self.words(&error)),
        })
    }

    fn write(&mut self, rows: &[(Key, Vec<u8>)]) -> rusqlite::Result<()> {
        // Rolled back where it is dropped before it is committed.
        let transaction = self.connection.unchecked_transaction()?;
        for (key, value) in rows {
            let Key { request, occurrence } = key;
            self.keep.execute(params![request.as_slice(), occurrence, checksum(*key, value).as_slice(), value])?;
        }
        transaction.commit()
    }

    /// What SQLite says of an error, and the operating system, where it was asked.
    fn words(&self, error: &Error) -> String {
        let asked = matches!(error.sqlite_error_code(), Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen));
        // SAFETY: the connection is open, and used by this thread only.
        let code = if asked { unsafe { ffi::sqlite3_system_errno(self.connection.handle()) } } else { 0 };
        if code == 0 { error.to_string() } else { format!("{error}: {}", io::Error::from_raw_os_error(code)) }
    }
}

/// Over the key as well: a value that damage has put under another key is found out too. Of all checksums this one, for the
/// engine has it anyway, and no damage passes it: a CRC would let one in four thousand million through.
fn checksum(key: Key, value: &[u8]) -> [u8; 32] {
    let Key { request, occurrence } = key;
    Sha256::new().chain_update(request).chain_update(occurrence.to_be_bytes()).chain_update(value).finalize().into()
}

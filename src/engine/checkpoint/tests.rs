use std::fs;
use std::path::PathBuf;

use futures_util::FutureExt;
use futures_util::future::join_all;
use proptest::prelude::*;
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;

mod damage;
#[cfg(unix)]
mod programs;

const SOON: Duration = Duration::from_millis(30);
/// Far longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);

fn key(number: u32) -> Key {
    Key { request: [number as u8; 16], occurrence: number }
}

/// A directory, and a path in it where nothing is.
fn nowhere() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("batch.checkpoint");
    (directory, path)
}

async fn open(path: &Path) -> Checkpoint {
    Checkpoint::open(path, LONG).await.unwrap()
}

/// What is said of a file that is not opened.
async fn refused(path: &Path) -> String {
    let Trouble(words) = Checkpoint::open(path, SOON).await.unwrap_err();
    assert!(words.contains(path.to_str().unwrap()), "{words}");
    words
}

fn beside(path: &Path) -> PathBuf {
    path.with_extension("checkpoint-wal")
}

#[tokio::test]
async fn values_are_found_by_key_and_occurrence_also_later() {
    let (_directory, path) = nowhere();
    let values = [b"".to_vec(), b"\0\xFF".to_vec(), vec![7; 100_000]];
    let keys = [Key { request: [1; 16], occurrence: 0 }, Key { request: [1; 16], occurrence: u32::MAX }, key(2)];
    let checkpoint = open(&path).await;
    assert!(checkpoint.is_fresh());
    for (key, value) in keys.into_iter().zip(&values) {
        assert_eq!(checkpoint.find(key).await, Ok(None));
        checkpoint.keep(key, value.clone()).await.unwrap();
        assert_eq!(checkpoint.find(key).await, Ok(Some(value.clone())));
    }
    checkpoint.keep(keys[0], b"newer".to_vec()).await.unwrap();
    drop(checkpoint);
    let checkpoint = open(&path).await;
    assert!(!checkpoint.is_fresh());
    assert_eq!(checkpoint.find(keys[0]).await, Ok(Some(b"newer".to_vec())));
    assert_eq!(checkpoint.find(keys[1]).await, Ok(Some(values[1].clone())));
    assert_eq!(checkpoint.find(keys[2]).await, Ok(Some(values[2].clone())));
    assert_eq!(checkpoint.find(Key { request: [1; 16], occurrence: 1 }).await, Ok(None));
}

#[tokio::test]
async fn what_was_asked_before_the_drop_is_done() {
    let (_directory, path) = nowhere();
    let checkpoint = open(&path).await;
    // Nobody waits for the answer.
    let _ = checkpoint.keep(key(1), b"value".to_vec()).now_or_never();
    drop(checkpoint);
    assert_eq!(open(&path).await.find(key(1)).await, Ok(Some(b"value".to_vec())));
}

#[tokio::test]
async fn a_closed_file_is_whole_by_itself() {
    let (_directory, path) = nowhere();
    let checkpoint = open(&path).await;
    let other = checkpoint.clone();
    checkpoint.keep(key(1), b"value".to_vec()).await.unwrap();
    assert!(beside(&path).exists());
    checkpoint.close().await;
    assert!(!beside(&path).exists());
    let Trouble(words) = other.find(key(1)).await.unwrap_err();
    assert!(words.ends_with("has been closed"), "{words}");
    assert!(other.keep(key(1), Vec::new()).await.is_err());
    other.close().await;
}

#[tokio::test]
async fn the_second_to_open_it_is_told_or_waits() {
    let (_directory, path) = nowhere();
    let first = open(&path).await;
    assert!(refused(&path).await.contains("is in use by another batch or another program"));
    first.keep(key(1), b"value".to_vec()).await.unwrap();
    assert!(refused(&path).await.contains("is in use"));
    let mut second = Box::pin(open(&path));
    assert!(second.as_mut().now_or_never().is_none());
    drop(first);
    assert_eq!(second.await.find(key(1)).await, Ok(Some(b"value".to_vec())));
}

#[tokio::test]
async fn it_may_be_opened_again_and_again_at_once() {
    let (_directory, path) = nowhere();
    for number in 0..20 {
        let checkpoint = open(&path).await;
        assert_eq!(checkpoint.is_fresh(), number == 0);
        checkpoint.keep(key(number), vec![1]).await.unwrap();
    }
}

#[tokio::test]
async fn of_many_that_make_it_at_once_each_has_it_once() {
    let (_directory, path) = nowhere();
    let opened = (0..8).map(|number| {
        let path = path.clone();
        async move { open(&path).await.keep(key(number), vec![1]).await }
    });
    for kept in join_all(opened).await {
        kept.unwrap();
    }
    let checkpoint = open(&path).await;
    for number in 0..8 {
        assert_eq!(checkpoint.find(key(number)).await, Ok(Some(vec![1])));
    }
}

#[tokio::test]
async fn what_waits_is_kept_in_one_transaction_in_its_order() {
    const ROWS: u32 = 500;
    let (_directory, path) = nowhere();
    let Ok(Opened { connection, .. }) = Opened::open(&path) else { panic!("not opened") };
    let mut store = Store::new(&connection, &path).unwrap();
    let (jobs, inbox) = mpsc::channel();
    let mut answers = Vec::new();
    for number in 0..ROWS {
        let (answer, answered) = oneshot::channel();
        jobs.send(Job::Keep(key(number % 2), number.to_be_bytes().to_vec(), answer)).unwrap();
        answers.push(answered);
    }
    drop(jobs);
    let before = fs::metadata(beside(&path)).unwrap().len();
    assert!(serve(&mut store, &inbox).is_empty());
    // Each transaction writes a page at least.
    let written = fs::metadata(beside(&path)).unwrap().len() - before;
    assert!(written < u64::from(ROWS) * 4096 / 10, "{written}");
    for answered in answers {
        assert_eq!(answered.await, Ok(Ok(())));
    }
    for last in [ROWS - 1, ROWS - 2] {
        assert_eq!(store.find(key(last % 2)), Ok(Some(last.to_be_bytes().to_vec())));
    }
}

#[tokio::test]
async fn a_value_too_large_fails_alone() {
    let (_directory, path) = nowhere();
    let checkpoint = open(&path).await;
    let Trouble(words) = checkpoint.keep(key(1), vec![0; LARGEST + 1]).await.unwrap_err();
    assert!(words.contains("cannot keep a response of 999999001 bytes"), "{words}");
    assert_eq!(checkpoint.keep(key(1), vec![1]).await, Ok(()));
}

#[tokio::test]
async fn other_files_are_left_as_they_are() {
    let (directory, path) = nowhere();
    let long = "https://example.com/\n".repeat(1000);
    for text in ["x", "https://example.com/\n", &long, "SQLite format 3\0"] {
        fs::write(&path, text).unwrap();
        let words = refused(&path).await;
        assert!(words.ends_with("is not a checkpoint of fastfetch: name another file"), "{text:?} {words}");
        assert_eq!(fs::read(&path).unwrap(), text.as_bytes());
    }
    for (number, sql) in [
        "CREATE TABLE own (x)",
        "PRAGMA user_version = 1",
        "PRAGMA application_id = 7",
        "PRAGMA journal_mode = WAL; CREATE TABLE kept (key, occurrence, checksum, value)",
    ]
    .into_iter()
    .enumerate()
    {
        let path = directory.path().join(format!("{number}.db"));
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let before = fs::read(&path).unwrap();
        assert!(refused(&path).await.ends_with("is not a checkpoint of fastfetch: name another file"), "{sql}");
        assert_eq!(fs::read(&path).unwrap(), before, "{sql}");
    }
}

#[tokio::test]
async fn an_empty_file_is_taken_over() {
    let (_directory, path) = nowhere();
    fs::write(&path, "").unwrap();
    assert!(open(&path).await.is_fresh());
    // What is left of one that was killed while it was made.
    let (_directory, path) = nowhere();
    Connection::open(&path).unwrap().execute_batch("PRAGMA journal_mode = WAL").unwrap();
    assert!(fs::metadata(&path).unwrap().len() > 0);
    assert!(open(&path).await.is_fresh());
}

#[tokio::test]
async fn other_versions_and_tables_are_told() {
    let (_directory, path) = nowhere();
    open(&path).await.close().await;
    let alter = |sql: &str| Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    alter("PRAGMA user_version = 2");
    assert!(refused(&path).await.contains("is of version 2, and this fastfetch knows version 1"));
    alter("PRAGMA user_version = 1");
    open(&path).await.close().await;
    alter("CREATE TRIGGER own AFTER INSERT ON kept BEGIN DELETE FROM kept; END");
    assert!(refused(&path).await.contains("is damaged (its table is another)"));
}

#[tokio::test]
async fn the_system_says_why_a_file_cannot_be_opened() {
    let (directory, path) = nowhere();
    assert!(refused(directory.path()).await.ends_with("cannot be opened: is a directory"));
    let missing = refused(&directory.path().join("none").join("x")).await;
    assert!(missing.contains("cannot be opened: ") && missing.contains("(os error "), "{missing}");
    fs::write(&path, "").unwrap();
    assert!(refused(&path.join("x")).await.contains("(os error "));
    assert!(Checkpoint::open(Path::new(""), SOON).await.is_err());
    assert!(Checkpoint::open(Path::new("nul\0"), SOON).await.is_err());
}

#[tokio::test]
async fn names_that_mean_something_to_sqlite_are_names_of_files() {
    let (directory, _) = nowhere();
    for name in [":memory:", "file:x?mode=memory", "a b%20#?.db"] {
        let path = directory.path().join(name);
        if cfg!(unix) {
            open(&path).await.close().await;
            assert!(path.exists(), "{name}");
        }
    }
}

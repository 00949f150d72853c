//! What comes back from files: damaged, it is missing or an error, and never something else.

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arrow_array::{ArrayRef, LargeBinaryArray, LargeStringArray, RecordBatch, new_null_array};
use arrow_schema::{DataType, Field, Schema};
use sha2::{Digest, Sha256};
use tokio::runtime;

use super::head;
use crate::engine::checkpoint::{Checkpoint, Key};
use crate::engine::response::Response;
use crate::engine::table::ipc;
use crate::engine::table::saved::{COLUMNS, Loaded};

const VALUES: u32 = 3;
/// Far longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

fn key(number: u32) -> Key {
    Key { request: [number as u8; 16], occurrence: number }
}

/// Of a few bytes, and of more than a page.
fn value(number: u32) -> Vec<u8> {
    (0..number * 2_500 + 10).map(|at| (number * 31 + at * 7) as u8).collect()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async { tokio::time::timeout(LONG, future).await.expect("it hangs") })
}

/// Damage to a checkpoint, four bytes each: what to do, where (in two bytes), and with what.
pub fn checkpoint(data: &[u8]) {
    static WHOLE: OnceLock<Vec<u8>> = OnceLock::new();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("batch.checkpoint");
    let whole = WHOLE.get_or_init(|| {
        block_on(async {
            let checkpoint = Checkpoint::open(&path, LONG).await.expect("a checkpoint");
            for number in 0..VALUES {
                checkpoint.keep(key(number), value(number)).await.expect("kept");
            }
            checkpoint.close().await;
        });
        fs::read(&path).expect("a file")
    });
    let mut file = whole.clone();
    for damage in data.chunks_exact(4).take(64) {
        let at = usize::from(u16::from_be_bytes([damage[1], damage[2]])) % file.len().max(1);
        match damage[0] % 4 {
            0 | 1 => file.get_mut(at).into_iter().for_each(|byte| *byte = damage[3]),
            2 => file.iter_mut().skip(at).take(damage[3].into()).for_each(|byte| *byte = 0),
            _ => file.truncate(at),
        }
    }
    fs::write(&path, file).expect("written");
    block_on(look(&path));
}

async fn look(path: &Path) {
    let Ok(checkpoint) = Checkpoint::open(path, LONG).await else { return };
    for number in 0..VALUES {
        if let Ok(Some(found)) = checkpoint.find(key(number)).await {
            assert_eq!(found, value(number));
        }
    }
    // To write into it may fail as well, but not go wrong.
    if checkpoint.keep(key(0), value(0)).await.is_ok()
        && let Ok(found) = checkpoint.find(key(0)).await
    {
        assert_eq!(found, Some(value(0)));
    }
    checkpoint.close().await;
}

/// An answer, as a checkpoint keeps it.
pub fn kept(data: &[u8]) {
    if let Ok(answer) = postcard::from_bytes::<Response>(data) {
        let again = postcard::to_allocvec(&answer).expect("written");
        let back = postcard::from_bytes::<Response>(&again).expect("what was written");
        assert_eq!(postcard::to_allocvec(&back).expect("written"), again);
        // What is made of it for its user.
        for (name, value) in answer.headers().iter().chain(answer.trailers().iter()) {
            assert!(name.len() + value.len() <= data.len());
        }
    }
}

/// A file of results, any bytes: Arrow's reader panics on some, which is caught and is an error.
pub fn saved(data: &[u8]) {
    let Ok(reader) = ipc::Reader::new(Cursor::new(data), Some(&COLUMNS)) else { return };
    let mut loaded = Loaded::default();
    for batch in reader {
        let Ok(batch) = batch else { return };
        if loaded.add(&batch).is_err() {
            return;
        }
    }
    assert!(loaded.rows.len() <= data.len());
}

/// A URL, a body, and what a row of results has beside them: with the right checksum, as one makes it who means harm.
pub fn saved_row(data: &[u8]) {
    let ([url, body], value) = head(data);
    let Ok(url) = std::str::from_utf8(url) else { return };
    let length = |part: &[u8]| (part.len() as u64).to_be_bytes();
    let sum = Sha256::new().chain_update(length(value)).chain_update(value).chain_update(length(url.as_bytes()));
    let sum = sum.chain_update(url).chain_update(body).finalize();
    let value = [&[1][..], &sum[..8], value].concat();
    let columns: [ArrayRef; 4] = [
        Arc::new(LargeStringArray::from(vec![url])),
        Arc::new(LargeBinaryArray::from(vec![body])),
        new_null_array(&DataType::LargeUtf8, 1),
        Arc::new(LargeBinaryArray::from(vec![value.as_slice()])),
    ];
    let fields: Vec<_> =
        COLUMNS.iter().zip(&columns).map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.to_vec()).expect("a batch");
    let mut loaded = Loaded::default();
    if loaded.add(&batch).is_ok() {
        let (item, outcome) = &loaded.rows[0];
        assert_eq!(loaded.rows.len(), 1);
        assert!(!item.method().as_str().is_empty());
        match &**outcome {
            Ok(answer) => assert_eq!(&*answer.body, body),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

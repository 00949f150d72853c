//! Damage to the file: never a wrong value, never a panic or a hang.

use std::sync::OnceLock;

use tokio::runtime;

use super::*;

/// A checkpoint as it lies there when it is closed, or when its process was killed.
struct Files {
    closed: Vec<u8>,
    killed: (Vec<u8>, Vec<u8>),
}

const ROWS: u32 = 60;

/// Small ones, some of a page, and some of many.
fn value(number: u32) -> Vec<u8> {
    let length = [10, 300, 3_000, 20_000][number as usize % 4];
    (0..length).map(|at| (number * 31 + at * 7) as u8).collect()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(LONG, future).await.expect("it hangs") })
}

fn files() -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(|| {
        let (_directory, path) = nowhere();
        block_on(async {
            let checkpoint = open(&path).await;
            // Replaced once, so that there is free room in it.
            for number in (0..ROWS).chain(0..ROWS) {
                checkpoint.keep(key(number), value(number)).await.unwrap();
            }
            let killed = (fs::read(&path).unwrap(), fs::read(beside(&path)).unwrap());
            checkpoint.close().await;
            Files { closed: fs::read(&path).unwrap(), killed }
        })
    })
}

/// Opens what lies there, and looks at every value; how many were found, unless the file was refused.
async fn look(path: &Path) -> Option<usize> {
    let checkpoint = Checkpoint::open(path, LONG).await.ok()?;
    let mut found = 0;
    for number in 0..ROWS {
        if let Ok(Some(seen)) = checkpoint.find(key(number)).await {
            assert_eq!(seen, value(number));
            found += 1;
        }
    }
    // To write into it may fail as well, but not go wrong.
    for number in (0..ROWS).step_by(7) {
        if checkpoint.keep(key(number), value(number)).await.is_ok()
            && let Ok(seen) = checkpoint.find(key(number)).await
        {
            assert_eq!(seen, Some(value(number)));
        }
    }
    checkpoint.close().await;
    Some(found)
}

#[test]
fn a_flipped_byte_in_a_value_makes_it_missing() {
    let mut bytes = files().closed.clone();
    let value = value(1);
    let places = (0..bytes.len() - value.len()).filter(|at| bytes[*at..].starts_with(&value)).collect::<Vec<_>>();
    assert!(!places.is_empty());
    for at in places {
        bytes[at + 100] ^= 1;
    }
    let (_directory, path) = nowhere();
    fs::write(&path, bytes).unwrap();
    block_on(async {
        let checkpoint = open(&path).await;
        assert_eq!(checkpoint.find(key(1)).await, Ok(None));
        checkpoint.keep(key(1), value.clone()).await.unwrap();
        assert_eq!(checkpoint.find(key(1)).await, Ok(Some(value)));
        assert_eq!(checkpoint.find(key(0)).await, Ok(Some(super::damage::value(0))));
    });
}

#[test]
fn a_value_under_another_key_is_missing() {
    let (_directory, path) = nowhere();
    fs::write(&path, &files().closed).unwrap();
    let altered = Connection::open(&path).unwrap();
    altered.execute_batch("DELETE FROM kept WHERE occurrence IN (3, 4)").unwrap();
    altered.execute_batch("UPDATE kept SET key = zeroblob(16) WHERE occurrence = 2").unwrap();
    altered.execute_batch("UPDATE kept SET occurrence = 4 WHERE occurrence = 1").unwrap();
    drop(altered);
    block_on(async {
        let checkpoint = open(&path).await;
        for moved in [Key { request: [0; 16], occurrence: 2 }, Key { occurrence: 4, ..key(1) }] {
            assert_eq!(checkpoint.find(moved).await, Ok(None));
        }
    });
}

#[test]
fn a_file_that_is_whole_has_it_all() {
    let (_directory, path) = nowhere();
    fs::write(&path, &files().closed).unwrap();
    assert_eq!(block_on(look(&path)), Some(ROWS as usize));
    let (_directory, path) = nowhere();
    fs::write(&path, &files().killed.0).unwrap();
    fs::write(beside(&path), &files().killed.1).unwrap();
    assert_eq!(block_on(look(&path)), Some(ROWS as usize));
}

#[test]
fn a_log_without_its_file_is_of_no_account() {
    let (_directory, path) = nowhere();
    fs::write(beside(&path), &files().killed.1).unwrap();
    assert!(block_on(open(&path)).is_fresh());
}

#[derive(Debug, Clone)]
enum Damage {
    Byte(prop::sample::Index, u8),
    Zeros(prop::sample::Index, usize),
    Copied(prop::sample::Index, prop::sample::Index, usize),
    Cut(prop::sample::Index),
}

impl Damage {
    fn any() -> impl Strategy<Value = Self> {
        let at = any::<prop::sample::Index>;
        prop_oneof![
            8 => (at(), any::<u8>()).prop_map(|(at, byte)| Self::Byte(at, byte)),
            1 => (at(), 1_usize..5000).prop_map(|(at, length)| Self::Zeros(at, length)),
            1 => (at(), at(), 1_usize..5000).prop_map(|(from, to, length)| Self::Copied(from, to, length)),
            1 => at().prop_map(Self::Cut),
        ]
    }

    /// The head of a page says what is in it: it is hit as often as all the rest.
    fn place(at: prop::sample::Index, length: usize) -> usize {
        let at = at.index(length * 2);
        if at < length { at } else { (at - length) / 4096 * 4096 + at % 110 }.min(length - 1)
    }

    fn apply(&self, bytes: &mut Vec<u8>) {
        let size = bytes.len();
        if size == 0 {
            return;
        }
        match self {
            Self::Byte(at, byte) => bytes[Self::place(*at, size)] = *byte,
            Self::Zeros(at, length) => {
                let at = at.index(size);
                bytes[at..(at + length).min(size)].fill(0);
            }
            Self::Copied(from, to, length) => {
                let (from, to) = (from.index(size) / 512 * 512, to.index(size) / 512 * 512);
                let length = (*length).min(size - from.max(to));
                bytes.copy_within(from..from + length, to);
            }
            Self::Cut(at) => bytes.truncate(at.index(size)),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_never_makes_a_wrong_value(
        damages in prop::collection::vec((Damage::any(), any::<bool>()), 1..12),
        killed in any::<bool>(),
    ) {
        let (mut file, mut log) = if killed { files().killed.clone() } else { (files().closed.clone(), Vec::new()) };
        for (damage, in_log) in damages {
            damage.apply(if killed && in_log { &mut log } else { &mut file });
        }
        let (_directory, path) = nowhere();
        fs::write(&path, file).unwrap();
        if killed {
            fs::write(beside(&path), log).unwrap();
        }
        block_on(look(&path));
    }
}

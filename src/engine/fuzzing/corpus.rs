//! The kept corpora, one by one: what was once mended stays so.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::TARGETS;

/// What lies in a folder of `fuzz/`.
fn there(folder: &str) -> BTreeSet<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(folder);
    fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
}

#[test]
fn what_was_found_stays_mended() {
    for (name, check) in TARGETS {
        let kept = there(&format!("corpus/{name}"));
        assert!(!kept.is_empty(), "{name} has no corpus");
        for path in kept {
            eprintln!("{}", path.display()); // Shown where it fails.
            check(&fs::read(path).expect("a file"));
        }
    }
}

#[test]
fn every_rule_has_its_target() {
    let names = |folder: &str| there(folder).iter().map(|path| path.file_stem().unwrap().to_owned()).collect::<BTreeSet<_>>();
    let expected: BTreeSet<_> = TARGETS.iter().map(|(name, _)| (*name).into()).collect();
    assert_eq!(names("targets"), expected);
    assert_eq!(names("corpus"), expected);
}

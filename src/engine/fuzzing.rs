//! What holds of every parser, whatever bytes it is given: a function for each, which panics where it does not hold.
//!
//! `make fuzz` looks for such bytes (`fuzz/` has a target of the same name for each function). What it kept, among it all that was
//! ever found, is in `fuzz/corpus/`, and goes through the same functions in the ordinary tests.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)] // It is a test, of a kind.

mod auth;
mod cookies;
#[cfg(test)]
mod corpus;
mod decode;
mod files;
mod json;
mod proxy;
mod retry;
mod settings;
mod text;
mod urls;
mod writing;

pub use auth::{challenge, digest};
pub use cookies::{cookie_file, cookies};
pub use decode::decode;
pub use files::{checkpoint, kept, saved, saved_row};
pub use json::{json, json_table};
pub use proxy::{proxy, proxy_answer};
pub use retry::retry;
pub use settings::{netrc, robots};
pub use text::{charset, events, lines};
pub use urls::{links, redirect, urls};
pub use writing::{headers, multipart};

/// Takes whatever bytes there are, and panics where something does not hold.
pub type Target = fn(&[u8]);

/// Every function, by the name of its target.
pub const TARGETS: [(&str, Target); 24] = [
    ("challenge", challenge),
    ("charset", charset),
    ("checkpoint", checkpoint),
    ("cookie_file", cookie_file),
    ("cookies", cookies),
    ("decode", decode),
    ("digest", digest),
    ("events", events),
    ("headers", headers),
    ("json", json),
    ("json_table", json_table),
    ("kept", kept),
    ("lines", lines),
    ("links", links),
    ("multipart", multipart),
    ("netrc", netrc),
    ("proxy", proxy),
    ("proxy_answer", proxy_answer),
    ("redirect", redirect),
    ("retry", retry),
    ("robots", robots),
    ("saved", saved),
    ("saved_row", saved_row),
    ("urls", urls),
];

/// So many lines, and all that comes after them.
fn head<const N: usize>(mut data: &[u8]) -> ([&[u8]; N], &[u8]) {
    let lines = std::array::from_fn(|_| {
        let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
        let line = &data[..end];
        data = data.get(end + 1..).unwrap_or_default();
        line
    });
    (lines, data)
}

/// The same with lines of text.
fn text_head<const N: usize>(data: &[u8]) -> Option<([&str; N], &[u8])> {
    let (lines, rest) = head::<N>(data);
    let text = lines.map(|line| std::str::from_utf8(line).ok());
    text.iter().all(Option::is_some).then(|| (text.map(Option::unwrap_or_default), rest))
}

/// The data in pieces of this size.
fn cut(data: &[u8], size: usize) -> impl Iterator<Item = &[u8]> {
    data.chunks(size.max(1))
}

//! The hash functions of Digest authentication (RFC 7616 sections 3.2 and 6.1).

use std::fmt::Write;

use md5::Md5;
use sha2::{Sha256, Sha512_256};

/// How a Digest answer is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Algorithm {
    /// As it stands in challenges and answers.
    pub name: &'static str,
    /// The function.
    pub hash: Hash,
    /// Mixes the first nonces into the password's hash.
    pub session: bool,
}

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// Broken as a hash; in Digest, where servers know no other, still better than the password itself.
    Md5,
    /// 256 bits.
    Sha256,
    /// 256 bits, with starting values of its own: not SHA-512 cut short.
    Sha512_256,
}

/// What a challenge means that names none.
pub const MD5: Algorithm = Algorithm { name: "MD5", hash: Hash::Md5, session: false };
const ALGORITHMS: [Algorithm; 6] = [
    MD5,
    Algorithm { name: "MD5-sess", hash: Hash::Md5, session: true },
    Algorithm { name: "SHA-256", hash: Hash::Sha256, session: false },
    Algorithm { name: "SHA-256-sess", hash: Hash::Sha256, session: true },
    Algorithm { name: "SHA-512-256", hash: Hash::Sha512_256, session: false },
    Algorithm { name: "SHA-512-256-sess", hash: Hash::Sha512_256, session: true },
];

impl Algorithm {
    /// The one with this name, whatever its case.
    pub fn named(name: &[u8]) -> Option<Self> {
        ALGORITHMS.into_iter().find(|known| known.name.as_bytes().eq_ignore_ascii_case(name))
    }
}

impl Hash {
    /// The hash of the parts with a colon between each two, in hexadecimal digits.
    pub fn joined(self, parts: &[&[u8]]) -> String {
        fn run<D: sha2::Digest>(parts: &[&[u8]]) -> String {
            let mut hash = D::new();
            for (n, part) in parts.iter().enumerate() {
                if n > 0 {
                    hash.update(b":");
                }
                hash.update(part);
            }
            let bytes = hash.finalize();
            hex(&bytes)
        }
        match self {
            Self::Md5 => run::<Md5>(parts),
            Self::Sha256 => run::<Sha256>(parts),
            Self::Sha512_256 => run::<Sha512_256>(parts),
        }
    }
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

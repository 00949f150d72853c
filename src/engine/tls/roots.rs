//! Certificates as they are handed in: PEM (RFC 7468) or DER, from settings, or from the files that `SSL_CERT_FILE` and
//! `SSL_CERT_DIR` name, as OpenSSL has it.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};

/// The largest file of certificates that is read. The usual bundle has a quarter of a megabyte.
const MAX_FILE: u64 = 16 * 1024 * 1024;
/// The most files that are read in one folder.
const MAX_FILES: usize = 4_096;

/// Any number of certificates from each blob, which is PEM, or one certificate in DER.
pub fn certificates(blobs: &[Vec<u8>]) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut found = Vec::new();
    for blob in blobs {
        read(blob, &mut found)?;
    }
    Ok(found)
}

/// The same for certificate revocation lists.
pub fn revocation_lists(blobs: &[Vec<u8>]) -> Result<Vec<CertificateRevocationListDer<'static>>, String> {
    let mut found = Vec::new();
    for blob in blobs {
        let before = found.len();
        read(blob, &mut found)?;
        if found.len() == before {
            // To check without a list that was handed in would be to check less than was asked for.
            return Err("expected a certificate revocation list in PEM or DER, found none".into());
        }
    }
    Ok(found)
}

/// True where these bytes are PEM, false where they can only be DER.
pub fn is_pem(blob: &[u8]) -> bool {
    blob.windows(11).any(|window| window == b"-----BEGIN ")
}

fn read<T: PemObject + From<Vec<u8>>>(blob: &[u8], found: &mut Vec<T>) -> Result<(), String> {
    if is_pem(blob) {
        for item in T::pem_slice_iter(blob) {
            found.push(item.map_err(|error| format!("not valid PEM: {}", error.to_string().escape_debug()))?);
        }
    } else if blob.first() == Some(&0x30) {
        // Every DER form of these is a SEQUENCE.
        found.push(T::from(blob.to_vec()));
    } else if !blob.is_empty() {
        return Err("neither PEM nor DER".into());
    }
    Ok(())
}

/// What `SSL_CERT_FILE` and `SSL_CERT_DIR` say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paths {
    /// A file of certificates.
    pub file: Option<OsString>,
    /// Folders of such files, as `PATH` lists them.
    pub directories: Option<OsString>,
}

impl Paths {
    /// As the environment is now. An empty variable is an unset one.
    pub fn from_environment() -> Self {
        let read = |name| env::var_os(name).filter(|path| !path.is_empty());
        Self { file: read("SSL_CERT_FILE"), directories: read("SSL_CERT_DIR") }
    }

    /// True where the environment names no roots.
    pub fn is_empty(&self) -> bool {
        self.file.is_none() && self.directories.is_none()
    }

    /// The certificates of all files.
    ///
    /// # Errors
    /// Where there are none. Nobody else is trusted then: who names the roots wants no others.
    pub fn read(&self) -> Result<Vec<CertificateDer<'static>>, String> {
        let mut found: Vec<CertificateDer<'static>> = Vec::new();
        if let Some(file) = &self.file {
            let shown = file.to_string_lossy();
            let bytes = bytes(Path::new(file)).map_err(|error| format!("SSL_CERT_FILE {shown:?} cannot be read: {error}"))?;
            read(&bytes, &mut found).map_err(|error| format!("SSL_CERT_FILE {shown:?}: {error}"))?;
        }
        for directory in self.directories.iter().flat_map(env::split_paths).filter(|path| !path.as_os_str().is_empty()) {
            // A folder that is not there is none to read, and other files may lie beside the certificates.
            for entry in fs::read_dir(directory).into_iter().flatten().flatten().take(MAX_FILES) {
                let path = entry.path();
                if path.is_file()
                    && let Ok(bytes) = bytes(&path)
                {
                    let _ = read(&bytes, &mut found);
                }
            }
        }
        // A folder holds most certificates twice: under their names and under their hashes.
        found.sort_unstable_by(|a, b| a.as_ref().cmp(b.as_ref()));
        found.dedup();
        if found.is_empty() {
            return Err("no certificates in the files that SSL_CERT_FILE and SSL_CERT_DIR name".into());
        }
        Ok(found)
    }
}

fn bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(std::io::Error::other(format!("larger than {MAX_FILE} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_environment_names_files_and_folders() {
        let key = rcgen::KeyPair::generate().unwrap();
        let make = |name: &str| rcgen::CertificateParams::new(vec![name.into()]).unwrap().self_signed(&key).unwrap();
        let folder = env::temp_dir().join(format!("fastfetch-roots-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("a.pem"), make("a").pem() + &make("b").pem()).unwrap();
        fs::write(folder.join("c.der"), make("c").der()).unwrap();
        fs::write(folder.join("README"), "about these").unwrap();
        let of = |file: Option<&str>, directories: Option<&Path>| Paths {
            file: file.map(|name| folder.join(name).into()),
            directories: directories.map(Into::into),
        };
        assert_eq!(of(Some("a.pem"), None).read().unwrap().len(), 2);
        assert_eq!(of(Some("c.der"), Some(&folder)).read().unwrap().len(), 3 + 1 - 1);
        assert!(of(Some("nowhere.pem"), Some(&folder)).read().unwrap_err().contains("SSL_CERT_FILE"));
        assert!(of(Some("README"), None).read().unwrap_err().contains("neither PEM nor DER"));
        assert!(of(None, Some(Path::new("/nowhere"))).read().unwrap_err().contains("no certificates"));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_revocation_list_is_never_passed_over() {
        assert!(revocation_lists(&[b"-----BEGIN NONE-----\n-----END NONE-----\n".to_vec()]).unwrap_err().contains("found none"));
        assert!(revocation_lists(&[Vec::new()]).unwrap_err().contains("found none"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(blob in any::<Vec<u8>>(), text in "(-----BEGIN CERTIFICATE-----\n)?[A-Za-z=\n-]{0,80}") {
            let _ = certificates(&[blob]);
            let _ = certificates(&[text.into_bytes()]);
        }
    }
}

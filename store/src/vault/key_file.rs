//! The key-encryption key: a file that only the operator holds, never part of a backup.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use zeroize::Zeroizing;

use super::cipher::{DataKey, decrypt, encrypt, keyed_hash};
use crate::{EventStore, StoreError};

/// The name in the store's meta of the fingerprint of its key.
const FINGERPRINT: &str = "kek-fingerprint";

/// The key that wraps the data keys of a store.
pub struct KeyFile(DataKey);

impl KeyFile {
    /// Reads the key of `store` from `path`; makes it where the store has none yet. The file holds
    /// 32 random bytes in Base64, and only its owner may read it.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the store has a key and this is another one or none, when others
    /// may read the file, or when it holds no key.
    pub async fn load_or_create(path: &Path, store: &dyn EventStore) -> Result<Self, StoreError> {
        let expected = store.meta(FINGERPRINT).await?;
        let key = match read(path)? {
            Some(key) => key,
            None if expected.is_some() => {
                return Err(refused(
                    path,
                    "is missing: this store was initialised with a key file, and without it no \
                     personal text can be read; put it back from where you keep it",
                ));
            }
            None => create(path)?,
        };
        let fingerprint = keyed_hash(key.0.bytes(), &[b"docket key file v1"]);
        let held = match expected {
            Some(held) => held,
            None => store.init_meta(FINGERPRINT, &fingerprint).await?,
        };
        if held != fingerprint {
            return Err(refused(
                path,
                "is the key of another store; use the one that this store began with",
            ));
        }
        Ok(key)
    }

    pub(super) fn wrap_data_key(
        &self,
        subject: &str,
        key: &DataKey,
    ) -> Result<Vec<u8>, StoreError> {
        encrypt(self.0.bytes(), subject.as_bytes(), key.bytes())
    }

    pub(super) fn unwrap_data_key(
        &self,
        subject: &str,
        wrapped: &[u8],
    ) -> Result<DataKey, StoreError> {
        decrypt(self.0.bytes(), subject.as_bytes(), wrapped)
            .and_then(|key| DataKey::from_slice(&key))
            .ok_or_else(|| {
                StoreError::Integrity(format!("the data key of {subject} does not open"))
            })
    }
}

/// The key in the file; `None` when there is no file.
fn read(path: &Path) -> Result<Option<KeyFile>, StoreError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused(path, &format!("cannot be read: {error}"))),
    };
    let metadata = std::fs::metadata(path)
        .map_err(|error| refused(path, &format!("cannot be examined: {error}")))?;
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(refused(path, "can be read by others; run chmod 600 on it"));
    }
    let bytes = BASE64.decode(text.trim()).map(Zeroizing::new).unwrap_or_default();
    let key = DataKey::from_slice(&bytes)
        .ok_or_else(|| refused(path, "holds no key: 32 bytes in Base64 are expected"))?;
    Ok(Some(KeyFile(key)))
}

/// Makes a key and puts it on disk for good, before anything is sealed with it. It gets its name when it is
/// whole, so that whoever is killed meanwhile leaves none that is empty; and nobody's key is replaced.
fn create(path: &Path) -> Result<KeyFile, StoreError> {
    let key = DataKey::random()?;
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let write = || -> io::Result<()> {
        match std::fs::remove_file(&partial) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?;
        let text = Zeroizing::new(BASE64.encode(key.bytes()));
        writeln!(file, "{}", *text)?;
        file.sync_all()?;
        std::fs::hard_link(&partial, path)?;
        std::fs::remove_file(&partial)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    };
    write().map_err(|error| refused(path, &format!("cannot be made: {error}")))?;
    Ok(KeyFile(key))
}

fn refused(path: &Path, why: &str) -> StoreError {
    StoreError::Refused(format!("the key file {} {why}", path.display()))
}

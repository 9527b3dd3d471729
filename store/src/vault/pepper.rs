//! Hashes that only this store can make, so that nobody can try addresses against them.

use std::fmt::Write;

use super::cipher::{DataKey, keyed_hash};
use super::key_file::KeyFile;
use crate::{EventStore, StoreError};

const ADDRESSES: &str = "address-pepper";
const REQUESTS: &str = "request-pepper";

/// The secrets that addresses and requests are hashed under. Deleting them makes what was hashed
/// meaningless for good.
pub struct Pepper {
    addresses: DataKey,
    requests: DataKey,
}

impl Pepper {
    pub(super) async fn load(
        store: &dyn EventStore,
        key_file: &KeyFile,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            addresses: secret(store, key_file, ADDRESSES).await?,
            requests: secret(store, key_file, REQUESTS).await?,
        })
    }

    /// The key under which an address is claimed: the same for the same normalised address, and
    /// meaningless without the secret.
    pub fn address_key(&self, normalised: &str) -> String {
        let hash = keyed_hash(self.addresses.bytes(), &[normalised.as_bytes()]);
        hash.iter().fold(String::with_capacity(64), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// The fingerprint of a request, to tell a repetition from another under the same key.
    pub fn fingerprint(&self, request: &[u8]) -> [u8; 32] {
        keyed_hash(self.requests.bytes(), &[request])
    }
}

/// The secret of this name, wrapped in the store's meta; made when there is none yet.
pub(super) async fn secret(
    store: &dyn EventStore,
    key_file: &KeyFile,
    name: &str,
) -> Result<DataKey, StoreError> {
    let wrapped = match store.meta(name).await? {
        Some(wrapped) => wrapped,
        None => {
            let fresh = key_file.wrap_data_key(name, &DataKey::random()?)?;
            store.init_meta(name, &fresh).await?
        }
    };
    key_file.unwrap_data_key(name, &wrapped)
}

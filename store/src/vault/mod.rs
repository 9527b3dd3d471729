//! The vault: personal fields sealed before they reach the log, and opened on the way out.
//!
//! A payload marks a personal value as `{"$personal": value}`, or `{"$personal": value, "of":
//! subject}` where it belongs to one person. Sealing leaves `{"$sealed": commitment}` in the payload
//! and puts text and salt, encrypted, beside the event. Each field is sealed under the keys of all
//! its subjects at once, so that destroying any of them ends it, while the payload's bytes, and all
//! hashes over them, stay as they were.
//!
//! Erased means that a tombstone stands in a key's place. Whatever else does not open (a missing
//! row, a box that was touched, a text that is not what was committed to) is an integrity error.

mod cipher;
mod files;
mod key_file;
mod markers;
mod opening;
mod pepper;
mod sealing;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use quick_cache::sync::Cache;

pub use self::files::{FileKey, FileReader, FileSecret, FileWriter};
pub use self::key_file::KeyFile;
pub use self::markers::close;
pub use self::opening::Opened;
pub use self::pepper::Pepper;
pub use self::sealing::{FreshKeys, SealError, SealSession};

use self::cipher::DataKey;
use crate::{EventStore, KeyState, StoreError, StoredEvent};

/// Data keys kept unwrapped in memory: about 150 bytes each.
const CACHED_KEYS: usize = 16_384;

/// Seals and opens personal fields with the data keys of a store.
pub struct Vault {
    store: Arc<dyn EventStore>,
    key_file: KeyFile,
    cache: Cache<String, DataKey>,
    /// How many erasures there were: a key that was fetched before one is not kept after it.
    erasures: RwLock<u64>,
}

/// A subject's key, as far as it can be used.
enum Usable {
    Key(DataKey),
    Missing,
    Erased,
}

impl Vault {
    /// A vault over a store, with the key that wraps its data keys.
    pub fn new(store: Arc<dyn EventStore>, key_file: KeyFile) -> Self {
        Self { store, key_file, cache: Cache::new(CACHED_KEYS), erasures: RwLock::new(0) }
    }

    /// Begins to seal what one append will write; fresh keys are shared among all of its events.
    pub fn seal_session(&self) -> SealSession<'_> {
        SealSession::new(self)
    }

    /// Puts the personal values of an event back; it must have been read with
    /// [`Sealed::With`](crate::Sealed::With).
    ///
    /// # Errors
    /// [`StoreError::Integrity`] when a field does not open and no tombstone says why.
    pub async fn open<'e>(&self, event: &'e StoredEvent) -> Result<Opened<'e>, StoreError> {
        let mut opened = self.open_all(std::slice::from_ref(event)).await?;
        opened.pop().ok_or_else(|| StoreError::Integrity("an event was lost".to_owned()))
    }

    /// Opens many events with one look for all of their keys; see [`open`](Self::open).
    ///
    /// # Errors
    /// As [`open`](Self::open), for the first event that does not open.
    pub async fn open_all<'e>(
        &self,
        events: &'e [StoredEvent],
    ) -> Result<Vec<Opened<'e>>, StoreError> {
        let boxes = opening::boxes_of(events)?;
        let keys = self.usable(opening::subjects(&boxes)).await?;
        opening::open_all(events, &boxes, &keys)
    }

    /// Destroys a subject's key, in the store and in memory: what it sealed reads as erased from now
    /// on. Always erase through the vault, which would otherwise remember the key.
    ///
    /// # Errors
    /// Those of [`EventStore::erase_key`]; the key must then be taken to be there still.
    pub async fn erase(&self, subject: &str) -> Result<(), StoreError> {
        let erased = self.store.erase_key(subject).await;
        // In any case: after an error the store is asked again.
        self.forget(subject);
        erased
    }

    /// Forgets a subject's key, since it was destroyed: also by another process.
    pub fn forget(&self, subject: &str) {
        let mut erasures = self.erasures.write().unwrap_or_else(PoisonError::into_inner);
        *erasures += 1;
        self.cache.remove(subject);
    }

    /// Forgets all keys: which of them were destroyed by others is not known here.
    pub fn forget_all(&self) {
        let mut erasures = self.erasures.write().unwrap_or_else(PoisonError::into_inner);
        *erasures += 1;
        self.cache.clear();
    }

    /// The secrets that addresses and requests are hashed under, made when first asked for.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] when they do not open with the key file; otherwise the store's.
    pub async fn pepper(&self) -> Result<Pepper, StoreError> {
        Pepper::load(&*self.store, &self.key_file).await
    }

    /// The secret that the keys of files are boxed under, made when first asked for.
    ///
    /// # Errors
    /// As [`pepper`](Self::pepper).
    pub async fn file_secret(&self) -> Result<FileSecret, StoreError> {
        FileSecret::load(&*self.store, &self.key_file).await
    }

    /// The keys of subjects, from memory or from the store.
    async fn usable<'s>(
        &self,
        subjects: impl Iterator<Item = &'s str>,
    ) -> Result<HashMap<String, Usable>, StoreError> {
        let mut usable = HashMap::new();
        let mut unknown = Vec::new();
        for subject in subjects {
            if usable.contains_key(subject) {
                continue;
            }
            // Until the store has answered; it also keeps a subject from being asked for twice.
            let known = self.cache.get(subject).map_or(Usable::Missing, Usable::Key);
            if matches!(known, Usable::Missing) {
                unknown.push(subject.to_owned());
            }
            usable.insert(subject.to_owned(), known);
        }
        let erasures = self.erasures();
        let states = if unknown.is_empty() { vec![] } else { self.store.keys(&unknown).await? };
        for (subject, state) in unknown.into_iter().zip(states) {
            let known = match state {
                KeyState::Missing => Usable::Missing,
                KeyState::Erased(_) => Usable::Erased,
                KeyState::Wrapped(wrapped) => {
                    let key = self.key_file.unwrap_data_key(&subject, &wrapped)?;
                    self.keep(&subject, &key, erasures);
                    Usable::Key(key)
                }
            };
            usable.insert(subject, known);
        }
        Ok(usable)
    }

    /// Keeps the keys that an append brought along, once it is written: they are nearly always asked
    /// for next.
    pub fn remember(&self, fresh: FreshKeys) {
        for (subject, key) in &fresh.keys {
            self.keep(subject, key, fresh.erasures);
        }
    }

    /// How many erasures there were so far.
    fn erasures(&self) -> u64 {
        *self.erasures.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a key, unless something was erased since it was asked for: it may have been this one.
    fn keep(&self, subject: &str, key: &DataKey, erasures_before: u64) {
        let erasures = self.erasures.read().unwrap_or_else(PoisonError::into_inner);
        if *erasures == erasures_before {
            self.cache.insert(subject.to_owned(), key.clone());
        }
    }
}

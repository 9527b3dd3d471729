//! Sealing what one append writes.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::cipher::{DataKey, Subjects};
use super::markers::{Marker, markers};
use super::{Usable, Vault};
use crate::{NewKey, StoreError};

/// Why a payload was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// A subject was erased: nothing can be written about it any more.
    #[error("{subject} was erased, nothing personal can be written about it")]
    Erased {
        /// The stream whose key was destroyed.
        subject: String,
    },
    /// The store could not answer, or the payload is not one that can be sealed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One sealed field, as it is kept beside the event.
#[derive(Serialize)]
struct SealedField<'k> {
    path: String,
    keys: &'k [String],
    #[serde(rename = "box")]
    boxed: String,
}

/// The sealing of all events of one append: they share the keys that it makes.
pub struct SealSession<'v> {
    vault: &'v Vault,
    keys: HashMap<String, DataKey>,
    new_keys: Vec<NewKey>,
    fresh: FreshKeys,
}

/// Keys that an append brings along, still unwrapped: for [`Vault::remember`] once it is written.
pub struct FreshKeys {
    pub(super) keys: Vec<(String, DataKey)>,
    /// How many erasures there had been when the session began.
    pub(super) erasures: u64,
}

impl<'v> SealSession<'v> {
    pub(super) fn new(vault: &'v Vault) -> Self {
        let fresh = FreshKeys { keys: Vec::new(), erasures: vault.erasures() };
        Self { vault, keys: HashMap::new(), new_keys: Vec::new(), fresh }
    }

    /// Replaces each marker in `payload` by a commitment, and answers the sealed fields for
    /// [`NewEvent::sealed`](crate::NewEvent::sealed); `None` when there is no marker. A value is
    /// sealed under the key of the subject that its marker names, else under those of all
    /// `default_subjects`. The payload is to be written in compact form (`Value::to_string`).
    ///
    /// # Errors
    /// [`SealError::Erased`] when a subject has been erased; [`StoreError::Refused`] when a marker
    /// is malformed or has no subject. The payload is then to be thrown away.
    pub async fn seal(
        &mut self,
        payload: &mut Value,
        event_id: Uuid,
        default_subjects: &[String],
    ) -> Result<Option<String>, SealError> {
        let refused = |why| StoreError::Refused(format!("a payload cannot be sealed: {why}"));
        let found = markers(payload).map_err(refused)?;
        if found.is_empty() {
            return Ok(None);
        }
        let subjects = |marker: &Marker<'_>| match &marker.of {
            Some(subject) => vec![subject.clone()],
            None => default_subjects.to_vec(),
        };
        let subjects: Vec<_> = found.iter().map(subjects).collect();
        if subjects.iter().any(Vec::is_empty) {
            return Err(refused("it has no subject".to_owned()).into());
        }
        self.load(subjects.iter().flatten()).await?;
        let mut sealed = Vec::with_capacity(found.len());
        for (marker, keys) in found.into_iter().zip(&subjects) {
            let combined = Subjects::new(keys.iter().filter_map(|subject| self.keys.get(subject)));
            let (boxed, commitment) = combined.seal(event_id, &marker.path, &marker.text())?;
            sealed.push(SealedField { path: marker.replace(commitment), keys, boxed });
        }
        let sealed = serde_json::to_string(&sealed).map_err(|error| refused(error.to_string()))?;
        Ok(Some(sealed))
    }

    /// The keys that were made for subjects seen for the first time; they go into the same append.
    /// When somebody else was first, the append answers that they are claimed: seal again then.
    pub fn into_new_keys(self) -> Vec<NewKey> {
        self.new_keys
    }

    /// The same keys as they were made.
    pub fn take_fresh_keys(&mut self) -> FreshKeys {
        let keys = std::mem::take(&mut self.fresh.keys);
        FreshKeys { keys, erasures: self.fresh.erasures }
    }

    /// Makes a key for a subject that the append brings into being, without asking whether it has
    /// one. If it had, the append answers that it is claimed.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn begin(&mut self, subject: &str) -> Result<(), StoreError> {
        let key = self.make_key(subject)?;
        self.keys.insert(subject.to_owned(), key);
        Ok(())
    }

    /// Makes sure that every subject has a key in this session.
    async fn load(&mut self, subjects: impl Iterator<Item = &String>) -> Result<(), SealError> {
        let unknown: Vec<_> =
            subjects.filter(|subject| !self.keys.contains_key(*subject)).cloned().collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let found = self.vault.usable(unknown.iter().map(String::as_str)).await?;
        for (subject, usable) in found {
            let key = match usable {
                Usable::Key(key) => key,
                Usable::Erased => return Err(SealError::Erased { subject }),
                Usable::Missing => self.make_key(&subject)?,
            };
            self.keys.insert(subject, key);
        }
        Ok(())
    }

    fn make_key(&mut self, subject: &str) -> Result<DataKey, StoreError> {
        let key = DataKey::random()?;
        let wrapped = self.vault.key_file.wrap_data_key(subject, &key)?;
        self.new_keys.push(NewKey { subject: subject.to_owned(), wrapped });
        self.fresh.keys.push((subject.to_owned(), key.clone()));
        Ok(key)
    }
}

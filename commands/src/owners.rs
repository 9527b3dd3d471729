//! Whom an address leads to, as far as it was asked before: a customer who writes again is known without
//! asking the store. Kept only where nobody else writes to it, since others would be heard of late.

use std::sync::{PoisonError, RwLock};

use docket_store::Claim;
use quick_cache::sync::Cache;

/// How many addresses are kept: about two hundred bytes each.
const ADDRESSES: usize = 16_384;

/// The streams that hold claims, by the claims' keys.
pub struct Owners {
    by_key: Cache<String, String>,
    /// How often claims changed: what was read before a change is not kept after it.
    changes: RwLock<u64>,
}

impl Owners {
    pub fn new() -> Self {
        Self { by_key: Cache::new(ADDRESSES), changes: RwLock::new(0) }
    }

    pub fn get(&self, key: &str) -> Option<String> {
        self.by_key.get(key)
    }

    /// How often claims changed so far: to be asked before the store is.
    pub fn changes(&self) -> u64 {
        *self.changes.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps an owner, unless claims changed since: it may have been this one.
    pub fn keep(&self, claim: &Claim, changes_before: u64) {
        let changes = self.changes.read().unwrap_or_else(PoisonError::into_inner);
        if *changes == changes_before {
            self.by_key.insert(claim.key.clone(), claim.owner.clone());
        }
    }

    /// Forgets the owners of these claims once what comes of changing them is known, also where whoever
    /// changes them gives up or breaks off.
    pub fn changing<'c>(&self, claims: impl Iterator<Item = &'c Claim>) -> Changing<'_> {
        Changing { owners: self, keys: claims.map(|claim| claim.key.clone()).collect() }
    }

    fn forget(&self, keys: &[String]) {
        let mut changes = self.changes.write().unwrap_or_else(PoisonError::into_inner);
        *changes += 1;
        for key in keys {
            self.by_key.remove(key);
        }
    }

    /// Forgets all: somebody was erased.
    pub fn forget_all(&self) {
        let mut changes = self.changes.write().unwrap_or_else(PoisonError::into_inner);
        *changes += 1;
        self.by_key.clear();
    }
}

/// Claims that are being changed.
pub struct Changing<'o> {
    owners: &'o Owners,
    keys: Vec<String>,
}

impl Drop for Changing<'_> {
    fn drop(&mut self) {
        if !self.keys.is_empty() {
            self.owners.forget(&self.keys);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(owner: &str) -> Claim {
        Claim { space: "customer-address".into(), key: "k".into(), owner: owner.into() }
    }

    #[test]
    fn an_owner_that_was_read_before_a_change_is_not_kept_after_it() {
        let owners = Owners::new();
        let before = owners.changes();
        owners.keep(&claim("customer-1"), before);
        assert_eq!(owners.get("k").as_deref(), Some("customer-1"));

        let changing = owners.changing([claim("customer-2")].iter());
        // Read while the change is on its way: it may be what was before, or what is after.
        owners.keep(&claim("customer-1"), owners.changes());
        drop(changing);
        assert_eq!(owners.get("k"), None);
        owners.keep(&claim("customer-1"), before);
        assert_eq!(owners.get("k"), None);
        owners.keep(&claim("customer-2"), owners.changes());
        owners.forget_all();
        assert_eq!(owners.get("k"), None);
    }
}

//! The cryptography, and nothing else: data keys, boxes and commitments.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::StoreError;

const NONCE: usize = 24;
const SALT: usize = 32;

/// What the hashes are for, so that none can pass for another.
const FIELD_KEY: &[u8] = b"docket field key v1";
const COMMITMENT: &[u8] = b"docket personal field v1";

/// A secret of 32 bytes; deliberately without `Debug`, and wiped when it is dropped.
#[derive(Clone, ZeroizeOnDrop)]
pub(super) struct DataKey([u8; 32]);

impl DataKey {
    pub fn random() -> Result<Self, StoreError> {
        Ok(Self(*random::<32>()?))
    }

    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Bytes that nobody can guess.
pub(super) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, StoreError> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(&mut bytes[..]).map_err(|error| {
        StoreError::Unavailable(format!("the system gives no random bytes: {error}"))
    })?;
    Ok(bytes)
}

/// HMAC-SHA256 over parts, each behind its length, so that they cannot run into each other.
pub(super) fn keyed_hash(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    mac(key, parts).finalize().into_bytes().into()
}

fn mac(key: &[u8; 32], parts: &[&[u8]]) -> Hmac<Sha256> {
    // HMAC itself fills a short key up with zeros; done here, it cannot fail.
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as KeyInit>::new((&*block).into());
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac
}

/// Encrypts under a key of its own nonce: nonce and box in one.
pub(super) fn encrypt(key: &[u8; 32], about: &[u8], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    let nonce = random::<NONCE>()?;
    let payload = Payload { msg: plain, aad: about };
    let boxed = XChaCha20Poly1305::new(key.into())
        .encrypt((&*nonce).into(), payload)
        .map_err(|_| StoreError::Refused("a text is too long to be sealed".to_owned()))?;
    Ok([&nonce[..], &boxed].concat())
}

/// Decrypts what [`encrypt`] wrote; `None` when it was touched or the key is another.
pub(super) fn decrypt(key: &[u8; 32], about: &[u8], boxed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, boxed) = boxed.split_first_chunk::<NONCE>()?;
    let payload = Payload { msg: boxed, aad: about };
    let plain = XChaCha20Poly1305::new(key.into()).decrypt(nonce.into(), payload).ok()?;
    Some(Zeroizing::new(plain))
}

/// The keys of all the subjects of a field, combined: without any one of them it is nothing.
pub(super) struct Subjects(Hkdf<Sha256>);

impl Subjects {
    pub fn new<'k>(keys: impl Iterator<Item = &'k DataKey>) -> Self {
        let combined = Zeroizing::new(keys.flat_map(|key| key.0).collect::<Vec<u8>>());
        Self(Hkdf::new(Some(FIELD_KEY), &combined))
    }

    fn field_key(&self, event: Uuid, path: &str) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        // The event id has a fixed length, so the two cannot run into each other. 32 bytes are far
        // below what HKDF can give, which is its only error.
        let info: [&[u8]; 2] = [event.as_bytes(), path.as_bytes()];
        let _ = self.0.expand_multi_info(&info, &mut key[..]);
        key
    }

    /// Seals the text of a field: its box and its commitment, in Base64.
    pub fn seal(
        &self,
        event: Uuid,
        path: &str,
        text: &str,
    ) -> Result<(String, String), StoreError> {
        let salt = random::<SALT>()?;
        let plain = Zeroizing::new([&salt[..], text.as_bytes()].concat());
        let boxed = encrypt(&self.field_key(event, path), &[], &plain)?;
        let parts = [COMMITMENT, event.as_bytes(), path.as_bytes(), text.as_bytes()];
        Ok((BASE64.encode(boxed), BASE64.encode(keyed_hash(&salt, &parts))))
    }

    /// Opens a field; `None` unless its box is untouched and holds what was committed to.
    pub fn open(&self, event: Uuid, path: &str, boxed: &str, commitment: &str) -> Option<String> {
        let boxed = BASE64.decode(boxed).ok()?;
        let plain = decrypt(&self.field_key(event, path), &[], &boxed)?;
        let (salt, text) = plain.split_first_chunk::<SALT>()?;
        let parts = [COMMITMENT, event.as_bytes(), path.as_bytes(), text];
        mac(salt, &parts).verify_slice(&BASE64.decode(commitment).ok()?).ok()?;
        String::from_utf8(text.to_vec()).ok()
    }
}

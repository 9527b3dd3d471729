//! Files: each sealed under a random key of its own while it streams, in segments of which none can
//! be altered, exchanged, repeated or left out unnoticed (the STREAM construction over
//! XChaCha20-Poly1305).
//!
//! The key lies in a *box* under a secret of this store, so that a box alone opens nothing. Where a
//! box is kept decides how the file can be ended: see `docs/decisions/0014`.

use aead_stream::{DecryptorBE32, EncryptorBE32};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::XChaCha20Poly1305;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::cipher::{DataKey, decrypt, encrypt, random};
use super::key_file::KeyFile;
use super::pepper::secret;
use crate::{EventStore, StoreError};

/// The name of the secret in the store's meta.
const SECRET: &str = "file-secret";

/// How many bytes of a file are sealed at once.
const SEGMENT: usize = 64 * 1024;

/// What sealing adds to each segment.
const TAG: usize = 16;

/// The secret that boxes lie under.
pub struct FileSecret(DataKey);

impl FileSecret {
    pub(super) async fn load(
        store: &dyn EventStore,
        key_file: &KeyFile,
    ) -> Result<Self, StoreError> {
        Ok(Self(secret(store, key_file, SECRET).await?))
    }

    /// Boxes what is known of a file, its key included. The box opens for this file only.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the system gives no random bytes.
    pub fn close(&self, file: Uuid, known: &[u8]) -> Result<String, StoreError> {
        Ok(BASE64.encode(encrypt(self.0.bytes(), file.as_bytes(), known)?))
    }

    /// What [`close`](Self::close) boxed.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] when the box was touched, or is of another file or store.
    pub fn open(&self, file: Uuid, boxed: &str) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let opened = BASE64.decode(boxed).ok();
        let opened = opened.and_then(|boxed| decrypt(self.0.bytes(), file.as_bytes(), &boxed));
        opened.ok_or_else(|| StoreError::Integrity(format!("the box of file {file} does not open")))
    }
}

/// The key of one file, and the part of the nonce that STREAM leaves to its user.
pub struct FileKey {
    key: Zeroizing<[u8; 32]>,
    nonce: Zeroizing<[u8; 19]>,
}

impl FileKey {
    /// A new key.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the system gives no random bytes.
    pub fn random() -> Result<Self, StoreError> {
        Ok(Self { key: random()?, nonce: random()? })
    }

    /// The key as text, to be boxed and never to be shown.
    pub fn to_text(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new([&self.key[..], &self.nonce[..]].concat());
        Zeroizing::new(BASE64.encode(&bytes[..]))
    }

    /// The key that [`to_text`](Self::to_text) wrote; `None` when the text is no key.
    pub fn from_text(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(BASE64.decode(text).ok()?);
        let (key, nonce) = bytes.split_first_chunk()?;
        Some(Self { key: Zeroizing::new(*key), nonce: Zeroizing::new(nonce.try_into().ok()?) })
    }

    /// What seals the file.
    pub fn writer(&self) -> FileWriter {
        let stream = EncryptorBE32::new((&*self.key).into(), (&*self.nonce).into());
        FileWriter { stream, held: Vec::new() }
    }

    /// What opens the file.
    pub fn reader(&self) -> FileReader {
        let stream = DecryptorBE32::new((&*self.key).into(), (&*self.nonce).into());
        FileReader { stream, held: Vec::new() }
    }
}

/// Seals a file piece by piece. It holds at most one segment back, since the last one is marked as
/// such: a file that was cut short does not open.
pub struct FileWriter {
    stream: EncryptorBE32<XChaCha20Poly1305>,
    held: Vec<u8>,
}

impl FileWriter {
    /// Takes bytes in; answers what is sealed by now.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the file is too long: beyond 2^32 segments, 256 TiB.
    pub fn write(&mut self, bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.held.extend_from_slice(bytes);
        let mut sealed = Vec::new();
        let mut segments = self.held.chunks(SEGMENT).peekable();
        let mut last: &[u8] = &[];
        while let Some(segment) = segments.next() {
            if segments.peek().is_none() {
                last = segment;
                break;
            }
            sealed.extend(self.stream.encrypt_next(segment).map_err(|_| too_long())?);
        }
        self.held = last.to_vec();
        Ok(sealed)
    }

    /// Seals what is left, as the end.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn finish(self) -> Result<Vec<u8>, StoreError> {
        self.stream.encrypt_last(self.held.as_slice()).map_err(|_| too_long())
    }
}

/// Opens a file piece by piece; what it hands out is what was sealed.
pub struct FileReader {
    stream: DecryptorBE32<XChaCha20Poly1305>,
    held: Vec<u8>,
}

impl FileReader {
    /// Takes sealed bytes in; answers what they say by now.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] when they are not what was sealed.
    pub fn read(&mut self, bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.held.extend_from_slice(bytes);
        let mut opened = Vec::new();
        let mut segments = self.held.chunks(SEGMENT + TAG).peekable();
        let mut last: &[u8] = &[];
        while let Some(segment) = segments.next() {
            if segments.peek().is_none() {
                last = segment;
                break;
            }
            opened.extend(self.stream.decrypt_next(segment).map_err(|_| altered())?);
        }
        self.held = last.to_vec();
        Ok(opened)
    }

    /// Opens what is left, which must be the end.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn finish(self) -> Result<Vec<u8>, StoreError> {
        self.stream.decrypt_last(self.held.as_slice()).map_err(|_| altered())
    }
}

fn too_long() -> StoreError {
    StoreError::Refused("a file is too long to be sealed".to_owned())
}

fn altered() -> StoreError {
    StoreError::Integrity("the bytes of a file are not what was sealed".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sealed(key: &FileKey, pieces: &[Vec<u8>]) -> Vec<u8> {
        let mut writer = key.writer();
        let mut sealed: Vec<u8> =
            pieces.iter().flat_map(|piece| writer.write(piece).unwrap()).collect();
        sealed.extend(writer.finish().unwrap());
        sealed
    }

    fn opened(key: &FileKey, sealed: &[u8], piece: usize) -> Result<Vec<u8>, StoreError> {
        let mut reader = key.reader();
        let mut opened = Vec::new();
        for piece in sealed.chunks(piece) {
            opened.extend(reader.read(piece)?);
        }
        opened.extend(reader.finish()?);
        Ok(opened)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn whatever_is_sealed_in_any_pieces_opens_in_any_pieces(
            sizes in prop::collection::vec(0..(2 * SEGMENT), 0..5),
            piece in 1..(3 * SEGMENT),
        ) {
            let key = FileKey::random().unwrap();
            let key = FileKey::from_text(&key.to_text()).unwrap();
            let byte = |at: usize| u8::try_from(at % 251).unwrap();
            let pieces: Vec<Vec<u8>> =
                sizes.iter().map(|size| (0..*size).map(byte).collect()).collect();
            let sealed = sealed(&key, &pieces);
            prop_assert_eq!(opened(&key, &sealed, piece).unwrap(), pieces.concat());
        }
    }

    #[test]
    fn a_file_that_was_cut_altered_or_rearranged_does_not_open() {
        let key = FileKey::random().unwrap();
        let whole = sealed(&key, &[vec![7; 3 * SEGMENT + 1]]);
        let segment = SEGMENT + TAG;
        assert!(opened(&key, &whole, 1000).is_ok());

        let mut altered = whole.clone();
        altered[segment + 5] ^= 1;
        let exchanged =
            [&whole[segment..2 * segment], &whole[..segment], &whole[2 * segment..]].concat();
        let longer = [&whole[..], b"more"].concat();
        for wrong in [&whole[..2 * segment], &whole[..10], &[], &altered, &exchanged, &longer] {
            assert_eq!(opened(&key, wrong, 1000), Err(super::altered()));
        }
        let other = FileKey::random().unwrap();
        assert_eq!(opened(&other, &whole, 1000), Err(super::altered()));
    }

    #[test]
    fn a_box_opens_for_its_file_and_under_its_secret_only() {
        let secret = FileSecret(DataKey::random().unwrap());
        let (file, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let boxed = secret.close(file, b"known").unwrap();
        assert_eq!(&secret.open(file, &boxed).unwrap()[..], b"known");
        assert!(secret.open(other, &boxed).is_err());
        assert!(FileSecret(DataKey::random().unwrap()).open(file, &boxed).is_err());
        assert!(secret.open(file, "no box").is_err());
    }
}

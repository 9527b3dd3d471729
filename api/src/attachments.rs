//! Files: streamed in, hashed on the way, on disk before anything names them.
//!
//! Bytes lie under the file's id; what is known of them lies beside, and is written last, so that a
//! file either is whole or does not exist.

mod incoming;

use std::path::Path as FilePath;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use actix_web::http::StatusCode;
use bytes::Bytes;
use docket_domain::ids::{AttachmentId, TokenId};
use docket_domain::instant::Instant;
use docket_domain::personal::Personal;
use docket_domain::ticket::event::AttachmentRef;
use futures::{Stream, StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, WriteMultipart};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use self::incoming::Incoming;
use crate::config::Config;
use crate::docket::StartError;
use crate::problem::Problem;

/// How many bytes of a file its type is guessed from.
const SNIFFED: usize = 8 * 1024;

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Attachment {
    /// Its id, as messages name it.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Its type, as its bytes look; what the uploader claimed is not asked.
    pub r#type: String,
    /// The token that uploaded it.
    #[schema(value_type = String)]
    pub uploaded_by: TokenId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub uploaded_at: Instant,
}

/// Where files are kept.
pub struct Attachments {
    store: Arc<dyn ObjectStore>,
    limit: u64,
    quota: u64,
    used: AtomicU64,
}

/// A file on its way in.
pub struct Upload {
    /// The id it will have.
    pub id: Uuid,
    /// Its name, as its sender calls it.
    pub name: String,
    /// Who sends it.
    pub uploaded_by: TokenId,
    /// When.
    pub uploaded_at: Instant,
}

impl Attachments {
    /// Opens the place that the options name, and counts what lies there.
    pub async fn open(config: &Config) -> Result<Self, StartError> {
        let store = place(&config.attachments)?;
        let sizes = store.list(None).map_ok(|object| object.size);
        let used: u64 = sizes
            .try_fold(0, |sum, size| async move { Ok(sum + size) })
            .await
            .map_err(|error| StartError::Attachments(error.to_string()))?;
        let (limit, quota) = (config.attachment_limit, config.attachment_quota);
        Ok(Self { store, limit, quota, used: AtomicU64::new(used) })
    }

    /// Takes a file in. Its bytes are durable when this answers. `before` is the file that the same
    /// call brought when it was made before: it must be the same file then, and nothing is written.
    pub async fn save<E>(
        &self,
        upload: Upload,
        before: Option<Attachment>,
        bytes: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Attachment, Problem> {
        if let Some(before) = before {
            return repeated(before, &clean(&upload.name), bytes).await;
        }
        let path = Path::from(upload.id.to_string());
        let parts = self.store.put_multipart(&path).await.map_err(|error| broken(&error))?;
        let mut incoming = Incoming::new(WriteMultipart::new(parts), &self.used);
        let (hash, head) = self.take(&mut incoming, bytes).await?;
        let size = incoming.finish().await.map_err(|error| broken(&error))?;
        let attachment = Attachment {
            id: upload.id,
            name: clean(&upload.name),
            size,
            sha256: hash,
            r#type: sniff(&head).to_owned(),
            uploaded_by: upload.uploaded_by,
            uploaded_at: upload.uploaded_at,
        };
        let known = serde_json::to_vec(&attachment).map_err(|_| Problem::internal())?;
        let put = self.store.put(&beside(upload.id), PutPayload::from(known)).await;
        put.map_err(|error| broken(&error))?;
        Ok(attachment)
    }

    /// What is known of a file, if there is one.
    pub async fn find(&self, id: Uuid) -> Result<Option<Attachment>, Problem> {
        let found = match self.store.get(&beside(id)).await {
            Ok(found) => found.bytes().await.map_err(|error| broken(&error))?,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(broken(&error)),
        };
        serde_json::from_slice(&found).map(Some).map_err(|error| broken(&error))
    }

    /// The bytes of a file, streamed.
    pub async fn bytes(
        &self,
        id: Uuid,
    ) -> Result<impl Stream<Item = Result<Bytes, object_store::Error>> + use<>, Problem> {
        let found = self.store.get(&Path::from(id.to_string())).await;
        Ok(found.map_err(|error| broken(&error))?.into_stream())
    }

    /// Files as an event names them; each must have been uploaded before.
    pub async fn refs(&self, ids: &[Uuid]) -> Result<Vec<AttachmentRef>, Problem> {
        let mut refs = Vec::with_capacity(ids.len());
        for (index, id) in ids.iter().enumerate() {
            let found = self.find(*id).await?.ok_or_else(|| {
                let detail = "there is no such attachment; upload it first";
                Problem::field(format!("/attachments/{index}"), "unknown_attachment", detail)
            })?;
            refs.push(AttachmentRef {
                id: AttachmentId(found.id),
                name: Personal::text(found.name),
                size: found.size,
                sha256: found.sha256,
            });
        }
        Ok(refs)
    }

    /// Writes the bytes through; answers their hash and the first of them.
    async fn take<E>(
        &self,
        incoming: &mut Incoming<'_>,
        bytes: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<(String, Vec<u8>), Problem> {
        let mut bytes = std::pin::pin!(bytes);
        let (mut hash, mut head) = (Sha256::new(), Vec::new());
        while let Some(chunk) = bytes.next().await {
            let chunk = chunk.map_err(|_| broken_off())?;
            if incoming.size + chunk.len() as u64 > self.limit {
                return Err(self.too_large());
            }
            if incoming.reserve(chunk.len() as u64) > self.quota {
                return Err(quota_exceeded());
            }
            hash.update(&chunk);
            let missing = SNIFFED.saturating_sub(head.len()).min(chunk.len());
            head.extend_from_slice(chunk.get(..missing).unwrap_or_default());
            incoming.write(chunk).await.map_err(|error| broken(&error))?;
        }
        Ok((hex(&hash.finalize()), head))
    }

    fn too_large(&self) -> Problem {
        let detail = format!("an attachment has at most {} bytes", self.limit);
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "attachment_too_large", detail)
    }
}

/// The file of an earlier call, if this one brings the same.
async fn repeated<E>(
    before: Attachment,
    name: &str,
    bytes: impl Stream<Item = Result<Bytes, E>>,
) -> Result<Attachment, Problem> {
    let mut bytes = std::pin::pin!(bytes);
    let mut hash = Sha256::new();
    while let Some(chunk) = bytes.next().await {
        hash.update(chunk.map_err(|_| broken_off())?);
    }
    let same = hex(&hash.finalize()) == before.sha256 && name == before.name;
    if same { Ok(before) } else { Err(docket_commands::CommandError::KeyReused.into()) }
}

fn broken_off() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "incomplete_body", "the upload broke off")
}

fn quota_exceeded() -> Problem {
    let detail = "the quota of attachments is used up; ask an administrator";
    Problem::new(StatusCode::INSUFFICIENT_STORAGE, "attachment_quota_exceeded", detail)
}

fn place(url: &str) -> Result<Arc<dyn ObjectStore>, StartError> {
    if url.starts_with("s3://") {
        return bucket(url);
    }
    std::fs::create_dir_all(url).map_err(StartError::io(format!("cannot create {url}")))?;
    let folder = LocalFileSystem::new_with_prefix(FilePath::new(url));
    let folder = folder.map_err(|error| StartError::Attachments(error.to_string()))?;
    Ok(Arc::new(folder.with_fsync(true)))
}

/// A bucket; credentials and endpoint come from the usual `AWS_*` variables.
#[cfg(feature = "s3")]
fn bucket(url: &str) -> Result<Arc<dyn ObjectStore>, StartError> {
    let bucket = object_store::aws::AmazonS3Builder::from_env().with_url(url).build();
    Ok(Arc::new(bucket.map_err(|error| StartError::Attachments(error.to_string()))?))
}

#[cfg(not(feature = "s3"))]
fn bucket(url: &str) -> Result<Arc<dyn ObjectStore>, StartError> {
    let reason = format!("{url}: this program was built without the feature `s3`");
    Err(StartError::Attachments(reason))
}

/// Where what is known of a file lies.
fn beside(id: Uuid) -> Path {
    Path::from(format!("{id}.json"))
}

/// A name that is safe to be shown and saved: no path, no control characters, no endless length.
fn clean(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|it| !it.is_control()).take(255).collect();
    let clean = clean.trim();
    if clean.is_empty() || clean == "." || clean == ".." { "file".into() } else { clean.into() }
}

fn sniff(head: &[u8]) -> &'static str {
    infer::get(head).map_or("application/octet-stream", |kind| kind.mime_type())
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

fn broken(error: &dyn std::error::Error) -> Problem {
    tracing::error!(%error, "the attachment store failed");
    Problem::unavailable("attachments_unavailable", "attachments cannot be kept or read now", 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_safe() {
        assert_eq!(clean("../../etc/passwd"), "passwd");
        assert_eq!(clean("C:\\temp\\zdjęcie 1.png"), "zdjęcie 1.png");
        assert_eq!(clean("a\r\nb"), "ab");
        assert_eq!(clean(".."), "file");
        assert_eq!(clean(""), "file");
    }

    #[test]
    fn hexadecimal_is_two_digits_a_byte() {
        assert_eq!(hex(&[0, 15, 16, 255]), "000f10ff");
    }
}

//! Files: streamed in and sealed on the way, on disk before anything names them, and gone with the
//! keys of those they are about.
//!
//! The bytes lie under the file's id, sealed under a random key of the file's own. What is known of
//! the file and its key lie in a *box*: beside the log while no event names the file, and sealed in
//! each event that does.

mod binding;
mod incoming;
mod place;
mod register;
mod save;
mod sweep;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use actix_web::http::StatusCode;
use bytes::Bytes;
use docket_domain::ids::{AttachmentId, TicketId, TokenId};
use docket_domain::instant::Instant;
use docket_domain::personal::Personal;
use docket_domain::ticket::event::AttachmentRef;
use docket_projections::recorded::Reader;
use docket_store::vault::{FileKey, FileSecret};
use docket_store::{Sealed, StoreError};
use futures::{Stream, TryStreamExt};
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use utoipa::ToSchema;
use uuid::Uuid;

use self::binding::Cursor;
use self::register::{Register, Waiting};
pub use self::save::Upload;
use crate::config::Config;
use crate::docket::StartError;
use crate::metrics;
use crate::problem::Problem;
use crate::side::Side;

/// How long a file may wait for an event that names it, in milliseconds: a day.
const WAITS_MS: i64 = 24 * 60 * 60 * 1000;

/// How much later it is removed: what was found in time must still be there when the command that
/// names it is done.
const GRACE_MS: i64 = 60 * 60 * 1000;

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

/// What lies in the box of a file.
#[derive(Serialize, Deserialize)]
struct Known {
    file: Attachment,
    key: String,
}

/// A file that was looked for and found.
pub struct Found {
    /// What is known of it.
    pub file: Attachment,
    key: FileKey,
    boxed: String,
    waiting_since: Option<Instant>,
    /// The tickets whose events name it.
    pub tickets: Vec<TicketId>,
}

/// Where files are kept.
pub struct Attachments {
    store: Arc<dyn ObjectStore>,
    /// The folder, where it is one.
    folder: Option<PathBuf>,
    secret: FileSecret,
    register: Register,
    cursor: Mutex<Cursor>,
    reader: Reader,
    limit: u64,
    quota: u64,
    used: AtomicU64,
}

impl Attachments {
    /// Opens the place that the options name, and counts what lies there.
    pub async fn open(config: &Config, reader: Reader, side: &Side) -> Result<Self, StartError> {
        let (store, folder) = place::place(&config.attachments)?;
        let sizes = store.list(None).map_ok(|object| object.size);
        let used: u64 = sizes
            .try_fold(0, |sum, size| async move { Ok(sum + size) })
            .await
            .map_err(|error| StartError::Attachments(error.to_string()))?;
        let register = Register::of(side.tables());
        let cursor = Cursor::load(&register, reader.store.head()).await?;
        Ok(Self {
            store,
            folder,
            secret: reader.vault.file_secret().await?,
            register,
            cursor: Mutex::new(cursor),
            reader,
            limit: config.attachment_limit,
            quota: config.attachment_quota,
            used: AtomicU64::new(used),
        })
    }

    /// A file, if there is one: 410 when it was erased.
    pub async fn find(&self, id: Uuid) -> Result<Option<Found>, Problem> {
        if let Some(found) = self.look(id).await? {
            return Ok(Some(found));
        }
        // A register that was lost is read from the log anew.
        self.catch_up().await?;
        self.look(id).await
    }

    async fn look(&self, id: Uuid) -> Result<Option<Found>, Problem> {
        let waiting = self.register.waiting(id).await.map_err(|error| Problem::side(&error))?;
        if let Some(Waiting { boxed, uploaded_at }) = waiting {
            return self.opened(id, boxed, Some(uploaded_at), Vec::new()).map(Some);
        }
        let positions = self.register.events(id).await.map_err(|error| Problem::side(&error))?;
        let (mut all, mut streams) = (Vec::new(), Vec::new());
        for position in &positions {
            let events = self.reader.store.read_all(position - 1, 1, Sealed::With).await?;
            streams.extend(events.iter().filter_map(|event| TicketId::of_stream(&event.stream)));
            all.push(events);
        }
        for events in all {
            for opened in self.reader.vault.open_all(&events).await? {
                let named = binding::named_by(&opened.payload, id);
                if let Some(Personal::Known(boxed)) = named.and_then(|file| file.key) {
                    return self.opened(id, boxed, None, streams).map(Some);
                }
            }
        }
        if positions.is_empty() { Ok(None) } else { Err(erased()) }
    }

    fn opened(
        &self,
        id: Uuid,
        boxed: String,
        since: Option<Instant>,
        tickets: Vec<TicketId>,
    ) -> Result<Found, Problem> {
        let known: Option<Known> = serde_json::from_slice(&self.secret.open(id, &boxed)?).ok();
        let key = known.as_ref().and_then(|known| FileKey::from_text(&known.key));
        let (Some(known), Some(key)) = (known, key) else {
            let what = format!("the box of file {id} holds no key");
            return Err(StoreError::Integrity(what).into());
        };
        Ok(Found { file: known.file, key, boxed, waiting_since: since, tickets })
    }

    /// The bytes of a file, streamed; those that are not what was sealed break it off.
    pub async fn bytes(
        &self,
        found: &Found,
    ) -> Result<impl Stream<Item = Result<Bytes, Problem>> + use<>, Problem> {
        let sealed = self.store.get(&Path::from(found.file.id.to_string())).await;
        let sealed = sealed.map_err(|error| broken(&error))?.into_stream();
        let (start, id) = ((sealed, Some(found.key.reader())), found.file.id);
        Ok(futures::stream::try_unfold(start, move |(mut sealed, reader)| async move {
            let Some(mut reader) = reader else { return Ok(None) };
            match sealed.try_next().await.map_err(|error| broken(&error))? {
                Some(chunk) => {
                    let bytes = reader.read(&chunk).map_err(|error| damaged(id, &error))?;
                    Ok(Some((Bytes::from(bytes), (sealed, Some(reader)))))
                }
                None => {
                    let last = reader.finish().map_err(|error| damaged(id, &error))?;
                    Ok(Some((Bytes::from(last), (sealed, None))))
                }
            }
        }))
    }

    /// Files as an event names them; each must have been uploaded before.
    pub async fn refs(&self, ids: &[Uuid], now: Instant) -> Result<Vec<AttachmentRef>, Problem> {
        let mut refs = Vec::with_capacity(ids.len());
        for (index, id) in ids.iter().enumerate() {
            let found = match self.find(*id).await {
                Err(problem) if problem.status() == StatusCode::GONE => None,
                found => found?,
            };
            let fresh = |found: &Found| {
                found.waiting_since.is_none_or(|since| since.plus_millis(WAITS_MS) > now)
            };
            let Found { file, boxed, .. } = found.filter(fresh).ok_or_else(|| {
                let detail = "there is no such attachment; upload it first";
                Problem::field(format!("/attachments/{index}"), "unknown_attachment", detail)
            })?;
            refs.push(AttachmentRef {
                id: AttachmentId(file.id),
                name: Personal::text(file.name),
                size: file.size,
                sha256: file.sha256,
                key: Some(Personal::text(boxed)),
            });
        }
        Ok(refs)
    }

    /// Follows the log to its end: every file that an event names is then held by its event alone.
    pub async fn catch_up(&self) -> Result<(), Problem> {
        let mut cursor = self.cursor.lock().await;
        cursor.catch_up(&*self.reader.store, &self.register).await
    }

    /// After this, nothing on disk but the events opens a file that an event names.
    pub async fn scrub(&self) -> Result<(), Problem> {
        self.catch_up().await?;
        match self.register.scrub().await {
            Ok(true) => Ok(()),
            Ok(false) => {
                let detail = "traces of files are being read; try again";
                Err(Problem::unavailable("side_store_unavailable", detail, 1))
            }
            Err(error) => Err(Problem::side(&error)),
        }
    }
}

fn erased() -> Problem {
    Problem::new(StatusCode::GONE, "attachment_erased", "the file was erased for good")
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

/// What lies under a file's id was altered or cut short; whoever downloads it sees it break off.
fn damaged(id: Uuid, error: &StoreError) -> Problem {
    tracing::error!(file = %id, %error, "a download is broken off");
    metrics::damaged_file();
    Problem::internal()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_is_two_digits_a_byte() {
        assert_eq!(hex(&[0, 15, 16, 255]), "000f10ff");
    }
}

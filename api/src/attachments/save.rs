//! Taking a file in: announced, hashed and sealed while it streams, durable, then known.

use actix_web::http::StatusCode;
use bytes::Bytes;
use docket_domain::ids::TokenId;
use docket_domain::instant::Instant;
use docket_store::vault::FileKey;
use futures::{Stream, StreamExt};
use object_store::path::Path;
use object_store::{ObjectStoreExt, WriteMultipart};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::incoming::Incoming;
use super::{Attachment, Attachments, Found, Known, broken, hex};
use crate::problem::Problem;

/// A file on its way in.
pub struct Upload {
    /// The command that brings it: the same again brings the same file.
    pub command: Uuid,
    /// Its name, as its sender calls it.
    pub name: String,
    /// Who sends it.
    pub uploaded_by: TokenId,
    /// When.
    pub uploaded_at: Instant,
}

impl Attachments {
    /// Takes a file in. Its bytes are durable when this answers. What the same command brought before
    /// must be the same file; nothing is written then.
    pub async fn save<E>(
        &self,
        upload: Upload,
        bytes: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Attachment, Problem> {
        let name = clean(&upload.name);
        if let Some(before) = self.brought_by(upload.command).await? {
            let hash = hash(bytes).await?;
            return before.repeated(&name, &hash);
        }
        let id = Uuid::now_v7();
        let announced = self.register.announce(id, upload.uploaded_at).await;
        announced.map_err(|error| Problem::side(&error))?;
        let key = FileKey::random()?;
        let path = Path::from(id.to_string());
        let parts = self.store.put_multipart(&path).await.map_err(|error| broken(&error))?;
        let mut incoming = Incoming::new(key.writer(), WriteMultipart::new(parts), &self.used);
        self.take(&mut incoming, bytes).await?;
        let arrived = incoming.finish(self.quota).await?;
        let file = Attachment {
            id,
            name,
            size: arrived.size,
            sha256: arrived.sha256,
            r#type: arrived.kind.to_owned(),
            uploaded_by: upload.uploaded_by,
            uploaded_at: upload.uploaded_at,
        };
        let known = Known { file, key: key.to_text().to_string() };
        let text = serde_json::to_vec(&known).map_err(|_| Problem::internal())?;
        let boxed = self.secret.close(id, &text)?;
        let complete = self.register.complete(id, upload.command, &boxed).await;
        if complete.map_err(|error| Problem::side(&error))? {
            return Ok(known.file);
        }
        // Two calls of one command ran at once, and the other was faster.
        self.remove(id).await?;
        let before = self.brought_by(upload.command).await?.ok_or_else(broken_off)?;
        before.repeated(&known.file.name, &known.file.sha256)
    }

    async fn brought_by(&self, command: Uuid) -> Result<Option<Found>, Problem> {
        let id = self.register.brought_by(command).await.map_err(|error| Problem::side(&error))?;
        match id {
            Some(id) => self.find(id).await,
            None => Ok(None),
        }
    }

    /// Writes the bytes through.
    async fn take<E>(
        &self,
        incoming: &mut Incoming<'_>,
        bytes: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<(), Problem> {
        let mut bytes = std::pin::pin!(bytes);
        while let Some(chunk) = bytes.next().await {
            let chunk = chunk.map_err(|_| broken_off())?;
            if incoming.size + chunk.len() as u64 > self.limit {
                let detail = format!("an attachment has at most {} bytes", self.limit);
                let status = StatusCode::PAYLOAD_TOO_LARGE;
                return Err(Problem::new(status, "attachment_too_large", detail));
            }
            incoming.write(&chunk, self.quota).await?;
        }
        Ok(())
    }
}

impl Found {
    /// The file of an earlier call, if this one brings the same.
    fn repeated(self, name: &str, hash: &str) -> Result<Attachment, Problem> {
        let same = self.file.name == name && self.file.sha256 == hash;
        if same { Ok(self.file) } else { Err(docket_commands::CommandError::KeyReused.into()) }
    }
}

async fn hash<E>(bytes: impl Stream<Item = Result<Bytes, E>>) -> Result<String, Problem> {
    let mut bytes = std::pin::pin!(bytes);
    let mut hash = Sha256::new();
    while let Some(chunk) = bytes.next().await {
        hash.update(chunk.map_err(|_| broken_off())?);
    }
    Ok(hex(&hash.finalize()))
}

fn broken_off() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "incomplete_body", "the upload broke off")
}

/// A name that is safe to be shown and saved: no path, no control characters, no endless length.
fn clean(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|it| !it.is_control()).take(255).collect();
    let clean = clean.trim();
    if clean.is_empty() || clean == "." || clean == ".." { "file".into() } else { clean.into() }
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
}

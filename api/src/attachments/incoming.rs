//! A file on its way to the store: hashed, sealed, and counted against the quota.

use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::http::StatusCode;
use bytes::Bytes;
use docket_store::vault::FileWriter;
use object_store::WriteMultipart;
use sha2::{Digest, Sha256};

use super::{broken, hex};
use crate::problem::Problem;

/// How many parts of a file are on their way to the store at once.
const PARTS: usize = 4;

/// How many bytes of a file its type is guessed from.
const SNIFFED: usize = 8 * 1024;

/// What was taken in so far. Dropped before it is finished, it gives back what it took: an upload may
/// end at any moment, when the client goes away.
pub(super) struct Incoming<'q> {
    /// How many bytes were taken in.
    pub size: u64,
    hash: Sha256,
    head: Vec<u8>,
    seal: Option<FileWriter>,
    writer: Option<WriteMultipart>,
    /// How many bytes of the quota are reserved: those that are stored.
    reserved: u64,
    used: &'q AtomicU64,
    finished: bool,
}

/// What was found out about a file on its way in.
pub(super) struct Arrived {
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Its type, as its first bytes look.
    pub kind: &'static str,
}

impl<'q> Incoming<'q> {
    pub fn new(seal: FileWriter, writer: WriteMultipart, used: &'q AtomicU64) -> Self {
        let (hash, head) = (Sha256::new(), Vec::new());
        let (seal, writer) = (Some(seal), Some(writer));
        Self { size: 0, hash, head, seal, writer, reserved: 0, used, finished: false }
    }

    /// Takes bytes in, as far as the quota goes.
    pub async fn write(&mut self, chunk: &[u8], quota: u64) -> Result<(), Problem> {
        self.size += chunk.len() as u64;
        self.hash.update(chunk);
        let missing = SNIFFED.saturating_sub(self.head.len()).min(chunk.len());
        self.head.extend_from_slice(chunk.get(..missing).unwrap_or_default());
        let sealed = self.seal.as_mut().map(|seal| seal.write(chunk)).transpose()?;
        self.put(sealed.unwrap_or_default(), quota).await
    }

    /// Makes the bytes durable; answers what they are.
    pub async fn finish(mut self, quota: u64) -> Result<Arrived, Problem> {
        let end = self.seal.take().map(FileWriter::finish).transpose()?;
        self.put(end.unwrap_or_default(), quota).await?;
        if let Some(writer) = self.writer.take() {
            writer.finish().await.map_err(|error| broken(&error))?;
        }
        self.finished = true;
        let kind = infer::get(&self.head).map(|kind| kind.mime_type());
        Ok(Arrived {
            size: self.size,
            sha256: hex(&std::mem::take(&mut self.hash).finalize()),
            kind: kind.unwrap_or("application/octet-stream"),
        })
    }

    async fn put(&mut self, sealed: Vec<u8>, quota: u64) -> Result<(), Problem> {
        let bytes = sealed.len() as u64;
        self.reserved += bytes;
        if self.used.fetch_add(bytes, Ordering::Relaxed) + bytes > quota {
            return Err(quota_exceeded());
        }
        if let Some(writer) = &mut self.writer {
            writer.wait_for_capacity(PARTS).await.map_err(|error| broken(&error))?;
            writer.put(Bytes::from(sealed));
        }
        Ok(())
    }
}

/// Counts bytes no more that are gone. What another server took in was never counted here.
pub(super) fn give_back(used: &AtomicU64, bytes: u64) {
    let less = |used: u64| Some(used.saturating_sub(bytes));
    // It always has a next value.
    let _ = used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
}

impl Drop for Incoming<'_> {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        give_back(self.used, self.reserved);
        if let (Some(writer), Ok(runtime)) =
            (self.writer.take(), tokio::runtime::Handle::try_current())
        {
            // What remains of a file that nobody can name is harmless, so a failure here is too.
            runtime.spawn(async move { drop(writer.abort().await) });
        }
    }
}

fn quota_exceeded() -> Problem {
    let detail = "the quota of attachments is used up; ask an administrator";
    Problem::new(StatusCode::INSUFFICIENT_STORAGE, "attachment_quota_exceeded", detail)
}

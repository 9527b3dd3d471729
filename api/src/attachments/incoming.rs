//! A file on its way to the store, and the part of the quota that it takes.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use object_store::WriteMultipart;

/// How many parts of a file are on their way to the store at once.
const PARTS: usize = 4;

/// What was taken in so far. Dropped before it is finished, it gives back what it took: an upload may
/// end at any moment, when the client goes away.
pub(super) struct Incoming<'q> {
    /// How many bytes were reserved, which is how many were taken in.
    pub size: u64,
    writer: Option<WriteMultipart>,
    used: &'q AtomicU64,
    finished: bool,
}

impl<'q> Incoming<'q> {
    pub fn new(writer: WriteMultipart, used: &'q AtomicU64) -> Self {
        Self { size: 0, writer: Some(writer), used, finished: false }
    }

    /// Takes so many more bytes of the quota; answers how many are used now by all.
    pub fn reserve(&mut self, bytes: u64) -> u64 {
        self.size += bytes;
        self.used.fetch_add(bytes, Ordering::Relaxed) + bytes
    }

    pub async fn write(&mut self, chunk: Bytes) -> object_store::Result<()> {
        if let Some(writer) = &mut self.writer {
            writer.wait_for_capacity(PARTS).await?;
            writer.put(chunk);
        }
        Ok(())
    }

    /// Makes the bytes durable; answers how many they are.
    pub async fn finish(mut self) -> object_store::Result<u64> {
        if let Some(writer) = self.writer.take() {
            writer.finish().await?;
        }
        self.finished = true;
        Ok(self.size)
    }
}

impl Drop for Incoming<'_> {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        self.used.fetch_sub(self.size, Ordering::Relaxed);
        if let (Some(writer), Ok(runtime)) =
            (self.writer.take(), tokio::runtime::Handle::try_current())
        {
            // What remains of a file that nobody can name is harmless, so a failure here is too.
            runtime.spawn(async move { drop(writer.abort().await) });
        }
    }
}

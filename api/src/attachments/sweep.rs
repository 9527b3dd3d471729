//! What is removed: files that no event named in time, and what uploads left that were killed.

use std::fs::DirEntry;
use std::path::Path as FilePath;
use std::time::Duration;

use docket_domain::instant::Instant;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use uuid::Uuid;

use super::{Attachments, GRACE_MS, WAITS_MS, broken, incoming};
use crate::problem::Problem;

/// How old a file is that cannot be of an upload any more: none takes that long.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

impl Attachments {
    /// Removes the files that nobody named in time, and what killed uploads left; answers how many of the
    /// first.
    pub async fn sweep(&self, now: Instant) -> Result<usize, Problem> {
        if let Some(folder) = self.folder.clone() {
            let cleared = tokio::task::spawn_blocking(move || clear(&folder)).await;
            cleared.map_err(|error| broken(&error))?;
        }
        self.catch_up().await?;
        let since = now.plus_millis(-(WAITS_MS + GRACE_MS));
        let forsaken = self.register.forsaken(since).await;
        let forsaken = forsaken.map_err(|error| Problem::side(&error))?;
        for id in &forsaken {
            self.remove(*id).await?;
        }
        Ok(forsaken.len())
    }

    /// Removes a file that no event names. The row goes last, so that no bytes lie anywhere unknown.
    pub(super) async fn remove(&self, id: Uuid) -> Result<(), Problem> {
        let path = Path::from(id.to_string());
        let removed = match self.store.head(&path).await {
            Ok(object) => self.store.delete(&path).await.map(|()| object.size),
            Err(error) => Err(error),
        };
        match removed {
            Ok(size) => incoming::give_back(&self.used, size),
            // It never came, or another server was faster.
            Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(broken(&error)),
        }
        self.register.forget(id).await.map_err(|error| Problem::side(&error))
    }
}

/// Removes what uploads left that were killed: bytes are written under `ID#NUMBER` until they are whole, and no
/// list of the store shows those. Another server may be writing there now, so only what is old goes. What
/// cannot be removed keeps nobody from anything, and is told of.
fn clear(folder: &FilePath) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return tracing::warn!(%error, "the folder of files cannot be listed"),
    };
    let is_left = |entry: &DirEntry| entry.file_name().to_str().is_some_and(is_staged);
    for entry in entries.flatten().filter(is_left) {
        // One that is whole by now, or gone, is none of these any more.
        let modified = entry.metadata().and_then(|it| it.modified()).ok();
        let age = modified.and_then(|at| at.elapsed().ok()).unwrap_or_default();
        if age <= STALE {
            continue;
        }
        match std::fs::remove_file(entry.path()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, "what a killed upload left cannot be removed");
            }
            _ => {}
        }
    }
}

fn is_staged(name: &str) -> bool {
    let Some((id, number)) = name.split_once('#') else { return false };
    let is_number = !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit());
    is_number && Uuid::try_parse(id).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_killed_uploads_left_goes_once_it_is_old_and_nothing_of_anybody_else() {
        let dir = tempfile::tempdir().unwrap();
        let old = Some(std::time::SystemTime::now() - 2 * STALE);
        let id = Uuid::from_u128(7);
        let [whole, staged, young] = [id.to_string(), format!("{id}#1"), format!("{id}#2")];
        let others = ["minutes#2", "minutes.pdf", "#1"];
        let all = [(whole.as_str(), old), (&staged, old), (&young, None)];
        for (name, modified) in all.into_iter().chain(others.map(|name| (name, old))) {
            let file = std::fs::File::create(dir.path().join(name)).unwrap();
            modified.into_iter().for_each(|modified| file.set_modified(modified).unwrap());
        }
        clear(dir.path());
        let left = std::fs::read_dir(dir.path()).unwrap().map(|it| it.unwrap().file_name());
        let left: std::collections::BTreeSet<_> = left.collect();
        let stays = [whole.as_str(), &young].into_iter().chain(others).map(Into::into);
        assert_eq!(left, stays.collect());
        clear(&dir.path().join("gone"));
    }
}

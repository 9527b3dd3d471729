//! Where the bytes of files lie: a folder, or a bucket.

use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;

use crate::docket::StartError;

/// How old a file is that cannot be of an upload any more: none takes that long.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// The place that an option names: a folder, or `s3://BUCKET/FOLDER`.
pub(super) fn place(url: &str) -> Result<Arc<dyn ObjectStore>, StartError> {
    if let Some(named) = url.strip_prefix("s3://") {
        let (name, folder) = named.split_once('/').unwrap_or((named, ""));
        if name.is_empty() {
            return Err(StartError::Attachments(format!("{url} names no bucket")));
        }
        return bucket(name, folder.trim_matches('/'));
    }
    std::fs::create_dir_all(url).map_err(StartError::io(format!("cannot create {url}")))?;
    clear(FilePath::new(url)).map_err(StartError::io(format!("cannot clear {url}")))?;
    let folder = LocalFileSystem::new_with_prefix(FilePath::new(url));
    let folder = folder.map_err(|error| StartError::Attachments(error.to_string()))?;
    Ok(Arc::new(folder.with_fsync(true)))
}

/// Removes what uploads left that were killed: bytes are written under `NAME#NUMBER` until they are whole, and
/// no list of the store shows those. Another server may be writing there now, so only what is old goes.
fn clear(folder: &FilePath) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.split_once('#')).map(|(_, number)| number);
        let is_staged =
            number.is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit()));
        // One that is whole by now, or gone, is none of these any more.
        let modified = entry.metadata().and_then(|it| it.modified()).ok();
        let age = modified.and_then(|at| at.elapsed().ok()).unwrap_or_default();
        if is_staged && age > STALE {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// A folder of a bucket; credentials, region and endpoint come from the usual `AWS_*` variables.
#[cfg(feature = "s3")]
fn bucket(name: &str, folder: &str) -> Result<Arc<dyn ObjectStore>, StartError> {
    let bucket = object_store::aws::AmazonS3Builder::from_env().with_bucket_name(name).build();
    let bucket = bucket.map_err(|error| StartError::Attachments(error.to_string()))?;
    Ok(match folder {
        "" => Arc::new(bucket),
        folder => Arc::new(object_store::prefix::PrefixStore::new(bucket, folder)),
    })
}

#[cfg(not(feature = "s3"))]
fn bucket(name: &str, _: &str) -> Result<Arc<dyn ObjectStore>, StartError> {
    let reason = format!("s3://{name}: this program was built without the feature `s3`");
    Err(StartError::Attachments(reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_killed_uploads_left_goes_once_it_is_old() {
        let dir = tempfile::tempdir().unwrap();
        let old = std::time::SystemTime::now() - 2 * STALE;
        for (name, modified) in
            [("a", Some(old)), ("b#1", Some(old)), ("c#1", None), ("d#", Some(old))]
        {
            let file = std::fs::File::create(dir.path().join(name)).unwrap();
            modified.into_iter().for_each(|modified| file.set_modified(modified).unwrap());
        }
        place(dir.path().to_str().unwrap()).unwrap();
        let left = std::fs::read_dir(dir.path()).unwrap().map(|it| it.unwrap().file_name());
        let left: std::collections::BTreeSet<_> = left.collect();
        assert_eq!(left, ["a", "c#1", "d#"].map(Into::into).into());
    }

    #[test]
    fn a_bucket_has_a_name_and_a_program_without_buckets_says_so() {
        let refused = |url: &str| place(url).err().map(|error| error.to_string());
        assert_eq!(refused("s3://").as_deref(), Some("attachments: s3:// names no bucket"));
        assert_eq!(refused("s3:///x").as_deref(), Some("attachments: s3:///x names no bucket"));
        if cfg!(not(feature = "s3")) {
            let without = "attachments: s3://desk: this program was built without the feature `s3`";
            assert_eq!(refused("s3://desk/files").as_deref(), Some(without));
        }
    }
}

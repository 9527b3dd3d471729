//! Where the bytes of files lie: a folder, or a bucket.

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;

use crate::docket::StartError;

/// Where files are stored, and which folder that is, where it is one.
pub(super) type Place = (Arc<dyn ObjectStore>, Option<PathBuf>);

/// The place that an option names: a folder, or `s3://BUCKET/FOLDER`.
pub(super) fn place(url: &str) -> Result<Place, StartError> {
    if let Some(named) = url.strip_prefix("s3://") {
        let (name, folder) = named.split_once('/').unwrap_or((named, ""));
        if name.is_empty() {
            return Err(StartError::Attachments(format!("{url} names no bucket")));
        }
        return Ok((bucket(name, folder.trim_matches('/'))?, None));
    }
    std::fs::create_dir_all(url).map_err(StartError::io(format!("cannot create {url}")))?;
    let folder = LocalFileSystem::new_with_prefix(FilePath::new(url));
    let folder = folder.map_err(|error| StartError::Attachments(error.to_string()))?;
    Ok((Arc::new(folder.with_fsync(true)), Some(PathBuf::from(url))))
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

//! Where the bytes of files lie: a folder, or a bucket.

use std::path::Path as FilePath;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;

use crate::docket::StartError;

/// The place that an option names: a folder, or `s3://BUCKET`.
pub(super) fn place(url: &str) -> Result<Arc<dyn ObjectStore>, StartError> {
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

//! A consistent copy of the log while it is in use.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use sqlx::{ConnectOptions, Connection};

use super::failure::failed;
use super::open;
use crate::StoreError;

/// Copies the log at `source` to `target`, which must not exist. The name appears only once the
/// copy is complete and on disk, so a backup that was cut short is never taken for one.
pub(super) async fn write(source: &Path, target: &Path) -> Result<(), StoreError> {
    if target.exists() {
        return Err(StoreError::Refused(format!(
            "{} exists already; a backup never overwrites",
            target.display()
        )));
    }
    let mut partial = target.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    // What a backup that was cut short left behind is in the way.
    let _ = std::fs::remove_file(&partial);
    copy(source, &partial).await?;
    settle(&partial, target)
        .map_err(|error| StoreError::Unavailable(format!("writing {}: {error}", target.display())))
}

async fn copy(source: &Path, partial: &Path) -> Result<(), StoreError> {
    let name = partial.to_str().ok_or_else(|| {
        StoreError::Refused(format!("{} is not a name in Unicode", partial.display()))
    })?;
    let options = open::reading(source);
    let mut connection = options.connect().await.map_err(|error| failed(&error))?;
    let copied = sqlx::query("VACUUM INTO ?1").bind(name).execute(&mut connection).await;
    connection.close().await.map_err(|error| failed(&error))?;
    copied.map(|_| ()).map_err(|error| failed(&error))
}

fn settle(partial: &Path, target: &Path) -> io::Result<()> {
    File::open(partial)?.sync_all()?;
    // Unlike a renaming, a link never replaces what somebody else put there meanwhile.
    std::fs::hard_link(partial, target)?;
    std::fs::remove_file(partial)?;
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

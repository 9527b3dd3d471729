//! `docket backup`: all that is kept, except the key.

use std::io::Write;
use std::path::{Path, PathBuf};

use docket_store::sqlite::SqliteStore;
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use super::Failure;
use super::copy::{self, Sums};
use crate::config::Config;
use crate::docket::{ACCESS_FILE, KEY_FILE, SIDE_FILE, StoreUrl, create_private};
use crate::erasures::ERASURES_FILE;

/// The log, in a backup.
pub const LOG: &str = "log.sqlite";

/// The attachments, in a backup.
pub const ATTACHMENTS: &str = "attachments/";

/// Where a backup is written.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  docket backup /mnt/backups/2026-03-01

It works while a server runs. The backup never contains the key: keep a copy of DATA/docket.key
elsewhere, for without it no personal text in the backup can be read, and beside it the newest
DATA/erasures.log, so that a restore brings nobody back. Files in a bucket are not copied.")]
pub struct Args {
    /// A folder that does not exist yet
    folder: PathBuf,
}

/// Writes a backup.
pub async fn run(args: Args, config: Config) -> Result<(), Failure> {
    let log = StoreUrl::parse(&config.store)?.file(
        "back up the server with pg_basebackup and its WAL archive, or the database with pg_dump",
    )?;
    let folder = &args.folder;
    if folder.exists() {
        let folder = folder.display();
        return Err(Failure::Other(format!("{folder} exists already; a backup never overwrites")));
    }
    create_private(folder)?;
    let mut sums = Sums::default();
    // The register of files before the log, which it follows; files before and after: what is named
    // by the log, or waits in the register, was there before.
    for file in [SIDE_FILE, ACCESS_FILE] {
        copy_database(&config.data.join(file), folder, file, &mut sums).await?;
    }
    copy_attachments(&config, folder, &mut sums)?;
    let store = SqliteStore::open_read_only(log).await?;
    store.backup_to(folder.join(LOG)).await?;
    store.close().await;
    sums.add(LOG, copy::hash(&folder.join(LOG))?);
    copy_attachments(&config, folder, &mut sums)?;
    let erasures = config.data.join(ERASURES_FILE);
    if erasures.exists() {
        sums.add(ERASURES_FILE, copy::copy(&erasures, &folder.join(ERASURES_FILE))?);
    }
    sums.write(folder)?;
    let mut out = std::io::stdout();
    let files = sums.under(ATTACHMENTS).count();
    writeln!(out, "The backup is in {}, with {files} attachments", folder.display())?;
    if config.in_a_bucket() {
        let bucket = &config.attachments;
        writeln!(out, "Attachments lie in {bucket} and are NOT in it; back the bucket up itself.")?;
    }
    writeln!(out, "It does not contain the key; keep a copy of {KEY_FILE} elsewhere.")?;
    Ok(())
}

/// Copies a database that may be in use, as it stands at one moment.
async fn copy_database(
    source: &Path,
    folder: &Path,
    name: &str,
    sums: &mut Sums,
) -> Result<(), Failure> {
    if !source.exists() {
        return Ok(());
    }
    let failed = |error: sqlx::Error| Failure::Other(format!("{}: {error}", source.display()));
    let options = SqliteConnectOptions::new().filename(source).read_only(true);
    let mut connection = options.connect().await.map_err(failed)?;
    let target = folder.join(name);
    let path = target.to_string_lossy().into_owned();
    sqlx::query("VACUUM INTO ?1").bind(path).execute(&mut connection).await.map_err(failed)?;
    std::fs::File::open(&target)?.sync_all()?;
    sums.add(name, copy::hash(&target)?);
    Ok(())
}

/// Copies the files that are not in the backup yet; a file never changes.
fn copy_attachments(config: &Config, folder: &Path, sums: &mut Sums) -> Result<(), Failure> {
    if config.in_a_bucket() {
        return Ok(());
    }
    let source = Path::new(&config.attachments);
    create_private(&folder.join(ATTACHMENTS))?;
    for id in copy::attachments(source)? {
        let name = format!("{ATTACHMENTS}{id}");
        if !sums.has(&name) {
            match copy::copy(&source.join(&id), &folder.join(&name)) {
                Ok(hash) => sums.add(&name, hash),
                // It was removed since it was listed: nothing names it.
                Err(_) if !source.join(&id).exists() => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

//! `docket backup` and `docket restore`: all that is kept, except the key.

use std::io::Write;
use std::path::{Path, PathBuf};

use docket_store::sqlite::SqliteStore;
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use super::Failure;
use crate::config::Config;
use crate::docket::{ACCESS_FILE, KEY_FILE, SIDE_FILE, create_private, sqlite_path};

/// The log, in a backup.
const LOG: &str = "log.sqlite";

/// The attachments, in a backup.
const ATTACHMENTS: &str = "attachments";

/// Where a backup is written.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  docket backup /mnt/backups/2026-03-01

It works while a server runs. The backup never contains the key: keep a copy of DATA/docket.key
elsewhere, for without it no personal text in the backup can be read.")]
pub struct BackupArgs {
    /// A folder that does not exist yet
    folder: PathBuf,
}

/// Which backup is restored.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  docket restore /mnt/backups/2026-03-01 --data /var/lib/docket

The data folder must hold no log. Put your copy of docket.key there before you serve.")]
pub struct RestoreArgs {
    /// The folder of the backup
    folder: PathBuf,
}

/// Writes a backup.
pub async fn backup(args: BackupArgs, config: Config) -> Result<(), Failure> {
    let folder = &args.folder;
    if folder.exists() {
        let folder = folder.display();
        return Err(Failure::Other(format!("{folder} exists already; a backup never overwrites")));
    }
    create_private(folder)?;
    // Attachments first: what the log names was there before it was named.
    copy_folder(Path::new(&config.attachments), &folder.join(ATTACHMENTS))?;
    let store = SqliteStore::open_read_only(sqlite_path(&config.store)?).await?;
    store.backup_to(folder.join(LOG)).await?;
    store.close().await;
    // What came while the log was copied is named by nothing in the copy, and harmless.
    copy_folder(Path::new(&config.attachments), &folder.join(ATTACHMENTS))?;
    for file in [ACCESS_FILE, SIDE_FILE] {
        copy_database(&config.data.join(file), &folder.join(file)).await?;
    }
    let mut out = std::io::stdout();
    writeln!(out, "The backup is in {}", folder.display())?;
    writeln!(out, "It does not contain the key; keep a copy of {KEY_FILE} elsewhere.")?;
    Ok(())
}

/// Restores a backup into an empty data folder.
pub async fn restore(args: RestoreArgs, config: Config) -> Result<(), Failure> {
    let target = sqlite_path(&config.store)?;
    // A write-ahead log that lies beside would be taken for that of the restored log.
    for end in ["", "-wal", "-shm"] {
        let mut file = target.as_os_str().to_owned();
        file.push(end);
        if Path::new(&file).exists() {
            let file = file.display();
            return Err(Failure::Other(format!(
                "{file} exists already; a restore never overwrites"
            )));
        }
    }
    let source = args.folder.join(LOG);
    if !source.exists() {
        return Err(Failure::Other(format!("{} holds no backup", args.folder.display())));
    }
    create_private(&config.data)?;
    copy_folder(&args.folder.join(ATTACHMENTS), Path::new(&config.attachments))?;
    for file in [ACCESS_FILE, SIDE_FILE] {
        copy_file(&args.folder.join(file), &config.data.join(file))?;
    }
    // The log comes last: a restore that was cut short is no store yet.
    copy_file(&source, target)?;
    let mut out = std::io::stdout();
    writeln!(out, "The backup is restored into {}", config.data.display())?;
    if !config.data.join(KEY_FILE).exists() {
        let key = config.data.join(KEY_FILE);
        writeln!(out, "Now put your copy of the key at {}", key.display())?;
    }
    Ok(())
}

/// Copies a database that may be in use, as it stands at one moment.
async fn copy_database(source: &Path, target: &Path) -> Result<(), Failure> {
    if !source.exists() {
        return Ok(());
    }
    let failed = |error: sqlx::Error| Failure::Other(format!("{}: {error}", source.display()));
    let options = SqliteConnectOptions::new().filename(source).read_only(true);
    let mut connection = options.connect().await.map_err(failed)?;
    let name = target.to_string_lossy().into_owned();
    sqlx::query("VACUUM INTO ?1").bind(name).execute(&mut connection).await.map_err(failed)?;
    Ok(std::fs::File::open(target)?.sync_all()?)
}

fn copy_folder(source: &Path, target: &Path) -> Result<(), Failure> {
    if !source.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(target)?;
    for entry in std::fs::read_dir(source)? {
        let entry = entry?;
        let copy = target.join(entry.file_name());
        if entry.file_type()?.is_file() && !copy.exists() {
            copy_file(&entry.path(), &copy)?;
        }
    }
    Ok(())
}

/// Copies a file if it is there; the copy is on disk, under its name only once it is whole.
fn copy_file(source: &Path, target: &Path) -> Result<(), Failure> {
    if !source.exists() {
        return Ok(());
    }
    let mut partial = target.as_os_str().to_owned();
    partial.push(".partial");
    std::fs::copy(source, &partial)?;
    std::fs::File::open(&partial)?.sync_all()?;
    Ok(std::fs::rename(&partial, target)?)
}

//! `docket restore`: a backup, into an empty data folder, without whoever was erased since.

use std::io::Write;
use std::path::{Path, PathBuf};

use docket_store::sqlite::SqliteStore;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection};

use super::Failure;
use super::backup::{ATTACHMENTS, LOG};
use super::copy::Sums;
use crate::config::Config;
use crate::docket::{ACCESS_FILE, KEY_FILE, SIDE_FILE, StoreUrl, create_private};
use crate::erasures::{ERASURES_FILE, Erasures};

/// Which backup is restored.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  docket restore /mnt/backups/2026-03-01 --data /var/lib/docket
  docket restore /mnt/backups/2026-03-01 --erasures /mnt/safe/erasures.log

The data folder must hold no log. Put your copy of docket.key there before you serve. Whoever was
erased after the backup was made is erased again, as DATA/erasures.log, or the one you name, says.")]
pub struct Args {
    /// The folder of the backup
    folder: PathBuf,
    /// The newest ledger of erasures, where it does not lie in the data folder
    #[arg(long, value_name = "FILE")]
    erasures: Option<PathBuf>,
}

/// Restores a backup.
pub async fn run(args: Args, config: Config) -> Result<(), Failure> {
    let target = StoreUrl::parse(&config.store)?.file(
        "restore the server or the database, and start Docket with its key and erasures.log",
    )?;
    refuse_to_overwrite(target)?;
    let sums = Sums::read(&args.folder)?;
    if !sums.has(LOG) {
        return Err(Failure::Other(format!("{} holds no log", args.folder.display())));
    }
    // What a refused restore left behind would be taken for newer than the backup by the next one.
    sums.check(&args.folder)?;
    create_private(&config.data)?;
    let known = gather_erasures(&args, &config, &sums)?;
    let files = copy_attachments(&args.folder, &config, &sums)?;
    for file in [ACCESS_FILE, SIDE_FILE] {
        // One that outlived the log is newer than the backup's, and stays.
        let kept = config.data.join(file);
        if sums.has(file) && refuse_to_overwrite(&kept).is_ok() {
            sums.copy_out(&args.folder, file, &kept)?;
        }
    }
    let erased = restore_log(&args.folder, &sums, target, &config).await?;
    let erased = known.then_some(erased);
    tell(&config, files, erased)?;
    Ok(())
}

/// Copies the log and erases in it whoever was erased after the backup; how many. The log comes last: a restore
/// that was cut short is no store yet. And it has its name only once it brings nobody back.
async fn restore_log(
    backup: &Path,
    sums: &Sums,
    target: &Path,
    config: &Config,
) -> Result<usize, Failure> {
    let mut restoring = target.as_os_str().to_owned();
    restoring.push(".restoring");
    let restoring = PathBuf::from(restoring);
    discard(&restoring);
    sums.copy_out(backup, LOG, &restoring)?;
    let erased = erase_again(&restoring, &Erasures::of(&config.data)).await?;
    std::fs::rename(&restoring, target)?;
    Ok(erased)
}

/// Says what was restored, and what is left to do. `erased` is none where no ledger was found.
fn tell(config: &Config, files: usize, erased: Option<usize>) -> std::io::Result<()> {
    let (mut out, data) = (std::io::stdout(), config.data.display());
    writeln!(out, "The backup is restored into {data}, with {files} attachments")?;
    match erased {
        Some(erased) => writeln!(out, "Erased again, as they were after the backup: {erased}")?,
        None => writeln!(
            out,
            "No ledger of erasures was found, so nobody was erased again. If anybody was erased after \
             this backup was made, put the newest {ERASURES_FILE} into {data} before you serve."
        )?,
    }
    if config.in_a_bucket() {
        writeln!(out, "Attachments lie in {}, which was left as it is.", config.attachments)?;
    }
    let key = config.data.join(KEY_FILE);
    if !key.exists() {
        writeln!(out, "Now put your copy of the key at {}", key.display())?;
    }
    Ok(())
}

fn refuse_to_overwrite(target: &Path) -> Result<(), Failure> {
    // A write-ahead log that lies beside would be taken for that of the restored log.
    for end in ["", "-wal", "-shm"] {
        let mut file = target.as_os_str().to_owned();
        file.push(end);
        if Path::new(&file).exists() {
            let file = file.display();
            let why = format!("{file} exists already; a restore never overwrites");
            return Err(Failure::Other(why));
        }
    }
    Ok(())
}

/// Removes what a restore that was cut short left behind; what is not there needs no removing.
fn discard(restoring: &Path) {
    for end in ["", "-wal", "-shm"] {
        let mut file = restoring.as_os_str().to_owned();
        file.push(end);
        let _ = std::fs::remove_file(file);
    }
}

/// Brings together what the ledgers say, in the data folder. False where the only one is the
/// backup's own, which knows of no later erasure.
fn gather_erasures(args: &Args, config: &Config, sums: &Sums) -> Result<bool, Failure> {
    let ledger = Erasures::of(&config.data);
    let known = config.data.join(ERASURES_FILE).exists() || args.erasures.is_some();
    let mut others = Vec::new();
    if let Some(file) = &args.erasures {
        std::fs::metadata(file)
            .map_err(|error| Failure::Other(format!("{}: {error}", file.display())))?;
        others.push(Erasures::at(file.clone()));
    }
    if sums.has(ERASURES_FILE) {
        others.push(Erasures::at(args.folder.join(ERASURES_FILE)));
    }
    let now = docket_domain::instant::Instant(super::clock()());
    for other in others {
        let held = ledger.subjects()?;
        for subject in other.subjects()?.difference(&held) {
            ledger.note(subject, now)?;
        }
    }
    Ok(known)
}

fn copy_attachments(backup: &Path, config: &Config, sums: &Sums) -> Result<usize, Failure> {
    if config.in_a_bucket() {
        return Ok(0);
    }
    let folder = Path::new(&config.attachments);
    create_private(folder)?;
    let mut count = 0;
    for name in sums.under(ATTACHMENTS) {
        let id = name.strip_prefix(ATTACHMENTS).unwrap_or(name);
        sums.copy_out(backup, name, &folder.join(id))?;
        count += 1;
    }
    Ok(count)
}

/// Destroys, in a log that nobody reads yet, the keys of those who were erased; answers how many.
async fn erase_again(log: &Path, ledger: &Erasures) -> Result<usize, Failure> {
    if ledger.subjects()?.is_empty() {
        return Ok(0);
    }
    let store = SqliteStore::open(log, super::clock()).await?;
    let erased = ledger.replay(&store).await;
    store.close().await;
    // The lock of the name that the log had for a moment.
    let mut lock = log.as_os_str().to_owned();
    lock.push(".lock");
    std::fs::remove_file(lock)?;
    leave_no_write_ahead_log(log).await?;
    Ok(erased?.len())
}

/// Brings everything into the one file, which is about to get another name.
async fn leave_no_write_ahead_log(log: &Path) -> Result<(), Failure> {
    let failed = |error: sqlx::Error| Failure::Other(format!("{}: {error}", log.display()));
    let options = SqliteConnectOptions::new().filename(log).journal_mode(SqliteJournalMode::Wal);
    let mut connection = options.connect().await.map_err(failed)?;
    let emptied = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)");
    let (busy, _, _): (i64, i64, i64) = emptied.fetch_one(&mut connection).await.map_err(failed)?;
    connection.close().await.map_err(failed)?;
    if busy != 0 {
        return Err(Failure::Other(format!("{} is being read; try again", log.display())));
    }
    Ok(std::fs::File::open(log)?.sync_all()?)
}

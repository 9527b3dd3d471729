//! The ledger of erasures: a file beside the key, in which every erasure is written down before it
//! happens; and beside it whose erasure is not finished.
//!
//! A backup that is older than an erasure holds the key that was destroyed. The ledger outlives the
//! log: whatever log comes to lie beside it, what stands in it is erased again before anybody
//! reads. And views outlive the process: whoever is marked as unfinished is forgotten again by the
//! next start, whatever the one before had reached. Both name streams (`customer-0192…`) and times,
//! nothing personal.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use docket_domain::instant::Instant;
use docket_store::{EventStore, KeyState, StoreError};

use crate::docket::create_private;

/// The file, in the data folder and in a backup.
pub const ERASURES_FILE: &str = "erasures.log";

/// The folder beside it, which holds an empty file for each subject whose erasure is not finished.
pub const UNFINISHED_FOLDER: &str = "erasures.unfinished";

/// The folder beside it, which holds an empty file for each subject that another server has erased and that
/// views may still show.
pub const HEARD_FOLDER: &str = "erasures.heard";

/// The ledger.
#[derive(Clone, Debug)]
pub struct Erasures(PathBuf);

impl Erasures {
    /// The ledger of a data folder.
    pub fn of(data: &Path) -> Self {
        Self(data.join(ERASURES_FILE))
    }

    /// A ledger that lies elsewhere.
    pub fn at(file: PathBuf) -> Self {
        Self(file)
    }

    /// Writes an erasure down; it is on disk when this answers.
    pub fn note(&self, subject: &str, at: Instant) -> std::io::Result<()> {
        self.note_all(&[(subject.to_owned(), at)])
    }

    /// Writes erasures down; they are on disk when this answers.
    pub fn note_all(&self, erased: &[(String, Instant)]) -> std::io::Result<()> {
        let fresh = !self.0.exists();
        let mut options = OpenOptions::new();
        let mut file = options.append(true).create(true).mode(0o600).open(&self.0)?;
        // What a full disk or a power loss left of a line was never answered, and would spoil this one.
        let written = std::fs::read(&self.0)?;
        file.set_len(whole_lines(&written).len() as u64)?;
        let lines = erased.iter().map(|(subject, at)| format!("{at} {subject}\n"));
        file.write_all(lines.collect::<String>().as_bytes())?;
        file.sync_all()?;
        match self.0.parent().filter(|_| fresh) {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }

    /// Marks a subject as one whose erasure is not finished; it is on disk when this answers.
    pub fn mark(&self, subject: &str) -> std::io::Result<()> {
        self.mark_in(UNFINISHED_FOLDER, subject)
    }

    /// The subjects that are marked.
    pub fn unfinished(&self) -> std::io::Result<BTreeSet<String>> {
        self.marked_in(UNFINISHED_FOLDER)
    }

    /// Takes the marks away. One that a crash brings back costs some work and does no harm.
    pub fn finish(&self, subjects: &BTreeSet<String>) -> std::io::Result<()> {
        let folder = self.0.with_file_name(UNFINISHED_FOLDER);
        subjects.iter().try_for_each(|subject| std::fs::remove_file(folder.join(subject)))
    }

    /// Marks a subject as one that another server has erased; it is on disk when this answers.
    pub fn hear(&self, subject: &str) -> std::io::Result<()> {
        self.mark_in(HEARD_FOLDER, subject)
    }

    /// The subjects that another server has erased, and that views may still show.
    pub fn heard(&self) -> std::io::Result<BTreeSet<String>> {
        self.marked_in(HEARD_FOLDER)
    }

    /// Takes that mark of a subject away.
    pub fn settle(&self, subject: &str) -> std::io::Result<()> {
        std::fs::remove_file(self.0.with_file_name(HEARD_FOLDER).join(subject))
    }

    fn mark_in(&self, folder: &str, subject: &str) -> std::io::Result<()> {
        let folder = self.0.with_file_name(folder);
        if !folder.exists() {
            create_private(&folder)?;
            File::open(self.0.parent().unwrap_or(Path::new(".")))?.sync_all()?;
        }
        File::create(folder.join(subject))?;
        File::open(folder)?.sync_all()
    }

    fn marked_in(&self, folder: &str) -> std::io::Result<BTreeSet<String>> {
        let marks = match std::fs::read_dir(self.0.with_file_name(folder)) {
            Ok(marks) => marks,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeSet::new()),
            Err(error) => return Err(error),
        };
        marks.map(|mark| Ok(mark?.file_name().to_string_lossy().into_owned())).collect()
    }

    /// Everybody who was erased; nobody where there is no ledger.
    ///
    /// # Errors
    /// Also when a line is none of a ledger: what cannot be read might be an erasure.
    pub fn subjects(&self) -> std::io::Result<BTreeSet<String>> {
        let text = match std::fs::read(&self.0) {
            Ok(bytes) => String::from_utf8_lossy(whole_lines(&bytes)).into_owned(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeSet::new()),
            Err(error) => return Err(error),
        };
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        lines.map(|(number, line)| self.subject(number + 1, line)).collect()
    }

    fn subject(&self, number: usize, line: &str) -> std::io::Result<String> {
        let parts = line.split_once(' ');
        let parts = parts.filter(|(at, subject)| {
            at.parse::<Instant>().is_ok() && subject.contains('-') && !subject.contains([' ', '/'])
        });
        let wrong = || {
            let file = self.0.display();
            std::io::Error::other(format!("{file}, line {number}: this is no erasure"))
        };
        parts.map(|(_, subject)| subject.to_owned()).ok_or_else(wrong)
    }

    /// Erases again whatever the ledger names and the log still has a key for, or could come to
    /// have; answers of whom views may still show something, who is marked from now on.
    pub async fn replay(&self, store: &dyn EventStore) -> Result<BTreeSet<String>, StoreError> {
        let refused = |error: std::io::Error| StoreError::Refused(error.to_string());
        let subjects: Vec<String> = self.subjects().map_err(refused)?.into_iter().collect();
        let states = store.keys(&subjects).await?;
        let mut unfinished = self.unfinished().map_err(refused)?;
        for (subject, state) in subjects.into_iter().zip(states) {
            if !matches!(state, KeyState::Erased(_)) {
                self.mark(&subject).map_err(refused)?;
                store.erase_key(&subject).await?;
                unfinished.insert(subject);
            }
        }
        Ok(unfinished)
    }
}

/// The lines that were written to their end.
fn whole_lines(written: &[u8]) -> &[u8] {
    let end = written.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    &written[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_marked_is_unfinished_until_that_is_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Erasures::of(folder.path());
        let of = |subjects: &[&str]| subjects.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!(ledger.unfinished().unwrap(), of(&[]));
        for subject in ["customer-1", "ticket-2", "customer-1"] {
            ledger.mark(subject).unwrap();
        }
        assert_eq!(ledger.unfinished().unwrap(), of(&["customer-1", "ticket-2"]));
        ledger.finish(&of(&["customer-1"])).unwrap();
        assert_eq!(ledger.unfinished().unwrap(), of(&["ticket-2"]));
    }

    #[test]
    fn what_is_noted_is_read_and_a_broken_line_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Erasures::of(folder.path());
        assert!(ledger.subjects().unwrap().is_empty());
        for subject in ["customer-1", "ticket-2", "customer-1"] {
            ledger.note(subject, Instant(1_772_442_000_000)).unwrap();
        }
        assert_eq!(
            ledger.subjects().unwrap().into_iter().collect::<Vec<_>>(),
            ["customer-1", "ticket-2"]
        );
        let file = folder.path().join(ERASURES_FILE);
        std::fs::write(&file, "2026-03-02T09:00:00.000Z customer-1\n2026-03-02T09:00:00.000Z tick")
            .unwrap();
        ledger.note("customer-3", Instant(1_772_442_000_000)).unwrap();
        assert_eq!(
            ledger.subjects().unwrap().into_iter().collect::<Vec<_>>(),
            ["customer-1", "customer-3"],
            "a line that was cut short was never answered, and spoils none after it"
        );
        std::fs::write(&file, "2026-03-02T09:00:00.000Z custo\n").unwrap();
        let broken = ledger.subjects().unwrap_err().to_string();
        assert!(broken.ends_with("line 1: this is no erasure"), "{broken}");
    }
}

//! The ledger of erasures: a file beside the key, in which every erasure is written down before it
//! happens.
//!
//! A backup that is older than an erasure holds the key that was destroyed. The ledger outlives the
//! log: whatever log comes to lie beside it, what stands in it is erased again before anybody
//! reads. It names streams (`customer-0192…`) and times, nothing personal.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use docket_domain::instant::Instant;
use docket_store::{EventStore, KeyState, StoreError};

/// The file, in the data folder and in a backup.
pub const ERASURES_FILE: &str = "erasures.log";

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
        let fresh = !self.0.exists();
        let mut options = OpenOptions::new();
        let mut file = options.append(true).create(true).mode(0o600).open(&self.0)?;
        // What a full disk or a power loss left of a line was never answered, and would spoil this one.
        let written = std::fs::read(&self.0)?;
        file.set_len(whole_lines(&written).len() as u64)?;
        file.write_all(format!("{at} {subject}\n").as_bytes())?;
        file.sync_all()?;
        match self.0.parent().filter(|_| fresh) {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
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
            at.parse::<Instant>().is_ok() && subject.contains('-') && !subject.contains(' ')
        });
        let wrong = || {
            let file = self.0.display();
            std::io::Error::other(format!("{file}, line {number}: this is no erasure"))
        };
        parts.map(|(_, subject)| subject.to_owned()).ok_or_else(wrong)
    }

    /// Erases again whatever the ledger names and the log still has a key for, or could come to
    /// have; answers whom.
    pub async fn replay(&self, store: &dyn EventStore) -> Result<Vec<String>, StoreError> {
        let subjects = self.subjects().map_err(|error| StoreError::Refused(error.to_string()))?;
        let subjects: Vec<String> = subjects.into_iter().collect();
        let states = store.keys(&subjects).await?;
        let mut again = Vec::new();
        for (subject, state) in subjects.into_iter().zip(states) {
            if !matches!(state, KeyState::Erased(_)) {
                store.erase_key(&subject).await?;
                again.push(subject);
            }
        }
        Ok(again)
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

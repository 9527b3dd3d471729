//! What an import did, in figures.

use std::collections::BTreeMap;
use std::fmt;

/// What became of one row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It became an event of this type.
    Mapped(String),
    /// No rule of the map fits it; it is kept as an external activity.
    Unmapped,
    /// The desk refused what it maps to, for this reason; it is kept as an external activity.
    Refused(String),
    /// An earlier run brought it in.
    Known,
    /// It is not in the log.
    Rejected,
}

/// What an import did, in figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Cases that became tickets in this run.
    pub tickets: u64,
    /// Rows, by what became of them.
    pub rows: BTreeMap<Fate, u64>,
}

impl Report {
    /// Counts one row.
    pub fn count(&mut self, fate: Fate) {
        *self.rows.entry(fate).or_default() += 1;
    }

    /// Adds what another part of the import did.
    pub fn add(&mut self, other: Self) {
        self.tickets += other.tickets;
        for (fate, rows) in other.rows {
            *self.rows.entry(fate).or_default() += rows;
        }
    }

    /// How many rows are not in the log.
    pub fn rejected(&self) -> u64 {
        self.rows.get(&Fate::Rejected).copied().unwrap_or(0)
    }

    /// How many rows this run brought in.
    pub fn imported(&self) -> u64 {
        let all: u64 = self.rows.values().sum();
        all - self.rejected() - self.rows.get(&Fate::Known).copied().unwrap_or(0)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} events imported, {} new tickets", self.imported(), self.tickets)?;
        for (fate, rows) in &self.rows {
            match fate {
                Fate::Mapped(event_type) => writeln!(f, "{rows:>9}  {event_type}")?,
                Fate::Unmapped => writeln!(f, "{rows:>9}  ExternalActivityRecorded (not mapped)")?,
                Fate::Refused(code) => {
                    writeln!(f, "{rows:>9}  ExternalActivityRecorded (refused: {code})")?;
                }
                Fate::Known => writeln!(f, "{rows:>9}  already there")?,
                Fate::Rejected => writeln!(f, "{rows:>9}  rejected")?,
            }
        }
        Ok(())
    }
}

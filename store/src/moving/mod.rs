//! Moving house: a log, with all that stands beside it, from one kind of store into another.
//!
//! Whatever is copied is copied as it is: positions, versions, ids, times, bytes. It goes on where it
//! ended, since the target itself says how far it is; and it is done beside a server that writes, up to
//! the last step, before which the source is closed to writers for good. The target is marked, and
//! nobody serves from it, until every row was read from both and found equal and every payload has its
//! hash. See `docs/decisions/0031`. Deliberately absent: any change of what is moved.

mod compare;
mod copying;
mod doors;
mod house;
mod judging;
#[cfg(feature = "kurrentdb")]
mod kurrent;
mod level;
mod marks;
mod tables;
#[cfg(test)]
mod tests;

use std::path::Path;

use self::compare::Comparison;
use self::house::House;
use self::judging::{begin, judge, value};
pub(crate) use self::marks::refuse_if_moving;
use self::marks::{ARRIVING, DEPARTED};
use self::tables::{ACCESSES, BESIDE, EVENTS, Row, Table};
use crate::{Position, StoreError};

/// Rows, and bytes, that are read at once.
const PAGE: usize = 1_000;
const PAGE_BYTES: usize = 4 << 20;

/// Where a log is, or shall be.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// In files: the log, and beside it who read what.
    Sqlite {
        /// The log.
        log: &'a Path,
        /// The access log.
        access: &'a Path,
    },
    /// In a database, which holds both.
    Postgres(&'a str),
    /// In KurrentDB, with the rest in a file beside it. It is left for PostgreSQL, or entered from there.
    #[cfg(feature = "kurrentdb")]
    Kurrent {
        /// Where KurrentDB is.
        url: &'a str,
        /// What it cannot keep.
        beside: &'a Path,
        /// The access log.
        access: &'a Path,
    },
}

/// A move that is under way.
pub struct Moving {
    from: House,
    to: House,
    comparison: Comparison,
    /// The subjects whose keys were destroyed at the source after they had been copied.
    erased: Vec<String>,
    /// Up to which position of the log the tables beside it were levelled.
    levelled: Option<Position>,
}

/// What was moved, all of it read again from both stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Events.
    pub events: u64,
    /// In how many streams.
    pub streams: u64,
    /// Entries of the access log.
    pub readings: u64,
}

impl Moving {
    /// Begins a move, or goes on with one. Nobody serves from the target from here on.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when there is no log at the source or it has gone elsewhere, or when the
    /// target holds anything but what this move has brought.
    pub async fn begin(from: Place<'_>, to: Place<'_>) -> Result<Self, StoreError> {
        refuse_others(from, to)?;
        let mut from = House::left(from).await?;
        #[cfg(feature = "kurrentdb")]
        if let Place::Kurrent { url, .. } = to {
            kurrent::refuse_another(url, &mut from).await?;
        }
        if let Some(mut there) = House::found(to).await? {
            let judged = judge(&mut from, &mut there).await;
            #[cfg(feature = "kurrentdb")]
            let judged = match judged {
                Ok(_) => kurrent::refuse_elsewhere(&mut there).await,
                Err(refused) => Err(refused),
            };
            there.leave().await;
            judged?;
        }
        let mut to = House::entered(to).await?;
        begin(&mut from, &mut to).await?;
        let comparison = Comparison::default();
        Ok(Self { from, to, comparison, erased: Vec::new(), levelled: None })
    }

    /// The source and the target, as they may be shown.
    pub fn places(&self) -> (String, String) {
        (self.from.shown(), self.to.shown())
    }

    /// Copies what the source has and the target has not, while others write there; answers how many
    /// events that were. Tells `progress` how far it is, and how far it goes.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] when a payload at the source has not its hash, or a position is
    /// missing.
    pub async fn copy(
        &mut self,
        progress: &mut (dyn FnMut(Position, Position) + Send),
    ) -> Result<u64, StoreError> {
        let copied = self.copy_grown(&EVENTS, progress).await?;
        self.copy_grown(&ACCESSES, &mut |_, _| {}).await?;
        // Whatever comes with an event is there when the event is.
        let end = self.from.last(&EVENTS).await?;
        self.bring().await?;
        self.levelled = Some(end);
        Ok(copied)
    }

    /// Makes the tables beside the log what they are at the source; says of which how many rows were not.
    async fn bring(&mut self) -> Result<Option<(&'static str, u64)>, StoreError> {
        let mut changed = None;
        for table in &BESIDE {
            let changes = level::bring(table, self.levelled, &mut self.from, &mut self.to).await?;
            self.erased.extend(changes.erased);
            if changes.count > 0 {
                changed = Some((table.name, changes.count));
            }
        }
        Ok(changed)
    }

    /// Reads what was copied since from both, and holds one against the other.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] where they differ, or the log is not what was once appended.
    pub async fn compare(
        &mut self,
        progress: &mut (dyn FnMut(Position, Position) + Send),
    ) -> Result<(), StoreError> {
        self.comparison.events(&mut self.from, &mut self.to, progress).await?;
        self.comparison.readings(&mut self.from, &mut self.to).await?;
        let Some(levelled) = self.levelled else { return Ok(()) };
        self.comparison.commands(commands(), levelled, &mut self.from, &mut self.to).await
    }

    /// Who still uses the source, in words; `None` where nobody does.
    ///
    /// # Errors
    /// When it cannot be found out.
    pub async fn users(&mut self) -> Result<Option<String>, StoreError> {
        self.from.users().await
    }

    /// Closes the source to writers, copies the rest, and compares it: what was compared before is not
    /// read again, but for tables in which rows may change or go. The target is still marked after that.
    ///
    /// # Errors
    /// As [`copy`](Self::copy) and [`compare`](Self::compare). The source stays closed.
    pub async fn finish(&mut self) -> Result<Moved, StoreError> {
        self.from.close_to_writers(&self.to.shown()).await?;
        self.copy_grown(&EVENTS, &mut |_, _| {}).await?;
        self.copy_grown(&ACCESSES, &mut |_, _| {}).await?;
        self.to.number_readings().await?;
        self.compare(&mut |_, _| {}).await?;
        #[cfg(feature = "kurrentdb")]
        kurrent::refuse_more(&mut self.to).await?;
        // A second time finds nothing: that is the proof. Where the first did not either, it is that.
        if self.bring().await?.is_some()
            && let Some((table, count)) = self.bring().await?
        {
            return Err(StoreError::Integrity(format!(
                "{count} rows of {table} at the target are not those of the source; run the move \
                 again"
            )));
        }
        Ok(self.comparison.moved())
    }

    /// The subjects whose keys were destroyed at the source while it moved: what was made at the target
    /// from what was copied before must forget them.
    pub fn erased(&self) -> &[String] {
        &self.erased
    }

    /// Takes the mark from the target: it may be served from now.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn welcome(mut self) -> Result<(), StoreError> {
        let mark = [named(ARRIVING, None)];
        self.to.remove(meta(), &mark).await?;
        self.leave().await;
        Ok(())
    }

    /// Lets go of both stores.
    pub async fn leave(self) {
        self.from.leave().await;
        self.to.leave().await;
    }
}

/// Refuses what there is no way between.
fn refuse_others(from: Place<'_>, to: Place<'_>) -> Result<(), StoreError> {
    let why = match (from, to) {
        #[cfg(feature = "kurrentdb")]
        (Place::Kurrent { .. }, Place::Postgres(_))
        | (Place::Postgres(_), Place::Kurrent { .. }) => {
            return Ok(());
        }
        (Place::Sqlite { .. }, Place::Postgres(_)) | (Place::Postgres(_), Place::Sqlite { .. }) => {
            return Ok(());
        }
        #[cfg(feature = "kurrentdb")]
        (Place::Kurrent { .. }, _) | (_, Place::Kurrent { .. }) => {
            "a log moves between KurrentDB and PostgreSQL; from there it may go on to SQLite, or come from it"
        }
        _ => {
            "a log moves between SQLite and PostgreSQL; between two of a kind use docket backup and \
             restore, or PostgreSQL's own means"
        }
    };
    Err(StoreError::Refused(why.to_owned()))
}

/// Lets the source be served from again, after a move that is not to be finished.
///
/// # Errors
/// [`StoreError::Refused`] when the source is used, or the move was finished: the log is at the target
/// then, and two must not go on from it.
pub async fn give_up(from: Place<'_>, to: Place<'_>) -> Result<(), StoreError> {
    let mut from = House::left(from).await?;
    if let Some(users) = from.users().await? {
        return Err(StoreError::Refused(users));
    }
    if value(&mut from, DEPARTED).await?.is_none() {
        return Err(StoreError::Refused("this log has not moved: serve from it".to_owned()));
    }
    let mut to = House::left(to).await?;
    if value(&mut to, ARRIVING).await?.is_none() {
        return Err(StoreError::Refused(format!(
            "the log has arrived in {}, or never began to move there; where it arrived, move it back",
            to.shown()
        )));
    }
    from.open_to_writers().await?;
    from.leave().await;
    to.leave().await;
    Ok(())
}

fn commands() -> &'static Table {
    let [commands, ..] = &BESIDE;
    commands
}

#[cfg(feature = "kurrentdb")]
fn claims() -> &'static Table {
    let [_, claims, ..] = &BESIDE;
    claims
}

fn meta() -> &'static Table {
    let [.., meta] = &BESIDE;
    meta
}

fn named(name: &str, value: Option<String>) -> Row {
    vec![Some(name.to_owned()), value]
}

fn number(row: &Row) -> Result<Position, StoreError> {
    let first = row.first().and_then(|column| column.as_deref()?.parse().ok());
    first.ok_or_else(|| StoreError::Integrity("a row has no number".to_owned()))
}

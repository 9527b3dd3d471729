//! Moving house: a log, with all that stands beside it, from one kind of store into another.
//!
//! Whatever is copied is copied as it is: positions, versions, ids, times, bytes. It goes on where it
//! ended, since the target itself says how far it is; and it is done beside a server that writes, up to
//! the last step, before which the source is closed to writers for good. The target is marked, and
//! nobody serves from it, until every row was read from both and found equal and every payload has its
//! hash. See `docs/decisions/0031`. Deliberately absent: any change of what is moved.

mod compare;
mod house;
mod level;
mod marks;
mod tables;
#[cfg(test)]
mod tests;

use std::path::Path;

use self::compare::Comparison;
use self::house::House;
pub(crate) use self::marks::refuse_if_moving;
use self::marks::{ARRIVING, DEPARTED};
use self::tables::{ACCESSES, BESIDE, EVENTS, Row, Table};
use crate::batches::Batches;
use crate::{Position, STORE_ID, StoreError};

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
}

/// A move that is under way.
pub struct Moving {
    from: House,
    to: House,
    comparison: Comparison,
    /// The subjects whose keys were destroyed at the source after they had been copied.
    erased: Vec<String>,
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
        if matches!(
            (from, to),
            (Place::Sqlite { .. }, Place::Sqlite { .. }) | (Place::Postgres(_), Place::Postgres(_))
        ) {
            return Err(StoreError::Refused(
                "a log moves between SQLite and PostgreSQL; between two of a kind use docket backup \
                 and restore, or PostgreSQL's own means"
                    .to_owned(),
            ));
        }
        let mut from = House::left(from).await?;
        let mut to = House::entered(to).await?;
        begin(&mut from, &mut to).await?;
        Ok(Self { from, to, comparison: Comparison::default(), erased: Vec::new() })
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
        for table in &BESIDE {
            let changes = level::bring(table, &mut self.from, &mut self.to).await?;
            self.erased.extend(changes.erased);
        }
        Ok(copied)
    }

    /// Reads what was copied since from both, and holds one against the other.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] where they differ, or the log is not what was once appended.
    pub async fn compare(
        &mut self,
        progress: &mut (dyn FnMut(Position, Position) + Send),
    ) -> Result<(), StoreError> {
        self.comparison.events(&mut self.from, &mut self.to, progress).await
    }

    /// Who still uses the source, in words; `None` where nobody does.
    ///
    /// # Errors
    /// When it cannot be found out.
    pub async fn users(&mut self) -> Result<Option<String>, StoreError> {
        self.from.users().await
    }

    /// Closes the source to writers, copies the rest, and compares everything. The target is still
    /// marked after that.
    ///
    /// # Errors
    /// As [`copy`](Self::copy) and [`compare`](Self::compare). The source stays closed.
    pub async fn finish(&mut self) -> Result<Moved, StoreError> {
        self.from.close_to_writers(&self.to.shown()).await?;
        self.copy(&mut |_, _| {}).await?;
        self.to.number_readings().await?;
        self.compare(&mut |_, _| {}).await?;
        self.comparison.readings(&mut self.from, &mut self.to).await?;
        for table in &BESIDE {
            let changes = level::bring(table, &mut self.from, &mut self.to).await?;
            if changes.count > 0 {
                return Err(StoreError::Integrity(format!(
                    "{} rows of {} at the target are not those of the source; run the move again",
                    changes.count, table.name
                )));
            }
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

    async fn copy_grown(
        &mut self,
        table: &Table,
        progress: &mut (dyn FnMut(Position, Position) + Send),
    ) -> Result<u64, StoreError> {
        let began = self.to.last(table).await?;
        let (mut at, end) = (began, self.from.last(table).await?);
        let mut batches = Batches::up_to(PAGE, PAGE_BYTES);
        let mut copied = 0;
        while at < end {
            let behind = [Some(at.to_string())];
            let rows = self.from.page(table, &behind, batches.next()).await?;
            let Some(last) = rows.last() else { break };
            batches.learn_of(rows.len(), rows.iter().flatten().flatten().map(String::len).sum());
            if table.name == EVENTS.name {
                compare::whole(&rows, at)?;
            }
            at = number(last)?;
            copied += rows.len() as u64;
            self.to.put(table, &rows).await?;
            progress(at, end);
        }
        Ok(copied)
    }
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

/// Looks whether the move may be, and marks the target.
async fn begin(from: &mut House, to: &mut House) -> Result<(), StoreError> {
    let refused = |why: String| Err(StoreError::Refused(why));
    let Some(id) = value(from, STORE_ID).await? else {
        return refused(format!("there is no log in {}", from.shown()));
    };
    if value(from, ARRIVING).await?.is_some() {
        return refused(format!("a log is being moved into {}: finish that first", from.shown()));
    }
    match value(from, DEPARTED).await?.map(|target| text(&target)) {
        Some(target) if target != to.shown() => {
            return refused(format!("this log has moved to {target} already"));
        }
        _ => {}
    }
    match value(to, ARRIVING).await? {
        Some(arriving) if arriving == id => return Ok(()),
        Some(_) => return refused(format!("another log is being moved into {}", to.shown())),
        None => {}
    }
    if value(to, STORE_ID).await? == Some(id.clone()) {
        return refused(format!("the log has arrived in {} already", to.shown()));
    }
    if to.last(&EVENTS).await? > 0 {
        return refused(format!("{} holds a log of its own; a move overwrites none", to.shown()));
    }
    to.put(meta(), &[named(ARRIVING, Some(id))]).await
}

fn meta() -> &'static Table {
    let [.., meta] = &BESIDE;
    meta
}

fn named(name: &str, value: Option<String>) -> Row {
    vec![Some(name.to_owned()), value]
}

/// A value in `meta`, in hexadecimal.
async fn value(house: &mut House, name: &str) -> Result<Option<String>, StoreError> {
    let rows = house.page(meta(), &[], PAGE).await?;
    let found = rows.into_iter().find(|row| row.first() == Some(&Some(name.to_owned())));
    Ok(found.and_then(|mut row| row.pop().flatten()))
}

fn text(hex: &str) -> String {
    let bytes = crate::appending::known::from_hex(hex).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn number(row: &Row) -> Result<Position, StoreError> {
    let first = row.first().and_then(|column| column.as_deref()?.parse().ok());
    first.ok_or_else(|| StoreError::Integrity("a row has no number".to_owned()))
}

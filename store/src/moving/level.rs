//! Bringing a table that may change to the state of another: both are read in the order of keys, and
//! only what differs is written. Done twice, the second time finds nothing: that is its own proof.

use std::cmp::Ordering;
use std::collections::VecDeque;

use super::PAGE;
use super::house::House;
use super::marks::stays;
use super::tables::{Row, Span, Table};
use crate::{Position, StoreError};

/// What was not alike.
#[derive(Default)]
pub(super) struct Changes {
    /// How many rows.
    pub count: u64,
    /// Subjects whose key was there before, and is destroyed.
    pub erased: Vec<String>,
}

/// A table, row by row in the order of keys.
struct Rows<'t> {
    table: &'t Table,
    span: Span,
    read: VecDeque<Row>,
    behind: Vec<Option<String>>,
    ended: bool,
}

impl<'t> Rows<'t> {
    fn of(table: &'t Table, span: Span) -> Self {
        Self { table, span, read: VecDeque::new(), behind: Vec::new(), ended: false }
    }

    /// Makes sure that the next row is at hand, if there is one.
    async fn look(&mut self, house: &mut House) -> Result<(), StoreError> {
        while self.read.is_empty() && !self.ended {
            let page = house.page(self.table, &self.behind, self.span, PAGE).await?;
            self.ended = page.len() < PAGE;
            if let Some(last) = page.last() {
                self.behind = self.table.key(last).to_vec();
            }
            self.read = page.into_iter().filter(|row| !stays(self.table, row)).collect();
        }
        Ok(())
    }
}

/// What is to be written at the target.
#[derive(Default)]
struct Work {
    put: Vec<Row>,
    remove: Vec<Row>,
}

impl Work {
    async fn done(&mut self, table: &Table, to: &mut House) -> Result<(), StoreError> {
        if !self.put.is_empty() {
            to.put(table, &std::mem::take(&mut self.put)).await?;
        }
        if !self.remove.is_empty() {
            to.remove(table, &std::mem::take(&mut self.remove)).await?;
        }
        Ok(())
    }
}

/// Makes a table at the target what it is at the source; answers what it was not. Of one that grows with the
/// log, what came up to a position that was levelled before is not read again.
pub(super) async fn bring(
    table: &Table,
    after: Option<Position>,
    from: &mut House,
    to: &mut House,
) -> Result<Changes, StoreError> {
    let span = Span { after, up_to: None };
    let (mut here, mut there) = (Rows::of(table, span), Rows::of(table, span));
    let (mut changes, mut work) = (Changes::default(), Work::default());
    loop {
        here.look(from).await?;
        there.look(to).await?;
        let order = match (here.read.front(), there.read.front()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(here), Some(there)) => table.key(here).cmp(table.key(there)),
        };
        let ours = if order.is_le() { here.read.pop_front() } else { None };
        let theirs = if order.is_ge() { there.read.pop_front() } else { None };
        match (ours, theirs) {
            (Some(ours), theirs) if theirs.as_ref() != Some(&ours) => {
                changes.count += 1;
                changes.erased.extend(erased(table, &ours, theirs.as_ref()));
                work.put.push(ours);
            }
            (None, Some(theirs)) => {
                changes.count += 1;
                work.remove.push(theirs);
            }
            _ => {}
        }
        if work.put.len() + work.remove.len() >= PAGE {
            work.done(table, to).await?;
        }
    }
    work.done(table, to).await?;
    Ok(changes)
}

/// The subject of a tombstone that stands in a key's place.
fn erased(table: &Table, ours: &Row, theirs: Option<&Row>) -> Option<String> {
    let wrapped = |row: &Row| row.get(1).cloned().flatten();
    let is_erasure =
        table.name == "subject_keys" && wrapped(ours).is_none() && wrapped(theirs?).is_some();
    if is_erasure { ours.first().cloned().flatten() } else { None }
}

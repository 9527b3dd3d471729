//! Copying what only grows, from where the target ends.

use super::compare;
use super::house::House;
use super::tables::{EVENTS, Row, Span, Table};
use super::{Moving, PAGE, PAGE_BYTES, number};
use crate::batches::Batches;
use crate::{Position, StoreError};

impl Moving {
    /// Copies the rows of a table that the target does not have yet; answers how many.
    pub(super) async fn copy_grown(
        &mut self,
        table: &Table,
        progress: &mut (dyn FnMut(Position, Position) + Send),
    ) -> Result<u64, StoreError> {
        let (mut at, end) = (self.to.last(table).await?, self.from.last(table).await?);
        let mut batches = Batches::up_to(PAGE, PAGE_BYTES);
        let mut copied = 0;
        while at < end {
            let behind = [Some(at.to_string())];
            let rows = self.from.page(table, &behind, Span::default(), batches.next()).await?;
            if rows.is_empty() {
                break;
            }
            batches.learn_of(rows.len(), rows.iter().flatten().flatten().map(String::len).sum());
            if table.name == EVENTS.name {
                compare::whole(&rows, at)?;
            }
            let before = at;
            at = put(&mut self.from, &mut self.to, table, (at, rows)).await?;
            copied += at - before;
            progress(at, end);
        }
        Ok(copied)
    }
}

/// Writes rows behind a number at the target, and answers the number of the last that is there now.
async fn put(
    from: &mut House,
    to: &mut House,
    table: &Table,
    (after, rows): (Position, Vec<Row>),
) -> Result<Position, StoreError> {
    #[cfg(feature = "kurrentdb")]
    if table.name == EVENTS.name && to.is_in_kurrent() {
        return super::kurrent::enter(from, to, (after, rows)).await;
    }
    #[cfg(not(feature = "kurrentdb"))]
    let _ = from;
    let last = rows.last().map_or(Ok(after), number)?;
    to.put(table, &rows).await?;
    Ok(last)
}

//! Reading both stores, and holding one against the other.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::house::House;
use super::tables::{ACCESSES, EVENTS, Row, Span, Table};
use super::{Moved, PAGE, PAGE_BYTES, number};
use crate::appending::known::from_hex;
use crate::batches::Batches;
use crate::check::Check;
use crate::{Position, StoreError, StoredEvent};

/// How far the two were compared.
#[derive(Default)]
pub(super) struct Comparison {
    check: Check,
    readings: u64,
    /// The last reading that was compared.
    reading: Position,
    /// Up to which position of the log the commands were compared.
    commands: Option<Position>,
}

impl Comparison {
    /// Compares the events behind those that were compared before, up to the end of the target.
    pub async fn events(
        &mut self,
        from: &mut House,
        to: &mut House,
        progress: &mut (dyn FnMut(Position, Position) + Send),
    ) -> Result<(), StoreError> {
        let end = to.last(&EVENTS).await?;
        let mut batches = Batches::up_to(PAGE, PAGE_BYTES);
        while self.check.position() < end {
            let at = self.check.position();
            let limit = batches.next().min(usize::try_from(end - at).unwrap_or(PAGE));
            let rows = alike(&EVENTS, at, limit, from, to).await?;
            batches.learn_of(rows.len(), rows.iter().flatten().flatten().map(String::len).sum());
            for row in &rows {
                let (event, hash) = event(row).ok_or_else(|| {
                    StoreError::Integrity(format!("an event behind {at} cannot be read"))
                })?;
                self.check.event(&event, &hash);
            }
            if let Some(fault) = self.check.report().faults.first() {
                let (position, what) = (fault.position, &fault.what);
                return Err(StoreError::Integrity(format!("at position {position}: {what}")));
            }
            if rows.is_empty() {
                return Err(StoreError::Integrity(format!("the log ends at {at}, not at {end}")));
            }
            progress(self.check.position(), end);
        }
        Ok(())
    }

    /// Compares who read what behind that which was compared before, up to where the target ends.
    pub async fn readings(&mut self, from: &mut House, to: &mut House) -> Result<(), StoreError> {
        let end = to.last(&ACCESSES).await?;
        while self.reading < end {
            let behind = [Some(self.reading.to_string())];
            let there = to.page(&ACCESSES, &behind, Span::default(), PAGE).await?;
            let here = from.page(&ACCESSES, &behind, Span::default(), there.len()).await?;
            let Some(last) = there.last() else { break };
            let last = number(last)?;
            same(&ACCESSES, self.reading, (&here, &there), to)?;
            self.reading = last;
            self.readings += there.len() as u64;
        }
        Ok(())
    }

    /// Compares the commands that came with the log behind those that were compared before, up to a
    /// position up to which they were brought. None of them changes any more.
    pub async fn commands(
        &mut self,
        table: &Table,
        up_to: Position,
        from: &mut House,
        to: &mut House,
    ) -> Result<(), StoreError> {
        let span = Span { after: self.commands, up_to: Some(up_to) };
        let mut behind: Vec<Option<String>> = Vec::new();
        loop {
            let (here, there) = tokio::try_join!(
                from.page(table, &behind, span, PAGE),
                to.page(table, &behind, span, PAGE)
            )?;
            if here != there {
                return Err(StoreError::Integrity(format!(
                    "{} at the target are not those of the source; {}",
                    table.name,
                    to.anew()
                )));
            }
            let Some(last) = here.last() else { break };
            behind = table.key(last).to_vec();
        }
        self.commands = Some(up_to);
        Ok(())
    }

    /// What was compared.
    pub fn moved(&self) -> Moved {
        let report = self.check.report();
        Moved { events: report.events, streams: report.streams, readings: self.readings }
    }
}

/// The rows behind a number, which must be the same in both.
async fn alike(
    table: &Table,
    behind: Position,
    limit: usize,
    from: &mut House,
    to: &mut House,
) -> Result<Vec<Row>, StoreError> {
    let key = [Some(behind.to_string())];
    let (here, there) = tokio::try_join!(
        from.page(table, &key, Span::default(), limit),
        to.page(table, &key, Span::default(), limit)
    )?;
    same(table, behind, (&here, &there), to)?;
    Ok(here)
}

/// Refuses rows behind a number that are not the same in both.
fn same(
    table: &Table,
    behind: Position,
    (here, there): (&[Row], &[Row]),
    to: &House,
) -> Result<(), StoreError> {
    if here == there {
        return Ok(());
    }
    let differs = here.iter().zip(there).find(|(here, there)| here != there);
    let at = differs.map(|(here, _)| number(here)).transpose()?;
    let at = at.unwrap_or(behind + here.len().min(there.len()) as u64 + 1);
    Err(StoreError::Integrity(format!(
        "{} {at} is not the same at the target as at the source; {}",
        table.name,
        to.anew()
    )))
}

/// An event and the hash of its payload, as a row tells them.
pub(super) fn event(row: &Row) -> Option<(StoredEvent, [u8; 32])> {
    let [
        position,
        stream,
        version,
        id,
        event_type,
        schema,
        occurred,
        recorded,
        hash,
        envelope,
        payload,
        sealed,
    ] = row.as_slice()
    else {
        return None;
    };
    let event = StoredEvent {
        position: position.as_ref()?.parse().ok()?,
        stream: stream.clone()?,
        version: version.as_ref()?.parse().ok()?,
        event_id: Uuid::parse_str(id.as_ref()?).ok()?,
        event_type: event_type.clone()?,
        schema: schema.as_ref()?.parse().ok()?,
        occurred_at: occurred.as_ref()?.parse().ok()?,
        recorded_at: recorded.as_ref()?.parse().ok()?,
        envelope: envelope.clone()?,
        payload: payload.clone()?,
        sealed: sealed.clone(),
    };
    Some((event, from_hex(hash.as_ref()?)?.try_into().ok()?))
}

/// Whether events that were just read follow each other, and are what was appended: what was altered is
/// not carried on.
pub(super) fn whole(rows: &[Row], after: Position) -> Result<(), StoreError> {
    let mut expected = after;
    for row in rows {
        expected += 1;
        let position = number(row)?;
        if position != expected {
            let why = format!("position {expected} of the log is missing; nothing behind it moves");
            return Err(StoreError::Integrity(why));
        }
        let column = |n: usize| row.get(n).and_then(Option::as_deref).unwrap_or_default();
        let (hash, payload) = (column(8), column(10));
        if from_hex(hash).as_deref() != Some(&Sha256::digest(payload.as_bytes())[..]) {
            let why = format!("the payload at position {position} was altered; it does not move");
            return Err(StoreError::Integrity(why));
        }
    }
    Ok(())
}

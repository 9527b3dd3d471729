//! A log that is moved out of KurrentDB or into it. The rows beside it move like any other store's; what the
//! events say is told by KurrentDB, or sent there.

use std::path::Path;
use std::time::Duration;

use eventstore::Position as Pair;
use uuid::Uuid;

use super::begun::FileTable;
use super::connection::{Connection, Event, Sent};
use super::cursor::{another_log, behind, check_place, is_behind};
use super::metadata::{self, Place, Told};
use super::{Settings, reads};
use crate::{Append, Millis, NewEvent, StoreError, StoredEvent, StreamWrite, Version, event_id};

/// Events that are asked for together.
const PAGE: usize = 1_000;

/// How often it is looked for what KurrentDB has acknowledged.
const LOOKS: u32 = 8;

/// The log in KurrentDB of a store that is moved.
pub(crate) struct Log {
    kurrent: Connection,
    pause: Duration,
}

impl Log {
    /// Prepares to connect; the first question does.
    pub fn new(url: &str) -> Result<Self, StoreError> {
        let settings = Settings::default();
        Ok(Self { kurrent: Connection::new(url, &settings)?, pause: settings.pause })
    }

    /// Makes the file that stands beside a log that moves in what it is to this store.
    pub async fn prepare(beside: &Path) -> Result<(), StoreError> {
        FileTable::open(beside).await?.close().await;
        Ok(())
    }

    /// Events as they were appended, and the hashes of their payloads, of rows that follow each other
    /// beside the log.
    pub async fn told(
        &self,
        rows: Vec<StoredEvent>,
    ) -> Result<Vec<(StoredEvent, [u8; 32])>, StoreError> {
        let hashes = rows.iter().map(|row| Place::read(&row.envelope)?.hash());
        let hashes: Vec<[u8; 32]> = hashes.collect::<Result<_, _>>()?;
        Ok(reads::of_all(&self.kurrent, rows).await?.into_iter().zip(hashes).collect())
    }

    /// Refuses a KurrentDB that holds the log of another store.
    pub async fn refuse_another(&self, store: Uuid) -> Result<(), StoreError> {
        match another_log(&self.kurrent, store).await? {
            None => Ok(()),
            Some(other) => Err(StoreError::Refused(format!(
                "KurrentDB holds the log of another store, {other}; a move overwrites none"
            ))),
        }
    }

    /// Refuses a KurrentDB in which the event that was moved last does not lie where it was.
    ///
    /// # Errors
    /// [`StoreError::Refused`] then.
    pub async fn check(&self, last: &LastPlaced) -> Result<(), StoreError> {
        check_place(&self.kurrent, &last.place, last.id).await
    }

    /// Refuses a log of Docket's that goes on behind the event that was moved last: an earlier try sent more
    /// than the source has now.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] then.
    pub async fn check_end(&self, last: Option<&LastPlaced>) -> Result<(), StoreError> {
        let mut from = last.map(|last| Place::read(&last.place)).transpose()?.map(|p| p.pair());
        loop {
            let page = self.kurrent.read_on(from, PAGE).await?;
            let moved_on = page.last.filter(|last| is_behind(*last, from));
            if let Some(event) = behind(page.events, from).first() {
                return Err(not_as_sent(&format!(
                    "has event {} of {} behind the end of the log that moves, which the source has not, \
                     or not any more",
                    event.id, event.stream
                )));
            }
            if moved_on.is_none() {
                return Ok(());
            }
            from = moved_on;
        }
    }

    /// Sends commands as they were appended elsewhere, one after the other, and answers where each of their
    /// events lies, in the same order: as it is written beside the log. What an earlier try has sent is found
    /// again by its ids. `after` is where the event before them lies, as it was answered.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when a stream has other events; [`StoreError::Integrity`] when what `$all` has
    /// is not what was sent, in this order. What was sent before stays in KurrentDB.
    pub async fn send(
        &self,
        store: Uuid,
        commands: &[(Append, Millis)],
        after: Option<&LastPlaced>,
    ) -> Result<Vec<String>, StoreError> {
        let after = after.map(|last| Place::read(&last.place)).transpose()?.map(|p| p.pair());
        let mut expected = Vec::new();
        for (append, recorded_at) in commands {
            for (write, of_stream) in append.writes.iter().enumerate() {
                let own = sending(append, write, *recorded_at, store)?;
                let events = || metadata::events(append, write, *recorded_at, store);
                let sent = self.kurrent.append(&of_stream.stream, of_stream.expected, events).await;
                match sent {
                    Sent::Written => {}
                    Sent::Elsewhere => self.refuse_other_events(of_stream, &own).await?,
                    Sent::NotWritten(error) | Sent::Unknown(error) => return Err(error),
                }
                expected.extend(own);
            }
        }
        self.places(&expected, after).await
    }

    /// Refuses a stream that has other events than these where they would be. A server may have forgotten the
    /// ids of what an earlier try has sent.
    async fn refuse_other_events(
        &self,
        write: &StreamWrite,
        own: &[Sending<'_>],
    ) -> Result<(), StoreError> {
        let after = write.expected.version();
        let there = self.kurrent.read_stream(&write.stream, after, own.len()).await?;
        if there.iter().map(|event| event.id).eq(own.iter().map(Sending::id)) {
            return Ok(());
        }
        Err(StoreError::Refused(format!(
            "{} has other events in KurrentDB than in the log that moves; a move overwrites none",
            write.stream
        )))
    }

    /// Where events lie that were acknowledged: nowhere else than behind a place, in this order.
    async fn places(
        &self,
        expected: &[Sending<'_>],
        after: Option<Pair>,
    ) -> Result<Vec<String>, StoreError> {
        let (mut from, mut places, mut looks) = (after, Vec::with_capacity(expected.len()), 0);
        while places.len() < expected.len() {
            let page = self.kurrent.read_on(from, PAGE).await?;
            let moved_on = page.last.filter(|last| is_behind(*last, from));
            if moved_on.is_none() {
                // What was acknowledged is there; it may be a moment until it is shown.
                looks += 1;
                if looks > LOOKS {
                    return Err(not_as_sent("does not show what it acknowledged"));
                }
                tokio::time::sleep(self.pause * looks).await;
                continue;
            }
            let missing = &expected[places.len()..];
            for (event, sent) in behind(page.events, from).into_iter().zip(missing) {
                sent.refuse_other_than(&event)?;
                let place = Place {
                    commit: event.pair.commit,
                    prepare: event.pair.prepare,
                    recorded_at: event.told.recorded_at,
                    payload_hash: event.told.payload_hash,
                };
                places.push(place.text()?);
            }
            from = moved_on;
        }
        Ok(places)
    }
}

/// The event that was moved last, as what stands beside the log says it.
pub(crate) struct LastPlaced {
    pub id: Uuid,
    pub place: String,
}

/// An event as it is sent.
struct Sending<'a> {
    stream: &'a str,
    version: Version,
    event: &'a NewEvent,
    told: Told,
}

impl Sending<'_> {
    fn id(&self) -> Uuid {
        event_id(self.told.command, self.told.index)
    }

    /// Refuses what KurrentDB has in its place, if that is another event, or this one otherwise.
    fn refuse_other_than(&self, there: &Event) -> Result<(), StoreError> {
        if there.id != self.id() {
            return Err(not_as_sent(&format!(
                "has event {} of {} between those that were moved",
                there.id, there.stream
            )));
        }
        let alike = there.stream == self.stream
            && there.version == self.version
            && there.event_type == self.event.event_type
            && there.payload == self.event.payload
            && there.told.is(&self.told);
        if alike {
            return Ok(());
        }
        Err(not_as_sent(&format!(
            "has event {} as version {} of {}, and it is not what the log that moves says of it",
            there.id, there.version, there.stream
        )))
    }
}

/// The events of one of an append's writes.
fn sending(
    append: &Append,
    write: usize,
    recorded_at: Millis,
    store: Uuid,
) -> Result<Vec<Sending<'_>>, StoreError> {
    let told = metadata::told(append, write, recorded_at, store)?;
    let of_stream = &append.writes[write];
    let behind = of_stream.expected.version() + 1;
    let events = of_stream.events.iter().zip(told).zip(behind..);
    let sending =
        |((event, told), version)| Sending { stream: &of_stream.stream, version, event, told };
    Ok(events.map(sending).collect())
}

/// What KurrentDB holds cannot be taken out of it again.
fn not_as_sent(what: &str) -> StoreError {
    StoreError::Integrity(format!(
        "KurrentDB {what}. What it holds stays there: move into another KurrentDB, with another data folder"
    ))
}

//! A log that is moved out of KurrentDB or into it. The rows beside it move like any other store's; what the
//! events say is told by KurrentDB, or sent there.

use std::path::Path;
use std::time::Duration;

use eventstore::Position as Pair;
use uuid::Uuid;

use super::begun::FileTable;
use super::connection::{Connection, Sent};
use super::metadata::{self, Place};
use super::sequencer::{another_log, behind, is_behind};
use super::{Settings, reads};
use crate::{Append, Millis, StoreError, StoredEvent, StreamWrite, event_id};

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

    /// Sends commands as they were appended elsewhere, one after the other, and answers where each of their
    /// events lies, in the same order: as it is written beside the log. What an earlier try has sent is found
    /// again by its ids. `after` is where the event before them lies, as it was answered.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when a stream has other events; [`StoreError::Integrity`] when the order of
    /// `$all` is another.
    pub async fn send(
        &self,
        store: Uuid,
        commands: Vec<(Append, Millis)>,
        after: Option<&str>,
    ) -> Result<Vec<String>, StoreError> {
        let after = after.map(Place::read).transpose()?.map(|place| place.pair());
        let mut expected = Vec::new();
        for (append, recorded_at) in &commands {
            let before = expected.len();
            let count: usize = append.writes.iter().map(|write| write.events.len()).sum();
            expected.extend((0..count).map(|index| event_id(append.command_id, index)));
            let mut ids = &expected[before..];
            for (write, of_stream) in append.writes.iter().enumerate() {
                let events = || metadata::events(append, write, *recorded_at, store);
                let sent = self.kurrent.append(&of_stream.stream, of_stream.expected, events).await;
                let (own, rest) = ids.split_at(of_stream.events.len());
                ids = rest;
                match sent {
                    Sent::Written => {}
                    Sent::Elsewhere => self.refuse_other_events(of_stream, own).await?,
                    Sent::NotWritten(error) | Sent::Unknown(error) => return Err(error),
                }
            }
        }
        self.places(&expected, after).await
    }

    /// Refuses a stream that has other events than these where they would be. A server may have forgotten the
    /// ids of what an earlier try has sent.
    async fn refuse_other_events(
        &self,
        write: &StreamWrite,
        own: &[Uuid],
    ) -> Result<(), StoreError> {
        let after = write.expected.version();
        let there = self.kurrent.read_stream(&write.stream, after, own.len()).await?;
        if there.iter().map(|event| event.id).eq(own.iter().copied()) {
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
        expected: &[Uuid],
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
            for (event, id) in behind(page.events, from).into_iter().zip(missing) {
                if event.id != *id {
                    return Err(not_as_sent("has other events between those that were moved"));
                }
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

fn not_as_sent(what: &str) -> StoreError {
    StoreError::Integrity(format!("KurrentDB {what}; move into one that holds nothing"))
}

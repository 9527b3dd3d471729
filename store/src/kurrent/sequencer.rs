//! Giving Docket's events their positions: dense, in the order of `$all`, the same whenever it is done.
//!
//! A command's events are placed together once the last of them is in the log, so an append to several
//! streams appears as a whole and takes positions that follow each other. What is placed is an append
//! to the store beside, without payloads: that one gives out positions and versions, remembers
//! the command and keeps its claims and keys, as it does for a log of its own.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use eventstore::Position as Pair;
use uuid::Uuid;

use super::begun::Begun;
use super::beside::Beside;
use super::connection::{Connection, Event};
use super::cursor::{another_log, behind, check_place, is_behind};
use super::metadata::Place;
use super::whole::{End, Whole, complete, gather, without};
use crate::appending::batch::EventRow;
use crate::appending::tail::Tail;
use crate::{LOG_END, Millis, NewEvent, Outcome, Position, Sealed, StoreError, StoredEvent};

/// Events that are read and placed together.
pub(super) const PAGE: usize = 512;

/// How far `$all` is read on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// To the first page that is not full: nearly always the end, and one question less.
    Near,
    /// Until nothing follows, of whomever. A server that filters may end a page early, though there is more.
    End,
}

pub(super) struct Sequencer {
    pub(super) beside: Arc<Beside>,
    tail: Arc<Tail>,
    /// Whose events these are; `None` where what stood beside was lost and they are taken over.
    pub(super) store: Option<Uuid>,
    /// The end of what is placed; `None` when it is to be read again.
    end: Option<End>,
    /// Up to where there is nothing else of Docket's, if that is known to be behind the end.
    pub(super) passed: Option<Pair>,
    /// Other stores whose events were met and passed over.
    pub(super) strangers: HashSet<Uuid>,
    /// Whether whatever is to be placed was begun by this process.
    pub(super) alone: bool,
    /// Why nothing more is to be appended by this process.
    pub(super) broken: Option<StoreError>,
}

impl Sequencer {
    pub fn new(beside: Arc<Beside>, tail: Arc<Tail>, store: Option<Uuid>) -> Self {
        let strangers = HashSet::new();
        Self { beside, tail, store, end: None, passed: None, strangers, alone: false, broken: None }
    }

    /// The time at which the last event that is placed was recorded.
    ///
    /// # Errors
    /// Where another server was found to write this log, that.
    pub async fn recorded_at(&mut self) -> Result<Millis, StoreError> {
        if let Some(broken) = &self.broken {
            return Err(broken.clone());
        }
        Ok(self.end().await?.recorded_at)
    }

    /// Refuses a log that does not have what was placed last, since it is another one or was cut off,
    /// and one that has events where nothing was ever placed: its other half is elsewhere.
    pub async fn check(&mut self, kurrent: &Connection) -> Result<(), StoreError> {
        let Some(last) = last_placed(&self.beside).await? else {
            return self.check_empty(kurrent).await;
        };
        check_place(kurrent, &last.envelope, last.event_id).await
    }

    async fn check_empty(&self, kurrent: &Connection) -> Result<(), StoreError> {
        let Some(store) = self.store else { return Ok(()) };
        match another_log(kurrent, store).await? {
            None => Ok(()),
            Some(other) => Err(StoreError::Refused(format!(
                "KurrentDB holds the log of store {other}, and what stands beside that is not in this data \
                 folder, nor where --views says; use those that it is in, or restore it"
            ))),
        }
    }

    pub(super) async fn end(&mut self) -> Result<End, StoreError> {
        if let Some(end) = self.end {
            return Ok(end);
        }
        let end = match last_placed(&self.beside).await? {
            Some(last) => {
                let place = Place::read(&last.envelope)?;
                End { pair: Some(place.pair()), recorded_at: place.recorded_at }
            }
            None => End { pair: None, recorded_at: Millis::MIN },
        };
        self.end = Some(end);
        Ok(end)
    }

    /// Places everything that is in the log and is not placed yet. What an append brings that is not
    /// in the log (claims, keys, what is sealed) is found among those that were begun.
    pub async fn catch_up(
        &mut self,
        kurrent: &Connection,
        begun: &BTreeMap<Uuid, Begun>,
        reach: Reach,
    ) -> Result<(), StoreError> {
        let placed = self.place_all(kurrent, begun, reach).await;
        self.settle(placed)
    }

    /// Where something failed, it is read again what is placed.
    pub(super) fn settle(&mut self, placed: Result<(), StoreError>) -> Result<(), StoreError> {
        if placed.is_err() {
            (self.end, self.passed) = (None, None);
            self.tail.clear();
        }
        placed
    }

    async fn place_all(
        &mut self,
        kurrent: &Connection,
        begun: &BTreeMap<Uuid, Begun>,
        reach: Reach,
    ) -> Result<(), StoreError> {
        let mut from = self.read_to().await?;
        loop {
            let page = match reach {
                Reach::Near => kurrent.read_all(from, PAGE).await?,
                Reach::End => kurrent.read_on(from, PAGE).await?,
            };
            let Some(last) = page.last.filter(|last| is_behind(*last, from)) else { return Ok(()) };
            let full = page.told >= PAGE;
            self.place(kurrent, begun, behind(page.events, from)).await?;
            if !full && reach == Reach::Near {
                return Ok(());
            }
            from = Some(last);
        }
    }

    pub(super) async fn place(
        &mut self,
        kurrent: &Connection,
        begun: &BTreeMap<Uuid, Begun>,
        events: Vec<Event>,
    ) -> Result<(), StoreError> {
        let mut end = self.end().await?;
        let commands = last_ones(self.own(events).await?);
        let unknown = commands.iter().filter_map(|events| events.last());
        let unknown = unknown.map(|last| last.told.command).filter(|id| !begun.contains_key(id));
        let others = self.beside.others(&unknown.collect::<Vec<_>>()).await?;
        let mut whole = VecDeque::new();
        for events in commands {
            let Some(last) = events.last() else { continue };
            let command = last.told.command;
            if others.placed.contains(&command) {
                end.pass(last);
                continue;
            }
            let begun = begun.get(&command).or_else(|| others.begun.get(&command));
            if begun.is_none() {
                self.refuse_unbegun(last).await?;
            }
            let events = complete(kurrent, events).await?;
            whole.push_back(gather(events, begun, &mut end)?);
        }
        self.append(whole).await?;
        self.end = Some(end);
        Ok(())
    }

    /// Appends to the store beside, in order; each only behind the one before.
    async fn append(&mut self, mut waiting: VecDeque<Whole>) -> Result<(), StoreError> {
        while !waiting.is_empty() {
            let appends = waiting.iter().map(|whole| whole.append.clone()).collect();
            let outcomes = self.beside.append_in_order(appends).await;
            for outcome in outcomes {
                let Some(whole) = waiting.pop_front() else { break };
                match outcome? {
                    Outcome::Appended(receipt) => self.placed(whole, Some(receipt.first)),
                    Outcome::AlreadyAppended(_) => self.placed(whole, None),
                    Outcome::Claimed(held) if held.space != LOG_END => {
                        waiting.push_front(without(whole, &held));
                        break;
                    }
                    refused => {
                        return Err(StoreError::Integrity(format!(
                            "KurrentDB holds what does not follow from what is placed: {refused:?}"
                        )));
                    }
                }
            }
        }
        Ok(())
    }

    fn placed(&mut self, whole: Whole, first: Option<Position>) {
        let Some((_, last)) = whole.events.last() else { return };
        let recorded_at = last.recorded_at;
        self.end = Some(End { pair: Some(last.pair()), recorded_at });
        // What was placed before is no news to those who follow.
        let Some(first) = first else { return };
        let sealed = whole.append.writes.into_iter().flat_map(|write| write.events);
        let rows = whole.events.into_iter().zip(sealed).zip(first..);
        let rows = rows.map(|(((event, place), new), position)| EventRow {
            position,
            stream: event.stream.as_str().into(),
            version: event.version,
            event_id: event.id,
            payload_hash: place.hash().unwrap_or_default(),
            event: NewEvent {
                envelope: event.told.envelope().unwrap_or_default(),
                payload: event.payload,
                ..new
            },
        });
        self.tail.extend(rows.collect(), recorded_at);
    }
}

/// The events of each command whose last one is among these, in the order of the last ones.
fn last_ones(events: Vec<Event>) -> Vec<Vec<Event>> {
    let mut halves: HashMap<Uuid, Vec<Event>> = HashMap::new();
    let mut commands = Vec::new();
    for event in events {
        let command = event.told.command;
        let is_last = event.told.index + 1 == event.told.count();
        halves.entry(command).or_default().push(event);
        if is_last {
            commands.extend(halves.remove(&command));
        }
    }
    commands
}

async fn last_placed(beside: &Beside) -> Result<Option<StoredEvent>, StoreError> {
    let beside = beside.store();
    let Some(before) = beside.head().checked_sub(1) else { return Ok(None) };
    Ok(beside.read_all(before, 1, Sealed::Without).await?.pop())
}

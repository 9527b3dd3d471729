//! A stream from its beginning, with the tickets that merges tie to it.
//!
//! A merge carries clocks from one ticket to another, so what they say at the one depends on events
//! of the other. Of those only what stands in the log before the stream's own last event counts:
//! merging and unmerging write to every stream that they concern, so nothing later matters, and what a
//! view shows of a stream changes only when the stream does. Between two such events a stream goes on
//! alone: what it was as a whole, and its own events.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use docket_domain::codec::Event;
use docket_domain::ids::TicketId;
use docket_domain::ticket::event::TicketEvent;
use docket_store::{Position, Sealed, StoreError};
use futures::{StreamExt, TryStreamExt, stream};

use crate::plans::Plans;
use crate::recorded::{Moment, ReadError, Reader, Recorded, decode_closed, id_of};
use crate::view::{Contribution, Folding, Registered, View};

/// Tied tickets that are read at the same time.
const AT_ONCE: usize = 8;

/// A stream's events from the first on, and those of the tickets that merges tie to it.
#[derive(Clone, Debug)]
pub struct Whole<'e> {
    own: &'e [Recorded],
    /// In the order of the log, without text.
    tied: Vec<Recorded>,
}

impl<'e> Whole<'e> {
    /// These events of one stream, its first to whichever is the last, with what is tied to it. The
    /// plans that all of them name are learnt.
    ///
    /// # Errors
    /// When the store cannot be read. A tied stream that is damaged is said and left out.
    pub async fn of(reader: &Reader, own: &'e [Recorded]) -> Result<Self, ReadError> {
        let tied = tied_to(reader, own).await?;
        reader.plans.learn(reader, own).await?;
        reader.plans.learn(reader, &tied).await?;
        Ok(Self { own, tied })
    }

    /// How many events of other tickets belong to it.
    pub fn tied_events(&self) -> usize {
        self.tied.len()
    }

    /// One view's fold of it, and what it contributes; why not, where the view panics.
    pub fn fold(
        &self,
        view: &Registered,
        plans: &Arc<Plans>,
    ) -> Result<(Box<dyn Folding>, Contribution), String> {
        let folded = catch_unwind(AssertUnwindSafe(|| {
            let mut fold = (view.start)(plans);
            self.feed(fold.as_mut(), view.follows_merges);
            let contribution = fold.contribution();
            contribution.map(|contribution| (fold, contribution))
        }));
        let folded = folded.map_err(|_| "the view panicked".to_owned())?;
        folded.map_err(|_| "a row cannot be written as JSON".to_owned())
    }

    /// One view's state after it.
    pub fn state<V: View>(&self, plans: &Arc<Plans>) -> V::State {
        let mut state = V::start(plans);
        for (event, is_own) in self.events(V::FOLLOWS_MERGES) {
            if is_own { V::evolve(&mut state, event) } else { V::evolve_tied(&mut state, event) }
        }
        state
    }

    fn feed(&self, fold: &mut dyn Folding, follows_merges: bool) {
        for (event, is_own) in self.events(follows_merges) {
            if is_own { fold.evolve(event) } else { fold.evolve_tied(event) }
        }
    }

    /// All events in the order of the log, and whether each is the stream's own.
    fn events(&self, follows_merges: bool) -> impl Iterator<Item = (&Recorded, bool)> {
        let mut tied = self.tied.iter().filter(move |_| follows_merges).peekable();
        let mut own = self.own.iter().peekable();
        std::iter::from_fn(move || {
            let next = own.peek()?.position;
            match tied.next_if(|it| it.position < next) {
                Some(before) => Some((before, false)),
                None => own.next().map(|event| (event, true)),
            }
        })
    }
}

/// Whether an event ties its ticket to another.
pub fn is_tie(event: &Recorded) -> bool {
    tie(event).is_some()
}

fn tie(event: &Recorded) -> Option<TicketId> {
    let Event::Ticket(event) = &event.event else { return None };
    match event {
        TicketEvent::TicketMerged { into: other, .. }
        | TicketEvent::TicketAbsorbed { source: other, .. }
        | TicketEvent::TicketUnmerged { other, .. } => Some(other.id),
        _ => None,
    }
}

/// The events of all other tickets that ties lead to, before the last of `own`.
async fn tied_to(reader: &Reader, own: &[Recorded]) -> Result<Vec<Recorded>, ReadError> {
    let mut next: Vec<TicketId> = own.iter().filter_map(tie).collect();
    let (Some(last), false) = (own.last(), next.is_empty()) else { return Ok(Vec::new()) };
    let mut known = BTreeSet::from([TicketId(id_of(&last.stream))]);
    let mut tied = Vec::new();
    while !next.is_empty() {
        next.retain(|id| known.insert(*id));
        let histories = stream::iter(std::mem::take(&mut next))
            .map(|id| closed(reader, id, last.position))
            .buffer_unordered(AT_ONCE);
        for events in histories.try_collect::<Vec<_>>().await? {
            next.extend(events.iter().filter_map(tie));
            tied.extend(events);
        }
    }
    tied.sort_by_key(|event| event.position);
    Ok(tied)
}

/// A ticket's events before a position, without text.
async fn closed(
    reader: &Reader,
    id: TicketId,
    before: Position,
) -> Result<Vec<Recorded>, ReadError> {
    let stored = match reader.stored(&id.stream(), Moment::Now, Sealed::Without).await {
        Err(ReadError::Store(StoreError::Integrity(reason))) => {
            tracing::error!(%id, reason, "a ticket that a merge ties to another cannot be read");
            return Ok(Vec::new());
        }
        stored => stored?,
    };
    let stored = stored.iter().filter(|event| event.position < before);
    let events: Result<Vec<Recorded>, ReadError> = stored.map(decode_closed).collect();
    Ok(events.unwrap_or_else(|error| {
        tracing::error!(%id, %error, "a ticket that a merge ties to another cannot be read");
        Vec::new()
    }))
}

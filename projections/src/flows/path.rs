//! The way of one ticket: the places that it lay in, by the time at which things happened.

use docket_domain::codec::Event;
use docket_domain::definition::BaseStatus;
use docket_domain::instant::Instant;
use docket_domain::ticket::event::TicketEvent;
use serde::Serialize;
use utoipa::ToSchema;

use crate::desk_state::DeskState;
use crate::recorded::Recorded;

/// Where a ticket lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct Place {
    /// The queue's key.
    pub queue: String,
    /// The status' key.
    pub status: String,
}

/// A ticket's stay in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stop {
    pub place: Place,
    pub base: BaseStatus,
    pub from: Instant,
}

/// A ticket's way so far.
#[derive(Debug, Default)]
pub(super) struct Path {
    state: Option<DeskState>,
    /// The key of the type that it has.
    pub ticket_type: Option<String>,
    /// Never two of the same place behind each other.
    pub stops: Vec<Stop>,
}

impl Path {
    /// The way that these events of one ticket tell.
    pub fn of(events: &[Recorded]) -> Self {
        let mut path = Self::default();
        for event in events {
            path.evolve(event);
        }
        path
    }

    fn evolve(&mut self, recorded: &Recorded) {
        DeskState::evolve(&mut self.state, recorded);
        match &recorded.event {
            Event::Ticket(TicketEvent::TicketCreated(created)) => {
                self.ticket_type = created.ticket_type.as_ref().map(|it| it.key.clone());
            }
            Event::Ticket(TicketEvent::TicketReclassified { ticket_type, .. }) => {
                self.ticket_type = ticket_type.as_ref().map(|it| it.key.clone());
            }
            _ => {}
        }
        let Some(state) = &self.state else { return };
        let place = Place { queue: state.queue.clone(), status: state.status.clone() };
        if self.stops.last().is_none_or(|last| last.place != place) {
            let (base, from) = (state.base, recorded.occurred_at);
            self.stops.push(Stop { place, base, from });
        }
    }

    /// The queues that it lay in, one after the other, with since when.
    pub fn queues(&self) -> Vec<(&str, Instant)> {
        let mut queues: Vec<(&str, Instant)> = Vec::new();
        for stop in &self.stops {
            if queues.last().is_none_or(|(queue, _)| *queue != stop.place.queue) {
                queues.push((&stop.place.queue, stop.from));
            }
        }
        queues
    }

    /// When it was closed, or merged into another, and stayed so.
    pub fn ended_at(&self) -> Option<Instant> {
        let ended = |stop: &&Stop| matches!(stop.base, BaseStatus::Closed | BaseStatus::Merged);
        // Between two statuses of a kind it was ended all the time.
        let ending = self.stops.iter().rev().take_while(ended).last()?;
        Some(ending.from)
    }
}

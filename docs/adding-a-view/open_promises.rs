//! What is promised, and by when? One row for each promise that is neither kept nor broken.

use docket_domain::codec::Event;
use docket_domain::instant::Instant;
use docket_domain::ticket::event::TicketEvent;
use docket_projections::documents::{Documents, DocumentsError, Query};
use docket_projections::recorded::Recorded;
use docket_projections::view::{Key, Schema, View};
use serde::{Deserialize, Serialize};

/// The view.
pub struct OpenPromises;

/// A promise that is open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenPromise {
    /// The ticket's stream.
    pub ticket: String,
    /// The coded kind, such as `refund`.
    pub kind: Option<String>,
    /// By when.
    pub due: Option<Instant>,
}

impl View for OpenPromises {
    const NAME: &'static str = "open_promises";
    const VERSION: u32 = 1;
    const CATEGORY: &'static str = "ticket";
    const NEEDS_TEXT: bool = false;
    const SCHEMA: Schema = Schema {
        sqlite: include_str!("open_promises.sqlite.sql"),
        postgres: include_str!("open_promises.postgres.sql"),
    };
    type State = Vec<(Key, OpenPromise)>;
    type Row = OpenPromise;

    fn evolve(open: &mut Self::State, event: &Recorded) {
        match &event.event {
            Event::Ticket(TicketEvent::CommitmentRecorded { commitment_id, kind, due, .. }) => {
                let ticket = event.stream.clone();
                let promise = OpenPromise { ticket, kind: kind.clone(), due: *due };
                open.push((commitment_id.0.to_string(), promise));
            }
            Event::Ticket(TicketEvent::CommitmentChanged { commitment_id, due, .. }) => {
                let changed = open.iter_mut().find(|(key, _)| *key == commitment_id.0.to_string());
                changed.into_iter().for_each(|(_, promise)| promise.due = *due);
            }
            Event::Ticket(
                TicketEvent::CommitmentKept { commitment_id, .. }
                | TicketEvent::CommitmentBroken { commitment_id, .. },
            ) => open.retain(|(key, _)| *key != commitment_id.0.to_string()),
            _ => {}
        }
    }

    fn rows(open: &Self::State) -> Vec<(Key, OpenPromise)> {
        open.clone()
    }
}

/// The promises due at or before `until`, the first due first, as JSON documents.
pub async fn due(documents: &Documents, until: Instant) -> Result<Vec<String>, DocumentsError> {
    let query = Query::new("SELECT doc FROM {open_promises} WHERE due <= ").bind(until.to_string());
    let rows: Vec<(String,)> = documents.fetch(&query.sql(" ORDER BY due, stream, key")).await?;
    Ok(rows.into_iter().map(|(doc,)| doc).collect())
}

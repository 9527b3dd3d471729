//! Which events of the log are asked for.

use std::time::Duration;

use docket_domain::codec;
use docket_store::{Position, StoredEvent};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::docket::Docket;
use crate::problem::Problem;

/// How long a position is waited for that another server may have given already.
const PATIENCE: Duration = Duration::from_secs(2);

/// Which events are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Those behind this position; all when not said, and for the live feed those to come.
    pub after: Option<Position>,
    /// At most this many, up to 1,000; 100 unless said; fewer where they are large. NDJSON goes on to the end unless said.
    pub limit: Option<usize>,
    /// Of this type only, such as `TicketAssigned`; a page may then be empty and go on.
    pub r#type: Option<String>,
    /// Of this stream only, such as `ticket-0192…`.
    pub stream: Option<String>,
}

impl Wanted {
    /// Refuses a type that no event has: nothing would ever pass, however long somebody read on.
    pub fn checked(self) -> Result<Self, Problem> {
        match self.r#type.as_ref().filter(|name| !codec::is_known(name)) {
            Some(name) => {
                let detail = format!("there is no type of events {name:?}");
                Err(Problem::field("/type", "invalid_value", detail))
            }
            None => Ok(self),
        }
    }

    /// Refuses to go on behind what the log has: whoever was there read another log, or this one before an
    /// older backup took its place, and would miss what comes. Another server may be a moment ahead.
    pub async fn reached(docket: &Docket, after: Position, pointer: &str) -> Result<(), Problem> {
        if docket.store.head() >= after {
            return Ok(());
        }
        let beyond = docket.store.wait_beyond(after.saturating_sub(1));
        tokio::time::timeout(PATIENCE, beyond).await.map_err(|_| {
            let detail = format!("the log ends at position {}", docket.store.head());
            Problem::field(pointer, "position_beyond_end", detail)
        })
    }

    /// Whether an event is of the type and the stream that are asked for.
    pub fn passes(&self, event: &StoredEvent) -> bool {
        self.r#type.as_ref().is_none_or(|wanted| *wanted == event.event_type)
            && self.stream.as_ref().is_none_or(|wanted| *wanted == event.stream)
    }
}

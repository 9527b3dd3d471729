//! Where views show anything of a subject: what must be folded anew when its key is destroyed.

use std::collections::BTreeSet;

use docket_domain::ids::{AgentId, CustomerId};
use docket_store::Sealed;

use crate::documents::{Documents, Query};
use crate::recorded::{Moment, Reader};
use crate::runner::ProjectionError;
use crate::ticket_list::TicketList;
use crate::view::View;

/// The streams whose rows hold anything sealed under this subject's key: its own, and the tickets
/// that name the customer or the agent.
pub(crate) async fn streams_of(
    documents: &Documents,
    reader: &Reader,
    subject: &str,
) -> Result<Vec<String>, ProjectionError> {
    let tickets = Query::new("SELECT stream FROM {ticket_list} WHERE ");
    let (query, id) = if let Some(customer) = CustomerId::of_stream(subject) {
        (tickets.sql("customer = ").bind(customer.to_string()), customer.to_string())
    } else if let Some(agent) = AgentId::of_stream(subject) {
        (tickets.sql("assignee = ").bind(agent.to_string()), agent.to_string())
    } else {
        return Ok(vec![subject.to_owned()]);
    };
    let rows: Vec<(String,)> = documents.fetch(&query).await?;
    let mut streams: BTreeSet<String> = rows.into_iter().map(|(stream,)| stream).collect();
    streams.extend(unlisted(documents, reader, &id).await?);
    streams.insert(subject.to_owned());
    Ok(streams.into_iter().collect())
}

/// The tickets that the list does not show as they are, since it stands still for them, and that
/// name somebody: other views may go on with them.
async fn unlisted(
    documents: &Documents,
    reader: &Reader,
    id: &str,
) -> Result<Vec<String>, ProjectionError> {
    let mut streams = Vec::new();
    for parked in documents.parked().await?.into_iter().filter(|it| it.view == TicketList::NAME) {
        // As they are written, since it may be a ticket that nobody can decode.
        let events = reader.stored(&parked.stream, Moment::Now, Sealed::Without).await?;
        if events.iter().any(|event| event.payload.contains(id)) {
            streams.push(parked.stream);
        }
    }
    Ok(streams)
}

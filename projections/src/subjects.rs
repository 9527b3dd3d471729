//! Where views show anything of a subject: what must be folded anew when its key is destroyed.

use docket_domain::ids::{AgentId, CustomerId};

use crate::documents::{Documents, DocumentsError, Query};

/// The streams whose rows hold anything sealed under this subject's key: its own, and the tickets
/// that name the customer or the agent.
pub(crate) async fn streams_of(
    documents: &Documents,
    subject: &str,
) -> Result<Vec<String>, DocumentsError> {
    let tickets = Query::new("SELECT stream FROM {ticket_list} WHERE ");
    let query = if let Some(customer) = CustomerId::of_stream(subject) {
        tickets.sql("customer = ").bind(customer.to_string())
    } else if let Some(agent) = AgentId::of_stream(subject) {
        tickets.sql("assignee = ").bind(agent.to_string())
    } else {
        return Ok(vec![subject.to_owned()]);
    };
    let rows: Vec<(String,)> = documents.fetch(&query).await?;
    let mut streams = vec![subject.to_owned()];
    streams.extend(rows.into_iter().map(|(stream,)| stream));
    Ok(streams)
}

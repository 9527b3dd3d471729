//! `GET /v1/tickets`: the list with every filter.

use std::collections::BTreeSet;

use actix_web::{HttpRequest, get, web};
use docket_projections::recorded::Moment;
use docket_projections::ticket_document::TicketDocument;
use docket_projections::ticket_list;
use serde_json::value::RawValue;

use crate::auth::Caller;
use crate::call::Answer;
use crate::docket::Docket;
use crate::filter::{self, Wanted};
use crate::fresh::Fresh;
use crate::page::Page;
use crate::problem::Problem;

/// List tickets.
///
/// Several values of one filter, repeated or with commas between, are alternatives; of tags a ticket
/// must have all. `view` is a predefined view or the id of a saved one, which other parameters narrow.
#[utoipa::path(tag = "tickets", params(
    ("queue" = Option<String>, Query, description = "Keys of queues."),
    ("status" = Option<String>, Query, description = "Keys of statuses."),
    ("substatus" = Option<String>, Query, description = "Keys of substatuses."),
    ("priority" = Option<String>, Query, description = "Keys of priorities."),
    ("level_min" = Option<u8>, Query, description = "The lowest level, 1 to 5."),
    ("assignee" = Option<String>, Query, description = "The id of an agent, `me`, or `none`."),
    ("offered_to" = Option<String>, Query, description = "Offered to this agent: an id, `me`, or `none` for what is not offered."),
    ("customer" = Option<String>, Query, description = "The id of a customer, or an e-mail address or phone number of theirs."),
    ("category" = Option<String>, Query, description = "The path of a category, with all below it."),
    ("type" = Option<String>, Query, description = "Keys of types."),
    ("channel" = Option<String>, Query, description = "Channels."),
    ("tag" = Option<String>, Query, description = "Tags; repeat it for several."),
    ("number" = Option<String>, Query, description = "The number, exactly."),
    ("q" = Option<String>, Query, description = "Words of subject and messages; the last may be a beginning."),
    ("created_from" = Option<String>, Query, description = "Created at this instant or later."),
    ("created_to" = Option<String>, Query, description = "Created at this instant or before."),
    ("updated_from" = Option<String>, Query, description = "Last changed at this instant or later."),
    ("updated_to" = Option<String>, Query, description = "Last changed at this instant or before."),
    ("due_from" = Option<String>, Query, description = "Due at this instant or later."),
    ("due_to" = Option<String>, Query, description = "Due at this instant or before."),
    ("indicator" = Option<String>, Query, description = "Colours shown beside it: `blue`, `green`, `orange`, `red`, `none`."),
    ("unread" = Option<bool>, Query, description = "Whether the customer's message is newer than our last act."),
    ("unsent" = Option<bool>, Query, description = "Whether a draft in it has been left unsent for too long."),
    ("view" = Option<String>, Query, description = "`current`, `mine_and_unassigned`, `new`, `touched_today`, `all`, `last_month`, or a saved view's id."),
    ("sort" = Option<String>, Query, description = "`created`, `-created`, `updated`, `-updated` (unless said), `due`, `-priority`."),
    ("page_size" = Option<u16>, Query, description = "1 to 200; 50 unless said."),
    ("cursor" = Option<String>, Query, description = "Where the last page ended.")),
    responses((status = 200, description = "A page of tickets.", body = Page<TicketDocument>)))]
#[get("/tickets")]
pub async fn list(
    docket: web::Data<Docket>,
    caller: Caller,
    fresh: Fresh,
    request: HttpRequest,
) -> Answer {
    let pairs = filter::pairs(request.query_string())?;
    let asked: BTreeSet<String> = pairs.iter().map(|(name, _)| name.clone()).collect();
    let wanted = Wanted::of(&docket, &caller.0, pairs).await?;
    let Wanted { filter, sort, page_size, cursor } = wanted;
    let documents = docket.views.documents();
    let mut page =
        ticket_list::page(documents, &filter, sort, page_size, cursor.as_deref(), docket.now())
            .await?;
    for row in &mut page.data {
        if let Some(rooted) = rooted(&docket, row).await? {
            *row = rooted;
        }
    }
    // Which filters were used says enough: what was searched for may itself be somebody's name.
    let asked = asked.into_iter().collect::<Vec<_>>().join(",");
    docket.read_by(&caller.0, "tickets", format!("{} by {asked}", page.data.len()))?;
    fresh.answer(&page)
}

/// The row of a merged ticket, which says only where that ticket went itself, with the root of the
/// chain in its place; nothing for all others.
async fn rooted(docket: &Docket, row: &RawValue) -> Result<Option<Box<RawValue>>, Problem> {
    // A look at the text spares parsing nearly all rows; a false alarm is answered as it was.
    if !row.get().contains(r#""merged_into":""#) {
        return Ok(None);
    }
    let document: TicketDocument =
        serde_json::from_str(row.get()).map_err(|_| Problem::internal())?;
    let shown = docket.cases.rooted(&docket.reader, &document, Moment::Now).await?;
    serde_json::value::to_raw_value(&shown).map(Some).map_err(|_| Problem::internal())
}

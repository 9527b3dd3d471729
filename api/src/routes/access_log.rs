//! `/v1/access-log`: who read what, for auditors.

use actix_web::{get, web};
use docket_domain::instant::Instant;
use docket_store::access::{AccessEntry, AccessFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::body::Params;
use crate::call::Answer;
use crate::docket::Docket;
use crate::page::{self, Page};

/// Registers the route.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list);
}

/// One reading on record.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reading {
    /// Its place in the access log.
    seq: u64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
    /// The id of the token it was read with.
    token: String,
    /// Who read: the agent whom that token stands for, else the token itself.
    actor: ReadBy,
    /// What was read: `ticket`, `history`, `timeline`, `sla`, `attachment`, `customer`, `events`, or a
    /// list: `tickets`, `customers`, `queue`.
    what: String,
    /// Which one: the id of a ticket, customer or attachment; the first position of a stretch; the key
    /// of a queue; of other lists how many were shown, and by which parameters, never their values.
    subject: String,
}

/// Who read.
#[derive(Debug, Serialize, ToSchema)]
struct ReadBy {
    /// What kind of somebody: `agent`, `auditor`, `analyst` or `admin`.
    kind: String,
    /// Which one.
    id: String,
    /// What they are called now: the agent's name, else the token's; `null` where that is erased.
    name: Option<String>,
}

/// Which readings are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Of this ticket, customer or attachment only.
    subject: Option<String>,
    /// With this token only.
    token: Option<String>,
    /// At this time or later.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Instant>,
    /// Before this time.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Instant>,
    /// At most this many, up to 200; 50 unless said.
    #[param(minimum = 1, maximum = 200)]
    page_size: Option<u16>,
    /// Where the last page ended.
    cursor: Option<u64>,
}

/// List who read what, oldest first.
#[utoipa::path(tag = "audit", params(Wanted),
    responses((status = 200, description = "The readings.", body = Page<Reading>)))]
#[get("/access-log")]
async fn list(docket: web::Data<Docket>, wanted: Params<Wanted>) -> Answer {
    let Wanted { subject, token, from, to, page_size, cursor } = wanted.0;
    let (from, to) = (from.map(Instant::millis), to.map(Instant::millis));
    let filter = AccessFilter { subject, token_id: token, from, to };
    answer(&docket, &filter, cursor, page_size).await
}

/// A page of readings.
pub async fn answer(
    docket: &Docket,
    filter: &AccessFilter,
    cursor: Option<u64>,
    page_size: Option<u16>,
) -> Answer {
    let size = usize::from(page::size(page_size)?);
    // One more than asked for tells whether there is a next page.
    let mut entries = docket.access.query(filter, cursor.unwrap_or(0), size + 1).await?;
    let more = entries.len() > size;
    entries.truncate(size);
    let next = entries.last().filter(|_| more).map(|last| last.seq.to_string());
    let stream = |entry: &AccessEntry| format!("agent-{}", entry.access.actor_id);
    let known = docket.names.of(entries.iter().map(stream)).await?;
    let named = |entry: AccessEntry| {
        let name = known.get(&stream(&entry)).and_then(Option::as_deref).map(str::to_owned);
        reading(entry, name)
    };
    Page::until(entries.into_iter().map(named).collect(), next).answer()
}

fn reading(AccessEntry { seq, access }: AccessEntry, name: Option<String>) -> Reading {
    Reading {
        seq,
        at: Instant(access.at),
        token: access.token_id,
        actor: ReadBy { kind: access.actor_kind, id: access.actor_id, name },
        what: access.action,
        subject: access.subject,
    }
}

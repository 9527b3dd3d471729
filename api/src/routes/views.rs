//! `/v1/views`: filters that their owner keeps under a name (S-23).

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, delete, get, post, web};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::auth::{Caller, Principal};
use crate::body::{Body, Params};
use crate::call::{Answer, Call, json};
use crate::check::Check;
use crate::docket::Docket;
use crate::filter::{self, Wanted};
use crate::page::{Page, Part};
use crate::problem::Problem;
use crate::side::SavedView;

/// How many bytes a filter has at most: more than fits into an address.
const LONGEST: usize = 8 * 1024;

/// How many views somebody may save.
const MOST: usize = 200;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list).service(save).service(drop_view);
}

/// A filter under a name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Save {
    /// What its owner calls it: 1 to 500 characters.
    name: String,
    /// The filter: parameters of the ticket list, except those of paging.
    #[schema(value_type = Object)]
    filter: BTreeMap<String, Value>,
}

/// List one's saved views.
#[utoipa::path(tag = "views", params(Part),
    responses((status = 200, description = "The views.", body = Page<SavedView>)))]
#[get("/views")]
async fn list(docket: web::Data<Docket>, caller: Caller, part: Params<Part>) -> Answer {
    let views = docket.side.views(&owner(&caller.0)).await;
    let views = views.map_err(|error| Problem::side(&error))?;
    Page::part(views, &part.0, |view| view.id.to_string())?.answer()
}

/// Save a view.
#[utoipa::path(tag = "views", request_body = Save,
    responses((status = 201, description = "The view.", body = SavedView)))]
#[post("/views")]
async fn save(call: Call, body: Body<Save>) -> Answer {
    Check::default().name("/name", &body.asked.name).done()?;
    check(&call, &body.asked.filter).await?;
    let filter = serde_json::to_string(&body.asked.filter).map_err(|_| Problem::internal())?;
    if filter.len() > LONGEST {
        let detail = format!("a saved filter has {LONGEST} bytes at most");
        return Err(Problem::field("/filter", "too_long", detail));
    }
    let view = SavedView {
        // The id derives from the command, so that a repetition finds the first.
        id: Uuid::new_v5(&call.command_id, b"view"),
        name: body.asked.name.trim().to_owned(),
        filter: RawValue::from_string(filter).map_err(|_| Problem::internal())?,
        created_at: call.docket.now(),
    };
    let owner = owner(&call.principal);
    let views = call.docket.side.views(&owner).await.map_err(|error| Problem::side(&error))?;
    if views.len() >= MOST && !views.iter().any(|it| it.id == view.id) {
        let detail = format!("there are {MOST} saved views already; drop one first");
        return Err(Problem::new(StatusCode::CONFLICT, "too_many_views", detail));
    }
    let kept = call.docket.side.keep_view(&owner, &view).await;
    kept.map_err(|error| Problem::side(&error))?;
    let kept = call.docket.side.view(&owner, view.id).await;
    let kept = kept.map_err(|error| Problem::side(&error))?.ok_or_else(Problem::internal)?;
    if kept.name != view.name || kept.filter.get() != view.filter.get() {
        return Err(docket_commands::CommandError::KeyReused.into());
    }
    json(HttpResponse::build(StatusCode::CREATED), &kept)
}

/// A filter that the list would refuse is refused now, and one that names another view or a page
/// with it.
async fn check(call: &Call, filter: &BTreeMap<String, Value>) -> Result<(), Problem> {
    for name in ["cursor", "page_size"] {
        if filter.contains_key(name) {
            let detail = "a saved view is a filter, not a page of it";
            return Err(Problem::field(format!("/filter/{name}"), "unknown_field", detail));
        }
    }
    let wanted = async {
        let pairs = filter::saved_pairs(filter)?;
        let is_address = |(name, value): &(String, String)| {
            name == "customer" && Uuid::try_parse(value).is_err()
        };
        if pairs.iter().any(is_address) {
            let detail =
                "a saved view names a customer by id: it is kept where nobody can be erased";
            return Err(Problem::field("/customer", "invalid_value", detail));
        }
        if pairs.iter().any(|(name, value)| name == "view" && Uuid::try_parse(value).is_ok()) {
            let detail = "a saved view stands on its own, not on another one";
            return Err(Problem::field("/view", "invalid_value", detail));
        }
        Wanted::of(&call.docket, &call.principal, pairs).await
    };
    wanted.await.map(drop).map_err(|problem| problem.under("/filter"))
}

/// Drop a saved view.
#[utoipa::path(tag = "views", responses((status = 204, description = "It is gone.")))]
#[delete("/views/{id}")]
async fn drop_view(docket: web::Data<Docket>, caller: Caller, id: web::Path<String>) -> Answer {
    let missing = || Problem::not_found("view");
    let id = id.parse().map_err(|_| missing())?;
    let dropped = docket.side.drop_view(&owner(&caller.0), id).await;
    if !dropped.map_err(|error| Problem::side(&error))? {
        return Err(missing());
    }
    Ok(HttpResponse::NoContent().finish())
}

/// Whose views they are: the agent's, whatever token is used; else the token's own.
pub fn owner(principal: &Principal) -> String {
    principal.actor().id
}

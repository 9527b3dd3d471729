//! `/v1/tickets`: one file for each kind of thing that is done with a ticket.

mod complaints;
mod contacts;
mod conversation;
mod create;
mod drafts;
mod history;
mod judgement;
mod lifecycle;
mod list;
mod offers;
mod ownership;
mod promises;
mod read;
mod relations;
mod sorting;

pub use complaints::Amount;
use utoipa_actix_web::scope::scope;
use utoipa_actix_web::service_config::ServiceConfig;

/// Registers the routes. What is called most stands first: the router tries them in turn.
pub fn configure(config: &mut ServiceConfig) {
    config.service(create::create).service(list::list);
    config.service(
        scope("/tickets/{id}")
            .configure(read::configure)
            .configure(conversation::configure)
            .configure(drafts::configure)
            .configure(ownership::configure)
            .configure(offers::configure)
            .configure(lifecycle::configure)
            .configure(sorting::configure)
            .configure(history::configure)
            .configure(contacts::configure)
            .configure(relations::configure)
            .configure(promises::configure)
            .configure(complaints::configure)
            .configure(judgement::configure),
    );
}

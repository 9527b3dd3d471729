//! The routes, one file for each noun of the URLs.

pub mod access_log;
mod agents;
mod attachments;
mod customers;
mod definitions;
mod events;
pub mod operation;
mod tickets;
mod tokens;
mod views;

use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;

/// Registers everything under `/v1`, and what operates the server beside it.
pub fn configure(config: &mut ServiceConfig) {
    config.service(
        scope::scope("/v1")
            .configure(tickets::configure)
            .configure(events::configure)
            .configure(definitions::configure)
            .configure(customers::configure)
            .configure(agents::configure)
            .configure(attachments::configure)
            .configure(views::configure)
            .configure(access_log::configure)
            .configure(tokens::configure),
    );
    operation::configure(config);
}

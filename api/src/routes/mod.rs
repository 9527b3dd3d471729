//! The routes, one file for each noun of the URLs.

#![expect(unused_qualifications, reason = "utoipa writes the types of parameters out in full")]

pub mod access_log;
mod agents;
mod attachments;
mod complaints;
mod compliance;
mod customers;
pub mod definitions;
mod events;
mod flows;
pub mod operation;
mod plans;
mod projections;
mod queues;
mod tickets;
mod tokens;
mod views;

use utoipa_actix_web::scope::scope;
use utoipa_actix_web::service_config::ServiceConfig;

/// Registers everything under `/v1`, and what operates the server beside it.
pub fn configure(config: &mut ServiceConfig) {
    config.service(
        scope("/v1")
            .configure(tickets::configure)
            .configure(events::configure)
            .configure(agents::configure)
            .configure(customers::configure)
            .configure(attachments::configure)
            .configure(access_log::configure)
            .configure(tokens::configure)
            .configure(views::configure)
            .configure(projections::configure)
            .configure(queues::configure)
            .configure(compliance::configure)
            .configure(complaints::configure)
            .configure(flows::configure)
            .configure(plans::configure)
            .configure(definitions::configure),
    );
    operation::configure(config);
}

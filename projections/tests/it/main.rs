//! What projections promise, through their public face.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod adding_a_view;
mod both_databases;
mod broad;
mod complaints;
mod deadlines;
mod desk;
mod equality;
mod erasure;
mod every_event;
mod gate;
mod history;
mod lists;
mod nodes;
mod poison;
mod promises;
mod runner;
mod sla_clocks;
mod story;
mod ticket_document;
mod ticket_sla;
mod timeline;

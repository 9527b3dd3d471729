//! Showing it: what the log means to those who ask.
//!
//! What concerns one ticket alone is folded from its stream when asked ([`ticket_document`],
//! [`ticket_sla`], [`history`], [`timeline`]) and so always shows every command acknowledged before. What is asked
//! across streams is a [`view::View`]: a pure function of one stream, which the one [`runner`] keeps
//! written down in tables that can be thrown away.

pub mod agent_loads;
pub mod clocks;
pub mod complaints;
pub mod customers;
pub mod deadlines;
mod desk_state;
pub mod documents;
pub mod flows;
pub mod history;
pub mod indicator;
pub mod names;
mod opened;
pub mod page;
pub mod plans;
mod projector;
pub mod queue_summary;
pub mod recorded;
pub mod runner;
pub mod sla_clocks;
pub mod stays;
mod subjects;
pub mod ticket_complaints;
pub mod ticket_document;
pub mod ticket_list;
pub mod ticket_sla;
pub mod ticket_tags;
pub mod ticket_text;
pub mod timeline;
pub mod view;
pub mod what_if;
pub mod whole;

use view::{Registered, register};

/// All views there are: a new one is one line here.
pub const REGISTRY: &[Registered] = &[
    register::<ticket_list::TicketList>(),
    register::<ticket_tags::TicketTags>(),
    register::<ticket_text::TicketText>(),
    register::<queue_summary::QueueSummary>(),
    register::<stays::Stays>(),
    register::<customers::Customers>(),
    register::<deadlines::Deadlines>(),
    register::<sla_clocks::SlaClocks>(),
    register::<complaints::ComplaintsView>(),
    register::<agent_loads::AgentLoads>(),
];

//! Showing it: what the log means to those who ask.
//!
//! What concerns one ticket alone is folded from its stream when asked ([`ticket_document`],
//! [`history`], [`timeline`]) and so always shows every command acknowledged before. What is asked
//! across streams is a [`view::View`]: a pure function of one stream, which the one [`runner`] keeps
//! written down in tables that can be thrown away.

pub mod documents;
pub mod history;
pub mod names;
mod projector;
pub mod recorded;
pub mod runner;
mod subjects;
pub mod ticket_document;
pub mod ticket_list;
pub mod timeline;
pub mod view;

use view::{Registered, register};

/// All views there are: a new one is one line here.
pub const REGISTRY: &[Registered] = &[register::<ticket_list::TicketList>()];

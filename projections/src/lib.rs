//! Showing it: what the log means to those who ask.
//!
//! What concerns one ticket alone is folded from its stream when asked ([`ticket_document`],
//! [`history`], [`timeline`]) and so always shows every command acknowledged before. What is asked
//! across streams is a [`view::View`]: a pure function of one stream, which the one [`runner`] keeps
//! written down in tables that can be thrown away.

pub mod history;
pub mod names;
pub mod recorded;
pub mod ticket_document;
pub mod timeline;

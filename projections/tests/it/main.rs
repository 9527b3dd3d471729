//! What projections promise, through their public face.

mod every_event;
mod story;
mod ticket_document;
mod timeline;

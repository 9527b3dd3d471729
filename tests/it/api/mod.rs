//! The API, over HTTP, on a real server; the modules mirror the URLs.

mod access;
mod attachments;
mod calendars;
mod command_line;
mod compliance;
mod conventions;
mod definitions;
mod escalation;
mod events;
mod forms;
mod later;
mod limits;
mod lists;
mod logs;
mod merging;
mod nodes;
mod operation;
mod people;
mod promises;
mod reapplying;
mod taking;
mod terms;
mod tickets;
mod time_travel;
mod timers;
mod what_if;

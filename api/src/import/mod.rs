//! Foreign logs: read as they come, mapped by a small TOML file, and put through the desk's own
//! decisions. See `docs/importing.md`.

pub mod case;
pub mod columns;
pub mod counterpart;
pub mod map;
pub mod people;
pub mod rehearse;
pub mod report;
pub mod row;
pub mod run;
pub mod source;
pub mod table;
pub mod template;
mod whole;
pub mod xes;

#[cfg(test)]
mod spec;

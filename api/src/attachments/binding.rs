//! From files that wait to files that events name: the log is followed, and each file that an event
//! names gives up its box in the register, since the event carries one, sealed.
//!
//! The log is what counts: the register is only a reading of it and can be made anew from it.

use docket_domain::ids::AttachmentId;
use docket_domain::ticket::event::AttachmentRef;
use docket_store::{EventStore, Position, Sealed, StoredEvent};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::register::Register;
use crate::problem::Problem;

/// How many events one read asks for.
const PAGE: usize = 1_000;

/// After so many events the cursor is written down even where they name no file: until then a start
/// reads them again, which changes nothing.
const WRITTEN_EVERY: Position = 50_000;

/// How far the log was read, in memory and on disk.
#[derive(Default)]
pub(super) struct Cursor {
    read: Position,
    written: Position,
}

impl Cursor {
    /// Where the register says that reading goes on.
    pub async fn load(register: &Register, head: Position) -> Result<Self, sqlx::Error> {
        let written = register.cursor(head).await?;
        Ok(Self { read: written, written })
    }

    /// Reads the log to its end and registers every file that an event names.
    pub async fn catch_up(
        &mut self,
        store: &dyn EventStore,
        register: &Register,
    ) -> Result<(), Problem> {
        while self.read < store.head() {
            let page = store.read_all(self.read, PAGE, Sealed::Without).await?;
            let Some(last) = page.last().map(|event| event.position) else { break };
            let named: Vec<(Uuid, Position)> = page.iter().flat_map(named).collect();
            if !named.is_empty() || last >= self.written + WRITTEN_EVERY {
                let bound = register.bind(&named, last).await;
                bound.map_err(|error| Problem::side(&error))?;
                self.written = last;
            }
            self.read = last;
        }
        Ok(())
    }
}

/// The files that an event names, and where it stands.
fn named(event: &StoredEvent) -> Vec<(Uuid, Position)> {
    let payload = docket_store::vault::close(&event.payload);
    let refs = refs(&payload).into_iter();
    refs.map(|file| (file.id.0, event.position)).collect()
}

/// The file as an opened event names it.
pub(super) fn named_by(payload: &str, id: Uuid) -> Option<AttachmentRef> {
    refs(payload).into_iter().find(|file| file.id == AttachmentId(id))
}

/// All files that a payload names, wherever it does: whatever kind of event comes to have
/// `attachments` is found.
fn refs(payload: &str) -> Vec<AttachmentRef> {
    let mut found = Vec::new();
    // Most events name none, which is known without understanding them.
    if payload.contains(r#""attachments":["#) {
        collect(&serde_json::from_str(payload).unwrap_or_default(), &mut found);
    }
    found
}

fn collect(value: &Value, found: &mut Vec<AttachmentRef>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_array().filter(|_| name == "attachments") {
                    Some(files) => {
                        let files = files.iter().map(AttachmentRef::deserialize);
                        found.extend(files.filter_map(Result::ok));
                    }
                    None => collect(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

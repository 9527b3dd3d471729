//! What is checked of an append before it reaches the writer.
//!
//! A statement that fails takes its whole batch with it, so nothing may get that far that one of
//! the schema's constraints would refuse.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use crate::{Append, NewEvent, StoreError};

/// Between the fields of an event, where an adapter packs them; JSON escapes it.
pub(crate) const FIELD: u8 = 0x1f;
/// Between events, likewise.
pub(crate) const EVENT: u8 = 0x1e;

/// What the texts of one event may amount to.
const LARGEST_EVENT: usize = 64 << 20;

/// How long a name may be that an index holds, in bytes: a stream, or a key with its space.
const LONGEST_NAME: usize = 2000;

/// An append that was checked, with the hashes of its payloads in order.
#[derive(Clone)]
pub(crate) struct Checked {
    pub append: Append,
    pub payload_hashes: Vec<[u8; 32]>,
}

impl Checked {
    /// Checks an append and hashes its payloads, on the caller's thread rather than the writer's.
    pub fn new(append: Append) -> Result<Self, StoreError> {
        check(&append).map_err(|why| StoreError::Refused(format!("an append {why}")))?;
        let payload_hashes =
            events(&append).map(|event| Sha256::digest(event.payload.as_bytes()).into()).collect();
        Ok(Self { append, payload_hashes })
    }
}

fn events(append: &Append) -> impl Iterator<Item = &NewEvent> {
    append.writes.iter().flat_map(|write| &write.events)
}

fn check(append: &Append) -> Result<(), String> {
    if events(append).next().is_none() {
        return Err("needs at least one event".to_owned());
    }
    let mut streams = HashSet::new();
    for write in &append.writes {
        if !streams.insert(&write.stream) {
            return Err(format!("names the stream {} twice", write.stream));
        }
        if write.stream.is_empty() || write.stream.contains(char::is_control) {
            return Err(format!(
                "names a stream that is empty or has control characters: {:?}",
                write.stream
            ));
        }
        if write.stream.len() > LONGEST_NAME {
            return Err(format!("names a stream of more than {LONGEST_NAME} bytes"));
        }
    }
    events(append).try_for_each(check_event)?;
    for claim in append.claims.iter().chain(&append.releases) {
        check_names([&claim.space, &claim.key])?;
        check_names([&claim.owner, ""])?;
    }
    append.new_keys.iter().try_for_each(|key| check_names([&key.subject, ""]))?;
    let mut claims = HashMap::new();
    for claim in &append.claims {
        let owner = claims.insert((&claim.space, &claim.key), &claim.owner);
        if owner.is_some_and(|owner| *owner != claim.owner) {
            return Err(format!("claims a key of {} for two owners", claim.space));
        }
    }
    let mut subjects = HashSet::new();
    match append.new_keys.iter().find(|key| !subjects.insert(&key.subject)) {
        Some(key) => Err(format!("brings two data keys of {}", key.subject)),
        None => Ok(()),
    }
}

/// Together they are one entry of an index.
fn check_names(names: [&str; 2]) -> Result<(), String> {
    if names.iter().any(|name| name.contains('\0')) {
        return Err("names a key with the character U+0000".to_owned());
    }
    if names.iter().map(|name| name.len()).sum::<usize>() > LONGEST_NAME {
        return Err(format!("names a key of more than {LONGEST_NAME} bytes"));
    }
    Ok(())
}

fn check_event(event: &NewEvent) -> Result<(), String> {
    let sealed = event.sealed.as_deref().unwrap_or_default();
    if event.event_type.is_empty() || event.event_type.contains(char::is_control) {
        return Err(format!("has an event without a proper type: {:?}", event.event_type));
    }
    let texts = [event.envelope.as_str(), &event.payload, sealed];
    // These never occur in JSON, which escapes them; reads rely on it.
    if texts.iter().any(|text| text.contains(['\0', FIELD.into(), EVENT.into()])) {
        return Err(format!(
            "has a {} with control characters, which is no JSON",
            event.event_type
        ));
    }
    if texts.iter().map(|text| text.len()).sum::<usize>() > LARGEST_EVENT {
        return Err(format!("has a {} of more than {LARGEST_EVENT} bytes", event.event_type));
    }
    Ok(())
}

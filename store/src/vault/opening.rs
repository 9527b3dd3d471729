//! Opening what was sealed: the payload's text is taken apart at the commitments and put together
//! again with the values, without parsing it.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;

use super::Usable;
use super::cipher::Subjects;
use super::markers::{Pieces, pieces};
use crate::{StoreError, StoredEvent};

/// The payload of an event with its personal values put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened<'e> {
    /// JSON; `null` stands where a value is erased.
    pub payload: Cow<'e, str>,
    /// Where that is, as JSON pointers into the payload.
    pub erased: Vec<String>,
}

/// A sealed field, as it stands beside its event.
#[derive(Deserialize)]
pub(super) struct SealedBox<'e> {
    #[serde(borrow)]
    path: Cow<'e, str>,
    #[serde(borrow)]
    keys: Vec<Cow<'e, str>>,
    #[serde(rename = "box")]
    boxed: &'e str,
}

/// The sealed fields of each event.
pub(super) fn boxes_of(events: &[StoredEvent]) -> Result<Vec<Vec<SealedBox<'_>>>, StoreError> {
    events
        .iter()
        .map(|event| match &event.sealed {
            None => Ok(Vec::new()),
            Some(sealed) => serde_json::from_str(sealed).map_err(|error| {
                broken(event, &format!("its sealed fields are unreadable: {error}"))
            }),
        })
        .collect()
}

/// Whose keys are needed to open them.
pub(super) fn subjects<'b>(boxes: &'b [Vec<SealedBox<'_>>]) -> impl Iterator<Item = &'b str> {
    boxes.iter().flatten().flat_map(|field| &field.keys).map(AsRef::as_ref)
}

/// Opens events with the keys that were found.
pub(super) fn open_all<'e>(
    events: &'e [StoredEvent],
    boxes: &[Vec<SealedBox<'_>>],
    keys: &HashMap<String, Usable>,
) -> Result<Vec<Opened<'e>>, StoreError> {
    let mut opener = Opener { keys, combined: None };
    events.iter().zip(boxes).map(|(event, boxes)| opener.open(event, boxes)).collect()
}

struct Opener<'k, 'b> {
    keys: &'k HashMap<String, Usable>,
    /// The keys of the field before: nearly always those of the next one too.
    combined: Option<(&'b [Cow<'b, str>], Option<Subjects>)>,
}

impl<'b> Opener<'_, 'b> {
    fn open<'e>(
        &mut self,
        event: &'e StoredEvent,
        boxes: &'b [SealedBox<'_>],
    ) -> Result<Opened<'e>, StoreError> {
        let Pieces { between, commitments } = pieces(&event.payload)
            .ok_or_else(|| broken(event, "a commitment in its payload has no end"))?;
        if commitments.len() != boxes.len() {
            let (has, sealed) = (commitments.len(), boxes.len());
            return Err(broken(
                event,
                &format!("it has {has} personal fields, but {sealed} are sealed"),
            ));
        }
        if boxes.is_empty() {
            return Ok(Opened { payload: Cow::Borrowed(&event.payload), erased: Vec::new() });
        }
        let mut payload = String::with_capacity(event.payload.len() * 2);
        let mut erased = Vec::new();
        let mut between = between.into_iter();
        payload.push_str(between.next().unwrap_or_default());
        for ((field, commitment), rest) in boxes.iter().zip(commitments).zip(between) {
            if let Some(text) = self.field(event, field, commitment)? {
                payload.push_str(&text);
            } else {
                payload.push_str("null");
                erased.push(field.path.clone().into_owned());
            }
            payload.push_str(rest);
        }
        Ok(Opened { payload: Cow::Owned(payload), erased })
    }

    /// The text of a field; `None` when one of its subjects was erased.
    fn field(
        &mut self,
        event: &StoredEvent,
        field: &'b SealedBox<'_>,
        commitment: &str,
    ) -> Result<Option<String>, StoreError> {
        let combined = match self.combined.take() {
            Some((keys, combined)) if keys == field.keys => combined,
            _ => self.combine(event, &field.keys)?,
        };
        let text = match &combined {
            None => None,
            Some(subjects) => {
                let text = subjects.open(event.event_id, &field.path, field.boxed, commitment);
                Some(text.ok_or_else(|| {
                    broken(event, &format!("its field {} is not what was sealed", field.path))
                })?)
            }
        };
        self.combined = Some((&field.keys, combined));
        Ok(text)
    }

    fn combine(
        &self,
        event: &StoredEvent,
        subjects: &[Cow<'_, str>],
    ) -> Result<Option<Subjects>, StoreError> {
        let mut keys = Vec::with_capacity(subjects.len());
        let mut erased = false;
        for subject in subjects {
            match self.keys.get(subject.as_ref()) {
                Some(Usable::Key(key)) => keys.push(key),
                Some(Usable::Erased) => erased = true,
                Some(Usable::Missing) | None => {
                    return Err(broken(
                        event,
                        &format!("the key of {subject} is gone, and no tombstone says why"),
                    ));
                }
            }
        }
        Ok((!erased && !keys.is_empty()).then(|| Subjects::new(keys.into_iter())))
    }
}

fn broken(event: &StoredEvent, why: &str) -> StoreError {
    StoreError::Integrity(format!("event {} of {}: {why}", event.position, event.stream))
}

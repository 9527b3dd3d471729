//! Pages of answers: by key, never by offset, so that page 150 costs what page 1 does.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

/// The most rows a page holds.
pub const LARGEST: usize = 200;

/// One page of documents, each as its JSON text.
#[derive(Debug, Serialize)]
pub struct Page {
    /// The documents.
    pub data: Vec<Box<RawValue>>,
    /// Where it goes on.
    pub page: PageInfo,
}

/// Where a page goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PageInfo {
    /// The cursor that asks for the next page; `null` on the last.
    pub next: Option<String>,
    /// Whether there is a next page.
    pub has_more: bool,
}

/// The cursor is none of ours, or belongs to another question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cursor belongs to another list; ask for the first page again")]
pub struct ForeignCursor;

/// The place behind the last row of a page, and the question it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    question: u64,
    /// What the rows are sorted by.
    pub sort: String,
    /// What makes that order total.
    pub stream: String,
}

impl Cursor {
    /// The place behind a row, for a question.
    pub fn behind(question: &impl Serialize, sort: String, stream: String) -> Self {
        Self { question: fingerprint(question), sort, stream }
    }

    /// The cursor as clients hold it: opaque.
    pub fn encode(&self) -> String {
        BASE64.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads a cursor back; it must belong to the same question.
    pub fn decode(text: &str, question: &impl Serialize) -> Result<Self, ForeignCursor> {
        let json = BASE64.decode(text).map_err(|_| ForeignCursor)?;
        let cursor: Self = serde_json::from_slice(&json).map_err(|_| ForeignCursor)?;
        if cursor.question == fingerprint(question) { Ok(cursor) } else { Err(ForeignCursor) }
    }
}

/// Tells questions apart, the same in every process.
fn fingerprint(question: &impl Serialize) -> u64 {
    let json = serde_json::to_vec(question).unwrap_or_default();
    Uuid::new_v5(&Uuid::nil(), &json).as_u64_pair().0
}

/// A row of a list: its document, what it is sorted by, and its stream.
pub(crate) type Listed = (String, String, String);

impl Page {
    /// The first `size` of the rows, which hold one more where there is a next page.
    pub(crate) fn of(mut rows: Vec<Listed>, size: usize, question: &impl Serialize) -> Self {
        let has_more = rows.len() > size;
        rows.truncate(size);
        let last = rows.last().filter(|_| has_more);
        let next = last.map(|(_, sort, stream)| {
            Cursor::behind(question, sort.clone(), stream.clone()).encode()
        });
        // Documents are written by us as JSON, so none is left out here.
        let data = rows.into_iter().filter_map(|(doc, ..)| RawValue::from_string(doc).ok());
        Self { data: data.collect(), page: PageInfo { next, has_more } }
    }
}

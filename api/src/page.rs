//! Pages: `{ "data": […], "page": { "next": …, "has_more": … } }`.

use actix_web::{HttpResponse, HttpResponseBuilder};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::call::{Answer, json};
use crate::problem::Problem;

/// The largest page of a list.
pub const LARGEST: u16 = 200;

/// The size of a page when none is asked for.
pub const USUAL: u16 = 50;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// What is on it.
    pub data: Vec<T>,
    /// Where it ends.
    pub page: End,
}

/// Where a page ends.
#[derive(Debug, Serialize, ToSchema)]
pub struct End {
    /// The cursor of the next page; `null` when there is none.
    pub next: Option<String>,
    /// Whether there is a next page.
    pub has_more: bool,
}

/// Which part of a list is asked for that is short enough to be answered whole.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Part {
    /// 1 to 200; all of it unless said.
    #[param(minimum = 1, maximum = 200)]
    pub page_size: Option<u16>,
    /// Where the last page ended.
    pub cursor: Option<String>,
}

/// A page of events, each in the one envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct Events {
    /// The events: position, stream, version, id, type, schema, occurred_at, recorded_at, actor,
    /// channel, client, command_id, correlation_id, causation_id, source, data, erased.
    #[schema(value_type = Vec<Object>)]
    pub data: Vec<Value>,
    /// Where it ends.
    pub page: End,
}

impl<T: Serialize> Page<T> {
    /// The part of a list that is asked for: all of it, unless a size is said. Cursors are the keys of
    /// the entries that pages end with.
    ///
    /// # Errors
    /// 422 where nothing has that key, or has it any more.
    pub fn part(
        mut data: Vec<T>,
        asked: &Part,
        key: impl Fn(&T) -> String,
    ) -> Result<Self, Problem> {
        let most = match asked.page_size {
            None => usize::MAX,
            asked => usize::from(size(asked)?),
        };
        if let Some(cursor) = &asked.cursor {
            let last = data.iter().position(|entry| key(entry) == *cursor);
            let detail = "no page of this list ends there; begin anew";
            let last = last.ok_or_else(|| Problem::field("/cursor", "invalid_cursor", detail))?;
            data.drain(..=last);
        }
        let more = data.len() > most;
        data.truncate(most);
        let next = data.last().filter(|_| more).map(key);
        Ok(Self::until(data, next))
    }

    /// A page of a list that goes on at `next`.
    pub fn until(data: Vec<T>, next: Option<String>) -> Self {
        Self { data, page: End { has_more: next.is_some(), next } }
    }

    /// The page as an answer.
    pub fn answer(&self) -> Answer {
        json(HttpResponse::Ok(), self)
    }
}

/// A page of documents that are JSON texts already.
pub fn of_texts(
    mut response: HttpResponseBuilder,
    texts: &[String],
    next: Option<u64>,
) -> HttpResponse {
    let size = texts.iter().map(|text| text.len() + 1).sum::<usize>();
    let mut body = String::with_capacity(size + 64);
    body.push_str(r#"{"data":["#);
    for (index, text) in texts.iter().enumerate() {
        if index > 0 {
            body.push(',');
        }
        body.push_str(text);
    }
    let (next, more) = match next {
        Some(next) => (format!("\"{next}\""), true),
        None => ("null".to_owned(), false),
    };
    body.push_str(&format!(r#"],"page":{{"next":{next},"has_more":{more}}}}}"#));
    response.content_type("application/json").body(body)
}

/// The size of a page, as asked for.
pub fn size(asked: Option<u16>) -> Result<u16, Problem> {
    let size = asked.unwrap_or(USUAL);
    let detail = format!("a page has 1 to {LARGEST} entries");
    let fits = (1..=LARGEST).contains(&size);
    if fits { Ok(size) } else { Err(Problem::field("/page_size", "invalid_value", detail)) }
}

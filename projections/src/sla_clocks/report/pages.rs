//! Reports page by page: counted once, for the first page, and kept for those to come.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use docket_domain::definition::ZoneOffsets;
use docket_domain::instant::Instant;
use serde::Serialize;
use uuid::Uuid;

use super::{Figures, LONGEST, Question, figures};
use crate::documents::Documents;
use crate::page::{Cursor, ForeignCursor, PageInfo};
use crate::ticket_list::ListError;

/// How many reports are kept, the latest.
const KEPT: usize = 8;

/// How many groups a report may have to be kept: some megabytes.
const LARGEST_KEPT: usize = 20_000;

/// A page of figures.
#[derive(Debug, Serialize)]
pub struct FiguresPage {
    /// The figures.
    pub data: Vec<Figures>,
    /// Where it goes on.
    pub page: PageInfo,
}

/// The reports whose pages are being read. A page that finds none here, since it was pushed out or another
/// process made it, has it counted again, as of the instant of the first page.
#[derive(Default)]
pub struct Reports {
    kept: Mutex<VecDeque<Report>>,
}

/// What was asked and as of when, and the figures.
type Report = (Vec<u8>, Arc<Vec<Figures>>);

impl Question {
    /// The same question as it was meant at an instant: a period without end ends then.
    fn as_of(&self, now: Instant) -> Self {
        let mut question = self.clone();
        if self.said.1.is_none() {
            question.to = now;
            question.from = self.said.0.unwrap_or(now.plus_millis(self.from.0 - self.to.0));
        }
        question
    }
}

impl Reports {
    /// A page of the figures, in the order of their groups. All pages are as of the
    /// instant of the first, and of its count while that is kept.
    ///
    /// # Errors
    /// [`ListError::Cursor`] when the cursor comes from another question.
    pub async fn page(
        &self,
        documents: &Documents,
        question: &Question,
        zone: Option<&ZoneOffsets>,
        now: Instant,
        (size, cursor): (usize, Option<&str>),
    ) -> Result<FiguresPage, ListError> {
        let by: Vec<&str> = question.by.iter().map(|by| by.name()).collect();
        let asked = (question.said, &question.filters, by);
        let after = cursor.map(|cursor| Cursor::decode(cursor, &asked)).transpose()?;
        // What makes the order total is nothing here: the cursor says which count it goes on with, by the
        // instant that was counted at and an id, since two may be of one millisecond.
        let count = match &after {
            Some(after) => after.stream.clone(),
            None => format!("{now} {}", Uuid::now_v7()),
        };
        let counted_at = count.split(' ').next().unwrap_or(&count);
        let counted_at: Instant = counted_at.parse().map_err(|_| ForeignCursor)?;
        let key = serde_json::to_vec(&(&asked, &count)).unwrap_or_default();
        let all = match self.kept(&key) {
            Some(kept) => kept,
            None => {
                let question = question.as_of(counted_at);
                // A cursor is text that anybody may write, and what ends now is longer by the time of a later
                // page: so how long a period is, is asked of what was meant at the first.
                if question.to.0 - question.from.0 > LONGEST {
                    return Err(ForeignCursor.into());
                }
                Arc::new(figures(documents, &question, zone, counted_at).await?)
            }
        };
        let behind = |after: &Cursor| all.partition_point(|it| it.place() <= after.sort);
        let rest = &all[after.as_ref().map_or(0, behind)..];
        let has_more = rest.len() > size;
        let data: Vec<Figures> = rest.iter().take(size).cloned().collect();
        let end = data.last().filter(|_| has_more).map(Figures::place);
        if has_more {
            self.keep(key, &all);
        }
        let behind = |end| Cursor::behind(&asked, end, count.clone()).encode();
        Ok(FiguresPage { data, page: PageInfo { next: end.map(behind), has_more } })
    }

    fn kept(&self, key: &[u8]) -> Option<Arc<Vec<Figures>>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(of, _)| of == key).map(|(_, figures)| figures.clone())
    }

    /// Keeps a report as the latest.
    fn keep(&self, key: Vec<u8>, figures: &Arc<Vec<Figures>>) {
        if figures.len() > LARGEST_KEPT {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(of, _)| *of != key);
        kept.push_back((key, figures.clone()));
        while kept.len() > KEPT {
            kept.pop_front();
        }
    }
}

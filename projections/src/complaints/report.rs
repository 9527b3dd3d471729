//! What customers complained of in a period, beside the period before (S-72): of the complaints raised in
//! it, how they were decided and how soon.
//!
//! A complaint counts where it was raised and in one group only, decided or not, so the groups of a report
//! add up to all that was raised. The period before is as long as the period and ends where that begins; what
//! was raised in it counts in the group that it would be in, had it been raised one such length later.

use std::collections::{BTreeMap, HashMap};

use docket_domain::definition::ZoneOffsets;
use docket_domain::instant::Instant;
use docket_domain::ticket::event::Decision;
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ComplaintRow, Filter};
use crate::documents::{Documents, DocumentsError, Query};
use crate::page::{Cursor, ForeignCursor, PageInfo};
use crate::sla_clocks::report::{DAY, LONGEST, percentile};
use crate::ticket_list::ListError;

mod by;

pub use self::by::By;

/// What is read in one go: no more of a period is in memory than a few of these.
const PART: i64 = 16 * DAY;

/// How many are read side by side.
const AT_ONCE: usize = 2;

/// How many things the figures can be told by at once.
pub const MOST_BY: usize = 2;

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Raised at this instant or later.
    pub from: Instant,
    /// Raised before this instant.
    pub to: Instant,
    /// Both as they were said: where they were not, a report is of what they were at its first page.
    pub said: (Option<Instant>, Option<Instant>),
    /// Which complaints.
    pub filter: Filter,
    /// What the answer is told apart by.
    pub by: Vec<By>,
}

/// The figures of one group: `raised` is the sum of what was decided in either way and of what is open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ComplaintFigures {
    /// What the group is, by what was asked for; `none` where complaints are nothing in that.
    pub group: BTreeMap<String, String>,
    /// Raised in the period.
    pub raised: u64,
    /// Of these, the customer was right.
    pub accepted: u64,
    /// The customer was right in part.
    pub partly_accepted: u64,
    /// The customer was not right.
    pub rejected: u64,
    /// Not decided yet.
    pub open: u64,
    /// Half of those decided waited no longer for it, in milliseconds of wall time.
    pub p50_ms: Option<i64>,
    /// Nine in ten waited no longer.
    pub p90_ms: Option<i64>,
    /// Raised in the period of the same length before.
    pub raised_before: u64,
    /// Where it stands among the groups of its question.
    #[serde(skip)]
    #[schema(ignore)]
    place: Vec<String>,
}

/// A page of figures.
#[derive(Debug, Serialize)]
pub struct FiguresPage {
    /// The figures.
    pub data: Vec<ComplaintFigures>,
    /// Where it goes on.
    pub page: PageInfo,
}

/// Figures being counted.
#[derive(Default)]
struct Count {
    figures: ComplaintFigures,
    times: Vec<i64>,
}

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

    fn length(&self) -> i64 {
        self.to.0 - self.from.0
    }
}

/// The figures that answer a question as of `now`, in the order of their groups; days are those of the zone's
/// wall clock. What was decided after `now` is open.
pub async fn figures(
    documents: &Documents,
    question: &Question,
    zone: Option<&ZoneOffsets>,
    now: Instant,
) -> Result<Vec<ComplaintFigures>, DocumentsError> {
    let length = question.length();
    let begins = question.from.plus_millis(-length).max(Instant::EARLIEST);
    let parts = (begins.0..question.to.0).step_by(PART as usize).map(|from| {
        let until = Instant(from.saturating_add(PART)).min(question.to);
        complaints(documents, Instant(from), until)
    });
    let mut counts = HashMap::<Vec<String>, Count>::new();
    let mut read = stream::iter(parts).buffered(AT_ONCE);
    while let Some(complaints) = read.try_next().await? {
        for complaint in complaints.iter().filter(|it| question.filter.passes(it)) {
            let is_before = complaint.raised_at < question.from;
            let at = complaint.raised_at.plus_millis(if is_before { length } else { 0 });
            let group = question.by.iter().map(|by| by.value(complaint, at, zone)).collect();
            let count = counts.entry(group).or_default();
            if is_before {
                count.figures.raised_before += 1;
            } else {
                count.take(complaint, now);
            }
        }
    }
    let told = counts.into_iter().map(|(group, count)| count.told(&question.by, group));
    let mut told: Vec<ComplaintFigures> = told.collect();
    told.sort_by(|one, other| one.place.cmp(&other.place));
    Ok(told)
}

/// All complaints raised in a part of the period: one row, whatever there is, with one on each line.
async fn complaints(
    documents: &Documents,
    from: Instant,
    to: Instant,
) -> Result<Vec<ComplaintRow>, DocumentsError> {
    let query = Query::new("SELECT coalesce(string_agg(doc, ").bind("\n");
    let query = query.sql("), '') FROM {complaints}");
    let query = query.sql(" WHERE raised >= ").bind(from.to_string());
    let query = query.sql(" AND raised < ").bind(to.to_string());
    let texts: Vec<(String,)> = documents.list(&query).await?;
    let lines = texts.iter().flat_map(|(text,)| text.lines());
    // Documents are written from the same type, so none is left out here.
    Ok(lines.filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// A page of the figures. All pages are as of the instant of the first, which the cursor holds; each is counted
/// anew.
///
/// # Errors
/// [`ListError::Cursor`] when the cursor comes from another question.
pub async fn page(
    documents: &Documents,
    question: &Question,
    zone: Option<&ZoneOffsets>,
    now: Instant,
    (size, cursor): (usize, Option<&str>),
) -> Result<FiguresPage, ListError> {
    let by: Vec<&str> = question.by.iter().map(|by| by.name()).collect();
    let asked = (question.said, &question.filter, by);
    let after = cursor.map(|cursor| Cursor::decode(cursor, &asked)).transpose()?;
    let counted_at: Option<Result<Instant, _>> = after.as_ref().map(|it| it.stream.parse());
    let counted_at = counted_at.transpose().map_err(|_| ForeignCursor)?.unwrap_or(now);
    let question = question.as_of(counted_at);
    // A cursor is text that anybody may write.
    if question.length() > LONGEST {
        return Err(ForeignCursor.into());
    }
    let place: Option<Result<Vec<String>, _>> =
        after.as_ref().map(|it| serde_json::from_str(&it.sort));
    let place = place.transpose().map_err(|_| ForeignCursor)?;
    let mut rest = figures(documents, &question, zone, counted_at).await?;
    rest.retain(|it| place.as_ref().is_none_or(|place| it.place > *place));
    let has_more = rest.len() > size;
    rest.truncate(size);
    let end = rest.last().filter(|_| has_more);
    let end = end.map(|end| serde_json::to_string(&end.place).unwrap_or_default());
    let next = end.map(|end| Cursor::behind(&asked, end, counted_at.to_string()).encode());
    Ok(FiguresPage { data: rest, page: PageInfo { next, has_more } })
}

impl Count {
    fn take(&mut self, complaint: &ComplaintRow, now: Instant) {
        let figures = &mut self.figures;
        figures.raised += 1;
        let decision =
            complaint.decision.filter(|_| complaint.decided_at.is_some_and(|it| it <= now));
        match decision {
            None => figures.open += 1,
            Some(Decision::Accepted) => figures.accepted += 1,
            Some(Decision::PartlyAccepted) => figures.partly_accepted += 1,
            Some(Decision::Rejected) => figures.rejected += 1,
        }
        self.times.extend(decision.map(|_| complaint.waited_ms(now)));
    }

    fn told(mut self, by: &[By], group: Vec<String>) -> ComplaintFigures {
        self.times.sort_unstable();
        let names = by.iter().map(|by| by.name().to_owned());
        ComplaintFigures {
            group: names.zip(group.iter().cloned()).collect(),
            p50_ms: percentile(&self.times, 50),
            p90_ms: percentile(&self.times, 90),
            place: group,
            ..self.figures
        }
    }
}

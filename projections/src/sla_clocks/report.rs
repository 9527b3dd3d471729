//! Compliance: of what was decided in a period, how much was kept, by whatever one asks.
//!
//! A clock counts in the period in which its verdict fell: a met one when it ended, a late one at its
//! deadline, or at the change that made it late. So the figures of a period that is over change only for
//! the times of what is late and still runs, and where something of that period is told afterwards.

use std::collections::BTreeMap;

use docket_domain::definition::ZoneOffsets;
use docket_domain::instant::Instant;
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use self::counting::Counting;
use super::cell::{Cell, Dimension, Kind};
use crate::documents::{Documents, DocumentsError, Query};

mod counting;
mod pages;

pub use self::pages::{FiguresPage, Reports};

/// A day, in milliseconds.
pub(crate) const DAY: i64 = 86_400_000;

/// The longest period, in milliseconds: a year, and a day to spare.
pub const LONGEST: i64 = 367 * DAY;

/// What is read in one go: no more of a period is in memory than a few of these.
const PART: i64 = 4 * DAY;

/// How many are read side by side.
const AT_ONCE: usize = 2;

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Decided at this instant or later.
    pub from: Instant,
    /// Decided before this instant.
    pub to: Instant,
    /// Both as they were said: where they were not, a report is of what they were at its first page.
    pub said: (Option<Instant>, Option<Instant>),
    /// For each dimension by name, the values that count; several are alternatives.
    pub filters: BTreeMap<String, Vec<String>>,
    /// What the answer is told apart by, beside clock and measure.
    pub by: Vec<By>,
}

/// What an answer is told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A property of the clock or its ticket.
    Dimension(Dimension),
    /// The local day on which it was decided.
    Day,
    /// The local month.
    Month,
}

impl By {
    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "day" => Some(Self::Day),
            "month" => Some(Self::Month),
            name => Dimension::named(name).map(Self::Dimension),
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dimension(dimension) => dimension.name(),
            Self::Day => "day",
            Self::Month => "month",
        }
    }
}

/// The figures of one group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Figures {
    /// What the group is: `clock`, of resolutions `measure`, and what was asked for; `none` where clocks are
    /// nothing in that, as of an agent where nobody had the ticket.
    pub group: BTreeMap<String, String>,
    /// Kept by what was promised.
    pub met: u64,
    /// Late, those made late by a change among them.
    pub breached: u64,
    /// Late because a change gave a target that was past already.
    pub retargeted: u64,
    /// Late and not ended yet.
    pub still_open: u64,
    /// Ended in time by closing or filing instead of an answer; neither met nor late.
    pub apart: u64,
    /// Went on at the survivor of a merge.
    pub merged: u64,
    /// What it waited for cannot come any more.
    pub cancelled: u64,
    /// Due in the period and not decided yet.
    pub open: u64,
    /// Met, in a hundred of met and late; `null` where there are none.
    pub percent_met: Option<f64>,
    /// The mean of the time that had counted, in milliseconds, over what ended met or late.
    pub mean_ms: Option<i64>,
    /// Half of them took no longer.
    pub p50_ms: Option<i64>,
    /// Nine in ten took no longer.
    pub p90_ms: Option<i64>,
    /// Ninety-five in a hundred took no longer.
    pub p95_ms: Option<i64>,
}

impl Figures {
    /// Where it stands among the figures of its question.
    fn place(&self) -> String {
        let values: Vec<&str> = self.group.values().map(String::as_str).collect();
        values.join("\t")
    }
}

impl Question {
    /// Whether a clock is one that the question is about, whenever it was decided.
    pub(super) fn lets_through(&self, cell: &str) -> bool {
        let kind = Cell::read(cell).and_then(|cell| Kind::read(cell.kind));
        kind.is_some_and(|kind| self.is_about(&kind))
    }

    fn is_about(&self, kind: &Kind<'_>) -> bool {
        self.filters.iter().all(|(name, values)| {
            let dimension = Dimension::named(name);
            dimension.is_some_and(|it| values.iter().any(|value| kind.is(it, value)))
        })
    }
}

/// The figures that answer a question, as of `now`; days are those of the zone's wall clock.
pub async fn figures(
    documents: &Documents,
    question: &Question,
    zone: Option<&ZoneOffsets>,
    now: Instant,
) -> Result<Vec<Figures>, DocumentsError> {
    let length = usize::try_from(question.to.0 - question.from.0).unwrap_or_default();
    let parts = (0..length).step_by(PART as usize).map(|part| {
        let from = question.from.plus_millis(part as i64);
        cells(documents, from, from.plus_millis(PART).min(question.to))
    });
    let mut counting = Counting::new(question, zone, now);
    let mut read = stream::iter(parts).buffered(AT_ONCE);
    while let Some(cells) = read.try_next().await? {
        cells.lines().filter_map(Cell::read).for_each(|cell| counting.take(&cell));
    }
    Ok(counting.told())
}

/// All cells of a part of the period, one on each line: one row, whatever there is.
async fn cells(
    documents: &Documents,
    from: Instant,
    to: Instant,
) -> Result<String, DocumentsError> {
    let query = Query::new("SELECT coalesce(string_agg(cell, ").bind("\n");
    let query = query.sql("), '') FROM {sla_clocks}");
    let query = query.sql(" WHERE decided >= ").bind(from.to_string());
    let query = query.sql(" AND decided < ").bind(to.to_string());
    let cells: Vec<(String,)> = documents.list(&query).await?;
    Ok(cells.into_iter().next().map(|(cells,)| cells).unwrap_or_default())
}

/// The smallest of the sorted values that so many in a hundred do not exceed.
pub(crate) fn percentile(sorted: &[i64], hundredths: usize) -> Option<i64> {
    let rank = (sorted.len() * hundredths).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

//! What complaints are told apart by in a report.

use docket_domain::definition::ZoneOffsets;
use docket_domain::instant::Instant;

use crate::complaints::ComplaintRow;
use crate::complaints::list::word;
use crate::sla_clocks::cell::NOTHING;
use crate::sla_clocks::report::DAY;

/// What an answer is told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The queue.
    Queue,
    /// The category.
    Category,
    /// How grave it is.
    Severity,
    /// Who owns the complaint.
    Owner,
    /// The local day on which it was raised.
    Day,
    /// The local week, as ISO 8601 counts them.
    Week,
    /// The local month.
    Month,
}

impl By {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Queue,
        Self::Category,
        Self::Severity,
        Self::Owner,
        Self::Day,
        Self::Week,
        Self::Month,
    ];

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Category => "category",
            Self::Severity => "severity",
            Self::Owner => "owner",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// What a complaint is in this, which counts as raised at an instant.
    pub(super) fn value(
        self,
        of: &ComplaintRow,
        at: Instant,
        zone: Option<&ZoneOffsets>,
    ) -> String {
        let nothing = || NOTHING.to_owned();
        match self {
            Self::Queue => of.queue.clone(),
            Self::Category => of.category.clone().unwrap_or_else(nothing),
            Self::Severity => word(of.severity).to_owned(),
            Self::Owner => of.owner.map_or_else(nothing, |owner| owner.to_string()),
            Self::Day => date(local_day(at, zone), 10),
            Self::Week => week(local_day(at, zone)),
            Self::Month => date(local_day(at, zone), 7),
        }
    }
}

/// The day on the wall clock of a zone, counted from 1970-01-01.
fn local_day(at: Instant, zone: Option<&ZoneOffsets>) -> i64 {
    (at.0 + zone.map_or(0, |zone| i64::from(zone.at(at)) * 1_000)).div_euclid(DAY)
}

/// So much of a day's date.
fn date(day: i64, letters: usize) -> String {
    let mut text = Instant(day * DAY).to_string();
    text.truncate(letters);
    text
}

/// The week of a day as ISO 8601 writes it, such as `2026-W10`: it belongs to the year of its Thursday.
fn week(day: i64) -> String {
    // 1970-01-01 was a Thursday.
    let thursday = day - (day + 3).rem_euclid(7) + 3;
    let year = date(thursday, 4);
    let new_year: Option<Instant> = format!("{year}-01-01T00:00:00Z").parse().ok();
    let first = new_year.map_or(thursday, |it| it.0.div_euclid(DAY));
    format!("{year}-W{:02}", (thursday - first) / 7 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_are_those_of_iso_8601() {
        for (day, named) in [
            ("1970-01-01", "1970-W01"),
            ("2021-01-03", "2020-W53"),
            ("2021-01-04", "2021-W01"),
            ("2024-12-30", "2025-W01"),
            ("2026-03-02", "2026-W10"),
            ("2026-12-31", "2026-W53"),
            ("2027-01-03", "2026-W53"),
        ] {
            let at: Instant = format!("{day}T12:00:00Z").parse().unwrap();
            assert_eq!(week(local_day(at, None)), named, "{day}");
        }
    }
}

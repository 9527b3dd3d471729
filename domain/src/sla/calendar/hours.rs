//! Open time, counted in milliseconds: the arithmetic that every deadline is made of.
//!
//! A calendar and its zone's frozen offsets give the open intervals of seventy years once, as half-open
//! intervals of UTC with the open time before each. From then on each question is a binary search.

use jiff::civil::{Date, date};

use super::{Calendar, DAY_MS, Pattern};
use crate::definition::{FieldError, ZoneOffsets};
use crate::instant::Instant;

/// The first and the last day that intervals are made for: those whose offsets are frozen, and ten
/// years more for what is due after them. Outside these days nothing is open.
const FIRST: Date = date(1989, 12, 31);
pub(super) const LAST: Date = date(2060, 1, 1);

/// What a calendar says of every year, it says after this day, too: in the last years are two leap days.
const END: Date = date(2050, 1, 1);

/// Ten years, two or three of them leap years: what is due later has no deadline (T8).
const FARTHEST_MS: i64 = 3653 * DAY_MS;

/// The last day that begins with hours; none where nothing ever opens.
pub(super) fn last_day(pattern: &Pattern) -> Option<Date> {
    let days = LAST.series(jiff::Span::new().days(-1)).take_while(|day| *day >= FIRST);
    days.into_iter().find(|day| !pattern.on(*day).is_empty())
}

/// Whether a day is so late that nobody asks what comes after it: the weeks and years of a calendar reach there.
pub(super) fn goes_on_after(day: Date) -> bool {
    day > END
}

/// When a desk is open, ready to be asked.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenHours {
    day_ms: i64,
    intervals: Vec<Interval>,
}

/// Open from `open` until before `close`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Interval {
    open: i64,
    close: i64,
    /// The open milliseconds before it.
    before: i64,
}

impl OpenHours {
    /// The open hours of a calendar in its zone. Local times are resolved as most calendars do: one
    /// that a gap skips is moved forward by the gap, one that an overlap repeats is its first; between
    /// them real time counts (rule 13).
    ///
    /// # Errors
    /// What is wrong with the calendar, each with its place.
    pub fn of(calendar: &Calendar, zone: &ZoneOffsets) -> Result<Self, Vec<FieldError>> {
        Ok(Self::between(&calendar.pattern()?, zone, FIRST, LAST))
    }

    pub(super) fn between(pattern: &Pattern, zone: &ZoneOffsets, first: Date, last: Date) -> Self {
        let mut found: Vec<(i64, i64)> = Vec::new();
        let mut midnight = first.duration_since(date(1970, 1, 1)).as_hours() * 3_600_000;
        for day in first.series(jiff::Span::new().days(1)).take_while(|day| *day <= last) {
            for shift in pattern.on(day) {
                let at = |after_midnight| zone.instant_of(midnight + after_midnight).millis();
                found.push((at(shift.open_ms), at(shift.close_ms)));
            }
            midnight += DAY_MS;
        }
        found.retain(|(open, close)| open < close);
        found.sort_unstable();
        Self { day_ms: pattern.day_ms, intervals: joined(&found) }
    }

    /// How long a day is in open time, in milliseconds.
    pub fn day_ms(&self) -> i64 {
        self.day_ms
    }

    /// The open milliseconds from `from` until before `to`; none when `to` is not later.
    pub fn open_between(&self, from: Instant, to: Instant) -> i64 {
        if to <= from {
            return 0;
        }
        self.open_before(to.0) - self.open_before(from.0)
    }

    /// The first instant at which `open_ms` have passed since `start` in open time: it may be a
    /// closing time. None where that takes more than ten years.
    pub fn after_open(&self, start: Instant, open_ms: i64) -> Option<Instant> {
        if open_ms <= 0 {
            return Some(start);
        }
        let goal = self.open_before(start.0) + open_ms;
        // The last interval that fewer open milliseconds precede is where the goal is reached.
        let after = self.intervals.partition_point(|it| it.before < goal);
        let interval = self.intervals.get(after.checked_sub(1)?)?;
        let at = interval.open + (goal - interval.before);
        let reached = at <= interval.close && at - start.0 <= FARTHEST_MS;
        reached.then_some(Instant(at))
    }

    /// The open and closed stretches from `from` until `to`: where each ends, and whether it is open.
    pub fn stretches(&self, from: Instant, to: Instant) -> Vec<(Instant, bool)> {
        let mut stretches = Vec::new();
        let mut at = from.0;
        let next = self.intervals.partition_point(|it| it.close <= at);
        for interval in self.intervals.iter().skip(next).take_while(|it| it.open < to.0) {
            if interval.open > at {
                stretches.push((Instant(interval.open), false));
            }
            at = interval.close.min(to.0);
            stretches.push((Instant(at), true));
        }
        if at < to.0 {
            stretches.push((to, false));
        }
        stretches
    }

    /// When it opens, for whom it is closed at `at`; `Some(None)` while it is open, and `None` where these hours
    /// say nothing of it: there is no opening behind `at` any more.
    pub(super) fn opening_after(&self, at: Instant) -> Option<Option<Instant>> {
        let next = self.intervals.get(self.intervals.partition_point(|it| it.close <= at.0))?;
        Some((next.open > at.0).then_some(Instant(next.open)))
    }

    /// The open milliseconds of all time before `at`.
    fn open_before(&self, at: i64) -> i64 {
        let after = self.intervals.partition_point(|it| it.open <= at);
        let interval = after.checked_sub(1).and_then(|last| self.intervals.get(last));
        interval.map_or(0, |it| it.before + (at.min(it.close) - it.open))
    }
}

/// Sorted intervals, those that touch or overlap made one.
fn joined(sorted: &[(i64, i64)]) -> Vec<Interval> {
    let mut joined: Vec<Interval> = Vec::with_capacity(sorted.len());
    for &(open, close) in sorted {
        match joined.last_mut() {
            Some(last) if open <= last.close => last.close = last.close.max(close),
            Some(last) => {
                let before = last.before + (last.close - last.open);
                joined.push(Interval { open, close, before });
            }
            None => joined.push(Interval { open, close, before: 0 }),
        }
    }
    joined
}

//! What a clock says: its deadline, which depends on nothing but facts, and its state as of a moment.

use serde::{Deserialize, Serialize};

use super::{Breach, BreachedBy, Clock, Pause, Span, Stop, StoppedBy};
use crate::ids::TicketId;
use crate::instant::Instant;
use crate::sla::plan::ClockKind;

/// How a clock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockState {
    /// It runs, inside or outside opening hours.
    Running,
    /// It pauses.
    Paused,
    /// It has ended.
    Stopped,
    /// It has nothing to reach: its plan sets no target, or its calendar has no opening within ten
    /// years.
    NoDeadline,
}

/// How a clock was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It ended at its deadline or before.
    Met,
    /// Its deadline passed.
    Breached,
    /// It ended here and went on at the survivor of a merge.
    Merged,
    /// What it waited for cannot come any more, or is awaited elsewhere.
    Cancelled,
}

/// A part of a clock's time, of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// From when.
    pub from: Instant,
    /// Until when.
    pub to: Instant,
    /// Of which kind.
    pub kind: StretchKind,
}

/// What a part of a clock's time is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StretchKind {
    /// It counts.
    Open,
    /// Outside opening hours.
    Closed,
    /// The clock pauses.
    Paused(Pause),
}

impl Clock {
    /// The first instant at which the target has elapsed; none while the clock pauses before it, and
    /// where it has nothing to reach. A breach keeps the deadline that was missed.
    pub fn deadline(&self) -> Option<Instant> {
        if let Some(breach) = &self.breach {
            return Some(breach.deadline);
        }
        self.reaches(self.target.as_ref()?.target_ms)
    }

    /// When the warning comes before the deadline; at the start, where the alarm is longer than the
    /// target.
    pub fn alarm_at(&self) -> Option<Instant> {
        let target = self.target.as_ref()?;
        self.reaches((target.target_ms - target.alarm_ms).max(0))
    }

    /// How much time has counted until `now`, or until it ended.
    pub fn elapsed(&self, now: Instant) -> i64 {
        let until = self.until(now);
        let running = self.spans_until(until).filter(|(_, _, span)| span.pause.is_none());
        running.map(|(from, to, span)| span.frozen.counted(from, to)).sum()
    }

    /// How it stands at `now`.
    pub fn state(&self, now: Instant) -> ClockState {
        let paused = self.spans.last().is_some_and(|span| span.pause.is_some());
        match self.deadline() {
            _ if self.stop.is_some_and(|stop| stop.at <= now) => ClockState::Stopped,
            None if !paused || self.target.is_none() => ClockState::NoDeadline,
            _ if paused => ClockState::Paused,
            _ => ClockState::Running,
        }
    }

    /// Which other ticket it was a clock of at an instant, before a merge or its undoing moved it; none
    /// where it was of the one that it is a clock of now.
    pub fn home(&self, at: Instant) -> Option<TicketId> {
        self.homes.iter().find(|(until, _)| at < *until).map(|(_, ticket)| *ticket)
    }

    /// The breach there is at `now`, if any: at the deadline, or where a change found it past. One that was
    /// noted before an answer was told that had come in time is none: a verdict compares instants, and
    /// does not ask when somebody looked (rules 1 and 2).
    pub fn breach(&self, now: Instant) -> Option<Breach> {
        let until = self.until(now);
        let in_time = |breach: &Breach| self.stop.is_some_and(|stop| stop.at <= breach.deadline);
        let noted = self.breach.filter(|it| it.by == BreachedBy::Retarget || !in_time(it));
        let by_time = || {
            let deadline = self.deadline().filter(|deadline| *deadline < until)?;
            Some(Breach { at: deadline, deadline, by: BreachedBy::Deadline })
        };
        noted.or_else(by_time)
    }

    /// The verdict at `now`; none while it is open, and where there was nothing to reach.
    pub fn verdict(&self, now: Instant) -> Option<Verdict> {
        let ended = self.stop.map(|stop| stop.by);
        match (ended, self.breach(now)) {
            (Some(StoppedBy::Merge(_)), _) => Some(Verdict::Merged),
            (Some(StoppedBy::Unmerge), _) => Some(Verdict::Cancelled),
            (_, Some(_)) => Some(Verdict::Breached),
            (Some(StoppedBy::Split), None) => Some(Verdict::Cancelled),
            (Some(by), None) if self.is_pointless_after(by) => Some(Verdict::Cancelled),
            (Some(_), None) if self.has_nothing_to_reach() => None,
            (Some(_), None) => Some(Verdict::Met),
            (None, None) => None,
        }
    }

    /// Its time until `now` or until it ended, part by part.
    pub fn stretches(&self, now: Instant) -> Vec<Stretch> {
        let mut stretches = Vec::new();
        for (from, to, span) in self.spans_until(self.until(now)) {
            if let Some(pause) = &span.pause {
                stretches.push(Stretch { from, to, kind: StretchKind::Paused(pause.clone()) });
                continue;
            }
            let mut from = from;
            for (to, counts) in span.frozen.stretches(from, to) {
                let kind = if counts { StretchKind::Open } else { StretchKind::Closed };
                stretches.push(Stretch { from, to, kind });
                from = to;
            }
        }
        stretches
    }

    /// Why it pauses, while it does.
    pub fn pause(&self) -> Option<&Pause> {
        self.spans.last()?.pause.as_ref().filter(|_| self.stop.is_none())
    }

    fn until(&self, now: Instant) -> Instant {
        self.stop.map_or(now, |Stop { at, .. }| at.min(now))
    }

    /// Nobody can own a closed ticket any more.
    fn is_pointless_after(&self, by: StoppedBy) -> bool {
        self.kind == ClockKind::Assignment && matches!(by, StoppedBy::Resolution(_))
    }

    fn has_nothing_to_reach(&self) -> bool {
        let ran_last = self.spans.last().is_some_and(|span| span.pause.is_none());
        self.target.is_none() || (ran_last && self.deadline().is_none())
    }

    /// Its spans with what each lasted from and to, those without length left out.
    fn spans_until(&self, until: Instant) -> impl Iterator<Item = (Instant, Instant, &Span)> {
        let ends = self.spans.iter().skip(1).map(|next| next.from).chain([until]);
        let spans = self.spans.iter().zip(ends);
        let spans = spans.map(move |(span, end)| (span.from, end.min(until), span));
        spans.filter(|(from, to, _)| from < to)
    }

    /// The first instant at which so much time has counted; none while it pauses before that.
    pub(super) fn reaches(&self, millis: i64) -> Option<Instant> {
        let mut left = millis;
        for (index, span) in self.spans.iter().enumerate() {
            if span.pause.is_some() {
                continue;
            }
            let reached = span.frozen.after(span.from, left);
            let Some(next) = self.spans.get(index + 1) else { return reached };
            if let Some(at) = reached.filter(|at| *at <= next.from) {
                return Some(at);
            }
            left -= span.frozen.counted(span.from, next.from);
        }
        None
    }
}

//! When an agent is there, as far as tickets ask: neither absent nor gone from the desk (S-91).

use super::{Absence, AgentEvent, absence};
use crate::ids::{AbsenceId, AgentId};
use crate::instant::Instant;

/// When an agent is away, from the beginning of the record until as far ahead as is planned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Presence {
    absences: Vec<Absence>,
    /// From when until when the agent was not active; without an end, where that lasts.
    gone: Vec<(Instant, Option<Instant>)>,
}

/// How an agent is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Away {
    /// Which absence; none of somebody who has left the desk.
    pub absence_id: Option<AbsenceId>,
    /// When it ends, as far as that is known.
    pub until: Option<Instant>,
    /// Who stands in, if somebody does.
    pub substitute: Option<AgentId>,
}

/// A change of an agent's presence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Instant,
    /// How the agent is away from then on; none where the agent is there.
    pub to: Option<Away>,
}

impl Presence {
    /// Takes in one more event of the agent, and when it occurred.
    pub fn evolve(&mut self, at: Instant, event: &AgentEvent) {
        match event {
            AgentEvent::AbsenceRecorded { absence } => self.absences.push(absence.clone()),
            AgentEvent::AbsenceEnded { absence_id, until, .. } => {
                absence::shorten(&mut self.absences, *absence_id, *until);
            }
            AgentEvent::AgentAdded { profile } | AgentEvent::AgentChanged { to: profile, .. } => {
                let left = self.gone.last_mut().filter(|(_, until)| until.is_none());
                match (left, profile.active) {
                    (Some((_, until)), true) => *until = Some(at),
                    (None, false) => self.gone.push((at, None)),
                    (Some(_), false) | (None, true) => {}
                }
            }
        }
    }

    /// How the agent is away at an instant; none where the agent is there. Whoever has left is not on
    /// leave besides.
    pub fn at(&self, at: Instant) -> Option<Away> {
        let gone = |(from, until): &&(Instant, Option<Instant>)| {
            *from <= at && until.is_none_or(|until| at < until)
        };
        if self.gone.iter().any(|spell| gone(&spell)) {
            return Some(Away { absence_id: None, until: None, substitute: None });
        }
        let absence = self.absences.iter().find(|absence| absence.lasts_at(at))?;
        Some(Away {
            absence_id: Some(absence.id),
            until: Some(absence.until),
            substitute: absence.substitute.as_ref().map(|substitute| substitute.id),
        })
    }

    /// The first change, at `since` or later and not after `now`, to something else than what is known:
    /// the absence, none of somebody who has left; or that the agent is there.
    pub fn change(
        &self,
        since: Instant,
        known: Option<Option<AbsenceId>>,
        now: Instant,
    ) -> Option<Change> {
        let mut moments: Vec<Instant> = self.moments().filter(|at| *at > since).collect();
        moments.push(since);
        moments.sort_unstable();
        let mut changes = moments.into_iter().map(|at| Change { at, to: self.at(at) });
        changes
            .find(|change| change.to.map(|away| away.absence_id) != known)
            .filter(|it| it.at <= now)
    }

    /// The last instant until now at which the agent was away, and none before it was away at all: what
    /// has had its owner since then asks for no note.
    pub fn away_until(&self, now: Instant) -> Option<Instant> {
        let begun = self.absences.iter().filter(|absence| absence.from <= now);
        let absent = begun.map(|absence| absence.until);
        let gone = self.gone.iter().filter(|(from, _)| *from <= now);
        let gone = gone.map(|(_, until)| until.unwrap_or(Instant::LATEST));
        absent.chain(gone).max()
    }

    fn moments(&self) -> impl Iterator<Item = Instant> {
        let absences = self.absences.iter().flat_map(|absence| [absence.from, absence.until]);
        absences.chain(
            self.gone.iter().flat_map(|(from, until)| [Some(*from), *until].into_iter().flatten()),
        )
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::agent::AgentProfile;
    use crate::personal::Personal;

    const HERE: Option<Option<AbsenceId>> = None;

    fn at(hour: i64) -> Instant {
        Instant(hour * 3_600_000)
    }

    fn id(nth: u128) -> AbsenceId {
        AbsenceId(Uuid::from_u128(nth))
    }

    fn absent(nth: u128, from: i64, until: i64) -> AgentEvent {
        let absence = Absence { id: id(nth), from: at(from), until: at(until), substitute: None };
        AgentEvent::AbsenceRecorded { absence }
    }

    fn active(active: bool) -> AgentEvent {
        let profile = AgentProfile {
            name: Personal::text("Anna"),
            email: None,
            active,
            discretion: None,
            calendar: None,
            skills: Vec::new(),
            capacity: None,
        };
        AgentEvent::AgentChanged { from: profile.clone(), to: profile }
    }

    fn of(events: &[(i64, AgentEvent)]) -> Presence {
        let mut presence = Presence::default();
        events.iter().for_each(|(hour, event)| presence.evolve(at(*hour), event));
        presence
    }

    /// Every change that somebody finds who looks at `now` for the first time.
    fn changes(presence: &Presence, since: i64, now: i64) -> Vec<(i64, Option<Option<AbsenceId>>)> {
        let (mut since, mut known, mut found) = (at(since), HERE, Vec::new());
        while let Some(change) = presence.change(since, known, at(now)) {
            known = change.to.map(|away| away.absence_id);
            since = change.at;
            found.push((change.at.0 / 3_600_000, known));
        }
        found
    }

    #[test]
    fn an_absence_that_nobody_noted_is_found_whole_once_it_is_over() {
        let presence = of(&[(0, absent(1, 10, 20))]);
        assert_eq!(changes(&presence, 0, 9), []);
        assert_eq!(changes(&presence, 0, 10), [(10, Some(Some(id(1))))]);
        assert_eq!(changes(&presence, 0, 30), [(10, Some(Some(id(1)))), (20, HERE)]);
        assert_eq!(changes(&presence, 15, 16), [(15, Some(Some(id(1))))], "given meanwhile");
        assert_eq!(changes(&presence, 20, 30), [], "given afterwards");
    }

    #[test]
    fn one_absence_after_the_other_has_no_return_in_between() {
        let presence = of(&[(0, absent(1, 10, 20)), (0, absent(2, 20, 30))]);
        let found = [(10, Some(Some(id(1)))), (20, Some(Some(id(2)))), (30, HERE)];
        assert_eq!(changes(&presence, 0, 40), found);
    }

    #[test]
    fn whoever_leaves_is_away_whatever_leave_was_planned() {
        let presence = of(&[(0, absent(1, 10, 20)), (12, active(false)), (25, active(true))]);
        let found = [(10, Some(Some(id(1)))), (12, Some(None)), (25, HERE)];
        assert_eq!(changes(&presence, 0, 40), found);
        assert_eq!(presence.away_until(at(15)), Some(at(25)));
    }

    #[test]
    fn an_absence_ended_early_ends_then() {
        let ended =
            AgentEvent::AbsenceEnded { absence_id: id(1), was_until: at(20), until: at(12) };
        let presence = of(&[(0, absent(1, 10, 20)), (12, ended)]);
        assert_eq!(changes(&presence, 0, 40), [(10, Some(Some(id(1)))), (12, HERE)]);
    }

    #[test]
    fn what_is_only_planned_asks_for_no_note() {
        let presence = of(&[(0, absent(1, 10, 20))]);
        assert_eq!(presence.away_until(at(9)), None);
        assert_eq!(presence.away_until(at(10)), Some(at(20)));
    }
}

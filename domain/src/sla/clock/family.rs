//! The clocks of tickets that merges tie together, folded side by side in the order of the log: what a
//! merge takes from one it brings to another (rule 12).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::carrying::Turn;
use super::fact::{Fact, Unmerged, What};
use super::ticket::TicketClocks;
use super::{Carried, Clock, Pause, StoppedBy};
use crate::definition::SlaTerms;
use crate::ids::{MergeId, TicketId};
use crate::instant::Instant;
use crate::sla::frozen::FrozenPlan;

/// Tickets that merges tie together, or one alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Family {
    tickets: BTreeMap<TicketId, TicketClocks>,
    /// Several tickets tell of a merge, and of its undoing; the first that is met does it. Into which
    /// ticket each merge led.
    merged: BTreeMap<MergeId, TicketId>,
    unmerged: BTreeSet<MergeId>,
    messages_returned: BTreeSet<MergeId>,
}

impl Family {
    /// The fold of their histories. `frozen` knows the plan and the calendar behind what a ticket was
    /// opened under; a ticket without has no clocks.
    pub fn of<'f>(
        histories: &[(TicketId, &'f [Fact])],
        frozen: impl Fn(&SlaTerms) -> Option<Arc<FrozenPlan>>,
    ) -> Self {
        let of_one = |&(id, facts): &(TicketId, &'f [Fact])| facts.iter().map(move |it| (id, it));
        let mut all: Vec<(TicketId, &Fact)> = histories.iter().flat_map(of_one).collect();
        all.sort_by_key(|(_, fact)| fact.position);
        let mut family = Self::default();
        for (id, fact) in all {
            family.take(id, fact, &frozen);
        }
        family
    }

    /// The clocks of one of them.
    pub fn clocks(&self, id: TicketId) -> &[Clock] {
        self.tickets.get(&id).map_or(&[], |ticket| &ticket.clocks)
    }

    /// What one of them is promised by: its running clocks that are not late go by it, and all to come.
    pub fn terms(&self, id: TicketId) -> Option<&SlaTerms> {
        self.tickets.get(&id)?.terms()
    }

    /// What would become of a ticket's clocks that run and are not late, if this plan held from `at` on:
    /// as they are, and as they would be. Nothing where they run by it already.
    pub fn reapplied(
        &self,
        id: TicketId,
        at: Instant,
        plan: &Arc<FrozenPlan>,
    ) -> Vec<(Clock, Clock)> {
        let Some(mut ticket) = self.tickets.get(&id).cloned() else { return Vec::new() };
        ticket.end_snooze(at);
        let mut after = ticket.clone();
        after.reapply(at, plan.clone());
        let both = ticket.clocks.into_iter().zip(after.clocks);
        both.filter(|(was, would)| was.frozen.terms() != would.frozen.terms()).collect()
    }

    /// Takes in another family whole, as a merge is about to tie the two together.
    pub fn join(&mut self, other: Self) {
        self.tickets.extend(other.tickets);
        self.merged.extend(other.merged);
        self.unmerged.extend(other.unmerged);
        self.messages_returned.extend(other.messages_returned);
    }

    /// Takes in one more fact of one of them; facts come in the order of the log.
    pub fn take(
        &mut self,
        id: TicketId,
        fact: &Fact,
        frozen: &impl Fn(&SlaTerms) -> Option<Arc<FrozenPlan>>,
    ) {
        self.end_snoozes(id, fact);
        match &fact.what {
            What::Opened(opened) => {
                let frozen = opened.sla.as_ref().and_then(frozen);
                self.tickets.insert(id, TicketClocks::open(fact, opened, frozen));
                return;
            }
            What::Reapplied(terms) => {
                let ticket = self.tickets.get_mut(&id).zip(frozen(terms));
                ticket.into_iter().for_each(|(it, plan)| it.reapply(fact.at, plan));
            }
            What::Merged(merge, into) => self.merge(fact.at, *merge, id, into.id),
            What::Absorbed(merge, source) => self.merge(fact.at, *merge, source.id, id),
            What::Unmerged(undone) => self.unmerge(id, fact, undone),
            What::Owned
            | What::Disowned
            | What::Transferred(_)
            | What::Bounced(_)
            | What::Asked(_)
            | What::Answered(..)
            | What::Filed(_)
            | What::SplitOff(_)
            | What::Prioritized(_)
            | What::Retyped(..)
            | What::Promised(..)
            | What::Closed(_)
            | What::Reopened
            | What::Marked(..)
            | What::Breached(..)
            | What::OwnerLeft
            | What::OwnerBack
            | What::Moved => {}
        }
        if let Some(ticket) = self.tickets.get_mut(&id) {
            ticket.take(fact);
        }
    }

    /// Ends the snoozes that are over by a fact, of the tickets that it touches: of others it may tell out of
    /// their order.
    fn end_snoozes(&mut self, id: TicketId, fact: &Fact) {
        let is_undone = matches!(fact.what, What::Unmerged(_));
        let touched = |it: &TicketId| is_undone || *it == id || fact.tied() == Some(*it);
        let touched = self.tickets.iter_mut().filter(|(it, _)| touched(it));
        touched.for_each(|(_, ticket)| ticket.end_snooze(fact.at));
    }

    fn merge(&mut self, at: Instant, merge: MergeId, source: TicketId, survivor: TicketId) {
        let Some(ticket) = self.tickets.get_mut(&source) else { return };
        if self.merged.insert(merge, survivor).is_some() {
            return;
        }
        let number = ticket.number().to_owned();
        let carried = ticket.carry_out(at, merge);
        let Some(survivor) = self.tickets.get_mut(&survivor) else { return };
        for clock in carried {
            let instance = clock.instance;
            let from = Carried { merge, ticket: source, number: number.clone(), instance };
            survivor.carry_in(at, clock, from);
        }
    }

    /// Told by the source, the survivor, and every ticket that the survivor was merged into since.
    fn unmerge(&mut self, id: TicketId, fact: &Fact, undone: &Unmerged) {
        let Some(survivor) = self.merged.get(&undone.merge).copied() else { return };
        if self.unmerged.insert(undone.merge) {
            self.give_back(fact, undone.merge, survivor);
        }
        if !undone.messages.is_empty() && self.messages_returned.insert(undone.merge) {
            let source = if id == survivor { undone.other } else { id };
            self.give_back_messages(fact.at, undone, (source, survivor));
        }
    }

    /// What the merge brought goes back to where it came from, as it stands now.
    fn give_back(&mut self, fact: &Fact, merge: MergeId, survivor: TicketId) {
        let mut brought: BTreeMap<_, (Clock, Carried)> = BTreeMap::new();
        for clock in self.clocks(survivor) {
            let carried = clock.carried.clone().filter(|carried| carried.merge == merge);
            if let Some(carried) = carried {
                // One that went on after a merge of the survivor was undone takes the place of itself.
                let place = (carried.ticket, clock.kind, carried.instance);
                brought.insert(place, (clock.clone(), carried));
            }
        }
        for (clock, carried) in brought.into_values() {
            let Some((holder, found)) = self.last_of(survivor, clock) else { continue };
            let here = self.tickets.get_mut(&holder).map(|it| it.clocks.iter_mut());
            let mut here = here.into_iter().flatten().filter(|it| it.is_running());
            if let Some(here) = here.find(|it| is_same(it, &found)) {
                here.stop(fact.at, StoppedBy::Unmerge);
            }
            let since = found.stop.map(|stop| self.fared((holder, stop.at, fact.at), &found, 0));
            let since = since.unwrap_or_default();
            if let Some(source) = self.tickets.get_mut(&carried.ticket) {
                source.take_back(fact, (merge, carried.instance), (holder, &found, &since));
            }
        }
    }

    /// How a clock would have stood still and run behind its end, had it gone on in a ticket from an instant
    /// until another, by its own plan: the ticket may have been reopened and closed again, or have
    /// become an alias of another, whose case it was then.
    fn fared(&self, span: (TicketId, Instant, Instant), clock: &Clock, depth: usize) -> Vec<Turn> {
        let (holder, from, until) = span;
        let stood = self.tickets.get(&holder).filter(|_| depth < self.tickets.len());
        let stood = stood.map_or(&[][..], |it| &it.stood);
        let ends = stood.iter().skip(1).map(|next| next.from).chain([until]);
        let mut turns = Vec::new();
        for (stood, end) in stood.iter().zip(ends) {
            let (from, end) = (stood.from.max(from), end.min(until));
            match stood.alias_of {
                _ if from >= end => {}
                Some(root) => turns.extend(self.fared((root, from, end), clock, depth + 1)),
                None => {
                    turns.push((from, Pause::behind(&clock.frozen, clock.kind, &stood.standing)));
                }
            }
        }
        turns
    }

    /// Messages that go back take along the wait for an answer to them.
    fn give_back_messages(
        &mut self,
        at: Instant,
        undone: &Unmerged,
        (source, survivor): (TicketId, TicketId),
    ) {
        let Some(ticket) = self.tickets.get_mut(&survivor) else { return };
        let waits = ticket.unwait(at, &undone.messages, StoppedBy::Unmerge);
        let number = ticket.number().to_owned();
        let Some(source) = self.tickets.get_mut(&source) else { return };
        for clock in waits {
            let (merge, instance) = (undone.merge, clock.instance);
            let from = Carried { merge, ticket: survivor, number: number.clone(), instance };
            source.carry_in(at, clock, from);
        }
    }

    /// Where a clock is now: where the ticket that held it was merged itself, it went on further.
    fn last_of(&self, mut holder: TicketId, mut clock: Clock) -> Option<(TicketId, Clock)> {
        while let Some(StoppedBy::Merge(further)) = clock.stop.map(|stop| stop.by) {
            let goes_on = |it: &&Clock| {
                let from = it.carried.as_ref().filter(|_| it.kind == clock.kind);
                from.is_some_and(|it| {
                    (it.merge, it.ticket, it.instance) == (further, holder, clock.instance)
                })
            };
            let onward = self
                .tickets
                .iter()
                .find_map(|(id, ticket)| Some((*id, ticket.clocks.iter().find(goes_on)?.clone())));
            (holder, clock) = onward?;
        }
        Some((holder, clock))
    }
}

fn is_same(one: &Clock, other: &Clock) -> bool {
    (one.kind, one.instance) == (other.kind, other.instance)
}

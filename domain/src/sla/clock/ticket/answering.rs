//! Who waits for an answer, and since when: the first response and the next replies (rules 4 and 5).

use super::TicketClocks;
use crate::ids::MessageId;
use crate::instant::Instant;
use crate::sla::clock::fact::{Fact, Opened};
use crate::sla::clock::{Clock, Stop, StoppedBy};
use crate::sla::plan::ClockKind;

impl TicketClocks {
    /// A customer who waited in the ticket that this one was split off from waits since then; whatever was
    /// promised them is promised here from the split on (rule 4).
    pub(super) fn await_first_response(&mut self, fact: &Fact, opened: &Opened) {
        let since = opened.waits_since.map_or(fact.at, |since| since.min(fact.at));
        let first = Fact { at: since, ..fact.clone() };
        self.start(ClockKind::FirstResponse, &first, opened.waiting.clone());
        if since < fact.at {
            let begun = self.clocks.iter_mut().filter(|it| it.kind == ClockKind::FirstResponse);
            begun.for_each(|clock| clock.set_target(fact.at, clock.target.clone()));
        }
    }

    pub(super) fn answered(&mut self, at: Instant, by: StoppedBy, message: Option<MessageId>) {
        let running = self.clocks.iter_mut().filter(|it| it.is_running() && it.kind.is_answer());
        running.for_each(|it| {
            it.stop(at, by);
            it.stop = it.stop.map(|stop| Stop { message, ..stop });
        });
    }

    pub(super) fn bounced(&mut self, at: Instant, message: MessageId) {
        let by_it = |it: &&mut Clock| it.stop.is_some_and(|stop| stop.message == Some(message));
        let stopped = self.clocks.iter_mut().filter(by_it);
        stopped.for_each(|it| it.bounced_at = it.bounced_at.or(Some(at)));
    }

    /// One instance for each unanswered run of messages: the first run is the first response's (rule 5).
    pub(super) fn asked(&mut self, fact: &Fact, message: MessageId) {
        if self.runs(ClockKind::is_answer) {
            let running = self.clocks.iter_mut().filter(|it| it.is_running());
            let answers = running.filter(|it| it.awaits_messages());
            answers.for_each(|it| it.waiting.push(message));
            return;
        }
        let mut own = self.clocks.iter().filter(|it| it.carried.is_none());
        let answered_before = own.any(|it| it.kind == ClockKind::FirstResponse);
        let kind = if answered_before { ClockKind::NextReply } else { ClockKind::FirstResponse };
        self.start(kind, fact, vec![message]);
    }

    /// These messages do not wait here any more: a next reply that only they waited for ends, and is
    /// handed back as it was. So does a first response where they went to another ticket; where they are
    /// filed, the customer who came first is still to be answered (rule 4).
    pub(in crate::sla::clock) fn unwait(
        &mut self,
        at: Instant,
        messages: &[MessageId],
        by: StoppedBy,
    ) -> Vec<Clock> {
        let mut ended = Vec::new();
        for clock in self.clocks.iter_mut().filter(|it| it.is_running()) {
            let ends = clock.kind == ClockKind::NextReply || by == StoppedBy::Split;
            let waited = clock.awaits_messages() && !clock.waiting.is_empty() && ends;
            let before = clock.clone();
            clock.waiting.retain(|waiting| !messages.contains(waiting));
            if waited && clock.waiting.is_empty() {
                clock.stop(at, by);
                ended.push(before);
            }
        }
        ended
    }
}

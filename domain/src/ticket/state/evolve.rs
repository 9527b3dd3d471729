//! What each event makes of a ticket. This cannot fail, and no wildcard hides a new event.

use crate::ids::{CommitmentId, MessageId};
use crate::sla::clock::Mark;
use crate::ticket::event::{
    CallOutcome, EscalationRule, LinkKind, MergeSide, Notice, TicketEvent, TicketRef,
    WaitingMessage,
};
use crate::ticket::state::{
    Absorbed, Commitment, CommitmentState, Link, Merged, MessageKind, Snooze, Ticket,
    TicketMessage, TicketState,
};

/// What a ticket becomes by one more event. A stream begins with `TicketCreated`; anything before
/// it would change nothing.
pub fn evolve(ticket: Ticket, event: &TicketEvent) -> Ticket {
    if let TicketEvent::TicketCreated(created) = event {
        return Ticket::Present(Box::new(TicketState::of(created)));
    }
    match ticket {
        Ticket::Absent => Ticket::Absent,
        Ticket::Present(mut state) => {
            state.version += 1;
            state.apply(event);
            Ticket::Present(state)
        }
    }
}

impl TicketState {
    #[expect(clippy::too_many_lines, reason = "one arm for each event: a table, read as one")]
    fn apply(&mut self, event: &TicketEvent) {
        use TicketEvent as E;
        if let Some((_, to)) = event.status_move() {
            self.status.clone_from(to);
        }
        self.offers.evolve(self.version, event);
        if event.ends_snooze() {
            self.snooze = None;
        }
        match event {
            E::TicketAssigned { to, .. } | E::TicketHandedOver { to, .. } => {
                self.assignee = Some(to.clone());
                self.untaken = false;
            }
            E::TicketUnassigned { .. } => self.assignee = None,
            E::MessageReceived { message, .. } => {
                self.said(message.id, &message.number, MessageKind::Customer);
            }
            E::MessageOpened { message_id } => self.opened(*message_id),
            E::MessageFiled { message_ids, .. } => self.answered(message_ids),
            E::TicketReplied { message, answers, .. } => {
                self.answered(answers);
                self.said(message.id, &message.number, MessageKind::Reply);
            }
            E::ReplyDrafted { .. } | E::DraftEnded { .. } => self.drafted(event),
            E::NoteAdded { message, .. } => {
                self.said(message.id, &message.number, MessageKind::Note);
            }
            E::CallLogged(call) => {
                self.spoken(call.outcome == CallOutcome::Answered);
                self.said(call.id, &call.number, MessageKind::Call);
            }
            E::ContactLogged(meeting) => {
                self.spoken(true);
                self.said(meeting.id, &meeting.number, MessageKind::Meeting);
            }
            E::ChatLogged(chat) => {
                self.spoken(!chat.abandoned);
                self.said(chat.id, &chat.number, MessageKind::Chat);
            }
            E::CommitmentRecorded { commitment_id, text, due, .. } => {
                self.commitments.push(Commitment {
                    id: *commitment_id,
                    text: text.clone(),
                    due: *due,
                    state: CommitmentState::Open,
                });
            }
            E::CommitmentKept { commitment_id, .. } => {
                self.change_commitment(*commitment_id, |it| it.state = CommitmentState::Kept);
            }
            E::CommitmentChanged { commitment_id, text, due, .. } => {
                self.change_commitment(*commitment_id, |it| {
                    it.text.clone_from(text);
                    it.due = *due;
                });
            }
            E::CommitmentBroken { commitment_id, .. } => {
                self.change_commitment(*commitment_id, |it| it.state = CommitmentState::Broken);
            }
            E::TicketPrioritized { to, .. } => self.priority.clone_from(to),
            E::TicketReclassified { category, ticket_type, .. } => {
                self.category.clone_from(category);
                self.ticket_type.clone_from(ticket_type);
            }
            E::TicketTermsChanged { tier, channel, .. } => {
                self.tier.clone_from(tier);
                self.channel = *channel;
            }
            E::TicketTransferred { to, .. } => {
                self.queue.clone_from(to);
                self.untaken = true;
            }
            E::TicketTagged { added, removed } => {
                self.tags.retain(|tag| !removed.contains(tag));
                self.tags.extend(added.iter().cloned());
            }
            E::CustomFieldChanged { field, to, .. } => match to {
                Some(value) => drop(self.fields.insert(field.clone(), value.clone())),
                None => drop(self.fields.remove(field)),
            },
            E::TicketSnoozed { .. } => self.snooze = Snooze::of(event),
            E::TicketMerged { merge_id, into, status } => {
                self.merged = Some(Merged {
                    merge_id: *merge_id,
                    into: into.clone(),
                    status_before: status.from.clone(),
                    snooze_before: self.snooze.take().map(Snooze::at_rest),
                });
            }
            E::TicketAbsorbed { merge_id, source, waiting, .. } => {
                let brought = waiting.iter().map(|message| message.id).collect();
                self.absorbed.push(Absorbed {
                    merge_id: *merge_id,
                    source: source.clone(),
                    brought,
                });
                self.await_answer(waiting);
            }
            E::TicketUnmerged { merge_id, side: MergeSide::Source, waiting, answered, .. } => {
                self.snooze = self.merged.take().and_then(|merged| merged.snooze_before);
                self.answered(answered);
                self.await_answer(waiting);
                self.undone_merges.push(*merge_id);
            }
            E::TicketUnmerged { merge_id, side: MergeSide::Survivor, waiting, .. } => {
                self.absorbed.retain(|it| it.merge_id != *merge_id);
                self.give_back(waiting);
                self.undone_merges.push(*merge_id);
            }
            E::TicketSplit { into, waiting, .. } => {
                self.give_back(waiting);
                self.link(into, LinkKind::SplitInto);
            }
            E::TicketLinked { other, kind } => self.link(other, *kind),
            E::TicketUnlinked { other, kind } => {
                self.links.retain(|link| link.other.id != other.id || link.kind != *kind);
            }
            E::TicketEscalated { level, rule, .. } => {
                self.escalation_level = *level;
                self.marks.extend(rule.as_deref().map(EscalationRule::of));
            }
            E::TicketDeescalated { level, .. } => self.escalation_level = *level,
            E::SlaWarned(mark) => self.marks.push((mark.of(), Mark::Warned)),
            E::SlaBreached(mark) => self.marks.push((mark.of(), Mark::Breached)),
            E::ComplaintRaised { complaint_id: id, severity, owner, .. }
            | E::ComplaintReassigned {
                complaint_id: id, severity_to: severity, to: owner, ..
            } => self.complained(*id, *severity, owner.as_ref()),
            E::ComplaintDecided { complaint_id: id, decided_by: by, .. } => {
                self.complaint_decided(*id, by.as_ref());
            }
            E::ComplaintReviewed { complaint_id: id, finding, .. } => {
                self.complaint_reviewed(*id, *finding);
            }
            E::TicketClosed { closed_at, purge_at, .. } => {
                (self.closed_at, self.purge_at) = (Some(*closed_at), *purge_at);
                self.spoken(true);
            }
            E::TicketReopened { .. } => (self.closed_at, self.purge_at) = (None, None),
            E::PurgeMarked { .. } => self.purge_at = None,
            E::NoticeDue { notice: Notice::AfterHours { opens_at, .. }, .. } => {
                self.noticed_opening = Some(*opens_at);
            }
            // A second creation is no event of a stream; a move of the status is done above; the
            // rest is for readers and changes nothing that a decision asks for.
            E::TicketCreated(_)
            | E::TicketStatusChanged { .. }
            | E::TicketWoken { .. }
            | E::TicketOffered { .. }
            | E::OfferAccepted { .. }
            | E::OfferDeclined { .. }
            | E::OfferExpired { .. }
            | E::OwnerAbsent { .. }
            | E::OwnerReturned { .. }
            | E::SlaReapplied(_)
            | E::DeliveryFailed { .. }
            | E::DelayAnnounced { .. }
            | E::RatingRequested { .. }
            | E::RatingGiven { .. }
            | E::QualityScored { .. }
            | E::TimeLogged { .. }
            | E::CorrectionRecorded { .. }
            | E::ExternalActivityRecorded { .. } => {}
        }
    }

    pub(super) fn said(&mut self, id: MessageId, number: &str, kind: MessageKind) {
        let waits = kind == MessageKind::Customer;
        self.messages.push(TicketMessage { id, number: number.into(), kind, waits, opened: false });
    }

    fn opened(&mut self, id: MessageId) {
        match self.messages.iter_mut().find(|it| it.id == id) {
            Some(message) => message.opened = true,
            None => self.opened_from_others.push(id),
        }
    }

    fn answered(&mut self, ids: &[MessageId]) {
        self.messages.iter_mut().filter(|it| ids.contains(&it.id)).for_each(|it| it.waits = false);
        self.waiting_from_others.retain(|it| !ids.contains(&it.id));
    }

    /// Two people spoke, or it is over: nothing said before waits any more.
    fn spoken(&mut self, really: bool) {
        if really {
            self.messages.iter_mut().for_each(|it| it.waits = false);
            self.waiting_from_others.clear();
        }
    }

    fn change_commitment(&mut self, id: CommitmentId, change: impl FnOnce(&mut Commitment)) {
        if let Some(promise) = self.commitments.iter_mut().find(|it| it.id == id) {
            change(promise);
        }
    }

    pub(super) fn link(&mut self, other: &TicketRef, kind: LinkKind) {
        self.links.push(Link { other: other.clone(), kind });
    }

    /// What waited elsewhere waits here from now on; what is home here again, as it did.
    pub(super) fn await_answer(&mut self, waiting: &[WaitingMessage]) {
        for message in waiting {
            match self.messages.iter_mut().find(|own| own.id == message.id) {
                Some(own) => own.waits = true,
                None if self.waiting_from_others.iter().any(|it| it.id == message.id) => {}
                None => self.waiting_from_others.push(message.clone()),
            }
        }
    }

    /// What waited here waits elsewhere from now on, and was never answered here.
    fn give_back(&mut self, waiting: &[WaitingMessage]) {
        let ids: Vec<MessageId> = waiting.iter().map(|message| message.id).collect();
        self.answered(&ids);
        for alias in &mut self.absorbed {
            alias.brought.retain(|id| !ids.contains(id));
        }
    }
}

//! How a ticket's events make its document.

use std::collections::BTreeMap;

use docket_domain::codec::Event;
use docket_domain::definition::{BaseStatus, PriorityTerm, StatusTerm, Term};
use docket_domain::instant::Instant;
use docket_domain::personal::Personal;
use docket_domain::ticket::event::{
    LinkKind, MergeSide, Origin, Outcome, TicketCreated, TicketEvent, TicketRef,
};
use docket_domain::ticket::state::Offers;
use uuid::Uuid;

use super::attention::Attention;
use super::{
    AbsorbedSummary, CustomerSummary, LinkSummary, TicketDocument, drafting, offering, owning,
    promising,
};
use crate::indicator::Indicator;
use crate::recorded::{Recorded, id_of};

/// A ticket's stream, folded: the document and what only the fold needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TicketFold {
    /// The ticket, once it was created.
    pub document: Option<TicketDocument>,
    /// Who spoke last, and what waits for an answer.
    attention: Attention,
    /// To whom it is offered, and who did not take it.
    offers: Offers,
    /// What rests while the ticket is merged, and is shown again when that is undone.
    resting: Resting,
}

/// How a merged ticket was put aside or closed before.
#[derive(Clone, Debug, Default, PartialEq)]
struct Resting {
    snoozed_until: Option<Instant>,
    wakes_at: Option<Instant>,
    closed_at: Option<Instant>,
    outcome: Option<Outcome>,
}

impl TicketFold {
    /// The fold of a history.
    pub fn of(events: &[Recorded]) -> Self {
        let mut fold = Self::default();
        for event in events {
            fold.evolve(event);
        }
        fold
    }

    /// What the ticket is after one more event; events of other categories do not concern it.
    pub fn evolve(&mut self, recorded: &Recorded) {
        let Event::Ticket(event) = &recorded.event else { return };
        if let TicketEvent::TicketCreated(created) = event {
            self.document = Some(opened(created, recorded));
        }
        let Some(document) = &mut self.document else { return };
        document.apply(event);
        owning::apply(document, event, recorded.occurred_at);
        drafting::evolve(&mut document.drafts, event, recorded.occurred_at);
        self.offers.evolve(recorded.version, event);
        offering::show(document, &self.offers);
        match event {
            TicketEvent::TicketMerged { .. } => self.resting = document.rest(),
            TicketEvent::TicketUnmerged { side: MergeSide::Source, .. } => {
                document.restore(std::mem::take(&mut self.resting));
            }
            _ => {}
        }
        document.version = recorded.version;
        // What was due earlier and is noted now happened before.
        document.updated_at = document.updated_at.max(recorded.occurred_at);
        self.attention.evolve(event, recorded);
        self.show();
    }

    fn show(&mut self) {
        let Some(document) = &mut self.document else { return };
        document.unread = self.attention.is_unread();
        let merged = document.status_base == BaseStatus::Merged;
        document.unsent_at = drafting::unsent_at(&document.drafts).filter(|_| !merged);
        let waits = self.attention.is_awaited() && !merged;
        document.indicator = Indicator::without_clocks(waits);
    }
}

fn opened(created: &TicketCreated, recorded: &Recorded) -> TicketDocument {
    TicketDocument {
        id: id_of(&recorded.stream),
        number: created.number.clone(),
        version: recorded.version,
        status: created.status.key.clone(),
        status_base: created.status.base,
        substatus: created.status.substatus.clone(),
        subject: created.subject.known().cloned(),
        channel: created.channel,
        customer: CustomerSummary {
            id: created.customer.id.0,
            name: created.customer.name.as_ref().and_then(known),
            email: created.customer.email.as_ref().and_then(known),
            phone: created.customer.phone.as_ref().and_then(known),
            handle: created.customer.handle.as_ref().and_then(known),
            tier: created.tier.clone(),
        },
        queue: created.queue.key.clone(),
        category: created.category.as_ref().map(key),
        ticket_type: created.ticket_type.as_ref().map(key),
        priority: created.priority.key.clone(),
        level: created.priority.level,
        tags: created.tags.iter().cloned().collect(),
        assignee: None,
        owner_since: None,
        owner_away: None,
        offer: None,
        passed: None,
        created_at: recorded.occurred_at,
        updated_at: recorded.occurred_at,
        closed_at: None,
        outcome: None,
        snoozed_until: None,
        wakes_at: None,
        merged_into: None,
        escalation_level: 0,
        messages: messages(created),
        unread: false,
        complaint_open: false,
        fields: BTreeMap::new(),
        links: created.origin.as_ref().map(origin).into_iter().collect(),
        absorbed: Vec::new(),
        open_commitments: Vec::new(),
        drafts: Vec::new(),
        unsent_at: None,
        due_at: None,
        indicator: Indicator::without_clocks(false),
    }
}

/// How many messages it begins with: its first, and those of another ticket that it was split off
/// with, which it shows by reference.
fn messages(created: &TicketCreated) -> u32 {
    let split_off = created.origin.as_ref().map_or(0, |origin| origin.messages.len());
    u32::from(created.message.is_some()) + u32::try_from(split_off).unwrap_or(u32::MAX)
}

impl TicketDocument {
    fn apply(&mut self, event: &TicketEvent) {
        if let Some((_, to)) = event.status_move() {
            self.set_status(to);
        }
        if event.ends_snooze() {
            (self.snoozed_until, self.wakes_at) = (None, None);
        }
        if event.ends_closure() {
            (self.closed_at, self.outcome) = (None, None);
        }
        promising::evolve(&mut self.open_commitments, event);
        self.apply_desk(event);
        self.apply_content(event);
        self.apply_relations(event);
    }

    /// Who holds it, where it lies, how it stands.
    fn apply_desk(&mut self, event: &TicketEvent) {
        match event {
            TicketEvent::TicketPrioritized { to, .. } => self.set_priority(to),
            TicketEvent::TicketTransferred { to, .. } => self.queue = to.key.clone(),
            TicketEvent::TicketReclassified { category, ticket_type, .. } => {
                self.category = category.as_ref().map(key);
                self.ticket_type = ticket_type.as_ref().map(key);
            }
            TicketEvent::TicketTermsChanged { tier, channel, .. } => {
                self.customer.tier.clone_from(tier);
                self.channel = *channel;
            }
            TicketEvent::TicketSnoozed { until, wakes_at, .. } => {
                self.snoozed_until = Some(*until);
                self.wakes_at = Some(*wakes_at);
            }
            TicketEvent::TicketEscalated { level, .. }
            | TicketEvent::TicketDeescalated { level, .. } => self.escalation_level = *level,
            TicketEvent::TicketClosed { outcome, closed_at, .. } => {
                self.closed_at = Some(*closed_at);
                self.outcome = Some(*outcome);
            }
            _ => {}
        }
    }

    /// What is in it.
    fn apply_content(&mut self, event: &TicketEvent) {
        match event {
            TicketEvent::MessageReceived { .. } | TicketEvent::TicketReplied { .. } => {
                self.messages += 1;
            }
            TicketEvent::TicketTagged { added, removed } => {
                self.tags.retain(|tag| !removed.contains(tag));
                self.tags.extend(added.iter().cloned());
            }
            TicketEvent::CustomFieldChanged { field, to, .. } => match to {
                Some(value) => {
                    self.fields.insert(field.clone(), known(value));
                }
                None => {
                    self.fields.remove(field);
                }
            },
            TicketEvent::ComplaintRaised { .. } => self.complaint_open = true,
            TicketEvent::ComplaintDecided { .. } => self.complaint_open = false,
            _ => {}
        }
    }

    /// What it has to do with other tickets.
    fn apply_relations(&mut self, event: &TicketEvent) {
        match event {
            TicketEvent::TicketMerged { into, .. } => self.merged_into = Some(into.id.0),
            TicketEvent::TicketAbsorbed { merge_id, source, .. } => {
                let (id, number) = named(source);
                self.absorbed.push(AbsorbedSummary { id, number, merge_id: merge_id.0 });
            }
            TicketEvent::TicketUnmerged { merge_id, side, .. } => match side {
                MergeSide::Source => self.merged_into = None,
                MergeSide::Survivor => self.absorbed.retain(|alias| alias.merge_id != merge_id.0),
            },
            TicketEvent::TicketSplit { into, .. } => {
                self.links.push(link(into, LinkKind::SplitInto));
            }
            TicketEvent::TicketLinked { other, kind } => self.links.push(link(other, *kind)),
            TicketEvent::TicketUnlinked { other, kind } => {
                self.links.retain(|link| link.id != other.id.0 || link.kind != *kind);
            }
            _ => {}
        }
    }

    fn set_status(&mut self, to: &StatusTerm) {
        self.status = to.key.clone();
        self.status_base = to.base;
        self.substatus = to.substatus.clone();
    }

    fn rest(&mut self) -> Resting {
        Resting {
            snoozed_until: self.snoozed_until.take(),
            wakes_at: self.wakes_at.take(),
            closed_at: self.closed_at.take(),
            outcome: self.outcome.take(),
        }
    }

    fn restore(&mut self, resting: Resting) {
        self.snoozed_until = resting.snoozed_until;
        self.wakes_at = resting.wakes_at;
        self.closed_at = resting.closed_at;
        self.outcome = resting.outcome;
    }

    fn set_priority(&mut self, to: &PriorityTerm) {
        self.priority = to.key.clone();
        self.level = to.level;
    }
}

fn key(term: &Term) -> String {
    term.key.clone()
}

fn known(value: &Personal<String>) -> Option<String> {
    value.known().cloned()
}

/// Where it came from is its first link.
fn origin(origin: &Origin) -> LinkSummary {
    link(&origin.ticket, origin.kind.link())
}

fn link(other: &TicketRef, kind: LinkKind) -> LinkSummary {
    let (id, number) = named(other);
    LinkSummary { id, number, kind }
}

fn named(ticket: &TicketRef) -> (Uuid, String) {
    (ticket.id.0, ticket.number.clone())
}

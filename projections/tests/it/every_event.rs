//! One of each event of a ticket, some in several shapes.

use std::collections::BTreeMap;

use docket_domain::customer::{Address, AddressKind};
use docket_domain::definition::{BaseStatus, SlaTerms, Term};
use docket_domain::ids::{AbsenceId, AttachmentId, CommitmentId, MergeId, MessageId};
use docket_domain::party::{AgentRef, Channel};
use docket_domain::personal::Personal;
use docket_domain::sla::clock::BreachedBy;
use docket_domain::sla::plan::{ClockKind, StepAt, Whom};
use docket_domain::ticket::event::{
    AssignMethod, AttachmentRef, Call, CallOutcome, Chat, ClockMark, Direction, EscalationRule,
    GivenContact, HoursOf, LinkKind, Meeting, MergeSide, Notice, Origin, OriginKind, Promiser,
    ReappliedClock, ReopenCause, SlaReapplied, SnoozeReason, TicketCreated, TicketEvent, WakeCause,
};

use crate::story::{
    MONDAY, anna, assigned, closed, created, message, moved, piotr, priority, received, replied,
    status, term, ticket, uuid, waiting,
};

mod complaints;
mod drafts;
mod offers;

use complaints::complaints;
pub use drafts::drafts;
pub use offers::offers;

fn text(text: &str) -> Personal<String> {
    Personal::text(text)
}

fn given(name: &str, phone: &str) -> TicketCreated {
    let addresses = vec![Address { kind: AddressKind::Phone, value: text(phone) }];
    let contact = Some(GivenContact { name: Some(text(name)), addresses });
    TicketCreated { contact, ..created("1042") }
}

fn mark(breached_by: Option<BreachedBy>, alerted: Option<AgentRef>) -> ClockMark {
    ClockMark {
        clock: ClockKind::Resolution,
        instance: 1,
        deadline: MONDAY.plus_millis(4 * 3_600_000),
        target_ms: 4 * 3_600_000,
        elapsed_ms: 3 * 3_600_000,
        breached_by,
        detected_at: MONDAY.plus_millis(3 * 3_600_000 + 400),
        alerted,
    }
}

#[expect(clippy::too_many_lines, reason = "a list")]
pub fn speaking() -> Vec<TicketEvent> {
    let mut with_file = message(5, "Here is the receipt");
    with_file.attachments.push(AttachmentRef {
        id: AttachmentId(uuid(7)),
        name: text("receipt.pdf"),
        size: 10,
        sha256: "00".into(),
        key: None,
    });
    let later = Some(MONDAY.plus_millis(600_000));
    let mut promised = created("1042");
    let (plan, calendar) = (term("default"), term("office"));
    promised.sla = Some(SlaTerms {
        plan,
        calendar,
        own_calendar: false,
        queue_calendar: false,
        tzdb: "2026a".into(),
    });
    vec![
        TicketEvent::TicketCreated(Box::new(promised)),
        TicketEvent::TicketCreated(Box::new(given("Janina", "+48 600 000 000"))),
        received(3, "Still\nnot here"),
        TicketEvent::MessageReceived { message: with_file, channel: Channel::Chat, status: None },
        TicketEvent::MessageOpened { message_id: MessageId(uuid(3)) },
        TicketEvent::MessageFiled {
            message_ids: vec![MessageId(uuid(3))],
            reason: text("a thank-you"),
        },
        replied(2, &"We are looking for it. ".repeat(10)),
        TicketEvent::DeliveryFailed {
            message_id: MessageId(uuid(0x1002)),
            recipient: Some(text("jan@example.com")),
            code: Some("5.1.1".into()),
            reason: Some(text("no such user")),
        },
        TicketEvent::NoteAdded { message: message(6, "Depot closed"), mentions: vec![piotr()] },
        TicketEvent::CallLogged(Box::new(Call {
            id: MessageId(uuid(8)),
            number: "1042-7".into(),
            agent: Some(anna()),
            direction: Direction::Inbound,
            outcome: CallOutcome::Answered,
            line: None,
            phone: Some(text("+48 600 000 000")),
            ivr_path: Vec::new(),
            wait_ms: None,
            started_at: Some(MONDAY),
            ended_at: later,
            summary: Some(text("asked for patience")),
            attachments: Vec::new(),
        })),
        TicketEvent::ContactLogged(Box::new(Meeting {
            id: MessageId(uuid(9)),
            number: "1042-8".into(),
            agent: Some(piotr()),
            started_at: Some(MONDAY),
            ended_at: None,
            summary: text("came to the counter"),
        })),
        TicketEvent::ChatLogged(Box::new(Chat {
            id: MessageId(uuid(10)),
            number: "1042-9".into(),
            agent: None,
            started_at: None,
            ended_at: None,
            abandoned: true,
            transcript: text("hello?"),
        })),
    ]
}

pub fn promising() -> Vec<TicketEvent> {
    let commitment_id = CommitmentId(uuid(20));
    let mut told = vec![
        TicketEvent::CommitmentRecorded {
            commitment_id,
            promiser: Promiser::Desk,
            text: text("we refund it"),
            kind: Some("refund".into()),
            amount: Some("49.90 EUR".into()),
            due: Some(MONDAY),
            evidence: None,
            evidence_in: None,
            accepted: Some(true),
        },
        TicketEvent::CommitmentKept { commitment_id, note: Some(text("paid")) },
        TicketEvent::CommitmentChanged {
            commitment_id,
            text: text("we replace it"),
            from_due: Some(MONDAY),
            due: None,
            reason: text("asked by the customer"),
        },
        TicketEvent::CommitmentBroken { commitment_id, reason: text("out of stock") },
    ];
    told.extend(complaints());
    told.extend(offers().into_iter().chain(drafts()));
    told.extend([
        TicketEvent::RatingRequested { agent: Some(anna()), scale: 5 },
        TicketEvent::RatingGiven { agent: None, score: 4, scale: 5, comment: Some(text("quick")) },
        TicketEvent::QualityScored {
            agent: Some(anna()),
            score: 9,
            scale: 10,
            rubric: Some("tone/3".into()),
            comment: None,
        },
        TicketEvent::TimeLogged { agent: anna(), minutes: 12, note: None },
        TicketEvent::CorrectionRecorded { corrects: 3, text: text("it was the other parcel") },
        TicketEvent::ExternalActivityRecorded {
            activity: "Wait".into(),
            performer: Some(text("Siebel")),
            attributes: Personal::Known(BTreeMap::new()),
            public: BTreeMap::new(),
            refused: Some("ticket_closed".into()),
        },
    ]);
    told.splice(4..4, marked());
    told
}

fn noticed(hours_of: HoursOf) -> TicketEvent {
    TicketEvent::NoticeDue {
        message_id: MessageId(uuid(1)),
        queue: term("inbox"),
        template: term("read_later"),
        notice: Notice::AfterHours { calendar: term("office"), hours_of, opens_at: MONDAY },
    }
}

fn marked() -> [TicketEvent; 12] {
    let terms = |version| {
        let plan = Term { version, ..term("default") };
        SlaTerms {
            plan,
            calendar: term("office"),
            own_calendar: false,
            queue_calendar: false,
            tzdb: "2026a".into(),
        }
    };
    let clock = ReappliedClock {
        clock: ClockKind::Resolution,
        instance: 2,
        row: None,
        from_target_ms: None,
        target_ms: Some(3_600_000),
        from_deadline: None,
        deadline: Some(MONDAY),
    };
    [
        TicketEvent::SlaReapplied(Box::new(SlaReapplied {
            from: terms(1),
            to: terms(2),
            clocks: vec![clock],
            reason: Some(text("agreed with the team")),
        })),
        TicketEvent::PurgeMarked { due: MONDAY },
        noticed(HoursOf::Queue),
        noticed(HoursOf::Owner(anna())),
        TicketEvent::OwnerAbsent {
            owner: anna(),
            absence_id: Some(AbsenceId(uuid(21))),
            until: Some(MONDAY),
            substitute: Some(piotr()),
        },
        TicketEvent::OwnerAbsent { owner: anna(), absence_id: None, until: None, substitute: None },
        TicketEvent::OwnerReturned { owner: anna() },
        TicketEvent::DelayAnnounced {
            text: text("It takes a day longer."),
            expected: Some(MONDAY),
            clock: None,
        },
        TicketEvent::DelayAnnounced {
            text: text("It takes longer."),
            expected: None,
            clock: Some(Box::new(mark(Some(BreachedBy::Deadline), None))),
        },
        TicketEvent::SlaWarned(Box::new(mark(None, Some(anna())))),
        TicketEvent::SlaBreached(Box::new(mark(Some(BreachedBy::Deadline), None))),
        TicketEvent::SlaBreached(Box::new(ClockMark {
            clock: ClockKind::NextReply,
            instance: 3,
            ..mark(Some(BreachedBy::Retarget), Some(piotr()))
        })),
    ]
}

#[expect(clippy::too_many_lines, reason = "a list")]
pub fn working() -> Vec<TicketEvent> {
    let mut courier = status(BaseStatus::InProgress);
    courier.substatus = Some("awaiting_courier".into());
    vec![
        assigned(anna()),
        TicketEvent::TicketAssigned {
            from: Some(anna()),
            to: piotr(),
            method: AssignMethod::Next,
            routed: None,
            status: None,
        },
        TicketEvent::TicketUnassigned { from: piotr(), reason: Some(text("on leave")) },
        TicketEvent::TicketHandedOver {
            from: anna(),
            to: piotr(),
            until: Some(MONDAY),
            open_commitments: vec![CommitmentId(uuid(20))],
            note: Some(text("call at noon")),
        },
        TicketEvent::TicketPrioritized { from: priority("medium", 3), to: priority("high", 4) },
        TicketEvent::TicketReclassified {
            from_category: None,
            category: Some(term("complaint")),
            from_type: Some(term("question")),
            ticket_type: Some(term("complaint")),
            terms_follow: false,
        },
        TicketEvent::TicketTermsChanged {
            from_tier: "standard".into(),
            tier: "premium".into(),
            from_channel: Channel::Email,
            channel: Channel::Chat,
        },
        TicketEvent::TicketTransferred { from: term("inbox"), to: term("claims"), reason: None },
        TicketEvent::TicketStatusChanged { from: status(BaseStatus::New), to: courier },
        TicketEvent::TicketTagged { added: vec!["vip".into()], removed: vec!["courier".into()] },
        TicketEvent::CustomFieldChanged {
            field: "order".into(),
            from: None,
            to: Some(text("A-7")),
        },
        TicketEvent::TicketSnoozed {
            until: MONDAY,
            wakes_at: MONDAY.plus_millis(900_000),
            block_ms: 900_000,
            reason: SnoozeReason::CustomerAsked,
            note: None,
            wakes_on_message: true,
            status: moved(BaseStatus::New, BaseStatus::Snoozed),
        },
        TicketEvent::TicketWoken {
            cause: WakeCause::Timer,
            due: MONDAY,
            status: moved(BaseStatus::Snoozed, BaseStatus::New),
        },
        TicketEvent::TicketEscalated {
            from_level: 0,
            level: 1,
            to: Some(piotr()),
            reason: text("the press asked"),
            rule: None,
        },
        TicketEvent::TicketEscalated {
            from_level: 3,
            level: 3,
            to: None,
            reason: text("nobody has called back"),
            rule: None,
        },
        TicketEvent::TicketEscalated {
            from_level: 1,
            level: 3,
            to: None,
            reason: text("step 2 of the plan Default: breach of resolution, PT2H after it"),
            rule: Some(Box::new(EscalationRule {
                plan: term("default"),
                step: 1,
                nth: 0,
                clock: ClockKind::Resolution,
                instance: 1,
                at: StepAt::Breach,
                after: Some("PT2H".into()),
                whom: Whom::Manager,
                notified: vec![Whom::Team("complaints".into()), Whom::Agent(piotr().id)],
                agents: vec![piotr()],
                detected_at: MONDAY,
            })),
        },
        TicketEvent::TicketDeescalated { from_level: 1, level: 0, reason: None },
        closed(MONDAY),
        TicketEvent::TicketReopened {
            cause: ReopenCause::Message,
            reason: None,
            days_closed: 3,
            status: moved(BaseStatus::Closed, BaseStatus::New),
        },
    ]
}

pub fn relating() -> Vec<TicketEvent> {
    let merge_id = MergeId(uuid(30));
    let mut split = created("1044");
    split.message = None;
    split.origin = Some(Origin {
        kind: OriginKind::Split,
        ticket: ticket(1),
        messages: vec![MessageId(uuid(3))],
        waiting: vec![waiting()],
    });
    vec![
        TicketEvent::TicketCreated(Box::new(split)),
        TicketEvent::TicketMerged {
            merge_id,
            into: ticket(2),
            status: moved(BaseStatus::New, BaseStatus::Merged),
        },
        TicketEvent::TicketAbsorbed {
            merge_id,
            source: ticket(1),
            waiting: Vec::new(),
            status: None,
        },
        TicketEvent::TicketAbsorbed {
            merge_id,
            source: ticket(1),
            waiting: vec![waiting()],
            status: Some(moved(BaseStatus::AwaitingCustomer, BaseStatus::New)),
        },
        TicketEvent::TicketUnmerged {
            merge_id,
            other: ticket(2),
            side: MergeSide::Source,
            messages: Vec::new(),
            waiting: Vec::new(),
            answered: vec![MessageId(uuid(3))],
            status: Some(moved(BaseStatus::Merged, BaseStatus::New)),
        },
        TicketEvent::TicketUnmerged {
            merge_id,
            other: ticket(1),
            side: MergeSide::Survivor,
            messages: vec![MessageId(uuid(3))],
            waiting: vec![waiting()],
            answered: Vec::new(),
            status: None,
        },
        TicketEvent::TicketSplit {
            into: ticket(3),
            messages: vec![MessageId(uuid(3)); 2],
            waiting: vec![waiting()],
        },
        TicketEvent::TicketLinked { other: ticket(3), kind: LinkKind::CausedBy },
        TicketEvent::TicketUnlinked { other: ticket(3), kind: LinkKind::CausedBy },
    ]
}

//! What holds whatever is asked, in whichever order.

use proptest::prelude::*;

use super::settled::is_settled_by_once;
use super::*;
use crate::codec::{Event, decode as read, encode, golden::opened};
use crate::ids::MergeId;
use crate::sla::clock::{Due, Mark};
use crate::sla::plan::ClockKind;
use crate::ticket::command::{
    ComplaintDecision, NewCall, NewDue, OwnerAway, Ruling, TicketRefusal,
};
use crate::ticket::event::{
    Authority, CallOutcome, Candidate, ClockMark, Decision, Direction, LinkKind, MergeSide, Routed,
    Severity, WaitingMessage, WakeCause,
};
use crate::ticket::state::MessageKind;

/// A step of a random story: what is asked, two choices within it, and how many minutes later.
type Step = (u8, u8, u8, u16);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((any::<u8>(), any::<u8>(), any::<u8>(), 0_u16..3000), 1..60)
}

/// A usual day, and one so late that what is asked for later leaves the calendar.
fn starts() -> impl Strategy<Value = &'static str> {
    prop_oneof![9 => Just("2026-03-02T09:00:00Z"), 1 => Just("9999-06-01T09:00:00Z")]
}

proptest! {
    #[test]
    fn whatever_is_asked_the_ticket_stays_sound(start in starts(), steps in steps()) {
        let desk = Desk::default();
        let mut now: Instant = start.parse().unwrap();
        let (mut ticket, mut events) = (Ticket::Absent, Vec::new());
        for (number, (kind, a, b, minutes)) in (1_u128..).zip(steps) {
            now = now.plus_millis(i64::from(minutes) * 60_000);
            let context = desk.context(now, Uuid::from_u128(number));
            let command = ask(&ticket, (kind, a, b), now);
            let decided = decide(&ticket, command.clone(), &context);
            only_what_a_merged_ticket_may(&ticket, &command, &decided);
            for event in decided.unwrap_or_default() {
                ticket = evolve(ticket, &event);
                events.push(stored_and_read(event));
            }
            if is_settled_by_once(&command) {
                let again = decide(&ticket, command.clone(), &context);
                prop_assert_eq!(again.unwrap_or_default(), vec![], "again {:?}", command);
            }
            prop_assert_eq!(&fold(&events), &ticket);
            sound(&ticket, events.len());
        }
    }
}

/// The event as it comes back from the log; it must be the same.
fn stored_and_read(event: TicketEvent) -> TicketEvent {
    let event = Event::Ticket(event);
    let stored = encode(&event).unwrap();
    let payload = opened(&stored.payload).to_string();
    let back = read("ticket-1042", &stored.event_type, stored.schema, &payload).unwrap();
    assert_eq!(back, event);
    let Event::Ticket(event) = back else { panic!("a ticket's event stays one") };
    event
}

fn only_what_a_merged_ticket_may(
    ticket: &Ticket,
    command: &C,
    decided: &Result<Vec<TicketEvent>, TicketRefusal>,
) {
    let may = matches!(
        command,
        C::Open(_)
            | C::Unmerge { .. }
            | C::GiveBack { .. }
            | C::Absorb { .. }
            | C::MarkClock { .. }
            | C::NoteOwner { .. }
            | C::MarkPurge
            | C::ExpireOffer { .. }
            | C::RecordActivity { .. }
            | C::Wake { cause: WakeCause::Timer }
    );
    if ticket.present().is_some_and(|state| state.merged.is_some()) && !may {
        assert!(matches!(decided, Err(TicketRefusal::TicketMerged { .. })), "{command:?}");
    }
}

fn sound(ticket: &Ticket, events: usize) {
    let Some(state) = ticket.present() else { return assert_eq!(events, 0) };
    assert_eq!(state.version, events as u64);
    assert_eq!(state.snooze.is_some(), state.status.base == BaseStatus::Snoozed);
    assert_eq!(state.merged.is_some(), state.status.base == BaseStatus::Merged);
    if state.merged.is_none() {
        assert_eq!(state.closed_at.is_some(), state.is_closed());
    }
    assert!(!state.is_closed() || state.waiting().count() == 0);
    assert!(state.waiting().all(|message| message.kind == MessageKind::Customer));
    assert!(state.all_waiting().all(|id| state.knows(id)));
    assert!(state.waiting_from_others.iter().all(|it| state.message(it.id).is_none()));
    for (place, message) in (1..).zip(&state.messages) {
        assert_eq!(message.number, format!("1042-{place}"));
    }
    assert!(state.tags.len() <= 50);
    assert!(state.tags.iter().enumerate().all(|(at, tag)| !state.tags[..at].contains(tag)));
    assert!(state.escalation_level <= 9);
    assert!(state.drafts.iter().all(|it| state.draft_of(it.author.id) == Some(it)), "one each");
    let waits = matches!(state.status.base, BaseStatus::New | BaseStatus::InProgress);
    assert!(state.offers.open.is_none() || (state.assignee.is_none() && waits));
    assert!(state.offers.passed.len() <= 2, "nobody is asked twice in a round");
}

/// How many kinds of commands [`ask`] chooses from.
const KINDS: u8 = 60;

/// A command of every kind, sensible or not.
#[expect(clippy::too_many_lines, reason = "one arm for each command: a table, read as one")]
fn ask(ticket: &Ticket, (kind, a, b): (u8, u8, u8), now: Instant) -> C {
    let Some(state) = ticket.present() else {
        return if kind % 8 == 0 { close() } else { open() };
    };
    let agent = if a % 2 == 0 { anna() } else { piotr() };
    let body = format!("{a} ł {b}");
    let at = |list: &[&str]| list[usize::from(a) % list.len()].to_owned();
    let message = pick(&state.messages, b).map_or(MessageId(nowhere()), |it| it.id);
    let commitment = pick(&state.commitments, b).map_or(CommitmentId(nowhere()), |it| it.id);
    let other = ticket_of(b);
    let kinds = [LinkKind::Related, LinkKind::Causes, LinkKind::SplitInto];
    let link = kinds[usize::from(a) % kinds.len()];
    let merges = state.absorbed.iter().map(|it| it.merge_id);
    let merges: Vec<MergeId> = merges.chain(state.merged.iter().map(|it| it.merge_id)).collect();
    let merge_id = pick(&merges, a).copied().unwrap_or(MergeId(Uuid::from_u128(b.into())));
    match kind % KINDS {
        0 => open(),
        1 => assign(agent),
        2 => C::Unassign { reason: Some(body) },
        3 => C::HandOver {
            to: agent,
            aliases_promise: Vec::new(),
            until: Some(later(now, a, b)),
            note: None,
        },
        4..=6 => C::Receive { message: text(&body), channel: Channel::Web },
        7 => C::OpenMessage { message: (a % 2 == 0).then_some(message) },
        8 => C::File { message: (a % 2 == 0).then_some(message), reason: body },
        9 | 10 => C::Reply { message: text(&body), channel: None, seen_version: b.into() },
        11 => note(&body),
        12 => C::LogCall(Box::new(NewCall {
            agent: Some(agent),
            direction: Direction::Outbound,
            outcome: if b % 2 == 0 { CallOutcome::Answered } else { CallOutcome::Missed },
            line: None,
            phone: Some(body),
            ivr_path: Vec::new(),
            wait_ms: None,
            started_at: Some(now),
            ended_at: Some(later(now, a, b)),
            summary: None,
            attachments: Vec::new(),
        })),
        13 => C::LogMeeting {
            agent: None,
            started_at: None,
            ended_at: Some(later(now, a, b)),
            summary: body,
        },
        14 => C::LogChat {
            agent: None,
            started_at: None,
            ended_at: None,
            abandoned: a % 2 == 0,
            transcript: body,
        },
        15 => promise(&body),
        16 => C::KeepCommitment { commitment, note: None },
        17 => C::ChangeCommitment {
            commitment,
            text: body,
            due: if a % 2 == 0 { NewDue::Stays } else { NewDue::Is(Some(later(now, a, b))) },
            reason: "r".into(),
        },
        18 => C::BreakCommitment { commitment, reason: body },
        19 => C::Prioritize { priority: at(&["high", "low", "utmost"]) },
        20 => C::Reclassify {
            category: (b % 2 == 0).then(|| at(&["question", "invoice/reprint", "riddle"])),
            ticket_type: (b % 3 == 0).then(|| at(&["technical", "problem", "riddle"])),
            tier: (b % 4 == 1).then(|| at(&["premium", "standard", "gold"])),
            channel: (b % 5 == 2).then_some(Channel::Phone),
        },
        21 => C::Transfer { queue: at(&["inbox", "billing", "attic"]), reason: None },
        22 => set_status(&at(&["new", "in_progress", "awaiting_customer", "closed", "limbo"])),
        23 => C::Tag { add: tags(&[&at(&["x", "y"]), "z"]), remove: tags(&[&at(&["y", "z"])]) },
        24 => C::SetField { field: at(&["order", "sku"]), value: (b % 2 == 0).then_some(body) },
        25..=27 => C::Snooze {
            until: later(now, a, b),
            reason: SnoozeReason::Other,
            note: None,
            wakes_on_message: a % 2 == 0,
        },
        28 => C::Wake { cause: WakeCause::Manual },
        29 => C::Wake { cause: WakeCause::Timer },
        30 => merge(other),
        31 => C::Absorb {
            merge_id: MergeId(Uuid::from_u128(b.into())),
            source: other,
            waiting: (0..a % 3).map(|place| waiting(place, now)).collect(),
        },
        32 | 33 => C::Unmerge {
            merge_id,
            side: if a % 2 == 0 { MergeSide::Source } else { MergeSide::Survivor },
            messages: vec![message],
            waiting: (0..b % 2).map(|place| waiting(place, now)).collect(),
            answered: (1..b % 3).map(|place| waiting(place, now).id).collect(),
        },
        50 => C::MarkClock {
            due: Box::new(due(if a % 2 == 0 { Mark::Warned } else { Mark::Breached }, now)),
            found_in: state.version - u64::from(b % 2),
            detected_at: now,
            to: None,
        },
        51 => C::NoteOwner {
            away: (a % 2 == 0).then(|| Box::new(away(later(now, a, b)))),
            found_in: state.version - u64::from(b % 2),
        },
        48 => {
            let waiting = (0..a % 3).map(|place| waiting(place, now)).collect();
            C::GiveBack { merge_id, source: other, waiting }
        }
        52 | 53 => {
            let offer_ms = (b % 3 > 0).then_some(i64::from(a) * 60_000);
            C::Give { to: agent, routed: Box::new(routed(b)), offer_ms }
        }
        54 => C::AcceptOffer { agent },
        55 => C::DeclineOffer { agent, reason: body },
        56 => C::ExpireOffer { offered_in: state.version - u64::from(b % 2) },
        57 | 58 => C::Draft { author: agent, body },
        59 => C::DiscardDraft { author: agent },
        34 => C::Split {
            into: other,
            messages: vec![message],
            waiting: vec![WaitingMessage { id: message, ..waiting(0, now) }],
        },
        35 => C::Link { other, kind: link },
        36 => C::Unlink { other: other.id, kind: (b % 2 == 0).then_some(link) },
        37 => C::Escalate { level: (b % 2 == 0).then_some(a % 12), to: None, reason: body },
        38 => C::Deescalate { level: (b % 2 == 0).then_some(a % 12), reason: None },
        39 => C::RaiseComplaint {
            claim: body,
            severity: Severity::Minor,
            remedy: None,
            owner: Some(agent),
            limited: Vec::new(),
        },
        40 => C::DecideComplaint(Box::new(ComplaintDecision {
            ruling: Ruling::Own { decision: Decision::Rejected, reasoning: body },
            compensation: None,
            amount: None,
            told_at: None,
            told_by: None,
            decided_by: None,
            in_place_of: Vec::new(),
            authority: Authority::Discretion { limit: None },
        })),
        41 => close(),
        42 => C::Reopen { reason: body },
        43 => C::Rate { score: a % 8, scale: b % 8, comment: Some(body) },
        44 => C::Correct { corrects: b.into(), text: body },
        45 => C::RequestRating { scale: b % 8 },
        46 => {
            C::ScoreQuality { agent: None, score: a % 8, scale: b % 8, rubric: None, comment: None }
        }
        47 => C::LogTime { agent, minutes: b.into(), note: None },
        _ => C::RecordActivity {
            activity: body,
            performer: None,
            attributes: [("a".to_owned(), "b".to_owned())].into(),
            public: [].into(),
            refused: None,
        },
    }
}

fn away(until: Instant) -> OwnerAway {
    OwnerAway { absence_id: None, until: Some(until), substitute: Some(piotr()) }
}

/// Which commands are taken at all once a ticket is closed, or merged. What else refuses them is
/// told where their rules are.
#[test]
fn a_closed_ticket_takes_what_is_said_about_it_and_a_merged_one_bookkeeping_only() {
    let now = "2026-03-02T10:00:00Z".parse().unwrap();
    let desk = Desk::default();
    let (closed, merged) = (fold(&story([close()])), fold(&story([merge(ticket(900))])));
    let mut taken: [Vec<String>; 2] = Default::default();
    for kind in 0..KINDS {
        for (ticket, taken) in [&closed, &merged].into_iter().zip(&mut taken) {
            let command = ask(ticket, (kind, 1, 3), now);
            let name = format!("{command:?}");
            let name = name.split([' ', '(']).next().unwrap().to_owned();
            let decided = decide(ticket, command, &desk.context(now, Uuid::from_u128(9)));
            let refused = matches!(
                decided,
                Err(TicketRefusal::TicketClosed | TicketRefusal::TicketMerged { .. })
            );
            if !refused && !taken.contains(&name) {
                taken.push(name);
            }
        }
    }
    insta::assert_snapshot!(taken[0].join(" "), @"Open Receive OpenMessage File AddNote KeepCommitment BreakCommitment Tag Wake Merge Absorb Unmerge Link Unlink RaiseComplaint DecideComplaint Reopen Rate Correct RequestRating ScoreQuality LogTime GiveBack RecordActivity MarkClock NoteOwner ExpireOffer DiscardDraft");
    insta::assert_snapshot!(taken[1].join(" "), @"Open Wake Absorb Unmerge GiveBack RecordActivity MarkClock NoteOwner ExpireOffer");
}

/// How somebody was chosen, now and then for a skill.
pub(super) fn routed(choice: u8) -> Routed {
    let agent = anna().id;
    Routed {
        queue: catalogue().queue("inbox").unwrap(),
        skills: if choice.is_multiple_of(2) { Vec::new() } else { tags(&["german"]) },
        candidates: vec![Candidate { agent, load: choice.into(), given_at: None }],
        of: 1,
    }
}

/// Something that is due of a clock.
fn due(mark: Mark, at: Instant) -> Due {
    let clock = ClockMark {
        clock: ClockKind::Resolution,
        instance: 1,
        deadline: at,
        target_ms: 1,
        elapsed_ms: 1,
        breached_by: None,
        detected_at: at,
        alerted: None,
    };
    Due { at, mark, clock, step: None }
}

/// A message of another ticket that waits.
fn waiting(place: u8, since: Instant) -> WaitingMessage {
    let id = MessageId(Uuid::from_u128(9_000 + u128::from(place)));
    WaitingMessage { id, number: format!("900-{}", place + 1), since }
}

fn pick<T>(items: &[T], choice: u8) -> Option<&T> {
    items.get(usize::from(choice) % items.len().max(1))
}

/// Soon, in years, and now and then at the end of the calendar, which is the latest that is read.
fn later(now: Instant, a: u8, b: u8) -> Instant {
    let year = 365 * 86_400_000;
    let later = match a % 8 {
        0 => Instant::LATEST.plus_millis(-i64::from(b)),
        1 => now.plus_millis(i64::from(b) * year),
        _ => now.plus_millis((i64::from(b) - 5) * 600_000),
    };
    later.min(Instant::LATEST)
}

/// One of a few other tickets, and now and then this one.
fn ticket_of(choice: u8) -> TicketRef {
    ticket([900, 901, 902, 1042][usize::from(choice) % 4])
}

//! What is to be noted of clocks, and at which instants.

use super::*;

impl Life {
    /// What is to be noted of a ticket's clocks of these kinds, as things stand.
    fn to_note(&self, id: TicketId, kinds: &[ClockKind]) -> Vec<String> {
        let family = self.family();
        let clocks = family.clocks(id).iter().filter(|clock| kinds.contains(&clock.kind));
        let due = clocks.flat_map(Clock::due).map(|due| {
            let by = due.clock.breached_by.map(|by| format!(" by {by:?}").to_lowercase());
            let what = format!("{} {}", due.clock.clock.word(), due.clock.instance);
            let place = due.step.as_ref().map(|step| format!("step-{}", step.place));
            let (mark, at) = (place.unwrap_or_else(|| due.mark.word()), shown(due.at));
            let of = (lasting(due.clock.elapsed_ms), lasting(due.clock.target_ms));
            format!("{what} {mark} {at}, {} of {}{}", of.0, of.1, by.unwrap_or_default())
        });
        due.collect()
    }

    /// Notes the first thing that is due.
    fn note_next(&mut self, id: TicketId, at: &str) {
        let due = self.family().clocks(id).iter().flat_map(Clock::due).min_by_key(|due| due.at);
        let found_in = self.tickets[&id].len() as u64;
        let (due, detected_at) = (Box::new(due.unwrap()), instant(at));
        self.tell_by(
            ActorKind::System,
            id,
            at,
            C::MarkClock { due, found_in, detected_at, to: None },
        );
    }
}

#[test]
fn a_clock_warns_and_is_breached_each_once() {
    let mut life = Life::new();
    let id = life.open("2026-03-02 09:00");
    let first = "first_response 1 warned 2026-03-02 15:45, 6:45 of 9:00";
    let then = "first_response 1 breached 2026-03-03 09:00, 9:00 of 9:00 by deadline";
    assert_eq!(life.to_note(id, FIRST), [first, then]);
    // Two clocks are due before: half a day for an owner.
    for _ in 0..3 {
        life.note_next(id, "2026-03-02 16:00");
    }
    assert_eq!(life.to_note(id, FIRST), [then]);
    assert_eq!(life.to_note(id, OWNER), Vec::<String>::new());
    life.note_next(id, "2026-03-05 10:00");
    assert_eq!(life.to_note(id, FIRST), Vec::<String>::new());
    let ticket = life.ticket(id);
    let noted = &ticket.present().unwrap().marks;
    let words = noted.iter().map(|(of, mark)| format!("{} {}", of.0.word(), mark.word()));
    let words: Vec<String> = words.collect();
    let expected = [
        "assignment warned",
        "assignment breached",
        "first_response warned",
        "first_response breached",
    ];
    assert_eq!(words, expected);
}

#[test]
fn what_was_kept_in_time_is_not_noted_and_what_was_late_is_however_late_somebody_looks() {
    let mut life = Life::new();
    let [early, at_the_deadline, late] = std::array::from_fn(|_| life.open("2026-03-02 09:00"));
    life.tell(early, "2026-03-02 15:45", reply());
    life.tell(at_the_deadline, "2026-03-03 09:00", reply());
    life.tell(late, "2026-03-03 09:00:00.001", reply());
    let warned = "first_response 1 warned 2026-03-02 15:45, 6:45 of 9:00";
    let breached = "first_response 1 breached 2026-03-03 09:00, 9:00 of 9:00 by deadline";
    assert_eq!(life.to_note(early, FIRST), Vec::<String>::new(), "a reply at the warning");
    assert_eq!(life.to_note(at_the_deadline, FIRST), [warned]);
    assert_eq!(life.to_note(late, FIRST), [warned, breached], "T27");
}

#[test]
fn a_pause_moves_what_is_to_come_and_a_second_warning_is_none() {
    let mut life = Life::new();
    let id = life.open("2026-03-02 09:00");
    life.tell(id, "2026-03-02 10:00", reply());
    assert_eq!(life.to_note(id, DONE), Vec::<String>::new(), "while it pauses, nothing");
    life.tell(id, "2026-03-03 10:00", message());
    let moved = [
        "resolution 1 warned 2026-03-06 15:45, 33:45 of 45:00",
        "resolution 1 breached 2026-03-10 09:00, 45:00 of 45:00 by deadline",
    ];
    assert_eq!(life.to_note(id, DONE), moved);
    while life.to_note(id, DONE).len() > 1 {
        life.note_next(id, "2026-03-09 09:00");
    }
    life.tell(id, "2026-03-09 10:00", status("awaiting_customer"));
    life.tell(id, "2026-03-10 10:00", status("in_progress"));
    let again = ["resolution 1 breached 2026-03-11 09:00, 45:00 of 45:00 by deadline"];
    assert_eq!(life.to_note(id, DONE), again);
}

#[test]
fn a_change_that_finds_the_deadline_past_is_noted_at_the_change_and_warns_of_nothing() {
    let mut life = Life::new();
    let id = life.open("2026-03-02 09:00");
    life.tell(id, "2026-03-02 12:00", priority("critical"));
    let breached = "first_response 1 breached 2026-03-02 12:00, 3:00 of 1:00 by retarget";
    assert_eq!(life.to_note(id, FIRST), [breached]);
    let other = life.open("2026-03-02 09:00");
    life.tell(other, "2026-03-02 10:45", priority("high"));
    let since = "first_response 1 warned 2026-03-02 10:45, 1:45 of 2:00";
    assert_eq!(life.to_note(other, FIRST)[0], since, "not before there was that target");
}

#[test]
fn a_merge_takes_what_is_to_be_noted_along_and_notes_nothing_twice() {
    let mut life = Life::new();
    let (source, survivor) = (life.open("2026-03-02 09:00"), life.open("2026-03-02 10:00"));
    let warned = |life: &Life, id| {
        life.to_note(id, FIRST).into_iter().filter(|it| it.contains("warned")).count()
    };
    while warned(&life, source) > 0 {
        life.note_next(source, "2026-03-02 16:00");
    }
    life.merge("2026-03-02 16:30", source, survivor);
    assert_eq!(life.to_note(source, FIRST), Vec::<String>::new(), "it goes on elsewhere");
    assert_eq!(
        life.to_note(survivor, FIRST),
        [
            "first_response 1 warned 2026-03-02 16:45, 6:45 of 9:00",
            "first_response 1 breached 2026-03-03 10:00, 9:00 of 9:00 by deadline",
            "first_response 2 breached 2026-03-03 09:00, 9:00 of 9:00 by deadline",
        ]
    );
}

#[test]
fn nobody_acts_on_what_an_import_tells_of_when_it_is_over() {
    let mut life = Life::new();
    life.recorded_later_ms = 30 * 24 * 3_600_000;
    let told = life.open("2026-03-02 09:00");
    assert_eq!(life.to_note(told, FIRST).len(), 2, "late mail is another thing (T23)");
    let history = life.tickets.get_mut(&told).unwrap();
    history[0].envelope.actor.kind = ActorKind::External;
    assert_eq!(life.to_note(told, FIRST), Vec::<String>::new());
}

#[test]
fn what_was_found_in_an_older_version_is_refused() {
    let mut life = Life::new();
    let id = life.open("2026-03-02 09:00");
    let due = life.family().clocks(id).iter().flat_map(Clock::due).next().unwrap();
    life.tell(id, "2026-03-02 09:30", assign());
    let command = C::MarkClock {
        due: Box::new(due),
        found_in: 1,
        detected_at: instant("2026-03-02 18:00"),
        to: None,
    };
    let context = Context {
        actor: Actor::new(ActorKind::System, "timer"),
        now: instant("2026-03-02 18:00"),
        command_id: Uuid::nil(),
        catalogue: &life.catalogue,
    };
    let refused = decide(&life.ticket(id), command, &context).unwrap_err();
    assert_eq!(refused.code(), "clocks_changed");
}

#[test]
fn a_chain_is_taken_step_by_step_while_the_clock_runs() {
    let mut life = Life::under(json!({ "escalation": [
        { "clock": "first_response", "at": "warning", "level": 1, "to": "owner" },
        { "clock": "first_response", "at": "breach", "level": 2, "to": "manager",
          "notify": [{ "role": "supervisor" }], "priority": "high", "queue": "complaints" },
        { "clock": "first_response", "at": "breach", "after": "PT9H", "level": 3, "to": { "team": "inbox" } },
    ] }));
    let id = life.open("2026-03-02 09:00");
    let steps = |life: &Life| -> Vec<String> {
        life.to_note(id, FIRST).into_iter().filter(|it| it.contains("step")).collect()
    };
    let all = [
        "first_response 1 step-0 2026-03-02 15:45, 6:45 of 9:00",
        "first_response 1 step-1 2026-03-03 09:00, 9:00 of 9:00",
        "first_response 1 step-2 2026-03-04 09:00, 18:00 of 9:00",
    ];
    assert_eq!(steps(&life), all);
    while steps(&life).len() > 1 {
        life.note_next(id, "2026-03-03 09:30");
    }
    let ticket = life.ticket(id);
    let state = ticket.present().unwrap();
    assert_eq!((state.escalation_level, state.priority.key.as_str()), (2, "high"));
    assert_eq!(state.queue.key, "complaints");
    life.tell(id, "2026-03-03 10:00", reply());
    assert_eq!(steps(&life), Vec::<String>::new(), "an answer ends the chain");
    let said = life.said(id, "2026-03-03 12:00", FIRST);
    assert!(said.ends_with("breached at 2026-03-03 09:00 by deadline"), "{said}");
}

#[test]
fn a_step_that_was_due_before_an_answer_is_taken_late_rather_than_never() {
    let chain = json!({ "escalation": [
        { "clock": "first_response", "at": "warning", "level": 1, "to": "owner" },
        { "clock": "first_response", "at": "breach", "level": 2, "to": "owner", "queue": "complaints" },
        { "clock": "first_response", "at": "breach", "after": "PT1H", "level": 3, "to": "owner" },
    ] });
    for (ends, queue) in [(reply(), "complaints"), (close(), "inbox")] {
        let mut life = Life::under(chain.clone());
        let id = life.open("2026-03-02 09:00");
        // The very millisecond of the third step is in time.
        life.tell(id, "2026-03-03 10:00", ends);
        let steps = |life: &Life| -> Vec<String> {
            life.to_note(id, FIRST).into_iter().filter(|it| it.contains("step")).collect()
        };
        let late = [
            "first_response 1 step-0 2026-03-02 15:45, 6:45 of 9:00",
            "first_response 1 step-1 2026-03-03 09:00, 9:00 of 9:00",
        ];
        assert_eq!(steps(&life), late);
        while !steps(&life).is_empty() {
            life.note_next(id, "2026-03-03 12:00");
        }
        let ticket = life.ticket(id);
        let state = ticket.present().unwrap();
        assert_eq!((state.escalation_level, state.queue.key.as_str()), (2, queue));
    }
}

#[test]
fn a_step_tells_the_customer_of_the_delay_in_the_clocks_name() {
    let mut life = Life::under(json!({ "escalation": [
        { "clock": "resolution", "at": "warning", "level": 1, "to": "owner", "announce": "It takes longer." },
    ], "resolve": [{ "resolution": "PT1H" }] }));
    let id = life.open("2026-03-02 09:00");
    life.note_next(id, "2026-03-02 09:46");
    life.note_next(id, "2026-03-02 09:46");
    let told = life.tickets[&id].iter().filter_map(|it| {
        let Event::Ticket(TicketEvent::DelayAnnounced { text, clock, .. }) = &it.event else {
            return None;
        };
        Some((text.clone(), clock.as_ref().map(|clock| clock.of())))
    });
    let told: Vec<_> = told.collect();
    let expected = (Personal::text("It takes longer."), Some((ClockKind::Resolution, 1)));
    assert_eq!(told, [expected]);
    let said = life.said(id, "2026-03-02 10:00", FIRST);
    assert!(said.contains("running"), "an announcement is no answer: {said}");
}

#[test]
fn what_was_due_before_a_reopening_is_noted_of_the_clock_that_ended() {
    let mut life = Life::under(json!({ "escalation": [
        { "clock": "resolution", "at": "breach", "level": 2, "to": "owner" },
    ], "resolve": [{ "resolution": "PT1H" }] }));
    let id = life.open("2026-03-02 09:00");
    life.tell(id, "2026-03-02 11:00", close());
    life.tell(id, "2026-03-02 12:00", reopen());
    assert_eq!(
        life.to_note(id, DONE),
        [
            "resolution 1 warned 2026-03-02 09:45, 0:45 of 1:00",
            "resolution 1 breached 2026-03-02 10:00, 1:00 of 1:00 by deadline",
            "resolution 1 step-0 2026-03-02 10:00, 1:00 of 1:00",
        ]
    );
}

#[test]
fn a_step_lowers_nothing_and_leaves_out_what_cannot_be_done() {
    let mut life = Life::under(json!({ "escalation": [
        { "clock": "first_response", "at": "warning", "level": 1, "to": "owner",
          "priority": "low", "queue": "billing" },
    ] }));
    let id = life.open("2026-03-02 09:00");
    let escalate = C::Escalate { level: Some(4), to: None, reason: "the press asks".into() };
    life.tell(id, "2026-03-02 09:30", escalate);
    let billing = json!({ "name": "Billing", "categories": ["invoice"] });
    life.publish("billing", Document::Queue(serde_json::from_value(billing).unwrap()), &[(0, 0)]);
    life.tell(
        id,
        "2026-03-02 09:40",
        C::Reclassify {
            category: Some("question".into()),
            ticket_type: None,
            tier: None,
            channel: None,
        },
    );
    while !life.to_note(id, FIRST).iter().all(|it| it.contains("breached")) {
        life.note_next(id, "2026-03-02 16:00");
    }
    let ticket = life.ticket(id);
    let state = ticket.present().unwrap();
    let now = (state.escalation_level, state.priority.key.as_str(), state.queue.key.as_str());
    assert_eq!(now, (4, "medium", "inbox"));
}

#[test]
fn what_was_noted_of_an_instance_before_there_was_one_is_not_due_again() {
    let mut life = Life::new();
    let id = life.open("2026-03-02 09:00");
    let next_reply = ClockMark {
        clock: ClockKind::NextReply,
        instance: 1,
        deadline: instant("2026-03-02 10:00"),
        target_ms: 3_600_000,
        elapsed_ms: 3_600_000,
        breached_by: Some(BreachedBy::Deadline),
        detected_at: instant("2026-03-02 10:00"),
        alerted: None,
    };
    let (at, clock) = (instant("2026-03-02 10:00"), next_reply);
    let due = Due { at, mark: Mark::Breached, clock, step: None };
    let noted = C::MarkClock { due: Box::new(due), found_in: 1, detected_at: at, to: None };
    life.tell_by(ActorKind::System, id, "2026-03-02 10:00", noted);
    life.tell(id, "2026-03-02 10:30", reply());
    life.tell(id, "2026-03-02 11:00", message());
    let family = life.family();
    let clock = family.clocks(id).iter().find(|it| it.kind == ClockKind::NextReply).unwrap();
    assert!(clock.deadline().is_some_and(|deadline| deadline > instant("2026-03-02 11:00")));
    let due: Vec<Mark> = clock.due().into_iter().map(|due| due.mark).collect();
    assert_eq!(due, [Mark::Warned], "a command that took effect before has none again");
}

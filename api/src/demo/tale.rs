//! How one ticket's life goes, from opening to closing and after.

use docket_commands::NewTicket;
use docket_domain::instant::Instant;
use docket_domain::party::{AgentRef, Channel};
use docket_domain::personal::Personal;
use docket_domain::ticket::command::{NewMessage, TicketCommand, TicketDetails};
use docket_domain::ticket::event::{AssignMethod, OpenedBy, Outcome, Severity};

use crate::demo::calendar::{DAY, HOUR, MINUTE, at_work};
use crate::demo::dice::Dice;
use crate::demo::people::{Colleague, Guest};
use crate::demo::story::{Act, By, Moment};
use crate::demo::topics::Topic;
use crate::demo::words::{self, Matter, opening, say};

const CHANNELS: [Channel; 7] = [
    Channel::Email,
    Channel::Web,
    Channel::Phone,
    Channel::Chat,
    Channel::Social,
    Channel::Messenger,
    Channel::InPerson,
];
const CHANNEL_WEIGHTS: [usize; 7] = [46, 22, 14, 8, 4, 4, 2];
const PRIORITIES: [&str; 4] = ["critical", "high", "medium", "low"];
const TAGS: [&str; 8] =
    ["courier", "refund", "vip", "second_line", "supplier", "return", "recall", "holiday"];

/// How soon somebody takes a ticket on average, by urgency.
const TAKEN_WITHIN: [i64; 4] = [12 * MINUTE, 40 * MINUTE, 2 * HOUR, 4 * HOUR];

/// One ticket's life as it is told.
pub struct Tale<'a> {
    pub(super) dice: Dice,
    story: usize,
    pub(super) at: Instant,
    pub(super) agent: usize,
    urgency: usize,
    pub(super) channel: Channel,
    pub(super) colleagues: &'a [Colleague],
    pub(super) guest: &'a Guest,
    topic: &'static Topic,
    /// What it is about.
    pub matter: Matter,
    /// What happens, in order.
    pub moments: Vec<Moment>,
    /// When it is closed first, if it is.
    pub closes: Option<Instant>,
    /// How grave the complaint is that waits to be decided, if one does.
    pub(super) complaint: Option<Severity>,
}

impl<'a> Tale<'a> {
    /// A ticket that comes in at a time, from a customer to these agents.
    pub fn new(
        mut dice: Dice,
        (story, at): (usize, Instant),
        (colleagues, guest): (&'a [Colleague], &'a Guest),
        topic: &'static Topic,
        matter: Matter,
    ) -> Self {
        Self {
            story,
            at,
            agent: dice.below(colleagues.len()),
            urgency: dice.weighted(&topic.urgency),
            channel: CHANNELS[dice.weighted(&CHANNEL_WEIGHTS)],
            colleagues,
            guest,
            topic,
            matter,
            moments: Vec::new(),
            closes: None,
            complaint: None,
            dice,
        }
    }

    /// The customer opens it; some name no priority.
    pub fn open(&mut self) {
        let subject = say(&mut self.dice, self.topic.subjects, &self.matter);
        let body = opening(&mut self.dice, self.topic, &self.matter, &self.guest.name);
        let wrong = self.dice.chance(7);
        let details = TicketDetails {
            opened_by: OpenedBy::Customer,
            channel: self.channel,
            endpoint: None,
            queue: None,
            // What the customer chose wrongly is put right later and stays on record (S-16).
            category: Some(if wrong { "question" } else { self.topic.category }.to_owned()),
            ticket_type: Some(if wrong { "question" } else { self.topic.ticket_type }.to_owned()),
            priority: self.dice.chance(80).then(|| PRIORITIES[self.urgency].to_owned()),
            subject: Personal::text(subject),
            tags: Vec::new(),
            message: Some(said(body)),
            origin: None,
        };
        let new = NewTicket { customer: self.guest.input(self.channel), details };
        self.push(By::Customer, Act::Open(Box::new(new)));
    }

    /// It says again what another ticket says, and is merged into that one while it is open.
    pub fn repeat(&mut self, other: usize, open_until: Instant) {
        self.work(30 * MINUTE);
        if self.at < open_until {
            self.push(By::Agent(self.agent), Act::Merge { into: other });
        }
    }

    /// What happens after the opening.
    pub fn go_on(&mut self) {
        self.work(TAKEN_WITHIN[self.urgency]);
        if self.dice.chance(3) {
            return self.throw_out();
        }
        if self.dice.chance(2) {
            // Nobody ever takes it: every desk has some of these.
            return;
        }
        let agent = self.colleague();
        let method = if self.dice.chance(45) { AssignMethod::Next } else { AssignMethod::Manual };
        self.act(TicketCommand::Assign { to: agent, method });
        self.act(TicketCommand::OpenMessage { message: None });
        self.put_right();
        if self.topic.ticket_type == "complaint" && self.dice.chance(70) {
            self.complain();
        }
        self.answer(self.topic.answers);
        let rounds = self.dice.weighted(&[42, 32, 17, 9]);
        for _ in 0..rounds {
            self.another_round();
        }
        self.finish();
        self.afterwards();
    }

    fn throw_out(&mut self) {
        let spam = self.dice.chance(60);
        if !spam {
            let reason = "An automatic answer".to_owned();
            self.act(TicketCommand::File { message: None, reason });
        }
        let outcome = if spam { Outcome::Spam } else { Outcome::NoReplyNeeded };
        self.act(TicketCommand::Close { outcome, resolution: None, reason: None });
    }

    fn put_right(&mut self) {
        self.act(TicketCommand::Reclassify {
            category: Some(self.topic.category.into()),
            ticket_type: Some(self.topic.ticket_type.into()),
            tier: None,
            channel: None,
        });
        if self.dice.chance(12) {
            let queue = *self.dice.pick(&["technical", "billing", "complaints"]);
            let reason = Some("They know more about it".to_owned());
            self.act(TicketCommand::Transfer { queue: queue.into(), reason });
        }
        if self.dice.chance(10) {
            let priority = PRIORITIES[self.urgency.saturating_sub(1)];
            self.act(TicketCommand::Prioritize { priority: priority.into() });
        }
        if self.dice.chance(28) {
            let add = vec![(*self.dice.pick(&TAGS)).to_owned()];
            self.act(TicketCommand::Tag { add, remove: Vec::new() });
        }
        if self.dice.chance(25) {
            self.note();
        }
    }

    fn another_round(&mut self) {
        if self.dice.chance(12) {
            self.snooze();
        }
        self.wait(20 * HOUR);
        let text = say(&mut self.dice, words::FOLLOW_UPS, &self.matter);
        self.push(By::Customer, Act::Write(text, self.channel));
        if self.dice.chance(8) {
            self.escalate();
        }
        if self.dice.chance(4) {
            self.hand_over();
        }
        self.work(3 * HOUR);
        self.act(TicketCommand::OpenMessage { message: None });
        if self.dice.chance(30) {
            self.note();
        }
        if self.dice.chance(16) {
            self.call();
        }
        if self.dice.chance(20) {
            self.promise();
        }
        self.answer(self.topic.answers);
    }

    fn finish(&mut self) {
        self.work(DAY);
        if let Some(severity) = self.complaint.take() {
            self.decide_complaint(severity);
        }
        if self.dice.chance(60) {
            self.answer(self.topic.endings);
        }
        if self.dice.chance(15) {
            let (agent, minutes) = (self.colleague(), self.dice.between(5, 90) as u32);
            self.act(TicketCommand::LogTime { agent, minutes, note: None });
        }
        self.close();
    }

    fn afterwards(&mut self) {
        if self.dice.chance(40) {
            self.rate();
        }
        if self.dice.chance(5) {
            let score = self.dice.between(40, 100) as u8;
            let rubric = Some("tone/3".to_owned());
            let comment = None;
            self.work(2 * DAY);
            self.act(TicketCommand::ScoreQuality {
                agent: None,
                score,
                scale: 100,
                rubric,
                comment,
            });
        }
        // Within the reopen window mostly; later a message opens a new, linked ticket (S-53).
        if self.dice.chance(8) {
            self.wait(5 * DAY);
            let text = say(&mut self.dice, words::AFTERWARDS, &self.matter);
            self.push(By::Customer, Act::Write(text, self.channel));
            self.work(2 * HOUR);
            let to = self.colleague();
            self.act(TicketCommand::Assign { to, method: AssignMethod::Manual });
            self.answer(self.topic.endings);
            self.work(DAY);
            self.close();
        }
    }

    /// Time passes for a customer, at any hour.
    pub(super) fn wait(&mut self, mean: i64) {
        self.at = self.at.plus_millis(self.dice.wait(mean));
    }

    /// Time passes until an agent gets to it, in working hours.
    pub(super) fn work(&mut self, mean: i64) {
        let later = self.at.plus_millis(self.dice.wait(mean));
        self.at = at_work(&mut self.dice, later);
    }

    pub(super) fn colleague(&self) -> AgentRef {
        self.colleagues[self.agent].agent.clone()
    }

    pub(super) fn act(&mut self, command: TicketCommand) {
        self.push(By::Agent(self.agent), Act::Do(Box::new(command)));
    }

    pub(super) fn push(&mut self, by: By, act: Act) {
        self.moments.push(Moment { at: self.at, story: self.story, by, act });
        // Nothing happens twice in a millisecond, nor in the same second.
        self.at = self.at.plus_millis(self.dice.between(3_000, 90_000));
    }
}

pub(super) fn said(body: String) -> NewMessage {
    NewMessage { body, attachments: Vec::new() }
}

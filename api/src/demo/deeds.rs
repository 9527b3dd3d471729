//! Single deeds of a ticket's life: a note, a call, a promise, a snooze.

use docket_domain::instant::Instant;
use docket_domain::party::Channel;
use docket_domain::ticket::command::{ComplaintDecision, NewCall, Ruling, TicketCommand};
use docket_domain::ticket::event::{
    Authority, CallOutcome, Decision, Direction, Outcome, Promiser, Severity, SnoozeReason,
};

use crate::demo::calendar::{DAY, HOUR, MINUTE, at_work};
use crate::demo::story::{Act, By};
use crate::demo::tale::{Tale, said};
use crate::demo::words::{self, answer, say};

/// The block to whose end a snooze runs by default (S-42).
const SNOOZE_BLOCK: i64 = 15 * MINUTE;

impl Tale<'_> {
    pub(super) fn complain(&mut self) {
        let claim = say(&mut self.dice, words::CLAIMS, &self.matter);
        let severity = if self.dice.chance(25) { Severity::Major } else { Severity::Minor };
        let remedy = self.dice.chance(60).then(|| format!("{} back", self.matter.amount));
        self.complaint = Some(severity);
        // The first of them manages complaints.
        let manager = || self.colleagues.first().map(|first| first.agent.clone());
        let owner = if severity == Severity::Major { manager() } else { None };
        self.act(TicketCommand::RaiseComplaint {
            claim,
            severity,
            remedy,
            owner,
            limited: Vec::new(),
        });
    }

    pub(super) fn decide_complaint(&mut self, severity: Severity) {
        let decisions = [Decision::Accepted, Decision::PartlyAccepted, Decision::Rejected];
        let decision = decisions[self.dice.weighted(&[50, 28, 22])];
        let compensated = decision != Decision::Rejected && self.dice.chance(70);
        let reasoning = say(&mut self.dice, words::REASONS, &self.matter);
        // What is small is made good as it was prepared.
        let is_prepared = severity == Severity::Minor && decision == Decision::PartlyAccepted;
        let ruling = if is_prepared {
            let solution = "voucher".to_owned();
            Ruling::Prepared { solution, decision: None, reasoning: Some(reasoning) }
        } else {
            Ruling::Own { decision, reasoning }
        };
        // What is major its owner decides.
        let decided_by = if severity == Severity::Major {
            self.colleagues.first()
        } else {
            self.colleagues.get(self.agent)
        };
        let decision = ComplaintDecision {
            ruling,
            compensation: (compensated && !is_prepared).then(|| self.matter.amount.clone()),
            amount: None,
            told_at: Some(self.at),
            told_by: Some(Channel::Email),
            decided_by: decided_by.map(|colleague| colleague.agent.clone()),
            in_place_of: Vec::new(),
            authority: Authority::Discretion { limit: None },
        };
        self.act(TicketCommand::DecideComplaint(Box::new(decision)));
    }

    pub(super) fn snooze(&mut self) {
        self.work(HOUR);
        let until = self.at.plus_millis(DAY * self.dice.between(1, 4));
        let until = at_work(&mut self.dice, until);
        let reasons = [SnoozeReason::Waiting, SnoozeReason::CustomerAsked, SnoozeReason::Other];
        let reason = *self.dice.pick(&reasons);
        let note = Some("Waiting for the warehouse".to_owned());
        self.act(TicketCommand::Snooze { until, reason, note, wakes_on_message: true });
        let blocks = until.millis().div_euclid(SNOOZE_BLOCK) + 1;
        let wakes_at = Instant(blocks * SNOOZE_BLOCK);
        if self.dice.chance(30) {
            // The customer writes before the time is up; the timer then finds nothing to do.
            self.wait(9 * HOUR);
            if self.at < wakes_at {
                let text = say(&mut self.dice, words::FOLLOW_UPS, &self.matter);
                self.push(By::Customer, Act::Write(text, self.channel));
            }
        }
        self.at = wakes_at;
        self.push(By::Timer, Act::Wake);
    }

    pub(super) fn escalate(&mut self) {
        self.work(2 * HOUR);
        let to = self.colleagues[self.dice.below(3)].agent.clone();
        let reason = say(&mut self.dice, words::ESCALATIONS, &self.matter);
        self.act(TicketCommand::Escalate { level: None, to: Some(to), reason });
    }

    pub(super) fn hand_over(&mut self) {
        self.work(HOUR);
        let by = self.agent;
        self.agent =
            (self.agent + 1 + self.dice.below(self.colleagues.len() - 1)) % self.colleagues.len();
        let note = Some("I am away from tomorrow on".to_owned());
        let command = TicketCommand::HandOver {
            to: self.colleague(),
            aliases_promise: Vec::new(),
            until: None,
            note,
        };
        self.push(By::Agent(by), Act::Do(Box::new(command)));
    }

    pub(super) fn note(&mut self) {
        let body = say(&mut self.dice, words::NOTES, &self.matter);
        self.act(TicketCommand::AddNote { message: said(body), mentions: Vec::new() });
    }

    pub(super) fn call(&mut self) {
        let minutes = self.dice.between(1, 14);
        let started_at = self.at;
        self.at = self.at.plus_millis(minutes * MINUTE);
        let outcomes = [CallOutcome::Answered, CallOutcome::Missed, CallOutcome::Voicemail];
        let inbound = self.dice.chance(35);
        let call = NewCall {
            agent: Some(self.colleague()),
            direction: if inbound { Direction::Inbound } else { Direction::Outbound },
            outcome: outcomes[self.dice.weighted(&[76, 16, 8])],
            line: Some("+48 22 555 9000".into()),
            phone: None,
            ivr_path: Vec::new(),
            wait_ms: inbound.then(|| self.dice.between(4_000, 240_000)),
            started_at: Some(started_at),
            ended_at: Some(self.at),
            summary: Some(say(&mut self.dice, words::CALLS, &self.matter)),
            attachments: Vec::new(),
        };
        self.act(TicketCommand::LogCall(Box::new(call)));
    }

    pub(super) fn promise(&mut self) {
        let due = self.at.plus_millis(DAY * self.dice.between(1, 5));
        let command = TicketCommand::RecordCommitment {
            promiser: Promiser::Desk,
            text: say(&mut self.dice, words::PROMISES, &self.matter),
            kind: Some((*self.dice.pick(&["refund", "exchange", "callback"])).into()),
            amount: self.dice.chance(40).then(|| self.matter.amount.clone()),
            due: Some(due),
            evidence: None,
            evidence_in: None,
            accepted: Some(true),
        };
        self.act(command);
        self.work(DAY);
        let kept = self.dice.chance(86);
        self.push(By::Agent(self.agent), Act::Settle { kept });
    }

    pub(super) fn answer(&mut self, templates: &[&str]) {
        self.at = self.at.plus_millis(self.dice.between(2 * MINUTE, 25 * MINUTE));
        let agent = self.colleagues[self.agent].name;
        let body = answer(&mut self.dice, templates, &self.matter, &self.guest.name, agent);
        // Who answers has the ticket open.
        self.act(TicketCommand::Reply {
            message: said(body),
            channel: None,
            seen_version: u64::MAX,
        });
    }

    pub(super) fn close(&mut self) {
        let solved = self.dice.chance(88);
        let resolution = say(&mut self.dice, words::SOLUTIONS, &self.matter);
        self.act(TicketCommand::Close {
            outcome: if solved { Outcome::Solved } else { Outcome::Unsolved },
            resolution: solved.then_some(resolution),
            reason: None,
        });
        self.closes.get_or_insert(self.at);
    }

    pub(super) fn rate(&mut self) {
        self.at = self.at.plus_millis(MINUTE);
        self.act(TicketCommand::RequestRating { scale: 5 });
        if self.dice.chance(55) {
            self.wait(9 * HOUR);
            let score = 1 + self.dice.weighted(&[8, 7, 14, 33, 38]) as u8;
            let comment =
                self.dice.chance(40).then(|| say(&mut self.dice, words::RATINGS, &self.matter));
            let command = TicketCommand::Rate { score, scale: 5, comment };
            self.push(By::Customer, Act::Do(Box::new(command)));
        }
    }
}

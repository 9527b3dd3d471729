//! Who is given which ticket: the choice, as a pure function of who is there and what waits (S-14, S-15, S-17,
//! S-50).

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{AgentId, TicketId};
use crate::instant::Instant;
use crate::ticket::event::Candidate;

/// An agent, as far as the choice asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hand {
    /// Who.
    pub agent: AgentId,
    /// Whether the agent is active, not absent, and inside their working hours.
    pub is_there: bool,
    /// What the agent can.
    pub skills: Vec<String>,
    /// How many tickets the agent may have; as many as there are where nothing is said.
    pub capacity: Option<u32>,
    /// How many the agent has.
    pub load: u32,
    /// When the desk last gave the agent one, if it ever did.
    pub given_at: Option<Instant>,
}

impl Hand {
    /// Whether the agent could be given anything at all.
    pub fn is_free(&self) -> bool {
        self.is_there && self.capacity.is_none_or(|capacity| self.load < capacity)
    }

    fn can(&self, needed: &BTreeSet<String>) -> bool {
        needed.iter().all(|skill| self.skills.contains(skill))
    }
}

/// A queue that pushes, and what waits there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The queue's key.
    pub queue: String,
    /// Whom its tickets are given to; everybody where nobody is named.
    pub agents: BTreeSet<AgentId>,
    /// What waits, in the queue's order within a level.
    pub waiting: Vec<Waiting>,
}

impl Line {
    /// Whether the queue gives tickets to that agent.
    pub fn is_for(&self, agent: AgentId) -> bool {
        self.agents.is_empty() || self.agents.contains(&agent)
    }
}

/// A ticket that waits for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Which ticket.
    pub ticket: TicketId,
    /// Its level: 5 highest … 1 lowest.
    pub level: u8,
    /// The skills that it needs.
    pub needs: BTreeSet<String>,
    /// Who is not to be asked now: those who had it offered and did not take it.
    pub passed: BTreeSet<AgentId>,
}

/// Who gets which ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gift {
    /// The ticket.
    pub ticket: TicketId,
    /// The key of its queue.
    pub queue: String,
    /// All who could have been given it, in the order of choice: the first is given it.
    pub candidates: Vec<Candidate>,
}

impl Gift {
    /// Who is given it.
    pub fn to(&self) -> Option<AgentId> {
        self.candidates.first().map(|candidate| candidate.agent)
    }
}

/// Shares out what waits: the highest level first, in all queues; within a level the queues take turns, each
/// in its own order. A ticket goes to whoever is there, belongs to the queue, has all the skills and room:
/// of those to who has least; of those to who was given one longest ago; and of those to the lowest id. What
/// nobody can be given waits, and keeps nothing else waiting.
pub fn share_out(lines: &[Line], hands: &mut [Hand], now: Instant) -> Vec<Gift> {
    let mut gifts = Vec::new();
    for (line, waiting) in in_turn(lines) {
        let candidates = candidates(hands, line, waiting);
        let gift = Gift { ticket: waiting.ticket, queue: line.queue.clone(), candidates };
        let Some(to) = gift.to() else { continue };
        if let Some(hand) = hands.iter_mut().find(|hand| hand.agent == to) {
            hand.load += 1;
            hand.given_at = Some(now);
        }
        gifts.push(gift);
    }
    gifts
}

/// What waits in all queues, in the order in which it is given.
fn in_turn(lines: &[Line]) -> Vec<(&Line, &Waiting)> {
    let mut turns: BTreeMap<(u8, usize, usize), (&Line, &Waiting)> = BTreeMap::new();
    for (place, line) in lines.iter().enumerate() {
        let mut before: BTreeMap<u8, usize> = BTreeMap::new();
        for waiting in &line.waiting {
            let turn = before.entry(waiting.level).or_default();
            turns.insert((u8::MAX - waiting.level, *turn, place), (line, waiting));
            *turn += 1;
        }
    }
    turns.into_values().collect()
}

/// Who could be given a ticket, in the order of choice.
fn candidates(hands: &[Hand], line: &Line, waiting: &Waiting) -> Vec<Candidate> {
    let suits = |hand: &&Hand| {
        hand.is_free()
            && line.is_for(hand.agent)
            && hand.can(&waiting.needs)
            && !waiting.passed.contains(&hand.agent)
    };
    let candidate =
        |hand: &Hand| Candidate { agent: hand.agent, load: hand.load, given_at: hand.given_at };
    let mut candidates: Vec<Candidate> = hands.iter().filter(suits).map(candidate).collect();
    candidates.sort_by_key(|it| (it.load, it.given_at, it.agent));
    candidates
}

#[cfg(test)]
mod spec;

//! One ticket's life, told in advance: who does what, and when.

use docket_commands::NewTicket;
use docket_domain::instant::Instant;
use docket_domain::party::Channel;
use docket_domain::ticket::command::TicketCommand;

use crate::demo::calendar::{DAY, date};
use crate::demo::dice::Dice;
use crate::demo::people::{Colleague, Guest, somebody};
use crate::demo::tale::Tale;
use crate::demo::topics::{TOPICS, Topic};
use crate::demo::words::{Matter, matter};

/// One thing that happens.
#[derive(Debug)]
pub struct Moment {
    /// When.
    pub at: Instant,
    /// In which story.
    pub story: usize,
    /// Who does it.
    pub by: By,
    /// What.
    pub act: Act,
}

/// Who does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The agent of this place in the list.
    Agent(usize),
    /// Whoever asked.
    Customer,
    /// Docket.
    Timer,
}

/// What happens.
#[derive(Debug)]
pub enum Act {
    /// The ticket is opened.
    Open(Box<NewTicket>),
    /// The customer writes.
    Write(String, Channel),
    /// Something that needs nothing but the ticket.
    Do(Box<TicketCommand>),
    /// The last promise is kept, or it is not.
    Settle {
        /// Whether it is kept.
        kept: bool,
    },
    /// A snooze ends, unless it has ended already.
    Wake,
    /// It turns out to repeat the ticket of another story.
    Merge {
        /// That story.
        into: usize,
    },
}

/// A story that another may turn out to repeat.
#[derive(Clone, Debug)]
struct Remembered {
    story: usize,
    guest: usize,
    topic: &'static Topic,
    matter: Matter,
    open_until: Instant,
}

/// Tells stories.
pub struct Teller<'a> {
    seed: u64,
    colleagues: &'a [Colleague],
    guests: &'a [Guest],
    lately: Vec<Remembered>,
}

impl<'a> Teller<'a> {
    /// Tells of these people.
    pub fn new(seed: u64, colleagues: &'a [Colleague], guests: &'a [Guest]) -> Self {
        Self { seed, colleagues, guests, lately: Vec::new() }
    }

    /// The story of the ticket that comes in at `at`: its moments in order.
    pub fn tell(&mut self, story: usize, at: Instant) -> Vec<Moment> {
        let mut dice = Dice::new(self.seed, story as u64 + 1);
        self.lately.retain(|other| other.open_until.millis() > at.millis());
        let repeats = dice.chance(4).then(|| dice.below(self.lately.len()));
        if let Some(other) = repeats.and_then(|index| self.lately.get(index)).cloned() {
            let mut tale = self.tale(dice, (story, at), other.guest, other.topic, other.matter);
            tale.open();
            tale.repeat(other.story, other.open_until);
            return tale.moments;
        }
        let topic = &TOPICS[dice.weighted(&TOPICS.iter().map(|t| t.weight).collect::<Vec<_>>())];
        let bought = at.plus_millis(-DAY * dice.between(0, 9));
        let matter = matter(&mut dice, date(bought));
        let guest = somebody(&mut dice, self.guests.len());
        let mut tale = self.tale(dice, (story, at), guest, topic, matter);
        tale.open();
        tale.go_on();
        if let Some(open_until) = tale.closes.filter(|end| end.millis() - at.millis() > DAY) {
            let matter = tale.matter.clone();
            self.lately.push(Remembered { story, guest, topic, matter, open_until });
        }
        tale.moments
    }

    fn tale(
        &self,
        dice: Dice,
        (story, at): (usize, Instant),
        guest: usize,
        topic: &'static Topic,
        matter: Matter,
    ) -> Tale<'a> {
        Tale::new(dice, (story, at), (self.colleagues, &self.guests[guest]), topic, matter)
    }
}

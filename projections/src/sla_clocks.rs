//! How was what was promised kept? One row for each instance of a clock (S-73, S-95).
//!
//! A row says what it says for good once its verdict fell: with the queue, the owner, the priority and
//! the type that the ticket had at that instant, whatever becomes of it later. While a clock runs, its
//! verdict is known to fall at its deadline unless something happens before; whoever reads compares
//! that with now. So the table is a function of the log, and needs nobody to tell it the time.

pub mod cell;
mod list;
pub mod report;
mod row;

use std::collections::BTreeMap;
use std::sync::Arc;

use docket_domain::sla::clock::{Clock, EDITION};
use uuid::Uuid;

pub use self::list::{Rows, due_next, page, running};
pub use self::row::ClockRow;
use self::row::Traits;
use crate::clocks::Clocks;
use crate::plans::Plans;
use crate::recorded::{Recorded, id_of};
use crate::view::{Key, Schema, View};

/// The view.
pub struct SlaClocks;

/// A ticket's clocks, and what it was when; likewise of those that merges tie to it, since a clock that a
/// merge brought was theirs until then.
#[derive(Default)]
pub struct Promised {
    clocks: Clocks,
    ticket: Option<Uuid>,
    traits: BTreeMap<Uuid, Vec<Traits>>,
}

impl View for SlaClocks {
    const NAME: &'static str = "sla_clocks";
    const VERSION: u32 = 5 + EDITION;
    const CATEGORY: &'static str = "ticket";
    const NEEDS_TEXT: bool = false;
    const FOLLOWS_MERGES: bool = true;
    const SCHEMA: Schema = Schema {
        sqlite: include_str!("../../migrations/views/sqlite/0009_sla_clocks.sql"),
        postgres: include_str!("../../migrations/views/postgres/0009_sla_clocks.sql"),
    };
    type State = Promised;
    type Row = ClockRow;

    fn start(plans: &Arc<Plans>) -> Promised {
        Promised { clocks: Clocks::new(plans), ..Promised::default() }
    }

    fn evolve(promised: &mut Promised, event: &Recorded) {
        promised.clocks.evolve(event);
        promised.ticket.get_or_insert_with(|| id_of(&event.stream));
        promised.know(event);
    }

    fn evolve_tied(promised: &mut Promised, event: &Recorded) {
        promised.clocks.evolve_tied(event);
        promised.know(event);
    }

    fn rows(promised: &Promised) -> Vec<(Key, ClockRow)> {
        let keyed = |row: ClockRow| (format!("{}-{:04}", row.clock.word(), row.instance), row);
        promised.told().map(|(_, row)| keyed(row)).collect()
    }
}

impl Promised {
    /// Each of its clocks with its row.
    pub fn told(&self) -> impl Iterator<Item = (&Clock, ClockRow)> {
        let clocks = self.clocks.all().iter();
        let own = self.ticket.and_then(|ticket| self.traits.get(&ticket));
        clocks.filter_map(move |clock| Some((clock, ClockRow::of(clock, own?, &self.traits)?)))
    }

    fn know(&mut self, event: &Recorded) {
        Traits::evolve(self.traits.entry(id_of(&event.stream)).or_default(), event);
    }
}

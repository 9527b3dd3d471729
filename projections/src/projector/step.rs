//! One view's fold over more events. A view that panics stands still for its stream and harms nobody else.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::recorded::Recorded;
use crate::view::{Contribution, Difference, Folding};

/// Why a view stands still for a stream that it panicked over.
pub(super) const PANICKED: &str = "the view panicked";

/// What more events change, and what the stream's rows weigh after them.
pub(super) fn step(
    fold: &mut dyn Folding,
    events: &[Recorded],
) -> Result<(Difference, u64), String> {
    let before = before(fold, events)?;
    feed(fold, events)?;
    let after = contribution(fold)?;
    let weight = after.weight();
    Ok((before.difference(after), weight))
}

/// What a stream contributed before these events.
pub(super) fn before(fold: &dyn Folding, events: &[Recorded]) -> Result<Contribution, String> {
    let is_new = events.first().is_some_and(|event| event.version == 1);
    if is_new { Ok(Contribution::default()) } else { contribution(fold) }
}

/// Takes in events; of no use any more where that fails.
pub(super) fn feed(fold: &mut dyn Folding, events: &[Recorded]) -> Result<(), String> {
    let fed = catch_unwind(AssertUnwindSafe(|| events.iter().for_each(|event| fold.evolve(event))));
    fed.map_err(|_| PANICKED.to_owned())
}

fn contribution(fold: &dyn Folding) -> Result<Contribution, String> {
    let folded = catch_unwind(AssertUnwindSafe(|| fold.contribution()));
    let folded = folded.map_err(|_| PANICKED.to_owned())?;
    folded.map_err(|_| "a row cannot be written as JSON".to_owned())
}

//! Where the blocks lie that the end of a snooze is rounded to (S-42).
//!
//! Blocks count from local midnight on the wall clock, and each day begins a new one, so that a
//! block of seven minutes has the same boundaries every day. Where the clock is moved, a block ends
//! as soon as the wall clock shows a time outside it: in a gap that swallows its end it ends at the
//! gap, in an overlap that repeats its middle it lasts longer. Time itself is never repeated.

use crate::definition::ZoneOffsets;
use crate::instant::Instant;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The end of the block `[start, end)` that holds `at`: the first later moment outside it.
pub(super) fn end_of_block(at: Instant, block_ms: i64, zone: Option<&ZoneOffsets>) -> Instant {
    let local =
        |at: Instant| at.plus_millis(zone.map_or(0, |zone| i64::from(zone.at(at)) * 1000)).0;
    let midnight = local(at) - local(at).rem_euclid(DAY_MS);
    let start = midnight + (local(at) - midnight) / block_ms * block_ms;
    let end = (start + block_ms).min(midnight + DAY_MS);
    let mut from = at;
    loop {
        let until = from.plus_millis(end - local(from));
        match zone.and_then(|zone| zone.next_change(from)).filter(|change| *change < until) {
            None => return until,
            Some(change) if !(start..end).contains(&local(change)) => return change,
            Some(change) => from = change,
        }
    }
}

/// The first block boundary that is not before `at`: `at` itself, where a block begins there.
pub(super) fn nearest_boundary(at: Instant, block_ms: i64, zone: Option<&ZoneOffsets>) -> Instant {
    end_of_block(at.plus_millis(-1), block_ms, zone)
}

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
        match zone.and_then(|zone| zone.next_change(from)).filter(|change| *change <= until) {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE_MS: i64 = 60_000;

    /// Warsaw in 2026: an hour ahead, two from the end of March to the end of October.
    fn warsaw() -> ZoneOffsets {
        let at = |text: &str| text.parse::<Instant>().unwrap().0;
        let (spring, autumn) = (at("2026-03-29T01:00:00Z"), at("2026-10-25T01:00:00Z"));
        let offsets = vec![(0, 3600), (spring, 7200), (autumn, 3600)];
        ZoneOffsets { tzdb: "2026a".into(), offsets }
    }

    fn ends(at: &str, minutes: i64) -> String {
        end_of_block(at.parse().unwrap(), minutes * MINUTE_MS, Some(&warsaw())).to_string()
    }

    #[test]
    fn a_block_ends_where_the_next_begins() {
        assert_eq!(ends("2026-03-02T14:00:00Z", 15), "2026-03-02T14:15:00.000Z");
        assert_eq!(ends("2026-03-02T13:50:00Z", 15), "2026-03-02T14:00:00.000Z");
        assert_eq!(ends("2026-03-02T13:59:59.999Z", 15), "2026-03-02T14:00:00.000Z");
    }

    #[test]
    fn blocks_count_from_local_midnight_and_every_day_anew() {
        assert_eq!(ends("2026-03-02T10:00:00Z", 8 * 60), "2026-03-02T15:00:00.000Z");
        assert_eq!(ends("2026-03-02T22:30:00Z", 7 * 60), "2026-03-02T23:00:00.000Z");
    }

    #[test]
    fn where_the_clock_is_moved_a_block_ends_when_the_wall_clock_has_left_it() {
        // The block 00:00–02:00 of the local night ends where the clock jumps from 02:00 to 03:00.
        assert_eq!(ends("2026-03-28T23:30:00Z", 120), "2026-03-29T01:00:00.000Z");
        // The block 02:00–04:00 of the autumn night lasts three hours.
        assert_eq!(ends("2026-10-25T00:30:00Z", 120), "2026-10-25T03:00:00.000Z");
        // The block 02:45–03:00 ends where the clock is set back to 02:00.
        assert_eq!(ends("2026-10-25T00:50:00Z", 15), "2026-10-25T01:00:00.000Z");
    }

    #[test]
    fn a_block_that_is_set_back_to_its_beginning_as_it_ends_lasts_twice() {
        // Where the clock goes back from midnight to eleven: the day has not ended yet.
        let midnight = "2026-03-22T03:00:00Z".parse::<Instant>().unwrap();
        let offsets = vec![(0, -3 * 3600), (midnight.0, -4 * 3600)];
        let zone = ZoneOffsets { tzdb: "2026a".into(), offsets };
        let ends = |minutes| {
            let at = midnight.plus_millis(-30 * MINUTE_MS);
            end_of_block(at, minutes * MINUTE_MS, Some(&zone)).to_string()
        };
        assert_eq!(ends(15), "2026-03-22T02:45:00.000Z");
        assert_eq!(ends(60), "2026-03-22T04:00:00.000Z");
        assert_eq!(ends(24 * 60), "2026-03-22T04:00:00.000Z");
    }

    #[test]
    fn the_nearest_boundary_is_never_before_the_time_asked_for() {
        let nearest = |at: &str| {
            nearest_boundary(at.parse().unwrap(), 15 * MINUTE_MS, Some(&warsaw())).to_string()
        };
        assert_eq!(nearest("2026-03-02T14:00:00Z"), "2026-03-02T14:00:00.000Z");
        assert_eq!(nearest("2026-03-02T14:00:00.001Z"), "2026-03-02T14:15:00.000Z");
        assert_eq!(nearest("2026-03-02T13:50:00Z"), "2026-03-02T14:00:00.000Z");
    }

    /// Walks minute by minute until the wall clock shows another block.
    fn slowly(at: Instant, block_ms: i64, zone: &ZoneOffsets) -> Instant {
        let block = |at: Instant| {
            let local = at.0 + i64::from(zone.at(at)) * 1000;
            (local.div_euclid(DAY_MS), local.rem_euclid(DAY_MS) / block_ms)
        };
        let whole = Instant(at.0 - at.0.rem_euclid(MINUTE_MS));
        let mut later = (1..).map(|minutes| whole.plus_millis(minutes * MINUTE_MS));
        later.find(|later| block(*later) != block(at)).unwrap()
    }

    proptest! {
        #[test]
        fn the_end_of_a_block_is_what_a_slow_walk_finds(
            at in 1_767_225_600_000_i64..1_798_761_600_000,
            block in prop::sample::select(vec![1_i64, 5, 7, 15, 20, 30, 45, 60, 90, 120, 480, 1440]),
            changes in prop::collection::vec((1_i64..4000, -56_i32..56), 0..6),
            first in -48_i32..56,
        ) {
            // Changes close to the moment asked for, a few minutes to three days apart.
            let mut from = at - at.rem_euclid(MINUTE_MS) - 2000 * MINUTE_MS;
            let mut offsets = vec![(0, first * 900)];
            for (minutes, quarters) in changes {
                from += minutes * MINUTE_MS;
                offsets.push((from, quarters * 900));
            }
            let zone = ZoneOffsets { tzdb: "made up".into(), offsets };
            let found = end_of_block(Instant(at), block * MINUTE_MS, Some(&zone));
            prop_assert_eq!(found, slowly(Instant(at), block * MINUTE_MS, &zone));
        }
    }
}

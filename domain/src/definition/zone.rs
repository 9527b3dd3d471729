//! A time zone as data, so that no later release of the time-zone database changes a past result.

use serde::{Deserialize, Serialize};

use crate::instant::Instant;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A zone's offsets from UTC, frozen when the document that names it was published, so that what
/// was computed stays recomputable whatever a later time-zone release says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneOffsets {
    /// The time-zone database release they come from, such as `2026b`.
    pub tzdb: String,
    /// From which millisecond (UTC) on, which offset in seconds east of UTC holds; ascending, the
    /// first from the beginning of 1990.
    pub offsets: Vec<(i64, i32)>,
}

impl ZoneOffsets {
    /// The offset, in seconds east of UTC, that holds at `at`. Before the first, the first holds.
    pub fn at(&self, at: Instant) -> i32 {
        let after = self.offsets.partition_point(|(from, _)| *from <= at.0);
        self.offsets.get(after.saturating_sub(1)).map_or(0, |(_, offset)| *offset)
    }

    /// Whether there are offsets, one after the other.
    pub fn is_ordered(&self) -> bool {
        !self.offsets.is_empty() && self.offsets.is_sorted_by(|(a, _), (b, _)| a < b)
    }

    /// The first moment after `at` from which another offset holds, if one is known.
    pub fn next_change(&self, at: Instant) -> Option<Instant> {
        let after = self.offsets.partition_point(|(from, _)| *from <= at.0);
        // The first entry begins the record and changes nothing.
        self.offsets.get(after.max(1)).map(|(from, _)| Instant(*from))
    }

    /// The moment at which the wall clock shows `local_ms`, in milliseconds since 1970 as if it were
    /// UTC. A time that a gap skips is moved forward by the gap; of one that an overlap repeats it is
    /// the first.
    pub fn instant_of(&self, local_ms: i64) -> Instant {
        let offset = |index: usize| self.offsets.get(index).map_or(0, |it| i64::from(it.1) * 1000);
        // No offset is a day or more, so nothing before this one can be in question.
        let after = self.offsets.partition_point(|(from, _)| *from <= local_ms - DAY_MS);
        let mut index = after.saturating_sub(1);
        while let Some((until, _)) = self.offsets.get(index + 1) {
            if local_ms - offset(index) < *until {
                break;
            }
            index += 1;
        }
        let begins = self.offsets.get(index).map_or(i64::MIN, |(from, _)| *from);
        let skipped = index > 0 && local_ms - offset(index) < begins;
        Instant(local_ms - offset(if skipped { index - 1 } else { index }))
    }
}

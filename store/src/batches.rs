//! How much is read at once: many events where they are small, few where each holds a long text, so
//! that what a read holds in memory is bounded whatever the log holds.

use crate::StoredEvent;

/// After so many bytes a page of events ends, always behind a whole event: about what its answer
/// has in memory.
pub const PAGE_BYTES: usize = 4 << 20;

/// The first read, whose events' size nobody knows yet. Most tickets have fewer events.
const FIRST: usize = 64;

/// The sizes of the reads that one answer takes, or one task that follows the log.
#[derive(Clone, Copy, Debug)]
pub struct Batches {
    next: usize,
    largest: usize,
    aim: usize,
}

/// What reading one stream takes: a megabyte, or a thousand events.
impl Default for Batches {
    fn default() -> Self {
        Self::up_to(1_000, 1 << 20)
    }
}

impl Batches {
    /// Reads of at most `largest` events, which should bring about `aim` bytes.
    pub fn up_to(largest: usize, aim: usize) -> Self {
        Self { next: FIRST.min(largest), largest, aim }
    }

    /// How many events the next read asks for.
    pub fn next(self) -> usize {
        self.next
    }

    /// Learns from what a read brought.
    pub fn learn(&mut self, events: &[StoredEvent]) {
        self.learn_of(events.len(), events.iter().map(bytes).sum());
    }

    /// The same, where only the number and the size of what was read are known.
    pub fn learn_of(&mut self, count: usize, bytes: usize) {
        if let Some(average) = bytes.checked_div(count) {
            let fitting = self.aim / average.max(1);
            self.next = fitting.clamp(1, self.largest.min(self.next * 4));
        }
    }
}

/// What an event takes in memory, about.
pub fn bytes(event: &StoredEvent) -> usize {
    let sealed = event.sealed.as_ref().map_or(0, String::len);
    event.payload.len() + event.envelope.len() + sealed
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn event(bytes: usize) -> StoredEvent {
        StoredEvent {
            position: 1,
            stream: String::new(),
            version: 1,
            event_id: Uuid::nil(),
            event_type: String::new(),
            schema: 1,
            occurred_at: 0,
            recorded_at: 0,
            envelope: String::new(),
            payload: "x".repeat(bytes),
            sealed: None,
        }
    }

    #[test]
    fn reads_grow_over_small_events_and_shrink_to_one_over_large_ones() {
        let mut batches = Batches::default();
        let mut sizes = vec![batches.next()];
        for size in [100, 100, 100, 100_000, 5_000_000, 5_000_000, 100] {
            batches.learn(&[event(size)]);
            sizes.push(batches.next());
        }
        assert_eq!(sizes, [64, 256, 1_000, 1_000, 10, 1, 1, 4]);
        batches.learn(&[]);
        assert_eq!(batches.next(), 4, "nothing read teaches nothing");
    }
}

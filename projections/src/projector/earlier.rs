//! What came before a batch in the streams that it touches.

use std::collections::HashMap;

use docket_store::Version;
use futures::{StreamExt, stream};

use super::{Folds, Projector, step};
use crate::recorded::{Moment, ReadError, Recorded};
use crate::whole::is_tie;

/// How many streams are read side by side: most of what a reading takes is waiting for the database,
/// and all that is read is in memory until it is folded.
pub(super) const TOGETHER: usize = 8;

/// The earlier events of a stream, or why they could not be read.
pub(super) type Read = Result<Vec<Recorded>, ReadError>;

impl Projector {
    /// What came before these events in the streams whose states are not kept.
    pub(super) async fn earlier(
        &self,
        streams: &[(String, Vec<Recorded>)],
    ) -> HashMap<String, Read> {
        let first = |events: &[Recorded]| events.first().map_or(1, |first| first.version);
        let needed = streams.iter().map(|(stream, events)| (stream, first(events)));
        let needed = needed.filter(|(stream, version)| {
            *version > 1 && !self.keeps(stream, *version) && !self.is_parked_everywhere(stream)
        });
        let readings = needed.map(|(stream, version)| async move {
            (stream.clone(), self.read_before(stream, version).await)
        });
        // Collected first: the compiler cannot tell that what the closure borrows lives long enough.
        let readings: Vec<_> = readings.collect();
        stream::iter(readings).buffer_unordered(TOGETHER).collect().await
    }

    /// Whether the states just before a version are at hand.
    fn keeps(&self, stream: &str, version: Version) -> bool {
        self.kept.peek(stream).is_some_and(|folds| folds.version + 1 == version)
    }

    /// A stream's states just before `version`: as they are kept, or folded from what was read.
    pub(super) async fn folds_before(
        &mut self,
        stream: &str,
        version: Version,
        read: Option<Read>,
    ) -> Result<Folds, ReadError> {
        let kept = self.kept.remove(stream).map(|(_, folds)| folds);
        if let Some(folds) = kept.filter(|folds| folds.version + 1 == version) {
            return Ok(folds);
        }
        let events = match read {
            Some(read) => read?,
            None => self.read_before(stream, version).await?,
        };
        let mut folds = self.fresh(stream);
        self.reader.plans.learn(&self.reader, &events).await?;
        folds.tied = events.iter().any(is_tie);
        for ((view, _), slot) in self.targets.iter().zip(&mut folds.folds) {
            let is_parked = self.parked.contains(&(view.name, stream.to_owned()));
            let Some(Some(fold)) = slot.as_mut().filter(|_| !is_parked) else { continue };
            if step::feed(fold.as_mut(), &events).is_err() {
                *slot = Some(None);
            }
        }
        Ok(folds)
    }

    async fn read_before(&self, stream: &str, version: Version) -> Read {
        match version.saturating_sub(1) {
            0 => Ok(Vec::new()),
            last => self.reader.stream(stream, Moment::Version(last)).await,
        }
    }
}

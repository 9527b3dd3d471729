//! Folding a stream anew: because text was erased, or because it was parked.

use std::collections::BTreeMap;

use docket_store::Position;

use super::{Projector, evolve, poison};
use crate::documents::{Change, Parked};
use crate::recorded::{Moment, ReadError, Recorded};
use crate::view::Contribution;

impl Projector {
    /// Folds a stream anew, up to a position, to take the place of all that it has in the tables;
    /// its sums stay, since they do not depend on what changed: the text. What cannot be folded loses
    /// its rows until it can: they would go on showing what was erased.
    pub async fn refold(
        &mut self,
        stream: &str,
        until: Position,
    ) -> Result<Vec<Change>, ReadError> {
        self.forget(stream);
        let events = match self.reader.stream(stream, Moment::Now).await {
            Err(error) if poison::is_poison(&error) => Vec::new(),
            events => events?,
        };
        self.reader.plans.learn(&self.reader, &events).await?;
        let events: Vec<Recorded> = events.into_iter().filter(|e| e.position <= until).collect();
        let mut folds = self.fresh(stream);
        let mut changes = Vec::new();
        for ((view, table), fold) in self.targets.iter().zip(&mut folds.folds) {
            let Some(fold) = fold else { continue };
            let parked = self.parked.contains(&(view.name, stream.to_owned()));
            let events = if parked { &[] } else { events.as_slice() };
            let after = evolve(fold.as_mut(), events).unwrap_or_default();
            let mut difference = Contribution::default().difference(after);
            difference.add = BTreeMap::new();
            changes.push(Change {
                table: table.name.clone(),
                stream: stream.into(),
                replace: true,
                difference,
            });
        }
        Ok(changes)
    }

    /// Folds a parked stream again for a view, up to a position; it is not parked any more when this
    /// succeeds. What it added to sums was that of its events before the one that broke it.
    pub async fn retry(
        &mut self,
        view: &str,
        parked: &Parked,
        until: Position,
    ) -> Result<Option<Change>, ReadError> {
        let events = self.reader.stream(&parked.stream, Moment::Now).await?;
        self.reader.plans.learn(&self.reader, &events).await?;
        let upto = |position| events.partition_point(|event| event.position <= position);
        let Some((view, table)) = self.targets.iter().find(|(target, _)| target.name == view)
        else {
            return Ok(None);
        };
        let good = upto((parked.position as Position).saturating_sub(1));
        let start = || (view.start)(&self.reader.plans);
        let before = evolve(start().as_mut(), &events[..good]);
        let after = evolve(start().as_mut(), &events[..upto(until)]);
        let (Ok(before), Ok(after)) = (before, after) else { return Ok(None) };
        let before = Contribution { rows: BTreeMap::new(), ..before };
        let change = Change {
            table: table.name.clone(),
            stream: parked.stream.as_str().into(),
            replace: true,
            difference: before.difference(after),
        };
        self.parked.remove(&(view.name, parked.stream.clone()));
        self.forget(&parked.stream);
        Ok(Some(change))
    }
}

//! Folding a stream anew: because text was erased, because it was parked, or because merges tie it to
//! others.

use std::collections::BTreeMap;
use std::sync::Arc;

use docket_store::Position;

use super::step::before;
use super::{Projector, poison};
use crate::documents::{Change, Parked};
use crate::plans::Plans;
use crate::recorded::{Moment, ReadError, Recorded};
use crate::view::{Contribution, Difference, Folding, Registered};
use crate::whole::Whole;

/// One view's fold of a stream that is tied to others, made anew as a whole after these events: what it
/// shows in place of all that it showed, and what that weighs.
pub(super) fn step(
    view: &Registered,
    plans: &Arc<Plans>,
    fold: &mut Box<dyn Folding>,
    (events, whole): (&[Recorded], &Whole<'_>),
) -> Result<(Difference, u64), String> {
    let before = before(fold.as_ref(), events)?;
    let before = Contribution { rows: BTreeMap::new(), ..before };
    let (fresh, after) = whole.fold(view, plans)?;
    *fold = fresh;
    let weight = after.weight();
    Ok((before.difference(after), weight))
}

impl Projector {
    /// All events of a stream that merges tie to others, up to the last of a batch's; none where no
    /// view asks what those say.
    pub(super) async fn own_events(
        &self,
        last: &Recorded,
    ) -> Result<Option<Vec<Recorded>>, ReadError> {
        if !self.targets.iter().any(|(view, _)| view.follows_merges) {
            return Ok(None);
        }
        self.reader.stream(&last.stream, Moment::Version(last.version)).await.map(Some)
    }

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
        let events: Vec<Recorded> = events.into_iter().filter(|e| e.position <= until).collect();
        let whole = Whole::of(&self.reader, &events).await?;
        let mut changes = Vec::new();
        for (view, table) in &self.targets {
            if super::category(stream) != view.category {
                continue;
            }
            let parked = self.parked.contains(&(view.name, stream.to_owned()));
            let folded = whole.fold(view, &self.reader.plans).ok().filter(|_| !parked);
            let after = folded.map(|(_, after)| after).unwrap_or_default();
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

    /// Folds a parked stream again for a view, up to a position; none where it still cannot be. It is parked
    /// until that is written, and [`unpark`](Self::unpark) says so. What it added to sums was that of its events before the one that broke it.
    pub async fn retry(
        &self,
        view: &str,
        parked: &Parked,
        until: Position,
    ) -> Result<Option<Change>, ReadError> {
        let events = self.reader.stream(&parked.stream, Moment::Now).await?;
        let upto = |position| events.partition_point(|event| event.position <= position);
        let Some((view, table)) = self.targets.iter().find(|(target, _)| target.name == view)
        else {
            return Ok(None);
        };
        let good = upto((parked.position as Position).saturating_sub(1));
        let plans = &self.reader.plans;
        let before = Whole::of(&self.reader, &events[..good]).await?.fold(view, plans);
        let after = Whole::of(&self.reader, &events[..upto(until)]).await?.fold(view, plans);
        let (Ok((_, before)), Ok((_, after))) = (before, after) else { return Ok(None) };
        let before = Contribution { rows: BTreeMap::new(), ..before };
        Ok(Some(Change {
            table: table.name.clone(),
            stream: parked.stream.as_str().into(),
            replace: true,
            difference: before.difference(after),
        }))
    }
}

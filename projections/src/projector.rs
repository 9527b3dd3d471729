//! From a batch of events to what it changes in tables.
//!
//! Every stream that the batch touches is folded for every view of its category: what it contributed
//! before and after are compared, and the difference is what is written. States are kept in a bounded
//! cache; one that is not there is folded again from its stream, which is short.

mod again;
mod earlier;
mod parking;
pub(crate) mod poison;
mod step;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use docket_store::{StoredEvent, Version};
use quick_cache::Weighter;
use quick_cache::unsync::Cache;

use self::earlier::Read;
pub(crate) use self::parking::park;
use crate::documents::{Change, Parked, Table};
use crate::recorded::{ReadError, Reader, Recorded};
use crate::view::{Folding, Registered};
use crate::whole::{Whole, is_tie};

/// How many streams' states are kept at most, and how many bytes their rows may weigh together.
const KEPT_STREAMS: usize = 20_000;
const KEPT_BYTES: u64 = 32 << 20;

/// What the folds of all views keep of an event of another ticket that merges tie to a stream.
const TIED_BYTES: u64 = 1024;

/// Folds batches for some views into their tables.
pub(crate) struct Projector {
    reader: Reader,
    targets: Vec<(Registered, Table)>,
    kept: Cache<Arc<str>, Folds, ByRows>,
    parked: HashSet<(&'static str, String)>,
    /// Counts batches in which tickets were merged, or merges undone.
    ties: u64,
}

/// One stream's folds, in the order of the targets; none where the view is of another category.
pub(crate) struct Folds {
    version: Version,
    folds: Vec<Option<Fold>>,
    weight: u64,
    /// What the folds hold of tickets that merges tie to it, about, in bytes.
    tied_weight: u64,
    /// Whether merges tie the stream to others.
    tied: bool,
    /// What [`Projector::ties`] was when the folds took in what those say.
    whole_at: Option<u64>,
}

/// One stream, being folded for one view; nothing where the view panicked over what came before.
type Fold = Option<Box<dyn Folding>>;

#[derive(Clone)]
struct ByRows;

impl Weighter<Arc<str>, Folds> for ByRows {
    fn weight(&self, stream: &Arc<str>, folds: &Folds) -> u64 {
        256 + stream.len() as u64 + folds.weight + folds.tied_weight
    }
}

/// What a batch comes to.
#[derive(Default)]
pub(crate) struct Projected {
    /// What changes in tables.
    pub changes: Vec<Change>,
    /// What cannot be folded, with the table in which it goes stale.
    pub parked: Vec<(Parked, Option<Arc<str>>)>,
    /// States to be kept once the changes are written.
    folds: Vec<(Arc<str>, Folds)>,
}

impl Projector {
    /// A projector into these tables.
    pub fn new(reader: Reader, targets: Vec<(Registered, Table)>, parked: &[Parked]) -> Self {
        let is_target = |name: &str| targets.iter().find(|(view, _)| view.name == name);
        let parked = parked
            .iter()
            .filter_map(|row| Some((is_target(&row.view)?.0.name, row.stream.clone())))
            .collect();
        let kept = Cache::with_weighter(KEPT_STREAMS, KEPT_BYTES, ByRows);
        Self { reader, targets, kept, parked, ties: 0 }
    }

    /// The tables that are written, by view.
    pub fn targets(&self) -> &[(Registered, Table)] {
        &self.targets
    }

    /// Folds a batch. Nothing is remembered of it before [`keep`](Self::keep).
    ///
    /// # Errors
    /// Only where the store cannot be read; what cannot be understood is parked.
    pub async fn project(&mut self, mut batch: Vec<StoredEvent>) -> Result<Projected, ReadError> {
        let mut projected = Projected::default();
        batch.retain(|event| self.is_concerned(&event.stream));
        let (streams, poison) = poison::open(&self.reader, &batch).await?;
        for (_, events) in &streams {
            self.reader.plans.learn(&self.reader, events).await?;
        }
        self.ties += u64::from(streams.iter().any(|(_, events)| events.iter().any(is_tie)));
        let mut streams = streams.into_iter();
        loop {
            let some: Vec<_> = streams.by_ref().take(earlier::TOGETHER).collect();
            if some.is_empty() {
                break;
            }
            let mut earlier = self.earlier(&some).await;
            for (stream, events) in some {
                let before = earlier.remove(&stream);
                self.project_stream(stream.into(), before, &events, &mut projected).await?;
            }
        }
        for broken in poison {
            self.park_everywhere(&broken, &mut projected);
        }
        Ok(projected)
    }

    /// Remembers the states behind a batch that was written.
    pub fn keep(&mut self, projected: Projected) {
        self.parks(&projected.parked);
        for (stream, folds) in projected.folds {
            self.kept.insert(stream, folds);
        }
    }

    /// Forgets a stream's states.
    pub fn forget(&mut self, stream: &str) {
        self.kept.remove(stream);
    }

    /// Writes into other tables from now on; the states hold.
    pub fn retarget(&mut self, built: &[(Registered, Table)]) {
        for (view, table) in built {
            match self.targets.iter_mut().find(|(target, _)| target.name == view.name) {
                Some(target) => *target = (*view, table.clone()),
                None => {
                    self.targets.push((*view, table.clone()));
                    self.kept.clear();
                }
            }
            self.parked.retain(|(parked, _)| *parked != view.name);
        }
    }

    fn is_concerned(&self, stream: &str) -> bool {
        self.targets.iter().any(|(view, _)| category(stream) == view.category)
    }

    fn fresh(&self, stream: &str) -> Folds {
        let of = |view: &Registered| {
            (category(stream) == view.category).then(|| Some((view.start)(&self.reader.plans)))
        };
        let folds = self.targets.iter().map(|(view, _)| of(view)).collect();
        Folds { version: 0, folds, weight: 0, tied_weight: 0, tied: false, whole_at: None }
    }

    async fn project_stream(
        &mut self,
        stream: Arc<str>,
        before: Option<Read>,
        events: &[Recorded],
        projected: &mut Projected,
    ) -> Result<(), ReadError> {
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(()) };
        if self.is_parked_everywhere(&stream) {
            return Ok(());
        }
        let mut folds = match self.folds_before(&stream, first.version, before).await {
            Ok(folds) => folds,
            Err(error) if poison::is_poison(&error) => {
                let (stream, position) = (stream.to_string(), first.position);
                let broken = poison::Broken { stream, position, reason: error.to_string() };
                self.park_everywhere(&broken, projected);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        folds.version = last.version;
        folds.weight = 0;
        folds.tied |= events.iter().any(is_tie);
        // Where nobody was merged since, nothing that was said elsewhere matters.
        let own = match folds.tied && folds.whole_at != Some(self.ties) {
            true => self.own_events(last).await?,
            false => None,
        };
        folds.whole_at = Some(self.ties);
        let whole = match &own {
            Some(own) => Some(Whole::of(&self.reader, own).await?),
            None => None,
        };
        if let Some(whole) = &whole {
            folds.tied_weight = whole.tied_events() as u64 * TIED_BYTES;
        }
        self.step_each(&stream, &mut folds, (events, whole.as_ref()), projected);
        projected.folds.push((stream, folds));
        Ok(())
    }

    /// Takes each view of a stream's category over these events: what that changes in its table, or why it
    /// stands still from here on.
    fn step_each(
        &self,
        stream: &Arc<str>,
        folds: &mut Folds,
        (events, whole): (&[Recorded], Option<&Whole<'_>>),
        projected: &mut Projected,
    ) {
        let position = events.first().map_or(0, |first| first.position);
        for ((view, table), fold) in self.targets.iter().zip(&mut folds.folds) {
            let Some(fold) = fold else { continue };
            if self.parked.contains(&(view.name, stream.to_string())) {
                continue;
            }
            let whole = whole.filter(|_| view.follows_merges);
            let stepped = match (fold, whole) {
                (None, _) => Err(step::PANICKED.to_owned()),
                (Some(fold), Some(whole)) => {
                    again::step(view, &self.reader.plans, fold, (events, whole))
                }
                (Some(fold), None) => step::step(fold.as_mut(), events),
            };
            match stepped {
                Ok((difference, weight)) => {
                    folds.weight += weight;
                    let (table, stream) = (table.name.clone(), Arc::clone(stream));
                    let replace = whole.is_some();
                    projected.changes.push(Change { table, stream, replace, difference });
                }
                Err(reason) => {
                    let parked = park(view, stream, position, reason);
                    projected.parked.push((parked, Some(table.name.clone())));
                }
            }
        }
    }
}

/// What stands before the first dash of a stream's name.
pub(crate) fn category(stream: &str) -> &str {
    stream.split_once('-').map_or(stream, |(category, _)| category)
}

/// Events by stream, in the order in which the streams first appear.
pub(crate) fn by_stream(events: Vec<Recorded>) -> Vec<(String, Vec<Recorded>)> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut streams: Vec<(String, Vec<Recorded>)> = Vec::new();
    for event in events {
        let place = *places.entry(event.stream.clone()).or_insert_with(|| {
            streams.push((event.stream.clone(), Vec::new()));
            streams.len() - 1
        });
        if let Some((_, events)) = streams.get_mut(place) {
            events.push(event);
        }
    }
    streams
}

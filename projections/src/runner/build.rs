//! Building tables from the whole log, beside those in use.
//!
//! Streams are read category by category, each as a whole, and folded once for all views that are
//! being built; pages are folded in parallel. Rows are loaded before there are indexes. The result
//! stands at the position that was the head when it began; what came after is folded as usual.

use std::collections::BTreeMap;
use std::sync::Arc;

use docket_store::batches::Batches;
use docket_store::{Position, Sealed, StoredEvent, Version};
use futures::{StreamExt, stream};

use super::ProjectionError;
use crate::documents::{Documents, Parked, Table};
use crate::projector::{Projector, park, poison};
use crate::recorded::{ReadError, Reader};
use crate::view::{Contribution, Key, Registered};
use crate::whole::Whole;

/// Events, and bytes, read at once.
const PAGE: usize = 4_000;
const PAGE_BYTES: usize = 8 << 20;

/// Pages folded at the same time, and as many read ahead.
const PARALLEL: usize = 2;

/// A builder that is this close to the head leaves the rest to the runner.
const CLOSE: u64 = 256;

/// Tables that hold everything up to a position.
pub(super) struct Built {
    pub tables: Vec<(Registered, Table)>,
    pub at: Position,
    pub parked: Vec<(Parked, Option<Arc<str>>)>,
}

/// What one page of whole streams puts into each table.
struct Folded {
    events: usize,
    loads: Vec<Load>,
    parked: Vec<(Parked, Option<Arc<str>>)>,
}

/// What goes into one table.
#[derive(Default)]
struct Load {
    rows: Vec<(Arc<str>, Key, String)>,
    counts: BTreeMap<Key, i64>,
}

/// Builds tables, and brings them close to the head, while others write.
pub(super) async fn beside(
    reader: &Reader,
    documents: &Arc<Documents>,
    views: &[Registered],
) -> Result<Built, ProjectionError> {
    let built = tables(reader, documents, views).await?;
    let tables = built.tables.clone();
    let mut catching_up = CatchUp::new(reader, documents, built);
    while reader.store.head() > catching_up.at + CLOSE {
        if let Err(error) = catching_up.until(reader.store.head()).await {
            discard(documents, &tables).await;
            return Err(error);
        }
    }
    Ok(Built { tables, at: catching_up.at, parked: catching_up.parked })
}

/// Builds tables that hold everything up to the head as it is now; drops them should that fail.
pub(super) async fn tables(
    reader: &Reader,
    documents: &Arc<Documents>,
    views: &[Registered],
) -> Result<Built, ProjectionError> {
    let mut tables = Vec::new();
    for view in views {
        tables.push((*view, documents.create(view).await?));
    }
    let filled = fill(reader, documents, views, tables.clone()).await;
    if filled.is_err() {
        discard(documents, &tables).await;
    }
    filled
}

/// Drops tables that will not be used after all.
pub(super) async fn discard(documents: &Documents, tables: &[(Registered, Table)]) {
    for (_, table) in tables {
        if let Err(error) = documents.discard(table).await {
            tracing::warn!(%error, "a table that was not finished stays until the next start");
        }
    }
}

async fn fill(
    reader: &Reader,
    documents: &Arc<Documents>,
    views: &[Registered],
    tables: Vec<(Registered, Table)>,
) -> Result<Built, ProjectionError> {
    let at = reader.store.head();
    let mut parked = Vec::new();
    let mut categories: Vec<&'static str> = views.iter().map(|view| view.category).collect();
    categories.sort_unstable();
    categories.dedup();
    for of in categories {
        let targets: Vec<_> =
            tables.iter().filter(|(view, _)| view.category == of).cloned().collect();
        parked.extend(load(reader, documents, of, targets.into(), at).await?);
    }
    for (view, table) in &tables {
        documents.index(view, table).await?;
    }
    // Of other categories there was nothing to be read.
    documents.bring_forward(&tables, &[], at).await?;
    Ok(Built { tables, at, parked })
}

async fn load(
    reader: &Reader,
    documents: &Documents,
    category: &'static str,
    targets: Arc<[(Registered, Table)]>,
    at: Position,
) -> Result<Vec<(Parked, Option<Arc<str>>)>, ProjectionError> {
    let with_text = targets.iter().any(|(view, _)| view.needs_text);
    let sealed = if with_text { Sealed::With } else { Sealed::Without };
    let (pages, mut read) = tokio::sync::mpsc::channel(PARALLEL);
    let reading = Pages { reader: reader.clone(), category, sealed, after: None, before: None, at };
    let reading = tokio::spawn(async move { reading.send(&pages).await });
    let folded = stream::poll_fn(move |context| read.poll_recv(context)).map(|page| {
        let (reader, targets) = (reader.clone(), targets.clone());
        tokio::spawn(async move { fold_page(&reader, &targets, &page, with_text).await })
    });
    let mut folded = folded.buffered(PARALLEL);
    let (mut parked, mut done) = (Vec::new(), 0);
    while let Some(page) = folded.next().await {
        let page = page.map_err(|_| ProjectionError::Stopped)??;
        parked.extend(page.parked);
        done += page.events as Position;
        for ((_, table), load) in targets.iter().zip(&page.loads) {
            let rows: Vec<_> =
                load.rows.iter().map(|(s, k, doc)| (&**s, k.as_str(), doc.as_str())).collect();
            documents.load(table, &rows, &load.counts, done).await?;
        }
    }
    reading.await.map_err(|_| ProjectionError::Stopped)??;
    Ok(parked)
}

/// Reads a category in pages of whole streams.
pub(crate) struct Pages {
    pub reader: Reader,
    pub category: &'static str,
    pub sealed: Sealed,
    /// Streams up to this one are left out.
    pub after: Option<String>,
    /// This one and those that come after it are, too.
    pub before: Option<String>,
    /// What came later is left out.
    pub at: Position,
}

impl Pages {
    /// Sends page after page, until all are sent or nobody listens.
    pub async fn send(
        self,
        pages: &tokio::sync::mpsc::Sender<Vec<StoredEvent>>,
    ) -> Result<(), ProjectionError> {
        let mut page: Vec<StoredEvent> = Vec::new();
        let mut last = self.after.map(|stream| (stream, Version::MAX));
        let mut batches = Batches::up_to(PAGE, PAGE_BYTES);
        let beyond = |event: &StoredEvent| {
            self.before.as_ref().is_some_and(|before| event.stream >= *before)
        };
        loop {
            let asked = batches.next();
            let after = last.as_ref().map(|(stream, version)| (stream.as_str(), *version));
            let read =
                self.reader.store.read_category(self.category, after, asked, self.sealed).await?;
            let done = read.len() < asked || read.last().is_some_and(beyond);
            batches.learn(&read);
            last = read.last().map(|event| (event.stream.clone(), event.version)).or(last);
            let wanted = |event: &StoredEvent| event.position <= self.at && !beyond(event);
            page.extend(read.into_iter().filter(wanted));
            // The last stream of a full page may go on in the next one.
            let incomplete = match page.last() {
                Some(end) if !done => page.partition_point(|event| event.stream < end.stream),
                _ => page.len(),
            };
            let rest = page.split_off(incomplete);
            if !page.is_empty() && pages.send(page).await.is_err() {
                return Ok(());
            }
            page = rest;
            if done {
                return Ok(());
            }
        }
    }
}

async fn fold_page(
    reader: &Reader,
    targets: &[(Registered, Table)],
    page: &[StoredEvent],
    with_text: bool,
) -> Result<Folded, ReadError> {
    let mut folded = Folded {
        events: page.len(),
        loads: targets.iter().map(|_| Load::default()).collect(),
        parked: Vec::new(),
    };
    let (streams, broken) =
        if with_text { poison::open(reader, page).await? } else { poison::close(page) };
    for (stream, events) in streams {
        reader.plans.learn(reader, &events).await?;
        let stream: Arc<str> = stream.into();
        let whole = Whole::of(reader, &events).await?;
        for ((view, table), load) in targets.iter().zip(&mut folded.loads) {
            match whole.fold(view, &reader.plans) {
                Ok((_, Contribution { rows, counts })) => {
                    load.rows.extend(rows.into_iter().map(|(key, doc)| (stream.clone(), key, doc)));
                    for (key, count) in counts {
                        *load.counts.entry(key).or_default() += count;
                    }
                }
                Err(reason) => {
                    let position = events.first().map_or(0, |event| event.position);
                    let parked = park(view, &stream, position, reason);
                    folded.parked.push((parked, Some(table.name.clone())));
                }
            }
        }
    }
    for broken in broken {
        for (view, table) in targets {
            let parked = park(view, &broken.stream, broken.position, broken.reason.clone());
            folded.parked.push((parked, Some(table.name.clone())));
        }
    }
    Ok(folded)
}

/// Brings tables that were built forward with what came after.
pub(super) struct CatchUp {
    reader: Reader,
    documents: Arc<Documents>,
    pub projector: Projector,
    pub at: Position,
    pub parked: Vec<(Parked, Option<Arc<str>>)>,
}

impl CatchUp {
    pub fn new(reader: &Reader, documents: &Arc<Documents>, built: Built) -> Self {
        let parked: Vec<Parked> = built.parked.iter().map(|(parked, _)| parked.clone()).collect();
        let projector = Projector::new(reader.clone(), built.tables, &parked);
        let (reader, documents) = (reader.clone(), documents.clone());
        Self { reader, documents, projector, at: built.at, parked: built.parked }
    }

    /// Folds what stands between here and `position`.
    pub async fn until(&mut self, position: Position) -> Result<(), ProjectionError> {
        let mut batches = Batches::up_to(PAGE, PAGE_BYTES);
        while self.at < position {
            let limit = usize::try_from(position - self.at).unwrap_or(PAGE);
            let limit = limit.min(batches.next());
            let batch = self.reader.store.read_all(self.at, limit, Sealed::With).await?;
            batches.learn(&batch);
            let Some(last) = batch.last().map(|event| event.position) else { return Ok(()) };
            let projected = self.projector.project(batch).await?;
            let tables = self.projector.targets();
            self.documents.bring_forward(tables, &projected.changes, last).await?;
            self.parked.extend(projected.parked.iter().cloned());
            self.projector.keep(projected);
            self.at = last;
        }
        Ok(())
    }
}

//! Tickets as answers show them, folded once and carried forward by what commands write: a command
//! is answered without reading its ticket again.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use docket_commands::Done;
use docket_domain::definition::SlaTerms;
use docket_domain::ids::TicketId;
use docket_domain::sla::clock::fact::{Fact, What};
use docket_projections::recorded::{Moment, Reader, Recorded};
use docket_projections::ticket_document::{TicketDocument, TicketFold};
use docket_store::Sealed;
use docket_store::batches::Batches;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::problem::Problem;

/// How many tickets are expected to be kept folded, and how many bytes they may take.
const KEPT: usize = 10_000;
const KEPT_BYTES: u64 = 64 << 20;

/// Folded tickets, by stream.
pub struct Cases {
    /// Each with how often everything was forgotten before it was read: one that was read earlier
    /// than the last time may hold text that was erased since, and counts for nothing.
    kept: Cache<String, (u64, Arc<Case>), ByBytes>,
    forgotten: AtomicU64,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<String, (u64, Arc<Case>)> for ByBytes {
    fn weight(&self, stream: &String, (_, case): &(u64, Arc<Case>)) -> u64 {
        let fields = case.document().into_iter().flat_map(|document| &document.fields);
        let fields = fields.map(|(name, value)| name.len() + value.as_ref().map_or(0, String::len));
        let facts = case.facts.capacity() * size_of::<Fact>();
        (stream.len() + 2 * 1024 + facts + fields.sum::<usize>()) as u64
    }
}

/// A ticket folded for answers: its document, and what its clocks go by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Case {
    fold: TicketFold,
    /// What its clocks go by, oldest first.
    pub facts: Vec<Fact>,
    /// The position of its last event.
    pub position: u64,
}

impl Case {
    /// The fold of a history.
    pub fn of(events: &[Recorded]) -> Self {
        let mut case = Self::default();
        events.iter().for_each(|event| case.evolve(event));
        case
    }

    /// The ticket, once it was created.
    pub fn document(&self) -> Option<&TicketDocument> {
        self.fold.document.as_ref()
    }

    /// What it was promised by, oldest first: when it was opened, and whenever that was reapplied.
    pub fn terms(&self) -> impl DoubleEndedIterator<Item = &SlaTerms> {
        self.facts.iter().filter_map(|fact| match &fact.what {
            What::Opened(opened) => opened.sla.as_ref(),
            What::Reapplied(terms) => Some(&**terms),
            _ => None,
        })
    }

    fn evolve(&mut self, event: &Recorded) {
        self.fold.evolve(event);
        self.facts.extend(Fact::of(event));
        self.position = event.position;
    }
}

impl Cases {
    /// None yet.
    pub fn new() -> Self {
        let kept = Cache::with_weighter(KEPT, KEPT_BYTES, ByBytes);
        Self { kept, forgotten: AtomicU64::new(0) }
    }

    /// The ticket as a command left it.
    pub async fn after(&self, reader: &Reader, done: &Done) -> Result<Arc<Case>, Problem> {
        let before = self.forgotten.load(Ordering::SeqCst);
        let case = match self.carried(done) {
            Some(case) => Arc::new(case),
            None => Arc::new(read(reader, &done.stream, Moment::Version(done.version)).await?),
        };
        if !done.repeated {
            self.keep(&done.stream, &case, before);
        }
        Ok(case)
    }

    /// The ticket as it stands.
    pub async fn now(&self, reader: &Reader, id: TicketId) -> Result<Arc<Case>, Problem> {
        let stream = id.stream();
        let before = self.forgotten.load(Ordering::SeqCst);
        let kept = self.get(&stream).filter(|case| case.document().is_some());
        let mut case = kept.unwrap_or_default();
        let mut after = case.document().map_or(0, |document| document.version);
        let mut batches = Batches::default();
        loop {
            let asked = batches.next();
            let newer = reader.store.read_stream(&stream, after, asked, Sealed::With).await?;
            batches.learn(&newer);
            if let Some(last) = newer.last() {
                after = last.version;
                let case = Arc::make_mut(&mut case);
                reader.open(&newer).await?.iter().for_each(|event| case.evolve(event));
            }
            if newer.len() < asked {
                break;
            }
        }
        self.keep(&stream, &case, before);
        Ok(case)
    }

    /// The ticket as it stood at a moment.
    pub async fn at(
        &self,
        reader: &Reader,
        id: TicketId,
        moment: Moment,
    ) -> Result<Arc<Case>, Problem> {
        Ok(Arc::new(read(reader, &id.stream(), moment).await?))
    }

    /// A ticket's document where what it was merged into is the root of the chain, as merges stood at
    /// that moment. A version knows of no other stream, so it shows the next link.
    pub async fn rooted<'d>(
        &self,
        reader: &Reader,
        document: &'d TicketDocument,
        moment: Moment,
    ) -> Result<Cow<'d, TicketDocument>, Problem> {
        let (Some(mut root), false) = (document.merged_into, matches!(moment, Moment::Version(_)))
        else {
            return Ok(Cow::Borrowed(document));
        };
        let mut passed = vec![document.id];
        while !passed.contains(&root) {
            passed.push(root);
            let next = match moment {
                Moment::Now => self.now(reader, TicketId(root)).await?,
                moment => self.at(reader, TicketId(root), moment).await?,
            };
            match next.document().and_then(|next| next.merged_into) {
                Some(further) => root = further,
                None => break,
            }
        }
        Ok(Cow::Owned(TicketDocument { merged_into: Some(root), ..document.clone() }))
    }

    /// Forgets everything: after a key was destroyed, nothing it sealed may be remembered.
    pub fn forget_all(&self) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.kept.clear();
    }

    /// The case carried forward by the events that a command wrote, where they follow on it.
    fn carried(&self, done: &Done) -> Option<Case> {
        let written = || done.events.iter().filter(|event| event.stream == done.stream);
        let before = done.version.checked_sub(written().count() as u64)?;
        let case = match before {
            0 => Arc::default(),
            _ => self.get(&done.stream)?,
        };
        if case.document().map_or(0, |document| document.version) != before {
            return None;
        }
        // Held by nobody else, it is carried forward without a copy; whoever asks meanwhile reads the log.
        self.kept.remove(&done.stream);
        let mut case = Arc::unwrap_or_clone(case);
        written().for_each(|event| case.evolve(event));
        Some(case)
    }

    fn get(&self, stream: &str) -> Option<Arc<Case>> {
        let (forgotten, case) = self.kept.get(stream)?;
        (forgotten == self.forgotten.load(Ordering::SeqCst)).then_some(case)
    }

    /// Keeps the newest: two commands may answer in another order than they were written. `before` is
    /// how often everything had been forgotten when it was read.
    fn keep(&self, stream: &str, case: &Arc<Case>, before: u64) {
        let version = |case: &Case| case.document().map_or(0, |kept| kept.version);
        let newer = self.get(stream).is_none_or(|kept| version(&kept) < version(case));
        if newer && case.document().is_some() {
            self.kept.insert(stream.to_owned(), (before, case.clone()));
        }
    }
}

impl Default for Cases {
    fn default() -> Self {
        Self::new()
    }
}

async fn read(reader: &Reader, stream: &str, moment: Moment) -> Result<Case, Problem> {
    let mut case = Case::default();
    reader.each(stream, moment, |event| case.evolve(event)).await?;
    Ok(case)
}

//! What a view is: a pure function of one stream.
//!
//! A view answers one question. It says what **one** stream contributes to the answer (rows of its
//! own, and what it adds to sums), and nothing else: the runner finds out what changed. So a rebuild
//! is the same function over all streams in any order, and a view equals its fresh fold or is wrong.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::plans::Plans;
use crate::recorded::Recorded;

/// Tells a row from the others of its stream, or a sum from the others of its view.
pub type Key = String;

/// A table's definition on each database, with `{table}` for the name: columns of the same names that
/// hold the same values.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// On SQLite.
    pub sqlite: &'static str,
    /// On PostgreSQL.
    pub postgres: &'static str,
}

/// A question, answered by tables that follow from the log.
pub trait View: Send + Sync + 'static {
    /// What the view and its table are called.
    const NAME: &'static str;
    /// Raised whenever state, rows or schema mean something else; the table is then built anew.
    const VERSION: u32;
    /// The category of the streams that it is a function of, such as `ticket`.
    const CATEGORY: &'static str;
    /// Whether it reads personal text. One that does not is spared opening any, and is faster.
    const NEEDS_TEXT: bool;
    /// The table's definition: its migration on each database.
    const SCHEMA: Schema;
    /// What one stream amounts to, for this question.
    type State: Default + Send + Sync + 'static;
    /// One row; its JSON is kept in the column `doc`, and generated columns are read from it.
    type Row: Serialize + DeserializeOwned;

    /// Whether it also takes in the tickets that merges tie to a stream's own, see
    /// [`evolve_tied`](Self::evolve_tied).
    const FOLLOWS_MERGES: bool = false;

    /// What a stream amounts to before its first event; the plans know what its tickets will turn out
    /// to have frozen.
    fn start(_: &Arc<Plans>) -> Self::State {
        Self::State::default()
    }

    /// What one more event of the stream makes of the state.
    fn evolve(state: &mut Self::State, event: &Recorded);

    /// What an event of a ticket that merges tie to the stream's own makes of the state. Such events
    /// come among the stream's own, in the order of the log, and none is later than its last.
    fn evolve_tied(_: &mut Self::State, _: &Recorded) {}

    /// All that the stream puts into the table now; keys are unique within the stream.
    fn rows(state: &Self::State) -> Vec<(Key, Self::Row)>;

    /// All that the stream adds to sums now. Sums must not depend on personal text.
    fn counts(_: &Self::State) -> Vec<(Key, i64)> {
        Vec::new()
    }
}

/// A view as the runner holds it: its constants, and how to begin a fold.
#[derive(Clone, Copy, Debug)]
pub struct Registered {
    /// [`View::NAME`].
    pub name: &'static str,
    /// [`View::VERSION`].
    pub version: u32,
    /// [`View::CATEGORY`].
    pub category: &'static str,
    /// [`View::NEEDS_TEXT`].
    pub needs_text: bool,
    /// [`View::FOLLOWS_MERGES`].
    pub follows_merges: bool,
    /// [`View::SCHEMA`].
    pub schema: Schema,
    /// The fold of an empty stream.
    pub start: fn(&Arc<Plans>) -> Box<dyn Folding>,
}

/// The registry's line for a view.
pub const fn register<V: View>() -> Registered {
    Registered {
        name: V::NAME,
        version: V::VERSION,
        category: V::CATEGORY,
        needs_text: V::NEEDS_TEXT,
        follows_merges: V::FOLLOWS_MERGES,
        schema: V::SCHEMA,
        start: start::<V>,
    }
}

/// One stream, being folded for one view.
pub trait Folding: Send + Sync {
    /// Takes in one more event.
    fn evolve(&mut self, event: &Recorded);

    /// Takes in an event of a ticket that merges tie to this one.
    fn evolve_tied(&mut self, event: &Recorded);

    /// What the stream contributes after the events so far.
    fn contribution(&self) -> Result<Contribution, serde_json::Error>;
}

/// What one stream contributes to one view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contribution {
    /// Rows as JSON documents, by key.
    pub rows: BTreeMap<Key, String>,
    /// What it adds to sums, by key; never zero.
    pub counts: BTreeMap<Key, i64>,
}

/// What must be done to a view's table when a stream's contribution changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Rows that are new or different.
    pub put: Vec<(Key, String)>,
    /// Rows that are gone.
    pub delete: Vec<Key>,
    /// What is to be added to sums.
    pub add: BTreeMap<Key, i64>,
}

impl Contribution {
    /// How many bytes its rows have.
    pub fn weight(&self) -> u64 {
        self.rows.values().map(|doc| doc.len() as u64).sum()
    }

    /// What leads from this contribution to a later one.
    pub fn difference(&self, mut after: Self) -> Difference {
        let mut difference =
            Difference { add: std::mem::take(&mut after.counts), ..Difference::default() };
        for (key, before) in &self.counts {
            *difference.add.entry(key.clone()).or_default() -= before;
        }
        difference.add.retain(|_, change| *change != 0);
        let gone = self.rows.keys().filter(|key| !after.rows.contains_key(*key));
        difference.delete = gone.cloned().collect();
        after.rows.retain(|key, doc| self.rows.get(key) != Some(doc));
        difference.put = after.rows.into_iter().collect();
        difference
    }
}

struct Fold<V: View>(V::State);

fn start<V: View>(plans: &Arc<Plans>) -> Box<dyn Folding> {
    Box::new(Fold::<V>(V::start(plans)))
}

impl<V: View> Folding for Fold<V> {
    fn evolve(&mut self, event: &Recorded) {
        V::evolve(&mut self.0, event);
    }

    fn evolve_tied(&mut self, event: &Recorded) {
        V::evolve_tied(&mut self.0, event);
    }

    fn contribution(&self) -> Result<Contribution, serde_json::Error> {
        let rows = V::rows(&self.0).into_iter();
        let rows = rows.map(|(key, row)| Ok((key, serde_json::to_string(&row)?)));
        let mut counts = BTreeMap::new();
        for (key, count) in V::counts(&self.0) {
            *counts.entry(key).or_default() += count;
        }
        counts.retain(|_, count| *count != 0);
        Ok(Contribution { rows: rows.collect::<Result<_, _>>()?, counts })
    }
}

//! What if another plan or calendar had held? Verdicts of past tickets under a draft, beside what they
//! were. Nothing is written: the same clocks are folded once more, with the draft in the place of every
//! version of its plan.

use std::collections::BTreeMap;
use std::sync::Arc;

use docket_domain::ids::MergeId;
use docket_domain::instant::Instant;
use docket_domain::sla::clock::Clock;
use docket_domain::sla::frozen::FrozenPlan;
use docket_domain::sla::plan::ClockKind;
use docket_store::StoredEvent;
use futures::{StreamExt, stream};
use serde::Serialize;
use utoipa::ToSchema;

use crate::documents::Documents;
use crate::opened::Reading;
use crate::plans::Plans;
use crate::projector::poison;
use crate::recorded::Reader;
use crate::runner::ProjectionError;
use crate::sla_clocks::cell::{Cell, Standing};
use crate::sla_clocks::{ClockRow, SlaClocks};
use crate::whole::Whole;

/// Pages folded at the same time.
const PARALLEL: usize = 2;

/// How many changed verdicts are shown one by one.
const SHOWN: usize = 100;

/// What is asked.
#[derive(Clone, Debug)]
pub struct WhatIf {
    /// The draft; it stands for every version of its plan.
    pub draft: Arc<FrozenPlan>,
    /// Of tickets that were opened at this instant or later.
    pub from: Instant,
    /// And before this one.
    pub to: Instant,
    /// As of when verdicts are told.
    pub now: Instant,
}

/// What would have been.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Answer {
    /// How many tickets were promised by the plan.
    pub tickets: u64,
    /// The figures by clock, queue and priority.
    pub data: Vec<Compared>,
    /// Verdicts that would have been others, the first hundred by ticket.
    pub changed: Vec<Changed>,
}

/// Clocks of one kind in one queue, of one priority.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Compared {
    /// What they measure.
    pub clock: String,
    /// Of resolutions, `first` or `cumulative`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub measure: String,
    /// The queue.
    pub queue: String,
    /// The priority.
    pub priority: String,
    /// How they stand.
    pub was: Verdicts,
    /// How they would.
    pub would: Verdicts,
    /// Late, and would not have been.
    pub better: u64,
    /// Not late, and would have been.
    pub worse: u64,
}

/// How many clocks stand how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Verdicts {
    /// Kept.
    pub met: u64,
    /// Late.
    pub breached: u64,
    /// Ended in time by closing or filing instead of an answer.
    pub apart: u64,
    /// Not decided.
    pub open: u64,
}

/// A clock whose verdict would have been another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct Changed {
    /// The ticket's number.
    pub number: String,
    /// What it measures.
    pub clock: String,
    /// Which one of its kind.
    pub instance: u32,
    /// Whether it was late.
    pub was_breached: bool,
    /// Whether it would have been.
    pub would_be_breached: bool,
    /// When it was due.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub deadline: Option<Instant>,
    /// When it would have been.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub would_be_due: Option<Instant>,
}

/// Figures being counted, by clock, measure, queue and priority.
#[derive(Default)]
struct Count {
    tickets: u64,
    groups: BTreeMap<[String; 4], Compared>,
    changed: Vec<Changed>,
}

/// Answers it: every ticket of the period is folded twice, two pages of them at a time.
///
/// Where `documents` are at hand, and show all that is asked about, they say which tickets were written down
/// long after they were opened; else the log is read to its end for those.
///
/// # Errors
/// When the store or the tables cannot be read. Tickets that are damaged are left out.
pub async fn what_if(
    reader: &Reader,
    documents: Option<&Arc<Documents>>,
    asked: &WhatIf,
) -> Result<Answer, ProjectionError> {
    let (pages, mut read) = tokio::sync::mpsc::channel(PARALLEL);
    let reading = Reading { reader: reader.clone(), from: asked.from, to: asked.to };
    let reading = tokio::spawn(reading.send(documents.cloned(), pages));
    let folded = stream::poll_fn(move |context| read.poll_recv(context)).map(|page| {
        let (reader, asked) = (reader.clone(), asked.clone());
        tokio::spawn(async move { of_page(&reader, &asked, page).await })
    });
    let mut folded = folded.buffered(PARALLEL);
    let mut all = Count::default();
    while let Some(page) = folded.next().await {
        all.add(page.map_err(|_| ProjectionError::Stopped)??);
    }
    reading.await.map_err(|_| ProjectionError::Stopped)??;
    all.changed.sort();
    all.changed.truncate(SHOWN);
    let data = all.groups.into_values().collect();
    Ok(Answer { tickets: all.tickets, data, changed: all.changed })
}

async fn of_page(
    reader: &Reader,
    asked: &WhatIf,
    page: Vec<StoredEvent>,
) -> Result<Count, ProjectionError> {
    let would = Arc::new(reader.plans.with(asked.draft.clone()));
    let mut count = Count::default();
    for stored in page.chunk_by(|one, next| one.stream == next.stream) {
        let opened_at = stored.first().map(|first| Instant(first.occurred_at));
        if !opened_at.is_some_and(|at| (asked.from..asked.to).contains(&at)) {
            continue;
        }
        for (_, events) in poison::close(stored).0 {
            let whole = Whole::of(reader, &events).await?;
            count.take(asked, &clocks(&whole, &reader.plans), &clocks(&whole, &would));
        }
    }
    Ok(count)
}

/// A clock, told apart from its ticket's others whatever the plan is: its kind, what began it, and which
/// merge brought it.
type Which = (ClockKind, u64, Option<MergeId>);

fn clocks(whole: &Whole<'_>, plans: &Arc<Plans>) -> Vec<(Which, ClockRow)> {
    let state = whole.state::<SlaClocks>(plans);
    let which = |it: &Clock| (it.kind, it.began, it.carried.as_ref().map(|it| it.merge));
    state.told().map(|(clock, row)| (which(clock), row)).collect()
}

impl Count {
    /// Counts a ticket's clocks as they were, and as they would be; only those that the plan set. A queue
    /// may have a clock under one of the two only, which counts there and is neither better nor worse.
    fn take(&mut self, asked: &WhatIf, was: &[(Which, ClockRow)], would: &[(Which, ClockRow)]) {
        let key = &asked.draft.terms().plan.key;
        let of_plan = |(_, row): &&(Which, ClockRow)| {
            row.plan.rsplit_once('@').is_some_and(|(it, _)| it == key)
        };
        self.tickets += u64::from(was.iter().any(|it| of_plan(&it)));
        for (which, was) in was.iter().filter(of_plan) {
            match would.iter().find(|(it, _)| it == which) {
                Some((_, would)) => self.compare(was, would, asked.now),
                None => self.group(was).was.add_row(was, asked.now),
            }
        }
        for (which, would) in would.iter().filter(of_plan) {
            if !was.iter().any(|(it, _)| it == which) {
                self.group(would).would.add_row(would, asked.now);
            }
        }
    }

    fn group(&mut self, row: &ClockRow) -> &mut Compared {
        let measure = row.measure.clone().unwrap_or_default();
        let key = [row.clock.word().to_owned(), measure, row.queue.clone(), row.priority.clone()];
        self.groups.entry(key).or_insert_with_key(|key| {
            let [clock, measure, queue, priority] = key.clone();
            Compared { clock, measure, queue, priority, ..Compared::default() }
        })
    }

    fn compare(&mut self, was: &ClockRow, would: &ClockRow, now: Instant) {
        let (Some(before), Some(after)) = (standing(was, now), standing(would, now)) else {
            return;
        };
        let group = self.group(was);
        group.was.count(before);
        group.would.count(after);
        let late = [before, after].map(|it| it == Standing::Breached);
        group.better += u64::from(late == [true, false]);
        group.worse += u64::from(late == [false, true]);
        if late[0] != late[1] {
            self.changed.push(Changed {
                number: was.number.clone(),
                clock: was.clock.word().to_owned(),
                instance: was.instance,
                was_breached: late[0],
                would_be_breached: late[1],
                deadline: was.deadline,
                would_be_due: would.deadline,
            });
        }
    }

    fn add(&mut self, other: Self) {
        self.tickets += other.tickets;
        self.changed.extend(other.changed);
        if self.changed.len() > 10 * SHOWN {
            self.changed.sort();
            self.changed.truncate(SHOWN);
        }
        for (key, more) in other.groups {
            match self.groups.get_mut(&key) {
                Some(group) => group.add(&more),
                None => drop(self.groups.insert(key, more)),
            }
        }
    }
}

fn standing(row: &ClockRow, now: Instant) -> Option<Standing> {
    Cell::read(&row.cell)?.standing(now)
}

impl Compared {
    fn add(&mut self, more: &Self) {
        self.was.add(&more.was);
        self.would.add(&more.would);
        self.better += more.better;
        self.worse += more.worse;
    }
}

impl Verdicts {
    fn add_row(&mut self, row: &ClockRow, now: Instant) {
        standing(row, now).into_iter().for_each(|standing| self.count(standing));
    }

    fn count(&mut self, standing: Standing) {
        match standing {
            Standing::Met => self.met += 1,
            Standing::Breached => self.breached += 1,
            Standing::Apart => self.apart += 1,
            Standing::Open => self.open += 1,
            // What went on elsewhere, or was pointless, is judged under no plan.
            Standing::Merged | Standing::Cancelled => {}
        }
    }

    fn add(&mut self, more: &Self) {
        self.met += more.met;
        self.breached += more.breached;
        self.apart += more.apart;
        self.open += more.open;
    }
}

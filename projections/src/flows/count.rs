//! Counting ways: each ticket once in its type, each step and each stay once where it was.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::path::{Path, Place};
use super::{Answer, Flow, LONGEST_WAY, MOST_STEPS, QueueFigures, Step, Way};
use crate::sla_clocks::report::percentile;

/// A step: from where, `None` for the opening, and to where.
type Taken = (Option<Place>, Place);

/// Of how many tickets, how often, and how long each took.
#[derive(Default)]
struct Tally {
    tickets: u64,
    times: Vec<i64>,
}

#[derive(Default)]
struct OfType {
    tickets: u64,
    /// Ways through queues, with how long those took that have ended.
    ways: HashMap<Vec<String>, Tally>,
    too_long: u64,
    steps: BTreeMap<Taken, Tally>,
}

#[derive(Default)]
struct OfQueue {
    figures: QueueFigures,
    times: Vec<i64>,
}

/// Ways being counted.
#[derive(Default)]
pub(super) struct Count {
    tickets: u64,
    types: BTreeMap<Option<String>, OfType>,
    queues: BTreeMap<String, OfQueue>,
}

impl Count {
    /// Counts a ticket.
    pub fn take(&mut self, path: &Path) {
        let (Some(first), queues) = (path.stops.first(), path.queues()) else { return };
        self.tickets += 1;
        let of_type = self.types.entry(path.ticket_type.clone()).or_default();
        of_type.tickets += 1;
        let took = path.ended_at().map(|end| end.0 - first.from.0);
        if queues.len() > LONGEST_WAY {
            of_type.too_long += 1;
        } else {
            let way = queues.iter().map(|(queue, _)| (*queue).to_owned()).collect();
            of_type.ways.entry(way).or_default().add(took);
        }
        of_type.take_steps(path);
        self.take_queues(path, &queues);
    }

    fn take_queues(&mut self, path: &Path, queues: &[(&str, docket_domain::instant::Instant)]) {
        let mut been = BTreeSet::new();
        let ended_at = path.ended_at();
        for (place, (queue, from)) in queues.iter().enumerate() {
            let of_queue = self.queues.entry((*queue).to_owned()).or_default();
            let figures = &mut of_queue.figures;
            let is_back = !been.insert(*queue);
            figures.tickets += u64::from(!is_back);
            figures.returned += u64::from(is_back);
            figures.opened += u64::from(place == 0);
            let next = queues.get(place + 1);
            if let Some((to, _)) = next {
                *figures.passed_on.entry((*to).to_owned()).or_default() += 1;
            }
            figures.ended += u64::from(next.is_none() && ended_at.is_some());
            figures.there += u64::from(next.is_none() && ended_at.is_none());
            let until = next.map(|(_, at)| *at).or(ended_at);
            of_queue.times.extend(until.map(|until| (until.0 - from.0).max(0)));
        }
    }

    /// Adds what was counted of other tickets.
    pub fn add(&mut self, other: Self) {
        self.tickets += other.tickets;
        for (key, more) in other.types {
            self.types.entry(key).or_default().add(more);
        }
        for (key, more) in other.queues {
            let of_queue = self.queues.entry(key).or_default();
            of_queue.figures.add(more.figures);
            of_queue.times.extend(more.times);
        }
    }

    /// What was counted, with so many ways of each type one by one.
    pub fn told(self, most_ways: usize) -> Answer {
        let data = self.types.into_iter().map(|(key, it)| it.told(key, most_ways)).collect();
        let queue = |(queue, mut it): (String, OfQueue)| {
            it.times.sort_unstable();
            let (p50_ms, p90_ms) = (percentile(&it.times, 50), percentile(&it.times, 90));
            QueueFigures { queue, p50_ms, p90_ms, ..it.figures }
        };
        Answer { tickets: self.tickets, data, queues: self.queues.into_iter().map(queue).collect() }
    }
}

impl Tally {
    fn add(&mut self, took: Option<i64>) {
        self.tickets += 1;
        // Clocks that were set back make nothing shorter than nothing.
        self.times.extend(took.map(|took| took.max(0)));
    }

    fn join(&mut self, other: Self) {
        self.tickets += other.tickets;
        self.times.extend(other.times);
    }

    fn percentiles(&mut self) -> (Option<i64>, Option<i64>) {
        self.times.sort_unstable();
        (percentile(&self.times, 50), percentile(&self.times, 90))
    }
}

impl OfType {
    fn take_steps(&mut self, path: &Path) {
        let mut taken = BTreeSet::new();
        let mut before: Option<(&Place, i64)> = None;
        for stop in &path.stops {
            let step = (before.map(|(place, _)| place.clone()), stop.place.clone());
            let took = before.map_or(0, |(_, since)| (stop.from.0 - since).max(0));
            let tally = self.steps.entry(step.clone()).or_default();
            tally.times.push(took);
            tally.tickets += u64::from(taken.insert(step));
            before = Some((&stop.place, stop.from.0));
        }
    }

    fn add(&mut self, other: Self) {
        self.tickets += other.tickets;
        self.too_long += other.too_long;
        for (way, more) in other.ways {
            self.ways.entry(way).or_default().join(more);
        }
        for (step, more) in other.steps {
            self.steps.entry(step).or_default().join(more);
        }
    }

    fn told(self, key: Option<String>, most_ways: usize) -> Flow {
        let way = |(queues, mut tally): (Vec<String>, Tally)| {
            let (p50_ms, p90_ms) = tally.percentiles();
            Way { queues, tickets: tally.tickets, p50_ms, p90_ms }
        };
        let mut ways: Vec<Way> = self.ways.into_iter().map(way).collect();
        ways.sort_by(|a, b| b.tickets.cmp(&a.tickets).then_with(|| a.queues.cmp(&b.queues)));
        let others = ways.iter().skip(most_ways).map(|way| way.tickets).sum::<u64>();
        ways.truncate(most_ways);
        let step = |((from, to), mut tally): (Taken, Tally)| {
            let times = tally.times.len() as u64;
            let (p50_ms, p90_ms) = tally.percentiles();
            Step { from, to, tickets: tally.tickets, times, p50_ms, p90_ms }
        };
        let mut steps: Vec<Step> = self.steps.into_iter().map(step).collect();
        steps.sort_by(|a, b| {
            b.times.cmp(&a.times).then_with(|| (&a.from, &a.to).cmp(&(&b.from, &b.to)))
        });
        let other_steps = steps.iter().skip(MOST_STEPS).map(|step| step.times).sum();
        steps.truncate(MOST_STEPS);
        let other_ways = others + self.too_long;
        Flow { ticket_type: key, tickets: self.tickets, ways, other_ways, steps, other_steps }
    }
}

impl QueueFigures {
    fn add(&mut self, other: Self) {
        self.tickets += other.tickets;
        self.opened += other.opened;
        self.returned += other.returned;
        self.ended += other.ended;
        self.there += other.there;
        for (queue, count) in other.passed_on {
            *self.passed_on.entry(queue).or_default() += count;
        }
    }
}

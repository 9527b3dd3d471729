//! Counting clocks. A month of a large desk has some hundred thousand of them, of a few hundred kinds: what
//! clocks of one kind have in common is read once.

use std::collections::HashMap;

use docket_domain::definition::ZoneOffsets;
use docket_domain::instant::Instant;

use super::{By, DAY, Figures, Question, percentile};
use crate::sla_clocks::cell::{BETWEEN, Cell, Dimension, Kind, NOTHING, Standing};

/// The clocks of a period, being counted as of an instant; days are those of a zone's wall clock.
pub(super) struct Counting<'q> {
    question: &'q Question,
    zone: Option<&'q ZoneOffsets>,
    now: Instant,
    /// By what their cells say beside their times; none for those that the question is not about.
    kinds: HashMap<String, Option<Tally>>,
}

/// The clocks of one kind.
struct Tally {
    /// How one stands that is decided later than now, and one that is decided by now.
    standing: [Standing; 2],
    retargeted: bool,
    /// By local day, counted from 1970; all together where nobody asks for days or months.
    days: Vec<(i64, Count)>,
}

/// Figures being counted.
#[derive(Default)]
struct Count {
    figures: Figures,
    times: Vec<i64>,
}

impl<'q> Counting<'q> {
    /// Nothing counted yet.
    pub fn new(question: &'q Question, zone: Option<&'q ZoneOffsets>, now: Instant) -> Self {
        Self { question, zone, now, kinds: HashMap::new() }
    }

    /// Counts a clock, where the question is about it.
    pub fn take(&mut self, cell: &Cell<'_>) {
        let day = self.day(cell.decided_at);
        let tally = match self.kinds.get_mut(cell.kind) {
            Some(tally) => tally,
            None => {
                let tally = Tally::of(cell.kind, self.question);
                self.kinds.entry(cell.kind.to_owned()).or_insert(tally)
            }
        };
        if let Some(tally) = tally {
            let standing = tally.standing[usize::from(cell.decided_at < self.now)];
            let retargeted = tally.retargeted;
            tally.on(day).take(standing, retargeted, cell.elapsed_ms);
        }
    }

    /// The figures of each group, in the order of their names.
    pub fn told(self) -> Vec<Figures> {
        let mut groups = HashMap::<String, Count>::new();
        for (kind, tally) in &self.kinds {
            let (Some(kind), Some(tally)) = (Kind::read(kind), tally) else { continue };
            for (day, count) in &tally.days {
                groups.entry(self.group(&kind, *day)).or_default().add(count);
            }
        }
        let names = [Dimension::Clock, Dimension::Measure].map(Dimension::name);
        let names = names.into_iter().chain(self.question.by.iter().map(|by| by.name()));
        let names: Vec<&str> = names.collect();
        let told = groups.into_iter().map(|(group, count)| count.told(&names, &group));
        let mut told: Vec<Figures> = told.collect();
        told.sort_by_cached_key(Figures::place);
        told
    }

    /// The local day of an instant, where the question tells days or months apart.
    fn day(&self, at: Instant) -> i64 {
        if !self.question.by.iter().any(|by| matches!(by, By::Day | By::Month)) {
            return 0;
        }
        let offset = self.zone.map_or(0, |zone| i64::from(zone.at(at)) * 1_000);
        at.0.saturating_add(offset).div_euclid(DAY)
    }

    /// The group of a kind on a day: its clock, its measure, and what was asked for, joined.
    fn group(&self, kind: &Kind<'_>, day: i64) -> String {
        let date = || Instant(day * DAY).to_string();
        let first = [Dimension::Clock, Dimension::Measure].map(|it| kind.value(it).to_owned());
        let by = self.question.by.iter().map(|by| match by {
            By::Dimension(dimension) => kind.value(*dimension).to_owned(),
            By::Day => date().chars().take("2026-01-01".len()).collect(),
            By::Month => date().chars().take("2026-01".len()).collect(),
        });
        let values: Vec<String> = first.into_iter().chain(by).collect();
        values.join(&BETWEEN.to_string())
    }
}

impl Tally {
    /// None counted yet; none at all for a kind that a question is not about.
    fn of(kind: &str, question: &Question) -> Option<Self> {
        let kind = Kind::read(kind).filter(|kind| question.is_about(kind))?;
        let standing = [false, true].map(|passed| kind.standing(passed));
        Some(Self { standing, retargeted: kind.retargeted, days: Vec::new() })
    }

    /// The count of a day: mostly that of the clock before, since they come as they were decided.
    fn on(&mut self, day: i64) -> &mut Count {
        let place = self.days.iter().rposition(|(it, _)| *it == day).unwrap_or_else(|| {
            self.days.push((day, Count::default()));
            self.days.len() - 1
        });
        &mut self.days[place].1
    }
}

impl Count {
    fn take(&mut self, standing: Standing, retargeted: bool, elapsed_ms: Option<i64>) {
        let figures = &mut self.figures;
        match standing {
            Standing::Met => figures.met += 1,
            Standing::Apart => figures.apart += 1,
            Standing::Breached => figures.breached += 1,
            Standing::Open => figures.open += 1,
            Standing::Merged => figures.merged += 1,
            Standing::Cancelled => figures.cancelled += 1,
        }
        if matches!(standing, Standing::Met | Standing::Breached) {
            figures.retargeted += u64::from(retargeted);
            figures.still_open += u64::from(elapsed_ms.is_none());
            self.times.extend(elapsed_ms);
        }
    }

    fn add(&mut self, more: &Self) {
        let (figures, other) = (&mut self.figures, &more.figures);
        figures.met += other.met;
        figures.apart += other.apart;
        figures.breached += other.breached;
        figures.open += other.open;
        figures.merged += other.merged;
        figures.cancelled += other.cancelled;
        figures.retargeted += other.retargeted;
        figures.still_open += other.still_open;
        self.times.extend_from_slice(&more.times);
    }

    fn told(mut self, names: &[&str], group: &str) -> Figures {
        self.times.sort_unstable();
        let names = names.iter().map(|name| (*name).to_owned());
        let judged = self.figures.met + self.figures.breached;
        let total: i128 = self.times.iter().map(|time| i128::from(*time)).sum();
        let mean = total.checked_div(self.times.len() as i128);
        Figures {
            group: names
                .zip(group.split(BETWEEN))
                .filter(|(name, it)| name != "measure" || !it.is_empty())
                .map(|(name, it)| (name, if it.is_empty() { NOTHING } else { it }.to_owned()))
                .collect(),
            percent_met: (judged > 0)
                .then(|| (self.figures.met as f64 * 10_000.0 / judged as f64).round() / 100.0),
            mean_ms: mean.and_then(|mean| i64::try_from(mean).ok()),
            p50_ms: percentile(&self.times, 50),
            p90_ms: percentile(&self.times, 90),
            p95_ms: percentile(&self.times, 95),
            ..self.figures
        }
    }
}

//! What a document must be like: all that is wrong with it at once, each with its place.

use crate::definition::catalogue::category_and_above;
use crate::definition::queue::MOST_AGENTS;
use crate::definition::skills;
use crate::definition::{
    BaseStatus, Catalogue, Category, DefinitionKind, Document, Editor, FieldError, Priority,
    PriorityTimes, Problem, Queue, Routing, Settings, Solution, Status, StatusRule, Template,
    ZoneOffsets,
};
use crate::duration::parse_millis;
use crate::limits;
use crate::sla::calendar::Calendar;
use crate::sla::plan::target_length;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// Everything that is wrong with a document that is to be published under `key`.
pub(super) fn check(
    catalogue: &Catalogue,
    key: &str,
    document: &Document,
    zone: Option<&ZoneOffsets>,
) -> Vec<FieldError> {
    let mut check = Check { catalogue, errors: Vec::new() };
    match document {
        Document::Queue(it) => check.queue(it),
        Document::Category(it) => check.category(key, it),
        Document::Status(it) => check.status(key, it),
        Document::Priority(it) => check.priority(it),
        Document::Type(it) => check.name("/name", &it.name),
        Document::Calendar(it) => check.calendar(it, zone),
        Document::Plan(it) => check.errors = it.errors(catalogue),
        Document::Template(it) => check.template(it),
        Document::Settings(it) => check.settings(it, zone),
    }
    check.errors
}

/// Whether this is a key: `[a-z0-9_][a-z0-9_-]{0,63}`.
pub(super) fn is_key(key: &str) -> bool {
    let known = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-');
    (1..=64).contains(&key.len()) && !key.starts_with('-') && key.chars().all(known)
}

struct Check<'a> {
    catalogue: &'a Catalogue,
    errors: Vec<FieldError>,
}

impl Check<'_> {
    fn queue(&mut self, queue: &Queue) {
        self.name("/name", &queue.name);
        if let Some(priority) = &queue.default_priority {
            self.names("/default_priority", DefinitionKind::Priority, priority);
        }
        if let Some(calendar) = &queue.calendar {
            self.names("/calendar", DefinitionKind::Calendar, calendar);
        }
        if let Some(template) = &queue.after_hours_notice {
            self.names("/after_hours_notice", DefinitionKind::Template, template);
        }
        for (index, path) in queue.categories.iter().enumerate() {
            self.names(&format!("/categories/{index}"), DefinitionKind::Category, path);
        }
        self.errors.extend(skills::errors(&queue.skills));
        queue.routing.iter().for_each(|routing| self.routing(routing));
    }

    fn routing(&mut self, routing: &Routing) {
        let few = routing.agents.len() <= MOST_AGENTS;
        self.holds(few, "/routing/agents", || Problem::TooMany(MOST_AGENTS));
        let times = [
            ("/routing/offer_within", &routing.offer_within, (5_000, "PT5S"), (1, "P1D")),
            ("/routing/again_after", &routing.again_after, (MINUTE_MS, "PT1M"), (7, "P7D")),
        ];
        for (pointer, time, least, most) in times {
            time.iter().for_each(|text| self.duration(pointer, text, least, most));
        }
    }

    fn category(&mut self, path: &str, category: &Category) {
        self.name("/name", &category.name);
        if let Some(above) = category_and_above(path).nth(1) {
            let there = self.catalogue.categories.contains_key(above);
            self.holds(there, "", || Problem::NoParent(above.into()));
        }
        if let Some(queue) = &category.queue {
            self.names("/queue", DefinitionKind::Queue, queue);
        }
        self.solutions(&category.solutions);
        self.errors.extend(skills::errors(&category.skills));
    }

    fn solutions(&mut self, solutions: &[Solution]) {
        for (index, solution) in solutions.iter().enumerate() {
            let at = |field: &str| format!("/solutions/{index}/{field}");
            self.holds(is_key(&solution.key), &at("key"), || Problem::Key);
            let repeated = solutions[..index].iter().any(|it| it.key == solution.key);
            self.holds(!repeated, &at("key"), || Problem::Repeated);
            self.name(&at("name"), &solution.name);
            if let Err(error) = limits::text(&solution.reasoning) {
                self.errors.push(FieldError::at(&at("reasoning"), error.into()));
            }
        }
    }

    fn status(&mut self, key: &str, status: &Status) {
        self.name("/name", &status.name);
        for (key, name) in &status.substatuses {
            let pointer = format!("/substatuses/{}", key.replace('~', "~0").replace('/', "~1"));
            self.holds(is_key(key), &pointer, || Problem::Key);
            self.name(&pointer, name);
        }
        let own = BaseStatus::of_key(key).unwrap_or(status.based_on);
        self.holds(own == status.based_on, "/based_on", || Problem::Rebased(own));
        let settings = self.catalogue.settings.as_ref();
        let moved_to = settings.is_some_and(|it| it.document.status_on.moves_to(key));
        let can_be_set = status.based_on.can_be_set();
        self.holds(can_be_set || !moved_to, "/based_on", || Problem::MovedTo);
    }

    fn priority(&mut self, priority: &Priority) {
        self.name("/name", &priority.name);
        self.holds((1..=5).contains(&priority.level), "/level", || Problem::Level);
        let Some(PriorityTimes { reaction, alarm, execution }) = &priority.times else { return };
        for (name, time) in [("reaction", reaction), ("alarm", alarm), ("execution", execution)] {
            if let Some(Err(problem)) = time.as_deref().map(target_length) {
                self.errors.push(FieldError::at(&format!("/times/{name}"), problem));
            }
        }
    }

    fn calendar(&mut self, calendar: &Calendar, zone: Option<&ZoneOffsets>) {
        self.holds(zone.is_some_and(ZoneOffsets::is_ordered), "/zone", || Problem::Zone);
        self.errors.extend(calendar.errors());
    }

    fn template(&mut self, template: &Template) {
        self.name("/name", &template.name);
        let subject = template.subject.as_ref().map(|it| limits::subject(it).map(drop));
        let body = limits::text(&template.body).map(drop);
        for (pointer, checked) in [("/subject", subject), ("/body", Some(body))] {
            if let Some(Err(error)) = checked {
                self.errors.push(FieldError::at(pointer, error.into()));
            }
        }
    }

    fn settings(&mut self, settings: &Settings, zone: Option<&ZoneOffsets>) {
        self.holds(zone.is_some_and(ZoneOffsets::is_ordered), "/zone", || Problem::Zone);
        self.duration("/reopen_within", &settings.reopen_within, (0, "PT0S"), (3650, "P3650D"));
        self.duration("/snooze_block", &settings.snooze_block, (MINUTE_MS, "PT1M"), (1, "P1D"));
        let years = (3650, "P3650D");
        for (pointer, kept) in [
            ("/purge_after", &settings.purge_after),
            ("/dispute_retention", &settings.dispute_retention),
            ("/unsent_after", &settings.unsent_after),
        ] {
            kept.iter().for_each(|text| self.duration(pointer, text, (0, "PT0S"), years));
        }
        let asked = settings.purge_after.as_deref().and_then(|it| parse_millis(it).ok());
        let early = asked.is_some_and(|it| it > 0 && it < settings.dispute_retention_ms());
        self.holds(!early, "/purge_after", || Problem::WithinRetention);
        self.errors.extend(settings.editor.iter().flat_map(Editor::errors));
        self.names("/default_priority", DefinitionKind::Priority, &settings.default_priority);
        self.names("/default_queue", DefinitionKind::Queue, &settings.default_queue);
        self.names("/plan", DefinitionKind::Plan, &settings.plan);
        let on = &settings.status_on;
        self.settable("/status_on/created_by_customer", &on.created_by_customer);
        self.settable("/status_on/created_by_agent", &on.created_by_agent);
        let rules = [("assign", &on.assign), ("reply", &on.reply), ("message", &on.message)];
        for (name, rule) in rules {
            if let Some(rule) = rule {
                self.rule(&format!("/status_on/{name}"), rule);
            }
        }
        for (name, rule) in [("wake", &on.wake), ("reopen", &on.reopen)] {
            let pointer = format!("/status_on/{name}");
            self.settable(&format!("{pointer}/to"), &rule.to);
            let from = format!("{pointer}/from");
            self.holds(rule.from.is_empty(), &from, || Problem::FromFixed);
        }
    }

    fn rule(&mut self, pointer: &str, rule: &StatusRule) {
        for (index, key) in rule.from.iter().enumerate() {
            self.names(&format!("{pointer}/from/{index}"), DefinitionKind::Status, key);
        }
        self.settable(&format!("{pointer}/to"), &rule.to);
    }

    fn settable(&mut self, pointer: &str, key: &str) {
        self.names(pointer, DefinitionKind::Status, key);
        let base = self.catalogue.statuses.get(key).map(|it| it.document.based_on);
        let settable = base.is_none_or(BaseStatus::can_be_set);
        self.holds(settable, pointer, || Problem::NeedsCommand);
    }

    fn duration(
        &mut self,
        pointer: &str,
        text: &str,
        (least_ms, least): (i64, &'static str),
        (most_days, most): (i64, &'static str),
    ) {
        match parse_millis(text) {
            Ok(millis) => {
                let within = (least_ms..=most_days * DAY_MS).contains(&millis);
                self.holds(within, pointer, || Problem::Range { least, most });
            }
            Err(error) => self.errors.push(FieldError::at(pointer, error.into())),
        }
    }

    fn name(&mut self, pointer: &str, name: &str) {
        if let Err(error) = limits::name(name) {
            self.errors.push(FieldError::at(pointer, error.into()));
        }
    }

    fn names(&mut self, pointer: &str, kind: DefinitionKind, key: &str) {
        let there = self.catalogue.document(kind, key).is_some();
        self.holds(there, pointer, || Problem::Unknown { kind, key: key.into() });
    }

    fn holds(&mut self, holds: bool, pointer: &str, problem: impl FnOnce() -> Problem) {
        if !holds {
            self.errors.push(FieldError::at(pointer, problem()));
        }
    }
}

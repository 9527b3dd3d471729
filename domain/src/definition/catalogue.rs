//! What is in force now: a pure fold over the definitions' streams.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::definition::{
    BaseStatus, Category, DefinitionEvent, DefinitionKind, Document, Priority, PriorityTerm, Queue,
    Settings, SlaTerms, Solution, Status, StatusTerm, Template, Term, TicketType, ZoneOffsets,
};
use crate::instant::Instant;
use crate::sla::calendar::Calendar;
use crate::sla::plan::Plan;

/// One definition in force.
#[derive(Clone, Debug, PartialEq)]
pub struct InForce<T> {
    /// Its version: the stream's.
    pub version: u64,
    /// Since when.
    pub effective_from: Instant,
    /// The document.
    pub document: T,
}

/// All definitions in force: a pure fold over their streams.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    /// Queues by key.
    pub queues: BTreeMap<String, InForce<Queue>>,
    /// Categories by path.
    pub categories: BTreeMap<String, InForce<Category>>,
    /// Statuses by key.
    pub statuses: BTreeMap<String, InForce<Status>>,
    /// Priorities by key.
    pub priorities: BTreeMap<String, InForce<Priority>>,
    /// Ticket types by key.
    pub types: BTreeMap<String, InForce<TicketType>>,
    /// Calendars by key.
    pub calendars: BTreeMap<String, InForce<Calendar>>,
    /// The offsets of the calendars' zones, by the calendar's key.
    pub calendar_zones: BTreeMap<String, ZoneOffsets>,
    /// Retired calendars by key, in their last version and with the time-zone release that they were
    /// published with: a contract that names one keeps it.
    pub last_calendars: BTreeMap<String, (Term, String)>,
    /// Service plans by key.
    pub plans: BTreeMap<String, InForce<Plan>>,
    /// Templates by key.
    pub templates: BTreeMap<String, InForce<Template>>,
    /// The settings.
    pub settings: Option<InForce<Settings>>,
    /// The offsets of the settings' zone.
    pub zone_offsets: Option<ZoneOffsets>,
    /// What was in force once: tickets may still name it.
    pub retired: BTreeSet<(DefinitionKind, String)>,
}

/// What holds while no settings are published.
static DEFAULT_SETTINGS: LazyLock<Settings> = LazyLock::new(Settings::default);

impl Catalogue {
    /// Takes in one more event of a definition's stream: its version there, and when it happened.
    pub fn apply(&mut self, stream_version: u64, at: Instant, event: &DefinitionEvent) {
        match event {
            DefinitionEvent::DefinitionPublished { key, document, zone_offsets } => {
                let (key, at) = (key.clone(), (stream_version, at));
                match document {
                    Document::Queue(it) => put(&mut self.queues, key, at, it),
                    Document::Category(it) => put(&mut self.categories, key, at, it),
                    Document::Status(it) => put(&mut self.statuses, key, at, it),
                    Document::Priority(it) => put(&mut self.priorities, key, at, it),
                    Document::Type(it) => put(&mut self.types, key, at, it),
                    Document::Calendar(it) => {
                        let zone = zone_offsets.clone().map(|zone| (key.clone(), zone));
                        self.calendar_zones.extend(zone);
                        put(&mut self.calendars, key, at, it);
                    }
                    Document::Plan(it) => put(&mut self.plans, key, at, it.as_ref()),
                    Document::Template(it) => put(&mut self.templates, key, at, it),
                    Document::Settings(it) => {
                        self.settings = Some(in_force(at, it.as_ref()));
                        self.zone_offsets.clone_from(zone_offsets);
                    }
                }
            }
            DefinitionEvent::DefinitionRetired { kind, key } => {
                self.retired.insert((*kind, key.clone()));
                self.take_out(*kind, key);
            }
            DefinitionEvent::PlanReapplied { .. } => {}
        }
    }

    fn take_out(&mut self, kind: DefinitionKind, key: &str) {
        match kind {
            DefinitionKind::Queue => drop(self.queues.remove(key)),
            DefinitionKind::Category => drop(self.categories.remove(key)),
            DefinitionKind::Status => drop(self.statuses.remove(key)),
            DefinitionKind::Priority => drop(self.priorities.remove(key)),
            DefinitionKind::Type => drop(self.types.remove(key)),
            DefinitionKind::Calendar => {
                let last = self.calendar_term(key);
                self.last_calendars.extend(last.map(|last| (key.to_owned(), last)));
                self.calendars.remove(key);
                self.calendar_zones.remove(key);
            }
            DefinitionKind::Plan => drop(self.plans.remove(key)),
            DefinitionKind::Template => drop(self.templates.remove(key)),
            DefinitionKind::Settings => (self.settings, self.zone_offsets) = (None, None),
        }
    }

    /// Whether a ticket can name it: it is in force, or was.
    pub fn has_had(&self, kind: DefinitionKind, key: &str) -> bool {
        let is_there = match kind {
            DefinitionKind::Queue => self.queues.contains_key(key),
            DefinitionKind::Category => self.categories.contains_key(key),
            DefinitionKind::Status => {
                self.statuses.contains_key(key) || BaseStatus::of_key(key).is_some()
            }
            DefinitionKind::Priority => self.priorities.contains_key(key),
            DefinitionKind::Type => self.types.contains_key(key),
            DefinitionKind::Calendar => self.calendars.contains_key(key),
            DefinitionKind::Plan => self.plans.contains_key(key),
            DefinitionKind::Template => self.templates.contains_key(key),
            DefinitionKind::Settings => self.settings.is_some(),
        };
        is_there || self.retired.contains(&(kind, key.to_owned()))
    }

    /// Whether the desk has a status of its own beside the six (S-41), or had one that tickets may still
    /// be in.
    pub fn has_own_statuses(&self) -> bool {
        let retired = self.retired.iter().filter(|(kind, _)| *kind == DefinitionKind::Status);
        let mut all = self.statuses.keys().chain(retired.map(|(_, key)| key));
        all.any(|key| BaseStatus::of_key(key).is_none())
    }

    /// The settings in force, or the defaults while none are published.
    pub fn settings(&self) -> &Settings {
        self.settings.as_ref().map_or(&DEFAULT_SETTINGS, |it| &it.document)
    }

    /// The document in force under this key.
    pub fn document(&self, kind: DefinitionKind, key: &str) -> Option<Document> {
        match kind {
            DefinitionKind::Queue => document(&self.queues, key).map(Document::Queue),
            DefinitionKind::Category => document(&self.categories, key).map(Document::Category),
            DefinitionKind::Status => document(&self.statuses, key).map(Document::Status),
            DefinitionKind::Priority => document(&self.priorities, key).map(Document::Priority),
            DefinitionKind::Type => document(&self.types, key).map(Document::Type),
            DefinitionKind::Calendar => document(&self.calendars, key).map(Document::Calendar),
            DefinitionKind::Plan => {
                document(&self.plans, key).map(|it| Document::Plan(Box::new(it)))
            }
            DefinitionKind::Template => document(&self.templates, key).map(Document::Template),
            DefinitionKind::Settings => {
                self.settings.as_ref().map(|it| Document::Settings(Box::new(it.document.clone())))
            }
        }
    }

    /// The queue as an event freezes it.
    pub fn queue(&self, key: &str) -> Option<Term> {
        self.queues.get(key).map(|it| term(key, &it.document.name, it.version))
    }

    /// The category as an event freezes it.
    pub fn category(&self, path: &str) -> Option<Term> {
        self.categories.get(path).map(|it| term(path, &it.document.name, it.version))
    }

    /// The ticket type as an event freezes it.
    pub fn ticket_type(&self, key: &str) -> Option<Term> {
        self.types.get(key).map(|it| term(key, &it.document.name, it.version))
    }

    /// The calendar as an event freezes it.
    pub fn calendar(&self, key: &str) -> Option<Term> {
        self.calendars.get(key).map(|it| term(key, &it.document.name, it.version))
    }

    /// The template as an event freezes it.
    pub fn template(&self, key: &str) -> Option<Term> {
        self.templates.get(key).map(|it| term(key, &it.document.name, it.version))
    }

    /// The priority as an event freezes it.
    pub fn priority(&self, key: &str) -> Option<PriorityTerm> {
        self.priorities.get(key).map(|it| PriorityTerm {
            key: key.into(),
            name: it.document.name.clone(),
            level: it.document.level,
            version: it.version,
            times: it.document.times.clone(),
        })
    }

    /// What new tickets are promised by: the settings' plan with its calendar, where both are in force.
    pub fn sla_terms(&self) -> Option<SlaTerms> {
        self.terms_of(&self.settings().plan, None, None)
    }

    /// A plan with the calendar that counts for a ticket, as tickets freeze them: the customer's own, else
    /// that of the queue in which the ticket lies (S-29, S-60), else the plan's. All are in force; a
    /// customer's that was retired holds on in its last version, since a contract is nobody's to change by
    /// the way (S-07).
    pub fn terms_of(&self, key: &str, own: Option<&str>, queue: Option<&str>) -> Option<SlaTerms> {
        let plan = self.plans.get(key)?;
        let last = |own| self.last_calendars.get(own).cloned();
        let own = own.and_then(|own| self.calendar_term(own).or_else(|| last(own)));
        let own_calendar = own.is_some();
        let of_queue = queue.filter(|_| !own_calendar).and_then(|queue| self.calendar_of(queue));
        let queue_calendar = of_queue.is_some();
        let of_plan = || self.calendar_term(&plan.document.calendar);
        let (calendar, tzdb) = own.or(of_queue).or_else(of_plan)?;
        let plan = term(key, &plan.document.name, plan.version);
        Some(SlaTerms { plan, calendar, own_calendar, queue_calendar, tzdb })
    }

    /// The calendar of a queue in force, if it has one of its own.
    fn calendar_of(&self, queue: &str) -> Option<(Term, String)> {
        self.calendar_term(self.queues.get(queue)?.document.calendar.as_deref()?)
    }

    /// A calendar in force with the time-zone release that it was published with.
    fn calendar_term(&self, key: &str) -> Option<(Term, String)> {
        Some((self.calendar(key)?, self.calendar_zones.get(key)?.tzdb.clone()))
    }

    /// Whether a calendar is open at an instant; one that is not in force closes nothing.
    pub fn is_open(&self, calendar: &str, at: Instant) -> bool {
        let in_force = self.calendars.get(calendar).zip(self.calendar_zones.get(calendar));
        in_force.is_none_or(|(calendar, zone)| calendar.document.is_open(zone, at))
    }

    /// The status, without a substatus, as an event freezes it.
    pub fn status(&self, key: &str) -> Option<StatusTerm> {
        self.statuses.get(key).map(|it| StatusTerm {
            key: key.into(),
            name: it.document.name.clone(),
            base: it.document.based_on,
            substatus: None,
            version: it.version,
        })
    }

    /// The queue that tickets of this category go to when they name none: its own, else that of
    /// the nearest category above it (S-25).
    pub fn queue_of_category(&self, path: &str) -> Option<&str> {
        category_and_above(path)
            .find_map(|path| self.categories.get(path)?.document.queue.as_deref())
    }

    /// How minor complaints of this category may be decided (S-72), and the category that says so: it, or
    /// the nearest one above it that prepares something.
    pub fn solutions_of_category(&self, path: &str) -> Option<(Term, &[Solution])> {
        category_and_above(path).find_map(|path| {
            let solutions = self.categories.get(path)?.document.solutions.as_slice();
            if solutions.is_empty() { None } else { Some((self.category(path)?, solutions)) }
        })
    }

    /// Whether the queue takes tickets of this category (S-39): it names none, or this one, or one
    /// above it. A queue that is not in force any more takes what it has.
    pub fn queue_takes(&self, queue: &str, category: &str) -> bool {
        let Some(queue) = self.queues.get(queue) else { return true };
        let allowed = &queue.document.categories;
        allowed.is_empty()
            || category_and_above(category).any(|path| allowed.iter().any(|it| it == path))
    }
}

/// The path, then the paths above it, nearest first: `a/b/c`, `a/b`, `a`.
pub(super) fn category_and_above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(above, _)| above))
}

fn put<T: Clone>(
    map: &mut BTreeMap<String, InForce<T>>,
    key: String,
    at: (u64, Instant),
    document: &T,
) {
    map.insert(key, in_force(at, document));
}

fn in_force<T: Clone>((version, effective_from): (u64, Instant), document: &T) -> InForce<T> {
    InForce { version, effective_from, document: document.clone() }
}

fn document<T: Clone>(map: &BTreeMap<String, InForce<T>>, key: &str) -> Option<T> {
    map.get(key).map(|it| it.document.clone())
}

fn term(key: &str, name: &str, version: u64) -> Term {
    Term { key: key.into(), name: name.into(), version }
}

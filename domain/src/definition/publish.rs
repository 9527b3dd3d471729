//! What administrators may define: rules that keep every name leading to something that exists.

use crate::definition::check::{check, is_key};
use crate::definition::{
    BaseStatus, Catalogue, DefinitionEvent, DefinitionKind, Document, FieldError, Queue,
    ZoneOffsets,
};
use crate::sla::plan::Plan;

/// Why a definition is not published or retired.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionRefusal {
    /// The key is none.
    #[error(
        "a key has 1 to 64 characters of a-z, 0-9, _ and -, and does not begin with -; \
         a category's is a path of such keys, joined by /; the settings' is \"settings\""
    )]
    InvalidKey,
    /// The document is wrong, in as many places as it says.
    #[error("the document is not valid")]
    Invalid {
        /// What is wrong, and where.
        errors: Vec<FieldError>,
    },
    /// There is no such definition in force.
    #[error("there is no such definition")]
    NoSuchDefinition,
    /// It is one that Docket cannot do without.
    #[error("it is one that the desk cannot do without")]
    BuiltIn,
    /// Others name it.
    #[error("it is used by {}", used_by.join(", "))]
    InUse {
        /// What names it, such as `queue inbox`.
        used_by: Vec<String>,
    },
}

impl DefinitionRefusal {
    /// Says in which of several documents it is wrong.
    pub fn under(mut self, member: &str) -> Self {
        if let Self::Invalid { errors } = &mut self {
            errors.iter_mut().for_each(|error| error.pointer.insert_str(0, member));
        }
        self
    }

    /// The stable code that clients act on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidKey => "invalid_key",
            Self::Invalid { .. } => "invalid_definition",
            Self::NoSuchDefinition => "not_found",
            Self::BuiltIn => "built_in",
            Self::InUse { .. } => "definition_in_use",
        }
    }
}

/// Publishes a whole new version, or nothing when it is the one in force. `zone_offsets` are those
/// of the zone that settings and calendars name, and none for every other document.
pub fn publish(
    catalogue: &Catalogue,
    key: &str,
    document: Document,
    zone_offsets: Option<ZoneOffsets>,
) -> Result<Vec<DefinitionEvent>, DefinitionRefusal> {
    if !is_key_of(document.kind(), key) {
        return Err(DefinitionRefusal::InvalidKey);
    }
    let zone_offsets = zone_offsets.filter(|_| document.zone().is_some());
    let errors = check(catalogue, key, &document, zone_offsets.as_ref());
    if !errors.is_empty() {
        return Err(DefinitionRefusal::Invalid { errors });
    }
    if is_in_force(catalogue, key, &document, zone_offsets.as_ref()) {
        return Ok(Vec::new());
    }
    Ok(vec![DefinitionEvent::DefinitionPublished { key: key.into(), document, zone_offsets }])
}

/// Retires a definition that nothing else names; tickets that use it keep it.
pub fn retire(
    catalogue: &Catalogue,
    kind: DefinitionKind,
    key: &str,
) -> Result<Vec<DefinitionEvent>, DefinitionRefusal> {
    if catalogue.document(kind, key).is_none() {
        return Err(DefinitionRefusal::NoSuchDefinition);
    }
    let one_of_six = kind == DefinitionKind::Status && BaseStatus::of_key(key).is_some();
    if one_of_six || kind == DefinitionKind::Settings {
        return Err(DefinitionRefusal::BuiltIn);
    }
    let used_by = used_by(catalogue, kind, key);
    if !used_by.is_empty() {
        return Err(DefinitionRefusal::InUse { used_by });
    }
    Ok(vec![DefinitionEvent::DefinitionRetired { kind, key: key.into() }])
}

fn is_key_of(kind: DefinitionKind, key: &str) -> bool {
    match kind {
        DefinitionKind::Category => key.split('/').all(is_key),
        DefinitionKind::Settings => key == DefinitionKind::Settings.word(),
        DefinitionKind::Queue
        | DefinitionKind::Status
        | DefinitionKind::Priority
        | DefinitionKind::Type
        | DefinitionKind::Calendar
        | DefinitionKind::Plan
        | DefinitionKind::Template => is_key(key),
    }
}

/// Whether this very document is in force. A newer release of the time-zone database that says the
/// same of its zone is no reason for a new version.
fn is_in_force(
    catalogue: &Catalogue,
    key: &str,
    document: &Document,
    zone: Option<&ZoneOffsets>,
) -> bool {
    let zone_in_force = if document.kind() == DefinitionKind::Calendar {
        catalogue.calendar_zones.get(key)
    } else {
        catalogue.zone_offsets.as_ref()
    };
    let same_zone =
        zone.is_none_or(|new| zone_in_force.map(|it| &it.offsets) == Some(&new.offsets));
    same_zone && catalogue.document(document.kind(), key).as_ref() == Some(document)
}

/// Which other definitions name this one.
fn used_by(catalogue: &Catalogue, kind: DefinitionKind, key: &str) -> Vec<String> {
    let settings = catalogue.settings();
    let is_key = |named: Option<&String>| named.is_some_and(|named| named == key);
    let queues = |named: &dyn Fn(&Queue) -> bool| -> Vec<String> {
        let naming = catalogue.queues.iter().filter(|(_, queue)| named(&queue.document));
        naming.map(|(key, _)| format!("the queue {key}")).collect()
    };
    let plans = |named: &dyn Fn(&Plan) -> bool| -> Vec<String> {
        let naming = catalogue.plans.iter().filter(|(_, plan)| named(&plan.document));
        naming.map(|(key, _)| format!("the plan {key}")).collect()
    };
    let by_settings = |named: bool| named.then(|| "the settings".to_owned());
    match kind {
        DefinitionKind::Queue => {
            let naming =
                catalogue.categories.iter().filter(|(_, it)| is_key(it.document.queue.as_ref()));
            let categories = naming.map(|(path, _)| format!("the category {path}"));
            categories
                .chain(plans(&|plan| plan.names_queue(key)))
                .chain(by_settings(settings.default_queue == key))
                .collect()
        }
        DefinitionKind::Category => {
            let below = format!("{key}/");
            let children = catalogue.categories.keys().filter(|path| path.starts_with(&below));
            let children = children.map(|path| format!("the category {path}"));
            queues(&|queue| queue.categories.iter().any(|it| it == key))
                .into_iter()
                .chain(children)
                .collect()
        }
        DefinitionKind::Priority => queues(&|queue| is_key(queue.default_priority.as_ref()))
            .into_iter()
            .chain(plans(&|plan| plan.names_priority(key)))
            .chain(by_settings(settings.default_priority == key))
            .collect(),
        DefinitionKind::Status => plans(&|plan| plan.names_status(key))
            .into_iter()
            .chain(by_settings(settings.status_on.names(key)))
            .collect(),
        DefinitionKind::Type => plans(&|plan| plan.names_type(key)),
        DefinitionKind::Calendar => queues(&|queue| is_key(queue.calendar.as_ref()))
            .into_iter()
            .chain(plans(&|plan| plan.calendar == key))
            .collect(),
        DefinitionKind::Plan => by_settings(settings.plan == key).into_iter().collect(),
        DefinitionKind::Template => queues(&|queue| is_key(queue.after_hours_notice.as_ref())),
        DefinitionKind::Settings => Vec::new(),
    }
}

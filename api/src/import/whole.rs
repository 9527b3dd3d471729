//! Keeping a foreign event whole: whatever becomes of it, nothing that was said of it is lost.

use docket_domain::envelope::Said;
use docket_domain::personal::Personal;
use docket_domain::ticket::command::TicketCommand;

use crate::import::map::{Activity, Map};
use crate::import::row::Attributes;

/// The command that keeps an activity as it is: because no rule of the map fits it, or because the
/// rules of the desk refused what it maps to, for the reason `refused`.
pub fn record(activity: &Activity, map: &Map, refused: Option<String>) -> TicketCommand {
    let (public, attributes) = sorted(&activity.row.attributes, map, |_, _| true);
    TicketCommand::RecordActivity {
        activity: activity.activity.clone(),
        performer: activity.resource.clone(),
        attributes,
        public,
        refused,
    }
}

/// What the event that an activity becomes carries along, beside what its own fields say: the
/// attributes of the activity, where it is `mapped`, and those of the case, with the first of it.
/// The case and the activity itself are in the source already.
pub fn said(activity: &Activity, map: &Map, mapped: bool, first: bool) -> Option<Box<Said>> {
    let in_source = |name: &String, value: &String| {
        (*name == map.case && *value == activity.case)
            || (map.activity.len() == 1 && map.activity.contains(name))
    };
    let of = |attributes: Option<&Attributes>| match attributes {
        Some(attributes) => sorted(attributes, map, |name, value| !in_source(name, value)),
        None => Default::default(),
    };
    let (public, attributes) = of(Some(&activity.row.attributes).filter(|_| mapped));
    let (case_public, case_attributes) = of(activity.row.case.as_deref().filter(|_| first));
    let sealed =
        |attributes: Attributes| (!attributes.is_empty()).then_some(Personal::Known(attributes));
    let said = Said {
        attributes: sealed(attributes),
        public,
        case_attributes: sealed(case_attributes),
        case_public,
    };
    let nothing = said.attributes.is_none()
        && said.public.is_empty()
        && said.case_attributes.is_none()
        && said.case_public.is_empty();
    (!nothing).then(|| Box::new(said))
}

/// Attributes that are about nobody, and the others.
fn sorted(
    attributes: &Attributes,
    map: &Map,
    wanted: impl Fn(&String, &String) -> bool,
) -> (Attributes, Attributes) {
    let wanted = attributes.iter().filter(|(name, value)| wanted(name, value));
    let (public, personal): (Vec<_>, Vec<_>) =
        wanted.partition(|(name, _)| map.public.contains(name));
    let kept = |some: Vec<(&String, &String)>| {
        some.into_iter().map(|(name, value)| (escaped(name), value.clone())).collect()
    };
    (kept(public), kept(personal))
}

/// Names that begin with `$` mean something in a stored payload, so one that comes from outside is
/// kept with a second `$` before it.
fn escaped(name: &str) -> String {
    if name.starts_with('$') { format!("${name}") } else { name.to_owned() }
}

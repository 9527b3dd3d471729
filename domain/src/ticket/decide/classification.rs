//! What a ticket is about, how urgent it is, and where it lies. What it has already is left as it
//! was frozen then, though the definition may have a newer version.

use crate::context::Context;
use crate::customer::TIERS;
use crate::limits::{MOST_FIELDS, MOST_TAGS};
use crate::party::Channel;
use crate::personal::Personal;
use crate::ticket::command::TicketRefusal;
use crate::ticket::decide::{Decision, status};
use crate::ticket::event::TicketEvent;
use crate::ticket::state::TicketState;

/// Sets the priority (S-08).
pub(super) fn prioritize(state: &TicketState, key: &str, context: &Context<'_>) -> Decision {
    let to = status::priority(key, context)?;
    if state.priority.key == to.key {
        return Ok(Vec::new());
    }
    Ok(vec![TicketEvent::TicketPrioritized { from: state.priority.clone(), to }])
}

/// Sets category, type, tier or channel; what is not said stays (S-16). Where the type changes together
/// with the terms, clocks get one new target, that of all of it: what none of the two alone would have
/// made of them was never promised to anybody (rule 9).
pub(super) fn reclassify(
    state: &TicketState,
    about: (Option<&str>, Option<&str>),
    (tier, channel): (Option<String>, Option<Channel>),
    context: &Context<'_>,
) -> Decision {
    let mut events = change_about(state, about, context)?;
    let terms = change_terms(state, tier, channel)?;
    if let (false, Some(TicketEvent::TicketReclassified { terms_follow, .. })) =
        (terms.is_empty(), events.first_mut())
    {
        *terms_follow = true;
    }
    events.extend(terms);
    Ok(events)
}

/// The queue must take the category (S-39); the ticket does not move for it, which is `Transfer`'s part.
fn change_about(
    state: &TicketState,
    (category, ticket_type): (Option<&str>, Option<&str>),
    context: &Context<'_>,
) -> Decision {
    let new_category = category
        .filter(|path| state.category.as_ref().is_none_or(|present| present.key != *path))
        .map(|path| status::category(path, context))
        .transpose()?;
    let new_type = ticket_type
        .filter(|key| state.ticket_type.as_ref().is_none_or(|present| present.key != *key))
        .map(|key| status::ticket_type(key, context))
        .transpose()?;
    status::queue_takes(&state.queue, new_category.as_ref(), context)?;
    if new_category.is_none() && new_type.is_none() {
        return Ok(Vec::new());
    }
    Ok(vec![TicketEvent::TicketReclassified {
        from_category: state.category.clone(),
        category: new_category.or_else(|| state.category.clone()),
        from_type: state.ticket_type.clone(),
        ticket_type: new_type.or_else(|| state.ticket_type.clone()),
        terms_follow: false,
    }])
}

/// Sets the tier or the channel that the ticket is promised by; what is not said stays (rule 9). What has
/// elapsed of its clocks is carried over.
fn change_terms(state: &TicketState, tier: Option<String>, channel: Option<Channel>) -> Decision {
    if let Some(tier) = tier.as_ref().filter(|tier| !TIERS.contains(&tier.as_str())) {
        return Err(TicketRefusal::UnknownTier { tier: tier.clone() });
    }
    let tier = tier.unwrap_or_else(|| state.tier.clone());
    let channel = channel.unwrap_or(state.channel);
    if tier == state.tier && channel == state.channel {
        return Ok(Vec::new());
    }
    let (from_tier, from_channel) = (state.tier.clone(), state.channel);
    Ok(vec![TicketEvent::TicketTermsChanged { from_tier, tier, from_channel, channel }])
}

/// Moves the ticket to another queue, which must take its category. The owner stays until somebody
/// else takes it, so that it never hangs between two queues (S-91).
pub(super) fn transfer(
    state: &TicketState,
    queue: &str,
    reason: Option<String>,
    context: &Context<'_>,
) -> Decision {
    if state.queue.key == queue {
        return Ok(Vec::new());
    }
    let to = status::queue(queue, context)?;
    status::queue_takes(&to, state.category.as_ref(), context)?;
    let reason = reason.map(Into::into);
    Ok(vec![TicketEvent::TicketTransferred { from: state.queue.clone(), to, reason }])
}

/// Sets the status and its substatus by hand; without one, the substatus is cleared. A status that
/// means snoozed, merged or closed is set by its own command only, which knows what belongs to it.
/// Leaving a snooze this way ends it.
pub(super) fn set_status(
    state: &TicketState,
    key: &str,
    substatus: Option<String>,
    context: &Context<'_>,
) -> Decision {
    let mut to = status::status(key, context)?;
    if !to.base.can_be_set() {
        return Err(TicketRefusal::StatusNeedsCommand { status: to.key });
    }
    if let Some(substatus) = &substatus {
        let defined = context.catalogue.statuses.get(key);
        if !defined.is_some_and(|it| it.document.substatuses.contains_key(substatus)) {
            return Err(TicketRefusal::UnknownSubstatus {
                status: to.key,
                substatus: substatus.clone(),
            });
        }
    }
    to.substatus = substatus;
    if state.status.key == to.key && state.status.substatus == to.substatus {
        return Ok(Vec::new());
    }
    Ok(vec![TicketEvent::TicketStatusChanged { from: state.status.clone(), to }])
}

/// Adds and removes tags, none of them both: nobody could say what is meant.
pub(super) fn tag(state: &TicketState, add: Vec<String>, remove: &[String]) -> Decision {
    if let Some(tag) = remove.iter().find(|tag| add.contains(tag)) {
        return Err(TicketRefusal::TagBothWays { tag: tag.clone() });
    }
    let mut removed = distinct(remove.to_vec());
    removed.retain(|tag| state.tags.contains(tag));
    let mut added = distinct(add);
    added.retain(|tag| !state.tags.contains(tag));
    if added.is_empty() && removed.is_empty() {
        return Ok(Vec::new());
    }
    at_most_50_tags(state.tags.len() - removed.len() + added.len())?;
    Ok(vec![TicketEvent::TicketTagged { added, removed }])
}

/// Sets a custom field, or clears it.
pub(super) fn set_field(state: &TicketState, field: String, value: Option<String>) -> Decision {
    let from = state.fields.get(&field).cloned();
    let to = value.map(Personal::text);
    if from == to {
        return Ok(Vec::new());
    }
    if from.is_none() && state.fields.len() >= MOST_FIELDS {
        return Err(TicketRefusal::TooManyFields);
    }
    Ok(vec![TicketEvent::CustomFieldChanged { field, from, to }])
}

/// Each tag once, where it came first.
pub(super) fn distinct(tags: Vec<String>) -> Vec<String> {
    let mut seen = Vec::with_capacity(tags.len());
    for tag in tags {
        if !seen.contains(&tag) {
            seen.push(tag);
        }
    }
    seen
}

pub(super) fn at_most_50_tags(count: usize) -> Result<(), TicketRefusal> {
    if count > MOST_TAGS { Err(TicketRefusal::TooManyTags) } else { Ok(()) }
}

//! Reading `$all`, with a filter or without.
//!
//! A filter is applied to a window of events at a time, and the next window is looked at until enough was found
//! or the log ends; where a window has nothing, it is said how far it went. So releases of EventStoreDB do it
//! whose source is open.

use tonic::Status;

use crate::faults::Faults;
use crate::log::{Kept, Log};
use crate::proto::streams::read_req::Options;
use crate::proto::streams::read_req::options::all_options::AllOption;
use crate::proto::streams::read_req::options::filter_options::{Expression, Filter, Window};
use crate::proto::streams::read_req::options::{
    AllOptions, FilterOption, FilterOptions, ReadDirection,
};

/// The filter that leaves out the system's own events; other expressions are not understood.
const NO_SYSTEM_EVENTS: &str = r"^[^\$].*";

/// Events in a window where the client does not say.
const WINDOW: usize = 32;

/// What is told of `$all`.
pub(crate) enum Told<'a> {
    Event(&'a Kept),
    /// Up to this event there was nothing.
    Checkpoint(&'a Kept),
}

/// What a read of `$all` is answered, and how many events were looked at for it.
pub(crate) fn told<'a>(
    log: &'a Log,
    faults: &Faults,
    (all, options): (&AllOptions, &Options),
    limit: usize,
) -> Result<(Vec<Told<'a>>, usize), Status> {
    let events = from_place(log, all, options.read_direction(), faults.lags())?;
    let filter = match &options.filter_option {
        Some(FilterOption::Filter(filter)) => Some(filter),
        _ => None,
    };
    let Some(filter) = filter else {
        let told: Vec<_> = events.into_iter().take(limit).map(Told::Event).collect();
        let looked_at = told.len();
        return Ok((told, looked_at));
    };
    let (passes, window) = (passing(filter)?, window(filter)?);
    let (mut told, mut found, mut found_before, mut looked_at) = (Vec::new(), 0, 0, 0);
    for kept in events {
        looked_at += 1;
        if passes(kept) {
            told.push(Told::Event(kept));
            found += 1;
        }
        if found == limit.min(faults.page()) {
            break;
        }
        if looked_at % window == 0 {
            if found == found_before {
                told.push(Told::Checkpoint(kept));
            }
            found_before = found;
        }
    }
    Ok((told, looked_at))
}

/// The events from a place on, in the order in which they are read.
fn from_place<'a>(
    log: &'a Log,
    all: &AllOptions,
    direction: ReadDirection,
    lags: bool,
) -> Result<Vec<&'a Kept>, Status> {
    let shown = log.events().len() - usize::from(lags && !log.events().is_empty());
    let mut events: Vec<_> = log.events()[..shown].iter().collect();
    let backwards = direction == ReadDirection::Backwards;
    let place = |kept: &&Kept| (kept.commit, kept.prepare);
    match (&all.all_option, backwards) {
        (Some(AllOption::Position(at)), false) => {
            events.retain(|kept| place(kept) >= (at.commit_position, at.prepare_position));
        }
        (Some(AllOption::Position(at)), true) => {
            events.retain(|kept| place(kept) < (at.commit_position, at.prepare_position));
        }
        (Some(AllOption::Start(())), false) | (Some(AllOption::End(())), true) => {}
        (Some(AllOption::Start(())), true) | (Some(AllOption::End(())), false) => events.clear(),
        (None, _) => return Err(Status::invalid_argument("no position to begin at")),
    }
    if backwards {
        events.reverse();
    }
    Ok(events)
}

fn window(filter: &FilterOptions) -> Result<usize, Status> {
    match filter.window {
        Some(Window::Max(0)) => Err(Status::invalid_argument("a window of nothing")),
        Some(Window::Max(events)) => Ok(events as usize),
        Some(Window::Count(())) | None => Ok(WINDOW),
    }
}

fn passing(filter: &FilterOptions) -> Result<impl Fn(&Kept) -> bool, Status> {
    let (expression, on_stream) = match &filter.filter {
        Some(Filter::StreamIdentifier(expression)) => (expression, true),
        Some(Filter::EventType(expression)) => (expression, false),
        None => return Err(Status::invalid_argument("a filter by nothing")),
    };
    let passes = passing_texts(expression)?;
    Ok(move |kept: &Kept| passes(if on_stream { &kept.stream } else { kind(kept) }))
}

fn passing_texts(expression: &Expression) -> Result<impl Fn(&str) -> bool, Status> {
    let plain = match expression.regex.as_str() {
        NO_SYSTEM_EVENTS => true,
        "" => false,
        _ => return Err(Status::unimplemented("the double does not know this regular expression")),
    };
    Ok(move |text: &str| {
        let prefixes = &expression.prefix;
        (!plain || !text.starts_with('$'))
            && (prefixes.is_empty() || prefixes.iter().any(|prefix| text.starts_with(prefix)))
    })
}

fn kind(kept: &Kept) -> &str {
    kept.event.metadata.get("type").map_or("", String::as_str)
}

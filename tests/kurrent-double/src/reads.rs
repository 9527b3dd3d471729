//! Reading a stream or `$all`, forwards and backwards.

use tonic::Status;

use crate::faults::Faults;
use crate::log::{Kept, Log};
use crate::proto::streams::read_req::Options;
use crate::proto::streams::read_req::options::all_options::AllOption;
use crate::proto::streams::read_req::options::filter_options::{Expression, Filter};
use crate::proto::streams::read_req::options::stream_options::RevisionOption;
use crate::proto::streams::read_req::options::{
    AllOptions, CountOption, FilterOption, ReadDirection, StreamOption, StreamOptions, UuidOption,
    uuid_option,
};
use crate::proto::streams::read_resp::read_event::{Position, RecordedEvent};
use crate::proto::streams::read_resp::{Content, ReadEvent, StreamNotFound};
use crate::proto::streams::{ReadReq, ReadResp};
use crate::proto::{ProtoUuid, StreamIdentifier, proto_uuid};
use crate::streams::name;

/// The filter that leaves out the system's own events; others are not understood.
const NO_SYSTEM_EVENTS: &str = r"^[^\$].*";

/// The answers to a read.
pub(crate) fn answer(
    log: &Log,
    faults: &Faults,
    request: ReadReq,
) -> Result<Vec<ReadResp>, Status> {
    let options = request.options.ok_or_else(|| Status::invalid_argument("no options"))?;
    let backwards = options.read_direction() == ReadDirection::Backwards;
    let limit = match options.count_option {
        Some(CountOption::Count(count)) => usize::try_from(count).unwrap_or(usize::MAX),
        Some(CountOption::Subscription(_)) => {
            return Err(Status::unimplemented("the double has no subscriptions"));
        }
        None => return Err(Status::invalid_argument("no count")),
    };
    let structured = wants_structured_ids(options.uuid_option.as_ref());
    let (mut events, all) = match &options.stream_option {
        Some(StreamOption::Stream(stream)) => match of_stream(log, stream, backwards)? {
            Some(events) => (events, false),
            None => return Ok(vec![not_found(stream)]),
        },
        Some(StreamOption::All(all)) => {
            let lags = faults.lags();
            (of_all(log, all, &options, backwards, lags)?, true)
        }
        None => return Err(Status::invalid_argument("nothing to read")),
    };
    // A server that need not filter tells as much as it was asked for.
    let filters = matches!(options.filter_option, Some(FilterOption::Filter(_)));
    events.truncate(if all && filters { limit.min(faults.page()) } else { limit });
    let told = if all && faults.are_told_twice() { 2 } else { 1 };
    let answers = events.into_iter().flat_map(|kept| vec![event(kept, structured); told]);
    Ok(answers.collect())
}

fn of_stream<'a>(
    log: &'a Log,
    options: &StreamOptions,
    backwards: bool,
) -> Result<Option<Vec<&'a Kept>>, Status> {
    let stream = name(options.stream_identifier.clone())?;
    let mut events: Vec<_> = log.stream(&stream).collect();
    if events.is_empty() {
        return Ok(None);
    }
    match (&options.revision_option, backwards) {
        (Some(RevisionOption::Revision(from)), false) => events.retain(|e| e.revision >= *from),
        (Some(RevisionOption::Revision(from)), true) => events.retain(|e| e.revision <= *from),
        (Some(RevisionOption::Start(())), false) | (Some(RevisionOption::End(())), true) => {}
        (Some(RevisionOption::Start(())), true) => events.truncate(1),
        (Some(RevisionOption::End(())), false) => events.clear(),
        (None, _) => return Err(Status::invalid_argument("no revision to begin at")),
    }
    if backwards {
        events.reverse();
    }
    Ok(Some(events))
}

fn of_all<'a>(
    log: &'a Log,
    all: &AllOptions,
    options: &Options,
    backwards: bool,
    lags: bool,
) -> Result<Vec<&'a Kept>, Status> {
    let shown = log.events().len() - usize::from(lags && !log.events().is_empty());
    let mut events: Vec<_> = log.events()[..shown].iter().collect();
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
    if let Some(FilterOption::Filter(filter)) = &options.filter_option {
        let (expression, on_stream) = match &filter.filter {
            Some(Filter::StreamIdentifier(expression)) => (expression, true),
            Some(Filter::EventType(expression)) => (expression, false),
            None => return Err(Status::invalid_argument("a filter by nothing")),
        };
        let passes = passing(expression)?;
        events.retain(|kept| passes(if on_stream { &kept.stream } else { kind(kept) }));
    }
    if backwards {
        events.reverse();
    }
    Ok(events)
}

fn passing(expression: &Expression) -> Result<impl Fn(&str) -> bool, Status> {
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

fn wants_structured_ids(option: Option<&UuidOption>) -> bool {
    matches!(
        option.and_then(|option| option.content.as_ref()),
        Some(uuid_option::Content::Structured(()))
    )
}

fn not_found(stream: &StreamOptions) -> ReadResp {
    let stream_identifier = stream.stream_identifier.clone();
    ReadResp { content: Some(Content::StreamNotFound(StreamNotFound { stream_identifier })) }
}

fn event(kept: &Kept, structured: bool) -> ReadResp {
    let (most, least) = kept.event.id.as_u64_pair();
    let id = if structured {
        proto_uuid::Value::Structured(proto_uuid::Structured {
            most_significant_bits: most.cast_signed(),
            least_significant_bits: least.cast_signed(),
        })
    } else {
        proto_uuid::Value::String(kept.event.id.to_string())
    };
    let mut metadata = kept.event.metadata.clone();
    // In ticks of 100 ns since 1970. The double has no clock, and nobody may rely on this one.
    metadata.insert("created".to_owned(), "0".to_owned());
    let event = RecordedEvent {
        id: Some(ProtoUuid { value: Some(id) }),
        stream_identifier: Some(StreamIdentifier { stream_name: kept.stream.clone().into() }),
        stream_revision: kept.revision,
        prepare_position: kept.prepare,
        commit_position: kept.commit,
        metadata,
        custom_metadata: kept.event.custom_metadata.clone(),
        data: kept.event.data.clone(),
    };
    let event = ReadEvent {
        event: Some(event),
        link: None,
        position: Some(Position::CommitPosition(kept.commit)),
    };
    ReadResp { content: Some(Content::Event(event)) }
}

//! Reading a stream or `$all`, forwards and backwards.

use tonic::Status;

use crate::all::{self, Told};
use crate::counts::Counts;
use crate::faults::Faults;
use crate::log::{Kept, Log};
use crate::proto::streams::read_req::options::stream_options::RevisionOption;
use crate::proto::streams::read_req::options::{
    CountOption, ReadDirection, StreamOption, StreamOptions, UuidOption, uuid_option,
};
use crate::proto::streams::read_resp::read_event::{Position, RecordedEvent};
use crate::proto::streams::read_resp::{Checkpoint, Content, ReadEvent, StreamNotFound};
use crate::proto::streams::{ReadReq, ReadResp};
use crate::proto::{ProtoUuid, StreamIdentifier, proto_uuid};
use crate::streams::name;

/// The answers to a read.
pub(crate) fn answer(
    log: &Log,
    faults: &Faults,
    counts: &Counts,
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
    match &options.stream_option {
        Some(StreamOption::Stream(stream)) => match of_stream(log, stream, backwards)? {
            Some(events) => {
                Ok(events.into_iter().take(limit).map(|kept| event(kept, structured)).collect())
            }
            None => Ok(vec![not_found(stream)]),
        },
        Some(StreamOption::All(all)) => {
            let (told, looked_at) = all::told(log, faults, (all, &options), limit)?;
            let answers = told.into_iter().flat_map(|told| match told {
                Told::Event(kept) if faults.are_told_twice() => vec![event(kept, structured); 2],
                Told::Event(kept) => vec![event(kept, structured)],
                Told::Checkpoint(kept) => vec![checkpoint(kept)],
            });
            let answers: Vec<_> = answers.collect();
            let is_event = |answer: &&ReadResp| matches!(answer.content, Some(Content::Event(_)));
            counts.count(answers.iter().filter(is_event).count(), looked_at);
            Ok(answers)
        }
        None => Err(Status::invalid_argument("nothing to read")),
    }
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

fn checkpoint(kept: &Kept) -> ReadResp {
    let (commit_position, prepare_position) = (kept.commit, kept.prepare);
    let checkpoint = Checkpoint { commit_position, prepare_position, timestamp: None };
    ReadResp { content: Some(Content::Checkpoint(checkpoint)) }
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

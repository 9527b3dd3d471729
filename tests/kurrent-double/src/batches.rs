//! Batch appends: what other clients of KurrentDB use for every append.

use std::collections::HashMap;

use prost::Message;
use prost_types::Any;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};
use uuid::Uuid;

use crate::log::{Answer, Expected, Proposed};
use crate::proto::streams::batch_append_req::options::ExpectedStreamPosition;
use crate::proto::streams::batch_append_req::{Options, ProposedMessage};
use crate::proto::streams::batch_append_resp::success::{CurrentRevisionOption, PositionOption};
use crate::proto::streams::batch_append_resp::{self as resp, Success};
use crate::proto::streams::{BatchAppendReq, BatchAppendResp};
use crate::proto::{
    AllStreamPosition, CurrentStreamRevisionOption, RpcStatus, WrongExpectedVersion,
};
use crate::streams::{Answers, Service, id_of, name};

/// Answers each batch once its last part has come.
pub(crate) fn serve(
    service: Service,
    mut requests: Streaming<BatchAppendReq>,
) -> Answers<BatchAppendResp> {
    let (answers, told) = mpsc::channel(16);
    tokio::spawn(async move {
        let mut batches: HashMap<Uuid, Batch> = HashMap::new();
        while let Ok(Some(request)) = requests.message().await {
            let answer = take(&service, &mut batches, request).await;
            if let Some(answer) = answer.transpose()
                && answers.send(answer).await.is_err()
            {
                return;
            }
        }
    });
    Box::pin(ReceiverStream::new(told))
}

/// A batch of which parts are there.
#[derive(Default)]
struct Batch {
    options: Option<Options>,
    events: Vec<Proposed>,
}

async fn take(
    service: &Service,
    batches: &mut HashMap<Uuid, Batch>,
    request: BatchAppendReq,
) -> Result<Option<BatchAppendResp>, Status> {
    let correlation_id = request.correlation_id.clone();
    let id = id_of(request.correlation_id)?;
    let batch = batches.entry(id).or_default();
    batch.options = request.options.or(batch.options.take());
    for ProposedMessage { id, metadata, custom_metadata, data } in request.proposed_messages {
        batch.events.push(Proposed { id: id_of(id)?, metadata, custom_metadata, data });
    }
    if !request.is_final {
        return Ok(None);
    }
    let Batch { options, events } = batches.remove(&id).unwrap_or_default();
    let options = options.ok_or_else(|| Status::invalid_argument("no options"))?;
    let stream = name(options.stream_identifier.clone())?;
    let expected = match options.expected_stream_position {
        Some(ExpectedStreamPosition::StreamPosition(revision)) => Expected::Revision(revision),
        Some(ExpectedStreamPosition::NoStream(())) => Expected::NoStream,
        Some(ExpectedStreamPosition::StreamExists(())) => Expected::Exists,
        Some(ExpectedStreamPosition::Any(())) | None => Expected::Any,
    };
    let answer = service.append_or_fail(&stream, expected, events).await?;
    Ok(Some(BatchAppendResp {
        correlation_id,
        stream_identifier: options.stream_identifier,
        expected_stream_position: options.expected_stream_position.map(told),
        result: Some(result(answer)),
    }))
}

fn told(expected: ExpectedStreamPosition) -> resp::ExpectedStreamPosition {
    match expected {
        ExpectedStreamPosition::StreamPosition(revision) => {
            resp::ExpectedStreamPosition::StreamPosition(revision)
        }
        ExpectedStreamPosition::NoStream(()) => resp::ExpectedStreamPosition::NoStream(()),
        ExpectedStreamPosition::Any(()) => resp::ExpectedStreamPosition::Any(()),
        ExpectedStreamPosition::StreamExists(()) => resp::ExpectedStreamPosition::StreamExists(()),
    }
}

fn result(answer: Answer) -> resp::Result {
    match answer {
        Answer::Written { revision, commit, prepare } => {
            let position = AllStreamPosition { commit_position: commit, prepare_position: prepare };
            resp::Result::Success(Success {
                current_revision_option: Some(CurrentRevisionOption::CurrentRevision(revision)),
                position_option: Some(PositionOption::Position(position)),
            })
        }
        Answer::Wrong(current) => resp::Result::Error(wrong_version(current)),
    }
}

/// Clients look into the details.
fn wrong_version(current: Option<u64>) -> RpcStatus {
    let error = WrongExpectedVersion {
        current_stream_revision_option: Some(match current {
            Some(revision) => CurrentStreamRevisionOption::CurrentStreamRevision(revision),
            None => CurrentStreamRevisionOption::CurrentNoStream(()),
        }),
        expected_stream_position_option: None,
    };
    RpcStatus {
        code: Code::FailedPrecondition as i32,
        message: "wrong expected version".to_owned(),
        details: Some(Any {
            type_url: "type.googleapis.com/event_store.client.WrongExpectedVersion".to_owned(),
            value: error.encode_to_vec(),
        }),
    }
}

//! The service, as far as the double has it.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tonic::metadata::MetadataValue;
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

use crate::cluster::Nodes;
use crate::counts::Counts;
use crate::faults::{Fault, Faults};
use crate::log::{Answer, Expected, Log, Proposed};
use crate::proto::streams::append_req::options::ExpectedStreamRevision;
use crate::proto::streams::append_req::{Content, Options, ProposedMessage};
use crate::proto::streams::append_resp::success::{CurrentRevisionOption, PositionOption};
use crate::proto::streams::append_resp::{
    self, Position, Success, WrongExpectedVersion, wrong_expected_version as wrong,
};
use crate::proto::streams::read_req::options::FilterOption;
use crate::proto::streams::{
    AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, DeleteReq, DeleteResp, ReadReq,
    ReadResp, TombstoneReq, TombstoneResp,
};
use crate::proto::{
    ProtoUuid, ServerFeatures, StreamIdentifier, Streams, SupportedMethod, SupportedMethods,
    proto_uuid,
};
use crate::{batches, reads};

/// A stream of answers.
pub(crate) type Answers<T> = Pin<Box<dyn tokio_stream::Stream<Item = Result<T, Status>> + Send>>;

#[derive(Clone)]
pub(crate) struct Service {
    pub address: SocketAddr,
    pub log: Arc<Mutex<Log>>,
    pub faults: Arc<Faults>,
    pub counts: Arc<Counts>,
    pub nodes: Nodes,
}

impl Service {
    pub fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends, or fails in the way that was asked for.
    pub async fn append_or_fail(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<Proposed>,
    ) -> Result<Answer, Status> {
        if let Some(leader) = self.nodes.leader().filter(|leader| *leader != self.address) {
            return Err(not_leader(leader));
        }
        let write = || self.log().append(stream, expected, events);
        match self.faults.of_append() {
            Fault::Serve => Ok(write()),
            Fault::NotLeader => Err(not_leader(self.address)),
            // Nobody listens on this port, which no server may take by itself.
            Fault::LeaderGone => Err(not_leader(SocketAddr::from(([127, 0, 0, 1], 1)))),
            Fault::Denied => Err(Status::permission_denied("access denied")),
            Fault::TooLarge => {
                Err(Status::invalid_argument("told to: larger than the maximum append size"))
            }
            Fault::DeadlineBeforeCommit => Err(Status::deadline_exceeded("told to")),
            Fault::DeadlineAfterCommit => {
                write();
                Err(Status::deadline_exceeded("told to"))
            }
            Fault::LostAfterCommit => {
                write();
                Err(Status::unavailable("told to"))
            }
            Fault::HangBeforeCommit => Err(self.hang().await),
            Fault::HangAfterCommit => {
                write();
                Err(self.hang().await)
            }
        }
    }

    async fn hang(&self) -> Status {
        self.faults.hanging.notify_one();
        std::future::pending().await
    }
}

fn filters(request: &ReadReq) -> bool {
    let filter = request.options.as_ref().and_then(|options| options.filter_option.as_ref());
    matches!(filter, Some(FilterOption::Filter(_)))
}

/// How long the client gives the server: a number and its unit, as gRPC writes it down.
fn patience<T>(request: &Request<T>) -> Duration {
    let said = request.metadata().get("grpc-timeout").and_then(|said| said.to_str().ok());
    let Some((number, unit)) = said.and_then(|said| said.split_at_checked(said.len() - 1)) else {
        return Duration::MAX;
    };
    let number = number.parse().unwrap_or(0);
    match unit {
        "H" => Duration::from_secs(number * 3600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        _ => Duration::from_nanos(number),
    }
}

fn not_leader(leader: SocketAddr) -> Status {
    let mut status = Status::not_found("told to: another node leads");
    let metadata = status.metadata_mut();
    metadata.insert("exception", MetadataValue::from_static("not-leader"));
    for (name, value) in [
        ("leader-endpoint-host", leader.ip().to_string()),
        ("leader-endpoint-port", leader.port().to_string()),
    ] {
        // Digits and dots are always a proper value.
        if let Ok(value) = value.parse() {
            metadata.insert(name, value);
        }
    }
    status
}

#[tonic::async_trait]
impl Streams for Service {
    type ReadStream = Answers<ReadResp>;
    type BatchAppendStream = Answers<BatchAppendResp>;

    async fn read(&self, request: Request<ReadReq>) -> Result<Response<Self::ReadStream>, Status> {
        if self.faults.read_fails() {
            return Err(Status::unavailable("told to"));
        }
        let patience = patience(&request);
        if patience < self.faults.filtering_takes() && filters(request.get_ref()) {
            return Err(Status::deadline_exceeded("told to"));
        }
        let answers = reads::answer(&self.log(), &self.faults, &self.counts, request.into_inner())?;
        let mut answers: Vec<_> = answers.into_iter().map(Ok).collect();
        if answers.len() > 1 && self.faults.read_is_cut() {
            answers.truncate(1);
            answers.push(Err(Status::unavailable("told to, in the middle")));
        }
        Ok(Response::new(Box::pin(tokio_stream::iter(answers))))
    }

    async fn append(
        &self,
        request: Request<Streaming<AppendReq>>,
    ) -> Result<Response<AppendResp>, Status> {
        let mut messages = request.into_inner();
        let (mut options, mut events) = (None, Vec::new());
        while let Some(message) = messages.message().await? {
            match message.content {
                Some(Content::Options(given)) => options = Some(given),
                Some(Content::ProposedMessage(event)) => events.push(proposed(event)?),
                None => return Err(Status::invalid_argument("a message says nothing")),
            }
        }
        let options = options.ok_or_else(|| Status::invalid_argument("no options"))?;
        let (stream, expected) = wanted(options)?;
        let answer = self.append_or_fail(&stream, expected, events).await?;
        let result = match answer {
            Answer::Written { revision, commit, prepare } => {
                let position = Position { commit_position: commit, prepare_position: prepare };
                append_resp::Result::Success(Success {
                    current_revision_option: Some(CurrentRevisionOption::CurrentRevision(revision)),
                    position_option: Some(PositionOption::Position(position)),
                })
            }
            Answer::Wrong(current) => {
                append_resp::Result::WrongExpectedVersion(wrong_version(expected, current))
            }
        };
        Ok(Response::new(AppendResp { result: Some(result) }))
    }

    async fn delete(&self, _: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        Err(Status::unimplemented("the double deletes nothing"))
    }

    async fn tombstone(&self, _: Request<TombstoneReq>) -> Result<Response<TombstoneResp>, Status> {
        Err(Status::unimplemented("the double deletes nothing"))
    }

    async fn batch_append(
        &self,
        request: Request<Streaming<BatchAppendReq>>,
    ) -> Result<Response<Self::BatchAppendStream>, Status> {
        Ok(Response::new(batches::serve(self.clone(), request.into_inner())))
    }
}

#[tonic::async_trait]
impl ServerFeatures for Service {
    async fn get_supported_methods(
        &self,
        _: Request<()>,
    ) -> Result<Response<SupportedMethods>, Status> {
        let method = |name: &str| SupportedMethod {
            method_name: name.to_owned(),
            service_name: "event_store.client.streams.streams".to_owned(),
            features: Vec::new(),
        };
        Ok(Response::new(SupportedMethods {
            methods: ["append", "read", "batchappend"].map(method).into(),
            event_store_server_version: "0.0.0".to_owned(),
        }))
    }
}

fn wanted(options: Options) -> Result<(String, Expected), Status> {
    let expected = match options.expected_stream_revision {
        Some(ExpectedStreamRevision::Revision(revision)) => Expected::Revision(revision),
        Some(ExpectedStreamRevision::NoStream(())) => Expected::NoStream,
        Some(ExpectedStreamRevision::Any(())) => Expected::Any,
        Some(ExpectedStreamRevision::StreamExists(())) => Expected::Exists,
        None => return Err(Status::invalid_argument("nothing is expected of the stream")),
    };
    Ok((name(options.stream_identifier)?, expected))
}

/// The name of a stream.
pub(crate) fn name(stream: Option<StreamIdentifier>) -> Result<String, Status> {
    let name = stream.ok_or_else(|| Status::invalid_argument("no stream is named"))?.stream_name;
    String::from_utf8(name).map_err(|_| Status::invalid_argument("the stream's name is no UTF-8"))
}

fn proposed(event: ProposedMessage) -> Result<Proposed, Status> {
    let ProposedMessage { id, metadata, custom_metadata, data } = event;
    Ok(Proposed { id: id_of(id)?, metadata, custom_metadata, data })
}

/// An id, in either of the two ways to write one.
pub(crate) fn id_of(id: Option<ProtoUuid>) -> Result<Uuid, Status> {
    match id.and_then(|id| id.value) {
        Some(proto_uuid::Value::String(text)) => {
            Uuid::parse_str(&text).map_err(|_| Status::invalid_argument("an id is no UUID"))
        }
        Some(proto_uuid::Value::Structured(halves)) => Ok(Uuid::from_u64_pair(
            halves.most_significant_bits.cast_unsigned(),
            halves.least_significant_bits.cast_unsigned(),
        )),
        None => Err(Status::invalid_argument("an event has no id")),
    }
}

/// What it says is said twice, for older clients and for newer ones.
fn wrong_version(expected: Expected, current: Option<u64>) -> WrongExpectedVersion {
    use wrong::{
        CurrentRevisionOption, CurrentRevisionOption2060, ExpectedRevisionOption,
        ExpectedRevisionOption2060,
    };
    WrongExpectedVersion {
        current_revision_option_20_6_0: Some(match current {
            Some(revision) => CurrentRevisionOption2060::CurrentRevision2060(revision),
            None => CurrentRevisionOption2060::NoStream2060(()),
        }),
        expected_revision_option_20_6_0: Some(match expected {
            Expected::Revision(revision) => {
                ExpectedRevisionOption2060::ExpectedRevision2060(revision)
            }
            Expected::Exists => ExpectedRevisionOption2060::StreamExists2060(()),
            Expected::Any | Expected::NoStream => ExpectedRevisionOption2060::Any2060(()),
        }),
        current_revision_option: Some(match current {
            Some(revision) => CurrentRevisionOption::CurrentRevision(revision),
            None => CurrentRevisionOption::CurrentNoStream(()),
        }),
        expected_revision_option: Some(match expected {
            Expected::Revision(revision) => ExpectedRevisionOption::ExpectedRevision(revision),
            Expected::NoStream => ExpectedRevisionOption::ExpectedNoStream(()),
            Expected::Any => ExpectedRevisionOption::ExpectedAny(()),
            Expected::Exists => ExpectedRevisionOption::ExpectedStreamExists(()),
        }),
    }
}

//! Appending: events become sealed bytes, and what the store answers becomes a [`Done`].

use std::time::Duration;

use docket_domain::codec::{self, Event};
use docket_domain::envelope::{Envelope, Recorded, Said, Source};
use docket_domain::instant::Instant;
use docket_domain::party::{Actor, Channel};
use docket_store::vault::{FreshKeys, SealError, SealSession};
use docket_store::{
    Append, Claim, DATA_KEYS, Expected, KeyState, NewEvent, Outcome, Receipt, StoreError,
    StreamWrite, event_id,
};
use serde_json::Value;

use crate::desk::Desk;
use crate::error::CommandError;
use crate::people::is_address;
use crate::request::{Done, Occurred, Request};

/// How long a write whose outcome is unknown rests before it is tried again, each time: a server that broke
/// off takes a moment to be back. After the last, it is said that it is unknown.
const RESTS: [Duration; 3] =
    [Duration::from_millis(50), Duration::from_millis(200), Duration::from_secs(1)];

/// Events for one stream, by one actor. A second write to the stream of the one before it goes on where that
/// one ends.
#[derive(Debug)]
pub struct Write {
    pub stream: String,
    /// The version that the decision was made on; 0 for a new stream.
    pub version: u64,
    /// Whose keys seal what is personal, where an event does not say.
    pub subjects: Vec<String>,
    pub actor: Actor,
    /// By which way what is written came in, where that is not the request's own way.
    pub channel: Option<Channel>,
    pub events: Vec<Event>,
}

/// All that one command writes. The stream that the answer is about comes last.
#[derive(Debug, Default)]
pub struct Plan {
    pub writes: Vec<Write>,
    pub claims: Vec<Claim>,
    pub releases: Vec<Claim>,
}

impl Plan {
    pub fn of(write: Write) -> Self {
        Self { writes: vec![write], ..Self::default() }
    }
}

/// What the store made of a plan.
pub enum Appended {
    /// It is on disk.
    Done(Done),
    /// Others were faster: load and decide again.
    Outrun,
}

impl Desk {
    /// Writes a plan, durably.
    pub(crate) async fn append(
        &self,
        request: &Request,
        plan: Plan,
    ) -> Result<Appended, CommandError> {
        let generation = self.kept.generation();
        let (append, events, fresh_keys) = self.prepare(request, plan).await?;
        let addresses = append.claims.iter().chain(&append.releases).filter(|it| is_address(it));
        let changing = self.kept.owners.changing(addresses);
        let outcome = self.outcome_of(append).await?;
        drop(changing);
        match outcome {
            Outcome::Appended(receipt) => {
                self.vault.remember(fresh_keys);
                let done = finish(receipt, occurred_at(request), events);
                self.kept.advance(&done.events, generation);
                Ok(Appended::Done(done))
            }
            Outcome::AlreadyAppended(receipt) => {
                let done = Box::pin(self.repeat(receipt)).await?;
                // Written by a try whose outcome was unknown: what is kept does not have it.
                done.events.iter().for_each(|event| self.kept.forget(&event.stream));
                Ok(Appended::Done(done))
            }
            Outcome::WrongVersion { stream, .. } => {
                self.kept.forget(&stream);
                Ok(Appended::Outrun)
            }
            Outcome::Claimed(held) if held.space == DATA_KEYS => {
                Box::pin(self.key_is_taken(held)).await
            }
            Outcome::Claimed(_) => Ok(Appended::Outrun),
            Outcome::KeyReused => Err(CommandError::KeyReused),
        }
    }

    /// What becomes of a write. One whose outcome is unknown is tried again under its own id, which finds its
    /// own events or writes them once; while neither is known, no failure makes it certain that nothing was
    /// written.
    async fn outcome_of(&self, mut append: Append) -> Result<Outcome, CommandError> {
        let (mut doubt, mut rests) = (None, RESTS.into_iter());
        loop {
            match self.store.append(append.clone()).await {
                // Nothing was written, and who was erased keeps an address from nobody.
                Ok(Outcome::Claimed(held))
                    if !append.releases.contains(&held)
                        && Box::pin(self.is_left_by_erased(&held)).await? =>
                {
                    append.releases.push(held);
                    continue;
                }
                Ok(outcome) => return Ok(outcome),
                Err(StoreError::Unknown(why)) => doubt = Some(why),
                Err(error) if doubt.is_none() => return Err(error.into()),
                Err(_) => {}
            }
            match rests.next() {
                Some(rest) => tokio::time::sleep(rest).await,
                None => return Err(StoreError::Unknown(doubt.unwrap_or_default()).into()),
            }
        }
    }

    /// A key that the write would have begun is there: somebody was faster, or the subject was erased
    /// before it ever was, and will never be.
    async fn key_is_taken(&self, held: Claim) -> Result<Appended, CommandError> {
        match self.store.keys(std::slice::from_ref(&held.owner)).await?.pop() {
            Some(KeyState::Erased(_)) => Err(CommandError::Erased { subject: held.owner }),
            _ => Ok(Appended::Outrun),
        }
    }

    async fn prepare(
        &self,
        request: &Request,
        plan: Plan,
    ) -> Result<(Append, Vec<Recorded<Event>>, FreshKeys), CommandError> {
        let mut session = self.vault.seal_session();
        let mut writes: Vec<StreamWrite> = Vec::with_capacity(plan.writes.len());
        let mut recorded = Vec::new();
        let answered = plan.writes.last().map(|last| last.stream.clone());
        let answered =
            plan.writes.iter().position(|write| Some(&write.stream) == answered.as_ref());
        for (place, write) in plan.writes.into_iter().enumerate() {
            // What was said elsewhere goes with the first event that the answer is about.
            let said = request.source.as_ref().and_then(|source| source.said.as_deref());
            let said = said.filter(|_| Some(place) == answered);
            let sealed = sealed(&mut session, request, (write, said), &mut recorded).await?;
            // What Docket says by itself goes behind what was written to the same stream.
            match writes.last_mut() {
                Some(last) if last.stream == sealed.stream => {
                    let end = last.expected.version() + last.events.len() as u64;
                    if sealed.expected.version() != end {
                        let why = format!("{} is written with a gap behind {end}", last.stream);
                        return Err(StoreError::Integrity(why).into());
                    }
                    last.events.extend(sealed.events);
                }
                _ => writes.push(sealed),
            }
        }
        let fresh_keys = session.take_fresh_keys();
        let append = Append {
            command_id: request.command_id,
            fingerprint: request.fingerprint,
            writes,
            claims: plan.claims,
            releases: plan.releases,
            new_keys: session.into_new_keys(),
        };
        Ok((append, recorded, fresh_keys))
    }
}

/// One stream's events as the log will hold them, and, behind those of the streams before, as they will be
/// read.
async fn sealed(
    session: &mut SealSession<'_>,
    request: &Request,
    (write, mut said): (Write, Option<&Said>),
    recorded: &mut Vec<Recorded<Event>>,
) -> Result<StreamWrite, CommandError> {
    let expected = match write.version {
        0 => Expected::NoStream,
        version => Expected::Exact(version),
    };
    if write.version == 0 && write.subjects.contains(&write.stream) {
        session.begin(&write.stream)?;
    }
    let envelope = envelope(request, write.actor, write.channel);
    let mut events = Vec::with_capacity(write.events.len());
    for (offset, event) in write.events.into_iter().enumerate() {
        let id = event_id(request.command_id, recorded.len());
        let (mut new, mut payload) = new_event(request, &envelope, &event, said.take())?;
        new.sealed = session.seal(&mut payload, id, &write.subjects).await?;
        new.payload = payload.to_string();
        events.push(new);
        recorded.push(Recorded {
            position: 0,
            stream: write.stream.clone(),
            version: write.version + 1 + offset as u64,
            event_id: id,
            occurred_at: Instant::default(),
            recorded_at: Instant::default(),
            envelope: envelope.clone(),
            event,
        });
    }
    Ok(StreamWrite { stream: write.stream, expected, events })
}

/// The event as the log will hold it, and its payload, which is yet to be sealed.
fn new_event(
    request: &Request,
    envelope: &Envelope,
    event: &Event,
    said: Option<&Said>,
) -> Result<(NewEvent, Value), CommandError> {
    let mut encoded = codec::encode(event)?;
    if let Some(said) = said {
        encoded = encoded.with_said(said)?;
    }
    let envelope = serde_json::to_string(envelope).map_err(|error| {
        StoreError::Integrity(format!("an envelope cannot be written: {error}"))
    })?;
    let new = NewEvent {
        event_type: encoded.event_type,
        schema: encoded.schema,
        occurred_at: occurred_at(request).map(Instant::millis),
        envelope,
        payload: String::new(),
        sealed: None,
    };
    Ok((new, encoded.payload))
}

impl From<SealError> for CommandError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Erased { subject } => Self::Erased { subject },
            SealError::Store(error) => Self::Store(error),
        }
    }
}

fn occurred_at(request: &Request) -> Option<Instant> {
    match request.occurred {
        Occurred::Now => None,
        Occurred::At(at) | Occurred::Due(at) | Occurred::Imported(at) => Some(at),
    }
}

fn envelope(request: &Request, actor: Actor, channel: Option<Channel>) -> Envelope {
    Envelope {
        actor,
        channel: channel.or(request.channel),
        client: request.client.clone(),
        command_id: request.command_id,
        causation_id: request.causation_id,
        correlation_id: request.correlation_id.unwrap_or(request.command_id),
        source: request.source.clone().map(|source| Source { said: None, ..source }),
    }
}

fn finish(
    receipt: Receipt,
    occurred_at: Option<Instant>,
    mut events: Vec<Recorded<Event>>,
) -> Done {
    let recorded_at = Instant(receipt.recorded_at);
    for (event, position) in events.iter_mut().zip(receipt.first..) {
        event.position = position;
        event.recorded_at = recorded_at;
        event.occurred_at = occurred_at.unwrap_or(recorded_at);
    }
    let last = events.last();
    Done {
        stream: last.map(|e| e.stream.clone()).unwrap_or_default(),
        version: last.map_or(0, |e| e.version),
        position: receipt.last,
        repeated: false,
        events,
    }
}

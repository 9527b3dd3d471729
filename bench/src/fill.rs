//! A desk of a given size, written straight through the port: many events in one append, so that a
//! million of them take seconds.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use docket_domain::codec::{self, Event};
use docket_domain::definition::{BaseStatus, PriorityTerm, StatusTerm, Term};
use docket_domain::envelope::Envelope;
use docket_domain::ids::{AgentId, CustomerId, MessageId, TicketId};
use docket_domain::instant::Instant;
use docket_domain::party::{Actor, ActorKind, AgentRef, Channel, CustomerRef};
use docket_domain::personal::Personal;
use docket_domain::ticket::event::{
    AssignMethod, Message, OpenedBy, StatusChange, TicketCreated, TicketEvent,
};
use docket_store::sqlite::SqliteStore;
use docket_store::vault::{KeyFile, Vault};
use docket_store::{Append, Claim, EventStore, Expected, NewEvent, Outcome, StreamWrite, event_id};
use uuid::Uuid;

use crate::load::words;
use crate::writes::Failure;

/// What a filled desk is made of.
#[derive(Clone, Copy)]
pub struct Desk {
    /// How many tickets.
    pub tickets: u64,
    /// How many events each ticket has.
    pub events: u64,
    /// Of how many tickets one has texts: 2 is every other ticket.
    pub text_every: u64,
}

/// One ticket, whole: who asked, and what happened when; now, where nothing is said of when.
pub struct Story {
    /// Its customer's place among two thousand, each with many tickets, as a desk has them.
    pub customer: u64,
    /// When it was opened, where it is not now: its id is of that instant.
    pub opened_at: Option<Instant>,
    /// Its events.
    pub events: Vec<(Option<Instant>, TicketEvent)>,
}

/// Writes the desk into `data`, as a server keeps it there.
pub async fn fill(data: &Path, desk: Desk) -> Result<(), Failure> {
    fill_with(data, desk.tickets, move |number| desk.story(number)).await
}

/// Writes so many tickets into `data`, each with its story.
pub async fn fill_with(
    data: &Path,
    tickets: u64,
    story: impl Fn(u64) -> Story + Clone + Send + Sync + 'static,
) -> Result<(), Failure> {
    std::fs::create_dir_all(data)?;
    let log = Arc::new(SqliteStore::open(data.join("log.sqlite"), Arc::new(now)).await?);
    write(data, log.clone(), tickets, story).await?;
    // The server that is started next wants the file's lock.
    log.close().await;
    Ok(())
}

/// Writes so many tickets through a store, which is left open; their key into `data`.
pub async fn write(
    data: &Path,
    store: Arc<dyn EventStore>,
    tickets: u64,
    story: impl Fn(u64) -> Story + Clone + Send + Sync + 'static,
) -> Result<(), Failure> {
    let key = KeyFile::load_or_create(&data.join("docket.key"), &*store).await?;
    let vault = Arc::new(Vault::new(store.clone(), key));
    const WRITERS: u64 = 64;
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (store, vault, story) = (store.clone(), vault.clone(), story.clone());
            tokio::spawn(async move {
                for number in (writer..tickets).step_by(WRITERS as usize) {
                    open(&*store, &vault, number, &story(number)).await?;
                }
                Ok::<(), Failure>(())
            })
        })
        .collect();
    for writer in writers {
        writer.await??;
    }
    Ok(())
}

/// The first ticket's number in a filled desk; the others follow.
pub const FIRST_NUMBER: u64 = 1_000_001;

/// Writes one ticket. Where another writer brought the customer's key first, it is sealed again.
async fn open(
    store: &dyn EventStore,
    vault: &Vault,
    number: u64,
    story: &Story,
) -> Result<(), Failure> {
    loop {
        match store.append(ticket(vault, number, story).await?).await? {
            Outcome::Appended(_) => return Ok(()),
            Outcome::Claimed(_) => {}
            other => return Err(format!("ticket {number}: {other:?}").into()),
        }
    }
}

async fn ticket(vault: &Vault, number: u64, story: &Story) -> Result<Append, Failure> {
    let command_id = Uuid::now_v7();
    let id = TicketId(story.opened_at.map_or_else(Uuid::now_v7, minted_at));
    let customer = customer(story.customer);
    let mut session = vault.seal_session();
    let subjects = [id.stream(), customer.stream()];
    let mut events = Vec::with_capacity(story.events.len());
    for (index, (at, event)) in story.events.iter().enumerate() {
        let encoded = codec::encode(&Event::Ticket(event.clone()))?;
        let mut payload = encoded.payload;
        let sealed = session.seal(&mut payload, event_id(command_id, index), &subjects).await?;
        events.push(NewEvent {
            event_type: encoded.event_type,
            schema: encoded.schema,
            occurred_at: at.map(Instant::millis),
            envelope: serde_json::to_string(&envelope(command_id, index, customer))?,
            payload: payload.to_string(),
            sealed,
        });
    }
    let claim = Claim {
        space: "ticket-number".into(),
        key: (FIRST_NUMBER + number).to_string(),
        owner: id.stream(),
    };
    Ok(Append {
        command_id,
        fingerprint: [0; 32],
        writes: vec![StreamWrite { stream: id.stream(), expected: Expected::NoStream, events }],
        claims: vec![claim],
        releases: Vec::new(),
        new_keys: session.into_new_keys(),
    })
}

/// The id of a customer by their place.
pub fn customer(place: u64) -> CustomerId {
    CustomerId(Uuid::from_u128(0xC0FFEE << 64 | u128::from(place)))
}

fn minted_at(opened: Instant) -> Uuid {
    let since = Duration::from_millis(opened.millis().unsigned_abs());
    let at = uuid::Timestamp::from_unix(uuid::NoContext, since.as_secs(), since.subsec_nanos());
    Uuid::new_v7(at)
}

impl Desk {
    /// The ticket of this number, as every desk of this size has it.
    pub fn story(self, number: u64) -> Story {
        let place = number % 2_000;
        let events = (0..self.events).map(|index| (None, event(self, number, index, place)));
        Story { customer: place, opened_at: None, events: events.collect() }
    }
}

fn event(desk: Desk, number: u64, index: u64, place: u64) -> TicketEvent {
    let with_text = number.is_multiple_of(desk.text_every);
    let text = if with_text { words((number * 31 + index) as usize) } else { String::new() };
    let message = message(number, index, text);
    let (fresh, waiting) = (status(BaseStatus::New), status(BaseStatus::AwaitingCustomer));
    match index {
        0 => TicketEvent::TicketCreated(Box::new(created(
            number,
            customer(place),
            with_text.then_some(message),
        ))),
        _ if !with_text => plain(number, index),
        1 => assigned(number),
        // Nine of sixteen say something: a history of fifty events has thirty personal fields.
        _ if index % 16 >= 9 => plain(number, index),
        _ if index.is_multiple_of(2) => TicketEvent::TicketReplied {
            message,
            answers: Vec::new(),
            seen_version: index,
            channel: Channel::Email,
            status: Some(StatusChange { from: fresh, to: waiting }),
        },
        _ => TicketEvent::MessageReceived {
            message,
            channel: Channel::Email,
            status: Some(StatusChange { from: waiting, to: fresh }),
        },
    }
}

/// Events without personal text.
fn plain(number: u64, index: u64) -> TicketEvent {
    let (fresh, working) = (status(BaseStatus::New), status(BaseStatus::InProgress));
    match index % 3 {
        0 => TicketEvent::TicketTagged { added: vec![format!("tag{index}")], removed: Vec::new() },
        1 => TicketEvent::TicketStatusChanged { from: fresh, to: working },
        _ => {
            TicketEvent::TicketPrioritized { from: priority(number), to: priority(number + index) }
        }
    }
}

/// The message that a customer or an agent wrote as so many-th event.
pub fn message(number: u64, index: u64, text: String) -> Message {
    Message {
        id: MessageId(Uuid::from_u128(u128::from(number) << 64 | u128::from(index))),
        number: format!("{}-{}", FIRST_NUMBER + number, index + 1),
        body: Personal::text(text),
        attachments: Vec::new(),
    }
}

/// How a ticket begins that a customer opens; promised nothing.
pub fn created(number: u64, customer: CustomerId, message: Option<Message>) -> TicketCreated {
    TicketCreated {
        number: (FIRST_NUMBER + number).to_string(),
        customer: CustomerRef { id: customer, name: None, email: None, phone: None, handle: None },
        contact: None,
        tier: "standard".into(),
        contract: None,
        opened_by: OpenedBy::Customer,
        channel: Channel::Email,
        endpoint: None,
        // Most lie in one queue, so that ten thousand tickets make 150 pages of it.
        queue: term(if number.is_multiple_of(5) { "complaints" } else { "inbox" }),
        category: None,
        ticket_type: None,
        priority: priority(number),
        status: status(BaseStatus::New),
        subject: Personal::text(format!("Order {number}")),
        tags: Vec::new(),
        message,
        origin: None,
        sla: None,
    }
}

/// One of twenty agents takes it.
pub fn assigned(number: u64) -> TicketEvent {
    let agent = AgentId(Uuid::from_u128(0xA6E7 << 64 | u128::from(number % 20)));
    TicketEvent::TicketAssigned {
        from: None,
        to: AgentRef { id: agent, name: Personal::text(format!("Agent {}", number % 20)) },
        method: AssignMethod::Manual,
        routed: None,
        status: Some(StatusChange {
            from: status(BaseStatus::New),
            to: status(BaseStatus::InProgress),
        }),
    }
}

fn term(key: &str) -> Term {
    Term { key: key.into(), name: key.into(), version: 1 }
}

/// A base status, frozen as the desk has it.
pub fn status(base: BaseStatus) -> StatusTerm {
    StatusTerm {
        key: base.key().into(),
        name: base.key().into(),
        base,
        substatus: None,
        version: 1,
    }
}

fn priority(number: u64) -> PriorityTerm {
    let (key, level) =
        [("low", 2), ("medium", 3), ("high", 4), ("critical", 5)][(number % 4) as usize];
    PriorityTerm { key: key.into(), name: key.into(), level, version: 1, times: None }
}

fn envelope(command_id: Uuid, index: usize, customer: CustomerId) -> Envelope {
    let actor = match index % 2 {
        0 => Actor::new(ActorKind::Customer, customer.to_string()),
        _ => Actor::new(ActorKind::Agent, "00000000-0000-0000-0000-000000000001"),
    };
    Envelope {
        actor,
        channel: Some(Channel::Email),
        client: None,
        command_id,
        causation_id: None,
        correlation_id: command_id,
        source: None,
    }
}

/// Milliseconds since 1970, as the store's clock has them.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant(since.as_millis() as i64).millis()
}

//! The desk on a real SQLite file: what a single aggregate's rules cannot show.

#![cfg(test)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use docket_commands::{CustomerInput, Desk, NewTicket, Occurred, Request};
use docket_domain::customer::{Address, AddressKind};
use docket_domain::definition::{Document, Queue};
use docket_domain::ids::TicketId;
use docket_domain::party::{Actor, ActorKind, Channel};
use docket_domain::personal::Personal;
use docket_domain::ticket::command::{NewMessage, TicketCommand, TicketDetails};
use docket_domain::ticket::event::{OpenedBy, Outcome};
use docket_store::sqlite::SqliteStore;
use docket_store::vault::{KeyFile, Vault};
use docket_store::{Clock, EventStore};
use uuid::Uuid;

mod aliases;
mod contact;
mod definitions;
mod desk;
mod merging;
mod service_defaults;

const NOON: i64 = 1_772_366_400_000;
const DAY: i64 = 86_400_000;

struct Scene {
    desk: Arc<Desk>,
    store: Arc<dyn EventStore>,
    vault: Arc<Vault>,
    time: Arc<AtomicI64>,
    _dir: tempfile::TempDir,
}

async fn scene() -> Scene {
    let dir = tempfile::tempdir().unwrap();
    let time = Arc::new(AtomicI64::new(NOON));
    let of_clock = time.clone();
    let clock: Clock = Arc::new(move || of_clock.load(Ordering::SeqCst));
    let store = SqliteStore::open(&dir.path().join("log.sqlite"), clock.clone()).await.unwrap();
    let store: Arc<dyn EventStore> = Arc::new(store);
    let key = KeyFile::load_or_create(&dir.path().join("docket.key"), &*store).await.unwrap();
    let vault = Arc::new(Vault::new(store.clone(), key));
    let desk = Arc::new(Desk::open(store.clone(), vault.clone(), clock).await.unwrap());
    Scene { desk, store, vault, time, _dir: dir }
}

fn request(name: &str) -> Request {
    Request {
        command_id: Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()),
        fingerprint: [1; 32],
        repeatable: true,
        actor: Actor::new(ActorKind::Agent, "anna"),
        channel: None,
        client: None,
        occurred: Occurred::Now,
        if_match: None,
        causation_id: None,
        correlation_id: None,
        source: None,
    }
}

fn ticket_from(email: &str) -> NewTicket {
    let address = Address { kind: AddressKind::Email, value: Personal::text(email) };
    NewTicket {
        customer: CustomerInput::Contact { name: None, addresses: vec![address] },
        details: details(),
    }
}

fn details() -> TicketDetails {
    TicketDetails {
        opened_by: OpenedBy::Customer,
        channel: Channel::Email,
        endpoint: None,
        queue: None,
        category: None,
        ticket_type: None,
        priority: None,
        subject: Personal::text("Parcel lost"),
        tags: Vec::new(),
        message: Some(said("Where is it?")),
        origin: None,
    }
}

fn queue(categories: &[&str], register_customers: bool) -> Document {
    let categories = categories.iter().map(|path| (*path).to_owned()).collect();
    let name = "A queue".into();
    let (default_priority, manager, calendar) = (None, None, None);
    Document::Queue(Queue {
        name,
        default_priority,
        categories,
        manager,
        register_customers,
        calendar,
        after_hours_notice: None,
    })
}

fn said(body: &str) -> NewMessage {
    NewMessage { body: body.into(), attachments: Vec::new() }
}

impl Scene {
    async fn open(&self, name: &str) -> TicketId {
        let done = self.desk.open_ticket(&request(name), &ticket_from("jan@example.com")).await;
        TicketId::of_stream(&done.unwrap().stream).unwrap()
    }

    async fn close(&self, name: &str, id: TicketId) {
        let command =
            TicketCommand::Close { outcome: Outcome::Solved, resolution: None, reason: None };
        self.desk.execute(&request(name), id, &command).await.unwrap();
    }

    fn clock(&self) -> Clock {
        let time = self.time.clone();
        Arc::new(move || time.load(Ordering::SeqCst))
    }

    fn pass(&self, millis: i64) {
        self.time.fetch_add(millis, Ordering::SeqCst);
    }
}

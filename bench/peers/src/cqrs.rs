//! `cqrs-es` with `postgres-es`: events through its repository, without folding an aggregate.

use std::fmt;

use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::{PersistedEventRepository, SerializedEvent};
use cqrs_es::{Aggregate, DomainEvent};
use postgres_es::PostgresEventRepository;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgPool;

use crate::{Failure, Store, execute};

/// The table of events as the crate ships it (`db/init.sql`).
const TABLE: &str = "
    CREATE TABLE events (
        aggregate_type text                         NOT NULL,
        aggregate_id   text                         NOT NULL,
        sequence       bigint CHECK (sequence >= 0) NOT NULL,
        event_type     text                         NOT NULL,
        event_version  text                         NOT NULL,
        payload        json                         NOT NULL,
        metadata       json                         NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id, sequence)
    );";

/// Makes the table.
pub async fn open(pool: PgPool) -> Result<Repository, Failure> {
    execute(&pool, TABLE).await?;
    Ok(Repository(PostgresEventRepository::new(pool)))
}

/// The crate's own repository.
pub struct Repository(PostgresEventRepository);

impl Store for Repository {
    /// The number of the last event; the table's key refuses the same number twice.
    type Version = usize;

    async fn append(&self, stream: &str, at: usize, text: &str) -> Result<usize, Failure> {
        let event = SerializedEvent::new(
            stream.to_owned(),
            at + 1,
            Ticket::TYPE.to_owned(),
            "MessageReceived".to_owned(),
            "1.0".to_owned(),
            serde_json::json!({ "text": text }),
            serde_json::json!({}),
        );
        self.0.persist::<Ticket>(&[event], None).await?;
        Ok(at + 1)
    }
}

/// Names the aggregate whose events they are; nothing is ever folded into it.
#[derive(Default, Serialize, Deserialize)]
struct Ticket;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct MessageReceived {
    text: String,
}

impl DomainEvent for MessageReceived {
    fn event_type(&self) -> String {
        "MessageReceived".to_owned()
    }

    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

/// An aggregate that takes no commands has no reason to refuse one.
#[derive(Debug)]
enum Never {}

impl fmt::Display for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl std::error::Error for Never {}

impl Aggregate for Ticket {
    const TYPE: &'static str = "ticket";
    type Command = ();
    type Event = MessageReceived;
    type Error = Never;
    type Services = ();

    async fn handle(&mut self, (): (), (): &(), _: &EventSink<Self>) -> Result<(), Never> {
        Ok(())
    }

    fn apply(&mut self, _: MessageReceived) {}
}

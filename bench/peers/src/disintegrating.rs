//! `disintegrate` with `disintegrate-postgres`: validated appends, one decision each.

use disintegrate::serde::json::Json;
use disintegrate::{Event, EventStore, query};
use disintegrate_postgres::{Error, PgEventId, PgEventStore};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgPool;

use crate::{Failure, Store, execute};

/// What the crate's migrator makes, with one change: it writes the mask of `event_store_begin_epoch` as
/// `0xFFFFFFFF`, which PostgreSQL reads from version 16 on only.
const TABLES: &str = "
    CREATE SEQUENCE seq_event_event_id;
    CREATE TABLE event (
        event_id BIGINT PRIMARY KEY DEFAULT nextval('seq_event_event_id'),
        event_type VARCHAR(255),
        payload BYTEA,
        inserted_at TIMESTAMP DEFAULT now()
    );
    CREATE INDEX idx_event_type_btree ON event(event_type);
    ALTER TABLE event ADD COLUMN ticket TEXT;
    CREATE INDEX idx_event_ticket ON event(ticket) WHERE ticket IS NOT NULL;
    CREATE FUNCTION event_store_begin_epoch() RETURNS void AS $$
    DECLARE
        id BIGINT;
        db_id INT;
    BEGIN
        SELECT last_value INTO id FROM seq_event_event_id;
        SELECT oid INTO db_id FROM pg_database WHERE datname = current_database();

        PERFORM pg_try_advisory_xact_lock_shared(db_id, 0);
        PERFORM pg_try_advisory_xact_lock_shared(1, (id & 4294967295)::bit(32)::integer);
        PERFORM pg_try_advisory_xact_lock_shared(2, (id >> 32)::bit(32)::integer);
    END;
    $$ LANGUAGE plpgsql;";

/// Makes the tables.
pub async fn open(pool: PgPool) -> Result<Events, Failure> {
    execute(&pool, TABLES).await?;
    Ok(Events(PgEventStore::new_uninitialized(pool, Json::default())))
}

/// The crate's own store.
pub struct Events(PgEventStore<TicketEvent, Json<TicketEvent>>);

#[derive(Clone, Debug, PartialEq, Eq, Event, Serialize, Deserialize)]
enum TicketEvent {
    MessageReceived {
        #[id]
        ticket: String,
        text: String,
    },
}

impl Store for Events {
    /// The id of the ticket's last event; the append is refused where a later one exists.
    type Version = PgEventId;

    async fn append(&self, stream: &str, at: i64, text: &str) -> Result<i64, Failure> {
        loop {
            let ticket = stream.to_owned();
            let query = query!(TicketEvent; ticket == ticket.clone());
            let event = TicketEvent::MessageReceived { ticket, text: text.to_owned() };
            match self.0.append(vec![event], query, at).await {
                Ok(appended) => {
                    return Ok(appended.first().ok_or("nothing was appended")?.id());
                }
                // Nobody else writes to this ticket: its transactions are serializable, and
                // PostgreSQL ends some that had nothing to do with each other. Its caller tries again.
                Err(Error::Concurrency) => {}
                Err(Error::Database(sqlx::Error::Database(refused)))
                    if refused.code().as_deref() == Some("40001") => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

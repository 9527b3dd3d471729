//! An erasure that one server began and never finished: the others have heard of it.

use std::time::Duration;

use docket_api::config::Options;
use docket_api::erasures::Erasures;
use docket_test_servers::postgres;
use docket_tests::desk::Desk;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Long enough for the slowest machine; nothing waits for it unless a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Lets the list of tickets forget nobody, and lets that be again.
const STUCK: &str = "DO $$ DECLARE list text;
    BEGIN
        SELECT name INTO list FROM docket_views.generations WHERE view = 'ticket_list' AND live = 1;
        EXECUTE format('ALTER TABLE docket_views.%I
            ADD CONSTRAINT stuck CHECK (CAST(doc AS text) LIKE ''%%Kowalski%%'')', list);
    END $$";
const FREE: &str = "DO $$ DECLARE list text;
    BEGIN
        SELECT name INTO list FROM docket_views.generations WHERE view = 'ticket_list' AND live = 1;
        EXECUTE format('ALTER TABLE docket_views.%I DROP CONSTRAINT stuck', list);
    END $$";

/// Lets nobody look whose keys were destroyed, and counts how often that was tried.
const BLIND: &str = "CREATE SEQUENCE looks;
    CREATE FUNCTION blind() RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN PERFORM nextval('looks'); RAISE EXCEPTION 'nobody sees'; END $$;
    ALTER TABLE subject_keys RENAME TO hidden_keys;
    CREATE VIEW subject_keys AS SELECT * FROM hidden_keys WHERE blind()";
const SEES: &str = "DROP VIEW subject_keys; ALTER TABLE hidden_keys RENAME TO subject_keys";

/// A desk that has heard that another server, which is gone, has destroyed its customer's key; the views
/// could not forget the customer yet.
struct Heard {
    desk: Desk,
    database: PgConnection,
}

impl Heard {
    async fn of_an_erasure() -> Option<Self> {
        let database = postgres::database()?;
        let mut connection = PgConnection::connect(database.url()).await.unwrap();
        let desk = Desk::open_on(Some(database), Options::default()).await;
        let ticket = desk.given_ticket().await;
        desk.views_caught_up().await;
        let shown = desk.admin.get(&ticket.own()).await.is(200);
        let customer = format!("customer-{}", shown.text("/customer/id"));
        run(&mut connection, STUCK).await;
        let other = desk.another_node().await;
        other.server.docket.store.erase_key(&customer).await.unwrap();
        other.server.stop().await;
        let ledger = Erasures::of(desk.data());
        eventually(async || ledger.subjects().unwrap().contains(&customer)).await;
        assert_eq!(name_in_the_list(&desk).await, "Jan Kowalski");
        Some(Self { desk, database: connection })
    }

    /// The views can forget again, and do.
    async fn forgets(mut self) {
        run(&mut self.database, FREE).await;
        eventually(async || name_in_the_list(&self.desk).await == Value::Null).await;
        let ledger = Erasures::of(self.desk.data());
        eventually(async || ledger.heard().unwrap().is_empty()).await;
    }
}

async fn run(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.unwrap();
}

/// The customer's name, as the list of tickets has it.
async fn name_in_the_list(desk: &Desk) -> Value {
    let list = desk.admin.get("/v1/tickets?view=all").await.is(200);
    list.body["data"][0]["customer"]["name"].clone()
}

async fn eventually(mut is_so: impl AsyncFnMut() -> bool) {
    let looking = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.expect("it never was so");
}

#[tokio::test]
async fn what_was_heard_of_an_erasure_survives_a_restart() {
    let Some(Heard { desk, database }) = Heard::of_an_erasure().await else { return };
    let desk = desk.restarted().await;
    assert_eq!(name_in_the_list(&desk).await, "Jan Kowalski", "the views have it still");
    Heard { desk, database }.forgets().await;
}

#[tokio::test]
async fn what_was_heard_of_an_erasure_survives_a_look_that_failed() {
    let Some(mut heard) = Heard::of_an_erasure().await else { return };
    run(&mut heard.database, BLIND).await;
    let looks = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM looks";
    let database = &mut heard.database;
    eventually(async || {
        sqlx::query_scalar::<_, i64>(looks).fetch_one(&mut *database).await.unwrap() > 0
    })
    .await;
    run(&mut heard.database, SEES).await;
    heard.forgets().await;
}

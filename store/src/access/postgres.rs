//! The access log in PostgreSQL, beside the event log: all processes record to one.

use async_trait::async_trait;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{PgPool, SqlSafeStr};

use super::asking::{Row, entry, question};
use super::recording::{Keeper, Recording};
use super::{Access, AccessEntry, AccessFilter, AccessLog};
use crate::StoreError;
use crate::postgres::failure::failed;
use crate::postgres::{Hosts, PostgresStore, reads::integer, settings};

/// The access log in a PostgreSQL database.
pub struct PostgresAccessLog {
    recording: Recording,
    pool: PgPool,
}

impl PostgresAccessLog {
    /// Opens the access log beside an event log, and creates or migrates its table where needed. It
    /// uses the store's connections, and ends with them.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when a newer Docket wrote it.
    pub async fn open(store: &PostgresStore) -> Result<Self, StoreError> {
        prepare(store.hosts()).await?;
        let pool = store.pool();
        Ok(Self { recording: Recording::start(pool.clone()), pool })
    }
}

/// Creates or migrates the table.
pub(crate) async fn prepare(hosts: &Hosts) -> Result<(), StoreError> {
    settings::migrate(hosts, migrations()).await
}

fn migrations() -> Migrator {
    let sql = include_str!("../../../migrations/access/postgres/0001_access.sql");
    let kind = MigrationType::Simple;
    let step = Migration::new(1, "access".into(), kind, sql.into_sql_str(), false);
    let mut migrator = Migrator::with_migrations(vec![step]);
    // The event log counts its own steps.
    migrator.dangerous_set_table_name("_access_migrations");
    migrator
}

#[async_trait]
impl AccessLog for PostgresAccessLog {
    fn record(&self, access: Access) -> Result<(), StoreError> {
        self.recording.record(access)
    }

    async fn query(
        &self,
        filter: &AccessFilter,
        after: u64,
        limit: usize,
    ) -> Result<Vec<AccessEntry>, StoreError> {
        self.flush().await?;
        let mut question = question(filter, integer(after), integer(limit as u64));
        let rows = question.build_query_as::<Row>().fetch_all(&self.pool).await;
        Ok(rows.map_err(|error| failed(&error))?.into_iter().map(entry).collect())
    }

    async fn flush(&self) -> Result<(), StoreError> {
        self.recording.flush().await
    }
}

impl Keeper for PgPool {
    async fn keep(&mut self, readings: &[Access]) -> Result<(), StoreError> {
        write(self, readings).await.map_err(|error| failed(&error))
    }
}

async fn write(pool: &PgPool, readings: &[Access]) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    // One process at a time gives out numbers, until they are committed: so an auditor who reads on
    // behind the last number misses none that appears later. Nobody who reads is held up.
    let alone = "SET LOCAL synchronous_commit = off; LOCK TABLE accesses IN EXCLUSIVE MODE";
    sqlx::raw_sql(alone).execute(&mut *transaction).await?;
    fn each<'a>(readings: &'a [Access], field: impl Fn(&'a Access) -> &'a String) -> Vec<&'a str> {
        readings.iter().map(|access| field(access).as_str()).collect()
    }
    sqlx::query(
        "INSERT INTO accesses (at, token_id, actor_kind, actor_id, action, subject)
         SELECT at, token, kind, actor, action, subject
         FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
           WITH ORDINALITY readings (at, token, kind, actor, action, subject, n)
         ORDER BY n",
    )
    .bind(readings.iter().map(|access| access.at).collect::<Vec<_>>())
    .bind(each(readings, |access| &access.token_id))
    .bind(each(readings, |access| &access.actor_kind))
    .bind(each(readings, |access| &access.actor_id))
    .bind(each(readings, |access| &access.action))
    .bind(each(readings, |access| &access.subject))
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}

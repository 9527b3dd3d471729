//! The table in the database beside the log, which several processes share.
//!
//! What an append touches has rows of its own, under a unique key: two processes never begin what has
//! something in common. Whoever finds that waits until the other is done, and does what the other began
//! where that one is gone, or has not been heard of for long. Both may send it: its events are written
//! once. So nothing but time depends on who is taken for gone.

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Connection, PgConnection, SqlSafeStr};
use tokio::time::timeout;
use uuid::Uuid;

use super::reserving::reserve;
use super::{Begun, read, rows};
use crate::StoreError;
use crate::postgres::failure::{failed, failed_at_commit};
use crate::postgres::{Hosts, PostgresStore, settings};

/// How long the database may take for one statement.
const PATIENCE: Duration = Duration::from_secs(20);

pub(in crate::kurrent) struct SharedTable {
    hosts: Hosts,
    /// This process, among those that share the table.
    server: Uuid,
    /// After how long without a word another process is taken for gone, though it is connected.
    take_up_after: Duration,
    /// `None` after a failure: nothing that the old connection believed is trusted.
    connection: Option<PgConnection>,
    /// In a transaction that is still open.
    reserved: Vec<Uuid>,
}

impl SharedTable {
    /// Makes the table where needed. The connection is made by whoever asks first.
    pub async fn open(store: &PostgresStore, take_up_after: Duration) -> Result<Self, StoreError> {
        store.migrate(migrations()).await?;
        Ok(Self {
            hosts: store.hosts().clone(),
            server: Uuid::now_v7(),
            take_up_after,
            connection: None,
            reserved: Vec::new(),
        })
    }

    /// What this process has begun, and what others have begun whose connection is gone, or who have not
    /// been heard of for long. All are marked as taken up now.
    pub async fn take_up(&mut self) -> Result<Vec<Begun>, StoreError> {
        let server = id(self.server);
        let patience = self.take_up_after.as_secs_f64();
        let taken: Vec<String> = self
            .ask(async |connection| {
                sqlx::query_scalar(
                    "UPDATE begun SET server = $1, taken_at = clock_timestamp()
                     WHERE server = $1 OR taken_at <= clock_timestamp() - make_interval(secs => $2)
                       OR server IN (
                         SELECT server FROM (SELECT DISTINCT server FROM begun) servers
                         WHERE pg_try_advisory_xact_lock(
                           ('x' || encode(substr(server, 9), 'hex'))::bit(64)::bigint))
                     RETURNING append",
                )
                .bind(server)
                .bind(patience)
                .fetch_all(connection)
                .await
            })
            .await?;
        taken.iter().map(|row| read(row)).collect()
    }

    /// Writes appends down in a transaction that stays open, but for those that touch what others have
    /// begun, which are answered. Of two processes that reserve the same at once the later one waits
    /// until the other has decided.
    pub async fn reserve(&mut self, fresh: &[Begun]) -> Result<HashSet<Uuid>, StoreError> {
        let rows = rows(&fresh.iter().collect::<Vec<_>>())?;
        let server = id(self.server);
        let blocked =
            self.ask(async |connection| reserve(connection, server, fresh, &rows).await).await?;
        let free = fresh.iter().map(|begun| begun.append.command_id);
        self.reserved = free.filter(|command| !blocked.contains(command)).collect();
        Ok(blocked)
    }

    /// Commits what was reserved and is begun; the rest goes.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] when it may be committed all the same; after any other it is not.
    pub async fn begin(&mut self, begun: &[&Begun]) -> Result<(), StoreError> {
        let begun: HashSet<Uuid> = begun.iter().map(|begun| begun.append.command_id).collect();
        let reserved = std::mem::take(&mut self.reserved);
        let refused = reserved.into_iter().filter(|command| !begun.contains(command));
        let refused: Vec<_> = refused.map(id).collect();
        if begun.is_empty() {
            return self
                .ask(async |connection| sqlx::raw_sql("ROLLBACK").execute(connection).await)
                .await
                .map(|_| ());
        }
        if !refused.is_empty() {
            self.ask(async |connection| {
                let gone = sqlx::query("DELETE FROM begun WHERE command_id = ANY ($1)");
                gone.bind(refused).execute(connection).await
            })
            .await?;
        }
        self.commit(begun).await
    }

    async fn commit(&mut self, begun: HashSet<Uuid>) -> Result<(), StoreError> {
        let Some(mut connection) = self.connection.take() else {
            return Err(StoreError::Unavailable("the connection to PostgreSQL is lost".to_owned()));
        };
        let commit = timeout(PATIENCE, sqlx::raw_sql("COMMIT").execute(&mut connection)).await;
        let error = match commit {
            Ok(Ok(_)) => {
                self.connection = Some(connection);
                return Ok(());
            }
            Ok(Err(error)) => failed_at_commit(&error),
            Err(_) => StoreError::Unknown("PostgreSQL takes too long to commit".to_owned()),
        };
        tracing::warn!(%error, "it is looked whether what is begun was written down");
        // While that old session is not done its rows are locked, and not seen: only what is there is certain.
        drop(connection);
        let wanted: Vec<_> = begun.into_iter().map(id).collect();
        let there = self
            .ask(async |connection| {
                let there = sqlx::query_scalar("SELECT 1 FROM begun WHERE command_id = ANY ($1)");
                there.bind(wanted).fetch_optional(connection).await
            })
            .await;
        match there {
            Ok(Some(1_i32)) => Ok(()),
            _ => Err(error),
        }
    }

    /// Forgets what is finished. It need not be on disk: whoever finds it again finds it finished.
    pub async fn forget(&mut self, finished: &[Uuid]) -> Result<(), StoreError> {
        let finished: Vec<_> = finished.iter().copied().map(id).collect();
        self.ask(async |connection| {
            sqlx::query(
                "WITH lazily AS (SELECT set_config('synchronous_commit', 'off', true))
                 DELETE FROM begun USING lazily WHERE command_id = ANY ($1)",
            )
            .bind(finished)
            .execute(connection)
            .await
        })
        .await
        .map(|_| ())
    }

    /// Forgets what this process began and nobody else has taken up; whether it did.
    pub async fn give_up(&mut self, command: Uuid) -> Result<bool, StoreError> {
        let server = id(self.server);
        let gone = self
            .ask(async |connection| {
                let gone = "DELETE FROM begun WHERE command_id = $1 AND server = $2";
                sqlx::query(gone).bind(id(command)).bind(server).execute(connection).await
            })
            .await?;
        Ok(gone.rows_affected() == 1)
    }

    /// Whether some process has begun what brings a data key.
    pub async fn brings_key(&mut self, subject: &str) -> Result<bool, StoreError> {
        self.ask(async |connection| {
            let brings = "SELECT EXISTS (SELECT 1 FROM begun_names
                          WHERE kind = 'key' AND name = $1 AND more = '')";
            sqlx::query_scalar(brings).bind(subject).fetch_one(connection).await
        })
        .await
    }

    pub async fn close(self) {
        if let Some(connection) = self.connection {
            // Nothing is open in it.
            let _ = connection.close().await;
        }
    }

    /// Takes a lock that lasts as long as the connection: by that the others see that it is there. Where a
    /// connection before is not wholly gone yet, it is that one that they see.
    async fn show_itself(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let (_, lock) = self.server.as_u64_pair();
        let locking = sqlx::query("SELECT pg_try_advisory_lock($1)").bind(lock.cast_signed());
        locking.execute(connection).await.map(|_| ()).map_err(|error| failed(&error))
    }

    /// Asks on the connection, which is opened anew after a failure, to whichever host takes writes now.
    async fn ask<T>(
        &mut self,
        question: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, StoreError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let (mut connection, _) = self.hosts.primary().await?;
                settings::check(&mut connection).await?;
                self.show_itself(&mut connection).await?;
                connection
            }
        };
        // After a failure it is dropped, which closes it, and PostgreSQL rolls back.
        let answer = timeout(PATIENCE, question(&mut connection)).await;
        let too_long =
            |_| StoreError::Unavailable("PostgreSQL takes too long to answer".to_owned());
        let answer = answer.map_err(too_long)?.map_err(|error| failed(&error))?;
        self.connection = Some(connection);
        Ok(answer)
    }
}

pub(super) fn id(id: Uuid) -> Vec<u8> {
    id.as_bytes().to_vec()
}

fn migrations() -> Migrator {
    let sql = include_str!("../../../../migrations/store/kurrent/postgres/0001_begun.sql");
    let step = Migration::new(1, "begun".into(), MigrationType::Simple, sql.into_sql_str(), false);
    let mut migrator = Migrator::with_migrations(vec![step]);
    // The tables of the store beside count their own steps.
    migrator.dangerous_set_table_name("_kurrent_migrations");
    migrator
}

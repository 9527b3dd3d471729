//! What must be true of a server before anything is entrusted to it.

use std::borrow::Cow;

use sqlx::PgConnection;
use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::{Connection, SqlSafeStr};

use super::failure::failed;
use super::hosts::Hosts;
use crate::StoreError;

/// The oldest release that is used; what came before is no longer maintained.
const OLDEST: i32 = 140_000;

/// The schema, oldest first; a step that was released is never changed.
fn migrations() -> Migrator {
    let step = |version, description, sql: &'static str| {
        let kind = MigrationType::Simple;
        Migration::new(version, Cow::Borrowed(description), kind, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(vec![step(
        1,
        "log",
        include_str!("../../../migrations/store/postgres/0001_log.sql"),
    )])
}

/// Refuses a server that may lose or alter what it has acknowledged.
pub(crate) async fn check(connection: &mut PgConnection) -> Result<(), StoreError> {
    let settings: (i32, String, String, String, String, String) = sqlx::query_as(
        "SELECT current_setting('server_version_num')::int, current_setting('fsync'),
           current_setting('full_page_writes'), current_setting('synchronous_commit'),
           current_setting('synchronous_standby_names'), current_setting('server_encoding')",
    )
    .fetch_one(connection)
    .await
    .map_err(|error| failed(&error))?;
    let (version, fsync, full_pages, commit, standbys, encoding) = settings;
    let why = if version < OLDEST {
        format!("it is older than release {}; upgrade it", OLDEST / 10_000)
    } else if fsync != "on" {
        "fsync is off, so a crash can lose or destroy everything; set fsync = on".to_owned()
    } else if full_pages != "on" {
        "full_page_writes is off, so a crash can destroy pages; set full_page_writes = on"
            .to_owned()
    } else if commit == "off" {
        "synchronous_commit is off, so a crash loses what was acknowledged; set \
         synchronous_commit = on, for the server or for Docket's user"
            .to_owned()
    } else if commit == "local" && !standbys.is_empty() {
        "synchronous_commit is local, so a standby that takes over may lack what was acknowledged; \
         set synchronous_commit = on, or leave synchronous_standby_names empty"
            .to_owned()
    } else if encoding != "UTF8" {
        format!("the database's encoding is {encoding}; create one with ENCODING 'UTF8'")
    } else {
        return Ok(());
    };
    Err(StoreError::Refused(format!("this PostgreSQL is not used: {why}")))
}

/// Creates or migrates the log's tables, and refuses those that this program must not touch.
pub(crate) async fn prepare(hosts: &Hosts) -> Result<(), StoreError> {
    migrate(hosts, migrations()).await
}

/// Takes the steps that are missing. Of several processes that do so at once, the others wait for the
/// first.
pub(crate) async fn migrate(hosts: &Hosts, steps: Migrator) -> Result<(), StoreError> {
    let (mut connection, _) = hosts.primary().await?;
    check(&mut connection).await?;
    // Another process may take long over a large table.
    sqlx::raw_sql("SET lock_timeout = 0; SET statement_timeout = 0")
        .execute(&mut connection)
        .await
        .map_err(|error| failed(&error))?;
    let migrated = steps.run_direct(None, &mut connection, false).await;
    // Closing is a courtesy; what was migrated is committed.
    let _ = connection.close().await;
    migrated.map_err(|error| match error {
        MigrateError::VersionMissing(version) => too_new(version),
        MigrateError::Execute(error) => failed(&error),
        other => StoreError::Refused(format!("the database cannot be migrated: {other}")),
    })
}

/// Refuses, without changing anything, a database that another release should read.
pub(crate) async fn check_schema(mut connection: PgConnection) -> Result<(), StoreError> {
    let applied =
        connection.list_applied_migrations("_sqlx_migrations").await.map_err(|error| {
            StoreError::Refused(format!("there is no Docket log in this database: {error}"))
        })?;
    let _ = connection.close().await;
    let found = applied.iter().map(|step| step.version).max().unwrap_or(0);
    let known = migrations().iter().map(|step| step.version).max().unwrap_or(0);
    match found.cmp(&known) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(too_new(found)),
        std::cmp::Ordering::Less => Err(StoreError::Refused(
            "the log was written by an older Docket; start the server once, which migrates it"
                .to_owned(),
        )),
    }
}

fn too_new(version: i64) -> StoreError {
    StoreError::Refused(format!(
        "the log was written by a newer Docket (schema step {version}); start that release or a \
         later one"
    ))
}

//! What is kept beside the log, in a SQLite file of its own: the views that people save, and the
//! [register of files](crate::attachments).
//!
//! A saved view is a bookmark: losing it loses no fact about any ticket, so it is no event.

use std::path::Path;

use docket_domain::instant::Instant;
use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use utoipa::ToSchema;
use uuid::Uuid;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS saved_views (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    filter TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS saved_views_owner ON saved_views (owner, created_at, id);
";

/// A filter that its owner keeps under a name (S-23).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SavedView {
    /// Its id, as `?view=` takes it.
    pub id: Uuid,
    /// What its owner calls it.
    pub name: String,
    /// The filter: parameters of the ticket list.
    #[schema(value_type = Object)]
    pub filter: Box<RawValue>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
}

/// The saved views.
pub struct Side {
    pool: SqlitePool,
}

type Row = (String, String, String, i64);

impl Side {
    /// Opens the file, and creates it where there is none.
    pub async fn open(path: &Path) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // What a row gave up must not lie on in a page that is free.
            .pragma("secure_delete", "ON");
        let pool = SqlitePoolOptions::new().max_connections(2).connect_with(options).await?;
        sqlx::raw_sql(SCHEMA).execute(&pool).await?;
        Ok(Self { pool })
    }

    /// The file, for others who keep something in it.
    pub fn pool(&self) -> SqlitePool {
        self.pool.clone()
    }

    /// The saved views of an owner, oldest first.
    pub async fn views(&self, owner: &str) -> Result<Vec<SavedView>, sqlx::Error> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, name, filter, created_at FROM saved_views WHERE owner = ?1
             ORDER BY created_at, id",
        )
        .bind(owner)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(view).collect()
    }

    /// One saved view of an owner.
    pub async fn view(&self, owner: &str, id: Uuid) -> Result<Option<SavedView>, sqlx::Error> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT id, name, filter, created_at FROM saved_views WHERE owner = ?1 AND id = ?2",
        )
        .bind(owner)
        .bind(id.to_string())
        .fetch_optional(&self.pool)
        .await?;
        row.map(view).transpose()
    }

    /// Keeps a view for an owner. The same id again keeps what is there.
    pub async fn keep_view(&self, owner: &str, view: &SavedView) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO saved_views (id, owner, name, filter, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id) DO NOTHING",
        )
        .bind(view.id.to_string())
        .bind(owner)
        .bind(&view.name)
        .bind(view.filter.get())
        .bind(view.created_at.0)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Drops a view of an owner; answers whether there was one.
    pub async fn drop_view(&self, owner: &str, id: Uuid) -> Result<bool, sqlx::Error> {
        let done = sqlx::query("DELETE FROM saved_views WHERE owner = ?1 AND id = ?2")
            .bind(owner)
            .bind(id.to_string())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Closes the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

fn view((id, name, filter, created_at): Row) -> Result<SavedView, sqlx::Error> {
    Ok(SavedView {
        id: id.parse().map_err(decode)?,
        name,
        filter: RawValue::from_string(filter).map_err(decode)?,
        created_at: Instant(created_at),
    })
}

fn decode(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

//! What is kept beside the log: the views that people save, and the
//! [register of files](crate::attachments). It lies in a SQLite file of the data folder, or, where several
//! servers share a log, beside that log, the same for all of them.
//!
//! A saved view is a bookmark: losing it loses no fact about any ticket, so it is no event.

mod tables;

use std::path::Path;

use docket_domain::instant::Instant;
use docket_store::StoreError;
use docket_store::postgres::PostgresStore;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

pub use self::tables::{Given, Statement, Tables};

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

/// The saved views, and the tables that they are in.
pub struct Side {
    tables: Tables,
}

type Row = (String, String, String, i64);

/// A saved view and whose it is, or an upload, as rows.
type OwnedRow = (String, String, String, String, i64);
type UploadRow = (String, Option<String>, i64, Option<String>);

const KEEP_VIEW: &str = "INSERT INTO saved_views (id, owner, name, filter, created_at)
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
const KEEP_UPLOAD: &str = "INSERT INTO uploads (id, command, uploaded_at, box)
    VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
const FORGET_NAMED: &str = "UPDATE uploads SET box = NULL WHERE box IS NOT NULL
    AND EXISTS (SELECT 1 FROM attachment_events AS named WHERE named.id = uploads.id)";

impl Side {
    /// Opens the file, and creates it where there is none.
    pub async fn open(path: &Path) -> Result<Self, sqlx::Error> {
        Ok(Self { tables: Tables::in_file(path).await? })
    }

    /// Opens what is kept beside a log that several servers share.
    pub async fn beside(log: &PostgresStore) -> Result<Self, StoreError> {
        Ok(Self { tables: Tables::beside(log).await? })
    }

    /// The tables, for others who keep something there.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// The saved views of an owner, oldest first.
    pub async fn views(&self, owner: &str) -> Result<Vec<SavedView>, sqlx::Error> {
        let sql = "SELECT id, name, filter, created_at FROM saved_views WHERE owner = $1
                   ORDER BY created_at, id";
        let rows: Vec<Row> = self.tables.rows(sql, &[owner.into()]).await?;
        rows.into_iter().map(view).collect()
    }

    /// One saved view of an owner.
    pub async fn view(&self, owner: &str, id: Uuid) -> Result<Option<SavedView>, sqlx::Error> {
        let sql = "SELECT id, name, filter, created_at FROM saved_views
                   WHERE owner = $1 AND id = $2";
        let id = id.to_string();
        let rows: Vec<Row> = self.tables.rows(sql, &[owner.into(), (&id).into()]).await?;
        rows.into_iter().next().map(view).transpose()
    }

    /// Keeps a view for an owner. The same id again keeps what is there.
    pub async fn keep_view(&self, owner: &str, view: &SavedView) -> Result<(), sqlx::Error> {
        let (id, name, filter) = (view.id.to_string(), &view.name, view.filter.get());
        let given =
            [(&id).into(), owner.into(), name.into(), filter.into(), view.created_at.0.into()];
        self.tables.done(KEEP_VIEW, &given).await.map(drop)
    }

    /// Drops a view of an owner; answers whether there was one.
    pub async fn drop_view(&self, owner: &str, id: Uuid) -> Result<bool, sqlx::Error> {
        let sql = "DELETE FROM saved_views WHERE owner = $1 AND id = $2";
        let dropped = self.tables.done(sql, &[owner.into(), (&id.to_string()).into()]).await?;
        Ok(dropped > 0)
    }

    /// Takes in the views and the uploads that are kept elsewhere; what is here already stays as it is.
    /// Which events name which files is not among it: the log says so.
    pub async fn take_in(&self, other: &Self) -> Result<(), sqlx::Error> {
        let views = "SELECT id, owner, name, filter, created_at FROM saved_views";
        let views: Vec<OwnedRow> = other.tables.rows(views, &[]).await?;
        let uploads = "SELECT id, command, uploaded_at, box FROM uploads";
        let uploads: Vec<UploadRow> = other.tables.rows(uploads, &[]).await?;
        let mut work: Vec<Statement<'_>> = Vec::new();
        for (id, owner, name, filter, at) in &views {
            let given = vec![id.into(), owner.into(), name.into(), filter.into(), (*at).into()];
            work.push((KEEP_VIEW, given));
        }
        for (id, command, at, boxed) in &uploads {
            let given = vec![id.into(), command.into(), (*at).into(), boxed.into()];
            work.push((KEEP_UPLOAD, given));
        }
        // Whoever follows the log has passed the events that name these.
        work.push((FORGET_NAMED, Vec::new()));
        self.tables.together(&work).await.map(drop)
    }

    /// Lets go of it.
    pub async fn close(&self) {
        self.tables.close().await;
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

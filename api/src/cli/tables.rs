//! The file of views, read as it stands at one moment, also while a server writes it.

use std::path::Path;

use docket_store::Position;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::Failure;

/// The tables of all views at one moment.
pub struct Tables {
    connection: SqliteConnection,
    /// The position up to which they are written.
    pub cursor: Position,
}

impl Tables {
    /// Opens the file and holds on to the moment: whatever is written after is not seen.
    pub async fn open(path: &Path) -> Result<Self, Failure> {
        if !path.exists() {
            let path = path.display();
            return Err(Failure::Other(format!("{path} is missing; `docket serve` makes it")));
        }
        let options = SqliteConnectOptions::new().filename(path).read_only(true);
        let mut connection = options.connect().await.map_err(failed)?;
        sqlx::query("BEGIN").execute(&mut connection).await.map_err(failed)?;
        let cursor: (i64,) = sqlx::query_as("SELECT cursor FROM books")
            .fetch_one(&mut connection)
            .await
            .map_err(failed)?;
        Ok(Self { connection, cursor: cursor.0.unsigned_abs() })
    }

    /// The views: name, version, and for how many streams each stands still.
    pub async fn views(&mut self) -> Result<Vec<(String, i64, i64)>, Failure> {
        sqlx::query_as(
            "SELECT view, version, (SELECT count(*) FROM parked WHERE view = built.view)
             FROM generations AS built WHERE live = 1 ORDER BY view",
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(failed)
    }

    /// The table that answers for a view, if there is one.
    pub async fn table(&mut self, view: &str) -> Result<Option<String>, Failure> {
        let row: Option<(String,)> =
            sqlx::query_as("SELECT name FROM generations WHERE live = 1 AND view = ?1")
                .bind(view)
                .fetch_optional(&mut self.connection)
                .await
                .map_err(failed)?;
        Ok(row.map(|(name,)| name))
    }

    /// What a stream put into a table: documents by key, in order.
    pub async fn rows(
        &mut self,
        table: &str,
        stream: &str,
    ) -> Result<Vec<(String, String)>, Failure> {
        // The name comes from the file's own books.
        let sql = format!("SELECT key, doc FROM {table} WHERE stream = ?1 ORDER BY key");
        sqlx::query_as(AssertSqlSafe(sql))
            .bind(stream)
            .fetch_all(&mut self.connection)
            .await
            .map_err(failed)
    }

    /// How many rows a table holds.
    pub async fn count(&mut self, table: &str) -> Result<u64, Failure> {
        let sql = format!("SELECT count(*) FROM {table}");
        let row: (i64,) = sqlx::query_as(AssertSqlSafe(sql))
            .fetch_one(&mut self.connection)
            .await
            .map_err(failed)?;
        Ok(row.0.unsigned_abs())
    }

    /// The sums of a view, by key, those that are nothing left out.
    pub async fn sums(&mut self, table: &str) -> Result<Vec<(String, i64)>, Failure> {
        let sql = format!("SELECT key, value FROM {table}_counts WHERE value <> 0 ORDER BY key");
        sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut self.connection).await.map_err(failed)
    }

    /// Lets go.
    pub async fn close(self) {
        if let Err(error) = self.connection.close().await {
            tracing::debug!(%error, "the views' file was not closed well");
        }
    }
}

fn failed(error: sqlx::Error) -> Failure {
    Failure::Other(format!("the views' file: {error}"))
}

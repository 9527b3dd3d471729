//! What nodes ask of the one that projects, as rows: any node may ask, and whoever projects next does
//! what was not done.

use std::time::Duration;

use super::{Documents, DocumentsError, Query};

/// How often whoever asked looks for the answer.
const LOOK: Duration = Duration::from_millis(50);

/// Something that is asked for and not answered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Which one.
    pub id: i64,
    /// What to do: `rebuild`, `refold` or `unpark`.
    pub what: String,
    /// With what: a view, a subject or a stream.
    pub name: String,
}

impl Documents {
    /// Asks the node that projects, whichever it is, and waits for its answer: why it did not, or
    /// nothing when it did.
    pub async fn ask(&self, what: &str, name: &str) -> Result<Option<String>, DocumentsError> {
        let ask = Query::new("INSERT INTO asked (what, name) VALUES (").bind(what);
        let ask = ask.sql(", ").bind(name).sql(") RETURNING id");
        let id = self.change::<(i64,)>(&ask).await?.first().map_or(0, |(id,)| *id);
        let look = Query::new("SELECT coalesce(answer, '') FROM asked WHERE answer IS NOT NULL")
            .sql(" AND id = ")
            .bind(id);
        let answer = loop {
            if let Some(answer) = self.fetch_one::<String>(&look).await? {
                break answer;
            }
            tokio::time::sleep(LOOK).await;
        };
        let done = Query::new("DELETE FROM asked WHERE id = ").bind(id).sql(" RETURNING id");
        self.change::<(i64,)>(&done).await?;
        Ok(Some(answer).filter(|answer| !answer.is_empty()))
    }

    /// What is asked for and not answered, the oldest first.
    pub async fn wishes(&self) -> Result<Vec<Wish>, DocumentsError> {
        let query = Query::new("SELECT id, what, name FROM asked WHERE answer IS NULL ORDER BY id");
        let rows: Vec<(i64, String, String)> = self.fetch(&query).await?;
        Ok(rows.into_iter().map(|(id, what, name)| Wish { id, what, name }).collect())
    }

    /// Answers: with why it was not done, or nothing when it was.
    pub async fn answer(&self, id: i64, why_not: &str) -> Result<(), DocumentsError> {
        let answer = Query::new("UPDATE asked SET answer = ").bind(why_not);
        let answer = answer.sql(" WHERE id = ").bind(id).sql(" RETURNING id");
        self.change::<(i64,)>(&answer).await.map(drop)
    }

    async fn change<T: super::Answer>(&self, change: &Query) -> Result<Vec<T>, DocumentsError> {
        let mut writer = self.database.writer().await?;
        let mut transaction = writer.begin().await?;
        let rows = transaction.fetch(change).await?;
        transaction.commit().await?;
        Ok(rows)
    }
}

//! What nodes ask of the one that projects, as rows: any node may ask, and whoever projects next does
//! what was not done.

use std::time::Duration;

use super::{Dialect, Documents, DocumentsError, Query};

/// How often whoever asked looks for the answer.
const LOOK: Duration = Duration::from_millis(50);

/// Something that is asked for and not answered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Which one.
    pub id: i64,
    /// What to do: `rebuild`, `back`, `drop`, `refold` or `unpark`.
    pub what: String,
    /// With what: a view, a subject or a stream.
    pub name: String,
}

impl Documents {
    /// Asks the node that projects, whichever it is; answers which wish this is.
    pub async fn ask(&self, what: &str, name: &str) -> Result<i64, DocumentsError> {
        let ask = Query::new("INSERT INTO asked (what, name) VALUES (").bind(what);
        let ask = ask.sql(", ").bind(name).sql(") RETURNING id");
        Ok(self.change::<(i64,)>(&ask).await?.first().map_or(0, |(id,)| *id))
    }

    /// Waits for the answer to a wish: why it was not granted, or nothing when it was. A wish can be
    /// lost with the views themselves, and with what a server that failed had not handed on yet.
    pub async fn answer_to(&self, wish: i64) -> Result<Option<String>, DocumentsError> {
        let answered = "CAST(CASE WHEN answer IS NULL THEN 0 ELSE 1 END AS bigint)";
        let look = format!("SELECT {answered}, coalesce(answer, '') FROM asked WHERE id = ");
        let look = Query::new(&look).bind(wish);
        let answer = loop {
            match self.fetch::<(i64, String)>(&look).await?.pop() {
                Some((0, _)) => tokio::time::sleep(LOOK).await,
                Some((_, answer)) => break answer,
                None => return Ok(Some("what was asked for was lost".to_owned())),
            }
        };
        self.withdraw(wish).await?;
        Ok(Some(answer).filter(|answer| !answer.is_empty()))
    }

    /// Takes a wish back.
    pub async fn withdraw(&self, wish: i64) -> Result<(), DocumentsError> {
        let done = Query::new("DELETE FROM asked WHERE id = ").bind(wish).sql(" RETURNING id");
        self.change::<(i64,)>(&done).await.map(drop)
    }

    /// Notes that nothing in the views shows anything of a subject any more, for those who share them.
    pub async fn note_forgotten(&self, subject: &str) -> Result<(), DocumentsError> {
        if self.dialect() == Dialect::Sqlite {
            return Ok(());
        }
        let note = Query::new("INSERT INTO forgotten (subject) VALUES (").bind(subject);
        let note = note.sql(") ON CONFLICT DO NOTHING RETURNING subject");
        self.change::<(String,)>(&note).await.map(drop)
    }

    /// Whether that was noted of a subject, by whichever node.
    pub async fn has_forgotten(&self, subject: &str) -> Result<bool, DocumentsError> {
        if self.dialect() == Dialect::Sqlite {
            return Ok(false);
        }
        let noted = Query::new("SELECT subject FROM forgotten WHERE subject = ").bind(subject);
        Ok(!self.fetch::<(String,)>(&noted).await?.is_empty())
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

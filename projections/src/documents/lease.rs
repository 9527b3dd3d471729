//! Which node projects: a lease, and the epoch that fences off whoever lost it.
//!
//! One node at a time folds events into the tables. It renews its lease; when it does not (it died, it
//! stands still, it is cut off) another takes the lease with the next epoch. The lease only saves
//! work. What keeps a node that lost it from writing is [`commit`](Documents::commit): every
//! transaction of the node that projects ends by marking the books *under its epoch*, and comes to
//! nothing where another epoch stands there.

use std::sync::atomic::Ordering;
use std::time::Duration;

use docket_store::Position;

use super::database::Transaction;
use super::{Documents, DocumentsError, Query};

/// How it stands with projecting, as every node can see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Up to which position the views in use are written.
    pub cursor: Position,
    /// How many erasures were carried out in the views.
    pub erasures: i64,
    /// Whether nobody projects.
    pub is_free: bool,
}

/// How the cursor moves with a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Where it must stand.
    pub from: Position,
    /// Where it stands then.
    pub to: Position,
}

impl Documents {
    /// Takes the lease if nobody else holds it, or at once if `held_by_older`; answers whether it is ours
    /// now.
    pub async fn take(&self, lasts: Duration, held_by_older: bool) -> Result<bool, DocumentsError> {
        let dialect = self.dialect();
        let free = if held_by_older { "TRUE".to_owned() } else { dialect.lease_is_free() };
        // A lease of this process is of a task that ended, or there would be nobody to ask.
        let ours = self.epoch.load(Ordering::SeqCst);
        let take = format!("UPDATE books SET epoch = epoch + 1, expires = {} + ", dialect.now());
        let take =
            Query::new(&take).bind(millis(lasts)).sql(&format!(" WHERE ({free} OR epoch = "));
        let take = take.bind(ours).sql(") RETURNING epoch");
        let mut writer = self.database.writer().await?;
        let mut transaction = writer.begin().await?;
        let taken: Vec<(i64,)> = transaction.fetch(&take).await?;
        transaction.commit().await?;
        let Some((epoch,)) = taken.first() else { return Ok(false) };
        self.epoch.store(*epoch, Ordering::SeqCst);
        // Whoever held it before may have put other tables in use.
        self.look_up_tables().await?;
        Ok(true)
    }

    /// Holds the lease for longer; answers false when it is not ours any more.
    pub async fn renew(&self, lasts: Duration) -> Result<bool, DocumentsError> {
        let renew = format!("UPDATE books SET expires = {} + ", self.dialect().now());
        self.change_lease(Query::new(&renew).bind(millis(lasts))).await
    }

    /// Gives the lease back, so that another node can take it at once.
    pub async fn give_back(&self) -> Result<(), DocumentsError> {
        self.change_lease(Query::new("UPDATE books SET expires = 0")).await.map(drop)
    }

    async fn change_lease(&self, change: Query) -> Result<bool, DocumentsError> {
        let change = change.sql(" WHERE epoch = ").bind(self.epoch.load(Ordering::SeqCst));
        let mut writer = self.database.writer().await?;
        let mut transaction = writer.begin().await?;
        let changed = transaction.execute(&change).await?;
        transaction.commit().await?;
        Ok(changed > 0)
    }

    /// How it stands with projecting.
    pub async fn standing(&self) -> Result<Standing, DocumentsError> {
        let dialect = self.dialect();
        let free = format!("CASE WHEN {} THEN 1 ELSE 0 END", dialect.lease_is_free());
        // One text on both databases: a bare 1 is of another width than a column on PostgreSQL.
        let query = format!("SELECT cursor, erasures, CAST({free} AS bigint) FROM books");
        let rows: Vec<(i64, i64, i64)> = self.fetch(&Query::new(&query)).await?;
        let (cursor, erasures, free) = rows.first().copied().unwrap_or_default();
        Ok(Standing { cursor: cursor.unsigned_abs(), erasures, is_free: free == 1 })
    }

    /// Ends a transaction of the node that projects, and moves the cursor where that is asked. Where
    /// another node projects by now, or the cursor stands elsewhere (an earlier transaction was committed,
    /// and its answer lost), nothing of the transaction was done.
    pub(super) async fn commit(
        &self,
        mut transaction: Transaction<'_>,
        cursor: Option<Move>,
    ) -> Result<(), DocumentsError> {
        let mark = Query::new("UPDATE books SET cursor = ");
        let mark = match cursor {
            Some(Move { to, .. }) => mark.bind(to as i64),
            None => mark.sql("cursor"),
        };
        let mark = mark.sql(" WHERE epoch = ").bind(self.epoch.load(Ordering::SeqCst));
        let mark = match cursor {
            Some(Move { from, .. }) => mark.sql(" AND cursor = ").bind(from as i64),
            None => mark,
        };
        if transaction.execute(&mark).await? == 0 {
            return Err(DocumentsError::Fenced);
        }
        Ok(transaction.commit().await?)
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

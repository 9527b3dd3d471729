//! Tables that are being built: how far each is, so that every node and the command line can tell.

use docket_store::Position;

use super::{Dialect, Documents, DocumentsError, Query};

/// A table that is being built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// The view that it is for.
    pub view: String,
    /// How many events it has behind it: of streams that are read as a whole first, then of the log.
    pub done: Position,
    /// For how many milliseconds it has been built.
    pub millis: i64,
}

impl Build {
    /// How many milliseconds are left until it has reached a position, if it goes on as it did;
    /// `None` while nothing can be said.
    pub fn left(&self, head: Position) -> Option<i64> {
        let done = i64::try_from(self.done).ok().filter(|done| *done > 0)?;
        let left = i64::try_from(head.saturating_sub(self.done)).ok()?;
        Some(self.millis.max(0).saturating_mul(left) / done)
    }
}

/// Asks for them.
pub(super) fn query(dialect: Dialect) -> Query {
    let now = dialect.now();
    Query::new(&format!(
        "SELECT view, cursor, {now} - began FROM generations WHERE live = 0 ORDER BY view"
    ))
}

/// What a row of that says.
pub(super) fn build((view, done, millis): (String, i64, i64)) -> Build {
    Build { view, done: done.unsigned_abs(), millis }
}

impl Documents {
    /// The tables that are being built, by whichever node.
    pub async fn builds(&self) -> Result<Vec<Build>, DocumentsError> {
        let rows = self.fetch(&query(self.dialect())).await?;
        Ok(rows.into_iter().map(build).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use docket_test_servers::postgres;

    use super::*;
    use crate::REGISTRY;
    use crate::documents::{Move, Snapshot, Views};

    #[test]
    fn what_is_left_follows_from_what_was_done() {
        let build = |done, millis| Build { view: String::new(), done, millis };
        assert_eq!(build(0, 5_000).left(100), None, "nothing is known yet");
        assert_eq!(build(25, 5_000).left(100), Some(15_000));
        assert_eq!(build(100, 5_000).left(100), Some(0));
        assert_eq!(build(101, 5_000).left(100), Some(0), "it is ahead of what is known of the log");
        assert_eq!(
            build(10, -7).left(100),
            Some(0),
            "a clock that was set back is no reason to panic"
        );
    }

    async fn a_build_says_how_far_it_is(views: Views) {
        let documents = Documents::open(&views, b"a store").await.unwrap();
        let view = &REGISTRY[0];
        let table = documents.create(view).await.unwrap();
        documents.load(&table, &[], &BTreeMap::new(), 40).await.unwrap();
        let [build] = documents.builds().await.unwrap().try_into().unwrap();
        assert_eq!((build.view.as_str(), build.done), (view.name, 40));
        assert!((0..60_000).contains(&build.millis), "{}", build.millis);
        let mut snapshot = Snapshot::open(&views).await.unwrap();
        let seen = snapshot.builds().await.unwrap();
        assert_eq!((seen[0].view.as_str(), seen[0].done), (view.name, 40));
        snapshot.close().await;
        documents.bring_forward(&[(*view, table.clone())], &[], 70).await.unwrap();
        assert_eq!(documents.builds().await.unwrap()[0].done, 70);
        documents.flip(&[(*view, table)], &[], Move { from: 0, to: 70 }).await.unwrap();
        assert_eq!(documents.builds().await.unwrap(), []);
        documents.close().await;
    }

    #[tokio::test]
    async fn a_build_says_how_far_it_is_on_both_databases() {
        let folder = tempfile::tempdir().unwrap();
        a_build_says_how_far_it_is(Views::File(folder.path().join("views.sqlite"))).await;
        let Some(database) = postgres::database() else { return };
        let hosts = docket_store::postgres::Hosts::parse(database.url()).unwrap();
        a_build_says_how_far_it_is(Views::Postgres(hosts)).await;
    }
}

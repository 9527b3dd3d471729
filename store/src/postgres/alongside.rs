//! A database that holds what stands beside a log in KurrentDB, and no log of its own.
//!
//! It has the same tables, whose events say nothing: taken for a log it would be read as one that lost
//! every payload. So it is marked.

use super::PostgresStore;
use crate::{EventStore, StoreError};

/// In `meta`, where there is no log of its own.
pub(crate) const BESIDE_KURRENT: &str = "beside: kurrentdb";

/// What a database is opened for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// A log.
    Log,
    /// What stands beside one.
    #[cfg(feature = "kurrentdb")]
    BesideKurrent,
}

/// Refuses a database that is something else, or must not be used at present; marks one that is new.
pub(super) async fn check(store: &PostgresStore, keeps: Keeps) -> Result<(), StoreError> {
    if store.writer.is_some() {
        crate::moving::refuse_if_moving(store).await?;
    }
    let marked = store.meta(BESIDE_KURRENT).await?.is_some();
    match keeps {
        Keeps::Log if marked => Err(StoreError::Refused(
            "this database holds what stands beside a log in KurrentDB, and no log: give --store the \
             URL of KurrentDB, and --views this one"
                .to_owned(),
        )),
        #[cfg(feature = "kurrentdb")]
        Keeps::BesideKurrent if !marked && (store.head() > 0 || store.writer.is_none()) => {
            Err(StoreError::Refused(
                "this database does not hold what stands beside a log in KurrentDB: give --views one of \
                 its own, which is empty at first"
                    .to_owned(),
            ))
        }
        #[cfg(feature = "kurrentdb")]
        Keeps::BesideKurrent if !marked => {
            store.init_meta(BESIDE_KURRENT, b"1").await.map(|_| ())
        }
        _ => Ok(()),
    }
}

#[cfg(feature = "kurrentdb")]
impl PostgresStore {
    /// Like [`append`](EventStore::append) for several, which are written in this order.
    pub(crate) async fn append_in_order(
        &self,
        appends: Vec<crate::Append>,
    ) -> Vec<crate::appending::queue::Answer> {
        match self.queue() {
            Ok(queue) => queue.append_in_order(appends).await,
            Err(refused) => appends.iter().map(|_| Err(refused.clone())).collect(),
        }
    }
}

//! What stands beside the log in KurrentDB, and where: a store that we have, in a file of this process or
//! in a database that several processes share.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::begun::{Begun, elsewhere};
use crate::appending::queue::Answer;
use crate::postgres::PostgresStore;
use crate::sqlite::SqliteStore;
use crate::{Append, EventStore, StoreError};

pub(super) enum Beside {
    /// Nobody else writes the log.
    File(SqliteStore),
    /// Other processes write the same log.
    Database(PostgresStore),
}

/// What other processes have begun or placed, of commands that this one finds in the log.
#[derive(Default)]
pub(super) struct Others {
    pub begun: HashMap<Uuid, Begun>,
    pub placed: HashSet<Uuid>,
}

impl Beside {
    /// It, as the port shows it.
    pub fn store(&self) -> &dyn EventStore {
        match self {
            Self::File(store) => store,
            Self::Database(store) => store,
        }
    }

    /// The database, where it is one.
    pub fn database(&self) -> Option<&PostgresStore> {
        match self {
            Self::File(_) => None,
            Self::Database(store) => Some(store),
        }
    }

    /// Like [`append`](EventStore::append) for several, which are written in this order.
    pub async fn append_in_order(&self, appends: Vec<Append>) -> Vec<Answer> {
        match self {
            Self::File(store) => store.append_in_order(appends).await,
            Self::Database(store) => store.append_in_order(appends).await,
        }
    }

    /// What others know of commands that were not begun by this process.
    pub async fn others(&self, commands: &[Uuid]) -> Result<Others, StoreError> {
        match self {
            Self::Database(store) if !commands.is_empty() => {
                elsewhere::others(store, commands).await
            }
            _ => Ok(Others::default()),
        }
    }

    /// Whether some process has begun a command and not finished it, as far as it is written down.
    pub async fn has_begun(&self, command: Uuid) -> Result<bool, StoreError> {
        match self {
            Self::File(_) => Ok(false),
            Self::Database(store) => elsewhere::has_begun(store, command).await,
        }
    }

    /// Lets go of it.
    pub async fn close(&self) {
        match self {
            Self::File(store) => store.close().await,
            Self::Database(store) => store.close().await,
        }
    }
}

//! Opening the two stores of a move: the one that is left, and the one that is moved into, of which nothing
//! is changed before it is known that it may be.

use std::path::Path;

use sqlx::{ConnectOptions, SqliteConnection};

use super::Place;
use super::house::{House, Read};
use crate::StoreError;
use crate::access::{postgres as access_postgres, sqlite as access_sqlite};
use crate::postgres::{self, Hosts};
use crate::sqlite::{self, open};

/// What the sessions of a move are called, so that they are not taken for those of a server.
const SESSION: &str = "moving house";

impl House {
    /// The store that is left, which must be there and of this release.
    pub async fn left(place: Place<'_>) -> Result<Self, StoreError> {
        match place {
            Place::Sqlite { log, access } => {
                open::check_schema(log).await?;
                let connection = reading(log).await?;
                let access = if access.exists() { Some(reading(access).await?) } else { None };
                Ok(Self::of_file(log, connection, access))
            }
            #[cfg(feature = "kurrentdb")]
            Place::Kurrent { url, beside, access } => {
                let tables = Place::Sqlite { log: beside, access };
                Box::pin(Self::left(tables)).await?.beside_kurrent(url)
            }
            Place::Postgres(url) => {
                let hosts = Hosts::parse(url)?.named(SESSION);
                let (connection, _) = hosts.primary().await?;
                postgres::settings::check_schema(connection).await?;
                let mut house = Self::connected(hosts).await?;
                let found = house.has_table("accesses").await?;
                if let Self::Postgres { has_access, .. } = &mut house {
                    *has_access = found;
                }
                Ok(house)
            }
        }
    }

    /// What there is already where a log is to be moved into, as it is; `None` where no log ever was.
    pub async fn found(place: Place<'_>) -> Result<Option<Self>, StoreError> {
        let mut house = match place {
            Place::Sqlite { log, .. } if !log.exists() => return Ok(None),
            Place::Sqlite { log, .. } => Self::of_file(log, reading(log).await?, None),
            Place::Postgres(url) => Self::connected(Hosts::parse(url)?.named(SESSION)).await?,
            #[cfg(feature = "kurrentdb")]
            Place::Kurrent { url, beside, access } => {
                let tables = Place::Sqlite { log: beside, access };
                let Some(house) = Box::pin(Self::found(tables)).await? else { return Ok(None) };
                house.beside_kurrent(url)?
            }
        };
        if house.has_table("meta").await? && house.has_table("events").await? {
            return Ok(Some(house));
        }
        house.leave().await;
        Ok(None)
    }

    /// The store that is moved into: its tables are made, and nobody else writes its file meanwhile.
    pub async fn entered(place: Place<'_>) -> Result<Self, StoreError> {
        match place {
            Place::Sqlite { log, access } => {
                let held = open::lock(log)?;
                open::prepare(log).await?;
                access_sqlite::prepare(access).await?;
                let connection = open::writing(log).create_if_missing(false).connect().await;
                let connection = connection.map_err(|error| sqlite::failure::failed(&error))?;
                let access = open::writing(access).create_if_missing(false).connect().await;
                let access = Some(access.map_err(|error| sqlite::failure::failed(&error))?);
                let mut house = Self::of_file(log, connection, access);
                if let Self::Sqlite { lock, .. } = &mut house {
                    *lock = Some(held);
                }
                Ok(house)
            }
            Place::Postgres(url) => {
                let hosts = Hosts::parse(url)?.named(SESSION);
                postgres::settings::prepare(&hosts).await?;
                access_postgres::prepare(&hosts).await?;
                Self::connected(hosts).await
            }
            #[cfg(feature = "kurrentdb")]
            Place::Kurrent { url, beside, access } => {
                let tables = Place::Sqlite { log: beside, access };
                let house = Box::pin(Self::entered(tables)).await?;
                crate::kurrent::moved::Log::prepare(beside).await?;
                house.beside_kurrent(url)
            }
        }
    }

    /// A file as what stands beside a log in KurrentDB, which is asked for what its events say.
    #[cfg(feature = "kurrentdb")]
    fn beside_kurrent(mut self, url: &str) -> Result<Self, StoreError> {
        if let Self::Sqlite { told, .. } = &mut self {
            *told = Some(Box::new(crate::kurrent::moved::Log::new(url)?));
        }
        Ok(self)
    }

    fn of_file(path: &Path, log: SqliteConnection, access: Option<SqliteConnection>) -> Self {
        let read = Read::new();
        Self::Sqlite {
            path: path.to_owned(),
            log,
            access,
            lock: None,
            #[cfg(feature = "kurrentdb")]
            told: None,
            read,
        }
    }

    async fn connected(hosts: Hosts) -> Result<Self, StoreError> {
        let (connection, _) = hosts.primary().await?;
        Ok(Self::Postgres { hosts, connection, has_access: true, read: Read::new() })
    }

    async fn has_table(&mut self, name: &str) -> Result<bool, StoreError> {
        match self {
            Self::Sqlite { log, .. } => {
                let there = "SELECT count(*) > 0 FROM sqlite_master WHERE name = ?1";
                let there = sqlx::query_scalar(there).bind(name).fetch_one(log).await;
                there.map_err(|error| sqlite::failure::failed(&error))
            }
            Self::Postgres { connection, .. } => {
                let there = "SELECT to_regclass($1) IS NOT NULL";
                let there = sqlx::query_scalar(there).bind(name).fetch_one(connection).await;
                there.map_err(|error| postgres::failure::failed(&error))
            }
        }
    }
}

async fn reading(path: &Path) -> Result<SqliteConnection, StoreError> {
    open::reading(path).connect().await.map_err(|error| sqlite::failure::failed(&error))
}

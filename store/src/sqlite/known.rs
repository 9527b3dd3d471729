//! What the database holds of the streams, commands, claims and data keys that a batch names.

use std::collections::{HashMap, HashSet};

use sqlx::{Row, SqliteConnection};
use uuid::Uuid;

use super::checked::Checked;
use crate::{Position, Receipt, Version};

/// Where an earlier command landed, and its fingerprint.
pub(super) type Landed = (Receipt, [u8; 32]);

/// What the database holds of the streams, commands, claims and keys that a batch names.
#[derive(Default)]
pub(super) struct Known {
    pub commands: HashMap<Uuid, Landed>,
    pub versions: HashMap<String, Version>,
    pub owners: HashMap<(String, String), String>,
    pub keys: HashSet<String>,
}

impl Known {
    pub async fn load(
        connection: &mut SqliteConnection,
        appends: &[Checked],
    ) -> Result<Self, sqlx::Error> {
        let mut known = Self::default();
        let appends = || appends.iter().map(|checked| &checked.append);
        let ids: Vec<_> = appends().map(|append| append.command_id.simple().to_string()).collect();
        known.load_commands(connection, json(&ids)).await?;
        let streams: Vec<_> = appends()
            .flat_map(|append| &append.writes)
            .map(|write| write.stream.as_str())
            .collect();
        known.load_versions(connection, &streams).await?;
        let places: Vec<_> = appends()
            .flat_map(|append| append.claims.iter().chain(&append.releases))
            .map(|claim| (&claim.space, &claim.key))
            .collect();
        if !places.is_empty() {
            known.load_owners(connection, json(&places)).await?;
        }
        let subjects: Vec<_> =
            appends().flat_map(|append| &append.new_keys).map(|key| &key.subject).collect();
        if !subjects.is_empty() {
            known.load_keys(connection, json(&subjects)).await?;
        }
        Ok(known)
    }

    async fn load_commands(
        &mut self,
        connection: &mut SqliteConnection,
        ids: String,
    ) -> Result<(), sqlx::Error> {
        for (id, landed) in commands(connection, ids).await? {
            self.commands.insert(id, landed);
        }
        Ok(())
    }

    async fn load_versions(
        &mut self,
        connection: &mut SqliteConnection,
        streams: &[&str],
    ) -> Result<(), sqlx::Error> {
        let versions: Option<String> = sqlx::query_scalar(
            "SELECT group_concat(coalesce((SELECT version FROM events WHERE stream = wanted.value
               ORDER BY version DESC LIMIT 1), 0), ' ' ORDER BY wanted.key)
             FROM json_each(?1) wanted",
        )
        .bind(json(streams))
        .fetch_one(connection)
        .await?;
        for (stream, version) in streams.iter().zip(versions.unwrap_or_default().split(' ')) {
            let version = version.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
            self.versions.insert((*stream).to_owned(), version);
        }
        Ok(())
    }

    async fn load_owners(
        &mut self,
        connection: &mut SqliteConnection,
        places: String,
    ) -> Result<(), sqlx::Error> {
        let rows = sqlx::query(
            "SELECT space, c.key, owner FROM json_each(?1) wanted
             CROSS JOIN claims c ON c.space = wanted.value ->> 0 AND c.key = wanted.value ->> 1",
        )
        .bind(places)
        .fetch_all(connection)
        .await?;
        for row in rows {
            self.owners.insert((row.try_get(0)?, row.try_get(1)?), row.try_get(2)?);
        }
        Ok(())
    }

    async fn load_keys(
        &mut self,
        connection: &mut SqliteConnection,
        subjects: String,
    ) -> Result<(), sqlx::Error> {
        let found: Vec<String> = sqlx::query_scalar(
            "SELECT subject FROM json_each(?1) wanted
             CROSS JOIN subject_keys ON subject = wanted.value",
        )
        .bind(subjects)
        .fetch_all(connection)
        .await?;
        self.keys.extend(found);
        Ok(())
    }
}

/// Where the commands of a JSON list of ids (in hexadecimal) landed, as far as they are known.
pub(super) async fn commands<'c>(
    executor: impl sqlx::SqliteExecutor<'c>,
    ids: String,
) -> Result<Vec<(Uuid, Landed)>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT command_id, fingerprint, first, last, recorded_at FROM json_each(?1) wanted
         CROSS JOIN commands ON command_id = unhex(wanted.value)
         CROSS JOIN events ON position = first",
    )
    .bind(ids)
    .fetch_all(executor)
    .await?;
    rows.iter()
        .map(|row| {
            let id = Uuid::from_bytes(fixed(row.try_get(0)?)?);
            let receipt = Receipt {
                first: row.try_get::<i64, _>(2)? as Position,
                last: row.try_get::<i64, _>(3)? as Position,
                recorded_at: row.try_get(4)?,
            };
            Ok((id, (receipt, fixed(row.try_get(1)?)?)))
        })
        .collect()
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], sqlx::Error> {
    bytes.try_into().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// A list as the JSON that `json_each` takes: one statement for lists of any length.
pub(super) fn json<T: serde::Serialize>(list: &[T]) -> String {
    // Strings and pairs of strings always serialise.
    serde_json::to_string(list).unwrap_or_default()
}

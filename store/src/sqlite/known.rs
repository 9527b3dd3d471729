//! What the database holds of the streams, commands, claims and data keys that a batch names.
//!
//! A statement costs more than a row it finds: so all is asked in one, whose answer is one row of
//! JSON lists.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sqlx::{AssertSqlSafe, SqliteConnection, SqlitePool};
use uuid::Uuid;

use super::checked::Checked;
use crate::{Millis, Position, Receipt, Version};

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

/// Where the commands of a JSON list of ids (in hexadecimal) landed, as far as they are known.
const COMMANDS: &str = "
    SELECT json_group_array(json_array(
             lower(hex(command_id)), lower(hex(fingerprint)), first, last, recorded_at))
    FROM json_each(?1) wanted
    CROSS JOIN commands ON command_id = unhex(wanted.value)
    CROSS JOIN events ON position = first";

/// The versions of streams, 0 for those that do not exist, in the order asked.
const VERSIONS: &str = "
    SELECT json_group_array(coalesce((SELECT version FROM events WHERE stream = wanted.value
             ORDER BY version DESC LIMIT 1), 0) ORDER BY wanted.key)
    FROM json_each(?2) wanted";

const OWNERS: &str = "
    SELECT json_group_array(json_array(space, c.key, owner))
    FROM json_each(?3) wanted
    CROSS JOIN claims c ON c.space = wanted.value ->> 0 AND c.key = wanted.value ->> 1";

const KEYS: &str = "
    SELECT json_group_array(subject)
    FROM json_each(?4) wanted CROSS JOIN subject_keys ON subject = wanted.value";

static KNOWN: LazyLock<Arc<str>> =
    LazyLock::new(|| format!("SELECT ({COMMANDS}), ({VERSIONS}), ({OWNERS}), ({KEYS})").into());

/// A command as [`COMMANDS`] answers it.
#[derive(Deserialize)]
struct CommandRow(Uuid, String, Position, Position, Millis);

impl Known {
    pub async fn load(
        connection: &mut SqliteConnection,
        appends: &[Checked],
    ) -> Result<Self, sqlx::Error> {
        let appends = || appends.iter().map(|checked| &checked.append);
        let ids: Vec<_> = appends().map(|append| append.command_id.simple()).collect();
        let writes = appends().flat_map(|append| &append.writes);
        let streams: Vec<_> = writes.map(|write| write.stream.as_str()).collect();
        let places: Vec<_> = appends()
            .flat_map(|append| append.claims.iter().chain(&append.releases))
            .map(|claim| (&claim.space, &claim.key))
            .collect();
        let subjects: Vec<_> =
            appends().flat_map(|append| &append.new_keys).map(|key| &key.subject).collect();
        let (commands, versions, owners, keys): (String, String, String, String) =
            sqlx::query_as(AssertSqlSafe(Arc::clone(&KNOWN)))
                .bind(json(&ids))
                .bind(json(&streams))
                .bind(json(&places))
                .bind(json(&subjects))
                .fetch_one(connection)
                .await?;
        let commands: Vec<CommandRow> = parsed(&commands)?;
        let versions: Vec<Version> = parsed(&versions)?;
        let owners: Vec<(String, String, String)> = parsed(&owners)?;
        let streams = streams.into_iter().map(str::to_owned);
        Ok(Self {
            commands: commands.into_iter().map(landed).collect::<Result<_, _>>()?,
            versions: streams.zip(versions).collect(),
            owners: owners.into_iter().map(|(space, key, owner)| ((space, key), owner)).collect(),
            keys: parsed(&keys)?,
        })
    }
}

/// Where one command landed, if it is known.
pub(super) async fn command(pool: &SqlitePool, id: Uuid) -> Result<Option<Landed>, sqlx::Error> {
    let found: String =
        sqlx::query_scalar(COMMANDS).bind(json(&[id.simple()])).fetch_one(pool).await?;
    let found: Vec<CommandRow> = parsed(&found)?;
    let found = found.into_iter().next().map(landed).transpose()?;
    Ok(found.map(|(_, landed)| landed))
}

fn landed(row: CommandRow) -> Result<(Uuid, Landed), sqlx::Error> {
    let CommandRow(id, fingerprint, first, last, recorded_at) = row;
    let fingerprint = from_hex(&fingerprint)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| sqlx::Error::Decode("a fingerprint has another length".into()))?;
    Ok((id, (Receipt { first, last, recorded_at }, fingerprint)))
}

/// A list as the JSON that `json_each` takes: one statement for lists of any length.
pub(super) fn json<T: serde::Serialize>(list: &[T]) -> String {
    // Ids, strings and pairs of strings always serialise.
    serde_json::to_string(list).unwrap_or_default()
}

fn parsed<T: DeserializeOwned>(answer: &str) -> Result<T, sqlx::Error> {
    serde_json::from_str(answer).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// The bytes that hexadecimal digits stand for.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |digit: u8| (digit as char).to_digit(16).map(|value| value as u8);
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| Some((digit(*high)? << 4) | digit(*low)?)).collect()
}

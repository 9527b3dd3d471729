//! Asking SQLite what it holds of all that a batch names: in one statement, each list a JSON text.

use std::sync::{Arc, LazyLock};

use sqlx::{AssertSqlSafe, SqliteConnection, SqlitePool};
use uuid::Uuid;

use crate::appending::checked::Checked;
use crate::appending::known::{Known, Landed, Lists, Named, landed};

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

/// Loads all that the appends need to be decided.
pub(super) async fn load(
    connection: &mut SqliteConnection,
    appends: &[Checked],
) -> Result<Known, sqlx::Error> {
    let named = Named::by(appends);
    let ids: Vec<_> = named.commands.iter().map(|id| id.simple()).collect();
    let answer: Lists = sqlx::query_as(AssertSqlSafe(Arc::clone(&KNOWN)))
        .bind(json(&ids))
        .bind(json(&named.streams))
        .bind(json(&named.places))
        .bind(json(&named.subjects))
        .fetch_one(connection)
        .await?;
    named.known(&answer)
}

/// Where one command landed, if it is known.
pub(super) async fn command(pool: &SqlitePool, id: Uuid) -> Result<Option<Landed>, sqlx::Error> {
    let found: String =
        sqlx::query_scalar(COMMANDS).bind(json(&[id.simple()])).fetch_one(pool).await?;
    Ok(landed(&found)?.into_iter().next().map(|(_, landed)| landed))
}

/// A list as the JSON that `json_each` takes: one statement for lists of any length.
pub(super) fn json<T: serde::Serialize>(list: &[T]) -> String {
    // Ids, strings and pairs of strings always serialise.
    serde_json::to_string(list).unwrap_or_default()
}

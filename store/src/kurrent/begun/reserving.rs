//! Taking the names of what appends touch, which two processes never have at once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use sqlx::PgConnection;
use uuid::Uuid;

use super::Begun;
use super::shared::id;

/// Begins a transaction, and takes the names in one order, so that two who do so never wait for each other.
pub(super) async fn reserve(
    connection: &mut PgConnection,
    server: Vec<u8>,
    fresh: &[Begun],
    rows: &[String],
) -> Result<HashSet<Uuid>, sqlx::Error> {
    sqlx::raw_sql("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
        .execute(&mut *connection)
        .await?;
    let commands: Vec<_> = fresh.iter().map(|begun| id(begun.append.command_id)).collect();
    let written: Vec<Vec<u8>> = sqlx::query_scalar(
        "INSERT INTO begun (command_id, append, server)
         SELECT fresh.id, fresh.append, $3 FROM unnest($1::bytea[], $2::text[]) fresh (id, append)
         ORDER BY fresh.id
         ON CONFLICT DO NOTHING RETURNING command_id",
    )
    .bind(commands)
    .bind(rows)
    .bind(server)
    .fetch_all(&mut *connection)
    .await?;
    let written: HashSet<Vec<u8>> = written.into_iter().collect();
    let mut names = BTreeMap::new();
    for begun in fresh.iter().filter(|begun| written.contains(&id(begun.append.command_id))) {
        names.insert(begun.append.command_id, begun.names().into_iter().collect());
    }
    let taken = take_names(connection, &names).await?;
    // One that somebody has begun under the same id was not written, so it has no names here.
    let is_free = |command: &Uuid| {
        names.get(command).is_some_and(|names| taken.get(command) == Some(&names.len()))
    };
    let commands = fresh.iter().map(|begun| begun.append.command_id);
    let blocked: HashSet<Uuid> = commands.filter(|command| !is_free(command)).collect();
    // What others have begun under these ids stays.
    let gone = blocked.iter().filter(|command| names.contains_key(command));
    let gone: Vec<_> = gone.copied().map(id).collect();
    if !gone.is_empty() {
        let gone = sqlx::query("DELETE FROM begun WHERE command_id = ANY ($1)").bind(gone);
        gone.execute(&mut *connection).await?;
    }
    Ok(blocked)
}

/// What each command touches, each thing once.
type Names<'a> = BTreeMap<Uuid, BTreeSet<(&'static str, &'a str, &'a str)>>;

/// Takes names that nobody has; answers how many each command got.
async fn take_names(
    connection: &mut PgConnection,
    names: &Names<'_>,
) -> Result<HashMap<Uuid, usize>, sqlx::Error> {
    let all =
        || names.iter().flat_map(|(command, names)| names.iter().map(|name| (*command, *name)));
    let each = |field: fn((&'static str, &str, &str)) -> String| {
        all().map(|(_, name)| field(name)).collect::<Vec<_>>()
    };
    let taken: Vec<Vec<u8>> = sqlx::query_scalar(
        r#"INSERT INTO begun_names (kind, name, more, command_id)
           SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[]) w (kind, name, more, id)
           ORDER BY kind COLLATE "C", name COLLATE "C", more COLLATE "C"
           ON CONFLICT DO NOTHING RETURNING command_id"#,
    )
    .bind(each(|name| name.0.to_owned()))
    .bind(each(|name| name.1.to_owned()))
    .bind(each(|name| name.2.to_owned()))
    .bind(all().map(|(command, _)| id(command)).collect::<Vec<_>>())
    .fetch_all(connection)
    .await?;
    let mut each = HashMap::new();
    for command in taken.iter().filter_map(|command| Uuid::from_slice(command).ok()) {
        *each.entry(command).or_default() += 1;
    }
    Ok(each)
}

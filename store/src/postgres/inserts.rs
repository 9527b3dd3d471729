//! Writing a decided batch: one statement, whatever it holds, since each crossing to the server is
//! time in which nobody else can append.

use sqlx::PgConnection;

use crate::appending::batch::{Batch, EventRow};

/// Tells those who listen how far the log reaches: only a hint, they look for themselves as well.
pub(super) const CHANNEL: &str = "docket_log";

const WRITE: &str = "
    WITH moved AS (
      UPDATE log_end SET position = $1, recorded_at = $2, turn = turn + 1
    ), written AS (
      INSERT INTO events (recorded_at, position, stream, version, event_id, event_type, schema,
        occurred_at, payload_hash, envelope, payload, sealed)
      SELECT $2, * FROM unnest($3::bigint[], $4::text[], $5::bigint[], $6::bytea[], $7::text[],
        $8::integer[], $9::bigint[], $10::bytea[], $11::text[], $12::text[], $13::text[])
    ), remembered AS (
      INSERT INTO commands (command_id, fingerprint, first, last)
      SELECT * FROM unnest($14::bytea[], $15::bytea[], $16::bigint[], $17::bigint[])
    ), brought AS (
      INSERT INTO subject_keys (subject, wrapped) SELECT * FROM unnest($18::text[], $19::bytea[])
    ), taken AS (
      INSERT INTO claims (space, key, owner) SELECT * FROM unnest($20::text[], $21::text[], $22::text[])
      ON CONFLICT (space, key) DO UPDATE SET owner = excluded.owner
    ), given_back AS (
      DELETE FROM claims c USING unnest($23::text[], $24::text[]) back (space, key)
      WHERE c.space = back.space AND c.key = back.key
    )
    SELECT pg_notify(channel, $1::bigint::text) FROM unnest($25::text[]) channel";

/// Writes all that the batch decided, within the transaction that holds the log's end.
pub(super) async fn write(
    connection: &mut PgConnection,
    batch: &Batch,
    notify: bool,
) -> Result<(), sqlx::Error> {
    fn each<'a, T>(batch: &'a Batch, field: impl Fn(&'a EventRow) -> T) -> Vec<T> {
        batch.events.iter().map(field).collect()
    }
    let recorded_at = batch.recorded_at;
    let receipts = || batch.commands.iter().map(|(_, (receipt, _))| receipt);
    let taken = || batch.claims.iter().filter_map(|(place, owner)| Some((place, owner.as_ref()?)));
    let back = || batch.claims.iter().filter(|(_, owner)| owner.is_none()).map(|(place, _)| place);
    sqlx::query(WRITE)
        .bind(batch.head as i64)
        .bind(recorded_at)
        .bind(each(batch, |row| row.position as i64))
        .bind(each(batch, |row| row.stream.to_string()))
        .bind(each(batch, |row| row.version as i64))
        .bind(each(batch, |row| &row.event_id.as_bytes()[..]))
        .bind(each(batch, |row| row.event.event_type.as_str()))
        .bind(each(batch, |row| i32::from(row.event.schema)))
        .bind(each(batch, |row| row.event.occurred_at.unwrap_or(recorded_at)))
        .bind(each(batch, |row| &row.payload_hash[..]))
        .bind(each(batch, |row| row.event.envelope.as_str()))
        .bind(each(batch, |row| row.event.payload.as_str()))
        .bind(each(batch, |row| row.event.sealed.as_deref()))
        .bind(batch.commands.iter().map(|(id, _)| &id.as_bytes()[..]).collect::<Vec<_>>())
        .bind(batch.commands.iter().map(|(_, (_, print))| &print[..]).collect::<Vec<_>>())
        .bind(receipts().map(|receipt| receipt.first as i64).collect::<Vec<_>>())
        .bind(receipts().map(|receipt| receipt.last as i64).collect::<Vec<_>>())
        .bind(batch.keys.iter().map(|key| key.subject.as_str()).collect::<Vec<_>>())
        .bind(batch.keys.iter().map(|key| &key.wrapped[..]).collect::<Vec<_>>())
        .bind(taken().map(|((space, _), _)| space.as_str()).collect::<Vec<_>>())
        .bind(taken().map(|((_, key), _)| key.as_str()).collect::<Vec<_>>())
        .bind(taken().map(|(_, owner)| owner.as_str()).collect::<Vec<_>>())
        .bind(back().map(|(space, _)| space.as_str()).collect::<Vec<_>>())
        .bind(back().map(|(_, key)| key.as_str()).collect::<Vec<_>>())
        .bind(notify.then_some(CHANNEL).into_iter().collect::<Vec<_>>())
        .execute(connection)
        .await
        .map(|_| ())
}

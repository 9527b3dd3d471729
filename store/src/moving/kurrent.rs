//! A log in KurrentDB: the tables are in the file beside it, and what the events say is not.

use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::compare::event;
use super::house::House;
use super::judging::value;
use super::tables::{EVENTS, Row, Span};
use super::{PAGE, commands, number};
use crate::appending::known::from_hex;
use crate::kurrent::moved::{LastPlaced, Log};
use crate::sqlite::failure::failed;
use crate::{
    Append, Expected, LOG_END, Millis, NewEvent, Position, STORE_ID, StoreError, StoredEvent,
    StreamWrite, event_id,
};

/// Rows of events as any other store has them.
pub(super) async fn told(log: &Log, rows: Vec<Row>) -> Result<Vec<Row>, StoreError> {
    let beside = rows.iter().map(|row| event(row).map(|(event, _)| event));
    let beside = beside.collect::<Option<Vec<_>>>().ok_or_else(|| {
        StoreError::Integrity("an event beside the log cannot be read".to_owned())
    })?;
    let told = log.told(beside).await?;
    let rows = rows.into_iter().zip(told).map(|(row, (event, hash))| {
        saying(row, &[event.recorded_at.to_string(), hex(&hash), event.envelope, event.payload])
    });
    Ok(rows.collect())
}

/// Refuses to leave while an append is begun that may be in the log, or may yet come there.
pub(super) async fn refuse_if_begun(beside: &mut SqliteConnection) -> Result<(), StoreError> {
    let begun: i64 = sqlx::query_scalar("SELECT count(*) FROM begun")
        .fetch_one(beside)
        .await
        .map_err(|error| failed(&error))?;
    if begun == 0 {
        return Ok(());
    }
    Err(StoreError::Refused(format!(
        "{begun} appends to KurrentDB were begun and are not finished: start the server of the source \
         once more, which finishes them, stop it, and run the move again"
    )))
}

/// Brings events behind a position into KurrentDB, and beside it where each lies; answers the position of the
/// last of them. They are sent as the commands that they were, whole and one after the other, so that whoever
/// gives them positions anew comes to the same: what is left of a page goes with the next one.
///
/// Nothing beside the log says what was sent before a move was cut short. It is sent again, and found there.
pub(super) async fn enter(
    from: &mut House,
    to: &mut House,
    (after, mut rows): (Position, Vec<Row>),
) -> Result<Position, StoreError> {
    let Some(end) = rows.last().map(number).transpose()? else { return Ok(after) };
    let mut told = commands_of(from, Span { after: Some(after), up_to: Some(end) }).await?;
    let first = told.first().ok_or_else(|| of_no_command(after + 1))?;
    if first.last > end {
        // A command that is longer than a page.
        let (behind, count) = ([Some(after.to_string())], (first.last - after) as usize);
        rows = from.page(&EVENTS, &behind, Span::default(), count).await?;
        told.truncate(1);
    }
    let end = rows.last().map_or(Ok(after), number)?;
    told.retain(|command| command.last <= end);
    let mut waiting = rows.iter();
    let appends = told.iter().map(|command| append(command, &mut waiting));
    let appends: Vec<_> = appends.collect::<Result<_, _>>()?;
    rows.truncate(told.last().map_or(0, |last| (last.last - after) as usize));
    let store = store_id(from).await?.ok_or_else(|| of_no_command(after + 1))?;
    let House::Sqlite { told: Some(log), log: beside, .. } = &mut *to else {
        return Err(StoreError::Integrity("it is not moved into KurrentDB".to_owned()));
    };
    let places = log.send(store, &appends, last_placed(beside).await?.as_ref()).await?;
    let nothing = hex(&Sha256::digest(b""));
    let rows: Vec<Row> = rows
        .into_iter()
        .zip(places)
        .map(|(row, place)| {
            let recorded_at = row.get(7).cloned().flatten().unwrap_or_default();
            saying(row, &[recorded_at, nothing.clone(), place, String::new()])
        })
        .collect();
    to.put(&EVENTS, &rows).await?;
    rows.last().map_or(Ok(after), number)
}

/// Refuses to move into a KurrentDB that holds the log of another store.
pub(super) async fn refuse_another(url: &str, from: &mut House) -> Result<(), StoreError> {
    match store_id(from).await? {
        Some(store) => Log::new(url)?.refuse_another(store).await,
        None => Ok(()),
    }
}

async fn store_id(house: &mut House) -> Result<Option<Uuid>, StoreError> {
    let id = value(house, STORE_ID).await?.and_then(|id| from_hex(&id));
    Ok(id.and_then(|id| Uuid::from_slice(&id).ok()))
}

/// The claim by which whoever goes on finds the end of the log, as the row of the last event says it.
pub(super) fn log_end(last: &Row) -> Option<Row> {
    let place: serde_json::Value = serde_json::from_str(last.get(9)?.as_deref()?).ok()?;
    let owner = format!("{}/{}", place.get("commit")?, place.get("prepare")?);
    Some(vec![Some(LOG_END.to_owned()), Some(String::new()), Some(owner)])
}

/// A command of the source: which, and the positions of its events.
struct Told {
    id: Uuid,
    fingerprint: [u8; 32],
    first: Position,
    last: Position,
}

/// The commands whose first events are in a span, in the order of positions.
async fn commands_of(from: &mut House, span: Span) -> Result<Vec<Told>, StoreError> {
    let (mut told, mut behind) = (Vec::new(), Vec::new());
    loop {
        let page = from.page(commands(), &behind, span, PAGE).await?;
        for row in &page {
            told.push(command(row).ok_or_else(|| {
                StoreError::Integrity("a command of the source cannot be read".to_owned())
            })?);
        }
        match page.last() {
            Some(last) if page.len() == PAGE => behind = commands().key(last).to_vec(),
            _ => break,
        }
    }
    told.sort_unstable_by_key(|command| command.first);
    Ok(told)
}

fn command(row: &Row) -> Option<Told> {
    let [id, fingerprint, first, last] = row.as_slice() else { return None };
    Some(Told {
        id: Uuid::parse_str(id.as_ref()?).ok()?,
        fingerprint: from_hex(fingerprint.as_ref()?)?.try_into().ok()?,
        first: first.as_ref()?.parse().ok()?,
        last: last.as_ref()?.parse().ok()?,
    })
}

/// A command as it was appended, of the rows that are next; and when it was recorded.
fn append<'r>(
    command: &Told,
    rows: &mut impl Iterator<Item = &'r Row>,
) -> Result<(Append, Millis), StoreError> {
    let count = (command.last + 1 - command.first) as usize;
    let (mut writes, mut recorded_at) = (Vec::<StreamWrite>::new(), Millis::MIN);
    for (index, row) in rows.take(count).enumerate() {
        let position = command.first + index as u64;
        let (told, _) = event(row).ok_or_else(|| of_no_command(position))?;
        if told.position != position || told.event_id != event_id(command.id, index) {
            return Err(of_no_command(position));
        }
        recorded_at = told.recorded_at;
        match writes.last_mut().filter(|write| write.stream == told.stream) {
            Some(write) => write.events.push(new(told)),
            None => writes.push(StreamWrite {
                stream: told.stream.clone(),
                expected: match told.version - 1 {
                    0 => Expected::NoStream,
                    version => Expected::Exact(version),
                },
                events: vec![new(told)],
            }),
        }
    }
    let (claims, releases, new_keys) = (Vec::new(), Vec::new(), Vec::new());
    let (command_id, fingerprint) = (command.id, command.fingerprint);
    Ok((Append { command_id, fingerprint, writes, claims, releases, new_keys }, recorded_at))
}

/// An event as its appender gave it, but for what is sealed, which stays beside the log.
fn new(told: StoredEvent) -> NewEvent {
    NewEvent {
        event_type: told.event_type,
        schema: told.schema,
        occurred_at: Some(told.occurred_at).filter(|at| *at != told.recorded_at),
        envelope: told.envelope,
        payload: told.payload,
        sealed: None,
    }
}

/// Refuses to go on with a move into a KurrentDB that does not have what was moved last, where it was.
pub(super) async fn refuse_elsewhere(to: &mut House) -> Result<(), StoreError> {
    let House::Sqlite { told: Some(log), log: beside, .. } = to else { return Ok(()) };
    match last_placed(beside).await? {
        Some(last) => log.check(&last).await,
        None => Ok(()),
    }
}

/// Refuses a KurrentDB that has more of Docket's events than were moved.
pub(super) async fn refuse_more(to: &mut House) -> Result<(), StoreError> {
    let House::Sqlite { told: Some(log), log: beside, .. } = to else { return Ok(()) };
    log.check_end(last_placed(beside).await?.as_ref()).await
}

/// The event that was moved last, as it is written beside the log.
async fn last_placed(beside: &mut SqliteConnection) -> Result<Option<LastPlaced>, StoreError> {
    let last: Option<(Vec<u8>, String)> =
        sqlx::query_as("SELECT event_id, envelope FROM events ORDER BY position DESC LIMIT 1")
            .fetch_optional(beside)
            .await
            .map_err(|error| failed(&error))?;
    let Some((id, place)) = last else { return Ok(None) };
    let id = Uuid::from_slice(&id);
    let unreadable = |_| StoreError::Integrity("the last event's id cannot be read".to_owned());
    Ok(Some(LastPlaced { id: id.map_err(unreadable)?, place }))
}

/// A row whose columns from the eighth on say something else: when it was recorded, the hash, the envelope,
/// the payload.
fn saying(mut row: Row, told: &[String; 4]) -> Row {
    for (column, text) in row.iter_mut().skip(7).zip(told) {
        *column = Some(text.clone());
    }
    row
}

fn of_no_command(position: Position) -> StoreError {
    StoreError::Integrity(format!(
        "the event at position {position} is of no command; it does not move"
    ))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

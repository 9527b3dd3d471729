//! Events that cannot be understood: tried again, then given up, one stream at a time.

use std::collections::BTreeMap;
use std::time::Duration;

use docket_store::{Position, StoreError, StoredEvent};

use super::by_stream;
use crate::recorded::{ReadError, Reader, Recorded, decode_closed};

/// How often an event is tried before its stream is parked, and how long apart.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(20);

/// A stream with an event that cannot be understood.
pub(crate) struct Broken {
    pub stream: String,
    pub position: Position,
    pub reason: String,
}

/// What could be understood, by stream, and what could not. Of a broken stream, what stands before
/// the poison is still understood.
pub(crate) type Opened = (Vec<(String, Vec<Recorded>)>, Vec<Broken>);

/// Opens a batch: all at once, or where that fails, stream by stream.
pub(crate) async fn open(reader: &Reader, batch: &[StoredEvent]) -> Result<Opened, ReadError> {
    match reader.open(batch).await {
        Ok(events) => return Ok((by_stream(events), Vec::new())),
        Err(error) if !is_poison(&error) => return Err(error),
        Err(_) => {}
    }
    let mut by_name: BTreeMap<&str, Vec<&StoredEvent>> = BTreeMap::new();
    for event in batch {
        by_name.entry(&event.stream).or_default().push(event);
    }
    let mut streams = Vec::new();
    let mut broken = Vec::new();
    for (stream, stored) in by_name {
        let mut events = Vec::new();
        for event in stored {
            match open_one(reader, event).await? {
                Ok(event) => events.push(event),
                Err(reason) => {
                    let position = event.position;
                    broken.push(Broken { stream: stream.to_owned(), position, reason });
                    break;
                }
            }
        }
        streams.push((stream.to_owned(), events));
    }
    Ok((streams, broken))
}

/// Decodes a batch of whole streams, in their order, without opening anything.
pub(crate) fn close(batch: &[StoredEvent]) -> Opened {
    let mut streams = Vec::new();
    let mut broken = Vec::new();
    for stored in batch.chunk_by(|one, next| one.stream == next.stream) {
        let mut events = Vec::with_capacity(stored.len());
        for event in stored {
            match decode_closed(event) {
                Ok(event) => events.push(event),
                Err(error) => {
                    let (stream, position) = (event.stream.clone(), event.position);
                    broken.push(Broken { stream, position, reason: error.to_string() });
                    break;
                }
            }
        }
        streams.extend(stored.first().map(|first| (first.stream.clone(), events)));
    }
    (streams, broken)
}

async fn open_one(
    reader: &Reader,
    event: &StoredEvent,
) -> Result<Result<Recorded, String>, ReadError> {
    let mut tries = 1;
    loop {
        match reader.open(std::slice::from_ref(event)).await {
            Ok(mut events) => return Ok(events.pop().ok_or_else(|| "it was lost".to_owned())),
            Err(error) if !is_poison(&error) => return Err(error),
            Err(error) if tries == TRIES => return Ok(Err(error.to_string())),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
        tries += 1;
    }
}

/// Whether trying the same event again cannot be expected to help.
pub(super) fn is_poison(error: &ReadError) -> bool {
    matches!(error, ReadError::Undecodable { .. } | ReadError::Store(StoreError::Integrity(_)))
}

//! What every backend promises, as one suite written against the port alone.
//!
//! A backend passes it unchanged: it gives [`check_all`] a way to make a fresh store, and each
//! check says in its name what it holds the backend to. What only one backend can show (its locks,
//! its files, its crashes) is tested beside that backend.

#![expect(clippy::unwrap_used, reason = "a failed check is a panic")]

mod appends;
mod order;
mod uniqueness;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use uuid::Uuid;

use crate::{
    Append, Clock, EventStore, Expected, NewEvent, Outcome, Receipt, StreamWrite, Version,
};

/// A store to be checked.
type Store = Arc<dyn EventStore>;

/// A clock that the check sets.
#[derive(Clone, Default)]
struct HandClock(Arc<AtomicI64>);

impl HandClock {
    fn set(&self, now: i64) {
        self.0.store(now, Ordering::SeqCst);
    }

    fn clock(&self) -> Clock {
        let now = Arc::clone(&self.0);
        Arc::new(move || now.load(Ordering::SeqCst))
    }
}

/// Runs the whole suite; `fresh` makes an empty store that reads the given clock. It needs a
/// runtime with several threads.
///
/// # Panics
/// On the first promise that the backend breaks.
pub async fn check_all(fresh: impl AsyncFn(Clock) -> Store) {
    let store = async || {
        let clock = HandClock::default();
        clock.set(1_700_000_000_000);
        fresh(clock.clock()).await
    };
    appends::events_come_back_as_they_were_given(store().await).await;
    appends::an_append_needs_an_event_and_names_a_stream_once(store().await).await;
    appends::large_events_and_all_of_unicode_survive(store().await).await;
    appends::separators_of_the_storage_are_refused(store().await).await;
    appends::the_same_command_again_gets_its_first_receipt(store().await).await;
    appends::a_command_id_serves_one_request_only(store().await).await;
    appends::a_wrong_version_writes_nothing_and_tells_the_right_one(store().await).await;
    appends::several_streams_are_written_together_or_not_at_all(store().await).await;
    appends::payload_hashes_are_those_of_the_bytes(store().await).await;
    order::one_of_many_writers_wins_each_version(store().await).await;
    order::a_reader_never_sees_an_event_before_its_predecessor(store().await).await;
    order::reading_starts_anywhere_and_stops_anywhere(store().await).await;
    order::a_category_is_read_by_stream_and_version(store().await).await;
    order::waiting_ends_when_the_head_moves(store().await).await;
    let clock = HandClock::default();
    order::recorded_at_never_goes_back(fresh(clock.clock()).await, &clock).await;
    uniqueness::a_claim_has_one_owner(store().await).await;
    uniqueness::of_two_claims_at_once_one_wins(store().await).await;
    uniqueness::a_released_claim_is_free(store().await).await;
    uniqueness::numbers_are_reserved_once(store().await).await;
    uniqueness::the_first_data_key_of_a_subject_stays(store().await).await;
    uniqueness::an_erased_key_is_gone_and_stays_gone(store().await).await;
    uniqueness::meta_keeps_its_first_value(store().await).await;
}

fn event(payload: &str) -> NewEvent {
    NewEvent {
        event_type: "Noted".to_owned(),
        schema: 1,
        occurred_at: None,
        envelope: r#"{"actor":"agent-1"}"#.to_owned(),
        payload: payload.to_owned(),
        sealed: None,
    }
}

fn write(stream: &str, expected: Version, events: Vec<NewEvent>) -> StreamWrite {
    let expected = if expected == 0 { Expected::NoStream } else { Expected::Exact(expected) };
    StreamWrite { stream: stream.to_owned(), expected, events }
}

/// A command of its own that makes these writes.
fn command(writes: Vec<StreamWrite>) -> Append {
    Append {
        command_id: Uuid::now_v7(),
        fingerprint: [7; 32],
        writes,
        claims: Vec::new(),
        releases: Vec::new(),
        new_keys: Vec::new(),
    }
}

/// A command that appends one event to a stream.
fn note(stream: &str, expected: Version) -> Append {
    command(vec![write(stream, expected, vec![event("{}")])])
}

async fn appended(store: &Store, append: Append) -> Receipt {
    match store.append(append).await.unwrap() {
        Outcome::Appended(receipt) => receipt,
        other => panic!("expected the append to be written, but: {other:?}"),
    }
}

//! What is not moved into KurrentDB, and what is not gone on with.
//!
//! Seen to fail: on a build that looks for nothing but ids in what KurrentDB has, that of what was altered
//! there; on one that does not read on behind the last event, and on one that asks nothing before it goes on,
//! those that say so.

use docket_kurrent_double::{Expected, Kept, Proposed};
use docket_store::moving::{Moving, Place as House};
use docket_test_servers::postgres;
use uuid::Uuid;

use super::arrived;
use super::entering::{begun, empty, entering, in_postgres, readings};
use crate::placing::foreign;
use crate::stores::{Place, appended, note};

/// What a move says that may not begin.
async fn refused(url: &str, place: &Place, source: &str) -> String {
    let (beside, access) = (place.file(), readings(place));
    let to = House::Kurrent { url, beside: &beside, access: &access };
    Moving::begin(House::Postgres(source), to).await.map(drop).unwrap_err().to_string()
}

/// The file says how far a move is, but of one KurrentDB only.
#[tokio::test(flavor = "multi_thread")]
async fn a_move_goes_on_in_the_kurrentdb_that_it_began_in_and_in_no_other() {
    let Some(database) = postgres::database() else { return };
    in_postgres(&database).await;
    let (place, other) = (Place::new().await, Place::new().await);
    entering(&place, &database).await.leave().await;
    let refused = refused(&other.double.url(), &place, database.url()).await;
    assert!(refused.contains("they do not belong together"), "{refused}");
    assert!(other.double.log().events().is_empty(), "nothing is written there");
    entering(&place, &database).await.leave().await;
}

/// A source that was put back to an earlier state, or whose standby took over without its last events.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_try_sent_and_the_source_has_not_is_found_before_the_end() {
    let Some(database) = postgres::database() else { return };
    in_postgres(&database).await;
    let place = Place::new().await;
    let mut moving = entering(&place, &database).await;
    let lost = |kept: &Kept| {
        let command = Uuid::now_v7();
        let mut metadata: serde_json::Value =
            serde_json::from_slice(&kept.event.custom_metadata).unwrap();
        metadata["docket"]["command"] = command.to_string().into();
        metadata["docket"]["streams"] = serde_json::json!([["ticket-77", 0, 1]]);
        let custom_metadata = serde_json::to_vec(&metadata).unwrap();
        Proposed { id: command, custom_metadata, ..kept.event.clone() }
    };
    let sent = lost(place.double.log().stream("customer-1").next().unwrap());
    place.double.log().append("orders-1", Expected::Any, vec![foreign("OrderPlaced")]);
    place.double.log().append("ticket-77", Expected::NoStream, vec![sent]);
    let refused = moving.finish().await.unwrap_err().to_string();
    assert!(refused.contains("of ticket-77 behind the end of the log that moves"), "{refused}");
    moving.leave().await;
}

/// The ids are those of the command, whatever else was sent with them, or became of it.
#[tokio::test(flavor = "multi_thread")]
async fn what_kurrentdb_has_is_compared_in_everything_it_says() {
    type Change = fn(&str) -> String;
    let altered: [(&str, Change); 3] = [
        ("when it was recorded", |said| said.replace("\"recorded_at\":1", "\"recorded_at\":2")),
        ("whose it is", |said| said.replace("\"schema\":1", "\"schema\":2")),
        ("what the envelope says", |said| said.replace("agent-1", "agent-2")),
    ];
    for (what, change) in altered {
        let Some(database) = postgres::database() else { return };
        in_postgres(&database).await;
        let place = Place::new().await;
        entering(&place, &database).await.leave().await;
        empty(&place);
        place.double.log().alter_metadata("ticket-1", change);
        let mut moving = begun(&place, &database).await;
        let refused = moving.copy(&mut |_, _| {}).await.unwrap_err().to_string();
        let said = "as version 1 of ticket-1, and it is not what the log that moves says of it";
        assert!(refused.contains(said), "{what}: {refused}");
        moving.leave().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kurrentdb_that_holds_another_log_is_left_as_it_is() {
    let Some(database) = postgres::database() else { return };
    in_postgres(&database).await;
    let place = Place::new().await;
    let store = place.open().await;
    appended(&store, note("ticket-1", 0)).await;
    store.close().await;
    empty(&place);
    let refused = refused(&place.double.url(), &place, database.url()).await;
    assert!(refused.starts_with("KurrentDB holds the log of another store, "), "{refused}");
    assert!(!place.file().exists(), "nothing is made before it is judged");
    assert_eq!(place.double.log().stream("ticket-1").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_another_program_writes_is_said_and_left() {
    let Some(database) = postgres::database() else { return };
    in_postgres(&database).await;
    let place = Place::new().await;
    place.double.log().append("orders-1", Expected::Any, vec![foreign("OrderPlaced")]);
    place.double.log().append("ticket-2", Expected::Any, vec![foreign("OrderPlaced")]);
    let mut moving = begun(&place, &database).await;
    let refused = moving.copy(&mut |_, _| {}).await.unwrap_err().to_string();
    assert!(refused.starts_with("ticket-2 has other events in KurrentDB than in"), "{refused}");
    assert_eq!(place.double.log().stream("ticket-2").count(), 1);
    assert_eq!(place.double.log().stream("customer-1").count(), 1, "what was sent before stays");
    moving.leave().await;
    let refused = place.try_open().await.map(drop).unwrap_err().to_string();
    assert!(refused.starts_with("a log is being moved into this store"), "{refused}");
    arrived(&database).await.expect("the source may be served from").close().await;
}

//! An independent client, `kurrentdbclient` for Python, on the double: it reads what Docket wrote, and
//! Docket passes over what it writes. Where both agree on the protocol, the double is less of our own
//! making. Run by `scripts/test`, which names the Python that has it in `DOCKET_KURRENT_PYTHON`.

use std::process::Command;

use docket_store::check::check_log;
use docket_store::{Append, EventStore, Sealed};
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use crate::stores::{Place, appended, command, note, write};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kurrentdb/other_client.py");

fn told_by_python(python: &str, url: &str) -> Value {
    let output = Command::new(python).arg(SCRIPT).arg(url).output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A command as a desk writes it, whose envelope says what it belongs to.
fn told_command() -> Append {
    let mut told = command(vec![write("ticket-1", 0, &[r#"{"text":"Grüße"}"#, "2", "3"])]);
    told.writes[0].events[0].envelope = format!(
        r#"{{"actor":"agent-1","correlation_id":"{CORRELATION}","causation_id":"{CAUSATION}"}}"#
    );
    told
}

const CORRELATION: &str = "0192f0c1-7c1e-7b1d-9a55-3d2c51d1a001";
const CAUSATION: &str = "0192f0c1-7c1e-7b1d-9a55-3d2c51d1a002";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python with kurrentdbclient; scripts/test brings it"]
async fn another_client_reads_what_docket_wrote_and_writes_beside_it() {
    let python = std::env::var("DOCKET_KURRENT_PYTHON").unwrap();
    let place = Place::new().await;
    let store = place.open().await;
    appended(&store, told_command()).await;
    appended(&store, note("ticket-2", 0)).await;
    let url = place.double.url();
    let told = spawn_blocking(move || told_by_python(&python, &url)).await.unwrap();

    let ours = store.read_all(0, 100, Sealed::Without).await.unwrap();
    let read = told["all"].as_array().unwrap();
    assert_eq!(read.len(), ours.len());
    for (read, ours) in read.iter().zip(&ours) {
        let payload: Value = serde_json::from_str(&ours.payload).unwrap();
        let expected = json!([
            ours.event_id,
            ours.stream,
            ours.version - 1,
            ours.event_type,
            "application/json",
            payload
        ]);
        let fields = ["id", "stream", "place", "type", "content_type", "data"];
        assert_eq!(Value::from_iter(fields.map(|field| read[field].clone())), expected);
    }
    assert_eq!(read[0]["metadata"]["$correlationId"], CORRELATION);
    assert_eq!(read[0]["metadata"]["$causationId"], CAUSATION);
    assert_eq!(told["backwards"], json!([2, 1]));

    // What it wrote is there once, although it was sent twice, and a wrong revision is refused to it, too.
    assert_eq!(told["sensor"].as_array().map(Vec::len), Some(1));
    assert_eq!(told["sensor"][0]["data"], json!({ "celsius": 21.5 }));
    assert_eq!(told["last"], json!(["sensor-1"]));
    let refusals = [&told["refused"], &told["missing"]];
    assert_eq!(refusals, ["WrongCurrentVersionError", "NotFoundError"]);

    // It is none of Docket's: positions go on without it.
    let next = appended(&store, note("ticket-2", 1)).await;
    assert_eq!((next.first, next.last), (5, 5));
    let report = check_log(&store, &mut |_| ()).await.unwrap();
    assert_eq!((report.events, report.faults), (5, vec![]));
}

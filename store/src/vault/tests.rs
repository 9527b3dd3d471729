//! The vault over a real store in a file.

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use super::{KeyFile, SealError, Vault, close};
use crate::sqlite::SqliteStore;
use crate::{
    Append, EventStore, Expected, KeyState, NewEvent, NewKey, Outcome, Sealed, StoreError,
    StoredEvent, StreamWrite, event_id,
};

/// A desk's memory: a store and its vault in a folder of their own.
struct Given {
    store: Arc<dyn EventStore>,
    vault: Vault,
    folder: TempDir,
}

async fn given() -> Given {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.sqlite");
    let store: Arc<dyn EventStore> =
        Arc::new(SqliteStore::open(path, Arc::new(|| 1_000)).await.unwrap());
    let key = KeyFile::load_or_create(&folder.path().join("key"), &*store).await.unwrap();
    Given { vault: Vault::new(store.clone(), key), store, folder }
}

fn subjects(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

impl Given {
    /// Seals payloads as the events of one command on a new stream, and reads them back.
    async fn stored(&self, payloads: Vec<Value>, subjects: &[String]) -> Vec<StoredEvent> {
        let command_id = Uuid::now_v7();
        let mut session = self.vault.seal_session();
        let mut events = Vec::new();
        for (index, mut payload) in payloads.into_iter().enumerate() {
            let id = event_id(command_id, index);
            let sealed = session.seal(&mut payload, id, subjects).await.unwrap();
            events.push(noted(payload.to_string(), sealed));
        }
        let stream = format!("ticket-{command_id}");
        let append = appending(command_id, &stream, events, session.into_new_keys());
        let outcome = self.store.append(append).await.unwrap();
        assert!(matches!(outcome, Outcome::Appended(_)), "{outcome:?}");
        self.store.read_stream(&stream, 0, 100, Sealed::With).await.unwrap()
    }

    async fn stored_one(&self, payload: Value, subjects: &[String]) -> StoredEvent {
        self.stored(vec![payload], subjects).await.remove(0)
    }

    async fn opened(&self, event: &StoredEvent) -> (Value, Vec<String>) {
        let opened = self.vault.open(event).await.unwrap();
        (serde_json::from_str(&opened.payload).unwrap(), opened.erased)
    }
}

fn noted(payload: String, sealed: Option<String>) -> NewEvent {
    NewEvent {
        event_type: "Noted".to_owned(),
        schema: 1,
        occurred_at: None,
        envelope: "{}".to_owned(),
        payload,
        sealed,
    }
}

fn appending(id: Uuid, stream: &str, events: Vec<NewEvent>, new_keys: Vec<NewKey>) -> Append {
    let write = StreamWrite { stream: stream.to_owned(), expected: Expected::NoStream, events };
    Append {
        command_id: id,
        fingerprint: [0; 32],
        writes: vec![write],
        claims: vec![],
        releases: vec![],
        new_keys,
    }
}

fn broken(outcome: Result<super::Opened<'_>, StoreError>) -> String {
    match outcome {
        Err(StoreError::Integrity(why)) => why,
        other => panic!("expected an integrity error, but: {other:?}"),
    }
}

#[tokio::test]
async fn what_is_sealed_is_nowhere_in_clear_and_opens_again() {
    let given = given().await;
    let payload = json!({
        "subject": { "$personal": "Canary in the printer" },
        "by": { "name": { "$personal": "Ada Canary", "of": "agent-1" } },
        "queue": "it",
        "parts": [{ "$personal": { "a/b": ["Canary", null, 1.5] } }],
    });
    let event = given.stored_one(payload, &subjects(&["ticket-1", "customer-1"])).await;

    assert!(!event.payload.contains("Canary"), "{}", event.payload);
    assert!(!event.sealed.as_ref().unwrap().contains("Canary"));
    let (value, erased) = given.opened(&event).await;
    let expected = json!({
        "subject": "Canary in the printer",
        "by": { "name": "Ada Canary" },
        "queue": "it",
        "parts": [{ "a/b": ["Canary", null, 1.5] }],
    });
    assert_eq!((value, erased), (expected, vec![]));
    let closed: Value = serde_json::from_str(&close(&event.payload)).unwrap();
    let expected =
        json!({ "subject": null, "by": { "name": null }, "queue": "it", "parts": [null] });
    assert_eq!(closed, expected);
    for file in std::fs::read_dir(given.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"Canary"));
    }
}

#[tokio::test]
async fn erasing_one_subject_ends_its_fields_and_no_others() {
    let given = given().await;
    let payload = json!({
        "te/xt": { "$personal": "about both" },
        "name": { "$personal": "Ada", "of": "agent-1" },
    });
    let both = subjects(&["ticket-1", "customer-1"]);
    let event = given.stored_one(payload, &both).await;
    let (value, _) = given.opened(&event).await;
    assert_eq!(value["te/xt"], "about both", "its keys are in memory now");

    given.vault.erase("customer-1").await.unwrap();
    let (value, erased) = given.opened(&event).await;
    assert_eq!(value, json!({ "te/xt": null, "name": "Ada" }));
    assert_eq!(erased, ["/te~1xt"]);
    let again = given.store.read_stream(&event.stream, 0, 9, Sealed::With).await.unwrap();
    assert_eq!(again, [event], "the log itself stays as it was");

    // Nothing new can be written about the subject.
    let mut payload = json!({ "$personal": "more" });
    let sealed = given.vault.seal_session().seal(&mut payload, Uuid::nil(), &both).await;
    assert!(matches!(sealed, Err(SealError::Erased { subject }) if subject == "customer-1"));
}

#[tokio::test]
async fn an_erased_key_leaves_no_trace_in_the_files() {
    let given = given().await;
    given.stored_one(json!({ "$personal": "x" }), &subjects(&["customer-1"])).await;
    let keys = given.store.keys(&subjects(&["customer-1"])).await.unwrap();
    let [KeyState::Wrapped(wrapped)] = &keys[..] else { panic!("{keys:?}") };
    let holds_key = || {
        let files = std::fs::read_dir(given.folder.path()).unwrap();
        files
            .map(|file| std::fs::read(file.unwrap().path()).unwrap())
            .any(|bytes| bytes.windows(wrapped.len()).any(|window| window == wrapped))
    };
    assert!(holds_key(), "the search would find it");
    given.vault.erase("customer-1").await.unwrap();
    assert_eq!(given.store.scrub().await, Ok(true));
    assert!(!holds_key());
}

#[tokio::test]
async fn the_events_of_one_append_share_a_fresh_key() {
    let given = given().await;
    let mut session = given.vault.seal_session();
    for index in 0..3 {
        let mut payload = json!([{ "$personal": 1 }, { "$personal": 2, "of": "customer-1" }]);
        let id = event_id(Uuid::nil(), index);
        session.seal(&mut payload, id, &subjects(&["ticket-1", "customer-1"])).await.unwrap();
    }
    let mut made: Vec<_> = session.into_new_keys().into_iter().map(|key| key.subject).collect();
    made.sort();
    assert_eq!(made, ["customer-1", "ticket-1"]);
}

#[tokio::test]
async fn a_key_that_was_never_stored_is_not_remembered() {
    let given = given().await;
    let mut payload = json!({ "$personal": 1 });
    let mut lost = given.vault.seal_session();
    lost.seal(&mut payload, Uuid::nil(), &subjects(&["ticket-1"])).await.unwrap();
    drop(lost);
    let event = given.stored_one(json!({ "$personal": 2 }), &subjects(&["ticket-1"])).await;
    assert_eq!(given.opened(&event).await.0, 2);
}

#[tokio::test]
async fn a_key_that_is_begun_though_there_is_one_is_claimed() {
    let given = given().await;
    let ticket = subjects(&["ticket-1"]);
    let before = given.stored_one(json!({ "$personal": 1 }), &ticket).await;
    let mut session = given.vault.seal_session();
    session.begin("ticket-1").unwrap();
    let (mut payload, command_id) = (json!({ "$personal": 2 }), Uuid::now_v7());
    let sealed = session.seal(&mut payload, event_id(command_id, 0), &ticket).await.unwrap();
    let events = vec![noted(payload.to_string(), sealed)];
    let append = appending(command_id, "ticket-2", events, session.into_new_keys());
    let outcome = given.store.append(append).await.unwrap();
    assert!(matches!(outcome, Outcome::Claimed(_)), "{outcome:?}");
    assert_eq!(given.opened(&before).await.0, 1, "its key is what it was");
}

#[tokio::test]
async fn a_key_that_was_made_while_somebody_was_erased_is_not_remembered() {
    let given = given().await;
    let ticket = subjects(&["ticket-1"]);
    let mut session = given.vault.seal_session();
    session.begin("ticket-1").unwrap();
    given.vault.erase("ticket-1").await.unwrap();
    given.vault.remember(session.take_fresh_keys());
    let mut payload = json!({ "$personal": 1 });
    let again = given.vault.seal_session().seal(&mut payload, Uuid::nil(), &ticket).await;
    assert!(matches!(again, Err(SealError::Erased { .. })));
}

#[tokio::test]
async fn a_payload_that_could_not_be_read_again_is_refused() {
    let given = given().await;
    let ticket = subjects(&["ticket-1"]);
    for (payload, subjects) in [
        (json!({ "custom": { "$sealed": "forged" } }), &ticket),
        (json!({ "$personal": 1, "of": 2 }), &ticket),
        (json!({ "$personal": 1, "more": 2 }), &ticket),
        (json!({ "$personal": 1 }), &vec![]),
    ] {
        let mut sealed = payload.clone();
        let refused = given.vault.seal_session().seal(&mut sealed, Uuid::nil(), subjects).await;
        assert!(matches!(refused, Err(SealError::Store(StoreError::Refused(_)))), "{payload}");
    }
    // Within a personal value such names are only text.
    let inner = json!({ "$sealed": "x", "$personal": { "of": 1 }, "text": "{\"$sealed\":\"" });
    let event = given.stored_one(json!([{ "$personal": inner }]), &ticket).await;
    assert_eq!(given.opened(&event).await.0, json!([inner]));
}

#[tokio::test]
async fn what_is_missing_without_a_tombstone_is_an_integrity_error() {
    let given = given().await;
    let payload = json!({ "a": { "$personal": "x" }, "b": { "$personal": "y" } });
    let event = given.stored_one(payload.clone(), &subjects(&["ticket-1"])).await;
    let other = given.stored_one(payload, &subjects(&["ticket-1"])).await;

    let row_gone = StoredEvent { sealed: None, ..event.clone() };
    assert!(broken(given.vault.open(&row_gone).await).contains("2 personal fields, but 0"));
    let sealed = event.sealed.as_ref().map(|sealed| sealed.replace("ticket-1", "ticket-2"));
    let key_gone = StoredEvent { sealed, ..event.clone() };
    assert!(broken(given.vault.open(&key_gone).await).contains("no tombstone"));
    let swapped = StoredEvent { sealed: other.sealed, ..event.clone() };
    assert!(broken(given.vault.open(&swapped).await).contains("not what was sealed"));
    let recommitted = StoredEvent { payload: other.payload, ..event };
    assert!(broken(given.vault.open(&recommitted).await).contains("not what was sealed"));
}

#[tokio::test]
async fn only_the_stores_own_key_file_is_taken() {
    let given = given().await;
    let store = &*given.store;
    let path = given.folder.path().join("key");
    let refusal = async |path: &Path| match KeyFile::load_or_create(path, store).await {
        Err(StoreError::Refused(why)) => why,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("the key was taken"),
    };
    KeyFile::load_or_create(&path, store).await.unwrap();
    assert!(refusal(&given.folder.path().join("nowhere")).await.contains("is missing"));

    use std::os::unix::fs::PermissionsExt;
    let mode = |mode| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    mode(0o640);
    assert!(refusal(&path).await.contains("chmod 600"));
    mode(0o600);
    std::fs::write(&path, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n").unwrap();
    assert!(refusal(&path).await.contains("the key of another store"));
    std::fs::write(&path, "AAAA").unwrap();
    assert!(refusal(&path).await.contains("holds no key"));
}

#[tokio::test]
async fn hashes_are_the_stores_own_and_stay_the_same() {
    let (one, other) = (given().await, given().await);
    let (first, again) = (one.vault.pepper().await.unwrap(), one.vault.pepper().await.unwrap());
    let elsewhere = other.vault.pepper().await.unwrap();
    let key = first.address_key("ada@example.org");
    assert_eq!(key.len(), 64);
    assert_eq!(key, again.address_key("ada@example.org"));
    assert_ne!(key, first.address_key("eve@example.org"));
    assert_ne!(key, elsewhere.address_key("ada@example.org"));
    assert_eq!(first.fingerprint(b"x"), again.fingerprint(b"x"));
    assert_ne!(first.fingerprint(b"x"), elsewhere.fingerprint(b"x"));
}

/// Any JSON with markers anywhere, paired with what it reads as once opened.
fn marked() -> impl Strategy<Value = (Value, Value)> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let plain = leaf.prop_map(|value| (value.clone(), value)).boxed();
    plain.prop_recursive(4, 24, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4);
        let members = prop::collection::vec(("[a-z~/\"é]{1,4}", inner.clone()), 0..4);
        let of = prop::option::of(prop_oneof![Just("agent-1"), Just("agent-2")]);
        prop_oneof![
            list.prop_map(|items| {
                let (marked, opened): (Vec<_>, Vec<_>) = items.into_iter().unzip();
                (marked.into(), opened.into())
            }),
            members.prop_map(|members| {
                let pairs =
                    members.into_iter().map(|(name, (m, o))| ((name.clone(), m), (name, o)));
                let (marked, opened): (serde_json::Map<_, _>, serde_json::Map<_, _>) =
                    pairs.unzip();
                (marked.into(), opened.into())
            }),
            (inner, of).prop_map(|((_, value), of)| match of {
                Some(subject) => (json!({ "$personal": value, "of": subject }), value),
                None => (json!({ "$personal": value }), value),
            }),
        ]
    })
}

fn run(test: impl AsyncFnOnce(Given) -> Result<(), TestCaseError>) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async { test(given().await).await })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn opening_undoes_sealing((marked, plain) in marked()) {
        run(async |given| {
            let event = given.stored_one(marked, &subjects(&["ticket-1", "customer-1"])).await;
            prop_assert_eq!(given.opened(&event).await, (plain.clone(), vec![]));
            given.vault.erase("ticket-1").await.unwrap();
            let (value, erased) = given.opened(&event).await;
            for pointer in &erased {
                prop_assert_eq!(value.pointer(pointer), Some(&Value::Null));
                prop_assert!(plain.pointer(pointer).is_some());
            }
            prop_assert!(erased.is_empty() || !event.sealed.unwrap_or_default().is_empty());
            Ok(())
        })?;
    }

    #[test]
    fn a_box_or_commitment_that_was_touched_never_opens(at in any::<prop::sample::Index>(), to in "[A-Za-z0-9+/]") {
        run(async |given| {
            let event = given.stored_one(json!({ "$personal": "text" }), &subjects(&["ticket-1"])).await;
            let sealed = event.sealed.clone().unwrap();
            let boxed: Vec<Value> = serde_json::from_str(&sealed).unwrap();
            for text in [boxed[0]["box"].as_str().unwrap(), &event.payload[12..event.payload.len() - 2]] {
                let mut touched = text.to_owned();
                let at = at.index(text.trim_end_matches('=').len());
                touched.replace_range(at..=at, &to);
                if touched == text {
                    continue;
                }
                let touched = StoredEvent {
                    sealed: Some(sealed.replace(text, &touched)),
                    payload: event.payload.replace(text, &touched),
                    ..event.clone()
                };
                broken(given.vault.open(&touched).await);
            }
            Ok(())
        })?;
    }
}

//! Claims, numbers and data keys: what there can only be one of.

use std::collections::HashSet;

use tokio::task::JoinSet;

use super::{Store, appended, note};
use crate::{Append, Claim, DATA_KEYS, KeyState, NewKey, Outcome};

fn claim(key: &str, owner: &str) -> Claim {
    Claim { space: "address".to_owned(), key: key.to_owned(), owner: owner.to_owned() }
}

fn claiming(stream: &str, version: u64, key: &str, owner: &str) -> Append {
    Append { claims: vec![claim(key, owner)], ..note(stream, version) }
}

pub(super) async fn a_claim_has_one_owner(store: Store) {
    appended(&store, claiming("customer-1", 0, "k", "customer-1")).await;
    let outcome = store.append(claiming("customer-2", 0, "k", "customer-2")).await.unwrap();
    assert_eq!(outcome, Outcome::Claimed(claim("k", "customer-1")));
    assert_eq!(store.head(), 1, "the loser wrote nothing");
    // Whoever holds it may say so again.
    appended(&store, claiming("customer-1", 1, "k", "customer-1")).await;
    // Another space is another matter.
    let mut elsewhere = claiming("customer-2", 0, "k", "customer-2");
    elsewhere.claims[0].space = "import".to_owned();
    appended(&store, elsewhere).await;
    assert_eq!(store.claim_owner("address", "k").await.unwrap().as_deref(), Some("customer-1"));
    assert_eq!(store.claim_owner("address", "other").await.unwrap(), None);
}

pub(super) async fn of_two_claims_at_once_one_wins(store: Store) {
    for round in 0..20 {
        let key = format!("key-{round}");
        let mut contenders = JoinSet::new();
        for n in 0..8 {
            let (store, key) = (store.clone(), key.clone());
            contenders.spawn(async move {
                let owner = format!("customer-{round}-{n}");
                let outcome = store.append(claiming(&owner, 0, &key, &owner)).await.unwrap();
                (owner, outcome)
            });
        }
        let outcomes = contenders.join_all().await;
        let owner = store.claim_owner("address", &key).await.unwrap().unwrap();
        for (contender, outcome) in outcomes {
            match outcome {
                Outcome::Appended(_) => assert_eq!(contender, owner),
                lost => assert_eq!(lost, Outcome::Claimed(claim(&key, &owner))),
            }
        }
    }
    assert_eq!(store.head(), 20, "one winner a round");
}

pub(super) async fn a_released_claim_is_free(store: Store) {
    appended(&store, claiming("customer-1", 0, "k", "customer-1")).await;
    // What another holds cannot be given back for it.
    let foreign = Append { releases: vec![claim("k", "customer-2")], ..note("customer-2", 0) };
    appended(&store, foreign).await;
    assert_eq!(store.claim_owner("address", "k").await.unwrap().as_deref(), Some("customer-1"));

    // One append moves a key from one owner to another.
    let moving = Append {
        releases: vec![claim("k", "customer-1")],
        ..claiming("customer-2", 1, "k", "customer-2")
    };
    appended(&store, moving).await;
    assert_eq!(store.claim_owner("address", "k").await.unwrap().as_deref(), Some("customer-2"));

    let release = Append { releases: vec![claim("k", "customer-2")], ..note("customer-2", 2) };
    appended(&store, release).await;
    assert_eq!(store.claim_owner("address", "k").await.unwrap(), None);
    appended(&store, claiming("customer-3", 0, "k", "customer-3")).await;
}

pub(super) async fn numbers_are_reserved_once(store: Store) {
    let mut tasks = JoinSet::new();
    for count in 1..=32_u64 {
        let store = store.clone();
        tasks.spawn(async move {
            let first = store.reserve_numbers("ticket", count).await.unwrap();
            first..first + count
        });
    }
    let reserved: Vec<u64> = tasks.join_all().await.into_iter().flatten().collect();
    assert!(reserved.iter().all(|number| *number >= 1), "numbers start at 1");
    assert_eq!(reserved.iter().collect::<HashSet<_>>().len(), reserved.len(), "none twice");
    let next = store.reserve_numbers("ticket", 1).await.unwrap();
    assert!(reserved.iter().all(|number| *number < next), "numbers rise");
    assert_eq!(store.reserve_numbers("article", 1).await.unwrap(), 1, "counters are apart");
}

fn with_key(stream: &str, version: u64, subject: &str, wrapped: &[u8]) -> Append {
    let key = NewKey { subject: subject.to_owned(), wrapped: wrapped.to_vec() };
    Append { new_keys: vec![key], ..note(stream, version) }
}

fn subjects(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub(super) async fn the_first_data_key_of_a_subject_stays(store: Store) {
    let contenders = [[1_u8; 40], [2; 40], [3; 40]];
    let mut tasks = JoinSet::new();
    for (n, wrapped) in contenders.into_iter().enumerate() {
        let store = store.clone();
        tasks.spawn(async move {
            let append = with_key(&format!("ticket-{n}"), 0, "customer-1", &wrapped);
            (wrapped, store.append(append).await.unwrap())
        });
    }
    let outcomes = tasks.join_all().await;
    let asked = subjects(&["customer-2", "customer-1", "customer-2"]);
    let keys = store.keys(&asked).await.unwrap();
    let [KeyState::Missing, KeyState::Wrapped(held), KeyState::Missing] = &keys[..] else {
        panic!("{keys:?}")
    };
    for (wrapped, outcome) in outcomes {
        match outcome {
            Outcome::Appended(_) => assert_eq!(held, &wrapped),
            Outcome::Claimed(lost) => {
                assert_eq!((lost.space.as_str(), lost.key.as_str()), (DATA_KEYS, "customer-1"));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(store.head(), 1);
    assert_eq!(store.keys(&[]).await.unwrap(), []);
}

pub(super) async fn an_erased_key_is_gone_and_stays_gone(store: Store) {
    appended(&store, with_key("ticket-1", 0, "customer-1", &[9; 40])).await;
    let asked = subjects(&["customer-1", "customer-2"]);
    store.erase_key("customer-1").await.unwrap();
    // Who never had a key can be erased too, and never gets one.
    store.erase_key("customer-2").await.unwrap();
    let erased = store.keys(&asked).await.unwrap();
    assert!(erased.iter().all(|state| matches!(state, KeyState::Erased(1_700_000_000_000))));
    store.erase_key("customer-1").await.unwrap();
    assert_eq!(store.keys(&asked).await.unwrap(), erased, "again changes nothing");
    for subject in ["customer-1", "customer-2"] {
        let outcome = store.append(with_key("ticket-2", 0, subject, &[1; 40])).await.unwrap();
        assert!(matches!(outcome, Outcome::Claimed(lost) if lost.key == subject));
    }
}

pub(super) async fn meta_keeps_its_first_value(store: Store) {
    assert_eq!(store.meta("secret").await.unwrap(), None);
    assert_eq!(store.init_meta("secret", &[1, 0, 2]).await.unwrap(), [1, 0, 2]);
    assert_eq!(store.init_meta("secret", &[3]).await.unwrap(), [1, 0, 2]);
    assert_eq!(store.meta("secret").await.unwrap(), Some(vec![1, 0, 2]));
    let id = store.meta(crate::STORE_ID).await.unwrap().unwrap();
    assert_eq!(id.len(), 16, "every store has an id of its own");
}

//! A view equals its fresh fold, whatever happened to it on the way.

use std::collections::BTreeMap;

use docket_domain::ids::TicketId;
use docket_domain::ticket::event::TicketEvent;
use docket_projections::REGISTRY;
use docket_projections::recorded::Moment;
use docket_projections::view::Registered;
use docket_projections::whole::Whole;
use docket_store::Sealed;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::desk::{Desk, On};
use crate::every_event::{promising, relating, speaking, working};
use crate::promises::{self, promised};
use crate::story::uuid;

/// Something that happens to a desk.
#[derive(Clone, Debug)]
enum Step {
    /// Events of one ticket, in one command.
    Events(u8, Vec<prop::sample::Index>),
    /// A view is built anew beside the traffic.
    Rebuild(prop::sample::Index),
    /// The process ends and starts.
    Reopen,
    /// The process ends, and loses the last of the views' file.
    LoseViews,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0..8_u8, vec(any::<prop::sample::Index>(), 1..6)).prop_map(|(n, e)| Step::Events(n, e)),
        2 => any::<prop::sample::Index>().prop_map(Step::Rebuild),
        1 => Just(Step::Reopen),
        1 => Just(Step::LoseViews),
    ]
}

/// What a view's table must hold: every stream folded from its beginning.
pub async fn fresh_fold(desk: &Desk, view: &Registered) -> Vec<String> {
    let stored = desk
        .reader
        .store
        .read_category(view.category, None, 10_000, Sealed::Without)
        .await
        .unwrap();
    let mut rows = Vec::new();
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for of_stream in stored.chunk_by(|one, next| one.stream == next.stream) {
        let stream = &of_stream[0].stream;
        let events = desk.reader.stream(stream, Moment::Now).await.unwrap();
        let whole = Whole::of(&desk.reader, &events).await.unwrap();
        let (_, contribution) = whole.fold(view, &desk.reader.plans).unwrap();
        rows.extend(contribution.rows.iter().map(|(key, doc)| format!("{stream} {key} {doc}")));
        for (key, count) in contribution.counts {
            *sums.entry(key).or_default() += count;
        }
    }
    rows.extend(sums.iter().map(|(key, value)| format!("{key} {value}")));
    rows
}

async fn happens(on: &On, steps: Vec<Step>) {
    let events: Vec<TicketEvent> =
        [speaking(), working(), relating(), promising()].into_iter().flatten().collect();
    let mut desk = Desk::open_on(on).await;
    promises::publish(&desk).await;
    let mut opened = [false; 8];
    let mut rebuilds = Vec::new();
    for step in steps {
        desk.later(17);
        match step {
            Step::Events(n, picks) => {
                let mut now: Vec<TicketEvent> =
                    picks.iter().map(|pick| pick.get(&events).clone()).collect();
                if !std::mem::replace(&mut opened[usize::from(n)], true) {
                    now.insert(0, TicketEvent::TicketCreated(Box::new(promised(&n.to_string()))));
                }
                desk.ticket(&TicketId(uuid(n.into())).stream(), now).await;
            }
            Step::Rebuild(view) => {
                rebuilds.push(desk.views.rebuild(view.get(REGISTRY).name).await.unwrap());
            }
            Step::Reopen => desk = desk.reopened(|_| {}).await,
            Step::LoseViews => desk = desk.reopened_without_views().await,
        }
    }
    for rebuilt in rebuilds {
        // It may have ended with the process.
        let _ = rebuilt.await;
    }
    desk.shown().await;
    for view in REGISTRY {
        assert_eq!(desk.table(view.name).await, fresh_fold(&desk, view).await, "{}", view.name);
    }
}

proptest! {
    #![proptest_config(Config { cases: 24, failure_persistence: None, ..Config::default() })]

    #[test]
    fn every_view_equals_its_fresh_fold(steps in vec(step(), 1..24)) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        for on in On::each() {
            runtime.block_on(happens(&on, steps.clone()));
        }
    }
}

//! What a made-up desk is like: repeatable, within the rules, and believable in its figures.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use docket_commands::Desk;
use docket_domain::codec::Event;
use docket_domain::ids::TicketId;
use docket_domain::instant::Instant;
use docket_domain::sla::clock::Family;
use docket_domain::sla::clock::fact::Fact;
use docket_domain::sla::plan::ClockKind;
use docket_domain::ticket::event::TicketEvent;
use docket_projections::recorded::{Reader, decode_closed};
use docket_store::sqlite::SqliteStore;
use docket_store::vault::{KeyFile, Vault};
use docket_store::{EventStore, Sealed, StoredEvent};

use crate::demo::calendar::{DAY, arrivals, at_work};
use crate::demo::dice::Dice;
use crate::demo::play::WINDOW;
use crate::demo::{DemoClock, Plan, seed};

const UNTIL: Instant = Instant(1_767_225_600_000);

async fn seeded(tickets: usize) -> Vec<StoredEvent> {
    let folder = tempfile::tempdir().unwrap();
    let reader = seeded_in(folder.path(), tickets).await;
    reader.store.read_all(0, 100_000, Sealed::Without).await.unwrap()
}

async fn seeded_in(folder: &Path, tickets: usize) -> Reader {
    let plan = Plan { tickets, seed: 1, until: UNTIL };
    let clock = DemoClock::starting_at(plan.begin(), Arc::new(|| UNTIL.millis()));
    let log = folder.join("log.sqlite");
    let store: Arc<dyn EventStore> =
        Arc::new(SqliteStore::open(log, clock.reading()).await.unwrap());
    let key = KeyFile::load_or_create(&folder.join("key"), &*store).await.unwrap();
    let vault = Arc::new(Vault::new(store.clone(), key));
    let desk = Desk::open(store.clone(), vault.clone(), clock.reading()).await.unwrap();
    let seeded = seed(&desk, &clock, plan, |_, _| {}).await.unwrap();
    assert_eq!(seeded.refused, Vec::<String>::new(), "the stories keep to the rules");
    Reader::new(store, vault)
}

/// What happened when, without what no seed decides: ids, salts, and the order in which one commit
/// took what lies close together.
fn shape(events: &[StoredEvent]) -> Vec<(i64, &str, i64)> {
    let mut shape: Vec<_> =
        events.iter().map(|e| (e.occurred_at, e.event_type.as_str(), e.recorded_at)).collect();
    shape.sort_unstable();
    shape
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_gives_the_same_desk_and_the_past_was_recorded_soon_after_it_happened() {
    let (one, other) = tokio::join!(seeded(150), seeded(150));
    assert!(shape(&one) == shape(&other), "two desks of one seed differ");
    for event in one.iter().filter(|event| event.stream.starts_with("ticket-")) {
        let late = event.recorded_at - event.occurred_at;
        assert!((0..=WINDOW).contains(&late), "{} is {late} ms late", event.event_type);
    }
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for event in &one {
        *kinds.entry(event.event_type.as_str()).or_default() += 1;
    }
    for expected in [
        "TicketCreated",
        "TicketAssigned",
        "TicketReplied",
        "MessageReceived",
        "NoteAdded",
        "CallLogged",
        "TicketSnoozed",
        "TicketWoken",
        "TicketMerged",
        "TicketAbsorbed",
        "TicketEscalated",
        "ComplaintRaised",
        "ComplaintDecided",
        "CommitmentRecorded",
        "CommitmentKept",
        "TicketClosed",
        "TicketReopened",
        "RatingGiven",
        "TicketReclassified",
        "SlaWarned",
        "SlaBreached",
        "AfterHoursNoticed",
    ] {
        assert!(kinds.contains_key(expected), "a desk without {expected}: {kinds:?}");
    }
    assert!(
        kinds["TicketClosed"] < kinds["TicketCreated"] + kinds["TicketReopened"],
        "some are open"
    );
}

/// The clocks of all tickets of a log, and the breaches that it notes: ticket, clock, deadline, instance.
async fn watched(reader: &Reader) -> (Vec<TicketId>, Family, Vec<Noted>) {
    let stored = reader.store.read_all(0, 100_000, Sealed::Without).await.unwrap();
    let events: Vec<_> = stored.iter().map(|it| decode_closed(it).unwrap()).collect();
    reader.plans.learn(reader, &events).await.unwrap();
    let (mut tickets, mut family, mut noted) = (BTreeSet::new(), Family::default(), Vec::new());
    for event in &events {
        let Some(id) = TicketId::of_stream(&event.stream) else { continue };
        tickets.insert(id);
        let fact = Fact::of(event);
        fact.into_iter().for_each(|fact| family.take(id, &fact, &|it| reader.plans.get(it)));
        if let Event::Ticket(TicketEvent::SlaBreached(mark)) = &event.event {
            noted.push((id, mark.clock, mark.deadline, mark.instance));
        }
    }
    noted.sort();
    (tickets.into_iter().collect(), family, noted)
}

type Noted = (TicketId, ClockKind, Instant, u32);

#[tokio::test(flavor = "multi_thread")]
async fn every_breach_was_noted_once_where_it_fell_and_nothing_is_left_for_the_timers() {
    let folder = tempfile::tempdir().unwrap();
    let reader = seeded_in(folder.path(), 400).await;
    let (tickets, family, noted) = watched(&reader).await;
    let (mut fell, mut merged) = (BTreeMap::new(), 0);
    for id in &tickets {
        for clock in family.clocks(*id) {
            merged += usize::from(clock.carried.is_some());
            let due = clock.due().into_iter().filter(|due| due.at < UNTIL);
            assert_eq!(due.count(), 0, "nothing is due any more of {id}: {clock:?}");
            // What was late before a merge was noted where it was then, and before a reopening, once.
            let late = clock.breach(UNTIL).filter(|breach| clock.home(breach.at).is_none());
            if let Some(late) = late {
                fell.entry((*id, clock.kind, late.deadline)).or_insert(clock.instance);
            }
        }
    }
    let fell: Vec<Noted> =
        fell.into_iter().map(|((id, clock, at), instance)| (id, clock, at, instance)).collect();
    assert!(merged > 5 && noted.len() > 50, "{merged} were carried, {} are late", noted.len());
    assert_eq!(noted, fell);
}

#[test]
fn agents_work_in_office_hours_only() {
    let mut dice = Dice::new(1, 0);
    for hour in 0..24 * 14 {
        let at = at_work(&mut dice, Instant(UNTIL.millis() + hour * DAY / 24));
        // The first of January 1970 was a Thursday.
        let (weekday, hour) = ((at.millis() / DAY + 3) % 7, at.millis() % DAY * 24 / DAY);
        let closes = [17, 17, 17, 17, 17, 12, 0][weekday as usize];
        assert!((8..closes).contains(&hour), "at work on day {weekday} at {hour}");
    }
}

#[test]
fn tickets_come_in_by_season_weekday_and_hour() {
    let arrivals = arrivals(&mut Dice::new(1, 0), 5_000, UNTIL);
    assert_eq!(arrivals.len(), 5_000);
    assert!(arrivals.is_sorted() && arrivals.iter().all(|at| *at < UNTIL));
    let days = |range: std::ops::Range<i64>| {
        let before = |at: &Instant| (UNTIL.millis() - at.millis()) / DAY;
        arrivals.iter().filter(|at| range.contains(&before(at))).count()
    };
    // The year ends with December; July lies 154 to 184 days before.
    assert!(days(0..31) > days(154..185) * 3 / 2, "December is louder than July");
    let at_night = arrivals.iter().filter(|at| at.millis().rem_euclid(DAY) < DAY / 4).count();
    assert!(at_night < 5_000 / 20, "{at_night} came in between midnight and six");
}

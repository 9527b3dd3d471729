//! Views that stand still where a test wants them to.

use std::sync::{Condvar, Mutex};

use docket_domain::codec::Event;
use docket_domain::ticket::event::TicketEvent;
use docket_projections::recorded::Recorded;
use docket_projections::view::{Key, Schema, View};

/// Lets everybody pass, until it is closed: then the next one to come stands still until it is opened,
/// and everybody after that one passes.
pub struct Gate {
    stands: Mutex<Stands>,
    moved: Condvar,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    Open,
    Closed,
    SomebodyWaits,
}

impl Gate {
    const fn new() -> Self {
        Self { stands: Mutex::new(Stands::Open), moved: Condvar::new() }
    }

    pub fn close(&self) {
        *self.stands.lock().unwrap() = Stands::Closed;
    }

    pub fn open(&self) {
        *self.stands.lock().unwrap() = Stands::Open;
        self.moved.notify_all();
    }

    /// Resolves once somebody stands still.
    pub async fn reached(&'static self) {
        let waits = move || {
            let stands = self.stands.lock().unwrap();
            drop(self.moved.wait_while(stands, |it| *it != Stands::SomebodyWaits).unwrap());
        };
        tokio::task::spawn_blocking(waits).await.unwrap();
    }

    fn pass(&self) {
        let mut stands = self.stands.lock().unwrap();
        if *stands == Stands::Closed {
            *stands = Stands::SomebodyWaits;
            self.moved.notify_all();
            drop(self.moved.wait_while(stands, |it| *it == Stands::SomebodyWaits).unwrap());
        }
    }
}

/// Where [`Customers`] stands still.
pub static CUSTOMERS: Gate = Gate::new();

/// Where [`Subjects`] stands still.
pub static SUBJECTS: Gate = Gate::new();

const SCHEMA: Schema = Schema {
    sqlite: "CREATE TABLE {table} (stream TEXT, key TEXT, doc TEXT, PRIMARY KEY (stream, key))",
    postgres: "CREATE TABLE {table} (stream text, key text, doc text, PRIMARY KEY (stream, key))",
};

/// Which customers are there?
pub struct Customers;

impl View for Customers {
    const NAME: &'static str = "gated_customers";
    const VERSION: u32 = 1;
    const CATEGORY: &'static str = "customer";
    const NEEDS_TEXT: bool = false;
    const SCHEMA: Schema = SCHEMA;
    type State = ();
    type Row = bool;

    fn evolve((): &mut (), _: &Recorded) {
        CUSTOMERS.pass();
    }

    fn rows((): &()) -> Vec<(Key, bool)> {
        vec![(Key::new(), true)]
    }
}

/// What are tickets about?
pub struct Subjects;

impl View for Subjects {
    const NAME: &'static str = "gated_subjects";
    const VERSION: u32 = 1;
    const CATEGORY: &'static str = "ticket";
    const NEEDS_TEXT: bool = true;
    const SCHEMA: Schema = SCHEMA;
    type State = Option<String>;
    type Row = String;

    fn evolve(subject: &mut Option<String>, event: &Recorded) {
        SUBJECTS.pass();
        if let Event::Ticket(TicketEvent::TicketCreated(created)) = &event.event {
            *subject = created.subject.known().cloned();
        }
    }

    fn rows(subject: &Option<String>) -> Vec<(Key, String)> {
        subject.iter().map(|subject| (Key::new(), subject.clone())).collect()
    }
}

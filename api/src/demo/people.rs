//! Who works at the desk, and who writes to it.

use docket_commands::CustomerInput;
use docket_domain::customer::{Address, AddressKind};
use docket_domain::ids::AgentId;
use docket_domain::party::{AgentRef, Channel};
use docket_domain::personal::Personal;
use uuid::Uuid;

use crate::demo::dice::Dice;

/// How many customers there are for a hundred tickets.
const CUSTOMERS_PER_HUNDRED: usize = 30;

const AGENTS: [&str; 12] = [
    "Hanna Brandt",
    "Marek Zielinski",
    "Aoife Byrne",
    "Jonas Lindqvist",
    "Camille Roux",
    "Tomas Novak",
    "Ines Carvalho",
    "Piotr Wrona",
    "Sofia Ricci",
    "Daan Visser",
    "Leila Haddad",
    "Oskar Kask",
];

const FIRST_NAMES: [&str; 40] = [
    "Jan",
    "Maria",
    "Peter",
    "Anna",
    "Lukas",
    "Eva",
    "Thomas",
    "Julia",
    "Martin",
    "Katarzyna",
    "Michael",
    "Sara",
    "Andreas",
    "Laura",
    "Stefan",
    "Nina",
    "Pavel",
    "Elena",
    "David",
    "Magda",
    "Simon",
    "Clara",
    "Robert",
    "Irena",
    "Paul",
    "Teresa",
    "Felix",
    "Helena",
    "Adam",
    "Monika",
    "Georg",
    "Alice",
    "Viktor",
    "Ewa",
    "Filip",
    "Greta",
    "Henrik",
    "Olga",
    "Matteo",
    "Zofia",
];

const LAST_NAMES: [&str; 48] = [
    "Kowalski",
    "Schmidt",
    "Novotny",
    "Jansen",
    "Moreau",
    "Rossi",
    "Silva",
    "Nowak",
    "Fischer",
    "Dvorak",
    "Bakker",
    "Lefevre",
    "Conti",
    "Costa",
    "Wagner",
    "Horvat",
    "Petersen",
    "Laurent",
    "Greco",
    "Sousa",
    "Lewandowski",
    "Becker",
    "Svoboda",
    "Visser",
    "Girard",
    "Marino",
    "Pinto",
    "Mazur",
    "Hoffmann",
    "Kral",
    "Smit",
    "Blanc",
    "Bruno",
    "Lopes",
    "Krawczyk",
    "Schulz",
    "Maly",
    "Mulder",
    "Faure",
    "Gallo",
    "Ramos",
    "Kaczmarek",
    "Keller",
    "Benes",
    "Vos",
    "Fontaine",
    "Ferrara",
    "Marques",
];

const PLACES: [&str; 6] =
    ["example.com", "example.org", "example.net", "mail.example", "post.example", "home.example"];

/// An agent of the desk.
#[derive(Clone, Debug)]
pub struct Colleague {
    /// Which agent, called what.
    pub agent: AgentRef,
    /// The name.
    pub name: &'static str,
}

/// Somebody who writes to the desk.
#[derive(Clone, Debug)]
pub struct Guest {
    /// The name.
    pub name: String,
    email: String,
    phone: String,
    handle: String,
}

/// The agents; ids derive from the seed.
pub fn colleagues(namespace: Uuid) -> Vec<Colleague> {
    let colleague = |name: &'static str| Colleague {
        agent: AgentRef {
            id: AgentId(Uuid::new_v5(&namespace, name.as_bytes())),
            name: Personal::text(name),
        },
        name,
    };
    AGENTS.into_iter().map(colleague).collect()
}

/// The address of an agent.
pub fn office_address(name: &str) -> String {
    format!("{}@docket.example", name.to_lowercase().replace(' ', "."))
}

/// The customers of a desk with so many tickets.
pub fn guests(dice: &mut Dice, tickets: usize) -> Vec<Guest> {
    let count = (tickets * CUSTOMERS_PER_HUNDRED).div_ceil(100).max(1);
    (0..count).map(|number| guest(dice, number)).collect()
}

fn guest(dice: &mut Dice, number: usize) -> Guest {
    let (first, last) = (*dice.pick(&FIRST_NAMES), *dice.pick(&LAST_NAMES));
    let short = format!("{}.{}", first.to_lowercase(), last.to_lowercase());
    Guest {
        name: format!("{first} {last}"),
        email: format!("{short}{number}@{}", dice.pick(&PLACES)),
        phone: format!("+48 22 555 {:04}", number % 10_000),
        handle: format!("@{}_{number}", first.to_lowercase()),
    }
}

impl Guest {
    /// How the customer shows up: mostly by mail, by phone on the phone, by handle elsewhere.
    pub fn input(&self, channel: Channel) -> CustomerInput {
        let address = |kind, value: &str| Address { kind, value: Personal::text(value) };
        let email = address(AddressKind::Email, &self.email);
        let phone = address(AddressKind::Phone, &self.phone);
        let handle = address(AddressKind::Handle, &self.handle);
        // All addresses at once, so that the customer is found again whichever way they come.
        let addresses = match channel {
            Channel::Phone | Channel::InPerson => vec![phone, email, handle],
            Channel::Social | Channel::Messenger => vec![handle, email, phone],
            Channel::Email | Channel::Web | Channel::Chat | Channel::Api => {
                vec![email, phone, handle]
            }
        };
        CustomerInput::Contact { name: Some(self.name.clone()), addresses }
    }
}

/// Which of so many customers comes: some come often, most come once or twice.
pub fn somebody(dice: &mut Dice, guests: usize) -> usize {
    let skewed = dice.fraction().powf(1.7);
    ((skewed * guests as f64) as usize).min(guests.saturating_sub(1))
}

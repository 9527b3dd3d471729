//! What people say at the desk: a small grammar for each topic.

use crate::demo::dice::Dice;
use crate::demo::topics::Topic;

/// What a text can speak of.
#[derive(Clone, Debug)]
pub struct Matter {
    /// An order or invoice number.
    pub order: String,
    /// What was bought.
    pub product: &'static str,
    /// When it was.
    pub date: String,
    /// An amount of money.
    pub amount: String,
}

const PRODUCTS: &[&str] = &[
    "Ventra 300 router",
    "Lumo desk lamp",
    "Arco office chair",
    "Tilia bookshelf",
    "Nord kettle",
    "Pixa 27 monitor",
    "Pixa 24 monitor",
    "Sona headphones",
    "Volt charger",
    "Brisa fan",
    "Mira webcam",
    "Terra planter",
    "Kubo speaker",
    "Halo projector",
    "Fjord blanket",
    "Runa keyboard",
];

/// What somebody writes about.
pub fn matter(dice: &mut Dice, date: String) -> Matter {
    let cents = *dice.pick(&["00", "49", "90", "95", "99"]);
    Matter {
        order: format!("{}-{:05}", dice.pick(&["A", "B", "W"]), dice.below(100_000)),
        product: PRODUCTS[dice.below(PRODUCTS.len())],
        date,
        amount: format!("{}.{cents} EUR", dice.between(9, 480)),
    }
}

/// Fills in what a text speaks of.
pub fn fill(template: &str, matter: &Matter) -> String {
    template
        .replace("{order}", &matter.order)
        .replace("{product}", matter.product)
        .replace("{date}", &matter.date)
        .replace("{amount}", &matter.amount)
}

/// One of `templates`, filled in.
pub fn say(dice: &mut Dice, templates: &[&str], matter: &Matter) -> String {
    fill(dice.pick::<&str>(templates), matter)
}

/// A customer's first message.
pub fn opening(dice: &mut Dice, topic: &Topic, matter: &Matter, name: &str) -> String {
    let mut text = format!("{}\n\n", dice.pick(HELLOS));
    text += &say(dice, topic.problems, matter);
    if dice.chance(55) {
        text += " ";
        text += &say(dice, DETAILS, matter);
    }
    if dice.chance(60) {
        text += " ";
        text += *dice.pick(WISHES);
    }
    format!("{text}\n\n{}\n{name}", dice.pick(GOODBYES))
}

/// An agent's public answer.
pub fn answer(
    dice: &mut Dice,
    templates: &[&str],
    matter: &Matter,
    customer: &str,
    agent: &str,
) -> String {
    let first_name = customer.split(' ').next().unwrap_or(customer);
    let thanks = dice.pick(THANKS);
    let said = capital(&say(dice, templates, matter));
    format!("Dear {first_name},\n\n{thanks} {said}\n\nKind regards\n{agent}")
}

/// A sentence begins with a capital letter.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

const HELLOS: &[&str] =
    &["Hello,", "Good morning,", "Dear team,", "Hi,", "Good afternoon,", "To whom it may concern,"];

const GOODBYES: &[&str] =
    &["Regards,", "Thank you in advance,", "Best wishes,", "Many thanks,", "Yours sincerely,"];

const THANKS: &[&str] = &[
    "Thank you for writing to us.",
    "Thank you for your patience.",
    "Thanks for the details.",
    "I am sorry about the trouble.",
    "Thank you for letting us know.",
];

const DETAILS: &[&str] = &[
    "The order number is {order}.",
    "I bought it on {date} and have the receipt here.",
    "My account shows order {order}, paid with {amount}.",
    "I tried twice, with the same result.",
    "Photos are attached to my earlier message.",
    "It worked until {date}.",
    "A colleague of mine has the same {product} and no trouble at all.",
];

const WISHES: &[&str] = &[
    "Could you please look into it?",
    "Please let me know how to go on.",
    "I would be grateful for a quick answer.",
    "When can I expect a solution?",
    "Please call me back if that is easier.",
    "What do you need from me?",
];

/// What customers write when they come back to a ticket.
pub const FOLLOW_UPS: &[&str] = &[
    "Thanks, but it still does not work. Here is what I see now: the {product} stays dark.",
    "Any news on this? I have been waiting since {date}.",
    "Here is the number you asked for: {order}.",
    "I found the receipt, the amount was {amount}.",
    "I sent the parcel back today, please confirm when it arrives.",
    "That solved half of it. The second item of {order} is still missing.",
    "Could you send me that in writing, please?",
    "Tomorrow after three I can be reached by phone.",
];

/// What customers write after a ticket was closed.
pub const AFTERWARDS: &[&str] = &[
    "Unfortunately the same thing happened again this morning.",
    "The refund of {amount} has not arrived yet, please check.",
    "Sorry to come back to this, the {product} failed again.",
];

/// Internal notes.
pub const NOTES: &[&str] = &[
    "Checked the warehouse: {order} left on {date}, no scan since.",
    "Customer has written about the {product} before, see the older ticket.",
    "Refund of {amount} agreed with billing.",
    "Supplier says the batch of the {product} is under inspection.",
    "Asked the courier for proof of delivery of {order}.",
    "Tone is tense; please answer today.",
    "Second line could reproduce it with the {product}, fix comes with the next release.",
];

/// What was said on the phone.
pub const CALLS: &[&str] = &[
    "Customer explained the problem with the {product} once more; agreed to send a photo.",
    "Told the customer that {order} is on its way; satisfied.",
    "Left a message with our number and the ticket's.",
    "Walked through the settings together, works for now.",
    "Customer asks for {amount} back rather than an exchange.",
];

/// What the desk promises.
pub const PROMISES: &[&str] = &[
    "We refund {amount} to the card used.",
    "A new {product} leaves the warehouse this week.",
    "A technician calls back with a date.",
    "The corrected invoice for {order} is sent by mail.",
];

/// How tickets are solved, for the customer.
pub const SOLUTIONS: &[&str] = &[
    "Replacement of the {product} delivered.",
    "Refund of {amount} paid.",
    "Invoice {order} sent again.",
    "Settings corrected together with the customer.",
    "Explained how it works.",
    "Parcel {order} found and delivered.",
    "Fixed with the update of {date}.",
];

/// Why a ticket is escalated.
pub const ESCALATIONS: &[&str] = &[
    "Customer has waited too long for {order}.",
    "Customer threatens to go to the consumer office.",
    "Third failure of the same {product}.",
    "Needs a decision about {amount}.",
];

/// What customers claim when they complain.
pub const CLAIMS: &[&str] = &[
    "The {product} arrived broken and nobody answered for days.",
    "{order} was promised for {date} and did not come.",
    "{amount} was charged twice.",
    "The {product} is not what the shop described.",
];

/// Why complaints are decided as they are.
pub const REASONS: &[&str] = &[
    "The courier confirms the damage.",
    "The delay was ours.",
    "The charge was right and is explained.",
    "Goodwill, within the agent's limits.",
    "The description on the page was misleading.",
];

/// What customers say with a rating.
pub const RATINGS: &[&str] = &[
    "Quick and friendly.",
    "Took too long.",
    "Solved at last.",
    "Very helpful, thank you!",
    "I had to explain everything twice.",
    "Fair solution.",
];

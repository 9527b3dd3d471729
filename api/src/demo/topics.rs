//! What customers write about, and what they are told.

/// Something that customers write about.
#[derive(Debug)]
pub struct Topic {
    /// The category's path.
    pub category: &'static str,
    /// The type's key.
    pub ticket_type: &'static str,
    /// How often it comes up, relative to the others.
    pub weight: usize,
    /// How urgent it is taken to be: weights of critical, high, medium, low.
    pub urgency: [usize; 4],
    /// Subjects.
    pub subjects: &'static [&'static str],
    /// What happened.
    pub problems: &'static [&'static str],
    /// What an agent answers first.
    pub answers: &'static [&'static str],
    /// What an agent asks for or promises in the end.
    pub endings: &'static [&'static str],
}

/// What is talked about at the desk.
pub const TOPICS: &[Topic] = &[
    Topic {
        category: "question",
        ticket_type: "question",
        weight: 26,
        urgency: [0, 5, 60, 35],
        subjects: &[
            "Question about the {product}",
            "Is the {product} available again?",
            "How do I return an item?",
            "Delivery times before the holidays",
            "Change of address",
        ],
        problems: &[
            "I would like to know whether the {product} fits a standard socket.",
            "I moved on {date} and want my orders to go to the new address.",
            "Can I still return the {product} although the box is open?",
            "Is there a discount for ten pieces of the {product}?",
        ],
        answers: &[
            "Yes, that is possible; just answer this message with order {order} and I do the rest.",
            "The {product} is expected back in stock around {date}.",
            "You can return it within thirty days, the label is in your account.",
        ],
        endings: &["I noted it in your account.", "The label is on its way to you."],
    },
    Topic {
        category: "technical/outage",
        ticket_type: "technical",
        weight: 14,
        urgency: [14, 42, 40, 4],
        subjects: &[
            "{product} does not switch on",
            "No connection since this morning",
            "{product} keeps restarting",
            "Everything is down",
        ],
        problems: &[
            "Since {date} the {product} loses its connection every few minutes.",
            "The {product} is dead: no light, no sound, nothing.",
            "After the last update our {product} restarts all the time.",
            "Nobody in the office can log in any more.",
        ],
        answers: &[
            "please hold the reset button of the {product} for ten seconds and tell me what the light does.",
            "we see the fault on our side too and are working on it.",
            "could you send me the serial number, it stands under the {product}?",
        ],
        endings: &[
            "The fault is repaired since {date}; please restart the {product} once.",
            "We exchange the {product}, the new one leaves today.",
        ],
    },
    Topic {
        category: "technical/installation",
        ticket_type: "technical",
        weight: 12,
        urgency: [2, 16, 62, 20],
        subjects: &[
            "Help with setting up the {product}",
            "Manual for the {product}",
            "{product}: step 4 unclear",
        ],
        problems: &[
            "I cannot get the {product} to work with my other devices.",
            "The manual of the {product} is missing from the box.",
            "Step 4 of the instructions shows a part that I do not have.",
        ],
        answers: &[
            "the manual is attached; page 7 shows the part in question.",
            "please connect the {product} by cable first, then choose 'new device'.",
            "which version does the label on the {product} show?",
        ],
        endings: &["The missing part is on its way.", "Good to hear that it runs."],
    },
    Topic {
        category: "invoice",
        ticket_type: "question",
        weight: 12,
        urgency: [0, 14, 66, 20],
        subjects: &["Invoice {order} is wrong", "Charged twice for {order}", "Payment of {amount}"],
        problems: &[
            "The invoice for {order} says {amount}, but the shop said less.",
            "{amount} was taken from my account twice on {date}.",
            "I paid {order} on {date} and still get reminders.",
        ],
        answers: &[
            "I asked our billing team to look at {order}.",
            "the second charge was a reservation only; it disappears within a week.",
            "could you send me the date of the payment of {amount}?",
        ],
        endings: &["The corrected invoice is attached.", "{amount} went back to your card today."],
    },
    Topic {
        category: "invoice/reprint",
        ticket_type: "invoice_reprint",
        weight: 9,
        urgency: [0, 4, 46, 50],
        subjects: &[
            "Copy of invoice {order}",
            "Invoice for my tax return",
            "Please send {order} again",
        ],
        problems: &[
            "I need the invoice for {order} once more, with my company's name on it.",
            "My accountant asks for the invoice of {date}.",
            "The invoice for the {product} never reached me.",
        ],
        answers: &["the invoice for {order} is attached.", "which company name shall it bear?"],
        endings: &["The copy is attached, with the company's name."],
    },
    Topic {
        category: "complaint/delivery",
        ticket_type: "complaint",
        weight: 15,
        urgency: [6, 46, 44, 4],
        subjects: &[
            "Parcel {order} lost",
            "Where is my {product}?",
            "Damaged on arrival: {product}",
            "Delivered to the wrong address",
        ],
        problems: &[
            "{order} was announced for {date} and has not come.",
            "The courier left {order} somewhere, but not with me.",
            "The box of the {product} was torn and one part is broken.",
        ],
        answers: &[
            "I opened an inquiry with the courier about {order}.",
            "please send a photo of the box and of the broken part.",
            "the courier says it was handed over on {date}; I asked for the signature.",
        ],
        endings: &["A new {product} leaves today.", "We refund {amount}."],
    },
    Topic {
        category: "complaint/new",
        ticket_type: "complaint",
        weight: 7,
        urgency: [8, 52, 38, 2],
        subjects: &["Complaint about order {order}", "Not what I ordered", "I want my money back"],
        problems: &[
            "This is the third time that I write about {order}, and I am losing patience.",
            "The {product} broke after a week. I want {amount} back.",
            "What came is not the {product} from your page.",
        ],
        answers: &[
            "I took over your complaint myself and come back to you with a decision.",
            "I am sorry; please send the {product} back at our cost.",
        ],
        endings: &[
            "Your complaint was decided in your favour.",
            "We meet you half way with {amount}.",
        ],
    },
    Topic {
        category: "technical",
        ticket_type: "problem",
        weight: 5,
        urgency: [10, 40, 45, 5],
        subjects: &["Online shop: error at checkout", "App does not accept my password"],
        problems: &[
            "The checkout shows an error after I enter my card for {order}.",
            "Since {date} the app says that my password is wrong, and it is not.",
        ],
        answers: &[
            "several customers report this; our engineers are on it.",
            "please try again in a private window and tell me whether it helps.",
        ],
        endings: &["The error was corrected on {date}."],
    },
];

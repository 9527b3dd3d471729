//! The choice against its laws: what an obvious reading of the rules asks of every gift.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const NOW: Instant = Instant(1_000_000);
const SKILLS: [&str; 3] = ["german", "networks", "refunds"];

fn agent(nth: u128) -> AgentId {
    AgentId(Uuid::from_u128(nth))
}

fn ticket(nth: u128) -> TicketId {
    TicketId(Uuid::from_u128(nth))
}

fn hand(nth: u128) -> Hand {
    Hand {
        agent: agent(nth),
        is_there: true,
        skills: Vec::new(),
        capacity: None,
        load: 0,
        given_at: None,
    }
}

fn waiting(nth: u128, level: u8) -> Waiting {
    Waiting { ticket: ticket(nth), level, needs: BTreeSet::new(), passed: BTreeSet::new() }
}

fn line(queue: &str, waiting: Vec<Waiting>) -> Line {
    Line { queue: queue.into(), agents: BTreeSet::new(), waiting }
}

/// Who got what, in order: ticket and agent.
fn told(gifts: &[Gift]) -> Vec<(u128, u128)> {
    gifts.iter().map(|it| (it.ticket.0.as_u128(), it.to().unwrap().0.as_u128())).collect()
}

#[test]
fn the_least_loaded_is_given_first_then_who_was_given_longest_ago_then_the_lowest_id() {
    let mut hands = [hand(3), hand(2), hand(1), hand(4)];
    hands[2].load = 1;
    hands[1].given_at = Some(Instant(5));
    hands[0].given_at = Some(Instant(4));
    let lines = [line("inbox", (10..16).map(|nth| waiting(nth, 3)).collect())];
    let gifts = share_out(&lines, &mut hands, NOW);
    // Four was never given anything. When all have one, it is round robin.
    assert_eq!(told(&gifts), [(10, 4), (11, 3), (12, 2), (13, 1), (14, 2), (15, 3)]);
    let of_first: Vec<(u128, u32)> =
        gifts[0].candidates.iter().map(|it| (it.agent.0.as_u128(), it.load)).collect();
    assert_eq!(of_first, [(4, 0), (3, 0), (2, 0), (1, 1)]);
}

#[test]
fn the_highest_level_of_all_queues_is_first_and_within_a_level_queues_take_turns() {
    let lines = [
        line("billing", vec![waiting(1, 5), waiting(2, 3), waiting(3, 3), waiting(4, 3)]),
        line("inbox", vec![waiting(5, 3), waiting(6, 3), waiting(7, 2)]),
    ];
    let gifts = share_out(&lines, &mut [hand(1)], NOW);
    let order: Vec<u128> = gifts.iter().map(|it| it.ticket.0.as_u128()).collect();
    assert_eq!(order, [1, 2, 5, 3, 6, 4, 7]);
}

#[test]
fn what_nobody_can_be_given_keeps_nothing_else_waiting() {
    let mut outage = waiting(1, 5);
    outage.needs.insert("networks".into());
    let mut offered = waiting(2, 4);
    offered.passed.insert(agent(1));
    let lines = [line("inbox", vec![outage, offered, waiting(3, 1)])];
    assert_eq!(told(&share_out(&lines, &mut [hand(1)], NOW)), [(3, 1)]);
}

fn a_hand(nth: u128) -> impl Strategy<Value = Hand> {
    let skills = prop::sample::subsequence(SKILLS.to_vec(), 0..=3);
    let capacity = prop::option::of(1_u32..4);
    let given_at = prop::option::of((0_i64..3).prop_map(Instant));
    (prop::bool::weighted(0.8), skills, capacity, 0_u32..4, given_at).prop_map(
        move |(is_there, skills, capacity, load, given_at)| Hand {
            agent: agent(nth),
            is_there,
            skills: skills.into_iter().map(str::to_owned).collect(),
            capacity,
            load,
            given_at,
        },
    )
}

fn a_ticket() -> impl Strategy<Value = Waiting> {
    let needs = prop::sample::subsequence(SKILLS.to_vec(), 0..=2);
    let passed = prop::collection::btree_set((0_u128..5).prop_map(agent), 0..2);
    (1_u8..6, needs, passed).prop_map(|(level, needs, passed)| Waiting {
        ticket: ticket(0),
        level,
        needs: needs.into_iter().map(str::to_owned).collect(),
        passed,
    })
}

fn a_line(queue: usize) -> impl Strategy<Value = Line> {
    let agents = prop::collection::btree_set((0_u128..5).prop_map(agent), 0..4);
    (agents, prop::collection::vec(a_ticket(), 0..8)).prop_map(move |(agents, mut waiting)| {
        let first = queue as u128 * 100;
        for (nth, waiting) in (first..).zip(&mut waiting) {
            waiting.ticket = ticket(nth);
        }
        Line { queue: queue.to_string(), agents, waiting }
    })
}

/// Whether a ticket may be given to an agent, as the rules say it one after the other.
fn may(line: &Line, waiting: &Waiting, hand: &Hand) -> bool {
    let belongs = line.agents.is_empty() || line.agents.contains(&hand.agent);
    let able = waiting.needs.iter().all(|need| hand.skills.iter().any(|skill| skill == need));
    let room = match hand.capacity {
        None => true,
        Some(capacity) => hand.load < capacity,
    };
    hand.is_there && belongs && able && room && !waiting.passed.contains(&hand.agent)
}

proptest! {
    #[test]
    fn nobody_is_given_what_they_may_not_have_and_nothing_waits_that_somebody_may(
        mut hands in (a_hand(0), a_hand(1), a_hand(2), a_hand(3), a_hand(4))
            .prop_map(|(a, b, c, d, e)| vec![a, b, c, d, e]),
        lines in (a_line(0), a_line(1), a_line(2)).prop_map(|(a, b, c)| vec![a, b, c]),
    ) {
        let mut then = hands.clone();
        let gifts = share_out(&lines, &mut hands, NOW);
        let all = || lines.iter().flat_map(|line| line.waiting.iter().map(move |it| (line, it)));
        let mut highest = u8::MAX;
        for gift in &gifts {
            let (line, waiting) = all().find(|(_, it)| it.ticket == gift.ticket).unwrap();
            prop_assert!(waiting.level <= highest, "the highest level comes first");
            highest = waiting.level;
            let allowed: Vec<&Hand> = then.iter().filter(|it| may(line, waiting, it)).collect();
            prop_assert_eq!(allowed.len(), gift.candidates.len());
            let best = allowed.iter().min_by_key(|it| (it.load, it.given_at, it.agent));
            prop_assert_eq!(best.map(|hand| hand.agent), gift.to(), "of those who may");
            let to = then.iter_mut().find(|hand| Some(hand.agent) == gift.to()).unwrap();
            (to.load, to.given_at) = (to.load + 1, Some(NOW));
        }
        prop_assert_eq!(&then, &hands, "all is counted");
        for (line, waiting) in all() {
            let times = gifts.iter().filter(|gift| gift.ticket == waiting.ticket).count();
            prop_assert!(times <= 1, "given once");
            // Room only ever shrinks, so whoever may now could have been given it then.
            let nobody = hands.iter().all(|hand| !may(line, waiting, hand));
            prop_assert!(times == 1 || nobody, "it waits only where nobody may have it");
        }
        // Of two of one queue and level with the same needs, the first is given first.
        for line in &lines {
            let alike = |a: &Waiting, b: &Waiting| {
                (a.level, &a.needs, &a.passed) == (b.level, &b.needs, &b.passed)
            };
            let place = |it: &Waiting| gifts.iter().position(|gift| gift.ticket == it.ticket);
            for (nth, later) in line.waiting.iter().enumerate() {
                for earlier in line.waiting[..nth].iter().filter(|it| alike(it, later)) {
                    let in_order = match (place(earlier), place(later)) {
                        (Some(earlier), Some(later)) => earlier < later,
                        (None, given) => given.is_none(),
                        (Some(_), None) => true,
                    };
                    prop_assert!(in_order);
                }
            }
        }
    }
}

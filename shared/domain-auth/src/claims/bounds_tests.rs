//! No sequence of actions of clients and Lasso support makes a register too large. Registers of
//! earlier releases, which contain tombstones, still work.

use std::sync::LazyLock;

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
/// DynamoDB accepts items of up to 409,600 bytes; the rest is for the names of attributes, keys and
/// indexes.
const SAFE: usize = 380_000;

fn name(text: &str) -> DomainName {
    DomainName::parse(text).unwrap()
}

fn client(n: usize) -> ClientId {
    ClientId::parse(&format!("client-{n}-{}", "x".repeat(100))).unwrap()
}

/// A name of 250 octets below `example.com`.
fn long_name(n: usize) -> DomainName {
    let label = |letter: &str, length| letter.repeat(length);
    let labels = [
        label("a", 63),
        label("b", 63),
        label("c", 63),
        label("d", 40),
    ]
    .join(".");
    name(&format!("n{n:06}.{labels}.example.com"))
}

fn stored_size(register: &ClaimRegister) -> usize {
    serde_json::to_vec(register).unwrap().len()
}

/// Changes to a register, under the rules of the use cases.
#[derive(Debug, Clone, Copy)]
enum Step {
    Add,
    Delete,
    Finish,
    Prove,
    Lose,
    Withdraw,
}

fn after(register: ClaimRegister, step: Step, name: &DomainName, who: &ClientId) -> ClaimRegister {
    let holds = register.holder(name) == Some(who);
    match step {
        Step::Add => {
            let free = match register.standing(name, who, NOW) {
                Standing::Free => register.has_room(name, who),
                Standing::Held | Standing::Contested => false,
            };
            let few = register.names_beside(name, who) < NAMES_PER_CLIENT;
            if free && few {
                register.taken(name, who, NOW)
            } else {
                register
            }
        }
        Step::Delete => register.leaving(name, who, Reservation::Full, NOW),
        Step::Finish if holds => register.released(name, who, Reservation::Short, NOW),
        Step::Prove if register.has_room_for_proof(name, who) => {
            register.proven(name, who, &[], NOW)
        }
        Step::Lose => register.lost(std::slice::from_ref(name), NOW),
        Step::Withdraw => register.withdrawn(name, who, NOW),
        Step::Finish | Step::Prove => register,
    }
}

#[test]
fn a_claim_register_is_full_before_its_item_reaches_the_size_limit() {
    for step in [Step::Add, Step::Prove] {
        let mut register = ClaimRegister::empty("example.com");
        for n in 0..2_000 {
            register = after(register, step, &long_name(n), &client(n / 90));
        }
        assert!(register.size() > 190_000, "{step:?}: it was filled");
        assert!(
            stored_size(&register) < SAFE,
            "{step:?}: {}",
            stored_size(&register)
        );
        // Marking everything changes nothing of that, and the owner of all of it has room.
        let held: Vec<DomainName> = register.claims.keys().cloned().collect();
        let size = register.size();
        for name in &held {
            let who = register.holder(name).unwrap().clone();
            register = register.leaving(name, &who, Reservation::Full, NOW);
            assert!(
                register.size() <= size,
                "{step:?}: a removal makes nothing larger"
            );
        }
        let (apex, owner) = (name("example.com"), client(1_000));
        assert!(register.has_room_for_proof(&apex, &owner));
        let register = register.proven(&apex, &owner, &[], NOW);
        assert!(stored_size(&register) < SAFE, "{step:?}");
    }
}

#[test]
fn a_claims_counted_size_is_an_upper_bound() {
    let (name, client) = (long_name(1), client(1));
    let register = ClaimRegister::empty("").proven(&name, &client, &[], Timestamp::MAX);
    let mut register = register.leaving(&name, &client, Reservation::Full, NOW);
    for claim in register.claims.values_mut() {
        claim.since = Timestamp::MAX;
        claim.lost = true;
    }
    let value = serde_json::to_value(&register.claims).unwrap();
    let members = value[name.as_str()].as_object().unwrap();
    assert_eq!(members.len(), 5, "all that a claim in force can have");
    // DynamoDB's way of counting: the bytes of names and texts, one byte for each flag, entry and
    // element, three for a map.
    let sizes = members
        .iter()
        .map(|(name, value)| 1 + name.len() + value.as_str().map_or(1, str::len));
    let counted = 1 + name.as_str().len() + 3 + sizes.sum::<usize>();
    assert!(
        counted <= register.size(),
        "{counted} of {}",
        register.size()
    );
}

#[test]
fn each_lost_or_released_name_makes_the_register_smaller() {
    let who = client(1);
    let filled = (0..100).fold(ClaimRegister::empty("example.com"), |register, n| {
        register.taken(&long_name(n), &who, NOW)
    });
    let mut lost = filled.clone();
    let mut released = filled;
    for n in 0..100 {
        let before = (stored_size(&lost), stored_size(&released));
        lost = lost.lost(&[long_name(n)], NOW);
        released = released.released(&long_name(n), &who, Reservation::Full, NOW);
        assert!(stored_size(&lost) < before.0 && stored_size(&released) < before.1);
        assert_eq!(lost.tombstones_written().count(), 1);
    }
    assert_eq!(lost.size(), 0);
    assert!(lost.tombstones.values().all(|tombstone| tombstone.lost));
}

/// A register as the first release wrote it.
fn of_an_earlier_release(tombstones: usize) -> ClaimRegister {
    let mut claims = serde_json::Map::new();
    for n in 0..tombstones {
        claims.insert(
            long_name(n).to_string(),
            serde_json::json!({
                "client": "maple",
                "since": "1970-01-01T00:00:00Z",
                "released_at": "1970-01-01T00:00:00Z",
                "lost": n == 0,
            }),
        );
    }
    claims.insert(
        "mail.example.com".to_owned(),
        serde_json::json!({ "client": "maple", "since": "1970-01-01T00:00:00Z" }),
    );
    let stored = serde_json::json!({
        "organizational": "example.com",
        "version": 7,
        "claims": claims,
    });
    serde_json::from_value(stored).unwrap()
}

#[test]
fn tombstones_in_old_registers_apply_and_are_moved_out() {
    let maple = ClientId::parse("maple").unwrap();
    let mut register = of_an_earlier_release(30);
    let standing = register.standing(&long_name(3), &client(1), NOW);
    assert_eq!(standing, Standing::Contested);
    assert_eq!(
        register.standing(&long_name(3), &maple, NOW),
        Standing::Free
    );
    assert_eq!(
        register.standing(&long_name(0), &maple, NOW),
        Standing::Contested
    );
    let mut moved = Vec::new();
    for n in 0..4 {
        let before = stored_size(&register);
        register = register.taken(&name(&format!("a{n}.example.com")), &maple, NOW);
        let written: Vec<DomainName> = register
            .tombstones_written()
            .map(|tombstone| tombstone.name.clone())
            .collect();
        assert!(written.len() <= 8, "a transaction takes 100 items");
        assert!(
            stored_size(&register) < before,
            "it shrinks with every write"
        );
        moved.extend(written);
        // A tombstone that has moved out counts as before if it is read with the register.
        let tombstone = register.tombstone(&moved[0]);
        let read = register.stored().with_tombstone(tombstone);
        let standing = read.standing(&moved[0], &client(1), NOW);
        assert_eq!(standing, Standing::Contested);
    }
    moved.sort_unstable();
    moved.dedup();
    assert_eq!(moved.len(), 30, "each of them once");
    assert_eq!(register.claims.len(), 5, "what is in force stays");
    assert_eq!(register.holder(&name("mail.example.com")), Some(&maple));
    let lost = register.tombstone(&long_name(0)).unwrap();
    assert!(lost.lost && lost.until == NOW + TOMBSTONE_WINDOW);
}

#[test]
fn expired_tombstones_in_old_registers_are_dropped() {
    let later = NOW + TOMBSTONE_WINDOW;
    let register = of_an_earlier_release(30).taken(&name("a.example.com"), &client(1), later);
    assert_eq!(register.claims.len(), 2);
    assert_eq!(register.tombstones_written().count(), 0);
}

#[test]
fn a_name_that_was_never_verified_is_reserved_for_a_week() {
    let (mail, maple) = (name("mail.example.com"), client(1));
    let held = ClaimRegister::empty("example.com").taken(&mail, &maple, NOW);
    let given_up = held.released(&mail, &maple, Reservation::Short, NOW);
    let standing = |hours| {
        let at = NOW + SignedDuration::from_hours(hours);
        given_up.standing(&mail, &client(2), at)
    };
    assert_eq!(standing(7 * 24 - 1), Standing::Contested);
    assert_eq!(standing(7 * 24), Standing::Free);
}

#[test]
fn a_short_reservation_does_not_end_a_long_one() {
    let (mail, maple) = (name("mail.example.com"), client(1));
    let held = ClaimRegister::empty("example.com").taken(&mail, &maple, NOW);
    let verified = held.released(&mail, &maple, Reservation::Full, NOW);
    let again = verified.taken(&mail, &maple, NOW);
    let again = again.released(&mail, &maple, Reservation::Short, NOW);
    let later = NOW + SignedDuration::from_hours(8 * 24);
    assert_eq!(
        again.standing(&mail, &client(2), later),
        Standing::Contested
    );
    let withdrawn = again
        .taken(&mail, &maple, NOW)
        .withdrawn(&mail, &maple, NOW);
    assert_eq!(
        withdrawn.standing(&mail, &client(2), later),
        Standing::Contested
    );
}

#[test]
fn a_proven_or_lost_name_is_fully_reserved_in_every_ses_status() {
    let (mail, maple) = (name("mail.example.com"), client(1));
    let until = |register: &ClaimRegister| register.tombstone(&mail).unwrap().until;
    let proven = ClaimRegister::empty("example.com").proven(&mail, &maple, &[], NOW);
    let proven = proven.released(&mail, &maple, Reservation::Short, NOW);
    assert_eq!(until(&proven), NOW + TOMBSTONE_WINDOW);
    let lost = ClaimRegister::empty("example.com").taken(&mail, &maple, NOW);
    let lost = lost.lost(std::slice::from_ref(&mail), NOW);
    assert_eq!(until(&lost), NOW + TOMBSTONE_WINDOW);
}

#[test]
fn a_lost_name_is_kept_until_its_identity_is_deleted() {
    let (mail, maple) = (name("mail.example.com"), client(1));
    let register = ClaimRegister::empty("example.com")
        .taken(&mail, &maple, NOW)
        .leaving(&mail, &maple, Reservation::Full, NOW)
        .lost(std::slice::from_ref(&mail), NOW);
    assert_eq!(register.size(), 0, "it takes no place in the register");
    assert_eq!(register.holder(&mail), Some(&maple));
    let in_the_way: Vec<_> = register
        .in_the_way(&mail, &client(2))
        .map(|(_, who)| who.clone())
        .collect();
    assert_eq!(in_the_way, std::slice::from_ref(&maple));
    let long = NOW + TOMBSTONE_WINDOW * 2;
    assert_eq!(
        register.standing(&mail, &client(2), long),
        Standing::Contested
    );
    let gone = register.released(&mail, &maple, Reservation::Full, NOW);
    assert_eq!(gone.holder(&mail), None);
    assert_eq!(
        gone.standing(&mail, &maple, NOW),
        Standing::Contested,
        "it was lost"
    );
    assert_eq!(gone.standing(&mail, &maple, long), Standing::Free);
}

fn steps() -> impl Strategy<Value = Vec<(Step, usize, usize)>> {
    let step = prop_oneof![
        4 => Just(Step::Add),
        2 => Just(Step::Delete),
        1 => Just(Step::Finish),
        1 => Just(Step::Prove),
        1 => Just(Step::Lose),
        1 => Just(Step::Withdraw),
    ];
    proptest::collection::vec((step, 0..40_usize, 0..3_usize), 1..60)
}

/// A register as full as an earlier release could leave it: beyond the limit for claims without
/// proof today.
fn filled() -> ClaimRegister {
    static FILLED: LazyLock<ClaimRegister> = LazyLock::new(|| {
        let empty = ClaimRegister::empty("example.com");
        (0..600).fold(empty, |register, n| {
            register.taken(&long_name(n), &client(0), NOW)
        })
    });
    FILLED.clone()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_sequence_of_operations_keeps_the_register_bounded(steps in steps(), full in any::<bool>()) {
        let empty = ClaimRegister::empty("example.com");
        let mut register = if full { filled() } else { empty };
        for (step, at, who) in steps {
            let before = register.size();
            // Some names that are in the register, and some new ones.
            register = after(register, step, &long_name(580 + at), &client(who));
            let grown = register.size() > before;
            let may_grow = matches!(step, Step::Add | Step::Prove);
            prop_assert!(!grown || may_grow, "{step:?} made it larger");
            let added = matches!(step, Step::Add);
            prop_assert!(!grown || !added || register.size() <= 200_000);
            prop_assert!(register.size() <= 350_000);
            for tombstone in register.tombstones_written() {
                prop_assert!(serde_json::to_vec(tombstone).unwrap().len() < 1_000);
            }
        }
        prop_assert!(stored_size(&register) < SAFE);
    }
}

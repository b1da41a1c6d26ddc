//! The standing of clients for a name, after various changes.

use jiff::SignedDuration;

use super::*;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn name(text: &str) -> DomainName {
    DomainName::parse(text).unwrap()
}

fn client(text: &str) -> ClientId {
    ClientId::parse(text).unwrap()
}

fn held_by_maple() -> ClaimRegister {
    ClaimRegister::empty("example.com").taken(&name("mail.example.com"), &client("maple"), NOW)
}

#[test]
fn a_held_name_its_parent_and_its_child_are_contested_for_others() {
    let register = held_by_maple();
    for other in ["mail.example.com", "example.com", "a.mail.example.com"] {
        let standing = register.standing(&name(other), &client("cedar"), NOW);
        assert_eq!(standing, Standing::Contested, "{other}");
    }
    let sibling = register.standing(&name("news.example.com"), &client("cedar"), NOW);
    assert_eq!(sibling, Standing::Free);
}

#[test]
fn the_holder_may_add_above_and_below_its_own_name() {
    let register = held_by_maple();
    let maple = client("maple");
    assert_eq!(
        register.standing(&name("mail.example.com"), &maple, NOW),
        Standing::Held
    );
    assert_eq!(
        register.standing(&name("example.com"), &maple, NOW),
        Standing::Free
    );
    assert_eq!(
        register.standing(&name("a.mail.example.com"), &maple, NOW),
        Standing::Free
    );
}

#[test]
fn a_released_name_stays_contested_for_others_for_400_days() {
    let register = held_by_maple().released(
        &name("mail.example.com"),
        &client("maple"),
        Reservation::Full,
        NOW,
    );
    let at = |hours| NOW + SignedDuration::from_hours(hours);
    let standing = |who: &str, now| register.standing(&name("mail.example.com"), &client(who), now);
    assert_eq!(standing("cedar", at(1)), Standing::Contested);
    assert_eq!(standing("cedar", at(400 * 24)), Standing::Free);
    assert_eq!(standing("maple", at(1)), Standing::Free);
    assert_eq!(register.holder(&name("mail.example.com")), None);
}

#[test]
fn a_withdrawn_claim_leaves_no_trace() {
    let (mail, maple) = (name("mail.example.com"), client("maple"));
    let register = held_by_maple().withdrawn(&mail, &maple, NOW);
    assert_eq!(
        register.standing(&mail, &client("cedar"), NOW),
        Standing::Free
    );
    let other = held_by_maple().withdrawn(&mail, &client("cedar"), NOW);
    assert_eq!(other.holder(&mail), Some(&maple));
}

#[test]
fn a_held_name_covers_the_names_below_it_only_for_its_holder() {
    let (maple, cedar) = (client("maple"), client("cedar"));
    let register = held_by_maple().taken(&name("example.com"), &maple, NOW);
    let covering = |of: &str, client| {
        let covering = register.covering(&name(of), client);
        covering.map(DomainName::as_str)
    };
    let mail = Some("mail.example.com");
    assert_eq!(covering("mail.example.com", &maple), mail);
    assert_eq!(covering("a.b.mail.example.com", &maple), mail);
    assert_eq!(covering("news.example.com", &maple), Some("example.com"));
    assert_eq!(covering("mail.example.com", &cedar), None);
    assert_eq!(covering("example.org", &maple), None);
}

#[test]
fn names_of_others_and_released_names_cover_no_names_below_them() {
    let (maple, cedar) = (client("maple"), client("cedar"));
    let register = held_by_maple().taken(&name("example.com"), &cedar, NOW);
    assert_eq!(register.covering(&name("a.mail.example.com"), &cedar), None);
    let mail = name("mail.example.com");
    let released = register.released(&mail, &maple, Reservation::Full, NOW);
    assert_eq!(released.covering(&mail, &maple), None);
    assert_eq!(released.covering(&mail, &cedar), Some(&name("example.com")));
}

#[test]
fn a_name_being_removed_is_still_held_but_covers_no_names_below_it() {
    let (maple, mail) = (client("maple"), name("mail.example.com"));
    let register = held_by_maple()
        .taken(&name("example.com"), &maple, NOW)
        .leaving(&mail, &maple, Reservation::Full, NOW);
    assert_eq!(register.holder(&mail), Some(&maple));
    assert_eq!(register.covering(&mail, &maple), Some(&name("example.com")));
    let other = register.standing(&mail, &client("cedar"), NOW);
    assert_eq!(other, Standing::Contested);
    let again = register.standing(&mail, &maple, NOW);
    assert_eq!(again, Standing::Free);
    let gone = register.released(&mail, &maple, Reservation::Full, NOW);
    assert_eq!(gone.holder(&mail), None);
    let other = gone.leaving(
        &name("example.com"),
        &client("cedar"),
        Reservation::Full,
        NOW,
    );
    let holder = other.holder(&name("example.com"));
    assert_eq!(holder, Some(&maple), "a claim alone takes no name away");
}

#[test]
fn a_holder_keeps_its_name_if_another_client_proves_the_parent() {
    let register = held_by_maple().proven(&name("example.com"), &client("cedar"), &[], NOW);
    let standing = register.standing(&name("mail.example.com"), &client("maple"), NOW);
    assert_eq!(standing, Standing::Held);
}

#[test]
fn proven_names_above_and_below_do_not_block_a_claim() {
    let (maple, cedar) = (client("maple"), client("cedar"));
    let register = held_by_maple()
        .proven(&name("a.mail.example.com"), &client("oak"), &[], NOW)
        .taken(&name("b.mail.example.com"), &cedar, NOW)
        .taken(&name("news.example.com"), &maple, NOW);
    let in_the_way = |of: &str| -> Vec<String> {
        let of = name(of);
        let names = register.in_the_way(&of, &cedar);
        names.map(|(name, _)| name.to_string()).collect()
    };
    assert_eq!(in_the_way("mail.example.com"), ["mail.example.com"]);
    assert_eq!(
        in_the_way("a.mail.example.com"),
        ["a.mail.example.com", "mail.example.com"]
    );
    assert_eq!(
        in_the_way("example.com"),
        ["mail.example.com", "news.example.com"]
    );
    assert!(in_the_way("other.example.com").is_empty());
}

#[test]
fn proving_a_name_gives_it_to_the_client_and_ends_the_claims_in_its_way() {
    let (maple, cedar, mail) = (client("maple"), client("cedar"), name("mail.example.com"));
    let before = held_by_maple().taken(&name("a.mail.example.com"), &maple, NOW);
    let lost = [mail.clone(), name("a.mail.example.com")];
    let register = before.clone().proven(&mail, &cedar, &lost, NOW);
    assert_eq!(register.version, before.version + 1);
    assert_eq!(register.holder(&mail), Some(&cedar));
    assert_eq!(register.claim(&mail).unwrap().proven_at, Some(NOW));
    assert_eq!(register.holder(&name("a.mail.example.com")), None);
    let again = register.standing(&name("a.mail.example.com"), &cedar, NOW);
    assert_eq!(again, Standing::Contested, "a tombstone");
    let lost = before.lost(&lost, NOW);
    assert_eq!(lost.holder(&mail), None);
}

#[test]
fn a_client_that_lost_a_name_needs_proof_to_regain_it() {
    let (maple, mail) = (client("maple"), name("mail.example.com"));
    let lost = held_by_maple().lost(std::slice::from_ref(&mail), NOW);
    assert_eq!(lost.standing(&mail, &maple, NOW), Standing::Contested);
    let leaving = lost.leaving(&mail, &maple, Reservation::Full, NOW);
    assert_eq!(leaving.holder(&mail), Some(&maple));
    assert_eq!(leaving.standing(&mail, &maple, NOW), Standing::Contested);
    let gone = leaving.released(&mail, &maple, Reservation::Full, NOW);
    assert_eq!(gone.standing(&mail, &maple, NOW), Standing::Contested);
    let later = NOW + TOMBSTONE_WINDOW;
    assert_eq!(gone.standing(&mail, &maple, later), Standing::Free);
    let proven = gone.proven(&mail, &maple, &[], NOW);
    assert_eq!(proven.standing(&mail, &maple, NOW), Standing::Held);
}

#[test]
fn a_register_with_only_tombstones_expires_with_the_last_of_them() {
    let (maple, mail) = (client("maple"), name("mail.example.com"));
    let later = NOW + SignedDuration::from_hours(1);
    let held = held_by_maple().taken(&name("example.com"), &maple, NOW);
    let half = held.released(&mail, &maple, Reservation::Full, NOW);
    assert_eq!(half.expires_at(), None);
    let gone = half.released(&name("example.com"), &maple, Reservation::Full, later);
    assert_eq!(gone.expires_at(), Some(later + TOMBSTONE_WINDOW));
}

#[test]
fn no_client_releases_the_claim_of_another_client() {
    let register = held_by_maple().released(
        &name("mail.example.com"),
        &client("cedar"),
        Reservation::Full,
        NOW,
    );
    assert_eq!(
        register.holder(&name("mail.example.com")),
        Some(&client("maple"))
    );
}

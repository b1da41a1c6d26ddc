//! What the page says to do, by what DNS has.

use domain_auth::ports::Clock as _;
use domain_auth::records::{Record, RecordData};
use domain_auth::state::{State, Trigger};
use domain_auth_testkit::{TestClock, new_domain};
use jiff::SignedDuration;

use super::{World, main_of};

const CLAIM: &str = "Before you publish it:";

#[tokio::test]
async fn the_page_asks_to_correct_wrong_records_and_not_to_publish_them() {
    let world = World::pending().await;
    let mut record = world.domain().await.records().remove(0);
    record.data = RecordData::Txt {
        text: "something else".to_owned(),
    };
    world.dns.publish(&record);
    world.looked_at().await;
    let page = main_of(&world.open(world.token().as_str()).await);
    assert!(page.contains("Please correct the records below."), "{page}");
    assert!(!page.contains("Please publish the records"), "{page}");
}

#[tokio::test]
async fn the_page_warns_about_the_ownership_record_until_it_is_found() {
    let now = TestClock::default().now();
    let new = || new_domain("maple-homes", "example.com");
    let mut state = State::contested("5e".repeat(16), now);
    let world = World::of(new(), state.clone()).await;
    let page = main_of(&world.open(world.token().as_str()).await);
    assert!(page.contains(CLAIM), "{page}");
    if let State::Contested(contested) = &mut state {
        contested.proven_at = Some(now);
    }
    let world = World::of(new(), state).await;
    let page = main_of(&world.open(world.token().as_str()).await);
    assert!(page.contains("The record was found."), "{page}");
    assert!(!page.contains(CLAIM), "{page}");
}

#[tokio::test]
async fn the_page_asks_to_republish_vanished_records_of_a_verified_domain() {
    let world = World::pending().await;
    let records = world.domain().await.records();
    for record in &records {
        world.dns.publish(record);
    }
    world.looked_at().await;
    world.moved(Trigger::SesVerified).await;
    let there = main_of(&world.open(world.token().as_str()).await);
    assert!(
        there.contains("Please leave the records in place."),
        "{there}"
    );

    for record in &records {
        world.dns.unpublish(record);
    }
    world.app.clock.advance(SignedDuration::from_mins(10));
    world.looked_at().await;
    let reason = "Not yet.".to_owned();
    for refused in [false, true] {
        if refused {
            let reason = reason.clone();
            world.moved(Trigger::Refused { reason }).await;
        }
        let gone = main_of(&world.open(world.token().as_str()).await);
        assert!(gone.contains("Please publish them again."), "{gone}");
        assert!(
            gone.contains("0 of 7 records are published and right."),
            "{gone}"
        );
        assert!(
            !gone.contains("in place") && !gone.contains("recommended: with them"),
            "{gone}"
        );
    }
}

/// Publishes other values at the names of these records.
fn alter(world: &World, records: &[Record]) {
    for record in records {
        let mut altered = record.clone();
        match &mut altered.data {
            RecordData::Txt { text } => *text = text.replace('=', "") + "x",
            RecordData::Cname { target: name } | RecordData::Mx { exchange: name, .. } => {
                name.insert(0, 'x');
            }
        }
        world.dns.unpublish(record);
        world.dns.publish(&altered);
    }
}

#[tokio::test]
async fn the_required_record_comes_before_a_policy_that_is_wrong() {
    let world = World::pending().await;
    let policy = world.domain().await.records().pop().unwrap();
    let mut wrong = policy.clone();
    wrong.data = RecordData::Txt {
        text: "v=DMARC1; p=rejct; fo=1".to_owned(),
    };
    world.dns.publish(&wrong);
    world.looked_at().await;
    let page = main_of(&world.open(world.token().as_str()).await);
    assert!(
        page.contains(
            "Please publish the records below that are missing: the TXT record is required."
        ),
        "{page}"
    );
}

#[tokio::test]
async fn records_that_are_wrong_after_the_verification_are_not_said_to_be_missing() {
    let world = World::pending().await;
    let records = world.domain().await.records();
    for record in &records {
        world.dns.publish(record);
    }
    world.looked_at().await;
    world.moved(Trigger::SesVerified).await;
    alter(&world, &records[..4]);
    world.app.clock.advance(SignedDuration::from_mins(10));
    world.looked_at().await;
    let page = main_of(&world.open(world.token().as_str()).await);
    assert!(page.contains("Some records are wrong now."), "{page}");

    world.dns.unpublish(&records[0]);
    world.app.clock.advance(SignedDuration::from_mins(10));
    world.looked_at().await;
    let page = main_of(&world.open(world.token().as_str()).await);
    assert!(
        page.contains("Some records are missing now, and some are wrong."),
        "{page}"
    );
}

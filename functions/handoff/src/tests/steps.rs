//! What the page says to do, by what DNS has.

use domain_auth::ports::Clock as _;
use domain_auth::records::RecordData;
use domain_auth::state::State;
use domain_auth_testkit::{TestClock, new_domain};

use super::{World, main_of};

const CLAIM: &str = "Before you publish it:";

#[tokio::test]
async fn wrong_records_are_to_be_corrected_and_not_to_be_published() {
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
async fn a_person_is_warned_of_an_ownership_record_until_it_is_found() {
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

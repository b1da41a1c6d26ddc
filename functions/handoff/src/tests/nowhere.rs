//! Links that cannot be opened: the same page after the same reads, whatever the reason.

use std::time::{Duration, Instant};

use domain_auth::history::Actor;
use domain_auth::links::LinkToken;
use domain_auth::ports::Ids;
use domain_auth::state::{DisplacedBy, Trigger};
use domain_auth::use_cases::links::withdraw_link;
use domain_auth_testkit::{answer_of, client, domain_name};
use jiff::SignedDuration;
use lambda_http::http::StatusCode;

use super::World;

/// A domain whose only link was withdrawn.
async fn withdrawn() -> World {
    let world = World::pending().await;
    let (client, name) = (client("maple-homes"), domain_name("example.com"));
    let id = world.link.as_ref().unwrap().link.id.as_str().to_owned();
    let tools = world.tools();
    let done = withdraw_link(&tools, (&client, &name), &id, &Actor::Service);
    done.await.unwrap();
    world
}

#[tokio::test]
async fn all_unknown_links_give_the_same_page_after_the_same_reads() {
    let unknown = World::pending().await;
    let expected = unknown.open(&"B".repeat(43)).await;
    assert_eq!(expected.status(), StatusCode::NOT_FOUND);
    assert_eq!(unknown.app.store.calls(), ["link", "domain"]);

    let ended = World::pending().await;
    ended.app.clock.advance(SignedDuration::from_hours(24 * 14));

    let withdrawn = withdrawn().await;

    let removing = World::pending().await;
    removing.moved(Trigger::Removed).await;

    let readded = World::pending().await;
    readded.moved(Trigger::Removed).await;
    readded.moved(Trigger::Readded).await;

    let displaced = World::pending().await;
    displaced
        .moved(Trigger::Displaced {
            ownership_secret: "d1".repeat(16),
            why: DisplacedBy::ProvenByAnotherClient,
        })
        .await;

    for (why, world) in [
        ("ended", ended),
        ("withdrawn", withdrawn),
        ("removing", removing),
        ("added again", readded),
        ("displaced", displaced),
    ] {
        let reply = world.open(world.token().as_str()).await;
        assert_eq!(answer_of(&reply), answer_of(&expected), "{why}");
        assert_eq!(world.app.store.calls(), ["link", "domain"], "{why}");
    }
}

/// Random tokens alternate with a withdrawn one. The durations are printed but not checked. The
/// reads of the store are checked, because they take the time.
#[tokio::test]
async fn ten_thousand_random_tokens_get_the_same_answer_as_a_withdrawn_one() {
    let world = withdrawn().await;
    let expected = answer_of(&world.open(world.token().as_str()).await);
    world.app.store.calls();
    let mut took: [Vec<Duration>; 2] = [Vec::new(), Vec::new()];
    for _turn in 0..10_000 {
        // Tokens without the ones of existing links.
        let mut bits = world.ids.bits();
        bits[0] = 1;
        let random = LinkToken::of_bits(&bits);
        for (took, token) in took.iter_mut().zip([&random, world.token()]) {
            let began = Instant::now();
            let reply = world.open(token.as_str()).await;
            took.push(began.elapsed());
            assert_eq!(reply.status(), StatusCode::NOT_FOUND);
            assert_eq!(world.app.store.calls(), ["link", "domain"]);
            assert_eq!(answer_of(&reply), expected);
        }
    }
    let [random, withdrawn] = took.map(median);
    println!(
        "10000 random tokens: median {random:?}; a withdrawn one: median {withdrawn:?}; ratio {:.3}.",
        random.as_secs_f64() / withdrawn.as_secs_f64()
    );
}

fn median(mut took: Vec<Duration>) -> Duration {
    took.sort_unstable();
    took[took.len() / 2]
}

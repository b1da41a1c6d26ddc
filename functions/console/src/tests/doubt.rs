//! Domains whose name or verification is in doubt, as the API shows them to their client.

use domain_auth::domain::{Challenger, Domain};
use domain_auth::history::Actor;
use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth::ports::Clock as _;
use domain_auth::state::{DisplacedBy, State, Trigger};
use domain_auth_http::DomainView;
use domain_auth_testkit::{SequentialIds, TestClock, client, domain_name, identity, new_domain};
use serde_json::{Value, json};

use super::browser::Browser;
use super::issuer::client_admin;

/// A domain after these triggers.
fn after(triggers: impl IntoIterator<Item = Trigger>) -> Domain {
    let (now, ids) = (TestClock::default().now(), SequentialIds::default());
    let new = new_domain("maple-homes", "example.com");
    let added = Domain::add(new, State::provisioning(), None, Actor::Service, now, &ids);
    let provisioned = Trigger::Provisioned(identity(&domain_name("example.com")));
    let all = [provisioned, Trigger::SesVerified];
    all.into_iter()
        .chain(triggers)
        .fold(added.domain, |domain, trigger| {
            let moved = domain.transition(trigger, Actor::Service, None, now, &ids);
            moved.unwrap().domain
        })
}

fn challenged(triggers: impl IntoIterator<Item = Trigger>) -> Domain {
    let mut domain = after(triggers);
    domain.challengers.push(Challenger {
        client: client("cedar-homes"),
        name: domain_name("example.com"),
    });
    domain
}

/// The page of the domain and the list with it.
async fn pages(domain: &Domain) -> (String, String) {
    let answer: Value = serde_json::to_value(DomainView::new(domain, None)).unwrap();
    let mut browser = Browser::of(client_admin()).await;
    browser.answer("GET /domains/example.com", 200, answer.clone());
    let list = json!({ "items": [answer], "next_cursor": null });
    browser.answer("GET /domains?limit=50", 200, list);
    let page = browser.get("/domains/example.com").await.body;
    (page, browser.get("/").await.body)
}

#[tokio::test]
async fn a_verified_holder_that_is_challenged_waits_for_the_decision() {
    let mut told = challenged([]);
    told.say_ready(TestClock::default().now(), None, true);
    for domain in [challenged([]), told] {
        let (page, list) = pages(&domain).await;
        assert!(
            page.contains("<h1>Lasso support decides about example.com</h1>"),
            "{page}"
        );
        for shown in [&page, &list] {
            assert!(
                shown.contains("Claimed by another client</span>"),
                "{shown}"
            );
            assert!(
                shown.contains("Nothing to do now: another client has proven"),
                "{shown}"
            );
            assert!(!shown.contains("Tell Lasso that you are ready"), "{shown}");
            assert!(!shown.contains("takes the final step"), "{shown}");
        }
        assert!(!page.contains("id=\"ready\""), "{page}");
    }
}

#[tokio::test]
async fn a_sending_holder_that_is_challenged_reads_so_in_its_list_too() {
    let (page, list) = pages(&challenged([Trigger::Completed])).await;
    assert!(
        page.contains("<h1>Lasso sends for example.com, which another client claims</h1>"),
        "{page}"
    );
    assert!(page.contains("data-refresh"), "{page}");
    assert!(list.contains("Claimed by another client</span>"), "{list}");
    assert!(
        list.contains("<p>Another client has proven that this domain"),
        "{list}"
    );
}

#[tokio::test]
async fn a_domain_that_amazon_ses_no_longer_reports_is_not_ready() {
    for triggers in [vec![], vec![Trigger::Completed]] {
        let mut domain = after(triggers);
        let status = SesStatus {
            verification: AxisStatus::NotStarted,
            dkim: AxisStatus::NotStarted,
            mail_from: AxisStatus::NotStarted,
        };
        domain.ses = Some(domain_auth::identity::SesLook {
            status,
            looked_at: TestClock::default().now(),
            details_at: None,
        });
        let (page, list) = pages(&domain).await;
        assert!(
            page.contains("<h1>Amazon SES no longer reports example.com as verified</h1>"),
            "{page}"
        );
        for shown in [&page, &list] {
            assert!(
                shown.contains("Nothing to do now: Amazon SES no longer reports"),
                "{shown}"
            );
            assert!(
                shown.contains("Not verified at the moment</span>"),
                "{shown}"
            );
            assert!(!shown.contains("Tell Lasso that you are ready"), "{shown}");
        }
    }
}

#[tokio::test]
async fn the_list_says_that_lasso_has_stopped_sending_for_a_name_that_was_lost() {
    let displaced = Trigger::Displaced {
        ownership_secret: "5e".repeat(16),
        why: DisplacedBy::ProvenByAnotherClient,
    };
    let (_, list) = pages(&after([Trigger::Completed, displaced.clone()])).await;
    assert!(list.contains("Lasso stopped sending</span>"), "{list}");
    assert!(
        list.contains("<p>Lasso no longer sends for example.com. Publish the ownership record."),
        "{list}"
    );
    let (_, list) = pages(&after([displaced])).await;
    assert!(!list.contains("stopped sending"), "{list}");
}

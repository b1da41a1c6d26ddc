//! Reports of Amazon SES about emails with instructions that come late or early.

use domain_auth::domain::Domain;
use domain_auth::mail_refusal::{AboutDomain, MailReport, Mailing, Undelivered};
use domain_auth::names::EmailAddress;
use domain_auth::ports::{Clock, ReadDomains};
use domain_auth::use_cases::StoreTools;
use domain_auth::use_cases::note_refusal::{Noted, note_refusal};
use domain_auth_testkit::{FakeDns, TestPorts, client, domain_name};

use crate::tests::{Mailbox, TestApp, answer, app};

async fn bounced(app: &TestApp, message: &str) {
    let report = MailReport {
        about: AboutDomain {
            client: client("maple-homes"),
            domain: domain_name("example.com"),
        },
        message: message.to_owned(),
        email: Mailing::Instructions,
        reason: Undelivered::Bounced,
        to: EmailAddress::parse("old@it-partner.example").unwrap(),
        status: None,
        sent_at: app.clock.now(),
        at: app.clock.now(),
    };
    let tools = StoreTools::<'_, TestPorts<FakeDns, Mailbox>> {
        store: &app.store,
        clock: &app.clock,
        ids: &app.ids,
    };
    assert_eq!(note_refusal(&tools, &report).await.unwrap(), Noted::Written);
}

async fn undelivered(app: &TestApp) -> Vec<String> {
    let maple = client("maple-homes");
    let domain = app.store.domain(&maple, &domain_name("example.com")).await;
    let domain: Domain = domain.unwrap().unwrap();
    let refusals = domain.undelivered();
    refusals.map(|refusal| refusal.message.clone()).collect()
}

#[tokio::test]
async fn only_a_bounce_of_the_latest_instructions_is_shown() {
    let app = app().await;
    for _ in 0..2 {
        assert_eq!(answer(&app, "to-email-administrator").await["status"], 202);
    }
    bounced(&app, "letter-1").await;
    assert!(undelivered(&app).await.is_empty(), "superseded");
    bounced(&app, "letter-2").await;
    assert_eq!(undelivered(&app).await, ["letter-2"]);
    // A report may be stored before its email is.
    bounced(&app, "letter-3").await;
    assert_eq!(answer(&app, "to-email-administrator").await["status"], 202);
    assert_eq!(undelivered(&app).await, ["letter-3"]);
    assert_eq!(answer(&app, "to-email-administrator").await["status"], 202);
    assert!(undelivered(&app).await.is_empty());
}

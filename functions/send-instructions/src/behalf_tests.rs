//! Emails that Lasso support sends on behalf of a client.

use domain_auth::names::DisplayName;
use domain_auth::ports::{CommitChanges, ReadDomains};
use domain_auth_testkit::{client, domain_name};

use super::tests::{answer, app};

#[tokio::test]
async fn an_email_on_behalf_of_a_client_has_the_stored_name_of_the_client() {
    let app = app().await;
    let (maple, name) = (client("maple-homes"), domain_name("example.com"));
    let domain = app.store.domain(&maple, &name).await.unwrap().unwrap();
    let named = domain.updated(|domain| {
        domain.client_name = DisplayName::of_claim("Maple Homes");
    });
    app.store.commit(&named).await.unwrap();
    assert_eq!(answer(&app, "on-behalf").await["status"], 202);
    let letters = app.mail.letters.lock().unwrap();
    let (_, letter) = &letters[0];
    assert!(letter.text.contains("Maple Homes"), "{}", letter.text);
    assert!(!letter.text.contains("maple-homes"), "{}", letter.text);
}

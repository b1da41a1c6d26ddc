//! Whether an email that was refused is about the present contact.

use domain_auth::domain::{Domain, NewDomain};
use domain_auth::history::Actor;
use domain_auth::mail_refusal::{AboutDomain, MailReport, Mailing, Undelivered};
use domain_auth::names::EmailAddress;
use domain_auth::state::State;
use domain_auth_testkit::{SequentialIds, new_domain};
use jiff::Timestamp;

#[test]
fn a_bounce_at_another_tag_of_the_contacts_address_does_not_concern_the_contact() {
    let now = Timestamp::UNIX_EPOCH;
    for (to, concerns_contact) in [
        ("kim@r1.com", true),
        ("KIM@r1.com", true),
        ("kim+old@r1.com", false),
    ] {
        let new = NewDomain {
            contact_email: Some(EmailAddress::parse("kim@r1.com").unwrap()),
            ..new_domain("maple", "example.com")
        };
        let ids = SequentialIds::default();
        let state = State::provisioning();
        let domain = Domain::add(new, state, None, Actor::Service, now, &ids).domain;
        let report = MailReport {
            about: AboutDomain {
                client: domain.client.clone(),
                domain: domain.name.clone(),
            },
            message: "0100".to_owned(),
            email: Mailing::Notice,
            reason: Undelivered::Bounced,
            to: EmailAddress::parse(to).unwrap(),
            status: None,
            sent_at: now,
            at: now,
        };
        let change = domain.mail_refused(&report, now).unwrap();
        assert_eq!(
            change.domain.undelivered().count() == 1,
            concerns_contact,
            "{to}"
        );
    }
}

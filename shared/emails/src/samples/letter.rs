//! The email with instructions, to the email administrator of a client.

use domain_auth::handoff::{Handoff, HandoffError, Letter, LettersPage, Sender, letter};
use domain_auth::names::{ClientId, Community, DomainName, EmailAddress, IdentifierError, Note};
use domain_auth::records::{Record, ownership_record};
use serde_json::json;

/// Why the sample failed.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// The sample data is not a domain name.
    #[error("the sample data is not a domain name")]
    Name(#[from] domain_auth::names::DomainNameError),
    /// The sample data has an invalid identifier.
    #[error("the sample data is not parsed")]
    Identifier(#[from] IdentifierError),
    /// The sample data has no records.
    #[error("the sample data has no records")]
    Records(#[from] serde_json::Error),
    /// The sample data has no deadline.
    #[error("the sample data has no deadline")]
    Deadline(#[from] jiff::Error),
    /// The email could not be rendered.
    #[error("the email could not be rendered")]
    Unrendered(#[from] HandoffError),
}

/// The emails with sample data, each with its identifier.
pub fn letter_samples() -> Result<Vec<(&'static str, Letter)>, LetterError> {
    let domain = DomainName::parse("mail.maplehomes.com")?;
    let client = ClientId::parse("maple-homes")?;
    let community = Community::parse("Maple Ridge")?;
    let contact = EmailAddress::parse("kim@maplehomes.com")?;
    let note = Note::parse("Hello Sam,\nplease add these this week. Thanks!")?;
    let records = records()?;
    let ownership = [ownership_record(&domain, "pmbgn7mjnfhtkuz06enqq1pe")];
    let of = |records| Handoff {
        domain: &domain,
        zone: None,
        records,
        observations: &[],
        client: &client,
    };
    let (records, ownership) = (of(&records), of(&ownership));
    let usual = Sender {
        client: &client,
        name: Some("Maple Homes"),
        communities: vec![&community],
        contact: Some(&contact),
        note: Some(&note),
        deadline: Some("2026-06-04T12:00:00Z".parse()?),
        page: Some(LettersPage {
            url: "https://api.lasso.example/handoff/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAI",
            ends_at: "2026-06-15T12:00:00Z".parse()?,
        }),
        by_support: false,
    };
    let by_support = Sender {
        by_support: true,
        note: None,
        ..usual.clone()
    };
    let bare = Sender {
        communities: Vec::new(),
        contact: None,
        note: None,
        page: None,
        ..usual.clone()
    };
    Ok(vec![
        ("instructions", letter(&records, &usual)?),
        ("instructions-contested-claim", letter(&ownership, &usual)?),
        ("instructions-by-support", letter(&records, &by_support)?),
        (
            "instructions-without-page-or-contact",
            letter(&records, &bare)?,
        ),
    ])
}

fn records() -> Result<Vec<Record>, serde_json::Error> {
    let txt = |id: &str, name: &str, text: &str, requirement: &str| {
        json!({
            "id": id, "name": name, "type": "TXT", "text": text, "ttl": 300, "requirement": requirement,
        })
    };
    let dkim = |n: u8| {
        let token = format!("ab3cd5ef{n}wq4pz7nx2m5vk3tjhy6r8bs");
        json!({
            "id": format!("dkim-{n}"), "name": format!("{token}._domainkey.mail.maplehomes.com"),
            "type": "CNAME", "target": format!("{token}.dkim.amazonses.com"), "ttl": 300,
            "requirement": "recommended",
        })
    };
    let records = json!([
        txt("verification", "_amazonses.mail.maplehomes.com", "pmBGN/7MjnfhTKUZ06Enqq1PeGUaOkw8lGhcfwefcHU=", "required"),
        dkim(1),
        dkim(2),
        dkim(3),
        {
            "id": "mail-from-mx", "name": "bounce.mail.maplehomes.com", "type": "MX", "preference": 10,
            "exchange": "feedback-smtp.us-east-1.amazonses.com", "ttl": 300, "requirement": "recommended",
        },
        txt("mail-from-spf", "bounce.mail.maplehomes.com", "v=spf1 include:amazonses.com ~all", "recommended"),
        txt("dmarc", "_dmarc.mail.maplehomes.com", "v=DMARC1; p=none;", "recommended"),
    ]);
    serde_json::from_value(records)
}

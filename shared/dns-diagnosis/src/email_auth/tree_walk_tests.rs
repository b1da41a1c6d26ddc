//! RFC 9989 section 4.10 and appendix B.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::email_auth::Dmarc;

/// Records by the name that they are published for; "two" for two of them, "silent" for no answer.
pub(crate) struct Records(BTreeMap<String, String>);

impl Records {
    pub(crate) fn new(records: &[(&str, &str)]) -> Self {
        let owned = records
            .iter()
            .map(|(name, text)| (name.to_string(), text.to_string()));
        Self(owned.collect())
    }
}

impl DmarcRecords for Records {
    fn record(&self, name: &str) -> DmarcAnswer {
        match self.0.get(name).map(String::as_str) {
            None | Some("two") => DmarcAnswer::Nothing,
            Some("silent") => DmarcAnswer::Unknown,
            Some(text) => match Dmarc::parse(text) {
                Ok(dmarc) => DmarcAnswer::Record(dmarc),
                Err(_) => DmarcAnswer::Unreadable,
            },
        }
    }
}

const PLAIN: &str = "v=DMARC1; p=reject";
const SUFFIX: &str = "v=DMARC1; p=reject; psd=y";
const ORGANIZATION: &str = "v=DMARC1; p=reject; psd=n";

#[test]
fn a_long_name_is_walked_in_eight_steps() {
    let walk: Vec<&str> = tree_walk("a.b.c.d.e.f.g.h.i.j.mail.example.com").collect();
    assert_eq!(
        walk,
        [
            "a.b.c.d.e.f.g.h.i.j.mail.example.com",
            "g.h.i.j.mail.example.com",
            "h.i.j.mail.example.com",
            "i.j.mail.example.com",
            "j.mail.example.com",
            "mail.example.com",
            "example.com",
            "com",
        ]
    );
    for (labels, names) in [(1, 1), (2, 2), (7, 7), (8, 8), (9, 8), (30, 8)] {
        let domain = vec!["a"; labels].join(".");
        assert_eq!(tree_walk(&domain).count(), names, "{labels}");
    }
}

#[test]
fn the_tree_walk_finds_the_organizational_domain() {
    for (records, domain, expected) in [
        // The examples of section 4.10.2.
        (
            &[("mail.example.com", PLAIN), ("example.com", PLAIN)][..],
            "a.mail.example.com",
            "example.com",
        ),
        (
            &[("mail.example.com", ORGANIZATION), ("example.com", PLAIN)],
            "a.mail.example.com",
            "mail.example.com",
        ),
        (
            &[
                ("a.mail.example.com", PLAIN),
                ("mail.example.com", PLAIN),
                ("com", SUFFIX),
            ],
            "a.mail.example.com",
            "example.com",
        ),
        // Nothing anywhere: the name itself.
        (&[], "a.mail.example.com", "a.mail.example.com"),
        // A public suffix with mail of its own is its own organization.
        (&[("gov.example", SUFFIX)], "gov.example", "gov.example"),
        (
            &[("gov.example", SUFFIX)],
            "agency.gov.example",
            "agency.gov.example",
        ),
        (
            &[("gov.example", SUFFIX)],
            "mail.agency.gov.example",
            "agency.gov.example",
        ),
        // Nothing above psd=n and psd=y is asked.
        (
            &[("example.com", ORGANIZATION), ("com", "silent")],
            "mail.example.com",
            "example.com",
        ),
        // Two records count as none.
        (
            &[("mail.example.com", "two"), ("example.com", PLAIN)],
            "mail.example.com",
            "example.com",
        ),
    ] {
        assert_eq!(
            organizational(domain, &Records::new(records)),
            Some(expected),
            "{records:?}"
        );
    }
    let silent = Records::new(&[("example.com", "silent")]);
    assert_eq!(organizational("mail.example.com", &silent), None);
}

#[test]
fn the_dmarc_record_that_applies_is_not_always_the_nearest() {
    let at =
        |records: &[(&str, &str)], author: &str| match applicable(author, &Records::new(records)) {
            Applicable::Record { at, owner, .. } => format!("{at} {owner:?}"),
            Applicable::Unreadable { at } => format!("{at} unreadable"),
            Applicable::Nothing => "nothing".to_owned(),
            Applicable::Unknown => "unknown".to_owned(),
        };
    for (records, author, expected) in [
        (
            &[("example.com", PLAIN)][..],
            "example.com",
            "example.com Author",
        ),
        (
            &[("example.com", PLAIN)],
            "mail.example.com",
            "example.com Organization",
        ),
        (
            &[("mail.example.com", PLAIN), ("example.com", PLAIN)],
            "mail.example.com",
            "mail.example.com Author",
        ),
        // The author's own record, else the organization's, and none in between.
        (
            &[("mail.example.com", PLAIN), ("example.com", PLAIN)],
            "a.mail.example.com",
            "example.com Organization",
        ),
        (
            &[("mail.example.com", ORGANIZATION), ("example.com", PLAIN)],
            "a.mail.example.com",
            "mail.example.com Organization",
        ),
        (
            &[("mail.example.com", PLAIN)],
            "a.mail.example.com",
            "mail.example.com Organization",
        ),
        (
            &[("mail.example.com", "two"), ("example.com", PLAIN)],
            "mail.example.com",
            "example.com Organization",
        ),
        // The public suffix's applies if the organization has none, whatever is below that.
        (&[("bank", SUFFIX)], "example.bank", "bank PublicSuffix"),
        (
            &[("bank", SUFFIX)],
            "mail.example.bank",
            "bank PublicSuffix",
        ),
        (
            &[("mail.example.bank", PLAIN), ("bank", SUFFIX)],
            "a.mail.example.bank",
            "bank PublicSuffix",
        ),
        (
            &[("example.bank", PLAIN), ("bank", SUFFIX)],
            "mail.example.bank",
            "example.bank Organization",
        ),
        (&[], "mail.example.com", "nothing"),
        (&[("com", PLAIN)], "example.com", "com Organization"),
        // A record without a policy ends it.
        (
            &[("mail.example.com", "v=DMARC1"), ("example.com", PLAIN)],
            "mail.example.com",
            "mail.example.com unreadable",
        ),
        (
            &[("example.com", "v=DMARC1; p=block")],
            "mail.example.com",
            "example.com unreadable",
        ),
        (&[("example.com", "silent")], "mail.example.com", "unknown"),
        (
            &[("mail.example.com", PLAIN), ("example.com", "silent")],
            "mail.example.com",
            "mail.example.com Author",
        ),
    ] {
        assert_eq!(at(records, author), expected, "{author} {records:?}");
    }
}

proptest! {
    /// The organizational domain is the name or lies above it, and has at most one more label than a
    /// public suffix that says that it is one.
    #[test]
    fn the_organizational_domain_is_the_name_or_one_above_it(
        labels in proptest::collection::vec("[a-z]{1,3}", 1..12),
        kinds in proptest::collection::vec(0..5_usize, 12),
    ) {
        let domain = labels.join(".");
        let texts = ["", PLAIN, SUFFIX, ORGANIZATION, "two"];
        let published: Vec<(&str, &str)> = tree_walk(&domain)
            .zip(kinds)
            .map(|(name, kind)| (name, texts[kind]))
            .filter(|(_, text)| !text.is_empty())
            .collect();
        let records = Records::new(&published);
        let organization = organizational(&domain, &records).unwrap();
        let below = format!(".{organization}");
        prop_assert!(domain == organization || domain.ends_with(&below));
        if let Applicable::Record { at, .. } = applicable(&domain, &records) {
            prop_assert!(published.iter().any(|(name, _)| *name == at));
        }
    }
}

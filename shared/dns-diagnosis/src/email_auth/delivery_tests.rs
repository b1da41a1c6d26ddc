//! Mail of a client through the service: with a DKIM signature of its domain, and a MAIL FROM
//! domain below it.

use super::*;
use crate::email_auth::tree_walk::tests::Records;

use Verdict::{No, Unknown, Yes};

/// Mail from `author` through the identity `domain`.
fn of(
    author: &str,
    domain: &str,
    dkim: Verdict,
    spf: Verdict,
    records: &[(&str, &str)],
) -> Delivery {
    let mail_from = format!("bounce.{domain}");
    let mail = Mail {
        author,
        exists: Unknown,
        dkim: Identifier {
            domain,
            passes: dkim,
        },
        spf: Identifier {
            domain: &mail_from,
            passes: spf,
        },
    };
    delivery(&mail, &Records::new(records))
}

fn refused(author: &str, (dkim, spf): (Verdict, Verdict), text: &str) -> Verdict {
    of(author, "example.com", dkim, spf, &[("example.com", text)]).refused
}

#[test]
fn one_aligned_pass_satisfies_dmarc() {
    let text = "v=DMARC1; p=reject";
    for author in ["example.com", "news.example.com", "a.b.example.com"] {
        for (dkim, spf, expected) in [
            (Yes, Yes, No),
            (Yes, No, No),
            (No, Yes, No),
            (No, No, Yes),
            (Unknown, No, Unknown),
            (Unknown, Yes, No),
        ] {
            assert_eq!(
                refused(author, (dkim, spf), text),
                expected,
                "{author} {dkim:?} {spf:?}"
            );
        }
    }
}

#[test]
fn strict_alignment_requires_the_same_name() {
    // The MAIL FROM is a subdomain, which aspf=s never accepts.
    let aspf = "v=DMARC1; p=reject; aspf=s";
    assert_eq!(refused("example.com", (No, Yes), aspf), Yes);
    assert_eq!(refused("example.com", (Yes, Yes), aspf), No);
    assert_eq!(refused("bounce.example.com", (No, Yes), aspf), No);
    // The signature is of the domain itself: adkim=s accepts that and no subdomain.
    let adkim = "v=DMARC1; p=reject; adkim=s";
    assert_eq!(refused("example.com", (Yes, No), adkim), No);
    assert_eq!(refused("news.example.com", (Yes, No), adkim), Yes);
    assert_eq!(refused("news.example.com", (Yes, Yes), adkim), No);
    let both = "v=DMARC1; p=reject; adkim=s; aspf=s";
    assert_eq!(refused("example.com", (Yes, Yes), both), No);
    assert_eq!(refused("news.example.com", (Yes, Yes), both), Yes);
    let harmless = "v=DMARC1; p=reject; sp=none; adkim=s; aspf=s";
    assert_eq!(refused("news.example.com", (Yes, Yes), harmless), No);
}

#[test]
fn the_dmarc_policy_depends_on_the_name_and_the_tag_t() {
    let none = (No, No);
    for (text, own, below) in [
        ("v=DMARC1; p=none", No, No),
        ("v=DMARC1; p=quarantine", Yes, Yes),
        ("v=DMARC1; p=none; sp=reject", No, Yes),
        ("v=DMARC1; p=reject; sp=none", Yes, No),
        // It is not known whether the subdomain exists.
        ("v=DMARC1; p=none; np=reject", No, Unknown),
        ("v=DMARC1; p=reject; np=none", Yes, Unknown),
        ("v=DMARC1; p=quarantine; sp=reject; t=y", No, Yes),
        ("v=DMARC1; p=quarantine; t=y", No, No),
        ("v=DMARC1; p=reject; pct=0", Yes, Yes),
        (
            "v=DMARC1; p=reject; sp=rejct; rua=mailto:a@b.example",
            No,
            No,
        ),
        ("v=DMARC1; p=rejct", No, No),
    ] {
        assert_eq!(refused("example.com", none, text), own, "{text}");
        assert_eq!(refused("news.example.com", none, text), below, "{text}");
    }
    let text = "v=DMARC1; p=none; np=reject";
    for (exists, expected) in [
        (Yes, Policy::None),
        (No, Policy::Reject),
        (Unknown, Policy::Reject),
    ] {
        let mail = Mail {
            author: "news.example.com",
            exists,
            dkim: Identifier {
                domain: "example.com",
                passes: No,
            },
            spf: Identifier {
                domain: "bounce.example.com",
                passes: No,
            },
        };
        let delivery = delivery(&mail, &Records::new(&[("example.com", text)]));
        assert_eq!(delivery.policy, Some(expected));
    }
}

#[test]
fn a_parent_in_another_dmarc_organization_is_not_aligned() {
    // The subdomain says that it is an organization of its own.
    let apart = [
        ("example.com", "v=DMARC1; p=none"),
        ("news.example.com", "v=DMARC1; p=reject; psd=n"),
    ];
    assert_eq!(
        of("news.example.com", "example.com", Yes, Yes, &apart).refused,
        Yes
    );
    assert_eq!(
        of("news.example.com", "news.example.com", Yes, No, &apart).refused,
        No
    );
    // The parent has no record, so that nothing joins both names.
    let alone = [("news.example.com", "v=DMARC1; p=reject")];
    assert_eq!(
        of("news.example.com", "example.com", Yes, Yes, &alone).refused,
        Yes
    );
    assert_eq!(
        of("news.example.com", "news.example.com", No, Yes, &alone).refused,
        No
    );
}

#[test]
fn without_a_policy_mail_is_not_refused_and_without_an_answer_it_is_unknown() {
    let nothing = of("news.example.com", "example.com", Yes, No, &[]);
    assert_eq!((nothing.refused, nothing.policy), (No, None));
    assert_eq!((nothing.dkim, nothing.passes()), (Yes, Yes));
    let silent = of(
        "example.com",
        "example.com",
        No,
        No,
        &[("example.com", "silent")],
    );
    assert_eq!((silent.refused, silent.policy), (Unknown, None));
    let passes = of(
        "example.com",
        "example.com",
        Yes,
        No,
        &[("example.com", "silent")],
    );
    assert_eq!(passes.refused, No);
    let suffix = [("bank", "v=DMARC1; p=reject; psd=y")];
    assert_eq!(
        of("example.bank", "example.bank", No, No, &suffix).refused,
        Yes
    );
    assert_eq!(
        of("example.bank", "example.bank", No, Yes, &suffix).refused,
        No
    );
}

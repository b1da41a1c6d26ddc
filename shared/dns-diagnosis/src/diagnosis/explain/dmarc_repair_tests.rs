//! A mended policy keeps what it can, and what it loses or changes is known.

use super::*;

#[test]
fn a_repaired_policy_keeps_every_tag_that_can_be_read() {
    let proposed = "v=DMARC1; p=none;";
    for (text, mended) in [
        (
            "v=DMARC1; rua=mailto:a@example.com",
            "v=DMARC1; p=none; rua=mailto:a@example.com",
        ),
        (" v=DMARC1; p=none", "v=DMARC1; p=none"),
        ("v=DMARC1; p=block; adkim=s;", "v=DMARC1; p=none; adkim=s"),
        (
            "v=DMARC1; p=none; sp=rejct; rua=mailto:a@b.example",
            "v=DMARC1; p=none; sp=reject; rua=mailto:a@b.example",
        ),
        ("v=DMARC1; p=rejct; fo=1", "v=DMARC1; p=reject; fo=1"),
        ("v=DMARC1; p=Rejected", "v=DMARC1; p=reject"),
        ("v=DMARC1; p=quarentine", "v=DMARC1; p=quarantine"),
        ("v=DMARC1; p='reject'", "v=DMARC1; p=reject"),
        (
            "v=DMARC1; p=\"reject\"; rua=a@b.example, mailto:c@d.example",
            "v=DMARC1; p=reject; rua=mailto:a@b.example,mailto:c@d.example",
        ),
        ("v=DMARC1; p=report", "v=DMARC1; p=none"),
        ("v=DMARC1; p=noreject", "v=DMARC1; p=none"),
        ("v=DMARC1; p=none; p=reject", "v=DMARC1; p=none"),
        ("v=DMARC1; p=quarantine; t=yes", "v=DMARC1; p=quarantine"),
        ("v=dmarc1; p=none", "v=DMARC1; p=none"),
        ("v=DMARC1 p=reject", "v=DMARC1; p=reject"),
        (
            "v=DMARC1, p=reject, rua=mailto:a@b.example,mailto:c@d.example",
            "v=DMARC1; p=reject; rua=mailto:a@b.example,mailto:c@d.example",
        ),
        ("v=DMARC1: p=quarantine", "v=DMARC1; p=quarantine"),
        ("p=reject; v=DMARC1", "v=DMARC1; p=reject"),
        ("v=DMARC2; p=reject", "v=DMARC1; p=reject"),
        (
            "\"v=DMARC1\\; p=reject\\; rua=mailto:a@b.example\"",
            "v=DMARC1; p=reject; rua=mailto:a@b.example",
        ),
        ("v=DMARC1; p=none; v=DMARC1; p=reject", "v=DMARC1; p=none"),
        ("v=DMARC1; p=reject; p=reject", "v=DMARC1; p=reject"),
        (
            "v=spf1 include:a.example ~all v=DMARC1; p=reject",
            "v=DMARC1; p=reject",
        ),
        (
            "v=DMARC1; p=none; rua=mailto:a@b.example; rua=mailto:c@d.example",
            "v=DMARC1; p=none; rua=mailto:a@b.example,mailto:c@d.example",
        ),
        (
            "p=none; rua=mailto:a@b.example",
            "v=DMARC1; p=none; rua=mailto:a@b.example",
        ),
        ("v=DMARC1;\\194\\160p=reject", "v=DMARC1; p=reject"),
        (
            "\\226\\128\\156v=DMARC1; p=reject; rua=mailto:a@b.example\\226\\128\\157",
            "v=DMARC1; p=reject; rua=mailto:a@b.example",
        ),
        (
            "v:DMARC1; p:reject; rua:mailto:a@b.example",
            "v=DMARC1; p=reject; rua=mailto:a@b.example",
        ),
        ("TXT v=DMARC1; p=reject", "v=DMARC1; p=reject"),
        (
            "v=DMARC1; p=none; rua=mailto:a@b.example, c@d.example",
            "v=DMARC1; p=none; rua=mailto:a@b.example,mailto:c@d.example",
        ),
        ("v=DMARC1; p=r eject", "v=DMARC1; p=reject"),
        (
            "{v=DMARC1; p=reject; rua=mailto:a@b.example}",
            "v=DMARC1; p=reject; rua=mailto:a@b.example",
        ),
        (
            "v=DMARC1; p=none; rua=mailto: a@b.example",
            "v=DMARC1; p=none; rua=mailto:a@b.example",
        ),
        (
            "v=DMARC1; p=none; rua=<mailto:a@b.example>",
            "v=DMARC1; p=none; rua=mailto:a@b.example",
        ),
        ("\"v=DMARC1\"", "v=DMARC1; p=none"),
        ("v=spf1 -all", proposed),
        ("anything", proposed),
    ] {
        assert_eq!(repaired(text, proposed), mended, "{text}");
    }
}

#[test]
fn the_fix_says_what_the_repaired_policy_leaves_out() {
    for (text, repaired, parts) in [
        (
            "v=DMARC1; p=none; sp=all",
            "v=DMARC1; p=none",
            vec!["sp=all"],
        ),
        (
            "v=DMARC1; p=none; p=reject",
            "v=DMARC1; p=none",
            vec!["p=reject"],
        ),
        ("v=DMARC1, p=reject", "v=DMARC1; p=reject", vec![]),
        (
            "v=DMARC1; p=none; ruf=mailto:a@b.example; ruf=mailto:c@d.example",
            "v=DMARC1; p=none; ruf=mailto:a@b.example,mailto:c@d.example",
            vec![],
        ),
        ("v=DMARC1; p=", "v=DMARC1; p=none", vec![]),
    ] {
        assert_eq!(left_out(text, repaired).parts, parts, "{text}");
    }
    for (text, other) in [
        ("v=DMARC1; p=reject;v=spf1 ~all", "v=spf1 ~all"),
        (
            "v=DMARC1; p=rejectgoogle-site-verification=abc",
            "google-site-verification=abc",
        ),
    ] {
        let lost = left_out(text, "v=DMARC1; p=reject");
        assert_eq!((lost.parts.len(), lost.others), (0, vec![other.to_owned()]));
    }
}

#[test]
fn no_policy_changes_silently() {
    let words = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    for (text, lost, mended, takes_effect) in [
        ("v=DMARC1; p=reject", &[][..], &[][..], None),
        ("v=DMARC1; p=none; p=none", &[], &[], None),
        (
            "v=DMARC1; p=non; rua=mailto:a@b.example",
            &[],
            &["p=non has become p=none"],
            None,
        ),
        (
            "v=DMARC1; p='rejct'",
            &[],
            &["p='rejct' has become p=reject"],
            Some(Policy::Reject),
        ),
        ("v=DMARC1; p:quarantine", &[], &[], Some(Policy::Quarantine)),
        ("v=DMARC1; p=block", &["p=block become p=none"], &[], None),
    ] {
        let changes = Changes {
            lost: words(lost),
            mended: words(mended),
            takes_effect,
        };
        assert_eq!(Changes::of(text, &repaired(text, "")), changes, "{text}");
    }
}

#[test]
fn relaxing_the_alignment_changes_no_other_tag() {
    assert_eq!(
        relaxed("v=DMARC1; p=reject; aspf=s; adkim=s; rua=mailto:a@example.com"),
        "v=DMARC1; p=reject; aspf=r; adkim=r; rua=mailto:a@example.com"
    );
}

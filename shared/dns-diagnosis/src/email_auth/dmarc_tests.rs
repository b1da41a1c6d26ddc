//! DMARC records of both RFCs, and mistakes in others.

use proptest::prelude::*;

use super::*;

#[test]
fn the_examples_of_both_rfcs_parse() {
    for (text, policy) in [
        // RFC 7489 appendix B.2, RFC 9989 appendix B.2.
        (
            "v=DMARC1; p=none; rua=mailto:dmarc-feedback@example.com",
            Policy::None,
        ),
        (
            "v=DMARC1; p=none; rua=mailto:dmarc-feedback@example.com; ruf=mailto:auth-reports@example.com",
            Policy::None,
        ),
        (
            "v=DMARC1; p=none; ruf=mailto:auth-reports@thirdparty.example.net",
            Policy::None,
        ),
        (
            "v=DMARC1; p=quarantine; rua=mailto:dmarc-feedback@example.com,mailto:tld-test@thirdparty.example.net!10m; pct=25",
            Policy::Quarantine,
        ),
        (
            "v=DMARC1; p=quarantine; rua=mailto:dmarc-feedback@example.com,mailto:tld-test@thirdparty.example.net; t=y",
            Policy::Quarantine,
        ),
        (
            "v=DMARC1; p=reject; sp=reject; np=reject; psd=n; t=y",
            Policy::Reject,
        ),
        ("v=DMARC1;p=reject", Policy::Reject),
        ("v = DMARC1 ; p = Reject ; x-unknown=1;", Policy::Reject),
        ("v=DMARC1\t;\tp=none", Policy::None),
        // A part that is not a tag is ignored, and so are unknown tags, even repeated ones.
        ("v=DMARC1; p=reject; none", Policy::Reject),
        ("v=DMARC1; p=reject; x=1; x=2; ; =", Policy::Reject),
    ] {
        let dmarc = Dmarc::parse(text).unwrap();
        assert_eq!(
            (dmarc.policy, dmarc.void_tags),
            (policy, Vec::new()),
            "{text}"
        );
    }
}

#[test]
fn tags_that_are_left_out_have_their_defaults() {
    let dmarc = Dmarc::parse("v=DMARC1; p=reject").unwrap();
    assert_eq!(
        (
            dmarc.dkim,
            dmarc.spf,
            dmarc.psd,
            dmarc.testing,
            dmarc.percent
        ),
        (
            Alignment::Relaxed,
            Alignment::Relaxed,
            Psd::Unsaid,
            false,
            None
        )
    );
    for reach in [Reach::Itself, Reach::Below, Reach::BelowNonexistent] {
        assert_eq!(dmarc.asks(reach), Policy::Reject);
    }
    let dmarc =
        Dmarc::parse("v=DMARC1; p=reject; sp=none; adkim=s; aspf=s; psd=y; pct=20").unwrap();
    assert_eq!(
        (dmarc.dkim, dmarc.spf, dmarc.psd, dmarc.percent),
        (Alignment::Strict, Alignment::Strict, Psd::Yes, Some(20))
    );
}

#[test]
fn p_sp_and_np_apply_to_their_names_and_t_lowers_them() {
    use Policy::{None, Quarantine, Reject};
    let asks = |text: &str| {
        let dmarc = Dmarc::parse(text).unwrap();
        [Reach::Itself, Reach::Below, Reach::BelowNonexistent].map(|reach| dmarc.asks(reach))
    };
    assert_eq!(
        asks("v=DMARC1; p=none; sp=quarantine; np=reject"),
        [None, Quarantine, Reject]
    );
    assert_eq!(
        asks("v=DMARC1; p=none; sp=quarantine"),
        [None, Quarantine, Quarantine]
    );
    assert_eq!(asks("v=DMARC1; p=reject; np=none"), [Reject, Reject, None]);
    assert_eq!(
        asks("v=DMARC1; p=quarantine; sp=reject; np=none; t=Y"),
        [None, Quarantine, None]
    );
    assert_eq!(
        asks("v=DMARC1; p=reject; t=n; pct=0"),
        [Reject, Reject, Reject]
    );
}

#[test]
fn a_record_without_a_readable_policy_acts_as_none_if_it_asks_for_reports() {
    for (text, void) in [
        ("v=DMARC1; rua=mailto:a@b.example", &[][..]),
        ("v=DMARC1; sp=reject; rua=mailto:a@b.example", &[]),
        ("v=DMARC1; p=block; rua=mailto:a@b.example!10m", &["p"]),
        (
            "v=DMARC1; p=reject; sp=rejct; rua=x,https://b.example/r",
            &["sp", "rua"],
        ),
        (
            "v=DMARC1; p=reject; np=; aspf=strict; rua=mailto:a@b.example",
            &["np", "aspf"],
        ),
        ("v=DMARC1; p:reject; rua=mailto:a@b.example", &["p"]),
        ("v=DMARC1; p reject; rua=mailto:a@b.example", &["p"]),
        (
            "v=DMARC1; P=reject; SP : none; rua=mailto:a@b.example",
            &["p", "sp"],
        ),
    ] {
        let dmarc = Dmarc::parse(text).unwrap();
        for reach in [Reach::Itself, Reach::Below, Reach::BelowNonexistent] {
            assert_eq!(dmarc.asks(reach), Policy::None, "{text}");
        }
        assert_eq!(dmarc.void_tags, void, "{text}");
    }
}

#[test]
fn an_unreadable_optional_tag_has_its_default() {
    let text = "v=DMARC1; p=reject; adkim=x; aspf=S; t=yes; psd=1; pct=101; fo=9";
    let dmarc = Dmarc::parse(text).unwrap();
    assert_eq!(dmarc.void_tags, ["adkim", "t", "psd", "pct"]);
    assert_eq!(
        (
            dmarc.policy,
            dmarc.dkim,
            dmarc.spf,
            dmarc.testing,
            dmarc.percent
        ),
        (
            Policy::Reject,
            Alignment::Relaxed,
            Alignment::Strict,
            false,
            None
        )
    );
}

#[test]
fn malformed_tags_that_receivers_ignore_are_listed_as_void() {
    for (text, void) in [
        ("v=DMARC1; p=reject; sp:none; adkim:s", &["sp", "adkim"][..]),
        ("v=DMARC1; p=reject; rua=a@b.example", &["rua"]),
        ("v=DMARC1; p=reject; rua:mailto:a@b.example", &["rua"]),
        (
            "v=DMARC1; p=reject; ruf=mailto:a@b.example,c@d.example",
            &["ruf"],
        ),
        // One of the two is read.
        ("v=DMARC1; p=reject; p:none", &[]),
        (
            "v=DMARC1; p=reject; fo:1; t-x=1; tx:1; x:y; rua=; ruf=mailto:a@b.example,",
            &[],
        ),
    ] {
        let dmarc = Dmarc::parse(text).unwrap();
        assert_eq!(
            (dmarc.policy, dmarc.subdomain_policy),
            (Policy::Reject, None),
            "{text}"
        );
        assert_eq!(dmarc.void_tags, void, "{text}");
    }
}

#[test]
fn each_dmarc_syntax_error_is_named() {
    let unknown = |policy: &str| DmarcError::UnknownPolicy(policy.to_owned());
    for (text, error) in [
        ("v=dmarc1; p=none", DmarcError::NotDmarc),
        (" v=DMARC1; p=none", DmarcError::NotDmarc),
        ("v=DMARC1\\; p=none", DmarcError::NotDmarc),
        ("p=none; v=DMARC1", DmarcError::NotDmarc),
        ("v=DMARC1 p=none", DmarcError::NotDmarc),
        ("", DmarcError::NotDmarc),
        ("v=DMARC1", DmarcError::NoPolicy),
        ("v=DMARC1; none", DmarcError::NoPolicy),
        ("v=DMARC1; rua=a@example.com", DmarcError::NoPolicy),
        ("v=DMARC1; rua=mailto:", DmarcError::NoPolicy),
        ("v=DMARC1; p=", unknown("")),
        ("v=DMARC1; p=block", unknown("block")),
        ("v=DMARC1; p=none; sp=all", unknown("all")),
        ("v=DMARC1; p=none; np=all", unknown("all")),
    ] {
        assert_eq!(Dmarc::parse(text), Err(error), "{text}");
    }
}

#[test]
fn a_repeated_tag_makes_the_record_invalid() {
    for (text, tag) in [
        ("v=DMARC1; p=none; p=reject", "p"),
        ("v=DMARC1; p=reject; p=reject", "p"),
        ("v=DMARC1; p=reject;v=DMARC1; p=reject;", "v"),
        ("v=DMARC1; p=quarantine;v=spf1 ~all", "v"),
        (
            "v=DMARC1; p=none; rua=mailto:a@b.example; rua=mailto:c@d.example",
            "rua",
        ),
        ("v=DMARC1; p=none; ri=3600; ri=3600", "ri"),
    ] {
        let error = DmarcError::Repeated(tag.to_owned());
        assert_eq!(Dmarc::parse(text), Err(error), "{text}");
    }
}

#[test]
fn a_policy_stored_by_an_earlier_release_is_read() {
    let stored = r#"{"policy":"reject","subdomain_policy":null,"dkim":"strict","spf":"relaxed"}"#;
    let dmarc: Dmarc = serde_json::from_str(stored).unwrap();
    assert_eq!(dmarc, Dmarc::parse("v=DMARC1; p=reject; adkim=s").unwrap());
    assert_eq!(serde_json::to_string(&dmarc).unwrap(), stored);
}

proptest! {
    #[test]
    fn parsing_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
        let text = String::from_utf8_lossy(&bytes);
        let _ = Dmarc::parse(&text);
        let _ = Dmarc::parse(&format!("v=DMARC1;{text}"));
    }
}

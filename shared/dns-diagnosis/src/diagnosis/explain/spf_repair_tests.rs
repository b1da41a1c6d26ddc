//! Tests of mended SPF records.

use super::*;

/// A published text, and the terms that are kept of it.
const KEPT: &[(&str, &str)] = &[
    (
        "\"v=spf1 include:a.example include:amazonses.com -all\"",
        "v=spf1 include:a.example -all",
    ),
    (
        "\\226\\128\\156v=spf1 a mx include:amazonses.com ~all\\226\\128\\157",
        "v=spf1 a mx ~all",
    ),
    (
        " v=spf1 mx ip4:192.0.2.9 include:amazonses.com -all",
        "v=spf1 mx ip4:192.0.2.9 -all",
    ),
    (
        "TXT v=spf1 include:a.example ~all",
        "v=spf1 include:a.example ~all",
    ),
    (
        "3600 v=spf1 include:a.example ~all",
        "v=spf1 include:a.example ~all",
    ),
    (
        "own.example v=spf1 include:a.example ~all",
        "v=spf1 include:a.example ~all",
    ),
    (
        "V=SPF 1 include:a.example -all",
        "v=spf1 include:a.example -all",
    ),
    ("v=spf 1 mx -all", "v=spf1 mx -all"),
    (
        "spf1 include:a.example ~all",
        "v=spf1 include:a.example ~all",
    ),
    (
        "mx ip4:192.0.2.9 include:amazonses.com -all",
        "v=spf1 mx ip4:192.0.2.9 -all",
    ),
    (
        "v=spf1 include:a.example;include:amazonses.com ~all",
        "v=spf1 include:a.example ~all",
    ),
    (
        "v=spf1 include:a.example|include:b.example ~all",
        "v=spf1 include:a.example include:b.example ~all",
    ),
    (
        "v=spf1 include:a.example/include:amazonses.com ~all",
        "v=spf1 include:a.example ~all",
    ),
    (
        "v=spf1 include:a.example,amazonses.com ~all",
        "v=spf1 include:a.example ~all",
    ),
    (
        "v=spf1 include:amazonses.com, a.example ~all",
        "v=spf1 include:a.example ~all",
    ),
    (
        "v=spf1 _spf.a.example include:amazonses.com ~all",
        "v=spf1 include:_spf.a.example ~all",
    ),
    (
        "v=spf1 include a.example include amazonses.com ~all",
        "v=spf1 include:a.example ~all",
    ),
    (
        "v=spf1 include:a.example- all",
        "v=spf1 include:a.example -all",
    ),
    (
        "v=spf1 include:a.example~include:amazonses.com ~all",
        "v=spf1 include:a.example ~all",
    ),
    (
        "v=spf1 +ip4:192.0.2.1+include:a.example ~all",
        "v=spf1 +ip4:192.0.2.1 +include:a.example ~all",
    ),
    (
        "v=spf1, include:a.example, ip4: 192.0.2.1, ~all",
        "v=spf1 include:a.example ip4:192.0.2.1 ~all",
    ),
    ("v=spf1 mx ~ all", "v=spf1 mx ~all"),
    (
        "v=spf1 include:http://a.example include:<b.example> ~all",
        "v=spf1 include:a.example include:b.example ~all",
    ),
    (
        "v=spf1 include: a.example ~all",
        "v=spf1 include:a.example ~all",
    ),
    (
        "v=spf1 192.0.2.7 include:amazonses.com",
        "v=spf1 ip4:192.0.2.7 ~all",
    ),
    (
        "v=spf1 192.0.2.0/24 2001:db8::1 -all",
        "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::1 -all",
    ),
    (
        "v=spf1 include:own.example include:a.example -all",
        "v=spf1 include:a.example -all",
    ),
    (
        "v=spf1 exists:%{l1r,}.a.example -all",
        "v=spf1 exists:%{l1r,}.a.example -all",
    ),
];

#[test]
fn spf_terms_of_others_are_kept_amid_malformed_text() {
    for (text, kept) in KEPT.iter().copied() {
        assert_eq!(
            legible(text, "own.example").as_deref(),
            Some(kept),
            "{text}"
        );
    }
}

#[test]
fn the_spf_terms_that_a_fix_leaves_out_are_known() {
    for (text, lost) in [
        ("v=spf1 a.example include:amazonses.com ~all", "a.example"),
        (
            "v=spf1 ip:192.0.2.7 include:amazonses.com ~all",
            "ip:192.0.2.7",
        ),
        ("v=spf1 include:a.example ~all", "include:a.example"),
        ("TXT v=spf1 mx ~all", "mx"),
    ] {
        let others = Others::of(text, "v=spf1 include:amazonses.com ~all", "own.example");
        assert_eq!(others.lost, [lost], "{text}");
        assert!(!others.are_kept, "{text}");
    }
}

//! Records that refer to others: include, redirect and macros (RFC 7208 sections 5.2, 6.1 and 7).

use super::*;

#[test]
fn section_5_2_an_include_matches_if_its_record_passes() {
    let zone = Zone::new(&[
        ("fail.example.net", "v=spf1 ip4:192.0.2.5 -all"),
        ("soft.example.net", "v=spf1 ip4:192.0.2.6 ~all"),
        ("neutral.example.net", "v=spf1 ip4:192.0.2.7 ?all"),
        ("pass.example.net", "v=spf1 include:amazonses.com -all"),
        ("not.example.net", "v=spf1 -include:amazonses.com +all"),
        ("silent.example.net", "SILENT"),
        ("text.example.net", "v=spfl am not an SPF record"),
        ("syntax.example.net", "v=spf1 include +all"),
        ("two.example.net", "v=spf1 -all"),
        ("two.example.net", "V=sPf1 +all"),
        (
            "deep.example.net",
            "v=spf1 ~include:fail.example.net include:pass.example.net",
        ),
        ("all.example.net", "v=spf1 +all"),
    ]);
    for (text, expected) in [
        ("v=spf1 include:fail.example.net ~all", "softfail"),
        ("v=spf1 include:soft.example.net all", "pass for everybody"),
        ("v=spf1 include:neutral.example.net -all", "fail"),
        ("v=spf1 include:silent.example.net -all", "temperror"),
        ("v=spf1 include:syntax.example.net -all", "permerror"),
        ("v=spf1 include:text.example.net -all", "permerror"),
        (
            "v=spf1 include:nothing.example.net include:amazonses.com",
            "permerror",
        ),
        (
            "v=spf1 include:two.example.net include:amazonses.com",
            "permerror",
        ),
        (
            "v=spf1 include:a...example.net include:amazonses.com",
            "permerror",
        ),
        ("v=spf1 include:pass.example.net -all", "pass"),
        ("v=spf1 include:deep.example.net -all", "pass"),
        ("v=spf1 ?include:pass.example.net -all", "neutral"),
        // `fail` in an included record is no match, so that evaluation goes on.
        (
            "v=spf1 include:not.example.net include:amazonses.com",
            "pass",
        ),
        ("v=spf1 include:not.example.net ~all", "softfail"),
        ("v=spf1 include:all.example.net -all", "pass for everybody"),
        (
            "v=spf1 -include:all.example.net include:amazonses.com",
            "fail",
        ),
        // An include without an answer may pass its own mail; ours passes either way.
        (
            "v=spf1 include:silent.example.net include:amazonses.com -all",
            "pass",
        ),
        (
            "v=spf1 -include:silent.example.net include:amazonses.com",
            "temperror",
        ),
        ("v=spf1 -include:silent.example.net -all", "fail"),
        // After ours, nothing is looked up.
        (
            "v=spf1 include:amazonses.com include:nothing.example.net",
            "pass",
        ),
    ] {
        let evaluation = evaluate_spf(text, "e.example.com", SERVICE, &zone);
        assert_eq!(word(&evaluation.result), expected, "{text}: {evaluation:?}");
    }
    let deep = evaluate_spf("v=spf1 include:deep.example.net", "e", SERVICE, &zone);
    let via = ["deep.example.net", "pass.example.net"].map(str::to_owned);
    assert_eq!(
        (deep.result, deep.lookups),
        (SpfResult::Pass(SpfPass::Included { via: via.to_vec() }), 4)
    );
}

#[test]
fn section_6_1_redirect_takes_over_if_nothing_matched() {
    let zone = Zone::new(&[
        ("ours.example.net", "v=spf1 include:amazonses.com -all"),
        ("other.example.net", "v=spf1 mx -all"),
        ("text.example.net", "no record"),
    ]);
    for (text, expected) in [
        ("v=spf1 redirect=ours.example.net", "pass"),
        ("v=spf1 redirect=amazonses.com", "pass"),
        ("v=spf1 mx redirect=OURS.example.net.", "pass"),
        ("v=spf1 redirect=ours.example.net ?all", "neutral"),
        ("v=spf1 redirect=other.example.net", "fail"),
        (
            "v=spf1 redirect=ours.example.net include:amazonses.com",
            "pass",
        ),
        ("v=spf1 redirect=nothing.example.net", "permerror"),
        ("v=spf1 redirect=text.example.net", "permerror"),
        (
            "v=spf1 redirect=nothing.example.net include:amazonses.com",
            "pass",
        ),
        ("v=spf1 redirect=", "permerror"),
        (
            "v=spf1 redirect=ours.example.net redirect=ours.example.net",
            "permerror",
        ),
        // Section 6.2: exp explains a failure and changes nothing.
        (
            "v=spf1 exp=nothing.example.net include:amazonses.com",
            "pass",
        ),
        (
            "v=spf1 exp=a.example exp=b.example include:amazonses.com",
            "permerror",
        ),
        ("v=spf1 exp= include:amazonses.com", "permerror"),
    ] {
        let evaluation = evaluate_spf(text, "e.example.com", SERVICE, &zone);
        assert_eq!(word(&evaluation.result), expected, "{text}: {evaluation:?}");
    }
}

#[test]
fn section_7_a_result_that_depends_on_a_macro_of_the_message_is_unknown() {
    for (text, expected) in [
        ("v=spf1 exists:%{i}._spf.%{d} -all", "cannot tell"),
        (
            "v=spf1 include:%{i}._ip.%{h}._ehlo.%{d}._spf.example.net ~all",
            "cannot tell",
        ),
        ("v=spf1 redirect=%{l1r+-}._spf.%{d}", "cannot tell"),
        (
            "v=spf1 -exists:%{ir}.list.example.net include:amazonses.com",
            "cannot tell",
        ),
        // Either way the result is the same.
        (
            "v=spf1 exists:%{i}._spf.%{d} include:amazonses.com -all",
            "pass",
        ),
        ("v=spf1 -exists:%{i}._spf.%{d} -all", "fail"),
        ("v=spf1 a:%{i}.example.net -all", "fail"),
        // A macro of the domain is a name like any other.
        ("v=spf1 include:%{d2}.example.net -all", "pass"),
        ("v=spf1 include:%{o2}.example.net -all", "pass"),
        ("v=spf1 include:%{d}.example.net -all", "permerror"),
    ] {
        let zone = Zone::new(&[(
            "example.com.example.net",
            "v=spf1 include:amazonses.com -all",
        )]);
        let evaluation = evaluate_spf(text, "bounce.example.com", SERVICE, &zone);
        assert_eq!(word(&evaluation.result), expected, "{text}: {evaluation:?}");
    }
}

#[test]
fn a_macro_in_an_included_record_stands_for_the_included_name() {
    let zone = Zone::new(&[
        (
            "inc.example.net",
            "v=spf1 include:ours.%{d} include:%{o}.example.net -all",
        ),
        ("ours.inc.example.net", "v=spf1 -all"),
        (
            "e.example.com.example.net",
            "v=spf1 include:amazonses.com -all",
        ),
    ]);
    let text = "v=spf1 include:inc.example.net -all";
    let evaluation = evaluate_spf(text, "e.example.com", SERVICE, &zone);
    assert_eq!(word(&evaluation.result), "pass", "{evaluation:?}");
}

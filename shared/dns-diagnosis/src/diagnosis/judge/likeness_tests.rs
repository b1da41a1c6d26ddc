//! Changes to values between the page with the instructions and the zone.

use proptest::prelude::*;

use super::*;
use DiagnosisCode::{
    TargetDoubled, ValueCaseChanged, ValueHasTypePrefix, ValueIsName, ValueQuoted, ValueTruncated,
    ValueWhitespace,
};

const TOKEN: &str = "QTKk+/gFg2J4mnopQRSTuvwx0123456789abcdefghI=";

fn text(value: &str) -> Likeness {
    Expected {
        value: TOKEN,
        names: vec!["_amazonses.example.com".to_owned(), "_amazonses".to_owned()],
        zones: Vec::new(),
        case_matters: true,
    }
    .compare(value)
}

fn target(value: &str) -> Likeness {
    Expected {
        value: "tok1.dkim.amazonses.com",
        names: vec!["tok1._domainkey.example.com".to_owned()],
        zones: vec!["example.com".to_owned()],
        case_matters: false,
    }
    .compare(value)
}

fn damaged(codes: &[DiagnosisCode]) -> Likeness {
    Likeness::Damaged(codes.to_vec())
}

#[test]
fn each_mistake_in_a_txt_value_has_its_own_code() {
    assert_eq!(text(TOKEN), Likeness::Same);
    for (value, codes) in [
        (format!("\"{TOKEN}\""), vec![ValueQuoted]),
        (format!("\\\"{TOKEN}\\\""), vec![ValueQuoted]),
        (format!("\u{201c}{TOKEN}\u{201d}"), vec![ValueQuoted]),
        (
            format!("\\226\\128\\156{TOKEN}\\226\\128\\157"),
            vec![ValueQuoted],
        ),
        (format!("'{TOKEN}"), vec![ValueQuoted]),
        (format!(" {TOKEN}"), vec![ValueWhitespace]),
        (format!("{TOKEN}\n"), vec![ValueWhitespace]),
        (format!("{TOKEN}\\010"), vec![ValueWhitespace]),
        (format!("{TOKEN}\u{200b}"), vec![ValueWhitespace]),
        (TOKEN.replace("mnop", "mn\r\n op"), vec![ValueWhitespace]),
        (TOKEN[..20].to_owned(), vec![ValueTruncated]),
        (TOKEN.to_lowercase(), vec![ValueCaseChanged]),
        ("_amazonses.example.com".to_owned(), vec![ValueIsName]),
        ("_amazonses.example.com.".to_owned(), vec![ValueIsName]),
        (format!("_AMAZONSES.example.com={TOKEN}"), vec![ValueIsName]),
        (format!("TXT {TOKEN}"), vec![ValueHasTypePrefix]),
        (format!("txt: {TOKEN}"), vec![ValueHasTypePrefix]),
        (format!("amazonses:{TOKEN}"), vec![ValueHasTypePrefix]),
        (
            format!("Name: _amazonses.example.com Type: TXT Value: {TOKEN}"),
            vec![ValueHasTypePrefix],
        ),
        (
            TOKEN.replace('+', "-").replace('/', "_"),
            vec![DiagnosisCode::TxtEscaped],
        ),
    ] {
        assert_eq!(text(&value), damaged(&codes), "{value:?}");
    }
}

#[test]
fn several_mistakes_in_one_value_are_all_named() {
    assert_eq!(
        text(&format!(" \"{}\"", TOKEN.to_lowercase())),
        damaged(&[ValueQuoted, ValueCaseChanged, ValueWhitespace])
    );
    assert_eq!(
        text(&format!("_amazonses.example.com. 300 IN TXT \"{TOKEN}\"")),
        damaged(&[ValueIsName, ValueHasTypePrefix, ValueQuoted])
    );
    assert_eq!(
        text(&format!("TXT {}", &TOKEN[..30])),
        damaged(&[ValueHasTypePrefix, ValueTruncated])
    );
}

#[test]
fn a_different_value_does_not_count_as_damaged() {
    for value in [
        "",
        "v=spf1 -all",
        "google-site-verification=abc",
        "QTK",
        "x",
    ] {
        assert!(matches!(text(value), Likeness::Other { .. }), "{value:?}");
    }
    assert_eq!(
        text("\"v=spf1 -all\""),
        Likeness::Other {
            bare: "v=spf1 -all".to_owned(),
            mistakes: vec![ValueQuoted]
        }
    );
}

#[test]
fn each_mistake_in_a_cname_target_has_its_own_code() {
    assert_eq!(target("tok1.dkim.amazonses.com"), Likeness::Same);
    assert_eq!(target("TOK1.dkim.AmazonSES.com"), Likeness::Same);
    for (value, codes) in [
        ("tok1.dkim.amazonses.com.example.com", vec![TargetDoubled]),
        ("tok1.example.com", vec![TargetDoubled, ValueTruncated]),
        ("tok1.dkim.amazonses", vec![ValueTruncated]),
        ("tok1._domainkey.example.com", vec![ValueIsName]),
        ("\\\"tok1.dkim.amazonses.com\\\"", vec![ValueQuoted]),
        (
            "cname\\032tok1.dkim.amazonses.com",
            vec![ValueHasTypePrefix],
        ),
        ("tok1.dkim.amazonses.com\\032", vec![ValueWhitespace]),
    ] {
        assert_eq!(target(value), damaged(&codes), "{value:?}");
    }
    for value in [
        "mail.example.com",
        "tok2.dkim.amazonses.com",
        "ghs.googlehosted.com",
    ] {
        assert!(matches!(target(value), Likeness::Other { .. }), "{value:?}");
    }
}

proptest! {
    #[test]
    fn comparing_never_panics_and_only_the_exact_value_is_the_same(value in "\\PC{0,80}|[\\x00-\\x7f]{0,80}") {
        prop_assert_eq!(text(&value) == Likeness::Same, value == TOKEN);
        let _ = target(&value);
    }

    #[test]
    fn a_long_enough_prefix_of_the_value_is_truncated(length in 4usize..43) {
        prop_assert_eq!(text(&TOKEN[..length]), damaged(&[ValueTruncated]));
    }
}

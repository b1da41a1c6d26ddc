//! The table of mistakes: what is in the zone file in place of which records, and what is said of it.
//! `{zone}` stands for the zone's name.

#![expect(clippy::too_many_lines, reason = "tables")]

use domain_auth::diagnosis::{DiagnosisCode as Code, RecordState as State};
use domain_auth::records::RecordId as Id;

use crate::diagnosis::TOKEN;

const OTHER_TOKEN: &str = "aaaabbbbccccddddeeeeffffgggghhhhiiiijjjjkkk=";

/// A mistake: the records that are left out, the lines in their place, the record that has the
/// mistake, its state and its codes.
pub(crate) type Mistake = (&'static [Id], String, Id, State, &'static [Code]);

pub(crate) fn mistakes_in_names() -> Vec<Mistake> {
    let none: &[Id] = &[];
    let s = str::to_owned;
    vec![
        (
            &[Id::Verification],
            s(""),
            Id::Verification,
            State::Missing,
            &[Code::NotFound],
        ),
        (
            &[Id::Dkim2],
            s(""),
            Id::Dkim2,
            State::Missing,
            &[Code::NotFound],
        ),
        (
            &[Id::Verification],
            format!("_amazonses.{{zone}} TXT \"{TOKEN}\""),
            Id::Verification,
            State::Wrong,
            &[Code::HostDoubled],
        ),
        (
            &[Id::Dkim1],
            s("tokenone._domainkey.{zone} CNAME tokenone.dkim.amazonses.com."),
            Id::Dkim1,
            State::Wrong,
            &[Code::HostDoubled],
        ),
        (
            &[Id::Verification],
            format!("_amazonses.{{zone}} TXT \"\\\"{TOKEN}\\\"\""),
            Id::Verification,
            State::Wrong,
            &[Code::HostDoubled, Code::ValueQuoted],
        ),
        (
            &[Id::Verification],
            format!("@ TXT \"{TOKEN}\"\n@ TXT \"v=spf1 -all\""),
            Id::Verification,
            State::Found,
            &[Code::AtApex],
        ),
        (
            &[Id::Dkim1],
            s("tokenone.dkim.amazonses.com CNAME tokenone._domainkey.{zone}."),
            Id::Dkim1,
            State::Wrong,
            &[Code::ValueIsName],
        ),
        (
            &[Id::Dkim1],
            s("tokenone._domainkey TXT tokenone.dkim.amazonses.com"),
            Id::Dkim1,
            State::Wrong,
            &[Code::WrongType],
        ),
        (
            &[Id::Verification],
            s("_amazonses CNAME www\nwww A 192.0.2.1"),
            Id::Verification,
            State::Wrong,
            &[Code::WrongType],
        ),
        (
            &[Id::Dkim3],
            s("tokenthree._domainkey A 104.16.0.1\ntokenthree._domainkey AAAA 2606:4700::1"),
            Id::Dkim3,
            State::Wrong,
            &[Code::CnameFlattened],
        ),
        (
            none,
            s("tokenone._domainkey TXT \"v=DKIM1; p=abc\""),
            Id::Dkim1,
            State::Wrong,
            &[Code::CnameAndOther],
        ),
        (
            none,
            s("bounce CNAME u1.wl.sendgrid.net."),
            Id::MailFromMx,
            State::Wrong,
            &[Code::CnameAndOther],
        ),
        (
            &[Id::Verification, Id::Dkim1, Id::Dmarc],
            s("* A 192.0.2.1\n* TXT \"v=spf1 -all\""),
            Id::Dkim1,
            State::Missing,
            &[Code::NotFound],
        ),
        (
            &[Id::Dmarc],
            s("_dmarc CNAME dmarc.vendor\ndmarc.vendor TXT \"v=DMARC1; p=reject\""),
            Id::Dmarc,
            State::Found,
            &[],
        ),
    ]
}

pub(crate) fn mistakes_in_values() -> Vec<Mistake> {
    let token = |value: &str, codes| -> Mistake {
        let line = format!("_amazonses TXT \"{value}\"");
        (
            &[Id::Verification],
            line,
            Id::Verification,
            State::Wrong,
            codes,
        )
    };
    let target = |value: &str, codes| -> Mistake {
        let line = format!("tokenone._domainkey CNAME {value}");
        (&[Id::Dkim1], line, Id::Dkim1, State::Wrong, codes)
    };
    vec![
        token("google-site-verification=x", &[Code::ValueMismatch]),
        token(&format!("\\\"{TOKEN}\\\""), &[Code::ValueQuoted]),
        token(&format!("{TOKEN} "), &[Code::ValueWhitespace]),
        token(
            &format!("{}\\010{}", &TOKEN[..20], &TOKEN[20..]),
            &[Code::ValueWhitespace],
        ),
        token(&TOKEN[..30], &[Code::ValueTruncated]),
        token(&TOKEN.to_lowercase(), &[Code::ValueCaseChanged]),
        token("_amazonses.{zone}", &[Code::ValueIsName]),
        token(&format!("TXT {TOKEN}"), &[Code::ValueHasTypePrefix]),
        token(OTHER_TOKEN, &[Code::StaleToken]),
        token(
            &format!("\\226\\128\\156{TOKEN}\\226\\128\\157"),
            &[Code::ValueQuoted],
        ),
        target("tokenone.dkim.amazonses.com", &[Code::TargetDoubled]),
        target("tokenone", &[Code::TargetDoubled, Code::ValueTruncated]),
        target("tokenone._domainkey", &[Code::ValueIsName]),
        target("tokentwo.dkim.amazonses.com.", &[Code::ValueMismatch]),
        target(
            "tokenone.dkim.eu-west-1.amazonses.com.",
            &[Code::StaleToken],
        ),
        target("\\\"tokenone.dkim.amazonses.com\\\".", &[Code::ValueQuoted]),
        target(
            "CNAME\\032tokenone.dkim.amazonses.com.",
            &[Code::ValueHasTypePrefix],
        ),
        (
            &[Id::Dkim2],
            "oldtwo._domainkey CNAME oldtwo.dkim.amazonses.com.".to_owned(),
            Id::Dkim2,
            State::Wrong,
            &[Code::StaleToken],
        ),
    ]
}

pub(crate) fn mistakes_in_mail() -> Vec<Mistake> {
    let none: &[Id] = &[];
    let mx = |value: &str, codes| -> Mistake {
        let line = format!("bounce MX 10 {value}");
        (&[Id::MailFromMx], line, Id::MailFromMx, State::Wrong, codes)
    };
    let spf = |value: &str, codes| -> Mistake {
        let line = format!("bounce TXT \"{value}\"");
        (
            &[Id::MailFromSpf],
            line,
            Id::MailFromSpf,
            State::Wrong,
            codes,
        )
    };
    let dmarc = |value: &str, state, codes| -> Mistake {
        (
            &[Id::Dmarc],
            format!("_dmarc TXT \"{value}\""),
            Id::Dmarc,
            state,
            codes,
        )
    };
    let many = format!(
        "v=spf1 include:amazonses.com{} ~all",
        " mx:m.example.net".repeat(10)
    );
    vec![
        mx(
            "feedback-smtp.eu-west-1.amazonses.com.",
            &[Code::MxWrongRegion],
        ),
        mx(
            "feedback-smtp.us-east-1.amazonses.com",
            &[Code::TargetDoubled],
        ),
        (
            none,
            "bounce MX 20 mail".to_owned(),
            Id::MailFromMx,
            State::Wrong,
            &[Code::MxExtra],
        ),
        (
            none,
            "bounce TXT \"v=spf1 mx -all\"".to_owned(),
            Id::MailFromSpf,
            State::Wrong,
            &[Code::SpfMultiple],
        ),
        spf(
            "v=spf1 include:sendgrid.net ~all",
            &[Code::SpfMissingInclude],
        ),
        spf(&many, &[Code::SpfTooManyLookups]),
        (
            none,
            "_dmarc TXT \"v=DMARC1; p=reject\"".to_owned(),
            Id::Dmarc,
            State::Wrong,
            &[Code::DmarcMultiple],
        ),
        dmarc(
            "v=DMARC1; rua=mailto:a@example.com",
            State::Wrong,
            &[Code::DmarcInvalid],
        ),
        dmarc(
            "v=DMARC1; p=none; aspf=s",
            State::Found,
            &[Code::DmarcStrictAlignment],
        ),
        (
            &[Id::Dmarc, Id::Dkim1, Id::MailFromMx],
            "_dmarc TXT \"v=DMARC1; p=reject\"".to_owned(),
            Id::Dmarc,
            State::Found,
            &[Code::DmarcBlocksVia],
        ),
    ]
}

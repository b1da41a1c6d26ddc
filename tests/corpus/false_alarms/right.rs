//! The records of the domain, in one of their correct forms.

use domain_auth::identity::AxisStatus;
use domain_auth::records::{Record, RecordData, RecordId};

use crate::chance::Chance;
use crate::zone::Zone;

/// SPF records with which mail from Amazon SES passes.
const SPF: [&str; 19] = [
    "v=spf1 include:amazonses.com ~all",
    "v=spf1 include:amazonses.com -all",
    "v=spf1 include:amazonses.com ?all",
    "v=spf1 include:amazonses.com",
    "V=SPF1 Include:AmazonSES.com ~ALL",
    "v=spf1  include:amazonses.com   ~all",
    "v=spf1 include:amazonses.com ~all ",
    "v=spf1 +include:amazonses.com -all",
    "v=spf1 ip4:192.0.2.0/24 include:amazonses.com -all",
    "v=spf1 ip6:2001:db8::/32 ip4:192.0.2.1 include:amazonses.com ~all",
    "v=spf1 mx include:amazonses.com ~all",
    "v=spf1 include:_spf.google.com include:amazonses.com ~all",
    "v=spf1 include:amazonses.com include:_spf.google.com -all",
    "v=spf1 include:amazonses.com ~all exp=explain._spf.google.com",
    "v=spf1 include:amazonses.com exists:%{i}._spf.vendor.example -all",
    "v=spf1 a ptr mx:example.net include:amazonses.com -all",
    "v=spf1 include:amazonses.com. -all",
    "v=spf1 unknown=modifier include:amazonses.com ~all",
    "v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.7 -ip4:203.0.113.9 include:amazonses.com -all",
];

/// Valid DMARC records that let unaligned mail pass.
const DMARC: [&str; 10] = [
    "v=DMARC1; rua=mailto:dmarc@vendor.example",
    "v=DMARC1; p=none;",
    "v=DMARC1;p=none",
    "v=DMARC1; p=none; rua=mailto:dmarc@vendor.example; ruf=mailto:dmarc@vendor.example; fo=1",
    "v=DMARC1; p=None; sp=none; adkim=r; aspf=r; pct=100; ri=86400",
    "v=DMARC1 ; p = none ; rua = mailto:a@vendor.example,mailto:b@vendor.example!10m",
    "v=DMARC1; p=none; unknown=tag; t=n; np=none; psd=n",
    "v=DMARC1; p=none; rf=afrf; fo=0:1:d:s;",
    "v=DMARC1;\tp=none;\tpct=0",
    "v=DMARC1; rua=https://reports.vendor.example/dmarc; p=none; ;",
];
/// Valid DMARC records that do not.
const STRONG_DMARC: [&str; 3] = [
    "v=DMARC1; p=quarantine; sp=reject; rua=mailto:dmarc@vendor.example",
    "v=DMARC1; p=reject;",
    "v=DMARC1; p=reject; pct=50; rua=mailto:dmarc@vendor.example",
];

/// Publishes a record of the domain.
pub(crate) fn publish(zone: &mut Zone, chance: &mut Chance, record: &Record) {
    match &record.data {
        RecordData::Cname { target } => {
            let target = chance.case(target);
            zone.add(chance, &record.name, &format!("CNAME {target}."));
        }
        // Both records of the MAIL FROM name are published together.
        RecordData::Mx { exchange, .. } => publish_mail_from(zone, chance, record, exchange),
        RecordData::Txt { text } => match record.id {
            RecordId::Verification => publish_token(zone, chance, record, text),
            RecordId::Dmarc => publish_policy(zone, chance),
            RecordId::MailFromSpf
            | RecordId::Ownership
            | RecordId::Dkim1
            | RecordId::Dkim2
            | RecordId::Dkim3
            | RecordId::MailFromMx => {}
        },
    }
}

fn publish_token(zone: &mut Zone, chance: &mut Chance, record: &Record, token: &str) {
    if chance.once_in(10) {
        let prefix = chance.one_of(&["", "amazonses:"]);
        let value = chance.strings(&format!("{prefix}{token}"));
        let apex = zone.domain.to_string();
        return zone.add(chance, &apex, &format!("TXT {value}"));
    }
    let name = aliased(zone, chance, &record.name);
    let value = chance.strings(token);
    zone.add(chance, &name, &format!("TXT {value}"));
    // Another region or account uses the name too, and so do other services.
    let most = if chance.once_in(8) { 30 } else { 3 };
    for _ in 0..chance.up_to(most) {
        let other = match chance.up_to(2) {
            0 => format!("{}=", chance.text(43)),
            1 => format!("google-site-verification={}", chance.text(43)),
            _ => chance.text(900),
        };
        let value = chance.strings(&other);
        zone.add(chance, &name, &format!("TXT {value}"));
    }
}

fn publish_mail_from(zone: &mut Zone, chance: &mut Chance, record: &Record, exchange: &str) {
    let name = aliased(zone, chance, &record.name);
    let preference = chance.one_of(&["0", "10", "65535"]);
    let exchange = chance.case(exchange);
    zone.add(chance, &name, &format!("MX {preference} {exchange}."));
    let spf = sender_policy(zone, chance);
    let value = chance.strings(&spf);
    zone.add(chance, &name, &format!("TXT {value}"));
    if chance.once_in(3) {
        let length = 10 + chance.up_to(600);
        let other = chance.text(length);
        let value = chance.strings(&other);
        zone.add(chance, &name, &format!("TXT {value}"));
    }
    if chance.once_in(4) {
        zone.add(chance, &name, "A 192.0.2.25");
        zone.add(chance, &name, "AAAA 2001:db8::25");
    }
    if chance.once_in(4) {
        zone.add(chance, &format!("www.{name}"), "A 192.0.2.26");
    }
}

/// An SPF record with which mail from Amazon SES passes, directly or with a record elsewhere.
fn sender_policy(zone: &mut Zone, chance: &mut Chance) -> String {
    if !chance.once_in(4) {
        return SPF[chance.up_to(SPF.len() - 1)].to_owned();
    }
    let elsewhere = format!("_spf.{}", zone.vendor());
    let there = chance.one_of(&[
        "v=spf1 include:amazonses.com ~all",
        "v=spf1 ip4:192.0.2.7 include:amazonses.com -all",
    ]);
    let value = chance.strings(there);
    let mut last = elsewhere.clone();
    // The include leads through several records, each of which takes a look-up; ten are allowed,
    // including ours (RFC 7208 section 4.6.4).
    for level in 0..chance.up_to(6) {
        let next = format!("n{level}.{elsewhere}");
        zone.add(
            chance,
            &last,
            &format!("TXT \"v=spf1 include:{next} ~all\""),
        );
        last = next;
    }
    zone.add(chance, &last, &format!("TXT {value}"));
    match chance.up_to(2) {
        0 => format!("v=spf1 redirect={elsewhere}"),
        1 => format!("v=spf1 include:{elsewhere} ~all"),
        _ => format!("v=spf1 ip4:192.0.2.8 include:{elsewhere} -all"),
    }
}

/// At the domain, or at a domain above it, whose policy also applies to the domain (RFC 9989
/// section 4.10).
fn publish_policy(zone: &mut Zone, chance: &mut Chance) {
    let mut places = zone.domain.ancestors();
    places.push(zone.domain.clone());
    let place = &places[chance.up_to(places.len() - 1)];
    let place = if chance.once_in(2) {
        &zone.domain
    } else {
        place
    };
    let place = format!("_dmarc.{place}");
    let name = aliased(zone, chance, &place);
    let waiting = zone.ses.is_some_and(|ses| ses.dkim != AxisStatus::Success);
    // While Amazon SES has not seen the records, a strong policy causes a warning.
    let policy = if !waiting && chance.once_in(3) {
        STRONG_DMARC[chance.up_to(STRONG_DMARC.len() - 1)]
    } else {
        DMARC[chance.up_to(DMARC.len() - 1)]
    };
    let value = chance.strings(policy);
    zone.add(chance, &name, &format!("TXT {value}"));
    if chance.once_in(4) {
        let other = chance.text(60);
        let value = chance.strings(&other);
        zone.add(chance, &name, &format!("TXT {value}"));
    }
}

/// The name itself, or the target of its alias, possibly through another alias.
fn aliased(zone: &mut Zone, chance: &mut Chance, name: &str) -> String {
    // The apex of a zone cannot be an alias.
    if zone.files.contains_key(name) || !chance.once_in(6) {
        return name.to_owned();
    }
    let vendor = zone.vendor();
    let label = chance.text(8).to_ascii_lowercase();
    let target = format!("{label}.{vendor}");
    let mut from = name.to_owned();
    if chance.once_in(2) {
        let between = format!("{label}-between.{}", zone.registered);
        let shown = chance.case(&between);
        zone.add(chance, &from, &format!("CNAME {shown}."));
        from = between;
    }
    let shown = chance.case(&target);
    zone.add(chance, &from, &format!("CNAME {shown}."));
    target
}

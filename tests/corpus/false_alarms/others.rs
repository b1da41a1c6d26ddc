//! Other records in the zone of an owner who uses the domain for more than mail with Lasso.

use crate::chance::Chance;
use crate::zone::Zone;

/// TXT records of other services.
const TEXTS: [&str; 9] = [
    "v=spf1 include:_spf.google.com include:sendgrid.net ~all",
    "google-site-verification=abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    "MS=ms12345678",
    "facebook-domain-verification=abcdefghijklmnopqrstuvwxyz0123",
    "v=verifydomain MS=1234567",
    "apple-domain=abcdefghijklmnop",
    "semicolons; \"quotes\" and \\backslashes",
    "atlassian-domain-verification=abc/def+ghi==",
    " ",
];
/// Records at other names.
const NAMES: [(&str, &str); 30] = [
    ("", "A 192.0.2.10"),
    ("", "AAAA 2001:db8::10"),
    ("", "MX 1 aspmx.l.google.com."),
    ("", "MX 5 alt1.aspmx.l.google.com."),
    (
        "",
        r"TYPE257 \# 22 000569737375656c657473656e63727970742e6f7267",
    ),
    ("www", "CNAME cdn.vendor.example."),
    ("autodiscover", "CNAME autodiscover.outlook.com."),
    (
        "google._domainkey",
        "TXT \"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCB\"",
    ),
    (
        "selector1._domainkey",
        "CNAME selector1.domainkey.vendor.example.",
    ),
    ("_sip._tls", "SRV 100 1 443 sipdir.online.lync.com."),
    ("_acme-challenge", "TXT \"token-of-a-certificate\""),
    ("_domainkey", "TXT \"o=~; r=hostmaster\""),
    ("x._amazonses", "TXT \"something below\""),
    ("_report._dmarc", "TXT \"v=DMARC1\""),
    ("deep.down.below", "TXT \"a name whose parents are empty\""),
    ("em1234", "CNAME u1234.wl.sendgrid.net."),
    // Names similar to those of our records, with another service's records.
    ("amazonses", "TXT \"something else\""),
    ("dmarc", "TXT \"v=DMARC1; p=reject\""),
    ("_spf", "TXT \"v=spf1 include:amazonses.com ~all\""),
    ("s1._domainkey", "CNAME s1.domainkey.u1234.wl.sendgrid.net."),
    ("_amazonses._amazonses", "TXT \"something else\""),
    ("bounce.www", "MX 10 feedback-smtp.us-east-1.amazonses.com."),
    ("www.bounce", "TXT \"v=spf1 -all\""),
    ("_dmarc.www", "TXT \"v=DMARC1; p=reject\""),
    ("com", "TXT \"a name that doubled hosts are below\""),
    (
        "_lasso-challenge",
        "TXT \"lasso-domain-verification=of-an-earlier-claim\"",
    ),
    // Types that are never queried.
    ("", r"TYPE65 \# 3 000100"),
    ("", r"TYPE99 \# 4 03616263"),
    (
        "_smtp._tls",
        "TXT \"v=TLSRPTv1; rua=mailto:tls@vendor.example\"",
    ),
    (
        "default._bimi",
        "TXT \"v=BIMI1; l=https://vendor.example/logo.svg\"",
    ),
];
/// Answers of a wildcard. An existing name hides it.
const WILDCARDS: [&str; 10] = [
    "A 192.0.2.99",
    "CNAME parking.vendor.example.",
    "MX 10 catchall.vendor.example.",
    "TXT \"v=spf1 -all\"",
    "TXT \"a wildcard\"",
    "AAAA 2001:db8::99",
    // The values of our records, for names that do not exist.
    "TXT \"v=spf1 include:amazonses.com ~all\"",
    "MX 10 feedback-smtp.us-east-1.amazonses.com.",
    "CNAME tokenone.dkim.amazonses.com.",
    r"TYPE65 \# 3 000100",
];

/// Publishes other services' records.
pub(crate) fn publish(zone: &mut Zone, chance: &mut Chance) {
    let domain = zone.domain.to_string();
    let registered = zone.registered.clone();
    for base in [&domain, &registered] {
        for (label, data) in NAMES {
            if !chance.once_in(3) {
                continue;
            }
            let name = if label.is_empty() {
                base.clone()
            } else {
                format!("{label}.{base}")
            };
            zone.add(chance, &name, data);
        }
        for _ in 0..chance.up_to(4) {
            let text = TEXTS[chance.up_to(TEXTS.len() - 1)];
            let value = chance.strings(text);
            zone.add(chance, base, &format!("TXT {value}"));
        }
        if domain == registered {
            break;
        }
    }
    // Too large for a datagram.
    if chance.once_in(5) {
        for _ in 0..30 {
            let length = 1 + chance.up_to(1_500);
            let text = chance.text(length);
            let value = chance.strings(&text);
            zone.add(chance, &domain, &format!("TXT {value}"));
        }
    }
    for base in [
        format!("*.{domain}"),
        format!("*.{registered}"),
        format!("*.bounce.{domain}"),
    ] {
        if chance.once_in(3) {
            let data = WILDCARDS[chance.up_to(WILDCARDS.len() - 1)];
            zone.add(chance, &base, data);
        }
    }
    if chance.once_in(3) {
        let base = format!("*._domainkey.{domain}");
        zone.add(chance, &base, "TXT \"v=DKIM1; p=\"");
    }
}

//! The DNS provider of a zone, and its names for the fields of a record.
//!
//! The table is `providers.json`. A provider is recognized by the names of the zone's name servers;
//! a pattern is compared label by label from the right, and `*` matches any characters within one
//! label.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

mod panel;

pub use panel::Panel;

/// A DNS provider, with the names that it uses for its fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// A stable identifier, in kebab-case.
    pub id: String,
    /// The name that people know.
    pub name: String,
    /// Patterns of name servers' names; of no use outside.
    #[serde(skip_serializing)]
    pub name_servers: Vec<String>,
    /// Where to sign in.
    pub url: String,
    /// Where to click, in order.
    pub steps: Vec<String>,
    /// The names that the provider uses for the fields.
    pub fields: Fields,
    /// The form of the name that its host field takes.
    pub host: HostForm,
    /// Whether a TXT value is typed with its quotation marks.
    #[serde(default)]
    pub quotes_text: bool,
    /// Another advice about quotation marks than that they are typed, or not.
    #[serde(default, skip_serializing)]
    pub quoting: Option<String>,
    /// Whether a target is typed with a dot at its end.
    #[serde(default)]
    pub dots_targets: bool,
    /// How a further value of a name is typed, if all of them are in one record.
    #[serde(default, skip_serializing)]
    pub further_value: Option<String>,
    /// What has to be chosen in the fields for the name and for a target, before anything can be typed beside it.
    #[serde(default, skip_serializing)]
    pub choice: Option<String>,
    /// The maximum number of characters that its host field takes.
    #[serde(default, skip_serializing)]
    pub longest_host: Option<usize>,
    /// A further remark.
    #[serde(default)]
    pub note: Option<String>,
}

/// The labels of the fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "ProviderFields")
)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// The record's name.
    pub host: String,
    /// The value of a TXT record.
    pub text: String,
    /// The target of a CNAME record.
    pub target: String,
    /// The host of an MX record.
    pub exchange: String,
    /// The preference of an MX record; `null` if it is part of the value.
    pub priority: Option<String>,
}

/// The form of the name that a host field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HostForm {
    /// The name without the zone, which the DNS provider appends.
    Relative,
    /// The full name.
    Full,
}

static PROVIDERS: LazyLock<Vec<Provider>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("providers.json"))
        .expect("the table is part of the program, and a test reads it")
});

/// Every provider that is known.
pub fn all() -> &'static [Provider] {
    &PROVIDERS
}

/// The provider whose name servers these are: the one that most of them belong to.
pub fn detect<S: AsRef<str>>(name_servers: &[S]) -> Option<&'static Provider> {
    let hosts = name_servers.iter();
    let hosts: Vec<String> = hosts
        .map(|host| host.as_ref().to_ascii_lowercase())
        .collect();
    let score = |provider: &&Provider| {
        let owns = |host: &&String| provider.serves(host.trim_end_matches('.'));
        hosts.iter().filter(owns).count()
    };
    // The first of equals, so that the order of the table decides.
    let (best, count) = PROVIDERS
        .iter()
        .map(|provider| (provider, score(&provider)))
        .fold(None, |best: Option<(&Provider, usize)>, next| match best {
            Some(best) if best.1 >= next.1 => Some(best),
            Some(_) | None => Some(next),
        })?;
    (count > 0).then_some(best)
}

/// The provider with this identifier.
pub fn by_id(id: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| provider.id == id)
}

const SES_EXPLAINED: &str = "Amazon SES is the service of Amazon through which Lasso sends your mail. You need no account there.";

/// What Amazon SES and "your DNS provider" are: said once for all messages and fixes that name them. `known` is the provider of the domain,
/// `bought` the name that was bought (its organizational domain).
///
/// ```
/// assert_eq!(
///     dns_diagnosis::providers::explained(None, "example.com"),
///     "Amazon SES is the service of Amazon through which Lasso sends your mail. You need no account there. Your DNS \
///      provider is the company where you edit the table with Type, Name and Value, often the one where example.com \
///      was bought."
/// );
/// ```
pub fn explained(known: Option<&Provider>, bought: &str) -> String {
    let what = "the company where you edit the table with Type, Name and Value";
    let provider = match known {
        Some(provider) => format!("{}: {what} of {bought}.", provider.name),
        None => format!("{what}, often the one where {bought} was bought."),
    };
    format!("{SES_EXPLAINED} Your DNS provider is {provider}")
}

impl Provider {
    /// Whether a name server is one of its own. `host` is in lower case, without a dot at its end.
    fn serves(&self, host: &str) -> bool {
        self.name_servers
            .iter()
            .any(|pattern| matches(pattern, host))
    }
}

/// Whether the labels of `host` end in those of `pattern`.
fn matches(pattern: &str, host: &str) -> bool {
    // Nearly every pattern ends otherwise, which is soon seen.
    let end = pattern.rsplit('*').next().unwrap_or(pattern);
    if !host.ends_with(end) {
        return false;
    }
    let mut labels = host.rsplit('.');
    pattern.rsplit('.').all(|expected| {
        labels
            .next()
            .is_some_and(|label| label_matches(expected, label))
    })
}

fn label_matches(pattern: &str, label: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == label,
        Some((front, back)) => label
            .strip_prefix(front)
            .is_some_and(|rest| rest.ends_with(back)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Name servers as these providers hand them out.
    const EXAMPLES: &[(&str, &[&str])] = &[
        (
            "Cloudflare",
            &["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"],
        ),
        (
            "GoDaddy",
            &["ns45.domaincontrol.com", "ns46.domaincontrol.com"],
        ),
        (
            "Amazon Route 53",
            &[
                "ns-2048.awsdns-64.com",
                "ns-1.awsdns-00.co.uk",
                "ns-700.awsdns-12.net",
                "ns-1400.awsdns-47.org",
            ],
        ),
        (
            "Google Cloud DNS",
            &[
                "ns-cloud-b1.googledomains.com",
                "ns-cloud-b2.googledomains.com",
            ],
        ),
        (
            "Squarespace",
            &["ns01.squarespacedns.com", "ns02.squarespacedns.com"],
        ),
        (
            "Namecheap",
            &["dns1.registrar-servers.com", "dns2.registrar-servers.com"],
        ),
        (
            "Network Solutions",
            &["ns51.worldnic.com", "ns52.worldnic.com"],
        ),
        (
            "IONOS",
            &[
                "ns1045.ui-dns.com",
                "ns1045.ui-dns.de",
                "ns1045.ui-dns.org",
                "ns1045.ui-dns.biz",
            ],
        ),
        ("Wix", &["ns6.wixdns.net", "ns7.wixdns.net"]),
        (
            "Azure DNS",
            &[
                "ns1-04.azure-dns.com.",
                "ns2-04.azure-dns.net.",
                "ns3-04.azure-dns.org",
                "ns4-04.azure-dns.info",
            ],
        ),
        (
            "DigitalOcean",
            &["ns1.digitalocean.com", "ns2.digitalocean.com"],
        ),
        ("Hover", &["ns1.hover.com", "ns2.hover.com"]),
        ("Bluehost", &["ns1.bluehost.com", "NS2.BLUEHOST.COM"]),
        (
            "HostGator",
            &["ns8001.hostgator.com", "ns8002.hostgator.com"],
        ),
        ("OVHcloud", &["dns104.ovh.net", "ns104.ovh.net"]),
        ("Gandi", &["ns-112-a.gandi.net", "ns-59-b.gandi.net"]),
        (
            "DNS Made Easy",
            &["ns10.dnsmadeeasy.com", "ns11.dnsmadeeasy.com"],
        ),
        ("NS1", &["dns1.p09.nsone.net", "dns2.p09.nsone.net"]),
        ("DNSimple", &["ns1.dnsimple.com", "ns2.dnsimple-edge.net"]),
        ("easyDNS", &["dns1.easydns.com", "dns2.easydns.net"]),
        (
            "Porkbun",
            &["curitiba.ns.porkbun.com", "fortaleza.ns.porkbun.com"],
        ),
        ("Vercel", &["ns1.vercel-dns.com", "ns2.vercel-dns.com"]),
        ("Netlify", &["dns1.p01.nsone.net", "dns2.p01.nsone.net"]),
    ];

    #[test]
    fn each_provider_is_known_by_its_name_servers() {
        for (name, hosts) in EXAMPLES {
            let provider = detect(hosts).unwrap_or_else(|| panic!("{name} is not in the table"));
            assert!(
                provider.name.contains(name),
                "{name} is taken for {}",
                provider.name
            );
        }
    }

    #[test]
    fn look_alike_and_private_name_servers_belong_to_no_provider() {
        for host in [
            "ns1.example.com",
            "ns.cloudflare.com.example.net",
            "evilcloudflare.com",
            "",
            "com",
        ] {
            assert_eq!(detect(&[host]), None, "{host}");
        }
        assert_eq!(detect::<&str>(&[]), None);
    }

    #[test]
    fn the_provider_of_most_name_servers_is_detected() {
        let hosts = ["ns1.hover.com", "dns1.easydns.com", "dns2.easydns.com"];
        assert_eq!(detect(&hosts).unwrap().name, "easyDNS");
    }

    #[test]
    fn every_provider_entry_is_complete_and_unique() {
        let mut ids: Vec<&str> = all().iter().map(|provider| provider.id.as_str()).collect();
        for provider in all() {
            assert!(!provider.name_servers.is_empty(), "{}", provider.id);
            assert!(!provider.steps.is_empty(), "{}", provider.id);
            assert!(provider.url.starts_with("https://"), "{}", provider.id);
            assert_eq!(by_id(&provider.id), Some(provider));
            for pattern in &provider.name_servers {
                assert_eq!(pattern, &pattern.to_ascii_lowercase());
                assert!(
                    pattern.contains('.'),
                    "{pattern} would match a whole top-level domain"
                );
            }
        }
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "an identifier is there twice");
    }

    proptest! {
        #[test]
        fn detection_never_panics(host in "\\PC{0,60}") {
            let _ = detect(&[host]);
        }
    }
}

//! A random zone: the domain, the published records, and the servers.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth::names::DomainName;
use domain_auth::records::{Record, RecordId, records_of};
use domain_auth_testkit::identity;
use local_dns_server::FaultRule;

use crate::chance::Chance;
use crate::{others, right, servers};

/// Endings of domains: for some of them there is a zone, as in reality; for others only the
/// resolver has answers.
const ENDINGS: [&str; 5] = ["com", "net", "co.uk", "de", "com.au"];
/// The endings for which there is a zone.
pub(crate) const TOP: [&str; 2] = ["com", "co.uk"];

/// A label of 63 letters, the longest possible (RFC 1035 section 2.3.4).
const LONG_LABEL: &str = "communities-of-the-north-and-of-the-south-and-of-all-that-is-we";

/// A domain whose records are all right.
pub(crate) struct Zone {
    pub(crate) seed: u64,
    pub(crate) domain: DomainName,
    /// The registered domain.
    pub(crate) registered: String,
    /// Lines of zone files, by zone.
    pub(crate) files: BTreeMap<String, Vec<String>>,
    /// Addresses of a zone's servers, if it does not use all of them.
    pub(crate) servers: BTreeMap<String, Vec<IpAddr>>,
    pub(crate) quirks: Vec<FaultRule>,
    pub(crate) ses: Option<SesStatus>,
}

impl Zone {
    /// The zone of a seed.
    pub(crate) fn of(seed: u64) -> Self {
        let chance = &mut Chance::new(seed);
        let registered = format!("seed{seed}.{}", chance.one_of(&ENDINGS));
        let domain = match chance.up_to(7) {
            0 | 1 => format!("mail.{registered}"),
            2 | 3 => format!("news.eu.{registered}"),
            // Non-ASCII letters; digits and hyphens; two labels that records use too; a long label.
            4 => format!("xn--bcher-kva.{registered}"),
            5 => format!(
                "{}.{registered}",
                chance.one_of(&["1-2--3", "bounce", "dkim", LONG_LABEL])
            ),
            _ => registered.clone(),
        };
        let mut zone = Self {
            seed,
            domain: DomainName::parse(&domain).unwrap(),
            files: BTreeMap::from([(registered.clone(), Vec::new())]),
            registered,
            servers: BTreeMap::new(),
            quirks: Vec::new(),
            ses: None,
        };
        zone.delegate(chance, &domain);
        zone.ses = ses(chance);
        let records = records_of(&zone.domain, &identity(&zone.domain));
        for record in &records {
            right::publish(&mut zone, chance, record);
        }
        others::publish(&mut zone, chance);
        servers::choose(&mut zone, chance);
        for lines in zone.files.values_mut() {
            chance.shuffle(lines);
        }
        zone
    }

    /// Delegates some names to zones of their own.
    fn delegate(&mut self, chance: &mut Chance, domain: &str) {
        let mut names = vec![
            format!("_domainkey.{domain}"),
            format!("bounce.{domain}"),
            format!("_amazonses.{domain}"),
            format!("_dmarc.{domain}"),
        ];
        if domain != self.registered && chance.once_in(2) {
            self.files.insert(domain.to_owned(), Vec::new());
        }
        names.retain(|_| chance.once_in(8));
        for name in names {
            self.files.insert(name, Vec::new());
        }
    }

    /// Adds a line to the closest zone: a name, a type and a value.
    pub(crate) fn add(&mut self, chance: &mut Chance, name: &str, data: &str) {
        let encloses = |zone: &str| {
            let front = name.strip_suffix(zone);
            front.is_some_and(|front| front.is_empty() || front.ends_with('.'))
        };
        let closest = self.files.keys().filter(|zone| encloses(zone));
        let closest = closest.max_by_key(|zone| zone.len()).cloned();
        // Times to live do not matter (RFC 2181 section 8).
        let ttl = if chance.once_in(6) {
            chance.one_of(&["0 ", "1 ", "604800 ", "2147483647 "])
        } else {
            ""
        };
        let line = format!("{}. {ttl}{data}", chance.case(name));
        let zone = closest.unwrap_or_else(|| self.registered.clone());
        self.files.entry(zone).or_default().push(line);
    }

    /// Removes one of the CNAME records, wherever it is.
    pub(crate) fn remove_a_key(&mut self) {
        let records = records_of(&self.domain, &identity(&self.domain));
        let of = |record: &&Record| record.id == RecordId::Dkim1;
        let name = &records.iter().find(of).unwrap().name;
        let front = format!("{name}. ");
        let is_other = |line: &String| !line.to_ascii_lowercase().starts_with(&front);
        for lines in self.files.values_mut() {
            lines.retain(is_other);
        }
    }

    /// A zone of another owner.
    pub(crate) fn vendor(&mut self) -> String {
        let name = format!("vendor{}.net", self.seed);
        self.files.entry(name.clone()).or_default();
        name
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "SEED={} {}, Amazon SES: {:?}",
            self.seed, self.domain, self.ses
        )?;
        for (zone, servers) in &self.servers {
            writeln!(f, "  servers of {zone}: {servers:?}")?;
        }
        for quirk in &self.quirks {
            writeln!(f, "  {quirk:?}")?;
        }
        for (zone, lines) in &self.files {
            writeln!(f, "  $ORIGIN {zone}.")?;
            for line in lines {
                let cut: String = line.chars().take(200).collect();
                writeln!(f, "    {cut}")?;
            }
        }
        Ok(())
    }
}

fn ses(chance: &mut Chance) -> Option<SesStatus> {
    let all = |status| {
        Some(SesStatus {
            verification: status,
            dkim: status,
            mail_from: status,
        })
    };
    match chance.up_to(2) {
        0 => None,
        1 => all(AxisStatus::Pending),
        _ => all(AxisStatus::Success),
    }
}

//! Other names at which a record may have been published.

use super::case::Case;
use crate::diagnosis::DiagnosisCode as Code;
use crate::records::{Record, RecordId};

/// Longest name that can be asked for (RFC 1035 section 2.3.4).
pub(crate) const MAX_NAME: usize = 253;

/// A name where a record may have ended up.
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) kind: PlaceKind,
    /// A name above it that exists only if such a mistake was made: the last label that does
    /// not belong there, right below the zone or the domain.
    pub(crate) branch: Option<String>,
}

/// By which mistake a record ends up at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlaceKind {
    /// The zone twice.
    Doubled,
    /// The subdomain part left out.
    WithoutPart,
    /// The domain itself.
    Apex,
    /// The domain itself, of a DMARC policy.
    PolicyAtDomain,
    /// A name that is nearly the record's own.
    Near,
    /// Name and value swapped.
    UnderItsValue,
    /// The name with an older token.
    OlderToken,
}

impl PlaceKind {
    pub(super) fn code(self) -> Code {
        match self {
            Self::Doubled => Code::HostDoubled,
            Self::WithoutPart => Code::HostWithoutZonePart,
            Self::Apex => Code::AtApex,
            Self::PolicyAtDomain => Code::DmarcWrongPlace,
            Self::Near => Code::HostMisplaced,
            Self::UnderItsValue => Code::ValueIsName,
            Self::OlderToken => Code::StaleToken,
        }
    }
}

impl Case<'_> {
    /// Where else a record may be: doubled, without the subdomain part, at the domain itself,
    /// under its value, or under an older token.
    pub(crate) fn places(&self, record: &Record) -> Vec<Place> {
        let zone = self.zone;
        let domain = self.context.domain.as_str();
        let mut places = Vec::new();
        let mut add = |name: String, kind, branch| {
            let new = name != record.name && name.len() <= MAX_NAME;
            if new {
                places.push(Place { name, kind, branch });
            }
        };
        let mut bases = vec![zone];
        bases.extend((domain != zone).then_some(domain));
        bases.extend(self.delegated_zone(&record.name));
        for base in bases {
            let name = below(base, &record.name);
            add(name, PlaceKind::Doubled, Some(branch(&record.name, base)));
        }
        for near in self.repeated_names(record) {
            add(near.name, PlaceKind::Doubled, near.below);
        }
        // The parent domain may have a record `_amazonses` of its own; whether the value is ours is checked where
        // the answer is read.
        let front = record.name.strip_suffix(domain);
        if let Some(front) = front.filter(|_| domain != zone && has_own_value(record)) {
            add([front, zone].concat(), PlaceKind::WithoutPart, None);
        }
        match record.id {
            RecordId::Verification | RecordId::Ownership => {
                add(domain.to_owned(), PlaceKind::Apex, None);
                // The whole domain in the field for the host.
                add(
                    below(zone, domain),
                    PlaceKind::Doubled,
                    Some(branch(domain, zone)),
                );
            }
            RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => {
                let value = record.data.value();
                let zone = self.zone_of(record);
                let name = below(zone, &value);
                add(name, PlaceKind::UnderItsValue, Some(branch(&value, zone)));
                for old in self.former_tokens(record.id) {
                    let name = format!("{old}._domainkey.{domain}");
                    add(name, PlaceKind::OlderToken, None);
                }
            }
            RecordId::Dmarc => add(domain.to_owned(), PlaceKind::PolicyAtDomain, None),
            RecordId::MailFromMx | RecordId::MailFromSpf => {}
        }
        for near in self.near_names(record) {
            add(near.name, PlaceKind::Near, near.below);
        }
        places
    }

    /// The older tokens that stood in this record's place: SES lists three each time.
    fn former_tokens(&self, id: RecordId) -> impl Iterator<Item = &str> {
        let place = match id {
            RecordId::Dkim1 => 0,
            RecordId::Dkim2 => 1,
            RecordId::Dkim3 => 2,
            RecordId::Verification
            | RecordId::MailFromMx
            | RecordId::MailFromSpf
            | RecordId::Dmarc
            | RecordId::Ownership => usize::MAX,
        };
        let former = self.context.former.dkim.iter().enumerate();
        former
            .filter(move |(at, _)| at % 3 == place)
            .map(|(_, token)| token.as_str())
    }
}

/// Whether the value of a record tells that it is of this domain. The policy, the MX record and the SPF record
/// are the same for many domains: those of the domain above serve its own mail.
fn has_own_value(record: &Record) -> bool {
    match record.id {
        RecordId::Verification | RecordId::Ownership => true,
        RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => true,
        RecordId::MailFromMx | RecordId::MailFromSpf | RecordId::Dmarc => false,
    }
}

/// The name right below `base` that leads to `name` doubled onto it.
fn branch(name: &str, base: &str) -> String {
    below(base, name.rsplit('.').next().unwrap_or(name))
}

/// The name made of `front` below `base`. Each look makes hundreds of them.
pub(super) fn below(base: &str, front: &str) -> String {
    [front, ".", base].concat()
}

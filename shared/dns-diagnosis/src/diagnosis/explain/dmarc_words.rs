//! Sentences about the meaning and the mistakes of a DMARC record.

use super::dmarc_faults::{unreadable, written};
use super::dmarc_repair::{relaxed, repaired};
use super::dmarc_steps::blocking;
use super::result::Fix;
use super::show::{in_full, listed, show, shown};
use super::steps::{Questions, lowered};
use super::wording::Wording;
use crate::diagnosis::DiagnosisCode as Code;
use crate::diagnosis::judge::{DmarcDiscovery, Finding, Joined, dmarc_name};
use crate::dns::RecordType;
use crate::email_auth::{Alignment, Dmarc, Policy, is_dmarc};
use crate::records::Record;

/// The maximum number of policies of one name that are shown.
const MAX_POLICIES: usize = 4;
/// Longest chain of aliases that is followed.
const MAX_ALIASES: usize = 4;

impl Wording<'_> {
    /// What a finding about the DMARC record at `place` means.
    pub(super) fn dmarc_message(&self, place: &str, finding: &Finding) -> String {
        let raw = finding.value.as_deref().unwrap_or_default();
        let seen = shown(raw);
        let dmarc = Dmarc::parse(raw);
        match finding.code {
            Code::DmarcMultiple => {
                let alias = self.case.observations.alias(place, RecordType::Txt);
                let at = match alias {
                    Some(target) => format!("{}, to which {place} leads", show(target)),
                    None => place.to_owned(),
                };
                let own = alias.unwrap_or(place);
                let texts: Vec<String> = self
                    .policies_at(own)
                    .iter()
                    .map(|text| shown(text))
                    .collect();
                let texts = if texts.len() > 1 {
                    format!(" ({})", listed(&texts))
                } else {
                    String::new()
                };
                format!(
                    "There is more than one DMARC record at {at}{texts}. Mail servers then ignore all of them{}.",
                    self.policy_instead(place)
                )
            }
            Code::DmarcTagInvalid => {
                let void = dmarc.map(|dmarc| dmarc.void_tags).unwrap_or_default();
                let void: Vec<(&str, &str)> = void
                    .iter()
                    .map(|tag| (tag.as_str(), written(raw, tag)))
                    .collect();
                // A part that is no tag at all is ignored by itself (RFC 9989 sections 4.8 and 4.10.1).
                let voids_policy = |(tag, part): &(&str, &str)| match *tag {
                    "p" => true,
                    "sp" | "np" => part.contains('='),
                    _ => false,
                };
                let effect = if void.iter().any(voids_policy) {
                    "so they act as if its policy were “none”"
                } else {
                    "so they ignore that part"
                };
                let void: Vec<String> = void.iter().map(|(_, part)| show(part)).collect();
                format!(
                    "The DMARC record at {place} has a part that mail servers cannot read ({}), {effect}. The record is \
                     now {seen}",
                    listed(&void)
                )
            }
            Code::DmarcStrictAlignment => {
                let is_strict = |alignment: fn(&Dmarc) -> Alignment| {
                    let own = dmarc.as_ref().map(alignment);
                    own.is_ok_and(|alignment| alignment == Alignment::Strict)
                };
                let strict = [
                    (is_strict(|dmarc| dmarc.dkim), "adkim=s"),
                    (is_strict(|dmarc| dmarc.spf), "aspf=s"),
                ];
                let strict = strict.into_iter().filter(|(applies, _)| *applies);
                let strict: Vec<String> = strict.map(|(_, part)| part.to_owned()).collect();
                format!(
                    "The DMARC record at {place} has a strict setting ({}). {} The record is now {seen}",
                    listed(&strict),
                    dmarc
                        .as_ref()
                        .map_or_else(|_| String::new(), |dmarc| self.unmatched(dmarc))
                )
            }
            Code::DmarcBlocksVia => {
                let applies = self.applying_policy().unwrap_or(Policy::Reject);
                format!(
                    "The DMARC record at {place} tells mail servers to {} ({seen}). Mail that Lasso sends from {} is not \
                     signed {}, so mail servers would {} now.{}",
                    blocking(applies, "mail that is not signed"),
                    self.context.domain,
                    if self.keys().is_published() {
                        "until Amazon SES has confirmed the records of the domain"
                    } else {
                        "yet"
                    },
                    blocking(applies, "it"),
                    self.older_receivers(dmarc.ok().as_ref())
                )
            }
            _ => {
                let why = dmarc.err().map_or_else(
                    || "is malformed".to_owned(),
                    |error| unreadable(raw, &error),
                );
                format!(
                    "Mail servers cannot read the DMARC record at {place}, because it {}. The record is now {seen}",
                    show(&why)
                )
            }
        }
    }

    /// What to do about the DMARC record at `place`, or where an alias there leads.
    pub(super) fn dmarc_fix(&self, record: &Record, place: &str, finding: &Finding) -> Fix {
        let raw = finding.value.as_deref().unwrap_or_default();
        let mut at = place;
        for _ in 0..MAX_ALIASES {
            match self.case.observations.alias(at, RecordType::Txt) {
                Some(target) => at = target,
                None => break,
            }
        }
        let has_void = Dmarc::parse(raw).is_ok_and(|dmarc| !dmarc.void_tags.is_empty());
        let value = if finding.code == Code::DmarcStrictAlignment && has_void {
            relaxed(&repaired(raw, &record.data.value()))
        } else if finding.code == Code::DmarcStrictAlignment {
            relaxed(raw)
        } else {
            repaired(raw, &record.data.value())
        };
        let steps = self.policy_steps(raw, &value, finding.code);
        if at != place && self.is_elsewhere(at) {
            let name = &record.name;
            let words = if finding.code == Code::DmarcMultiple {
                format!(
                    "{name} leads to {}, where there is more than one DMARC record. Please keep only one.",
                    show(at)
                )
            } else {
                format!(
                    "{name} leads to {}. Please change the DMARC record there to this: {}",
                    show(at),
                    in_full(&value)
                )
            };
            let ask = if finding.code == Code::DmarcMultiple {
                Questions::default()
            } else {
                steps.ask
            };
            return Self::ask_company_after(&ask, &show(at), &words);
        }
        let there = Record {
            name: at.to_owned(),
            ..record.clone()
        };
        if finding.code == Code::DmarcMultiple {
            let keep = self.policy_to_keep(record, at);
            return self.keep_one(&there, &keep.unwrap_or_else(|| raw.to_owned()));
        }
        self.open_and_change(&there, steps, &value)
    }

    /// A policy and values of other services in one record.
    pub(super) fn joined_policy_message(place: &str, raw: &str) -> String {
        let joined = Joined::of(raw);
        let others = joined.iter().flat_map(|joined| &joined.others);
        let others: Vec<String> = others.map(|other| shown(other)).collect();
        let policy = joined.as_ref().map_or(raw, |joined| joined.policy);
        format!(
            "Values have run together in the record at {place}: {} and {}. Only the first belongs there.",
            shown(policy),
            listed(&others)
        )
    }

    /// Which mail strict alignment concerns.
    fn unmatched(&self, dmarc: &Dmarc) -> String {
        let example = format!(
            "mail from addresses such as name@news.{}",
            self.context.domain
        );
        match (dmarc.dkim, dmarc.spf) {
            (Alignment::Strict, Alignment::Strict) => {
                format!("Because of it, {example} fails the check of mail servers.")
            }
            (Alignment::Strict, Alignment::Relaxed) => {
                format!("Because of it, {example} may fail the check of mail servers.")
            }
            (Alignment::Relaxed, Alignment::Strict) => {
                "Because of it, mail from Lasso that is not signed (DKIM) may fail the check of mail servers."
                    .to_owned()
            }
            (Alignment::Relaxed, Alignment::Relaxed) => String::new(),
        }
    }

    fn applying_policy(&self) -> Option<Policy> {
        match self.case.policies.discovery() {
            DmarcDiscovery::Published { policy, .. } => Some(policy),
            DmarcDiscovery::Void { .. } | DmarcDiscovery::Absent | DmarcDiscovery::Unknown => None,
        }
    }

    /// Which of several policies to keep, with the others by their values.
    fn keep_one(&self, record: &Record, keep: &str) -> Fix {
        let others = self.policies_at(&record.name);
        let others: Vec<String> = others
            .iter()
            .filter(|text| *text != keep)
            .map(|text| shown(text))
            .collect();
        let row = self.row(&record.name);
        let field = self.panel.value_field(&record.data);
        let delete = match others.as_slice() {
            [] => format!("delete the other TXT record {row}"),
            [other] => {
                format!("delete the TXT record {row} that has {other} in the field “{field}”")
            }
            others => format!(
                "delete the TXT records {} that have {} in the field “{field}”",
                self.named(&record.name),
                listed(others)
            ),
        };
        let policy = Dmarc::parse(keep).map_or(Policy::None, |dmarc| dmarc.policy);
        let effect = if policy.blocks() {
            format!(" {}", self.effect_of(policy))
        } else {
            String::new()
        };
        Self::advice(format!(
            "First ask the person who looks after your DNS who added the TXT records {}, and whether they agree. Then, \
             {}{delete}, and keep the one that has {} there.{effect}",
            self.named(&record.name),
            lowered(&self.at()),
            shown(keep)
        ))
    }

    fn policies_at(&self, name: &str) -> Vec<String> {
        let texts = self.case.observations.values(name, RecordType::Txt);
        texts
            .into_iter()
            .filter(|text: &String| is_dmarc(text))
            .take(MAX_POLICIES)
            .collect()
    }

    /// If there are several policies, the one that the owner has written rather than the one that was proposed.
    fn policy_to_keep(&self, record: &Record, at: &str) -> Option<String> {
        let texts = self.case.observations.values(at, RecordType::Txt);
        let proposed = repaired(&record.data.value(), "");
        let mut own = texts.into_iter().filter(|text| is_dmarc(text));
        own.find(|text| Dmarc::parse(text).is_ok() && repaired(text, "") != proposed)
    }

    fn older_receivers(&self, dmarc: Option<&Dmarc>) -> String {
        match (dmarc, self.case.policies.discovery()) {
            (Some(dmarc), DmarcDiscovery::Published { policy, .. }) => {
                older_receivers(dmarc, policy)
            }
            (
                Some(_) | None,
                DmarcDiscovery::Published { .. }
                | DmarcDiscovery::Void { .. }
                | DmarcDiscovery::Absent
                | DmarcDiscovery::Unknown,
            ) => String::new(),
        }
    }

    /// Which policy applies although the records at `place` count for nothing.
    fn policy_instead(&self, place: &str) -> String {
        match self.case.policies.discovery() {
            DmarcDiscovery::Published { at, policy, .. } if at != place => {
                format!(", and the policy at {at} applies: {}", policy.as_str())
            }
            DmarcDiscovery::Published { .. }
            | DmarcDiscovery::Void { .. }
            | DmarcDiscovery::Absent
            | DmarcDiscovery::Unknown => String::new(),
        }
    }

    /// What a policy that is found means for the domain. `place` is where it is.
    pub(super) fn dmarc_found(&self, place: &str) -> String {
        let domain = self.context.domain.as_str();
        let own = place == dmarc_name(domain);
        let unsaid = match self.case.policies.discovery() {
            DmarcDiscovery::Published { text, dmarc, .. } => {
                let says = text.split(';').filter_map(|part| part.split_once('='));
                let says_policy = says.map(|(tag, _)| tag.trim()).any(|tag| tag == "p");
                !says_policy && dmarc.policy == Policy::None
            }
            DmarcDiscovery::Void { .. } | DmarcDiscovery::Absent | DmarcDiscovery::Unknown => false,
        };
        let mut message = if own {
            format!("The record at {place} is published and right.")
        } else {
            format!(
                "The DMARC policy at {place} also covers {domain}; no further record is needed."
            )
        };
        if unsaid {
            message.push_str(" It sets no policy (p), which is fine: it acts as p=none.");
        }
        message
    }
}

/// What receivers by RFC 7489, which many still are, make of tags that RFC 9989 has changed.
fn older_receivers(dmarc: &Dmarc, policy: Policy) -> String {
    let percent = dmarc.percent.map(|percent| {
        format!(
            " Older mail servers apply the policy to {percent} % of the mail (pct={percent}), newer mail \
             servers to all."
        )
    });
    let testing = dmarc.testing.then(|| {
        let newer = if policy.blocks() {
            "treat it as spam instead of refusing it"
        } else {
            "deliver it"
        };
        format!(" (Because of t=y, newer mail servers {newer}.)")
    });
    [percent, testing].into_iter().flatten().collect()
}

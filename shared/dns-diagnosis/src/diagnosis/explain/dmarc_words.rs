//! Sentences about the meaning and the mistakes of a DMARC record.

use super::dmarc_faults::{unreadable, written};
use super::dmarc_repair::{changed, left_out, relaxed, repaired};
use super::result::Fix;
use super::show::{in_full, show, shown};
use super::trouble_words::listed;
use super::wording::Wording;
use crate::diagnosis::DiagnosisCode as Code;
use crate::diagnosis::judge::{DmarcDiscovery, Finding, dmarc_name};
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
                    "The DMARC record at {place} is stricter ({}) than mail that Lasso sends can always meet, so some \
                     of it may fail the check of mail servers{}. The record is now {seen}",
                    listed(&strict),
                    dmarc.as_ref().map_or("", unmatched)
                )
            }
            Code::DmarcBlocksVia => format!(
                "The DMARC record at {place} tells mail servers to refuse mail that is not signed, or to treat it as \
                 spam ({seen}). Mail for {} is not signed {}, so this would happen to mail that is sent now.{}",
                self.context.domain,
                if self.keys().is_published() {
                    "until Amazon SES has confirmed its records"
                } else {
                    "yet"
                },
                self.older_receivers(dmarc.ok().as_ref())
            ),
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
            return Self::ask_company(&show(at), &words);
        }
        let there = Record {
            name: at.to_owned(),
            ..record.clone()
        };
        if finding.code == Code::DmarcMultiple {
            let keep = self.policy_to_keep(record, at);
            return self.keep_one(&there, &keep.unwrap_or_else(|| raw.to_owned()));
        }
        let note = if finding.code == Code::DmarcStrictAlignment {
            let ask =
                " (ask the person who looks after your DNS first: it is a setting of your company)";
            [ask, &lost_note(raw, &value)].concat()
        } else {
            [changed(raw, &value), lost_note(raw, &value)].concat()
        };
        self.open_and_change(&there, "", &note, &value)
    }

    /// Which of several policies to keep, with the others by their values.
    fn keep_one(&self, record: &Record, keep: &str) -> Fix {
        let others = self.policies_at(&record.name);
        let others: Vec<String> = others
            .iter()
            .filter(|text| *text != keep)
            .map(|text| shown(text))
            .collect();
        let others = match others.as_slice() {
            [] => "delete the other one".to_owned(),
            [other] => format!("delete the other one, which has {other} there"),
            others => format!("delete the others, which have {} there", listed(others)),
        };
        Self::advice(format!(
            "{}keep the TXT record {}{}, and {others}. If you do not know who added them, ask the person who looks \
             after your DNS first.",
            self.at(),
            self.row(&record.name),
            self.told_by(record, keep)
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

/// A note that the mended record lacks parts of the existing one, if so.
fn lost_note(raw: &str, value: &str) -> String {
    let lost = left_out(raw, value);
    if lost.is_empty() {
        return String::new();
    }
    format!(
        " (it leaves out {}; if you do not know what that is for, ask the person who looks after your DNS first)",
        listed(&lost.iter().map(|part| show(part)).collect::<Vec<_>>())
    )
}

/// Which mail strict alignment concerns.
fn unmatched(dmarc: &Dmarc) -> &'static str {
    match (dmarc.dkim, dmarc.spf) {
        (Alignment::Strict, Alignment::Strict) => ": mail from names below the domain always does",
        (Alignment::Relaxed, Alignment::Strict) => ", unless it is signed (DKIM)",
        (Alignment::Strict, Alignment::Relaxed) => {
            ": mail from names below the domain, unless their bounces have a name of their own (MAIL FROM)"
        }
        (Alignment::Relaxed, Alignment::Relaxed) => "",
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
        format!(
            " With t=y it acts as “{}”; older mail servers do not know t=y, and apply the policy as it \
             is written.",
            policy.as_str()
        )
    });
    [percent, testing].into_iter().flatten().collect()
}

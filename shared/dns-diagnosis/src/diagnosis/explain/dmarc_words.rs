//! Sentences about the meaning and the mistakes of a DMARC record; and the repaired record.

use super::result::Fix;
use super::show::{show, shown};
use super::wording::Wording;
use crate::diagnosis::DiagnosisCode as Code;
use crate::diagnosis::judge::{DmarcDiscovery, Finding, decode, dmarc_name};
use crate::dns::RecordType;
use crate::email_auth::{Alignment, Dmarc, DmarcError, Policy, is_dmarc};
use crate::records::Record;

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
                format!(
                    "There is more than one DMARC record at {at}. Mail servers then ignore all of them{}.",
                    self.policy_instead(place)
                )
            }
            Code::DmarcTagInvalid => {
                let void = dmarc.map(|dmarc| dmarc.void_tags).unwrap_or_default();
                let void: Vec<String> = void.iter().map(|tag| show(tag)).collect();
                format!(
                    "Mail servers cannot read a part of the DMARC record at {place} ({}){}: {seen}",
                    void.join(", "),
                    if void
                        .iter()
                        .any(|tag| matches!(tag.as_str(), "p" | "sp" | "np"))
                    {
                        ", so they act as if its policy was “none”"
                    } else {
                        ", so they ignore that part"
                    }
                )
            }
            Code::DmarcStrictAlignment => format!(
                "The DMARC policy at {place} requires an exact match of names (“strict alignment”) that \
                 mail through Amazon SES does not always have{}: {seen}",
                dmarc.as_ref().map_or("", unmatched)
            ),
            Code::DmarcBlocksVia => format!(
                "The DMARC policy at {place} makes mail servers refuse mail that is not authenticated, or \
                 treat it as spam ({seen}), and {}: this would happen to mail sent for {} now.{}",
                if self.keys().is_published() {
                    "neither DKIM nor MAIL FROM is in effect yet"
                } else {
                    "neither DKIM nor MAIL FROM is in place"
                },
                self.context.domain,
                self.older_receivers(dmarc.ok().as_ref())
            ),
            _ => {
                let why = dmarc.err().map(|error| match error {
                    DmarcError::NotDmarc if is_dmarc(raw.trim_start()) => {
                        "has a space in front of v=DMARC1".to_owned()
                    }
                    DmarcError::NotDmarc if behind_version(raw).is_some() => format!(
                        "has {} behind v=DMARC1, where a semicolon (;) belongs",
                        behind_version(raw).unwrap_or_default()
                    ),
                    DmarcError::NotDmarc
                    | DmarcError::NoPolicy
                    | DmarcError::UnknownPolicy(_)
                    | DmarcError::Repeated(_) => error.to_string(),
                });
                let why = show(&why.unwrap_or_else(|| "is malformed".to_owned()));
                format!("Mail servers cannot read the DMARC record at {place}: it {why}: {seen}")
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
        let value = if finding.code == Code::DmarcStrictAlignment {
            relaxed(raw)
        } else {
            repaired(raw, &record.data.value())
        };
        if at != place && self.is_elsewhere(at) {
            let change = if finding.code == Code::DmarcMultiple {
                "keep only one of the DMARC records that it has for you there".to_owned()
            } else {
                format!(
                    "change the DMARC policy that it keeps for you there to this: {}",
                    show(&value)
                )
            };
            return Self::advice(format!(
                "Ask the company that owns {} to {change}",
                show(at)
            ));
        }
        if finding.code == Code::DmarcMultiple {
            return Self::advice(format!(
                "At {}, delete every TXT record at {} that begins with v=DMARC1, except the one that you want \
                 to keep, for example {}",
                self.panel.place(),
                show(at),
                shown(
                    &self
                        .policy_to_keep(record, at)
                        .unwrap_or_else(|| raw.to_owned())
                )
            ));
        }
        let there = Record {
            name: if at == place { &record.name } else { at }.to_owned(),
            ..record.clone()
        };
        self.change_value_to(&there, &value)
    }

    /// Of several policies the one that the owner has written, rather than the one that was proposed.
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
            message.push_str(" It names no policy (p), so it acts as p=none.");
        }
        message
    }
}

/// What is between the version and the first tag, where that is not a semicolon.
fn behind_version(text: &str) -> Option<&'static str> {
    let rest = text.strip_prefix("v=DMARC1")?;
    let next = rest.trim_start().chars().next()?;
    match next {
        ',' => Some("a comma"),
        ':' => Some("a colon"),
        _ if next.is_alphanumeric() && rest.starts_with(char::is_whitespace) => {
            Some("only a space")
        }
        _ => None,
    }
}

/// Which mail strict alignment concerns.
fn unmatched(dmarc: &Dmarc) -> &'static str {
    match (dmarc.dkim, dmarc.spf) {
        (Alignment::Strict, Alignment::Strict) => {
            ". Mail from addresses below the domain never has it"
        }
        (Alignment::Relaxed, Alignment::Strict) => ". Only DKIM can have it",
        (Alignment::Strict, Alignment::Relaxed) => {
            ". For mail from addresses below the domain, only MAIL FROM can have it"
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

/// The DMARC record with what receivers cannot read taken out, and a policy where there is none; the
/// proposed one where nothing can be kept.
pub(super) fn repaired(text: &str, proposed: &str) -> String {
    let text = bare(text);
    let Some(parts) = parts_of(&text) else {
        return proposed.to_owned();
    };
    let void = Dmarc::parse(&text)
        .map(|dmarc| dmarc.void_tags)
        .unwrap_or_default();
    let mut kept: Vec<(String, String)> = Vec::new();
    for (tag, value) in parts {
        let is_policy = matches!(tag.as_str(), "p" | "sp" | "np");
        let policies = [Policy::None, Policy::Quarantine, Policy::Reject];
        let known = policies
            .iter()
            .any(|policy| policy.as_str().eq_ignore_ascii_case(&value));
        let again = kept.iter().any(|(seen, _)| *seen == tag);
        if !again && (!is_policy || known) && !void.contains(&tag) {
            kept.push((tag, value));
        }
    }
    // The policy comes first by old custom, and some receivers want it there.
    let policy = kept.iter().position(|(tag, _)| tag == "p");
    let policy = policy.map_or_else(|| ("p".to_owned(), "none".to_owned()), |at| kept.remove(at));
    kept.insert(0, policy);
    let parts = kept.iter().map(|(tag, value)| format!("{tag}={value}"));
    let all: Vec<String> = std::iter::once("v=DMARC1".to_owned())
        .chain(parts)
        .collect();
    let repaired = all.join("; ");
    if Dmarc::parse(&repaired).is_ok_and(|dmarc| dmarc.void_tags.is_empty()) {
        repaired
    } else {
        proposed.to_owned()
    }
}

/// The tags and values of what is meant as a DMARC record, whatever stands between them and wherever the
/// version is. None where there is neither a version nor a policy, so that it may be anything.
fn parts_of(text: &str) -> Option<Vec<(String, String)>> {
    let mut parts: Vec<(String, String)> = Vec::new();
    let mut has_version = false;
    let between = |c: char| ";,".contains(c) || c.is_whitespace() || c.is_control();
    for word in text.split(between) {
        let Some((tag, value)) = word.split_once('=').or_else(|| with_a_colon(word)) else {
            // A further address, behind a comma.
            if let Some((_, value)) = parts.last_mut().filter(|_| word.contains(':')) {
                value.push(',');
                value.push_str(word);
            }
            continue;
        };
        let (tag, value) = (tag.trim().to_ascii_lowercase(), value.trim_end_matches(':'));
        if tag == "v" {
            has_version |= value.to_ascii_lowercase().starts_with("dmarc");
        } else if tag.bytes().all(|octet| octet.is_ascii_lowercase()) {
            parts.push((tag, value.to_owned()));
        }
    }
    let says_policy = parts.iter().any(|(tag, _)| tag == "p" || tag == "rua");
    (has_version || says_policy).then_some(parts)
}

/// A tag and its value with a colon between them.
fn with_a_colon(word: &str) -> Option<(&str, &str)> {
    const TAGS: [&str; 12] = [
        "v", "p", "sp", "np", "t", "psd", "pct", "adkim", "aspf", "rua", "ruf", "fo",
    ];
    let (tag, value) = word.split_once(':')?;
    let lower = tag.to_ascii_lowercase();
    TAGS.contains(&lower.as_str()).then_some((tag, value))
}

/// What is left without escapes, quotation marks and spaces around it.
fn bare(text: &str) -> String {
    let text = decode(text).replace('\\', "");
    let around = |c: char| c.is_whitespace() || !c.is_ascii() || "\"'`".contains(c);
    text.trim_matches(around).to_owned()
}

/// The DMARC record with relaxed alignment.
fn relaxed(text: &str) -> String {
    let parts = text.split(';').map(|part| match part.split_once('=') {
        Some((tag, value)) => match (tag.trim(), value.trim()) {
            (tag @ ("adkim" | "aspf"), "s" | "S") => format!(" {tag}=r"),
            _ => part.to_owned(),
        },
        None => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join(";")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repaired_policy_keeps_what_can_be_kept() {
        let proposed = "v=DMARC1; p=none;";
        for (text, mended) in [
            (
                "v=DMARC1; rua=mailto:a@example.com",
                "v=DMARC1; p=none; rua=mailto:a@example.com",
            ),
            (" v=DMARC1; p=none", "v=DMARC1; p=none"),
            ("v=DMARC1; p=block; adkim=s;", "v=DMARC1; p=none; adkim=s"),
            (
                "v=DMARC1; p=none; sp=rejct; rua=mailto:a@b.example",
                "v=DMARC1; p=none; rua=mailto:a@b.example",
            ),
            ("v=DMARC1; p=none; p=reject", "v=DMARC1; p=none"),
            ("v=DMARC1; p=quarantine; t=yes", "v=DMARC1; p=quarantine"),
            ("v=dmarc1; p=none", "v=DMARC1; p=none"),
            ("v=DMARC1 p=reject", "v=DMARC1; p=reject"),
            (
                "v=DMARC1, p=reject, rua=mailto:a@b.example,mailto:c@d.example",
                "v=DMARC1; p=reject; rua=mailto:a@b.example,mailto:c@d.example",
            ),
            ("v=DMARC1: p=quarantine", "v=DMARC1; p=quarantine"),
            ("p=reject; v=DMARC1", "v=DMARC1; p=reject"),
            ("v=DMARC2; p=reject", "v=DMARC1; p=reject"),
            (
                "\"v=DMARC1\\; p=reject\\; rua=mailto:a@b.example\"",
                "v=DMARC1; p=reject; rua=mailto:a@b.example",
            ),
            ("v=DMARC1; p=none; v=DMARC1; p=reject", "v=DMARC1; p=none"),
            (
                "p=none; rua=mailto:a@b.example",
                "v=DMARC1; p=none; rua=mailto:a@b.example",
            ),
            ("v=DMARC1;\\194\\160p=reject", "v=DMARC1; p=reject"),
            (
                "\\226\\128\\156v=DMARC1; p=reject; rua=mailto:a@b.example\\226\\128\\157",
                "v=DMARC1; p=reject; rua=mailto:a@b.example",
            ),
            (
                "v:DMARC1; p:reject; rua:mailto:a@b.example",
                "v=DMARC1; p=reject; rua=mailto:a@b.example",
            ),
            ("TXT v=DMARC1; p=reject", "v=DMARC1; p=reject"),
            ("\"v=DMARC1\"", "v=DMARC1; p=none"),
            ("v=spf1 -all", proposed),
            ("anything", proposed),
        ] {
            assert_eq!(repaired(text, proposed), mended, "{text}");
        }
    }

    #[test]
    fn relaxed_alignment_changes_nothing_else() {
        assert_eq!(
            relaxed("v=DMARC1; p=reject; aspf=s; adkim=s; rua=mailto:a@example.com"),
            "v=DMARC1; p=reject; aspf=r; adkim=r; rua=mailto:a@example.com"
        );
    }
}

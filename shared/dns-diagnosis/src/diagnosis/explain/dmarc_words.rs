//! What a DMARC record means, and what is wrong with it, in words; and the record mended.

use super::show::show;
use super::wording::Wording;
use crate::diagnosis::DiagnosisCode as Code;
use crate::diagnosis::judge::{DmarcDiscovery, Finding, decode, dmarc_name};
use crate::email_auth::{Alignment, Dmarc, DmarcError, Policy, is_dmarc};

impl Wording<'_> {
    /// What a finding about the DMARC record at `place` means.
    pub(super) fn dmarc_message(&self, place: &str, finding: &Finding) -> String {
        let raw = finding.value.as_deref().unwrap_or_default();
        let seen = show(raw);
        let dmarc = Dmarc::parse(raw);
        match finding.code {
            Code::DmarcMultiple => format!(
                "There is more than one DMARC record at {place}. Mail servers then ignore all of \
                 them{}.",
                self.policy_instead(place)
            ),
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
                "The DMARC policy at {place} demands an exact match of names (“strict alignment”) \
                 that mail through Amazon SES does not have in every case{}: {seen}",
                dmarc.as_ref().map_or("", unmatched)
            ),
            Code::DmarcBlocksVia => format!(
                "The DMARC policy at {place} has mail refused that is not authenticated ({seen}), \
                 and neither DKIM nor MAIL FROM is in place: mail sent for {} now would be refused.{}",
                self.context.domain,
                self.older_receivers(dmarc.ok().as_ref())
            ),
            _ => {
                let why = dmarc.err().map(|error| match error {
                    DmarcError::NotDmarc if is_dmarc(raw.trim_start()) => {
                        "has a space in front of v=DMARC1".to_owned()
                    }
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
            " Older mail servers apply it to {percent} % of the mail (pct={percent}), newer ones to \
             all."
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
    let text = text.trim();
    if !is_dmarc(text) {
        return proposed.to_owned();
    }
    let void = Dmarc::parse(text)
        .map(|dmarc| dmarc.void_tags)
        .unwrap_or_default();
    let parts = text.split(';').skip(1).map(str::trim);
    let mut kept: Vec<&str> = Vec::new();
    for part in parts {
        let Some((tag, value)) = part.split_once('=') else {
            continue;
        };
        let (tag, value) = (tag.trim(), value.trim());
        let is_policy = matches!(tag, "p" | "sp" | "np");
        let policies = [Policy::None, Policy::Quarantine, Policy::Reject];
        let known = policies
            .iter()
            .any(|policy| policy.as_str().eq_ignore_ascii_case(value));
        let again = kept
            .iter()
            .any(|seen| seen.split_once('=').is_some_and(|(t, _)| t.trim() == tag));
        if !again && (!is_policy || known) && !void.iter().any(|void| void == tag) {
            kept.push(part);
        }
    }
    let has_policy = kept
        .iter()
        .any(|part| part.split_once('=').is_some_and(|(t, _)| t.trim() == "p"));
    if !has_policy {
        kept.insert(0, "p=none");
    }
    kept.insert(0, "v=DMARC1");
    let repaired = kept.join("; ");
    if Dmarc::parse(&repaired).is_ok_and(|dmarc| dmarc.void_tags.is_empty()) {
        repaired
    } else {
        proposed.to_owned()
    }
}

/// The DMARC record without what was put in and around it; the proposed one where that is no policy.
pub(super) fn cleaned(text: &str, proposed: &str) -> String {
    let text = decode(text).replace('\\', "");
    let text =
        text.trim_matches(|c: char| c.is_whitespace() || !c.is_ascii() || "\"'`".contains(c));
    let rest = text.split_once(';').map_or("", |(_, rest)| rest);
    let cleaned = format!("v=DMARC1;{rest}");
    match Dmarc::parse(&cleaned) {
        Ok(_) => cleaned,
        Err(_) => proposed.to_owned(),
    }
}

/// The DMARC record with relaxed alignment.
pub(super) fn relaxed(text: &str) -> String {
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
            ("v=dmarc1; p=none", proposed),
        ] {
            assert_eq!(repaired(text, proposed), mended, "{text}");
        }
    }

    #[test]
    fn a_policy_is_kept_when_what_surrounds_it_is_taken_off() {
        let proposed = "v=DMARC1; p=none;";
        for text in [
            "v=DMARC1\\; p=reject\\; rua=mailto:a@example.com",
            "\"v=DMARC1; p=reject; rua=mailto:a@example.com\"",
            " v=dmarc1; p=reject; rua=mailto:a@example.com",
            "\\226\\128\\156v=DMARC1; p=reject; rua=mailto:a@example.com\\226\\128\\157",
        ] {
            let kept = "v=DMARC1; p=reject; rua=mailto:a@example.com";
            assert_eq!(cleaned(text, proposed), kept, "{text}");
        }
        assert_eq!(cleaned("\"v=DMARC1\"", proposed), proposed);
    }

    #[test]
    fn relaxed_alignment_changes_nothing_else() {
        assert_eq!(
            relaxed("v=DMARC1; p=reject; aspf=s; adkim=s; rua=mailto:a@example.com"),
            "v=DMARC1; p=reject; aspf=r; adkim=r; rua=mailto:a@example.com"
        );
    }
}

//! Sentences about the domain as a whole: why nothing of it can be seen, and whom to ask.

use super::result::{DomainDiagnosis, Fix};
use super::show::{listed, show};
use super::wording::Wording;
use crate::diagnosis::DiagnosisCode as Code;
use crate::diagnosis::judge::Trouble;

impl Wording<'_> {
    /// The sentence about a problem of the domain as a whole.
    pub(super) fn trouble_message(&self, trouble: Trouble) -> String {
        let domain = self.context.domain.as_str();
        let bought = self.context.domain.organizational();
        let zone = self.panel.zone();
        match trouble {
            Trouble::NoSuchDomain if domain == bought => {
                format!("{domain} does not exist: it is not registered, or it has expired.")
            }
            Trouble::NoSuchDomain => format!(
                "{domain} cannot be used, because {bought} does not exist: it is not registered, or it has expired."
            ),
            Trouble::Suspended => format!(
                "{zone} is switched off at the company where it was bought: it has not been paid for, confirmed or \
                 set up yet. Nothing that you enter for it can be seen, and it receives no mail."
            ),
            Trouble::NotLive => format!(
                "{zone} is set to name servers that do not know it{}, so nothing that you enter for it can be \
                 seen.",
                self.registered_servers()
            ),
            Trouble::Bogus => format!(
                "A security setting of {zone} (DNSSEC) is broken, so mail servers and Amazon SES trust \
                 nothing that is published there."
            ),
            Trouble::Silent => format!(
                "The name servers of {zone} did not answer, so it is not known what is published. This \
                 does not mean that your records are wrong. Lasso will try again."
            ),
        }
    }

    /// What to do about the domain as a whole.
    pub(super) fn trouble_fix(&self, trouble: Trouble) -> Option<Fix> {
        let bought = self.context.domain.organizational();
        let zone = self.panel.zone();
        let text = match trouble {
            Trouble::NoSuchDomain => {
                let domain = self.context.domain;
                format!(
                    "Look at the spelling of {bought}. If it is wrong, remove {domain} in Lasso, and add the right domain. If \
                     it is right, sign in where {bought} was bought and renew it there; if you do not know where that \
                     was, ask the person who looks after your DNS. If it has not been bought yet, buy it first."
                )
            }
            Trouble::Suspended => format!(
                "Sign in where {zone} was bought, and do what the notice beside {zone} says. If there is none, send \
                 this to the support of that company: “Why is {zone} switched off? Its name servers are those of \
                 suspended, expired or parked domains{}.”",
                self.registered_servers()
            ),
            Trouble::NotLive => format!(
                "Send this to the support of the company where {zone} was bought: “Which name servers should {zone} \
                 have? Those that it has now{} do not answer for it.”",
                self.registered_servers()
            ),
            Trouble::Bogus => format!(
                "Send this to the support of the company where {zone} was bought: “DNSSEC is broken for {zone}. Please \
                 correct its DS record, or remove it.”"
            ),
            Trouble::Silent => return None,
        };
        Some(Self::advice(text))
    }

    /// The name servers that the registrar has, in brackets.
    pub(super) fn registered_servers(&self) -> String {
        let servers = self.context.found_zone().map(|zone| &zone.name_servers);
        match servers {
            Some(servers) if !servers.is_empty() => {
                let shown: Vec<String> = servers.iter().take(4).map(|host| show(host)).collect();
                format!(" ({})", listed(&shown))
            }
            Some(_) | None => String::new(),
        }
    }

    /// Some of the zone's name servers do not know it. Its records are seen all the same.
    pub(super) fn lame(&self, hosts: &[&str]) -> DomainDiagnosis {
        let zone = self.panel.zone();
        let shown: Vec<String> = hosts.iter().take(4).map(|host| show(host)).collect();
        let does = if shown.len() == 1 { "does" } else { "do" };
        let shown = listed(&shown);
        DomainDiagnosis {
            code: Code::NameserverLame,
            message: format!(
                "Some of the name servers of {zone} do not know it: {shown} {does} not answer for it. The \
                 records are seen at the others, but mail servers may need more than one try."
            ),
            fix: Some(Self::advice(format!(
                "Send this to the support of {}: “{shown} {does} not answer for {zone}.” Your records need no change.",
                self.panel.place()
            ))),
        }
    }
}

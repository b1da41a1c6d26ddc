//! The notes about a record in a format.

use super::order::Handoff;
use crate::names::plain_text::shown;
use crate::providers::Panel;
use crate::records::{Record, RecordId, Requirement};

/// What a record is for, in a few words.
pub(super) fn purpose(record: &Record) -> &'static str {
    match record.id {
        RecordId::Verification => "proves to Amazon SES that the domain is yours",
        RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3
            if record.requirement == Requirement::Required =>
        {
            "proves to Amazon SES that the domain is yours, and signs your mail with it (DKIM)"
        }
        RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => {
            "signs your mail with your own domain (DKIM)"
        }
        RecordId::MailFromMx => "receives mail that cannot be delivered (MAIL FROM)",
        RecordId::MailFromSpf => "names Amazon SES as an allowed sender (SPF)",
        RecordId::Dmarc => "tells mailbox providers your policy (DMARC)",
        RecordId::Ownership => "proves to Lasso which client the domain belongs to",
    }
}

/// What to watch out for with a record.
fn caution(id: RecordId) -> Option<&'static str> {
    match id {
        RecordId::Dmarc => Some(
            "Only add this if there is no TXT record at this name yet. Keep an existing record: a second \
             one would make both invalid.",
        ),
        RecordId::MailFromMx => Some("This has to be the only MX record at this name."),
        RecordId::MailFromSpf => {
            Some("This has to be the only record at this name that begins with v=spf1.")
        }
        RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => Some(
            "If there is a switch “Proxy” (some call it “CDN” or “Flattening”), switch it off. There must be no other \
                 record with this name.",
        ),
        RecordId::Verification | RecordId::Ownership => None,
    }
}

/// What publishing a record does to the claims to the domain, for a person who may be a stranger to
/// the client: who publishes the ownership record decides which client has the domain at Lasso.
pub(super) fn claim_notice(id: RecordId, domain: &str, client: &str) -> Option<String> {
    match id {
        RecordId::Ownership => Some(format!(
            "When Lasso finds this record, {domain} goes to {client}, a client of Lasso, and any other \
             client of Lasso loses it. Publish it only on behalf of that organization."
        )),
        RecordId::Verification | RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => None,
        RecordId::MailFromMx | RecordId::MailFromSpf | RecordId::Dmarc => None,
    }
}

/// What to watch out for with a record, as a comment in a file.
pub(super) fn comment(handoff: &Handoff<'_>, id: RecordId) -> String {
    let client = handoff.client.as_str();
    let notice = claim_notice(id, handoff.domain.as_str(), client);
    let texts = [caution(id), notice.as_deref()];
    texts
        .into_iter()
        .flatten()
        .fold(String::new(), |all, text| format!("{all} {text}"))
}

/// What to do if the panel's field does not take the whole name.
fn too_long(panel: &Panel, record: &Record) -> Option<String> {
    let (longest, host) = (panel.longest_host()?, panel.host(record));
    (host.len() > longest).then(|| {
        format!(
            "The field “{}” at {} takes {longest} characters and this name has {}: ask the support of {} \
             to add the record.",
            panel.host_field(),
            panel.place(),
            host.len(),
            panel.place(),
        )
    })
}

/// What to watch out for with a record in a provider's panel.
pub(super) fn note(handoff: &Handoff<'_>, panel: &Panel, record: &Record) -> Option<String> {
    let own = handoff.panel_for(record, panel);
    let elsewhere = (own.zone() != panel.zone()).then(|| {
        format!(
            "This record belongs in a separate zone, {}, at {}: add it there.",
            own.zone(),
            own.place()
        )
    });
    let panel = &own;
    let client = shown(handoff.client.as_str());
    let notice = claim_notice(record.id, handoff.domain.as_str(), &client);
    let too_long = too_long(panel, record);
    let notes = [
        elsewhere.as_deref(),
        panel.quoting(&record.data),
        caution(record.id),
        too_long.as_deref(),
        notice.as_deref(),
    ];
    let notes: Vec<&str> = notes.into_iter().flatten().collect();
    (!notes.is_empty()).then(|| notes.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::scene::Scene;
    use crate::dns::{
        AuthorityAnswer, NameServer, Observation, Outcome, Question, RecordType, Zone,
    };
    use crate::names::{ClientId, DomainName};
    use crate::records::RecordData;

    fn note_at(name_server: &str, label: &str) -> String {
        let zone = Zone {
            apex: "example.com".to_owned(),
            name_servers: vec![name_server.to_owned()],
        };
        let record = Record {
            id: RecordId::Verification,
            name: format!("{label}.example.com"),
            data: RecordData::Txt {
                text: "a value".to_owned(),
            },
            ttl: 300,
            requirement: Requirement::Required,
        };
        let domain = DomainName::parse("example.com").unwrap();
        let client = ClientId::parse("maple-homes").unwrap();
        let handoff = Handoff {
            domain: &domain,
            zone: Some(&zone),
            records: &[],
            observations: &[],
            client: &client,
        };
        let panel = Panel::of(Some(&zone), "example.com");
        note(&handoff, &panel, &record).unwrap_or_default()
    }

    #[test]
    fn the_note_for_a_name_too_long_for_the_field_says_whom_to_ask() {
        let long = "a".repeat(61);
        let note = note_at("dns1.registrar-servers.com", &long);
        assert!(
            note.contains("takes 60 characters and this name has 61"),
            "{note}"
        );
        assert!(note.contains("ask the support of Namecheap"), "{note}");
        assert!(!note_at("dns1.registrar-servers.com", &long[1..]).contains("support"));
        assert!(!note_at("ns1.domaincontrol.com", &long).contains("support"));
    }

    #[test]
    fn a_record_in_a_delegated_zone_has_its_host_in_that_zone() {
        let scene = Scene::bare("example.com", "example.com");
        let key = scene.record(RecordId::Dkim1).clone();
        let seen_at = |host: &str, name: &str, record_type| Observation {
            question: Question {
                name: name.to_owned(),
                record_type,
            },
            authoritative: vec![AuthorityAnswer {
                server: NameServer {
                    host: host.to_owned(),
                    address: [192, 0, 2, 1].into(),
                },
                outcome: Outcome::NoSuchName { negative_ttl: 60 },
            }],
            zone: None,
            recursive: Outcome::NotAsked,
        };
        let cloudflare = "ada.ns.cloudflare.com";
        let at_apex = |host| seen_at(host, "example.com", RecordType::Ns);
        let at_key = seen_at(cloudflare, &key.name, RecordType::Cname);
        let observations = [at_apex("ns1.domaincontrol.com"), at_key.clone()];
        let client = ClientId::parse("maple-homes").unwrap();
        let zone = Zone {
            apex: "example.com".to_owned(),
            name_servers: vec!["ns1.domaincontrol.com".to_owned()],
        };
        let handoff = Handoff {
            domain: &scene.domain,
            zone: Some(&zone),
            records: &scene.records,
            observations: &observations,
            client: &client,
        };
        let panel = Panel::of(Some(&zone), "example.com");
        let own = handoff.panel_for(&key, &panel);
        assert_eq!(own.zone(), "_domainkey.example.com");
        assert_eq!(Some(own.host(&key)), key.name.split('.').next());
        let text = note(&handoff, &panel, &key).unwrap();
        assert!(
            text.starts_with(
                "This record belongs in a separate zone, _domainkey.example.com, at Cloudflare"
            ),
            "{text}"
        );
        let other = scene.record(RecordId::Verification);
        assert_eq!(handoff.panel_for(other, &panel).zone(), "example.com");
        // A server that answers for the zone itself serves it, under a different name than in the NS records.
        let not_cut = Handoff {
            observations: &[at_apex(cloudflare), at_key],
            ..handoff
        };
        assert_eq!(not_cut.panel_for(&key, &panel).zone(), "example.com");
    }

    #[test]
    fn google_cloud_dns_gets_specific_advice_about_quotation_marks() {
        let note = note_at("ns-cloud-a1.googledomains.com", "_amazonses");
        assert!(
            note.starts_with("In Google Cloud, type quotation marks"),
            "{note}"
        );
    }
}

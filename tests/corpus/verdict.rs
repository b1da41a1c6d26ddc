//! Compares the diagnosis with the expectations of a case.

use std::fmt::{self, Write};

use domain_auth::diagnosis::{DiagnosisCode, Fix, RecordDiagnosis, RecordState};
use domain_auth::dns::DnsLook;
use domain_auth::domain::Domain;
use domain_auth::handoff::{Handoff, HandoffFormat, render};

use crate::case::Case;

/// The result for a record: its state, and every code, the leading one first.
struct Said<'a>(&'a RecordDiagnosis);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.state.as_str())?;
        self.0.codes().try_for_each(|code| write!(f, " {code}"))
    }
}

/// Compares the result with the case. The error is a text for a person who reads the test's output.
pub(crate) fn hold(case: &Case, domain: &Domain, look: &DnsLook) -> Result<(), String> {
    let records = &look.diagnosis.records;
    let record = records
        .iter()
        .find(|record| record.id == case.fields.record);
    let record = record.ok_or("the domain has no such record")?;
    let wrong = differences(case, record, domain, look);
    let today = Said(record).to_string();
    let report = |head: &str| {
        let mut text = format!("{}\n  {head}\n", case.fields.title);
        for difference in &wrong {
            let _infallible = writeln!(text, "  - {difference}");
        }
        let _infallible = write!(
            text,
            "  expected  {}\n  got       {today}\n",
            expected(case)
        );
        let _infallible = writeln!(text, "  message   {}", record.message);
        let fix = record.fix.as_ref().map_or("none", |fix| &fix.text);
        let _infallible = writeln!(text, "  fix       {fix}");
        text
    };
    match &case.fields.known_wrong {
        None if wrong.is_empty() => Ok(()),
        None => Err(report("is not diagnosed as it should be")),
        Some(_) if wrong.is_empty() => Err(report("is right now: take `known_wrong` out")),
        Some(known) if *known == today => Ok(()),
        Some(known) => Err(report(&format!(
            "is still wrong, and not as before ({known})"
        ))),
    }
}

fn expected(case: &Case) -> String {
    let codes = case.fields.code.iter().chain(&case.fields.also);
    codes.fold(case.fields.state.as_str().to_owned(), |text, code| {
        text + " " + code
    })
}

fn differences(
    case: &Case,
    record: &RecordDiagnosis,
    domain: &Domain,
    look: &DnsLook,
) -> Vec<String> {
    let fields = &case.fields;
    let mut wrong = Vec::new();
    if Said(record).to_string() != expected(case) {
        wrong.push("the state or the codes differ".to_owned());
    }
    let text = record.fix.as_ref().map_or("", |fix| &fix.text);
    for (part, of, text) in [
        (&fields.message, "message", record.message.as_str()),
        (&fields.fix, "fix", text),
    ] {
        for words in part.iter().map(|words| case.fill_in(words)) {
            if !text.contains(&words) {
                wrong.push(format!("the {of} lacks {words:?}"));
            }
        }
    }
    for words in fields.fix_lacks.iter().map(|words| case.fill_in(words)) {
        if text.to_lowercase().contains(&words.to_lowercase()) {
            wrong.push(format!("the fix has {words:?}"));
        }
    }
    if let Some(value) = &fields.fix_value {
        let value = case.fill_in(value);
        let given = record.fix.as_ref().and_then(|fix| fix.value.as_deref());
        if given != Some(value.as_str()) {
            wrong.push(format!(
                "the value of the fix is {given:?} instead of {value:?}"
            ));
        }
    }
    wrong.extend(of_others(case, look));
    wrong.extend(of_words(record, &case.zone));
    let at = fields.handed_over_at.as_deref().map(|at| case.fill_in(at));
    if let Some(wanted) = fields.handed_over.or(at.is_some().then_some(true)) {
        match is_handed_over(record, domain, look, at.as_deref()) {
            Ok(handed_over) if handed_over == wanted => {}
            Ok(handed_over) => wrong.push(format!("handed over: {handed_over}")),
            Err(error) => wrong.push(error),
        }
    }
    wrong
}

/// The results for other records, and for the domain.
fn of_others(case: &Case, look: &DnsLook) -> Vec<String> {
    let mut wrong = Vec::new();
    for other in &look.diagnosis.records {
        let state = case.state_of_other(other.id);
        if other.id != case.fields.record && other.state != state {
            let said = Said(other);
            let (id, state) = (other.id.as_str(), state.as_str());
            wrong.push(format!(
                "{id} is {said} instead of {state}: {}",
                other.message
            ));
        }
    }
    let domain = look.diagnosis.domain.iter();
    let domain: Vec<&str> = domain.map(|diagnosis| diagnosis.code.as_str()).collect();
    if domain != case.fields.domain {
        wrong.push(format!("of the domain is said {domain:?}"));
    }
    wrong
}

/// The rules for every message and fix.
fn of_words(record: &RecordDiagnosis, zone: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let also = record
        .also
        .iter()
        .map(|also| (Some(also.code), &also.message, &also.fix));
    let all = also.chain([(record.code, &record.message, &record.fix)]);
    for (code, message, fix) in all {
        if message.is_empty() || message.chars().any(char::is_control) {
            wrong.push(format!("the message {message:?} cannot be read"));
        }
        let said = format!("{message} {}", fix.as_ref().map_or("", |fix| &fix.text)).to_lowercase();
        let said = said.replace(zone, "");
        if let Some(word) = JARGON.iter().find(|word| said.contains(*word)) {
            wrong.push(format!(
                "few people know what {word:?} is: {message:?} {fix:?}"
            ));
        }
        let broken = matches!(record.state, RecordState::Missing | RecordState::Wrong);
        let wanted = broken && code.is_some_and(DiagnosisCode::is_fault);
        match fix {
            None if wanted => wrong.push(format!("{code:?} has no fix")),
            Some(fix) if removes_values_of_others(&fix.text, &record.observed, zone).is_some() => {
                wrong.push(format!("the fix removes values of others: {:?}", fix.text));
            }
            Some(fix) if !names_what_it_changes(fix) => {
                wrong.push(format!("the fix does not name its field: {:?}", fix.text));
            }
            None | Some(_) => {}
        }
    }
    wrong
}

/// Words that ask to remove something.
const TAKES_AWAY: [&str; 4] = ["delete", "remove", "replace", "take it out"];
/// Words that only DNS experts know.
const JARGON: [&str; 12] = [
    "rrset",
    "rdata",
    "nxdomain",
    "servfail",
    "apex",
    "fqdn",
    "permerror",
    "rfc ",
    "octet",
    "delegat",
    "resolver",
    "authoritative",
];
/// Texts that show that a value belongs to this service, or to the records that it replaces.
const OURS: [&str; 8] = [
    "amazonses",
    "amazonaws",
    "v=spf1",
    "v=dmarc1",
    "v=dkim1",
    "p=mig",
    "lasso-",
    "._domainkey",
];

/// Whether the text asks to remove another service's value: it asks to remove something, and shows
/// an observed value that is not ours.
fn removes_values_of_others(text: &str, observed: &[String], zone: &str) -> Option<String> {
    let text = text.to_lowercase();
    let asks = text.split(['.', ';', ':']).any(|part| {
        let part = part.trim();
        TAKES_AWAY.iter().any(|word| part.contains(word)) && !part.contains("do not")
    });
    let is_ours = |value: &str| {
        let value = value.to_lowercase();
        OURS.iter().any(|own| value.contains(own))
            || crate::case::DKIM_TOKENS
                .iter()
                .any(|own| value.contains(own))
            || value.ends_with(zone)
            || value.contains(&crate::case::TOKEN.to_lowercase()[..8])
    };
    let foreign = observed.iter().find(|value| {
        let bare = value.split(' ').next_back().unwrap_or(value).to_lowercase();
        !is_ours(value) && bare.len() > 3 && text.contains(&bare)
    });
    foreign.filter(|_| asks).cloned()
}

/// Whether the text of a fix names the field to change, if the field has a value.
fn names_what_it_changes(fix: &Fix) -> bool {
    match &fix.field {
        Some(field) => fix.text.contains(field.as_str()) && fix.value.is_some(),
        None => !fix.text.is_empty(),
    }
}

fn is_handed_over(
    record: &RecordDiagnosis,
    domain: &Domain,
    look: &DnsLook,
    at: Option<&str>,
) -> Result<bool, String> {
    let records = domain.records();
    let handoff = Handoff {
        domain: &domain.name,
        zone: look.zone(),
        records: &records,
        observations: &look.observations,
        client: &domain.client,
    };
    let zone = render(HandoffFormat::Zone, &handoff).map_err(|error| error.to_string())?;
    let own = records.iter().find(|own| own.id == record.id);
    let own = own.ok_or("the domain has no such record")?;
    let begins = format!("{}. ", at.unwrap_or(&own.name));
    let kind = format!(" {} ", own.data.type_name());
    let mut lines = zone.body.lines();
    Ok(lines.any(|line| line.starts_with(&begins) && line.contains(&kind)))
}

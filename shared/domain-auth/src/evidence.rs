//! The evidence in the history: what somebody asked for, and what was seen when something happened. In
//! the words of the API, and small: history is kept for good.

use serde_json::{Value, json};

use crate::diagnosis::RecordDiagnosis;
use crate::dns::DnsLook;
use crate::domain::NewDomain;
use crate::identity::{ConfigurationSet, SesIdentity, SesStatus};
use crate::names::{DomainName, EmailAddress};
use crate::state::DisplacedBy;
use crate::use_cases::final_step::FinalStep;

/// What SES and DNS said; `null` for whom did not answer, or was not asked.
pub fn of_look(ses: Option<SesStatus>, dns: Option<&DnsLook>) -> Value {
    let record = |record: &RecordDiagnosis| json!({ "id": record.id, "state": record.state, "code": record.code });
    let records = dns.map(|dns| {
        let records = dns.diagnosis.records.iter();
        records.map(record).collect::<Vec<_>>()
    });
    json!({ "ses": ses, "records": records })
}

/// What the client gave when it added a domain.
pub fn of_addition(new: &NewDomain) -> Value {
    json!({
        "domain": new.name.to_unicode(),
        "community": new.community,
        "contact_email": new.contact_email.as_ref().map(EmailAddress::masked),
    })
}

/// What SES gave when it registered a domain, or what an adopted identity had.
pub fn of_identity(name: &DomainName, identity: &SesIdentity) -> Value {
    let dkim = identity.dkim.as_ref();
    let mut evidence = json!({
        "region": identity.region,
        "verification_token": identity.verification_token,
        "dkim_tokens": dkim.map(|dkim| &dkim.tokens),
        "signing_hosted_zone": dkim.map(|dkim| &dkim.signing_hosted_zone),
        "mail_from": identity.mail_from.as_ref().map(|label| label.below(name)),
    });
    if identity.adopted.is_some() {
        evidence["adopted"] = json!(true);
    }
    evidence
}

/// Why a holder lost its name, as the client may read it: a code, and what Lasso support wrote.
pub fn of_displacement(why: &DisplacedBy) -> Value {
    let mut evidence = json!({ "reason": why.code() });
    if let Some(explanation) = why.explanation() {
        evidence["explanation"] = json!(explanation);
    }
    evidence
}

/// How a domain stood when the final step was taken, and what its identity was given with it.
pub fn of_final_step(
    taken_by: FinalStep,
    configuration_set: Option<&ConfigurationSet>,
    ses: Option<SesStatus>,
    dns: Option<&DnsLook>,
) -> Value {
    let mut evidence = of_look(ses, dns);
    evidence["final_step"] = json!(taken_by.as_str());
    evidence["configuration_set"] = json!(configuration_set.map(ConfigurationSet::as_str));
    evidence
}

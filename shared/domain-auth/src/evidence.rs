//! The evidence in the history: what somebody asked for, and what was seen when something happened. In
//! the words of the API, and small: history is kept for good.

use serde_json::{Map, Value, json};

use crate::diagnosis::RecordDiagnosis;
use crate::dns::DnsLook;
use crate::domain::NewDomain;
use crate::final_step::FinalStep;
use crate::identity::{ConfigurationSet, SesIdentity, SesStatus};
use crate::names::{DomainName, EmailAddress};
use crate::state::DisplacedBy;

/// The most octets of the evidence of one line, as JSON text.
const MAX_EVIDENCE: usize = 32 * 1024;
/// The longest text, in octets, and the longest list in evidence that was too large; and those in
/// evidence that is too large even so.
const PRUNED: [(usize, usize); 2] = [(1024, 20), (128, 3)];
/// The member that says how much was too large to be kept.
const LEFT_OUT: &str = "left_out";

/// The evidence in at most 32 KB of JSON text. What is larger loses the ends of its lists and texts,
/// and says in `left_out` how many; its single values are kept.
pub(crate) fn bounded(evidence: Value) -> Value {
    if fits(&evidence) {
        return evidence;
    }
    for (octets, entries) in PRUNED {
        let mut left_out = 0;
        let mut pruned = pruned(&evidence, octets, entries, &mut left_out);
        if let Value::Object(members) = &mut pruned {
            members.insert(LEFT_OUT.to_owned(), json!(left_out));
        }
        if fits(&pruned) {
            return pruned;
        }
    }
    single_values(&evidence)
}

/// The members that are no list, no object and no long text: what tells the reasons of a change apart.
pub(crate) fn single_values(evidence: &Value) -> Value {
    let members = evidence.as_object();
    let mut kept: Map<String, Value> = members
        .into_iter()
        .flatten()
        .filter(|(_, value)| match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => true,
            Value::String(text) => text.len() <= PRUNED[1].0,
            Value::Array(_) | Value::Object(_) => false,
        })
        .take(PRUNED[0].1)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let all = members.map_or(0, Map::len);
    kept.insert(LEFT_OUT.to_owned(), json!(all - kept.len().min(all)));
    Value::Object(kept)
}

fn fits(evidence: &Value) -> bool {
    let text = serde_json::to_vec(evidence);
    text.is_ok_and(|text| text.len() <= MAX_EVIDENCE)
}

fn pruned(value: &Value, octets: usize, entries: usize, left_out: &mut usize) -> Value {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        Value::String(text) if text.len() <= octets => value.clone(),
        Value::String(text) => {
            *left_out += 1;
            let end = text.floor_char_boundary(octets);
            Value::String(format!("{}…", &text[..end]))
        }
        Value::Array(list) => {
            *left_out += list.len().saturating_sub(entries);
            let kept = list.iter().take(entries);
            kept.map(|value| pruned(value, octets, entries, left_out))
                .collect()
        }
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), pruned(value, octets, entries, left_out)))
            .collect(),
    }
}

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn evidence_that_is_too_large_keeps_its_reason_and_says_what_is_missing() {
        let holders: Vec<String> = (0..5_000)
            .map(|n| format!("client{n} (d{n}.com)"))
            .collect();
        let evidence = json!({ "reason": "contested", "internal": { "holders": holders } });
        let bounded = bounded(evidence);
        assert_eq!(bounded["reason"], "contested");
        assert_eq!(bounded["internal"]["holders"].as_array().unwrap().len(), 20);
        assert_eq!(bounded["left_out"], 4_980);
        let lists = json!({ "reason": "r", "lists": vec![vec!["x".repeat(900); 20]; 200] });
        assert_eq!(super::bounded(lists.clone())["reason"], "r");
        assert_eq!(
            single_values(&lists),
            json!({ "reason": "r", "left_out": 1 })
        );
    }

    fn any_evidence() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i64>().prop_map(|n| json!(n)),
            "[\\x00-\\x7f]{0,3000}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 200, 60, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..60).prop_map(Value::from),
                proptest::collection::vec(inner, 0..40).prop_map(|values| {
                    let members = values.into_iter().enumerate();
                    members.map(|(n, value)| (format!("m{n}"), value)).collect()
                }),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_evidence_is_larger_than_its_bound(evidence in any_evidence()) {
            let whole = serde_json::to_vec(&evidence).unwrap().len();
            let bounded = bounded(evidence.clone());
            prop_assert!(serde_json::to_vec(&bounded).unwrap().len() <= MAX_EVIDENCE);
            prop_assert!(whole > MAX_EVIDENCE || bounded == evidence);
        }
    }
}

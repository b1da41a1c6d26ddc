//! Identities in `GET /control`.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use ses_model::{Account, Identity, Signing, Status, Wanted};

use super::call::decode;
use super::gate::Gate;

/// The parts that the query string of `GET /control` requests: `identity=<name>`,
/// `identities=true`.
pub(crate) async fn shown(gate: &Gate, query: &str) -> Result<Vec<(&'static str, Value)>, String> {
    let mut shown = Vec::new();
    for (key, value) in decode(query.as_bytes()) {
        match (key.as_str(), value.as_str()) {
            ("identity", name) => {
                let name = name.to_ascii_lowercase();
                gate.refresh(std::slice::from_ref(&name), Wanted::All).await;
                shown.push(("identity", one(gate, &name)));
            }
            ("identities", "true") => {
                let names: Vec<_> = {
                    let account = gate.account();
                    account.identities().map(|it| it.name.clone()).collect()
                };
                gate.refresh(&names, Wanted::All).await;
                let list = names.iter().map(|name| one(gate, name)).collect();
                shown.push(("identity_list", Value::Array(list)));
            }
            _ => {
                return Err(format!(
                    "`{key}={value}` is not known; known are identity=<name>, identities=true"
                ));
            }
        }
    }
    Ok(shown)
}

fn one(gate: &Gate, name: &str) -> Value {
    let account = gate.account();
    let mut shown = match account.find(name) {
        Some(identity) => described(&account, identity),
        None => json!({ "exists": false }),
    };
    shown["name"] = json!(name);
    shown["calls"] = json!(gate.history.of(name));
    shown
}

fn described(account: &Account, identity: &Identity) -> Value {
    let tags: BTreeMap<_, _> = identity.tags.iter().cloned().collect();
    let token = identity
        .has_text_token
        .then(|| account.verification_token(identity));
    let has_dkim = identity.dkim.status() != Status::NotStarted;
    json!({
        "exists": true,
        "tags": tags,
        "verification": account.verification(identity).v1(),
        "token": token,
        "text_status": identity.text.status().v1(),
        "dkim": match (has_dkim, &identity.signing) {
            (false, _) => "none",
            (true, Signing::EasyDkim) => "easy",
            (true, Signing::External { .. }) => "external",
        },
        "dkim_tokens": if has_dkim { account.dkim_tokens(identity) } else { Vec::new() },
        "dkim_status": identity.dkim.status().v1(),
        "dkim_signing": identity.dkim_signing,
        "mail_from": identity.mail_from.as_ref().map(|mail_from| &mail_from.domain),
        "mail_from_status": identity.mail_from.as_ref().map(|mail_from| mail_from.axis.status().v1()),
        "configuration_set": identity.configuration_set,
    })
}

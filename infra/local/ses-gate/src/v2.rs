//! The v2 API's identity operations. Names, fields and limits are from the Amazon SES API v2
//! reference.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use ses_model::{
    Account, Failure, Identity, New, Operation, SIGNING_HOSTED_ZONE, Seen, Signing, Status, Wanted,
    is_address,
};

use super::call::Call;
use super::gate::Gate;
use super::reply::{Reply, reply};
use super::upstream::Answer;

/// Answers a call that the emulator has allowed, or `None` to let its own answer through.
#[expect(
    clippy::too_many_lines,
    reason = "one match, a row or two per operation"
)]
pub(crate) async fn handle(
    gate: &Gate,
    call: &Call,
    body: &[u8],
    upstream: &Answer,
) -> Result<Option<Reply>, Failure> {
    let body = || -> Result<Value, Failure> {
        if body.is_empty() {
            return Ok(json!({}));
        }
        serde_json::from_slice(body)
            .map_err(|error| Failure::invalid(format!("The body is not JSON: {error}")))
    };
    let (name, now) = (call.identity.clone().unwrap_or_default(), gate.clock.now());
    let answer = match call.operation {
        Operation::CreateEmailIdentity => {
            if !upstream.is_success() {
                return Ok(None);
            }
            create(gate, &body()?, &upstream.region)?
        }
        Operation::GetEmailIdentity => {
            if upstream.is_success() {
                gate.take_up(std::slice::from_ref(&name));
            }
            gate.refresh(std::slice::from_ref(&name), Wanted::All).await;
            let account = gate.account();
            full(gate, &account, account.get(&name)?)
        }
        Operation::DeleteEmailIdentity => {
            if !upstream.is_success() && upstream.status != 404 {
                return Ok(None);
            }
            gate.account().delete(&name)?;
            json!({})
        }
        Operation::ListEmailIdentities => list(gate, call, &body()?, upstream).await?,
        Operation::PutEmailIdentityMailFromAttributes => {
            let body = body()?;
            let domain = body["MailFromDomain"].as_str().unwrap_or_default();
            let behavior = body["BehaviorOnMxFailure"]
                .as_str()
                .unwrap_or("USE_DEFAULT_VALUE");
            let rest = (behavior, upstream.region.as_str());
            gate.account().set_mail_from(&name, domain, rest, now)?;
            json!({})
        }
        Operation::PutEmailIdentityDkimAttributes => {
            let signing = body()?["SigningEnabled"].as_bool().unwrap_or(false);
            gate.account().change(&name, now, |identity| {
                identity.dkim_signing = signing;
                if signing {
                    identity.dkim.start(now);
                }
            })?;
            json!({})
        }
        Operation::PutEmailIdentityDkimSigningAttributes => {
            let body = body()?;
            let signing = match body["SigningAttributesOrigin"].as_str() {
                Some("EXTERNAL") => external(&body["SigningAttributes"])?,
                _ => Signing::EasyDkim,
            };
            let mut account = gate.account();
            account.change(&name, now, |identity| identity.sign_with(signing, now))?;
            let identity = account.get(&name)?;
            let mut answer = json!({
                "DkimStatus": identity.dkim.status().v2(),
                "DkimTokens": account.dkim_tokens(identity),
            });
            if identity.signing == Signing::EasyDkim {
                answer["SigningHostedZone"] = json!(SIGNING_HOSTED_ZONE);
            }
            answer
        }
        Operation::PutEmailIdentityConfigurationSetAttributes => {
            let set = body()?["ConfigurationSetName"].as_str().map(str::to_owned);
            let change = |identity: &mut Identity| identity.configuration_set = set;
            gate.account().change(&name, now, change)?;
            json!({})
        }
        Operation::TagResource | Operation::UntagResource | Operation::ListTagsForResource => {
            // The emulator does not have identities that were created at the control address.
            let Some(name) = call.names.first().cloned() else {
                return Ok(None);
            };
            if !upstream.is_success() && upstream.status != 404 {
                return Ok(None);
            }
            if upstream.is_success() {
                gate.take_up(std::slice::from_ref(&name));
            }
            tags(gate, call, &name, &body()?)?
        }
        // The emulator does not implement the call.
        Operation::GetSuppressedDestination if gate.feedback.is_suppressed(&name) => json!({
            "SuppressedDestination": {
                "EmailAddress": name,
                "Reason": "BOUNCE",
                "LastUpdateTime": gate.clock.timestamp(now).as_second(),
            },
        }),
        Operation::GetSuppressedDestination => {
            return Err(Failure::not_found("The address"));
        }
        Operation::SendEmail if upstream.is_success() => {
            let request = body().unwrap_or_default();
            gate.report_mail(&request, &upstream.text()).await;
            return Ok(None);
        }
        _ => return Ok(None),
    };
    Ok(Some(reply(200, "application/json", answer.to_string())))
}

fn create(gate: &Gate, body: &Value, region: &str) -> Result<Value, Failure> {
    let name = body["EmailIdentity"]
        .as_str()
        .unwrap_or_default()
        .to_ascii_lowercase();
    if name.is_empty() {
        return Err(Failure::invalid("`EmailIdentity` must be given."));
    }
    let signing = match &body["DkimSigningAttributes"] {
        attributes if attributes["DomainSigningSelector"].is_string() => external(attributes)?,
        _ => Signing::EasyDkim,
    };
    let new = New {
        tags: read_tags(&body["Tags"]),
        configuration_set: body["ConfigurationSetName"].as_str().map(str::to_owned),
        signing,
    };
    let mut account = gate.account();
    account.create(&name, new, gate.clock.now())?;
    tracing::debug!(domain = name, region, "an identity was created");
    let identity = account.get(&name)?;
    Ok(json!({
        "IdentityType": identity_type(&name),
        "VerifiedForSendingStatus": account.may_send(identity),
        "DkimAttributes": dkim(&account, identity),
    }))
}

fn full(gate: &Gate, account: &Account, identity: &Identity) -> Value {
    let verification = account.verification(identity);
    let mut answer = json!({
        "IdentityType": identity_type(&identity.name),
        "FeedbackForwardingStatus": true,
        "VerifiedForSendingStatus": account.may_send(identity),
        "VerificationStatus": verification.v2(),
        "DkimAttributes": dkim(account, identity),
        "MailFromAttributes": { "BehaviorOnMxFailure": "USE_DEFAULT_VALUE" },
        "Policies": {},
        "Tags": tags_json(identity),
        "VerificationInfo": verification_info(gate, identity),
    });
    if let Some(mail_from) = &identity.mail_from {
        answer["MailFromAttributes"] = json!({
            "MailFromDomain": mail_from.domain,
            "MailFromDomainStatus": mail_from.axis.status().v2(),
            "BehaviorOnMxFailure": mail_from.behavior,
        });
    }
    if let Some(set) = &identity.configuration_set {
        answer["ConfigurationSetName"] = json!(set);
    }
    answer
}

fn identity_type(name: &str) -> &'static str {
    if is_address(name) {
        "EMAIL_ADDRESS"
    } else {
        "DOMAIN"
    }
}

fn dkim(account: &Account, identity: &Identity) -> Value {
    if identity.is_address() {
        return json!({ "SigningEnabled": false, "Status": "NOT_STARTED" });
    }
    let mut dkim = json!({
        "SigningEnabled": identity.dkim_signing,
        "Status": identity.dkim.status().v2(),
    });
    match identity.signing {
        Signing::EasyDkim => {
            dkim["SigningAttributesOrigin"] = json!("AWS_SES");
            dkim["SigningHostedZone"] = json!(SIGNING_HOSTED_ZONE);
            dkim["NextSigningKeyLength"] = json!(identity.dkim_key);
            dkim["CurrentSigningKeyLength"] = json!(identity.dkim_key);
        }
        Signing::External { .. } => dkim["SigningAttributesOrigin"] = json!("EXTERNAL"),
    }
    if identity.dkim.status() != Status::NotStarted {
        dkim["Tokens"] = json!(account.dkim_tokens(identity));
    }
    dkim
}

/// The caller's own keys (BYODKIM): the selector and the private key, which the gate does not use.
fn external(attributes: &Value) -> Result<Signing, Failure> {
    let given = |key: &str| attributes[key].as_str().filter(|value| !value.is_empty());
    match (
        given("DomainSigningSelector"),
        given("DomainSigningPrivateKey"),
    ) {
        (Some(selector), Some(_)) => Ok(Signing::External {
            selector: selector.to_ascii_lowercase(),
        }),
        _ => Err(Failure::invalid(
            "`DomainSigningSelector` and `DomainSigningPrivateKey` must be given.",
        )),
    }
}

/// When SES last looked, when it last found everything, and why not.
fn verification_info(gate: &Gate, identity: &Identity) -> Value {
    let axes = [&identity.text, &identity.dkim];
    let mut info = json!({});
    let latest = axes.iter().max_by_key(|axis| axis.looked_at());
    if let Some(looked_at) = latest.and_then(|axis| axis.looked_at()) {
        info["LastCheckedTimestamp"] = json!(gate.clock.timestamp(looked_at).as_second());
    }
    if let Some(found_at) = axes.iter().filter_map(|axis| axis.found_at()).max() {
        info["LastSuccessTimestamp"] = json!(gate.clock.timestamp(found_at).as_second());
    }
    let error = match latest.and_then(|axis| axis.seen()) {
        Some(Seen::Missing) => Some("HOST_NOT_FOUND"),
        Some(Seen::Different) => Some("INVALID_VALUE"),
        Some(Seen::Unknown) => Some("DNS_SERVER_ERROR"),
        Some(Seen::Found) | None => None,
    };
    if let Some(error) = error
        && identity.verification() != Status::Success
    {
        info["ErrorType"] = json!(error);
    }
    info
}

/// `GET /v2/email/identities?PageSize=&NextToken=`, or `POST /v2/email/list-identities` with these
/// parameters in the body and a filter. The token has the emulator's own form of an offset, so that
/// the emulator accepts the call too.
async fn list(gate: &Gate, call: &Call, body: &Value, upstream: &Answer) -> Result<Value, Failure> {
    let known = serde_json::from_str::<Value>(&upstream.text()).unwrap_or_default();
    let names: Option<Vec<_>> = known["EmailIdentities"].as_array().map(|identities| {
        identities
            .iter()
            .filter_map(|identity| identity["IdentityName"].as_str())
            .map(str::to_ascii_lowercase)
            .collect()
    });
    gate.take_up(&names.unwrap_or_default());

    let text = |key: &str| {
        let in_body = match &body[key] {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        in_body.or_else(|| call.parameter(key).map(str::to_owned))
    };
    let size = match text("PageSize") {
        Some(size) => size
            .parse::<usize>()
            .ok()
            .filter(|size| (1..=1_000).contains(size))
            .ok_or_else(|| Failure::invalid("`PageSize` is a number from 1 to 1000."))?,
        None => 1_000,
    };
    let offset = match text("NextToken").filter(|token| !token.is_empty()) {
        Some(token) => URL_SAFE_NO_PAD
            .decode(token.trim_end_matches('='))
            .ok()
            .and_then(|octets| String::from_utf8(octets).ok()?.parse::<usize>().ok())
            .ok_or_else(|| Failure::invalid("`NextToken` is not valid."))?,
        None => 0,
    };
    let filter = |key: &str| body["Filter"][key].as_str().unwrap_or_default();
    let (contains, kind, status) = (
        filter("IDENTITY_NAME_CONTAINS"),
        filter("IDENTITY_TYPE"),
        filter("VERIFICATION_STATUS"),
    );

    let candidates: Vec<String> = {
        let account = gate.account();
        account
            .identities()
            .map(|identity| &identity.name)
            .filter(|name| name.contains(contains))
            .filter(|name| kind.is_empty() || kind == identity_type(name))
            .cloned()
            .collect()
    };
    // With a filter on the status every status is needed, otherwise only those of the page.
    let looked: &[String] = if status.is_empty() {
        let end = candidates.len().min(offset.saturating_add(size));
        candidates.get(offset..end).unwrap_or_default()
    } else {
        &candidates
    };
    gate.refresh(looked, Wanted::Verification).await;
    let account = gate.account();
    let listed: Vec<Value> = candidates
        .iter()
        .filter_map(|name| account.find(name))
        .map(|identity| (identity, account.verification(identity)))
        .filter(|(_, verification)| status.is_empty() || status == verification.v2())
        .map(|(identity, verification)| {
            json!({
                "IdentityType": identity_type(&identity.name),
                "IdentityName": identity.name,
                "SendingEnabled": account.may_send(identity),
                "VerificationStatus": verification.v2(),
            })
        })
        .collect();
    let end = listed.len().min(offset.saturating_add(size));
    let mut answer = json!({ "EmailIdentities": listed.get(offset..end).unwrap_or_default() });
    if end < listed.len() {
        answer["NextToken"] = json!(URL_SAFE_NO_PAD.encode(end.to_string()));
    }
    Ok(answer)
}

/// Reads or changes the tags of an identity.
fn tags(gate: &Gate, call: &Call, name: &str, body: &Value) -> Result<Value, Failure> {
    let mut account = gate.account();
    let identity = account.find_mut(name);
    let identity = identity.ok_or_else(|| Failure::not_found(name))?;
    match call.operation {
        Operation::TagResource => {
            identity.add_tags(read_tags(&body["Tags"]));
            Ok(json!({}))
        }
        Operation::UntagResource => {
            let keys = call.list("TagKeys");
            identity
                .tags
                .retain(|(key, _)| !keys.contains(&key.as_str()));
            Ok(json!({}))
        }
        _ => Ok(json!({ "Tags": tags_json(identity) })),
    }
}

fn tags_json(identity: &Identity) -> Vec<Value> {
    identity
        .tags
        .iter()
        .map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect()
}

fn read_tags(tags: &Value) -> Vec<(String, String)> {
    let text = |tag: &Value, key: &str| tag[key].as_str().unwrap_or_default().to_owned();
    tags.as_array()
        .into_iter()
        .flatten()
        .map(|tag| (text(tag, "Key"), text(tag, "Value")))
        .collect()
}

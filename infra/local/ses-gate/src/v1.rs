//! The v1 API's identity operations. Names, fields and limits are from the Amazon SES API reference.

use super::behaviour::TextMissing;
use super::call::Call;
use super::failure::Failure;
use super::gate::Gate;
use super::identity::{Identity, MailFrom, Status, is_address};
use super::operation::Operation;
use super::registry::{State, Wanted};
use super::reply::Reply;
use super::upstream::Answer;
use super::xml::{element, entry, members, response, texts};

/// How many identities one `Get…Attributes` call may name.
const BATCH: usize = 100;

/// Answers a call that the emulator has allowed, or `None` to let its own answer through.
pub(crate) async fn handle(
    gate: &Gate,
    call: &Call,
    upstream: &Answer,
) -> Result<Option<Reply>, Failure> {
    let operation = call.operation;
    let result = match operation {
        Operation::VerifyDomainIdentity => {
            let domain = required(call, "Domain")?;
            let again = gate.behaviour().verified_again;
            gate.make_identity(&domain, |identity, now| identity.verify_text(now, again))?;
            let state = gate.registry.state();
            let identity = state.identities.get(&domain);
            let token = identity.map(|identity| gate.registry.verification_token(identity));
            element("VerificationToken", &token.unwrap_or_default())
        }
        Operation::VerifyDomainDkim => {
            let domain = required(call, "Domain")?;
            let failed = gate.behaviour().failed_dkim;
            gate.make_identity(&domain, |identity, now| identity.verify_dkim(now, failed))?;
            let state = gate.registry.state();
            let identity = state.identities.get(&domain);
            let tokens = identity.map(|identity| gate.registry.dkim_tokens(identity));
            let tokens = tokens.unwrap_or_default();
            members("DkimTokens", tokens.iter().map(String::as_str))
        }
        Operation::VerifyEmailIdentity => {
            let address = required(call, "EmailAddress")?;
            gate.make_identity(&address, |_, _| ())?;
            return Ok(None);
        }
        Operation::DeleteIdentity => {
            if !upstream.is_success() {
                return Ok(None);
            }
            let name = required(call, "Identity")?;
            gate.registry.state().remove(&name, gate.behaviour().tokens);
            String::new()
        }
        Operation::ListIdentities => list(gate, call, upstream)?,
        Operation::GetIdentityVerificationAttributes => {
            let names = batch(call)?;
            gate.adopt(known_to_emulator(upstream));
            gate.refresh(&names, Wanted::VERIFICATION).await;
            map(gate, &names, "VerificationAttributes", |state, identity| {
                verification(gate, state, identity)
            })
        }
        Operation::GetIdentityDkimAttributes => {
            let names = batch(call)?;
            gate.refresh(&names, Wanted::DKIM).await;
            map(gate, &names, "DkimAttributes", |_, identity| {
                dkim(gate, identity)
            })
        }
        Operation::GetIdentityMailFromDomainAttributes => {
            let names = batch(call)?;
            gate.refresh(&names, Wanted::MAIL_FROM).await;
            map(gate, &names, "MailFromDomainAttributes", |_, identity| {
                mail_from(identity.mail_from.as_ref())
            })
        }
        Operation::SetIdentityMailFromDomain => {
            let name = required(call, "Identity")?;
            let behavior = match call.parameter("BehaviorOnMXFailure") {
                Some("RejectMessage") => "REJECT_MESSAGE",
                _ => "USE_DEFAULT_VALUE",
            };
            let domain = call.parameter("MailFromDomain").unwrap_or_default();
            gate.set_mail_from(&name, domain, behavior, &upstream.region)?;
            String::new()
        }
        _ => return Ok(None),
    };
    Ok(Some(response(operation.name(), &result)))
}

fn required(call: &Call, key: &str) -> Result<String, Failure> {
    call.parameter(key)
        .filter(|value| !value.is_empty())
        .map(str::to_ascii_lowercase)
        .ok_or_else(|| Failure::invalid(format!("`{key}` must be given.")))
}

fn batch(call: &Call) -> Result<Vec<String>, Failure> {
    let names = call.list("Identities");
    if names.len() > BATCH {
        return Err(Failure::invalid(
            "1 validation error detected: Value at 'identities' failed to satisfy constraint: \
             Member must have length less than or equal to 100",
        ));
    }
    Ok(names.into_iter().map(str::to_ascii_lowercase).collect())
}

/// The domains for which the emulator's own answer is `Success`: it has them, whoever made them.
fn known_to_emulator(upstream: &Answer) -> Vec<String> {
    let body = upstream.text();
    let keys = texts(&body, "key");
    let statuses = texts(&body, "VerificationStatus");
    keys.into_iter()
        .zip(statuses)
        .filter(|(_, status)| *status == Status::Success.v1())
        .map(|(key, _)| key.to_ascii_lowercase())
        .collect()
}

/// A map in the order of the request. What is no identity of the account is left out.
fn map(
    gate: &Gate,
    names: &[String],
    element_name: &str,
    value: impl Fn(&State, &Identity) -> String,
) -> String {
    let state = gate.registry.state();
    let entries: String = names
        .iter()
        .filter_map(|name| state.identities.get(name))
        .map(|identity| entry(&identity.name, &value(&state, identity)))
        .collect();
    format!("<{element_name}>{entries}</{element_name}>")
}

fn verification(gate: &Gate, state: &State, identity: &Identity) -> String {
    let behaviour = gate.behaviour();
    let text_failed = identity.has_text_token && identity.text.status() == Status::Failed;
    let status = match behaviour.text_missing {
        TextMissing::Failed if text_failed => Status::Failed,
        TextMissing::Failed | TextMissing::Success => state.verification(identity, behaviour),
    };
    let status = element("VerificationStatus", status.v1());
    if identity.is_address() || !(identity.has_text_token || behaviour.token_unasked) {
        return status;
    }
    let token = gate.registry.verification_token(identity);
    status + &element("VerificationToken", &token)
}

fn dkim(gate: &Gate, identity: &Identity) -> String {
    let status = identity.dkim.status();
    let mut xml = element(
        "DkimEnabled",
        &(identity.dkim_signing && !identity.is_address()).to_string(),
    ) + &element("DkimVerificationStatus", status.v1());
    if status != Status::NotStarted {
        let tokens = gate.registry.dkim_tokens(identity);
        xml += &members("DkimTokens", tokens.iter().map(String::as_str));
    }
    xml
}

fn mail_from(mail_from: Option<&MailFrom>) -> String {
    let Some(mail_from) = mail_from else {
        return element("BehaviorOnMXFailure", "UseDefaultValue");
    };
    let behavior = match mail_from.behavior.as_str() {
        "REJECT_MESSAGE" => "RejectMessage",
        _ => "UseDefaultValue",
    };
    element("MailFromDomain", &mail_from.domain)
        + &element("MailFromDomainStatus", mail_from.axis.status().v1())
        + &element("BehaviorOnMXFailure", behavior)
}

/// Pages of at most 1,000 names; the token is the last name of the page before.
fn list(gate: &Gate, call: &Call, upstream: &Answer) -> Result<String, Failure> {
    let names = texts(&upstream.text(), "member")
        .into_iter()
        .map(str::to_ascii_lowercase)
        .collect();
    gate.adopt(names);
    let size = match call.parameter("MaxItems") {
        Some(size) => size
            .parse::<usize>()
            .ok()
            .filter(|size| (1..=1_000).contains(size))
            .ok_or_else(|| Failure::invalid("`MaxItems` is a number from 1 to 1000."))?,
        None => 1_000,
    };
    let after = call.parameter("NextToken").unwrap_or_default();
    let addresses = call
        .parameter("IdentityType")
        .map(|kind| kind == "EmailAddress");
    let state = gate.registry.state();
    let mut names = state
        .identities
        .keys()
        .map(String::as_str)
        .filter(|name| *name > after)
        .filter(|name| addresses.is_none_or(|addresses| addresses == is_address(name)));
    let page: Vec<_> = names.by_ref().take(size).collect();
    let mut xml = members("Identities", page.iter().copied());
    if let (Some(last), Some(_)) = (page.last(), names.next()) {
        xml += &element("NextToken", last);
    }
    Ok(xml)
}

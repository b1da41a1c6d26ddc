//! The v1 API's identity operations. Names, fields and limits are from the Amazon SES API reference.

use ses_model::{Account, Failure, Identity, MailFrom, Operation, Status, Wanted, is_address};

use super::call::Call;
use super::gate::Gate;
use super::reply::{Reply, reply};
use super::upstream::Answer;
use super::xml::{element, entry, members, response, texts};

/// How many identities one `Get…Attributes` call may name.
const BATCH: usize = 100;

/// Handles a call that the emulator has allowed. Returns `None` to pass on the emulator's answer.
pub(crate) async fn handle(
    gate: &Gate,
    call: &Call,
    upstream: &Answer,
) -> Result<Option<Reply>, Failure> {
    let (operation, now) = (call.operation, gate.clock.now());
    let result = match operation {
        Operation::VerifyDomainIdentity => {
            let domain = required(call, "Domain")?;
            let token = gate.account().verify_domain(&domain, now)?;
            element("VerificationToken", &token)
        }
        Operation::VerifyDomainDkim => {
            let domain = required(call, "Domain")?;
            let tokens = gate.account().verify_dkim(&domain, now)?;
            members("DkimTokens", tokens.iter().map(String::as_str))
        }
        Operation::VerifyEmailIdentity => {
            let address = required(call, "EmailAddress")?;
            gate.account().verify_address(&address)?;
            return Ok(None);
        }
        Operation::DeleteIdentity => {
            if !upstream.is_success() {
                return Ok(None);
            }
            let name = required(call, "Identity")?;
            // v1 returns no error for an identity that does not exist.
            gate.account().delete(&name).ok();
            String::new()
        }
        Operation::ListIdentities => list(gate, call, upstream)?,
        Operation::GetIdentityVerificationAttributes => {
            let names = batch(call)?;
            gate.take_up(&known_to_emulator(upstream));
            gate.refresh(&names, Wanted::Verification).await;
            map(gate, &names, "VerificationAttributes", verification)
        }
        Operation::GetIdentityDkimAttributes => {
            let names = batch(call)?;
            gate.refresh(&names, Wanted::Dkim).await;
            map(gate, &names, "DkimAttributes", dkim)
        }
        Operation::GetIdentityMailFromDomainAttributes => {
            let names = batch(call)?;
            gate.refresh(&names, Wanted::MailFrom).await;
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
            let rest = (behavior, upstream.region.as_str());
            gate.account().set_mail_from(&name, domain, rest, now)?;
            String::new()
        }
        _ => return Ok(None),
    };
    let body = response(operation.name(), &result);
    Ok(Some(reply(200, "text/xml", body)))
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

/// The domains for which the emulator's own response has `Success`: it has them, however they were
/// created.
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

/// A map in the order of the request. Names that are not identities of the account are left out.
fn map(
    gate: &Gate,
    names: &[String],
    element_name: &str,
    value: impl Fn(&Account, &Identity) -> String,
) -> String {
    let account = gate.account();
    let entries: String = names
        .iter()
        .filter_map(|name| account.find(name))
        .map(|identity| entry(&identity.name, &value(&account, identity)))
        .collect();
    format!("<{element_name}>{entries}</{element_name}>")
}

fn verification(account: &Account, identity: &Identity) -> String {
    let status = account.verification_in_v1(identity).v1();
    let token = account.shown_token(identity);
    let token = token.map(|token| element("VerificationToken", &token));
    element("VerificationStatus", status) + &token.unwrap_or_default()
}

fn dkim(account: &Account, identity: &Identity) -> String {
    let status = identity.dkim.status();
    let mut xml = element(
        "DkimEnabled",
        &(identity.dkim_signing && !identity.is_address()).to_string(),
    ) + &element("DkimVerificationStatus", status.v1());
    if status != Status::NotStarted {
        let tokens = account.dkim_tokens(identity);
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
    let body = upstream.text();
    let names = texts(&body, "member").into_iter();
    let names: Vec<_> = names.map(str::to_ascii_lowercase).collect();
    gate.take_up(&names);
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
    let account = gate.account();
    let mut names = account
        .identities_after(after)
        .map(|identity| identity.name.as_str())
        .filter(|name| addresses.is_none_or(|addresses| addresses == is_address(name)));
    let page: Vec<_> = names.by_ref().take(size).collect();
    let mut xml = members("Identities", page.iter().copied());
    if let (Some(last), Some(_)) = (page.last(), names.next()) {
        xml += &element("NextToken", last);
    }
    Ok(xml)
}

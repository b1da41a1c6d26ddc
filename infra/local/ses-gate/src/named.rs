//! The identities that a call names: for faults that affect one identity or one email, and for the
//! log of calls.

use serde_json::Value;
use ses_model::Operation;

/// The identities in the form of a v1 call. A call that sends an email names its sender and the
/// sender's domain.
pub(crate) fn in_v1(parameters: &[(String, String)]) -> Vec<String> {
    let mut names = Vec::new();
    for (key, value) in parameters {
        match key.as_str() {
            "Domain" | "Identity" | "EmailAddress" => names.push(value.to_ascii_lowercase()),
            "Source" => names.extend(sender(value)),
            key if key.starts_with("Identities.member.") => names.push(value.to_ascii_lowercase()),
            _ => {}
        }
    }
    names
}

/// The identities in the path, the query string or the body of a v2 call. A call that sends an
/// email also names the values of the email's headers.
pub(crate) fn in_v2(
    operation: Operation,
    in_path: Option<&str>,
    query: &[(String, String)],
    body: &[u8],
) -> Vec<String> {
    let member = |key: &str| -> Option<String> {
        let body: Value = serde_json::from_slice(body).ok()?;
        Some(body[key].as_str()?.to_owned())
    };
    match operation {
        Operation::CreateEmailIdentity => member("EmailIdentity")
            .map(|name| name.to_ascii_lowercase())
            .into_iter()
            .collect(),
        Operation::TagResource | Operation::UntagResource | Operation::ListTagsForResource => {
            let arn = query
                .iter()
                .find(|(key, _)| key == "ResourceArn")
                .map(|(_, arn)| arn.clone())
                .or_else(|| member("ResourceArn"));
            arn.as_deref().and_then(in_arn).into_iter().collect()
        }
        Operation::SendEmail | Operation::SendBulkEmail => {
            let mut names = member("FromEmailAddress")
                .map(|from| sender(&from))
                .unwrap_or_default();
            names.extend(header_values(body));
            names
        }
        _ => in_path.map(str::to_owned).into_iter().collect(),
    }
}

/// The identity in `arn:aws:ses:<region>:<account>:identity/<name>`.
pub(crate) fn in_arn(arn: &str) -> Option<String> {
    let (_, name) = arn.split_once(":identity/")?;
    Some(name.to_ascii_lowercase())
}

/// The values of an email's headers that are not SES's own (`Content.Simple.Headers`).
fn header_values(body: &[u8]) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let headers = body["Content"]["Simple"]["Headers"].as_array();
    let values = headers.into_iter().flatten();
    values
        .filter_map(|header| Some(header["Value"].as_str()?.to_ascii_lowercase()))
        .collect()
}

/// The address in `Name <address>`, and its domain.
fn sender(from: &str) -> Vec<String> {
    let address = from
        .rsplit_once('<')
        .map_or(from, |(_, rest)| rest.trim_end().trim_end_matches('>'));
    let address = address.trim().to_ascii_lowercase();
    let domain = address
        .rsplit_once('@')
        .map(|(_, domain)| domain.to_owned());
    std::iter::once(address).chain(domain).collect()
}

//! The parts of a request that the gate has to understand.
//!
//! The v1 API uses the AWS Query protocol: a form with an `Action`. The v2 API is REST: the method
//! and the path identify the operation. Paths are from the Amazon SES API v2 reference.

use http::Method;
use ses_model::{Api, Operation};

use super::named;

/// The parts of a request that the gate has to understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) api: Api,
    pub(crate) operation: Operation,
    /// The operation, even if the gate does not know it: the v1 action, or the v2 method and path.
    pub(crate) label: String,
    /// Whether it changes anything.
    pub(crate) changes: bool,
    /// v2: the identity in the path, in lower case.
    pub(crate) identity: Option<String>,
    /// All identities that it names, in lower case.
    pub(crate) names: Vec<String>,
    /// v1: the form; v2: the query string. Decoded, in order.
    pub(crate) parameters: Vec<(String, String)>,
}

impl Call {
    /// Reads a request.
    pub(crate) fn read(method: &Method, path: &str, query: Option<&str>, body: &[u8]) -> Self {
        let query = decode(query.unwrap_or_default().as_bytes());
        let Some(resource) = path.strip_prefix("/v2/email/") else {
            return Self::v1(query, body);
        };
        let segments: Vec<String> = resource
            .split('/')
            .map(|segment| percent_decode(segment.as_bytes(), false))
            .collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let mut identity = None;
        let mut of = |name: &str, operation| {
            identity = Some(name.to_ascii_lowercase());
            operation
        };
        let operation = match (method.as_str(), segments.as_slice()) {
            ("POST", ["identities"]) => Operation::CreateEmailIdentity,
            ("GET", ["identities"]) | ("POST", ["list-identities"]) => {
                Operation::ListEmailIdentities
            }
            ("GET", ["identities", name]) => of(name, Operation::GetEmailIdentity),
            ("DELETE", ["identities", name]) => of(name, Operation::DeleteEmailIdentity),
            ("PUT", ["identities", name, "mail-from"]) => {
                of(name, Operation::PutEmailIdentityMailFromAttributes)
            }
            ("PUT", ["identities", name, "dkim"]) => {
                of(name, Operation::PutEmailIdentityDkimAttributes)
            }
            ("PUT", ["identities", name, "dkim", "signing"]) => {
                of(name, Operation::PutEmailIdentityDkimSigningAttributes)
            }
            ("PUT", ["identities", name, "configuration-set"]) => {
                of(name, Operation::PutEmailIdentityConfigurationSetAttributes)
            }
            ("POST", ["tags"]) => Operation::TagResource,
            ("DELETE", ["tags"]) => Operation::UntagResource,
            ("GET", ["tags"]) => Operation::ListTagsForResource,
            ("POST", ["outbound-emails"]) => Operation::SendEmail,
            ("POST", ["outbound-bulk-emails"]) => Operation::SendBulkEmail,
            ("GET", ["account"]) => Operation::GetAccount,
            ("GET", ["suppression", "addresses", address]) => {
                of(address, Operation::GetSuppressedDestination)
            }
            (_, ["identities", name, ..]) => of(name, Operation::Other),
            _ => Operation::Other,
        };
        let label = match operation {
            Operation::Other => format!("{method} {path}"),
            operation => operation.name().to_owned(),
        };
        Self {
            api: Api::V2,
            operation,
            changes: *method != Method::GET
                && !matches!(
                    operation,
                    Operation::ListEmailIdentities
                        | Operation::SendEmail
                        | Operation::SendBulkEmail
                ),
            label,
            names: named::in_v2(operation, identity.as_deref(), &query, body),
            identity,
            parameters: query,
        }
    }

    fn v1(mut parameters: Vec<(String, String)>, body: &[u8]) -> Self {
        parameters.extend(decode(body));
        let action = parameters
            .iter()
            .find(|(key, _)| key == "Action")
            .map_or("", |(_, value)| value.as_str());
        let operation = match action {
            // Both APIs use the same name; for faults and counts it is one operation.
            "SendEmail" => Operation::SendEmail,
            action => Operation::named(action)
                .filter(|operation| operation.api() == Api::V1)
                .unwrap_or(Operation::Other),
        };
        let reads = ["Get", "List", "Send"];
        Self {
            api: Api::V1,
            operation,
            label: action.to_owned(),
            changes: !reads.iter().any(|verb| action.starts_with(verb)),
            identity: None,
            names: named::in_v1(&parameters),
            parameters,
        }
    }

    /// The first value of a parameter.
    pub(crate) fn parameter(&self, key: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    /// The values of a list: `<key>.member.1` and so on, or `<key>` repeated.
    pub(crate) fn list(&self, key: &str) -> Vec<&str> {
        let member = format!("{key}.member.");
        self.parameters
            .iter()
            .filter(|(name, _)| name == key || name.starts_with(&member))
            .map(|(_, value)| value.as_str())
            .collect()
    }
}

/// The pairs of a form or a query string.
pub(crate) fn decode(form: &[u8]) -> Vec<(String, String)> {
    form.split(|octet| *octet == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let mut halves = pair.splitn(2, |octet| *octet == b'=');
            let mut half = || percent_decode(halves.next().unwrap_or_default(), true);
            (half(), half())
        })
        .collect()
}

fn percent_decode(text: &[u8], plus_is_space: bool) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return String::from_utf8_lossy(&octets).into_owned(),
            [b'%', high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                octets.push(hex(*high) << 4 | hex(*low));
                tail
            }
            [b'+', tail @ ..] if plus_is_space => {
                octets.push(b' ');
                tail
            }
            [octet, tail @ ..] => {
                octets.push(*octet);
                tail
            }
        };
    }
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit.to_ascii_lowercase() - b'a') + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_body_is_decoded_with_its_escapes_and_lists() {
        let body = b"Action=GetIdentityDkimAttributes&Version=2010-12-01\
                     &Identities.member.1=a.com&Identities.member.2=b%2Bc%40d.com&X=1+2";
        let call = Call::read(&Method::POST, "/", None, body);
        assert_eq!(call.operation, Operation::GetIdentityDkimAttributes);
        assert_eq!(call.list("Identities"), ["a.com", "b+c@d.com"]);
        assert_eq!(call.parameter("X"), Some("1 2"));
    }

    #[test]
    fn a_path_names_the_operation_and_the_identity() {
        let read = |method: Method, path| Call::read(&method, path, None, b"");
        let get = read(Method::GET, "/v2/email/identities/Sales%40Example.com");
        assert_eq!(get.operation, Operation::GetEmailIdentity);
        assert_eq!(get.identity.as_deref(), Some("sales@example.com"));
        let list = read(Method::POST, "/v2/email/list-identities");
        assert_eq!(list.operation, Operation::ListEmailIdentities);
        let other = read(Method::GET, "/v2/email/configuration-sets");
        assert_eq!(other.operation, Operation::Other);
    }

    #[test]
    fn a_v2_operation_in_a_v1_call_is_not_recognized() {
        let call = Call::read(&Method::POST, "/", None, b"Action=GetEmailIdentity");
        assert_eq!((call.api, call.operation), (Api::V1, Operation::Other));
    }
}

//! What callers send, parsed and judged field by field.

use domain_auth::limits::MOST;
use domain_auth::names::{ClientId, Community, DomainName, EmailAddress, Note};
use domain_auth::state::Status;
use domain_auth::use_cases::client_limits::WantedLimits;
use domain_auth::use_cases::release::{Order, Verdict};
use domain_auth::use_cases::remove::Confirmation;
use lambda_http::{Request, RequestExt};
use serde_json::{Map, Value};

use crate::problem::{ANOTHER_CONFIRMED, ApiError, FieldError, MAX_BODY};

/// Entries of a page, where the caller says nothing.
const DEFAULT_LIMIT: usize = 50;
/// The most entries of a page.
const MAX_LIMIT: usize = 100;

/// The body of `POST /domains`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "AddDomain", deny_unknown_fields)
)]
pub struct AddDomainBody {
    /// The domain, as a person types it: trimmed, lower-cased, one trailing dot removed,
    /// international names mapped to A-labels (UTS #46). At most 209 characters in A-labels, so
    /// that the names of its records fit into DNS.
    #[cfg_attr(feature = "openapi", schemars(with = "String", length(min = 1)))]
    pub domain: DomainName,
    /// The community that it is for.
    pub community: Option<Community>,
    /// A person who can be asked.
    pub contact_email: Option<EmailAddress>,
}

impl AddDomainBody {
    /// Reads the body. Every field that is wrong is named, not only the first.
    pub fn parse(request: &Request) -> Result<Self, ApiError> {
        let mut object = object_in(request)?;
        let mut errors = Vec::new();
        let domain = take_string(&mut object, "domain", &mut errors);
        if domain.is_none() && errors.is_empty() {
            errors.push(FieldError::field("/domain", "is required"));
        }
        let community = take_string(&mut object, "community", &mut errors).and_then(|text| {
            Community::parse(&text)
                .map_err(|error| errors.push(FieldError::field("/community", error)))
                .ok()
        });
        let contact_email =
            take_string(&mut object, "contact_email", &mut errors).and_then(|text| {
                EmailAddress::parse(&text)
                    .map_err(|error| errors.push(FieldError::field("/contact_email", error)))
                    .ok()
            });
        refuse_others(&object, &mut errors);
        match domain {
            Some(domain) if errors.is_empty() => Ok(Self {
                domain: DomainName::parse_for_sending(&domain).map_err(ApiError::InvalidDomain)?,
                community,
                contact_email,
            }),
            _ => Err(ApiError::Invalid(errors)),
        }
    }
}

/// The body of `POST …/reject`: why.
pub fn reason_in(request: &Request) -> Result<Note, ApiError> {
    let mut object = object_in(request)?;
    let mut errors = Vec::new();
    let reason = take_reason(&mut object, &mut errors);
    refuse_others(&object, &mut errors);
    reason
        .filter(|_| errors.is_empty())
        .ok_or(ApiError::Invalid(errors))
}

/// Takes the `reason` out of the object, which has to be there.
fn take_reason(object: &mut Map<String, Value>, errors: &mut Vec<FieldError>) -> Option<Note> {
    let others = errors.len();
    let reason = take_string(object, "reason", errors);
    if reason.is_none() && errors.len() == others {
        errors.push(FieldError::field("/reason", "is required"));
    }
    Note::parse(&reason?)
        .map_err(|error| errors.push(FieldError::field("/reason", error)))
        .ok()
}

/// The body of `POST …/notify`: a note, or none. No body at all is none too.
pub fn note_in(request: &Request) -> Result<Option<Note>, ApiError> {
    let body: &[u8] = request.body().as_ref();
    if body.trim_ascii().is_empty() {
        return Ok(None);
    }
    let mut object = object_in(request)?;
    let mut errors = Vec::new();
    let note = take_note(&mut object, &mut errors);
    refuse_others(&object, &mut errors);
    if errors.is_empty() {
        Ok(note)
    } else {
        Err(ApiError::Invalid(errors))
    }
}

/// The body of `POST …/release` of the domain `name`: what Lasso support decides, why, and where that
/// ends sending the domain once more, in any spelling. Without a decision the claim ends.
pub fn release_in(request: &Request, name: &DomainName) -> Result<Order, ApiError> {
    let mut object = object_in(request)?;
    let mut errors = Vec::new();
    let decision = take_string(&mut object, "decision", &mut errors);
    let verdict = match decision.as_deref() {
        None => Verdict::default(),
        Some("end") => Verdict::End,
        Some("grant") => Verdict::Grant,
        Some(_) => {
            errors.push(FieldError::field("/decision", "must be one of end, grant"));
            Verdict::default()
        }
    };
    let reason = take_reason(&mut object, &mut errors);
    let confirm = take_string(&mut object, "confirm", &mut errors);
    let confirmed = confirmation(confirm.as_deref(), name);
    if confirmed == Confirmation::OfAnother {
        errors.push(FieldError::field("/confirm", ANOTHER_CONFIRMED));
    }
    refuse_others(&object, &mut errors);
    match reason {
        Some(reason) if errors.is_empty() => Ok(Order {
            verdict,
            reason,
            confirmed: confirmed == Confirmation::Given,
        }),
        _ => Err(ApiError::Invalid(errors)),
    }
}

/// The body of `POST …/instructions`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "SendInstructions", deny_unknown_fields)
)]
pub struct InstructionsBody {
    /// Whom to send the records: one address.
    pub email: EmailAddress,
    /// What the client has to say about them, in plain text. Empty is as good as absent.
    #[cfg_attr(
        feature = "openapi",
        schemars(with = "Option<String>", length(max = 1000))
    )]
    pub note: Option<Note>,
}

impl InstructionsBody {
    /// Reads the body. Every field that is wrong is named, not only the first.
    pub fn parse(request: &Request) -> Result<Self, ApiError> {
        let mut object = object_in(request)?;
        let mut errors = Vec::new();
        let email = take_string(&mut object, "email", &mut errors);
        if email.is_none() && errors.is_empty() {
            errors.push(FieldError::field("/email", "is required"));
        }
        let email = email.and_then(|text| {
            EmailAddress::parse(&text)
                .map_err(|error| errors.push(FieldError::field("/email", error)))
                .ok()
        });
        let note = take_note(&mut object, &mut errors);
        refuse_others(&object, &mut errors);
        match email {
            Some(email) if errors.is_empty() => Ok(Self { email, note }),
            _ => Err(ApiError::Invalid(errors)),
        }
    }
}

/// The body of `PUT /staff/clients/{client}/limits`: all of what is set for the client. A limit that is
/// left out is the default of the deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "SetClientLimits", deny_unknown_fields)
)]
pub struct LimitsBody {
    /// Domains in the client's list, contested ones included. What the client has already, it keeps.
    #[cfg_attr(feature = "openapi", schemars(range(min = 0, max = MOST)))]
    pub max_domains: Option<u32>,
    /// Domains that it adds on a day (UTC).
    #[cfg_attr(feature = "openapi", schemars(range(min = 0, max = MOST)))]
    pub max_domains_added_per_day: Option<u32>,
    /// Emails to Lasso support on a day (UTC) about its domains.
    #[cfg_attr(feature = "openapi", schemars(range(min = 0, max = MOST)))]
    pub max_support_emails_per_day: Option<u32>,
    /// Why, in plain text, for Lasso support.
    pub reason: Note,
}

impl LimitsBody {
    /// Reads the body. Every field that is wrong is named, not only the first.
    pub fn parse(request: &Request) -> Result<Self, ApiError> {
        let mut object = object_in(request)?;
        let mut errors = Vec::new();
        let mut limit = |name| take_limit(&mut object, name, &mut errors);
        let max_domains = limit("max_domains");
        let max_domains_added_per_day = limit("max_domains_added_per_day");
        let max_support_emails_per_day = limit("max_support_emails_per_day");
        let reason = take_reason(&mut object, &mut errors);
        refuse_others(&object, &mut errors);
        match reason {
            Some(reason) if errors.is_empty() => Ok(Self {
                max_domains,
                max_domains_added_per_day,
                max_support_emails_per_day,
                reason,
            }),
            _ => Err(ApiError::Invalid(errors)),
        }
    }
}

impl From<LimitsBody> for WantedLimits {
    fn from(body: LimitsBody) -> Self {
        Self {
            domains: body.max_domains,
            added_per_day: body.max_domains_added_per_day,
            support_emails_per_day: body.max_support_emails_per_day,
            reason: body.reason,
        }
    }
}

/// Takes a limit out of the object. `null` counts as absent.
fn take_limit(
    object: &mut Map<String, Value>,
    name: &str,
    errors: &mut Vec<FieldError>,
) -> Option<u32> {
    let value = object.remove(name)?;
    if value.is_null() {
        return None;
    }
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
    let number = number.filter(|number| *number <= MOST);
    if number.is_none() {
        errors.push(FieldError::field(
            format!("/{name}"),
            format!("must be a whole number from 0 to {MOST}"),
        ));
    }
    number
}

/// Takes the `note` out of the object. Empty counts as absent: that is how a form sends it.
fn take_note(object: &mut Map<String, Value>, errors: &mut Vec<FieldError>) -> Option<Note> {
    let text = take_string(object, "note", errors)?;
    // Line ends as a browser sends them.
    let text = text.replace("\r\n", "\n");
    if text.trim().is_empty() {
        return None;
    }
    Note::parse(&text)
        .map_err(|error| errors.push(FieldError::field("/note", error)))
        .ok()
}

/// The `{domain}` of the path. What is no domain name names no domain.
pub fn domain_in_path(request: &Request) -> Result<DomainName, ApiError> {
    let parameters = request.path_parameters();
    let text = parameters.first("domain").ok_or(ApiError::NotFound)?;
    DomainName::parse_held(text).map_err(|_| ApiError::NotFound)
}

/// The `{client}` of the path. What is no client has no domains.
pub fn client_in_path(request: &Request) -> Result<ClientId, ApiError> {
    let parameters = request.path_parameters();
    let text = parameters.first("client").ok_or(ApiError::NotFound)?;
    ClientId::from_path_segment(text).map_err(|_| ApiError::NotFound)
}

/// Whether `confirm` in the query string names the domain, in any spelling.
pub fn confirmation_of(request: &Request, name: &DomainName) -> Confirmation {
    let query = request.query_string_parameters();
    confirmation(query.first("confirm"), name)
}

/// Whether what was sent as a confirmation names the domain.
fn confirmation(confirm: Option<&str>, name: &DomainName) -> Confirmation {
    match confirm.map(DomainName::parse_held) {
        None => Confirmation::Absent,
        Some(Ok(confirmed)) if confirmed == *name => Confirmation::Given,
        Some(_) => Confirmation::OfAnother,
    }
}

/// A `status` of the query string.
pub fn status_of(word: &str) -> Result<Status, ApiError> {
    Status::parse(word).ok_or_else(|| {
        let words = Status::ALL.map(Status::as_str).join(", ");
        ApiError::invalid(FieldError::parameter(
            "status",
            format!("must be one of {words}"),
        ))
    })
}

/// The `limit` of the query string.
pub fn limit_of(limit: Option<&str>) -> Result<usize, ApiError> {
    let Some(limit) = limit else {
        return Ok(DEFAULT_LIMIT);
    };
    limit
        .parse()
        .ok()
        .filter(|limit| (1..=MAX_LIMIT).contains(limit))
        .ok_or_else(|| {
            ApiError::invalid(FieldError::parameter(
                "limit",
                "must be a number from 1 to 100",
            ))
        })
}

fn object_in(request: &Request) -> Result<Map<String, Value>, ApiError> {
    let body: &[u8] = request.body().as_ref();
    if body.len() > MAX_BODY {
        return Err(ApiError::TooLarge);
    }
    let value: Value =
        serde_json::from_slice(body).map_err(|error| ApiError::MalformedJson(error.to_string()))?;
    match value {
        Value::Object(object) => Ok(object),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(ApiError::invalid(FieldError::field(
                "",
                "must be a JSON object",
            )))
        }
    }
}

/// What is left of the object is no field of the request.
fn refuse_others(object: &Map<String, Value>, errors: &mut Vec<FieldError>) {
    for name in object.keys() {
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        errors.push(FieldError::field(pointer, "is not a field of this request"));
    }
}

/// Takes a text out of the object. `null` counts as absent.
fn take_string(
    object: &mut Map<String, Value>,
    name: &str,
    errors: &mut Vec<FieldError>,
) -> Option<String> {
    match object.remove(name)? {
        Value::String(text) => Some(text),
        Value::Null => None,
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            errors.push(FieldError::field(format!("/{name}"), "must be a string"));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_http::Body;

    fn parse(body: &str) -> Result<AddDomainBody, ApiError> {
        AddDomainBody::parse(&Request::new(Body::from(body)))
    }

    fn fields(body: &str) -> Vec<String> {
        match parse(body) {
            Err(ApiError::Invalid(errors)) => errors
                .into_iter()
                .filter_map(|error| error.pointer)
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_full_body_is_read() {
        let body = parse(
            r#"{"domain":"Example.com","community":"Maple Ridge","contact_email":"a@example.com"}"#,
        )
        .unwrap();
        assert_eq!(body.domain.as_str(), "example.com");
        assert_eq!(body.community.unwrap().as_str(), "Maple Ridge");
        assert_eq!(body.contact_email.unwrap().as_str(), "a@example.com");
        assert!(parse(r#"{"domain":"example.com","community":null}"#).is_ok());
    }

    #[test]
    fn a_domain_without_room_for_its_records_is_refused_with_the_one_above() {
        let long = format!("{}example.com", "abcdefghi.".repeat(20));
        match parse(&format!(r#"{{"domain":"{long}"}}"#)) {
            Err(ApiError::InvalidDomain(error)) => {
                assert!(error.to_string().contains("209 characters"), "{error}");
                assert_eq!(
                    error.suggestion.unwrap().as_str(),
                    &long["abcdefghi.".len()..]
                );
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_wrong_field_is_named() {
        assert_eq!(fields("{}"), ["/domain"]);
        assert_eq!(fields(r#"{"domain":null}"#), ["/domain"]);
        assert_eq!(fields(r#"{"domain":5}"#), ["/domain"]);
        assert_eq!(fields("[]"), [""]);
        assert_eq!(
            fields(r#"{"domain":["x"],"community":"","contact_email":"x","a/b":1}"#),
            ["/domain", "/community", "/contact_email", "/a~1b"]
        );
    }

    #[test]
    fn limits_are_whole_numbers_with_a_reason() {
        let parse = |body: &str| LimitsBody::parse(&Request::new(Body::from(body)));
        let body = parse(r#"{"max_domains":0,"max_domains_added_per_day":null,"reason":"Why"}"#);
        let body = body.unwrap();
        assert_eq!(body.max_domains, Some(0));
        assert_eq!(body.max_domains_added_per_day, None);
        assert!(parse(r#"{"reason":"Back to the defaults"}"#).is_ok());
        let wrong = r#"{"max_domains":-1,"max_domains_added_per_day":1.5,
            "max_support_emails_per_day":100001,"max_emails":1}"#;
        let Err(ApiError::Invalid(errors)) = parse(wrong) else {
            panic!("accepted");
        };
        let pointers: Vec<_> = errors
            .into_iter()
            .filter_map(|error| error.pointer)
            .collect();
        assert_eq!(
            pointers,
            [
                "/max_domains",
                "/max_domains_added_per_day",
                "/max_support_emails_per_day",
                "/reason",
                "/max_emails"
            ]
        );
    }

    #[test]
    fn what_is_not_json_or_too_large_is_refused() {
        assert!(matches!(parse(""), Err(ApiError::MalformedJson(_))));
        assert!(matches!(parse("{"), Err(ApiError::MalformedJson(_))));
        let nested = "[".repeat(4_000);
        assert!(matches!(parse(&nested), Err(ApiError::MalformedJson(_))));
        let large = format!(r#"{{"domain":"{}"}}"#, "a".repeat(MAX_BODY));
        assert!(matches!(parse(&large), Err(ApiError::TooLarge)));
    }

    #[test]
    fn limits_are_bounded() {
        assert_eq!(limit_of(None).unwrap(), 50);
        assert_eq!(limit_of(Some("100")).unwrap(), 100);
        for bad in ["0", "101", "-1", "x", ""] {
            assert!(limit_of(Some(bad)).is_err(), "{bad}");
        }
    }
}

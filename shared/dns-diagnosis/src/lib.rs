//! Finds problems of a domain's DNS records for sending with Amazon SES, and says how to fix them.
//!
//! All of it is pure: the caller queries DNS, with the port [`dns::Lookup`] or in its own way, and
//! passes the answers. There is no I/O, no AWS SDK, no clock and no state here.
//!
//! | module | |
//! | --- | --- |
//! | [`identity`] | the tokens of an SES identity, and what SES says on its three axes |
//! | [`records`] | the DNS records that are made of an identity |
//! | [`dns`] | questions and observations. An outcome is an enum: nothing there and no answer are different facts |
//! | [`diagnosis`] | what to ask, how each record stands, and what to do about it |
//! | [`email_auth`] | SPF and DMARC records, evaluated as a receiver does it |
//! | [`delivery`] | which policy applies to mail from an address now, and whether it would be refused |
//! | [`readiness`] | what the records and SES's answers mean for mail that is sent now |
//! | [`mail_from`] | which label the custom MAIL FROM domain gets |
//! | [`providers`] | whose DNS panel it is, and what its fields are called |
//! | [`handoff`] | the records in the formats that email administrators want |
//!
//! # Example
//!
//! The verification token was published between quotation marks:
//!
//! ```
//! use dns_diagnosis::diagnosis::{
//!     Context, DiagnosisCode, FormerTokens, RecordState, diagnose, questions_for,
//! };
//! use dns_diagnosis::dns::{Data, Observation, Outcome, RecordType, Zone, ZoneOutcome};
//! use dns_diagnosis::identity::{SesIdentity, VerificationToken};
//! use dns_diagnosis::names::DomainName;
//! use dns_diagnosis::records::records_of;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let domain = DomainName::parse("example.com")?;
//! let identity = SesIdentity {
//!     verification_token: Some(VerificationToken::parse("QTKk+/gFg2J4mnop=")?),
//!     ..SesIdentity::none("us-east-1")
//! };
//! let records = records_of(&domain, &identity);
//!
//! // What a resolver answers to each of the questions.
//! let answer = |name: &str, record_type| match (name, record_type) {
//!     ("_amazonses.example.com", RecordType::Txt) => Outcome::Found {
//!         data: vec![Data::Txt { text: "\"QTKk+/gFg2J4mnop=\"".to_owned() }],
//!         ttl: 300,
//!     },
//!     _ => Outcome::NoSuchName { negative_ttl: 300 },
//! };
//! let observations: Vec<Observation> = questions_for(&domain, &records, None)
//!     .into_iter()
//!     .map(|question| Observation {
//!         authoritative: Vec::new(),
//!         zone: None,
//!         recursive: answer(&question.name, question.record_type),
//!         question,
//!     })
//!     .collect();
//!
//! let context = Context {
//!     domain: &domain,
//!     zone: &ZoneOutcome::Found(Zone {
//!         apex: "example.com".to_owned(),
//!         name_servers: vec!["ada.ns.cloudflare.com".to_owned()],
//!     }),
//!     former: &FormerTokens::default(),
//!     ses: None,
//!     sightings: None,
//! };
//! let diagnosis = diagnose(&context, &records, &observations);
//! let token = &diagnosis.records[0];
//! assert_eq!(token.state, RecordState::Wrong);
//! assert_eq!(token.code, Some(DiagnosisCode::ValueQuoted));
//! let fix = token.fix.as_ref().ok_or("there is a fix")?;
//! assert_eq!(fix.field.as_deref(), Some("Content"));
//! assert_eq!(fix.value.as_deref(), Some("QTKk+/gFg2J4mnop="));
//! # Ok(())
//! # }
//! ```

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

pub mod delivery;
pub mod diagnosis;
pub mod dns;
pub mod email_auth;
pub mod handoff;
pub mod identity;
pub mod mail_from;
pub mod providers;
pub mod readiness;
pub mod records;
#[cfg(any(test, feature = "scene"))]
pub mod scene;

/// Domain names and identifiers, parsed.
pub use domain_auth_names as names;

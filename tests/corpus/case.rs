//! A case: a zone as a person publishes it, and the expected diagnosis of one of its records. The
//! README of the folder describes the file.

use std::collections::BTreeMap;
use std::path::Path;

use domain_auth::diagnosis::{FormerTokens, RecordState};
use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth::names::DomainName;
use domain_auth::records::RecordId;
use serde::Deserialize;
use serde_json::Value;

/// The line before and after the fields of a case.
const FENCE: &str = "+++";
/// A line with this and a name begins another zone.
const ZONE: &str = "$ZONE ";

/// The tokens of every case, in place of tokens from Amazon SES.
pub(crate) const TOKEN: &str = "QTKk+/gFg2J4mnopQRSTuvwx0123456789abcdefghI=";
pub(crate) const DKIM_TOKENS: [&str; 3] = ["tokenone", "tokentwo", "tokenthree"];
pub(crate) const SECRET: &str = "s3cretof32lettersanddigitsxxxxxx";

/// A case.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// The file name without its extension.
    pub(crate) name: String,
    /// The domain that is looked at.
    pub(crate) domain: DomainName,
    /// The zone of the first lines.
    pub(crate) zone: String,
    pub(crate) fields: Fields,
    /// The published records by zone, in the form of zone files.
    pub(crate) zones: Vec<(String, String)>,
}

/// The fields before the zone.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fields {
    /// The mistake in a sentence.
    pub(crate) title: String,
    /// The record that the case is about.
    pub(crate) record: RecordId,
    /// The expected state in DNS.
    pub(crate) state: RecordState,
    /// The expected leading diagnosis.
    #[serde(default)]
    pub(crate) code: Option<String>,
    /// The expected further diagnoses, in order.
    #[serde(default)]
    pub(crate) also: Vec<String>,
    /// Texts that the message must contain.
    #[serde(default)]
    pub(crate) message: Vec<String>,
    /// Texts that the fix must contain.
    #[serde(default)]
    pub(crate) fix: Vec<String>,
    /// Texts that the fix must not contain, in any case.
    #[serde(default)]
    pub(crate) fix_lacks: Vec<String>,
    /// The expected value of the fix, ready to be copied.
    #[serde(default)]
    pub(crate) fix_value: Option<String>,
    /// The present output, if it is known to be wrong.
    #[serde(default)]
    pub(crate) known_wrong: Option<String>,
    /// The domain below the zone, if it is not the zone itself.
    #[serde(default)]
    pub(crate) subdomain: Option<String>,
    /// The records that are not published with their correct values.
    #[serde(default)]
    pub(crate) leave_out: Option<LeaveOut>,
    /// The states of the other records, if they are neither found nor left out.
    #[serde(default)]
    pub(crate) others: Others,
    /// The expected diagnoses of the domain as a whole.
    #[serde(default)]
    pub(crate) domain: Vec<String>,
    /// The status at Amazon SES, if it was asked.
    #[serde(default)]
    pub(crate) ses: Option<Ses>,
    /// Tokens of earlier registrations.
    #[serde(default)]
    pub(crate) former: FormerTokens,
    /// The number of the zone's name servers, on 127.0.0.2 and so on, if there is more than one.
    #[serde(default)]
    pub(crate) servers: Option<u8>,
    /// The faults of the DNS server, in the form of its control address.
    #[serde(default)]
    pub(crate) faults: Vec<BTreeMap<String, Value>>,
    /// Whether the hand-off contains the record.
    #[serde(default)]
    pub(crate) handed_over: Option<bool>,
    /// The name of the record in the hand-off, if it differs.
    #[serde(default)]
    pub(crate) handed_over_at: Option<String>,
    /// Whether another client holds the name, so that there is only the ownership record.
    #[serde(default)]
    pub(crate) contested: bool,
    /// Whether there is no zone at all.
    #[serde(default)]
    pub(crate) no_zone: bool,
    /// The zone of the DKIM keys at Amazon SES.
    #[serde(default = "signing_hosted_zone")]
    pub(crate) signing_hosted_zone: String,
    /// The region of Amazon SES.
    #[serde(default = "region")]
    pub(crate) region: String,
}

/// Which records are not published.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum LeaveOut {
    /// These records.
    Records(Vec<RecordId>),
    /// All records: `"all"`.
    Word(All),
}

/// The word for every record.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum All {
    /// Every record.
    All,
}

/// The states of the other records.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Others {
    /// The state of all of them.
    All(RecordState),
    /// The states of some of them.
    Each(BTreeMap<String, RecordState>),
}

impl Default for Others {
    fn default() -> Self {
        Self::Each(BTreeMap::new())
    }
}

/// The status at Amazon SES.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
pub(crate) enum Ses {
    /// One status for all three axes.
    All(AxisStatus),
    /// A status for each axis.
    Each(SesStatus),
}

impl Ses {
    pub(crate) fn status(self) -> SesStatus {
        match self {
            Self::All(status) => SesStatus {
                verification: status,
                dkim: status,
                mail_from: status,
            },
            Self::Each(status) => status,
        }
    }
}

fn signing_hosted_zone() -> String {
    "dkim.amazonses.com".to_owned()
}

fn region() -> String {
    "us-east-1".to_owned()
}

impl Case {
    /// Reads a case from a file.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        let name = path.file_stem().and_then(|stem| stem.to_str());
        let name = name.ok_or("the name of the file is not valid Unicode")?;
        Self::parse(name, &text)
    }

    /// Reads a case from the text of a file with this name.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, String> {
        let rest = text.trim_start().strip_prefix(FENCE);
        let parts = rest.and_then(|rest| rest.split_once(&format!("\n{FENCE}")));
        let (fields, zone_text) = parts.ok_or_else(|| {
            format!("a case begins with {FENCE}, its fields, and {FENCE} in a line of its own")
        })?;
        let fields: Fields = basic_toml::from_str(fields).map_err(|error| error.to_string())?;
        let zone = format!("{name}.com");
        let domain = match &fields.subdomain {
            Some(below) => format!("{below}.{zone}"),
            None => zone.clone(),
        };
        let domain = DomainName::parse(&domain).map_err(|error| format!("{domain}: {error}"))?;
        let mut case = Self {
            name: name.to_owned(),
            domain,
            zone,
            fields,
            zones: Vec::new(),
        };
        if !case.fields.no_zone {
            case.zones.push((case.zone.clone(), String::new()));
        }
        for line in case.fill_in(zone_text).lines() {
            if let Some(zone) = line.strip_prefix(ZONE) {
                case.zones.push((zone.trim().to_owned(), String::new()));
            } else if let Some((_, lines)) = case.zones.last_mut() {
                lines.push_str(line);
                lines.push('\n');
            } else if !line.trim().is_empty() {
                return Err(format!("there is no zone for {line:?}"));
            }
        }
        Ok(case)
    }

    /// Replaces `{d}`, `{z}`, `{L}`, `{T}` and `{t1}` with names and values.
    pub(crate) fn fill_in(&self, text: &str) -> String {
        text.replace("{d}", self.domain.as_str())
            .replace("{z}", &self.zone)
            .replace("{L}", &format!("bounce.{}", self.domain))
            .replace("{T}", TOKEN)
            .replace("{t1}", DKIM_TOKENS[0])
            .replace("{t2}", DKIM_TOKENS[1])
            .replace("{t3}", DKIM_TOKENS[2])
    }

    /// Whether a record is published with its correct value.
    pub(crate) fn is_published(&self, id: RecordId) -> bool {
        match &self.fields.leave_out {
            Some(LeaveOut::Records(left_out)) => !left_out.contains(&id),
            Some(LeaveOut::Word(All::All)) => false,
            None => id != self.fields.record,
        }
    }

    /// The expected state of a record that the case is not about.
    pub(crate) fn state_of_other(&self, id: RecordId) -> RecordState {
        let stated = match &self.fields.others {
            Others::All(state) => Some(*state),
            Others::Each(states) => states.get(id.as_str()).copied(),
        };
        let by_itself = if self.is_published(id) {
            RecordState::Found
        } else {
            RecordState::Missing
        };
        stated.unwrap_or(by_itself)
    }
}

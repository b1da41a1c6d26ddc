//! A case: a zone as a person publishes it, and what is to be said of one of its records. The README of
//! the folder describes the file.

use std::collections::BTreeMap;
use std::path::Path;

use domain_auth::diagnosis::{FormerTokens, RecordState};
use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth::names::DomainName;
use domain_auth::records::RecordId;
use serde::Deserialize;
use serde_json::Value;

/// What stands before and after the fields of a case.
const FENCE: &str = "+++";
/// A line of this and a name begins another zone.
const ZONE: &str = "$ZONE ";

/// The tokens of every case, which stand for those that Amazon SES gives.
pub(crate) const TOKEN: &str = "QTKk+/gFg2J4mnopQRSTuvwx0123456789abcdefghI=";
pub(crate) const DKIM_TOKENS: [&str; 3] = ["tokenone", "tokentwo", "tokenthree"];
pub(crate) const SECRET: &str = "s3cretof32lettersanddigitsxxxxxx";

/// A case.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// The file without its ending.
    pub(crate) name: String,
    /// The domain that is looked at.
    pub(crate) domain: DomainName,
    /// The zone of the first lines.
    pub(crate) zone: String,
    pub(crate) fields: Fields,
    /// What is published by zone, in the form of zone files.
    pub(crate) zones: Vec<(String, String)>,
}

/// What stands before the zone.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fields {
    /// The mistake in a sentence.
    pub(crate) title: String,
    /// The record that the case is about.
    pub(crate) record: RecordId,
    /// What DNS is to be said to have of it.
    pub(crate) state: RecordState,
    /// The diagnosis that leads.
    #[serde(default)]
    pub(crate) code: Option<String>,
    /// The others, in their order.
    #[serde(default)]
    pub(crate) also: Vec<String>,
    /// What the message has to contain.
    #[serde(default)]
    pub(crate) message: Vec<String>,
    /// What the fix has to contain.
    #[serde(default)]
    pub(crate) fix: Vec<String>,
    /// What the fix must not contain, in any case of letters.
    #[serde(default)]
    pub(crate) fix_lacks: Vec<String>,
    /// The value of the fix, ready to be copied.
    #[serde(default)]
    pub(crate) fix_value: Option<String>,
    /// What is said today, where that is wrong.
    #[serde(default)]
    pub(crate) known_wrong: Option<String>,
    /// The domain below the zone, where it is not the zone itself.
    #[serde(default)]
    pub(crate) subdomain: Option<String>,
    /// The records that are not published as they should be.
    #[serde(default)]
    pub(crate) leave_out: Option<LeaveOut>,
    /// How the other records stand, where they are not found and not left out.
    #[serde(default)]
    pub(crate) others: Others,
    /// The diagnoses of the domain as a whole.
    #[serde(default)]
    pub(crate) domain: Vec<String>,
    /// What Amazon SES says, where it was asked.
    #[serde(default)]
    pub(crate) ses: Option<Ses>,
    /// Tokens of earlier registrations.
    #[serde(default)]
    pub(crate) former: FormerTokens,
    /// Name servers of the zone, on 127.0.0.2 and so on, where there is more than one.
    #[serde(default)]
    pub(crate) servers: Option<u8>,
    /// What the DNS server does on a bad day, in the words of its control address.
    #[serde(default)]
    pub(crate) faults: Vec<BTreeMap<String, Value>>,
    /// Whether the hand-off has a line for the record.
    #[serde(default)]
    pub(crate) handed_over: Option<bool>,
    /// Whether another client holds the name, so that there is only the ownership record.
    #[serde(default)]
    pub(crate) contested: bool,
    /// Whether there is no zone at all.
    #[serde(default)]
    pub(crate) no_zone: bool,
    /// The zone below which Amazon SES has the keys of DKIM.
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
    /// These.
    Records(Vec<RecordId>),
    /// None of them is: `"all"`.
    Word(All),
}

/// The word for every record.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum All {
    /// Every record.
    All,
}

/// How the other records stand.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Others {
    /// All of them.
    All(RecordState),
    /// Some of them.
    Each(BTreeMap<String, RecordState>),
}

impl Default for Others {
    fn default() -> Self {
        Self::Each(BTreeMap::new())
    }
}

/// What Amazon SES says.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
pub(crate) enum Ses {
    /// The same of all three.
    All(AxisStatus),
    /// Of each.
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
    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        let name = path.file_stem().and_then(|stem| stem.to_str());
        let name = name.ok_or("the name of the file is no text")?;
        Self::parse(name, &text)
    }

    /// Reads the text of a file with this name.
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

    /// Puts names and values in the place of `{d}`, `{z}`, `{L}`, `{T}` and `{t1}`.
    pub(crate) fn fill_in(&self, text: &str) -> String {
        text.replace("{d}", self.domain.as_str())
            .replace("{z}", &self.zone)
            .replace("{L}", &format!("bounce.{}", self.domain))
            .replace("{T}", TOKEN)
            .replace("{t1}", DKIM_TOKENS[0])
            .replace("{t2}", DKIM_TOKENS[1])
            .replace("{t3}", DKIM_TOKENS[2])
    }

    /// Whether a record is published as it should be.
    pub(crate) fn is_published(&self, id: RecordId) -> bool {
        match &self.fields.leave_out {
            Some(LeaveOut::Records(left_out)) => !left_out.contains(&id),
            Some(LeaveOut::Word(All::All)) => false,
            None => id != self.fields.record,
        }
    }

    /// How a record stands that the case is not about.
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

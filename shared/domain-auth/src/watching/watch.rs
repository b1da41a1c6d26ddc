//! The data from earlier looks at a domain, and the result of one look.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::diagnosis::RecordState;
use crate::dns::DnsLook;
use crate::identity::{AxisStatus, SesStatus};
use crate::records::RecordId;

/// How far apart two bad looks have to be before they count as two.
pub const STRIKES_APART: SignedDuration = SignedDuration::from_hours(6);

/// After this time another bad look at the same domain counts again.
const HELD_BACK_AGAIN: SignedDuration = SignedDuration::from_hours(24);

/// The records of DKIM.
pub(crate) const DKIM: [RecordId; 3] = [RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3];

/// The data from earlier looks at a domain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Watch {
    /// The TXT record has been found.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub txt_seen: bool,
    /// The three DKIM records have been found together, by us or by SES.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dkim_seen: bool,
    /// The time of the first bad look since the last good one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bad_since: Option<Timestamp>,
    /// Since when bad looks are ignored, because too many others were bad at the same time. One bad
    /// look a day is counted for each domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_back_since: Option<Timestamp>,
}

/// What a look shows of the records that the domain's mail needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// They are found.
    Good,
    /// Records are gone, and enough witnesses agree.
    Bad(Broken),
    /// Too few answers, or none. The look does not count.
    Unknown,
}

/// The records that are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// The TXT record, for a domain without DKIM.
    Verification,
    /// This many of the three DKIM records.
    Dkim(usize),
    /// SES cannot see the records by which it verified the domain.
    SesVerification,
    /// SES cannot see the DKIM records.
    SesDkim,
}

impl Broken {
    /// A sentence for the person who has to repair the records.
    pub fn sentence(self) -> String {
        match self {
            Self::Verification => {
                "The TXT record by which Amazon SES verified the domain is no longer in DNS."
                    .to_owned()
            }
            Self::Dkim(count) => {
                format!("Missing or wrong in DNS: {count} of the three DKIM records.")
            }
            Self::SesVerification => {
                "Amazon SES can no longer find the records by which it verified the domain."
                    .to_owned()
            }
            Self::SesDkim => "Amazon SES can no longer find the DKIM records.".to_owned(),
        }
    }
}

impl Watch {
    /// The data after a look. A record that was found for the first time counts as missing when it
    /// disappears later.
    #[must_use]
    pub fn having_seen(self, ses: Option<SesStatus>, dns: Option<&DnsLook>) -> Self {
        let found = |ids: &[RecordId]| dns.is_some_and(|dns| all_found(dns, ids));
        Self {
            txt_seen: self.txt_seen || found(&[RecordId::Verification]),
            dkim_seen: self.dkim_seen
                || found(&DKIM)
                || ses.is_some_and(|ses| ses.dkim == AxisStatus::Success),
            ..self
        }
    }

    /// The data after a look with this result.
    #[must_use]
    pub fn after(self, sight: Sight, now: Timestamp) -> Self {
        let (bad_since, held_back_since) = match sight {
            Sight::Good => (None, None),
            Sight::Bad(_) => (self.bad_since.or(Some(now)), None),
            Sight::Unknown => (self.bad_since, self.held_back_since),
        };
        Self {
            bad_since,
            held_back_since,
            ..self
        }
    }

    /// The data after a bad look that is ignored.
    #[must_use]
    pub fn held_back(self, now: Timestamp) -> Self {
        let held_back_since = self.held_back_since.filter(|_| self.repeats(now));
        Self {
            held_back_since: held_back_since.or(Some(now)),
            ..self
        }
    }

    /// Whether another bad look now is no new information.
    pub fn repeats(self, now: Timestamp) -> bool {
        self.held_back_since
            .is_some_and(|since| now.duration_since(since) < HELD_BACK_AGAIN)
    }

    /// Whether another bad look now is the second one that counts.
    pub fn is_second(self, now: Timestamp) -> bool {
        self.bad_since
            .is_some_and(|since| now.duration_since(since) >= STRIKES_APART)
    }
}

pub(crate) fn all_found(dns: &DnsLook, ids: &[RecordId]) -> bool {
    ids.iter().all(|id| {
        let mut records = dns.diagnosis.records.iter();
        records.any(|record| record.id == *id && record.state == RecordState::Found)
    })
}

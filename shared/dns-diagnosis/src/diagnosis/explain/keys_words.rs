//! Sentences about all CNAME records of DKIM together, before mail is sent under a policy that
//! would refuse it.

use super::result::Fix;
use super::wording::Wording;
use crate::diagnosis::judge::Standing;
use crate::records::{Record, RecordId};

/// How the CNAME records of DKIM stand together, by what DNS says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// There are none: the domain has a key of its owner (BYODKIM).
    OwnersKey,
    /// One of them at least is missing or wrong.
    Lacking,
    /// DNS had no answer for some of them, and none is missing or wrong.
    Unknown,
    /// All are right.
    Published,
}

impl Keys {
    pub(super) fn is_published(self) -> bool {
        self == Self::Published
    }
}

impl Wording<'_> {
    pub(super) fn keys(&self) -> Keys {
        let keys = self.records.iter().filter(|record| is_key(record));
        let standings = keys.map(|key| self.case.own(key).standing);
        let standings: Vec<Standing> = standings.collect();
        let lacks = |standing: &Standing| matches!(standing, Standing::Wrong | Standing::Absent);
        if standings.is_empty() {
            Keys::OwnersKey
        } else if standings.iter().any(lacks) {
            Keys::Lacking
        } else if standings.contains(&Standing::Unknown) {
            Keys::Unknown
        } else {
            Keys::Published
        }
    }

    /// What to do before mail is sent under a policy that has it refused. The policy is at `place`.
    pub(super) fn wait_for_dkim(&self, place: &str) -> Fix {
        let domain = self.context.domain;
        let keys = self.key_rows().join(", ");
        let lacking = self.lacking_rows();
        let step = match self.keys() {
            Keys::OwnersKey => {
                format!("Wait until Amazon SES signs mail from {domain} (DKIM).")
            }
            Keys::Lacking if lacking.len() < self.key_rows().len() => format!(
                "Follow the instructions for the CNAME records that are still missing or wrong ({}), and wait until \
                 Lasso says that Amazon SES has confirmed them.",
                lacking.join(", ")
            ),
            Keys::Lacking if self.is_key_wrong() => format!(
                "Follow the instructions for the three CNAME records {keys}, and wait until Lasso says that Amazon SES \
                 has confirmed them."
            ),
            Keys::Lacking => format!(
                "Add the three CNAME records {keys} (each of them has its own instructions), and wait until Lasso \
                 says that Amazon SES has confirmed them."
            ),
            Keys::Unknown => format!(
                "Make sure that the three CNAME records {keys} are there, and wait until Lasso says that Amazon SES \
                 has confirmed them."
            ),
            Keys::Published => format!(
                "The CNAME records of {domain} are published; wait until Lasso says that Amazon SES has \
                 confirmed them."
            ),
        };
        Self::advice(format!(
            "Do not change the DMARC record {}. {step}",
            self.row(place)
        ))
    }

    /// The names of those that are missing or wrong.
    fn lacking_rows(&self) -> Vec<String> {
        let keys = self.records.iter().filter(|record| is_key(record));
        let lacking = keys.filter(|key| match self.case.own(key).standing {
            Standing::Wrong | Standing::Absent => true,
            Standing::Right | Standing::Unknown => false,
        });
        lacking.map(|key| self.about(key).row(&key.name)).collect()
    }

    /// Whether something else is at the name of one, to which no CNAME record can be added.
    fn is_key_wrong(&self) -> bool {
        let mut keys = self.records.iter().filter(|record| is_key(record));
        keys.any(|key| self.case.own(key).standing == Standing::Wrong)
    }

    /// The names of the CNAME records of DKIM, as the table shows them.
    pub(super) fn key_rows(&self) -> Vec<String> {
        let keys = self.records.iter().filter(|record| is_key(record));
        keys.map(|key| self.about(key).row(&key.name)).collect()
    }
}

pub(super) fn is_key(record: &Record) -> bool {
    matches!(
        record.id,
        RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3
    )
}

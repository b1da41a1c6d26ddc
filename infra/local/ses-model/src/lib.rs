//! A model of an Amazon SES account: identities, tags, tokens, verification by the TXT record and
//! by DKIM, MAIL FROM, quotas, and the faults that a test sets. The clock is a parameter, and there
//! is no I/O: the code that looks up DNS passes its results to the [`Account`].
//!
//! The SES gate (`infra/local/ses-gate`), the fake SES of the unit tests (`shared/testkit`) and the
//! SES of the simulated weeks (`tests/simulation`) are thin layers on top of it. The README of the
//! SES gate says where it is simpler than SES.

mod account;
mod admission;
mod axis;
mod behaviour;
mod failure;
mod identity;
mod look;
mod operation;
mod settings;
mod tokens;

pub use account::{Account, New};
pub use admission::{Admission, Admissions, Counts, Fault};
pub use axis::{Axis, Seen, Status};
pub use behaviour::{
    Behaviour, BehaviourUpdate, FailedDkim, Inheritance, RateOf, TextMissing, Tokens, VerifiedAgain,
};
pub use failure::Failure;
pub use identity::{Identity, MailFrom, Signing, is_address};
pub use look::{Due, Look, SIGNING_HOSTED_ZONE, Wanted};
pub use operation::{Api, Operation};
pub use settings::Settings;
pub use tokens::TokenSource;

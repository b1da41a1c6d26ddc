//! All ports as one type parameter.

use super::{Clock, CommitChanges, Ids, ReadClaims, ReadDomains};

/// The implementations of all ports that belong together: the production ones, or the ones of a
/// test. No value of such a type exists; it only names the other types.
///
/// A function is generic over one set, and says which traits of a port it needs:
///
/// ```
/// use domain_auth::ports::{CommitChanges, Identities, Ports, ReadDomains};
/// use domain_auth::use_cases::SesTools;
///
/// async fn mend<P>(tools: &SesTools<'_, P>)
/// where
///     P: Ports<Store: ReadDomains + CommitChanges, Ses: Identities>,
/// {
///     // `tools.ses` can be asked here, and DNS cannot.
/// }
/// ```
///
/// A set has `()` for a port that none of its functions needs.
pub trait Ports {
    /// Where domains, claims, events and counters are kept.
    type Store;
    /// Amazon SES: its identities.
    type Ses;
    /// DNS.
    type Dns;
    /// The destination of events.
    type Publisher;
    /// Email, to Lasso support or to people who publish records.
    type Mail;
    /// The queue with alerts.
    type Queue;
    /// The destination of metrics.
    type Meter;
    /// Time.
    type Clock: Clock;
    /// Randomness.
    type Ids: Ids;
}

/// Declares a trait that stands for a list of bounds: every type with these bounds has it.
macro_rules! alias {
    ($(#[$doc:meta])* $name:ident = $($bounds:tt)*) => {
        $(#[$doc])*
        pub trait $name: $($bounds)* {}

        impl<T: $($bounds)*> $name for T {}
    };
}

alias! {
    /// The store of a use case that changes who holds a name.
    ClaimStore = ReadDomains + ReadClaims + CommitChanges
}

pub(crate) use alias;

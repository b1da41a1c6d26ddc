//! All ports as one type parameter.

use super::{Clock, CommitChanges, Ids, ReadClaims, ReadDomains};

/// The implementations of all ports that belong together: those of production, or those of a test.
/// Nothing has a value of such a type; it only names the others.
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
    /// Amazon SES, as far as it has identities.
    type Ses;
    /// DNS.
    type Dns;
    /// Where events go.
    type Publisher;
    /// Email: to Lasso support, or to those who publish records.
    type Mail;
    /// The queue that alerts come from.
    type Queue;
    /// Where metrics go.
    type Meter;
    /// Time.
    type Clock: Clock;
    /// Randomness.
    type Ids: Ids;
}

/// A name for bounds, which are written once: a trait that each type with these bounds has.
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

//! `lasso-ops erase`: begins the erasure of a client, or says how far it is. It is what `DELETE /staff/clients/{client}`
//! does; the poller goes on with it.

use std::fmt;

use domain_auth::erasure::EraseClients;
use domain_auth::history::Actor;
use domain_auth::limits::{ClientRecord, ReadClientRecord};
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{Clock, ListFilter, ReadDomains, StoreError};
use domain_auth::use_cases::erase::{Standing, erase};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::another_stack::{self, of_another_stack};
use super::connected::Connected;
use super::export::client;
use crate::aws::Aws;
use crate::options::Erase;
use crate::outcome::{Error, Report};
use crate::stack::Stack;

/// For how long domains are marked here. The poller marks the others.
const MARKING: SignedDuration = SignedDuration::from_mins(2);
/// Domains that are read at once.
const PAGE: usize = 100;

/// Where the erasure stands.
#[derive(Debug, Serialize)]
#[serde(tag = "erasure", rename_all = "snake_case")]
enum Erasing {
    /// The table has nothing of such a client; nothing was begun.
    NothingKept { client: String },
    /// What would be erased.
    NotBegun {
        client: String,
        domains: usize,
        /// Domains whose identities were adopted, and stay at SES.
        adopted: Vec<String>,
        /// A domain whose identity carries the tag of another stack, and stays at SES.
        #[serde(skip_serializing_if = "Option::is_none")]
        of_another_stack: Option<String>,
    },
    UnderWay {
        client: String,
        began_at: Timestamp,
        domains_left: Option<usize>,
        /// Domains with adopted identities that the client had when this command began.
        adopted: Vec<String>,
        /// A domain whose identity carries the tag of another stack, and stays at SES.
        #[serde(skip_serializing_if = "Option::is_none")]
        of_another_stack: Option<String>,
    },
    Erased {
        client: String,
        erased_at: Timestamp,
    },
}

/// The domains of a client that are there.
#[derive(Debug, Default, PartialEq, Eq)]
struct Held {
    domains: usize,
    /// The domains that have an identity.
    with_identity: Vec<DomainName>,
    /// The domains whose identities were adopted.
    adopted: Vec<String>,
}

pub(super) async fn run(aws: &Aws, stack: &Stack, options: &Erase) -> Result<Report, Error> {
    let id = client(&options.client)?;
    let client = id.as_str().to_owned();
    // A line of the shell's history with another client's name erases nothing.
    if options.consent.yes && options.confirm.as_ref() != Some(&client) {
        return Err(Error::Input(format!(
            "an erasure cannot be taken back: repeat the client's identifier, --yes --confirm {client}"
        )));
    }
    let connected = Connected::to(aws, stack)?;
    let failed = |error| Error::failed("erasing the client", error);
    let record = connected.store.client_record(&id).await.map_err(failed)?;
    let Held {
        domains,
        with_identity,
        adopted,
    } = held(&connected.store, &id).await.map_err(failed)?;
    // The full look is made only for a client that seems unknown.
    if domains == 0 && record == ClientRecord::default() {
        let kept = connected.store.kept_of(&id).await.map_err(failed)?;
        if kept.is_empty() {
            return Ok(nothing_kept(client));
        }
    }
    let with_identity: Vec<_> = with_identity.iter().collect();
    let of_another_stack = of_another_stack(&connected.ses, &connected.clock, &with_identity);
    let of_another_stack = of_another_stack.await;
    let of_another_stack = of_another_stack
        .map_err(|error| Error::failed("asking SES for tags", error))?
        .map(|name| name.to_string());
    let needs_a_person = of_another_stack.is_some();
    let erasing = if options.consent.yes {
        let (tools, by) = (connected.store_tools(), Actor::lasso_support(&options.by));
        let until = connected.clock.now() + MARKING;
        match Box::pin(erase(&tools, &id, &by, until))
            .await
            .map_err(failed)?
        {
            Standing::UnderWay {
                erasure,
                domains_left,
            } => Erasing::UnderWay {
                client,
                began_at: erasure.began_at,
                domains_left,
                adopted,
                of_another_stack,
            },
            Standing::Erased(erased_at) => Erasing::Erased { client, erased_at },
            Standing::Unknown => return Ok(nothing_kept(client)),
        }
    } else {
        match (record.erased(), record.erasure) {
            (Some(erased_at), _) => Erasing::Erased { client, erased_at },
            (None, Some(erasure)) => Erasing::UnderWay {
                client,
                began_at: erasure.began_at,
                domains_left: None,
                adopted,
                of_another_stack,
            },
            (None, None) if !connected.store.knows(&id).await.map_err(failed)? => {
                return Ok(nothing_kept(client));
            }
            (None, None) => Erasing::NotBegun {
                client,
                domains,
                adopted,
                of_another_stack,
            },
        }
    };
    Ok(Report::new(&erasing, needs_a_person))
}

/// Counts a client's domains, and names those that were adopted.
async fn held<S: ReadDomains>(store: &S, client: &ClientId) -> Result<Held, StoreError> {
    let (mut held, mut start) = (Held::default(), None);
    loop {
        let filter = ListFilter::default();
        let page = store.domains(client, &filter, PAGE, start.as_ref()).await?;
        for domain in page.items.iter().filter(|domain| domain.is_there()) {
            held.domains += 1;
            let identity = domain.state.identity();
            if identity.is_some_and(|identity| identity.adopted.is_some()) {
                held.adopted.push(domain.name.to_string());
            }
            if identity.is_some() {
                held.with_identity.push(domain.name.clone());
            }
        }
        start = page.next;
        if start.is_none() {
            return Ok(held);
        }
    }
}

/// What happens to identities that others made, or another stack.
fn tell_adopted(
    f: &mut fmt::Formatter<'_>,
    adopted: &[String],
    of_another_stack: Option<&str>,
) -> fmt::Result {
    if let Some(domain) = of_another_stack {
        let told = another_stack::told(domain);
        writeln!(
            f,
            "{told}. They stay at SES, verified and with the client's tag: erase the client with the other stack, or delete each."
        )?;
    }
    if adopted.is_empty() {
        return Ok(());
    }
    writeln!(
        f,
        "{} of the identities were adopted. They stay at SES, verified and with the client's tag, because others may send with them: {}. Where nothing else does, delete each: aws sesv2 delete-email-identity --email-identity DOMAIN",
        adopted.len(),
        adopted.join(", ")
    )
}

/// Nothing was begun, and a person looks why.
fn nothing_kept(client: String) -> Report {
    Report::new(&Erasing::NothingKept { client }, true)
}

impl fmt::Display for Erasing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingKept { client } => writeln!(
                f,
                "Nothing is kept of a client {client:?}. Nothing was begun: look whether the identifier is right."
            ),
            Self::NotBegun {
                client,
                domains,
                adopted,
                of_another_stack,
            } => {
                writeln!(
                    f,
                    "Would stop sending for {domains} domains of {client}, delete the identities that this service made for them, and erase what names a person. It cannot be taken back. Nothing was changed: --yes --confirm {client} does it."
                )?;
                tell_adopted(f, adopted, of_another_stack.as_deref())
            }
            Self::UnderWay {
                client,
                began_at,
                domains_left,
                adopted,
                of_another_stack,
            } => {
                write!(f, "{client} is being erased since {began_at}")?;
                if let Some(left) = domains_left {
                    write!(f, "; {left} domains are still being removed")?;
                }
                writeln!(f, ". The poller goes on with it.")?;
                tell_adopted(f, adopted, of_another_stack.as_deref())
            }
            Self::Erased { client, erased_at } => {
                writeln!(
                    f,
                    "{client} was erased at {erased_at}. Identities of it that were adopted, and are still at SES, are told by `reconcile`."
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use domain_auth::use_cases::import::ImportAs;
    use domain_auth_testkit::client;
    use futures::FutureExt;

    use super::super::import::tests::{World, row};
    use super::*;
    use crate::outcome::NEEDS_A_PERSON;

    #[test]
    fn erasing_a_client_without_stored_data_exits_with_needs_a_person() {
        let report = nothing_kept("mapel".to_owned());
        assert_eq!(report.exit_code(), NEEDS_A_PERSON);
        assert_eq!(report.json()["erasure"], "nothing_kept");
    }

    #[test]
    fn adopted_identities_are_named_before_the_erasure_begins() {
        let rows = [row(2, "maple", "a.com"), row(3, "maple", "b.com")];
        let world = World::with_identities(&rows);
        world.import(&rows, ImportAs::Authenticated).unwrap();
        let of = |id| {
            held(&world.store, &client(id))
                .now_or_never()
                .unwrap()
                .unwrap()
        };
        let found = of("maple");
        assert_eq!(
            (found.domains, found.adopted.join(" ")),
            (2, "a.com b.com".to_owned())
        );
        let names: Vec<_> = found.with_identity.iter().map(DomainName::as_str).collect();
        assert_eq!(names, ["a.com", "b.com"]);
        assert_eq!(of("cedar"), Held::default());
        let text = Erasing::NotBegun {
            client: "maple".to_owned(),
            domains: found.domains,
            adopted: found.adopted,
            of_another_stack: Some("a.com".to_owned()),
        };
        let text = text.to_string();
        assert!(
            text.contains("a.com at SES carries the tag of another stack"),
            "{text}"
        );
        assert!(
            text.contains("2 of the identities were adopted. They stay at SES"),
            "{text}"
        );
        assert!(text.contains("--yes --confirm maple"), "{text}");
    }
}

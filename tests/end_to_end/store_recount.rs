//! Two processes count a client's domains at the same time: the number that is written last is not
//! stale.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_sdk_dynamodb::{Client, Config};
use domain_auth::history::Actor;
use domain_auth::limits::{OwnLimits, ReadClientRecord, SetLimits};
use domain_auth::ports::CommitChanges;
use domain_auth_aws::Table;
use domain_auth_testkit::client;
use jiff::SignedDuration;
use tokio::runtime::Handle;

use crate::Suite;
use crate::store::{added, copy_of_table, now};
use crate::world::Shared;

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared(
        "a_client_is_counted_again_if_its_limits_were_set_after_the_counting",
        overtaken,
    );
}

/// Before every other update with a counted number, another caller adds a domain and Lasso support
/// sets the client's limits.
#[derive(Debug, Clone)]
struct Overtaking {
    other: Table,
    updates: Arc<AtomicUsize>,
}

impl Intercept for Overtaking {
    fn name(&self) -> &'static str {
        "Overtaking"
    }

    fn read_before_serialization(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let is_number = context.input().downcast_ref::<UpdateItemInput>().is_some();
        let before = self
            .updates
            .fetch_add(usize::from(is_number), Ordering::SeqCst);
        if is_number && before.is_multiple_of(2) {
            let overtake = async {
                add(&self.other, &format!("other{before}.com")).await;
                set_limits(&self.other, before + 1).await;
            };
            tokio::task::block_in_place(|| Handle::current().block_on(overtake));
        }
        Ok(())
    }
}

async fn set_limits(table: &Table, second: usize) {
    let own = OwnLimits {
        domains: Some(100),
        added_per_day: None,
        support_emails_per_day: None,
        reason: "Many communities".to_owned(),
        by: Actor::lasso_support("1"),
        at: now() + SignedDuration::from_secs(i64::try_from(second).unwrap()),
    };
    table.set_limits(&client("maple"), &own).await.unwrap();
}

async fn add(table: &Table, name: &str) {
    let change = added("maple", name, now(), now());
    table.commit(&change).await.unwrap();
}

async fn held(table: &Table) -> Option<u32> {
    table.client_record(&client("maple")).await.unwrap().held
}

async fn overtaken(world: Shared) {
    let (name, aws) = (copy_of_table(&world, "recount").await, world.aws().await);
    let other = Table::new(Client::new(&aws), name.clone());
    let overtaking = Overtaking {
        other: other.clone(),
        updates: Arc::default(),
    };
    let config = Config::from(&aws).to_builder();
    let config = config.interceptor(overtaking.clone()).build();
    let table = Table::new(Client::from_conf(config), name);
    // One domain is not in a number, as in earlier releases.
    let mut old = added("maple", "old.com", now(), now());
    old.client_count = None;
    other.commit(&old).await.unwrap();

    add(&table, "first.com").await;
    assert_eq!(overtaking.updates.load(Ordering::SeqCst), 2);
    assert_eq!(held(&other).await, Some(3), "limits set for the first time");

    set_limits(&other, 2).await;
    add(&table, "second.com").await;
    assert_eq!(overtaking.updates.load(Ordering::SeqCst), 4);
    assert_eq!(held(&other).await, Some(5), "limits set once more");
}

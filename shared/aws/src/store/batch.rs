//! Reads many items by their keys in one request.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use domain_auth::ports::{StoreError, StoreFailure};

use super::keys::Key;
use super::{Item, Table, store_error};

/// The pauses before unprocessed keys are requested again. An immediate request would probably be
/// throttled (DynamoDB API reference, `BatchGetItem`: "we strongly recommend that you use an
/// exponential backoff algorithm"). Together they are shorter than the shortest timeout of a
/// function.
const PAUSES: [Duration; 6] = [
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
];

/// DynamoDB repeatedly returned only a part.
#[derive(Debug, thiserror::Error)]
#[error("DynamoDB left {0} keys unprocessed each time")]
struct Unprocessed(usize);

impl Table {
    /// The items that exist. DynamoDB may return a part, and the other keys as unprocessed.
    pub(super) async fn batch_get(
        &self,
        action: &'static str,
        keys: &[Key],
    ) -> Result<HashMap<Key, Item>, StoreError> {
        let mut found = HashMap::with_capacity(keys.len());
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys.iter().cloned().map(Key::into_item).collect()))
            .consistent_read(true)
            .build()
            .map_err(store_error(action))?;
        let mut request = HashMap::from([(self.name.clone(), wanted)]);
        let mut pauses = PAUSES.iter();
        loop {
            let answer = self
                .client
                .batch_get_item()
                .set_request_items(Some(request))
                .send()
                .await
                .map_err(store_error(action))?;
            for item in answer.responses.unwrap_or_default().into_values().flatten() {
                if let Some(key) = Key::of_item(&item) {
                    found.insert(key, item);
                }
            }
            request = answer.unprocessed_keys.unwrap_or_default();
            let left = request.values().map(|rest| rest.keys().len()).sum();
            if left == 0 {
                return Ok(found);
            }
            let Some(pause) = pauses.next() else {
                return Err(StoreError {
                    action,
                    failure: StoreFailure::Unavailable,
                    source: Unprocessed(left).into(),
                });
            };
            tokio::time::sleep(*pause).await;
        }
    }
}
